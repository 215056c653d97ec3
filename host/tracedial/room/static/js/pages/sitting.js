// @ts-check
// A rater's sitting: its link to the room, and the steps through which the room leads.

import { connectKnob } from "../dial/knobs.js";
import { Link } from "../dial/link.js";
import { announce, at, call, clock, el, paragraphs, problemBox, show, t } from "../parts/dom.js";
import { Gauge } from "../parts/gauge.js";
import { backWords, ownSeat } from "../parts/seat.js";
import { percent } from "../parts/verdict.js";
import { PracticeStep } from "./sitting_practice.js";
import { RatingStep } from "./sitting_rating.js";
import { Step } from "./sitting_step.js";

const SLEPT_MS = 5000;
const BEAT_MS = 1000;

export async function open(session, rater) {
  const room = await call("/api/room");
  if (!room.sitting || room.sitting.session !== session || room.sitting.rater !== rater) {
    location.hash = "#/";
    return null;
  }
  const page = new SittingPage(room.study, room.sitting);
  return () => page.close();
}

const backButton = () => el("a", { href: "#/", class: "button plain" }, backWords());

export class SittingPage {
  constructor(study, sitting) {
    this.study = study;
    this.state = sitting;
    this.closed = false;
    // The rater has turned the knob, on this page or the step before.
    this.hasMoved = false;
    /** @type {number | null} */
    this.lastRating = null;
    this.step = new Step(this);
    this.endKnob = () => {};
    /** @type {Gauge | null} */
    this.gauge = null;
    const knob = sitting.page_knob ? { name: `page ${sitting.rater}`, kind: sitting.knob_kind } : null;
    const place = new URLSearchParams({ session: sitting.session, rater: sitting.rater });
    this.link = new Link({
      path: `/ws?${place}`, scale: study.scale, knob,
      onMessage: (said) => this.hear(said),
      onChange: (up) => this.linkChanged(up),
    });
    this.hidden = () => {
      this.link.say("note", { what: document.hidden ? "hidden" : "visible" });
      // What nobody sees nobody rates.
      if (document.hidden) this.step.pause();
    };
    this.leaving = () => this.step.pause();
    document.addEventListener("visibilitychange", this.hidden);
    addEventListener("pagehide", this.leaving);
    this.beatMs = performance.now();
    this.timer = setInterval(() => this.beat(), BEAT_MS);
    this.showStep();
  }

  close() {
    this.closed = true;
    this.leaveStep();
    this.link.close();
    document.removeEventListener("visibilitychange", this.hidden);
    removeEventListener("pagehide", this.leaving);
    clearInterval(this.timer);
  }

  // A page that did not run for seconds was asleep, and the room is told.
  beat() {
    const gapMs = performance.now() - this.beatMs;
    this.beatMs = performance.now();
    if (gapMs > SLEPT_MS && !document.hidden) this.link.say("note", { what: "slept", text: `${Math.round(gapMs)} ms` });
  }

  hear(said) {
    if (said.taken) this.showTaken();
    else if (said.none) location.hash = "#/";
    else if (said.say) this.complain(said.say);
    else if (said.state) this.takeState(said.state);
    else if (said.play_at) this.step.playAt(said.play_at.at_us, said.play_at.video_s);
    else if ("gauge" in said) this.showRating(said.gauge);
    else if ("sample" in said) this.step.addSample(said.sample);
  }

  takeState(state) {
    const before = this.state;
    this.state = state;
    if (state.step !== before.step) this.showStep();
    else this.step.onState(before);
  }

  linkChanged(up) {
    if (!up) this.step.pause();
    this.step.onState(this.state);
  }

  showRating(rating) {
    if (rating !== null) {
      if (this.lastRating !== null && rating !== this.lastRating) this.noteMove();
      this.lastRating = rating;
    }
    if (this.gauge) this.gauge.show(rating, { moved: this.hasMoved });
  }

  noteMove() {
    this.hasMoved = true;
    this.step.moved();
  }

  // The gauge of a step, turned by the page where the page is the dial.
  makeGauge(options = {}) {
    const { dial } = this.link;
    const gauge = new Gauge(this.study.scale, { what: this.study.rating.what, ...options });
    this.gauge = gauge;
    if (dial) {
      gauge.show(dial.rating, { moved: this.hasMoved });
      const onMove = () => {
        this.noteMove();
        this.showRating(dial.rating);
      };
      this.endKnob = connectKnob({ dial, gauge, kind: this.state.knob_kind, onMove });
    } else if (this.lastRating !== null) {
      gauge.show(this.lastRating, { moved: this.hasMoved });
    }
    return gauge.element;
  }

