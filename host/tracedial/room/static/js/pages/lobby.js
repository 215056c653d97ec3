// @ts-check
// The first page, for the researcher: who has rated what, and who begins now with which dial.

import { at, call, clock, decimal, el, problemBox, show, t } from "../parts/dom.js";
import { linkButton, lockButton } from "../parts/seat.js";
import { percent, voidButton } from "../parts/verdict.js";

const REFRESH_MS = 3000;

export async function open() {
  const lobby = new Lobby();
  await lobby.refresh();
  lobby.look();
  lobby.timer = setInterval(() => lobby.refresh(), REFRESH_MS);
  return () => lobby.close();
}

class Lobby {
  constructor() {
    // What the room said last, and the text of what is shown.
    this.room = null;
    this.shown = "";
    this.dials = null;
    this.problem = "";
    // Which knob was chosen for each rater.
    this.choices = new Map();
    this.closed = false;
    this.timer = 0;
  }

  close() {
    this.closed = true;
    clearInterval(this.timer);
  }

  async refresh() {
    const { activeElement } = document;
    if (activeElement instanceof HTMLSelectElement && activeElement.matches(":open")) return;
    try {
      this.room = await call("/api/room");
    } catch (error) {
      this.problem = error.message;
    }
    const text = JSON.stringify([this.room, this.dials, this.problem]);
    if (!this.room || this.closed || text === this.shown) return;
    this.shown = text;
    this.render(this.room);
  }

  async look() {
    this.dials = null;
    await this.refresh();
    try {
      this.dials = await call("/api/dials");
    } catch (error) {
      this.problem = error.message;
    }
    await this.refresh();
  }

  async act(path, body) {
    try {
      await call(path, body);
      this.problem = "";
      return true;
    } catch (error) {
      this.problem = error.message;
      return false;
    } finally {
      await this.refresh();
    }
  }

  async begin(session, rater, choice) {
    const [knob, port] = choice.startsWith("dial ") ? ["dial", choice.slice(5)] : [choice, ""];
    const begun = await this.act("/api/sitting", { session, rater, knob, port });
    if (begun) location.hash = at("rate", session, rater);
  }

  render(room) {
    const focused = document.activeElement && document.activeElement.id;
    const { sitting } = room;
    const what = t("preset_line", { what: room.study.rating.what });
    show(
      room.study.title,
      el(
        "header", { class: "top" }, el("h1", {}, room.study.title), el("p", { class: "quiet" }, what), lockButton(),
      ),
      problemBox(this.problem),
      ...room.problems.map(problemBox),
      sitting && sitting.step !== "connecting" ? this.sittingLine(sitting) : null,
      this.dialLine(sitting),
      room.sessions.length ? this.table(room) : el("p", { class: "card" }, t("no_sessions")),
    );
    const again = focused ? document.getElementById(focused) : null;
    if (again) again.focus();
  }

  dialLine(sitting) {
    const dials = this.dials || [];
    const found = dials.filter((dial) => dial.name).length;
    let text = t("no_dials");
    if (sitting && sitting.holds_dial) text = t("dial_in_use");
    else if (this.dials === null) text = t("looking_for_dials");
    else if (found) text = t("dials_found", { n: found });
    return el(
      "section", { class: "card line", "aria-label": t("dials") },
      el("span", {}, text),
      el("button", { id: "look-again", class: "plain", onclick: () => this.look() }, t("look_again")),
      ...dials.filter((dial) => dial.problem).map((dial) => problemBox(dial.problem)),
    );
  }

  sittingLine(sitting) {
    const rates = sitting.step === "rating";
    const samples = () => t("samples_so_far", { n: sitting.samples, missing: sitting.missing });
    const bound = () => t("clock_within", { ms: decimal(sitting.bound_ms, 2) });
    return el(
      "section", { class: "card live", "aria-label": t("now") },
      el("b", {}, `${sitting.session} · ${sitting.rater}`),
      el("span", {}, t(`step_${sitting.step}`)),
      el("span", {}, t("at_of", { at: clock(sitting.video_s), of: clock(sitting.duration_s) })),
      rates ? el("span", {}, samples()) : null,
      rates && sitting.bound_ms !== null ? el("span", {}, bound()) : null,
      sitting.link_up ? null : problemBox(t("dial_lost")),
      problemBox(sitting.problem),
      el("a", { id: "to-sitting", href: at("rate", sitting.session, sitting.rater), class: "button" }, t("to_sitting")),
      el(
        "button", { id: "end-sitting", class: "plain", onclick: () => this.act("/api/sitting/end", {}) },
        t("end_sitting"),
      ),
    );
  }

