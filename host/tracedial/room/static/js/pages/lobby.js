// The first page, for the researcher: who has rated what, and who begins now with which dial.

import { at, call, clock, decimal, el, problemBox, show, t } from "../parts/dom.js";

const REFRESH_MS = 3000;

export async function open() {
  let dials = null;
  let problem = "";
  const choices = new Map();
  const render = (room) => {
    const focused = document.activeElement && document.activeElement.id;
    show(
      room.study.title,
      el("header", { class: "top" }, el("h1", {}, room.study.title), el("p", { class: "quiet" }, t("preset_line", { what: room.study.rating.what }))),
      problemBox(problem),
      ...room.problems.map(problemBox),
      room.sitting && room.sitting.step !== "connecting" ? sittingLine(room.sitting) : null,
      dialLine(),
      room.sessions.length ? table(room) : el("p", { class: "card" }, t("no_sessions")),
    );
    if (focused && document.getElementById(focused)) document.getElementById(focused).focus();
  };
  const knobs = () => [
    ...(dials || []).filter((dial) => dial.name).map((dial) => ({ value: `dial ${dial.port}`, label: t("knob_dial", { name: dial.name, port: dial.port }) })),
    { value: "slider", label: t("knob_slider") },
    { value: "keyboard", label: t("knob_keyboard") },
    { value: "gamepad", label: t("knob_gamepad") },
  ];
  const dialLine = () => {
    const bad = (dials || []).filter((dial) => dial.problem);
    const found = (dials || []).filter((dial) => dial.name).length;
    return el(
      "section", { class: "card line", "aria-label": t("dials") },
      el("span", {}, last && last.sitting && last.sitting.holds_dial ? t("dial_in_use") : dials === null ? t("looking_for_dials") : found ? t("dials_found", { n: found }) : t("no_dials")),
      el("button", { id: "look-again", class: "plain", onclick: look }, t("look_again")),
      ...bad.map((dial) => problemBox(dial.problem)),
    );
  };
  const sittingLine = (sitting) => el(
    "section", { class: "card live", "aria-label": t("now") },
    el("b", {}, `${sitting.session} · ${sitting.rater}`),
    el("span", {}, t(`step_${sitting.step}`)),
    el("span", {}, t("at_of", { at: clock(sitting.video_s), of: clock(sitting.duration_s) })),
    sitting.step === "rating" ? el("span", {}, t("samples_so_far", { n: sitting.samples, missing: sitting.missing })) : null,
    sitting.step !== "rating" || sitting.bound_ms === null ? null : el("span", {}, t("clock_within", { ms: decimal(sitting.bound_ms, 2) })),
    sitting.link_up ? null : problemBox(t("dial_lost")),
    problemBox(sitting.problem),
    el("a", { id: "to-sitting", href: at("rate", sitting.session, sitting.rater), class: "button" }, t("to_sitting")),
    el("button", { id: "end-sitting", class: "plain", onclick: () => act("/api/sitting/end", {}) }, t("end_sitting")),
  );
  const table = (room) => el(
    "table", {},
    el("thead", {}, el("tr", {}, ...["session", "rater", "progress", "next"].map((key) => el("th", { scope: "col" }, t(key))))),
    el("tbody", {}, ...room.sessions.flatMap((session) => session.raters.map((rater, index) => el(
      "tr", {},
      index ? null : el(
        "th", { scope: "rowgroup", rowspan: session.raters.length },
        session.name, el("small", {}, `${session.video.name}, ${clock(session.video.duration_s)}`),
        el("a", { id: `together-${session.name}`, href: at("together", session.name) }, t("together")),
      ),
      el("td", {}, rater.name),
      el("td", {}, progressWords(rater), el("progress", { max: 1, value: share(rater), "aria-label": t("progress") })),
      el("td", {}, ...nextFor(session, rater)),
    )))),
  );
  const nextFor = (session, rater) => {
    const key = `${session.name}/${rater.name}`;
    const links = [];
    if (rater.step === "unreadable") return [problemBox(rater.problem)];
    const { sitting } = last;
    if (sitting && sitting.step !== "connecting" && sitting.session === session.name && sitting.rater === rater.name && ["open", "begun"].includes(rater.step)) {
      links.push(el("a", { id: `rate-${key}`, href: at("rate", session.name, rater.name), class: "button" }, t("to_sitting")));
    } else if (rater.step === "open" || rater.step === "begun") {
      const options = knobs();
      const chosen = choices.get(key) || options[0].value;
      const select = el(
        "select", { id: `knob-${key}`, "aria-label": `${t("rates_with")}: ${key}`, onchange: (event) => choices.set(key, event.target.value) },
        ...options.map(({ value, label }) => el("option", { value, selected: value === chosen }, label)),
      );
      links.push(select, el(
        "button", { id: `begin-${key}`, "aria-label": `${rater.step === "open" ? t("begin") : t("go_on")}: ${key}`, onclick: () => begin(session.name, rater.name, select.value) },
        rater.step === "open" ? t("begin") : t("go_on"),
      ));
    } else {
      links.push(el("a", { id: `review-${key}`, href: at("review", session.name, rater.name), class: "button" }, rater.step === "rated" ? t("choose_segments") : t("see_segments")));
      if (rater.step !== "rated") {
        links.push(el("a", { id: `clips-${key}`, href: at("clips", session.name, rater.name), class: "button" }, rater.step === "done" ? t("see_answers") : t("clips_and_questions")));
      }
    }
    return links;
  };
  const begin = async (session, rater, choice) => {
    const [knob, port] = choice.startsWith("dial ") ? ["dial", choice.slice(5)] : [choice, ""];
    if (await act("/api/sitting", { session, rater, knob, port })) location.hash = at("rate", session, rater);
  };
  const act = async (path, body) => {
    try {
      await call(path, body);
      problem = "";
      return true;
    } catch (error) {
      problem = error.message;
      return false;
    } finally {
      await refresh();
    }
  };
  const refresh = async () => {
    if (document.activeElement instanceof HTMLSelectElement && document.activeElement.matches(":open")) return;
    try {
      last = await call("/api/room");
    } catch (error) {
      problem = error.message;
    }
    const text = JSON.stringify([last, dials, problem]);
    if (last && !closed && text !== shown) {
      shown = text;
      render(last);
    }
  };
  const look = async () => {
    dials = null;
    await refresh();
    try {
      dials = await call("/api/dials");
    } catch (error) {
      problem = error.message;
    }
    await refresh();
  };
  let last = null;
  let shown = "";
  let closed = false;
  await refresh();
  look();
  const timer = setInterval(refresh, REFRESH_MS);
  return () => {
    closed = true;
    clearInterval(timer);
  };
}

function share(rater) {
  return { open: 0, unreadable: 0, begun: (0.6 * rater.at_s) / rater.duration_s, rated: 0.6, chosen: 0.7, done: 1 }[rater.step];
}

function progressWords(rater) {
  if (rater.step === "begun") return t("progress_begun", { at: clock(rater.at_s), of: clock(rater.duration_s) });
  if (rater.step === "chosen") return t("progress_chosen", { clips: rater.clips, left: rater.unanswered });
  if (rater.step === "done" && rater.unanswered) return t("progress_done_left", { left: rater.unanswered });
  return t(`progress_${rater.step}`);
}