  leaveStep() {
    this.step.close();
    this.step = new Step(this);
    this.endKnob();
    this.endKnob = () => {};
    this.gauge = null;
  }

  showStep() {
    if (this.closed) return;
    this.leaveStep();
    switch (this.state.step) {
      case "connecting": this.showConnecting(); break;
      case "failed": this.showFailed(); break;
      case "instructions": this.showInstructions(); break;
      case "practice": this.step = new PracticeStep(this); break;
      case "rating": this.step = new RatingStep(this); break;
      case "stopped": this.showStopped(); break;
      default: this.showRated();
    }
  }

  next() { this.link.say("next", { from: this.state.step }); }

  complain(text) {
    const place = document.getElementById("complaint");
    if (place) place.replaceChildren(problemBox(text));
    announce(text);
  }

  complaint() { return el("div", { id: "complaint" }, problemBox(this.state.problem)); }

  refreshComplaint() {
    const place = document.getElementById("complaint");
    const text = !this.link.up ? t("room_gone") : this.state.link_up ? this.state.problem : t("dial_lost");
    if (!place || place.textContent === text) return;
    place.replaceChildren(...[problemBox(text)].filter((box) => box !== null));
  }

  showPaper(title, heading, ...parts) { show(title, el("div", { class: "paper" }, el("h1", {}, heading), ...parts)); }

  nextButton(word, attributes = {}) { return el("button", { onclick: () => this.next(), ...attributes }, word); }

  showConnecting() {
    const title = t("step_connecting");
    this.showPaper(title, title, el("p", { class: "quiet" }, t("one_moment")));
  }

  showFailed() {
    const actions = el("p", { class: "actions" }, this.nextButton(t("try_again")), backButton());
    this.showPaper(t("problem"), t("dial_not_ready"), problemBox(this.state.problem), actions);
  }

  showInstructions() {
    const { rating, practice } = this.study;
    const { resume_s, page_knob, knob_kind, dial } = this.state;
    let onward = practice.on ? t("to_practice") : t("to_video");
    if (resume_s > 0) onward = t("go_on_at", { at: clock(resume_s) });
    this.showPaper(
      t("step_instructions"), t("you_rate", { what: rating.what }),
      ...paragraphs(rating.definition),
      ...paragraphs(rating.instructions),
      el("h2", {}, t("your_dial")),
      el("p", {}, page_knob ? t(`turn_${knob_kind}`) : t("turn_dial", { name: dial.name })),
      this.makeGauge(),
      el("p", { class: "quiet", id: "try" }, t("try_it")),
      this.complaint(),
      el("p", { class: "actions" }, this.nextButton(onward, { id: "next", class: "primary" })),
    );
    this.step = new InstructionsStep(this);
  }

  showStopped() {
    this.showPaper(
      t("step_stopped"), t("step_stopped"),
      problemBox(this.state.problem),
      el("p", {}, t("stopped_text", { at: clock(this.state.resume_s) })),
      el("p", { class: "actions" }, this.nextButton(t("go_on"), { class: "primary" }), backButton()),
    );
  }

  showRated() {
    if (ownSeat()) {
      // The participant's own page knows what comes next, and hears of the researcher's choice.
      location.hash = "#/";
      return;
    }
    const { session, rater, step, problem, rated_share } = this.state;
    const toClips = { id: "to-clips", class: "button primary", href: at("clips", session, rater) };
    const toReview = { id: "to-review", class: "button plain", href: at("review", session, rater) };
    let [text, action] = [t("call_researcher"), el("a", toReview, t("for_researcher"))];
    if (step === "chosen") [text, action] = [t("clips_next"), el("a", toClips, t("to_clips"))];
    if (step === "done") [text, action] = [t("all_done"), backButton()];
    if (step === "lacking") text = t("lacking_text", { percent: percent(rated_share) });
    const title = step === "lacking" ? t("step_lacking") : t("thank_you");
    this.showPaper(title, title, problemBox(problem), el("p", {}, text), el("p", { class: "actions" }, action));
  }

  showTaken() {
    this.leaveStep();
    const here = el("button", { class: "primary", onclick: () => location.reload() }, t("use_this_tab"));
    this.showPaper(t("taken"), t("taken"), el("p", {}, t("taken_text")), el("p", { class: "actions" }, here));
  }
}

class InstructionsStep extends Step {
  onState() { this.page.refreshComplaint(); }
}
