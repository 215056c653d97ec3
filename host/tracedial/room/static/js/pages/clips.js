// @ts-check
// The clips and their questions.

import { call, clock, el, problemBox, show, t } from "../parts/dom.js";
import { backWords, ownSeat } from "../parts/seat.js";
import { rememberWho, rememberedWho } from "../parts/who_why.js";
import { AnswerKeeper } from "./answer_keeper.js";
import { ClipVideo } from "./clip_video.js";

const REFRESH_MS = 3000;

export async function open(session, rater) {
  const place = `${encodeURIComponent(session)}/${encodeURIComponent(rater)}`;
  const page = new ClipsPage(session, place, await load(place));
  return () => page.close();
}

const load = async (place) => {
  const data = await call(`/api/clips/${place}`);
  return { ...data, clips: inOne(data.clips) };
};

// What the room lists for each segment; those that the same seconds are shown for are the parts of one clip.
const inOne = (listed) => {
  const clips = [];
  for (const part of listed) {
    const shared = clips.find((clip) => clip.parts.some((other) => part.shown_with.includes(other.segment)));
    if (shared) {
      shared.parts.push(part);
      shared.watched = shared.watched && part.watched;
    } else {
      clips.push({ start_s: part.start_s, end_s: part.end_s, watched: part.watched, parts: [part] });
    }
  }
  return clips;
};

const questionsOf = (clip) => clip.parts.flatMap((part) => part.questions);

const isComplete = (clip) => questionsOf(clip).every((question) => question.answer.trim());

const backButton = () => el("a", { href: "#/", class: "button plain" }, backWords());

class ClipsPage {
  constructor(session, place, data) {
    this.session = session;
    this.place = place;
    this.data = data;
    this.status = el("p", { class: "quiet", id: "saved", role: "status" });
    this.keeper = new AnswerKeeper(place, this.status);
    /** @type {ClipVideo | null} */
    this.video = null;
    this.problem = el("div");
    this.waiting = 0;
    /** @type {HTMLInputElement | null} */
    this.who = null;
    /** @type {HTMLInputElement | null} */
    this.why = null;
    this.leaving = () => this.keeper.sendOnLeaving();
    addEventListener("pagehide", this.leaving);
    // Whoever has finished is shown no answers on a page that somebody else may sit at by now.
    if (ownSeat() && data.step === "done" && !data.unanswered) location.hash = "#/";
    else if (data.clips.length) this.showClip(this.firstOpen());
    else this.showNothing();
  }

  firstOpen() {
    return Math.max(this.data.clips.findIndex((clip) => !isComplete(clip)), 0);
  }

  close() {
    clearInterval(this.waiting);
    removeEventListener("pagehide", this.leaving);
    this.keeper.save();
    this.leaveClip();
  }

  leaveClip() {
    if (this.video) this.video.close();
    this.video = null;
  }

  showNothing() {
    const isDone = this.data.step === "done";
    const title = t(isDone ? "thank_you" : "clips_and_questions");
    const text = isDone ? t("no_clips") : t("not_chosen_yet");
    show(title, el("div", { class: "paper" }, el("h1", {}, title), el("p", {}, text), el("p", {}, backButton())));
    // The researcher may be choosing on another page just now.
    if (!isDone) this.waiting = setInterval(() => this.lookAgain(), REFRESH_MS);
  }

  async lookAgain() {
    this.data = await load(this.place).catch(() => this.data);
    if (!this.data.clips.length || !this.waiting) return;
    clearInterval(this.waiting);
    this.waiting = 0;
    this.showClip(this.firstOpen());
  }

  async go(index) {
    if (!(await this.keeper.save())) return;
    if (index < this.data.clips.length) {
      this.showClip(index);
      return;
    }
    try {
      await call(`/api/answer/${this.place}`, { what: "done" });
      await this.showEnd();
    } catch (error) {
      this.status.replaceChildren(problemBox(error.message));
    }
  }

  async showEnd() {
    // What the room has, not what this page remembers.
    this.data = await load(this.place);
    this.leaveClip();
    const left = this.data.unanswered;
    const toOpen = el(
      "button", { class: "plain", onclick: () => this.showClip(this.firstOpen()) }, t("to_open_questions"),
    );
    show(
      t("thank_you"),
      el(
        "div", { class: "paper" },
        el("h1", {}, t("thank_you")),
        el("p", { id: "done" }, left ? t("done_left", { n: left }) : t("all_done")),
        el("p", { class: "actions" }, left ? toOpen : null, backButton()),
      ),
    );
  }