  table(room) {
    const heads = ["session", "rater", "progress", "next"].map((key) => el("th", { scope: "col" }, t(key)));
    const rows = room.sessions.flatMap((session) =>
      session.raters.map((rater, index) => el(
        "tr", {},
        index ? null : sessionCell(session),
        el(
          "td", {}, rater.name, " ",
          linkButton({
            session: session.name, rater: rater.name, attributes: { id: `link-${session.name}/${rater.name}` },
          }),
        ),
        el(
          "td", {}, progressWords(rater),
          rater.voided ? el("small", {}, t("voided_before", { n: rater.voided })) : null,
          el("progress", { max: 1, value: share(rater), "aria-label": t("progress") }),
        ),
        el("td", {}, ...this.nextFor(session, rater)),
      )),
    );
    return el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows));
  }

  // What a rater does next: links and buttons.
  nextFor(session, rater) {
    if (rater.step === "unreadable") return [problemBox(rater.problem)];
    const key = `${session.name}/${rater.name}`;
    const rates = rater.step === "open" || rater.step === "begun";
    const { sitting } = this.room;
    const sits = sitting && sitting.step !== "connecting"
      && sitting.session === session.name && sitting.rater === rater.name;
    if (rates && sits) {
      const href = at("rate", session.name, rater.name);
      return [el("a", { id: `rate-${key}`, href, class: "button" }, t("to_sitting"))];
    }
    return rates ? this.beginWith(session, rater, key) : reviewLinks(this, session, rater, key);
  }

  beginWith(session, rater, key) {
    const options = this.knobs();
    const chosen = this.choices.get(key) || options[0].value;
    const onchange = (event) => this.choices.set(key, event.target.value);
    const select = /** @type {HTMLSelectElement} */ (
      el(
        "select", { id: `knob-${key}`, "aria-label": `${t("rates_with")}: ${key}`, onchange },
        ...options.map(({ value, label }) => el("option", { value, selected: value === chosen }, label)),
      )
    );
    const word = rater.step === "open" ? t("begin") : t("go_on");
    const onclick = () => this.begin(session.name, rater.name, select.value);
    return [select, el("button", { id: `begin-${key}`, "aria-label": `${word}: ${key}`, onclick }, word)];
  }

  knobs() {
    const dials = (this.dials || []).filter((dial) => dial.name);
    return [
      ...dials.map(({ name, port }) => ({ value: `dial ${port}`, label: t("knob_dial", { name, port }) })),
      { value: "slider", label: t("knob_slider") },
      { value: "keyboard", label: t("knob_keyboard") },
      { value: "gamepad", label: t("knob_gamepad") },
    ];
  }
}

const sessionCell = (session) => el(
  "th", { scope: "rowgroup", rowspan: session.raters.length },
  session.name,
  el("small", {}, `${session.video.name}, ${clock(session.video.duration_s)}`),
  el("a", { id: `together-${session.name}`, href: at("together", session.name) }, t("together")),
);

function reviewLinks(lobby, session, rater, key) {
  const link = (page, text) =>
    el("a", { id: `${page}-${key}`, href: at(page, session.name, rater.name), class: "button" }, text);
  if (rater.step === "lacking") {
    const onDone = () => lobby.refresh();
    return [
      voidButton({ session: session.name, rater: rater.name, onDone, attributes: { id: `void-${key}`, class: "" } }),
      link("review", t("see_trace")),
    ];
  }
  if (rater.step === "rated") return [link("review", t("choose_segments"))];
  const clips = rater.step === "done" ? t("see_answers") : t("clips_and_questions");
  return [link("review", t("see_segments")), link("clips", clips)];
}

function share(rater) {
  const begun = (0.6 * rater.at_s) / rater.duration_s;
  return { open: 0, unreadable: 0, begun, lacking: 0.6, rated: 0.6, chosen: 0.7, done: 1 }[rater.step];
}

function progressWords(rater) {
  if (rater.step === "begun") return t("progress_begun", { at: clock(rater.at_s), of: clock(rater.duration_s) });
  if (rater.step === "lacking") return t("progress_lacking", { percent: percent(rater.rated_share) });
  if (rater.step === "chosen") return t("progress_chosen", { clips: rater.clips, left: rater.unanswered });
  if (rater.step === "done" && rater.unanswered) return t("progress_done_left", { left: rater.unanswered });
  return t(`progress_${rater.step}`);
}