  showClip(index) {
    this.leaveClip();
    const clip = this.data.clips[index];
    const title = t("clip_of", { n: index + 1, of: this.data.clips.length });
    const span = t("clip_span", { from: clock(clip.start_s), to: clock(clip.end_s) });
    const form = this.form(clip, index);
    this.problem.replaceChildren();
    this.video = new ClipVideo(this.session, clip, {
      onWatched: () => this.watched(clip, form),
      onProblem: (box) => this.problem.replaceChildren(box),
      picture: this.data.picture,
      durationS: this.data.duration_s,
    });
    const previous = index
      ? el("button", { class: "plain", onclick: () => this.go(index - 1) }, t("previous_clip"))
      : null;
    const { screen, bar, button } = this.video;
    const actions = el("p", { class: "actions" }, button, previous);
    show(
      title,
      el(
        "div", { class: "clip" },
        el(
          "header", { class: "clip-head" },
          el("h1", {}, title), el("span", { class: "quiet" }, span),
          el("a", { href: "#/", class: "quiet" }, backWords()),
        ),
        this.problem,
        this.authorFields(),
        el("div", { class: "clip-body" }, el("div", {}, screen, bar, actions), form),
      ),
    );
    button.focus();
  }

  shownAs({ segment, start_s, end_s, segment_start_s, segment_end_s }) {
    return { segment, start_s, end_s, segment_start_s, segment_end_s };
  }

  watched(clip, form) {
    clip.watched = true;
    for (const part of clip.parts) {
      call(`/api/answer/${this.place}`, { what: "watched", ...this.shownAs(part) }).catch((error) =>
        this.problem.replaceChildren(problemBox(error.message)),
      );
    }
    form.hidden = false;
    const first = form.querySelector("textarea");
    if (first) first.focus();
  }

  typed(part, question, text) {
    const { who, why } = this;
    const author = who && why ? { who: who.value.trim(), why: why.value.trim() } : {};
    if (author.who) rememberWho(author.who);
    this.keeper.typed(`${part.segment} ${question}`, { ...this.shownAs(part), question, text, ...author });
  }

  // What a researcher changes after the rater has finished carries who and why.
  authorFields() {
    this.who = this.why = null;
    if (ownSeat() || !this.data.done) return null;
    const field = (id, value, maxlength) => /** @type {HTMLInputElement} */ (
      el("input", { id, value, maxlength, autocomplete: "off" })
    );
    this.who = field("who", rememberedWho(), 40);
    this.why = field("why", "", 2000);
    return el(
      "div", { class: "card" },
      el("p", {}, t("changes_as")),
      el(
        "div", { class: "who" },
        el("label", { for: "who" }, t("who_label")), this.who,
        el("label", { for: "why" }, t("why_label")), this.why,
      ),
    );
  }

  // The questions of a clip; hidden until it has been watched or something has been answered.
  form(clip, index) {
    const isLast = index === this.data.clips.length - 1;
    const form = el(
      "form", { class: "questions", onsubmit: (event) => event.preventDefault() },
      ...clip.parts.flatMap((part, at) => this.part(part, at, clip.parts.length > 1)),
      this.status,
      el("p", { class: "actions" }, el(
        "button", { id: "next-clip", class: "primary", type: "button", onclick: () => this.go(index + 1) },
        isLast ? t("finish") : t("next_clip"),
      )),
    );
    this.status.textContent = "";
    form.hidden = !clip.watched && !questionsOf(clip).some((question) => question.answer);
    return form;
  }

  // What is asked of a segment; where the clip is shown for others too, under its name.
  part(part, at, isNamed) {
    const name = isNamed ? el("h2", {}, t(`part_${part.kind}`, { from: clock(part.segment_start_s) })) : null;
    return [
      name,
      ...part.questions.flatMap((question, number) => this.question(part, question, { number, at })),
      this.data.codes.length ? this.codes(part) : null,
    ];
  }

  question(part, question, { number, at }) {
    const id = at ? `q-${question.id}-${at}` : `q-${question.id}`;
    const oninput = (event) => {
      question.answer = event.target.value;
      this.typed(part, question.id, question.answer);
    };
    const onblur = () => this.keeper.save();
    const text = /** @type {HTMLTextAreaElement} */ (
      el("textarea", { id, rows: 4, maxlength: 20000, spellcheck: "true", oninput, onblur })
    );
    text.value = question.answer;
    return [el("label", { for: id }, `${number + 1}. ${question.text}`), text];
  }

  codes(part) {
    const chosen = new Set(part.codes ? part.codes.split("; ") : []);
    const box = (code) => {
      const onchange = (event) => {
        if (event.target.checked) chosen.add(code);
        else chosen.delete(code);
        part.codes = this.data.codes.filter((one) => chosen.has(one)).join("; ");
        this.typed(part, "codes", part.codes);
      };
      const input = el("input", { type: "checkbox", checked: chosen.has(code), onchange });
      return el("label", { class: "check" }, input, ` ${code}`);
    };
    return el("fieldset", {}, el("legend", {}, t("codes")), ...this.data.codes.map(box));
  }
}
