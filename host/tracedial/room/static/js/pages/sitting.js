// A rater's sitting: instructions, practice, the video with the gauge.

import { nowUs } from "../dial/page_clock.js";
import { announce, at, call, clock, decimal, el, paragraphs, problemBox, show, t } from "../parts/dom.js";
import { Gauge } from "../parts/gauge.js";
import { connectKnob, isTyping } from "../dial/knobs.js";
import { Link } from "../dial/link.js";
import { Player } from "../video/player.js";
import { targetAt } from "../parts/practice.js";
import { TraceStrip } from "../parts/strip.js";

const SLEPT_MS = 5000;

export async function open(session, rater) {
  const room = await call("/api/room");
  if (!room.sitting || room.sitting.session !== session || room.sitting.rater !== rater) {
    location.hash = "#/";
    return null;
  }
  return new SittingPage(room.study, room.sitting).close;
}

class SittingPage {
  constructor(study, sitting) {
    this.study = study;
    this.state = sitting;
    this.moved = false;
    this.lastMoveMs = performance.now();
    this.wantsToPlay = false;
    this.cleanups = [];
    this.close = () => {
      this.closed = true;
      this.leaveStep();
      this.link.close();
      for (const clean of this.cleanups) clean();
    };
    const knob = sitting.page_knob ? { name: `page ${sitting.rater}`, kind: sitting.knob_kind } : null;
    const place = new URLSearchParams({ session: sitting.session, rater: sitting.rater });
    this.link = new Link({ path: `/ws?${place}`, scale: study.scale, knob, onMessage: (said) => this.hear(said), onChange: (up) => this.linkChanged(up) });
    const hidden = () => {
      this.link.say("note", { what: document.hidden ? "hidden" : "visible" });
      // What nobody sees nobody rates.
      if (document.hidden && this.player) this.player.pause();
    };
    const leaving = () => { if (this.player) this.player.pause(); };
    document.addEventListener("visibilitychange", hidden);
    addEventListener("pagehide", leaving);
    this.cleanups.push(() => document.removeEventListener("visibilitychange", hidden), () => removeEventListener("pagehide", leaving));
    let beatMs = performance.now();
    const beat = setInterval(() => {
      const gapMs = performance.now() - beatMs;
      beatMs = performance.now();
      if (gapMs > SLEPT_MS && !document.hidden) this.link.say("note", { what: "slept", text: `${Math.round(gapMs)} ms` });
    }, 1000);
    this.cleanups.push(() => clearInterval(beat));
    this.showStep();
  }

  hear(said) {
    if (said.taken) this.showTaken();
    else if (said.none) location.hash = "#/";
    else if (said.say) this.complain(said.say);
    else if (said.state) this.takeState(said.state);
    else if (said.play_at && this.player) this.player.playAt(said.play_at.at_us, said.play_at.video_s);
    else if ("gauge" in said) this.showRating(said.gauge);
    else if ("sample" in said && this.strip) this.strip.add(this.player ? this.player.video.currentTime : 0, said.sample);
  }

  takeState(state) {
    const before = this.state;
    this.state = state;
    if (state.step !== before.step) this.showStep();
    else if (this.onState) this.onState(before);
  }

  linkChanged(up) {
    if (!up && this.player) this.player.pause();
    if (this.onState) this.onState(this.state);
  }

  showRating(rating) {
    if (rating !== null && this.lastRating !== undefined && rating !== this.lastRating) this.noteMove();
    if (rating !== null) this.lastRating = rating;
    if (this.gauge) this.gauge.show(rating, { moved: this.moved });
  }

  noteMove() {
    this.moved = true;
    this.lastMoveMs = performance.now();
    if (this.reminder) this.reminder.hidden = true;
  }

  // The gauge of a step, turned by the page where the page is the dial.
  makeGauge(options = {}) {
    this.gauge = new Gauge(this.study.scale, { what: this.study.rating.what, ...options });
    if (this.link.dial) {
      this.gauge.show(this.link.dial.rating, { moved: this.moved });
      const end = connectKnob({
        dial: this.link.dial, gauge: this.gauge, kind: this.state.knob_kind,
        onMove: () => {
          this.noteMove();
          this.showRating(this.link.dial.rating);
        },
      });
      this.stepCleanups.push(end);
    } else if (this.lastRating !== undefined) {
      this.gauge.show(this.lastRating, { moved: this.moved });
    }
    return this.gauge.element;
  }

  leaveStep() {
    for (const clean of this.stepCleanups || []) clean();
    this.stepCleanups = [];
    this.onState = null;
    this.player = this.gauge = this.reminder = this.strip = null;
  }

  showStep() {
    if (this.closed) return;
    this.leaveStep();
    const steps = {
      connecting: () => this.showConnecting(), failed: () => this.showFailed(), instructions: () => this.showInstructions(),
      practice: () => this.showPractice(), rating: () => this.showRatingPage(), stopped: () => this.showStopped(),
    };
    (steps[this.state.step] || (() => this.showRated()))();
  }

  next() { this.link.say("next", { from: this.state.step }); }

  complain(text) {
    const place = document.getElementById("complaint");
    if (place) place.replaceChildren(problemBox(text));
    announce(text);
  }

  complaint() { return el("div", { id: "complaint" }, problemBox(this.state.problem)); }

  showConnecting() {
    show(t("step_connecting"), el("div", { class: "paper" }, el("h1", {}, t("step_connecting")), el("p", { class: "quiet" }, t("one_moment"))));
  }

  showFailed() {
    show(t("problem"), el(
      "div", { class: "paper" }, el("h1", {}, t("dial_not_ready")), problemBox(this.state.problem),
      el("p", { class: "actions" }, el("button", { onclick: () => this.next() }, t("try_again")), el("a", { href: "#/", class: "button plain" }, t("back"))),
    ));
    this.onState = () => {};
  }

  showInstructions() {
    const { rating, practice } = this.study;
    const resumed = this.state.resume_s > 0;
    show(
      t("step_instructions"),
      el(
        "div", { class: "paper" },
        el("h1", {}, t("you_rate", { what: rating.what })),
        ...paragraphs(rating.definition), ...paragraphs(rating.instructions),
        el("h2", {}, t("your_dial")),
        el("p", {}, this.state.page_knob ? t(`turn_${this.state.knob_kind}`) : t("turn_dial", { name: this.state.dial.name })),
        this.makeGauge(),
        el("p", { class: "quiet", id: "try" }, t("try_it")),
        this.complaint(),
        el("p", { class: "actions" }, el(
          "button", { id: "next", class: "primary", onclick: () => this.next() },
          resumed ? t("go_on_at", { at: clock(this.state.resume_s) }) : practice.on ? t("to_practice") : t("to_video"),
        )),
      ),
    );
    this.onState = () => this.refreshComplaint();
  }

  refreshComplaint() {
    const place = document.getElementById("complaint");
    const text = !this.link.up ? t("room_gone") : this.state.link_up ? this.state.problem : t("dial_lost");
    if (place && place.textContent !== text) {
      place.replaceChildren(...[problemBox(text)].filter(Boolean));
    }
  }

  showPractice() {
    const { practice } = this.study;
    const bar = el("progress", { max: practice.duration_s, value: 0, "aria-label": t("progress") });
    const button = el("button", { id: "practice-begin", class: "primary" }, t("practice_begin"));
    const skip = el("button", { class: "plain", onclick: () => this.next() }, t("practice_skip"));
    const actions = el("p", { class: "actions" }, button, skip);
    const body = el("div", { "aria-live": "polite" }, ...paragraphs(t("practice_text", { s: practice.duration_s })));
    show(t("step_practice"), el(
      "div", { class: "paper" }, el("h1", {}, t("step_practice")), body, this.makeGauge({ target: true }), bar, this.complaint(), actions,
    ));
    let running = true;
    this.stepCleanups.push(() => { running = false; });
    const run = () => {
      actions.replaceChildren(skip);
      body.replaceChildren(el("p", {}, t("practice_now")));
      if (this.gauge.element.tabIndex === 0) this.gauge.element.focus();
      const began = performance.now();
      this.practised = this.state.practice;
      this.link.say("practice_begin", { at_us: nowUs() });
      const draw = (now) => {
        if (!running) return;
        const s = (now - began) / 1000;
        this.gauge.showTarget(targetAt(s));
        bar.value = s;
        if (s < practice.duration_s) requestAnimationFrame(draw);
        else this.link.say("practice_end");
      };
      requestAnimationFrame(draw);
    };
    button.addEventListener("click", run);
    this.onState = () => {
      this.refreshComplaint();
      const result = this.state.practice;
      if (!result || result === this.practised || bar.value < practice.duration_s) return;
      this.practised = result;
      body.replaceChildren(el("p", { id: "practice-result", class: result.ok ? "good" : "problem" }, practiceWords(result)));
      const again = el("button", { class: result.ok ? "plain" : "primary", onclick: () => { bar.value = 0; run(); } }, t("practice_again"));
      const on = el("button", { id: "next", class: result.ok ? "primary" : "plain", onclick: () => this.next() }, t("to_video"));
      actions.replaceChildren(...(result.ok ? [on, again] : [again, on]));
    };
  }

  showRatingPage() {
    const { rating } = this.study;
    const video = el("video", { src: `video/${encodeURIComponent(this.state.session)}`, preload: "auto", playsinline: true, disablepictureinpicture: true });
    const veil = el("div", { class: "veil" });
    const time = el("span", { class: "time" });
    const pauseButton = el("button", { id: "pause", class: "plain", hidden: true, onclick: () => this.player.pause() }, t("pause"));
    const seek = rating.allow_seek
      ? el("input", { type: "range", class: "seek", min: 0, max: this.state.duration_s, step: 1, "aria-label": t("place_in_video"), onchange: (event) => this.player.seek(Number(event.target.value)) })
      : null;
    this.reminder = el("p", { class: "reminder", role: "status", hidden: true }, t("still_rating"));
    const gauge = this.makeGauge();
    if (!rating.show_gauge && !this.link.dial) gauge.classList.add("invisible");
    this.strip = rating.show_trace ? new TraceStrip(this.study.scale, this.state.duration_s, `trace ${this.state.session}/${this.state.rater}`) : null;
    show(t("step_rating"), el(
      "div", { class: "stage" }, el("h1", { class: "unseen" }, t("step_rating")), el("div", { class: "screen" }, video, veil, this.reminder),
      el("div", { class: "desk" }, gauge, this.strip ? this.strip.element : null, el("div", { class: "bar" }, time, seek, pauseButton)),
    ));
    this.player = new Player(video, {
      tell: (event, fields) => this.link.say("player", { event, boot: this.link.boot, ...fields }),
      report: (frames) => this.link.say("frames", { boot: this.link.boot, ...frames }),
      onState: (what) => this.playerChanged(what),
    });
    this.stepCleanups.push(() => this.player.close());
    this.link.say("note", { what: "frames_from", text: this.player.frameSource });
    const button = el("button", { id: "play", class: "primary big", onclick: () => this.play() }, "");
    const words = el("div", { "aria-live": "polite" });
    veil.append(words, button);
    this.veil = { element: veil, words, button };
    this.pauseButton = pauseButton;
    video.addEventListener("error", () => this.cannotPlay());
    video.addEventListener("loadedmetadata", () => { video.currentTime = Math.min(this.state.resume_s, video.duration); }, { once: true });
    const keys = (event) => {
      if (isTyping(event.target) || event.repeat) return;
      if (event.key === " " && rating.allow_pause && event.target !== button && event.target !== pauseButton) {
        event.preventDefault();
        if (this.player.running) this.player.pause();
        else if (!button.hidden) this.play();
      } else if (event.key === "m" && this.link.dial) {
        this.link.dial.press();
      }
    };
    addEventListener("keydown", keys);
    const tick = setInterval(() => {
      time.textContent = t("at_of", { at: clock(video.currentTime), of: clock(this.state.duration_s) });
      if (seek && document.activeElement !== seek) seek.value = video.currentTime;
      this.remind();
    }, 250);
    this.stepCleanups.push(() => removeEventListener("keydown", keys), () => clearInterval(tick));
    this.onState = (before) => {
      if (!this.state.link_up && this.player.running) {
        this.player.pause();
        this.resumeWhenBack = true;
      } else if (this.state.link_up && !before.link_up && this.resumeWhenBack) {
        this.resumeWhenBack = false;
        this.play();
      }
      this.drawVeil();
    };
    this.drawVeil();
    button.focus();
  }

  play() {
    if (!this.link.up || !this.state.link_up) return;
    this.wantsToPlay = true;
    this.lastMoveMs = performance.now();
    this.drawVeil();
    this.link.say("play", { video_s: this.player.video.currentTime });
  }

  playerChanged(what) {
    if (what === "ready" && this.wantsToPlay) this.play();
    if (what === "standing" || what === "blocked" || what === "ended") this.wantsToPlay = false;
    if (what === "stalled") this.wantsToPlay = true;
    this.lastMoveMs = performance.now();
    this.stalled = what === "stalled";
    this.drawVeil();
    if (this.gauge && what === "playing" && this.link.dial) this.gauge.element.focus();
  }

  // What lies over a video that does not run, and why.
  drawVeil() {
    if (!this.veil || !this.player || this.unplayable) return;
    const { element, words, button } = this.veil;
    const running = this.player.running;
    element.hidden = running;
    if (!running && this.reminder) this.reminder.hidden = true;
    this.pauseButton.hidden = !running || !this.study.rating.allow_pause;
    const atStart = this.player.video.currentTime < 0.5;
    let text = atStart ? t("ready_to_begin") : t("paused");
    if (!this.link.up) text = t("room_gone");
    else if (!this.state.link_up) text = t("dial_lost");
    else if (this.player.ended) text = t("saving");
    else if (this.stalled) text = t("loading_video");
    else if (this.wantsToPlay) text = t("one_moment");
    const inner = [el("p", { class: "veil-text" }, text), problemBox(this.state.problem)].filter(Boolean);
    if (words.textContent !== inner.map((part) => part.textContent).join("")) words.replaceChildren(...inner);
    button.hidden = this.wantsToPlay || this.player.ended || !this.link.up || !this.state.link_up;
    button.textContent = atStart ? t("begin") : t("go_on");
    if (!running && !button.hidden && document.activeElement === document.body) button.focus();
  }

  remind() {
    const { reminder_s: after } = this.study.rating;
    if (!after || !this.player || !this.player.running || !this.reminder.hidden) return;
    if (performance.now() - this.lastMoveMs < after * 1000) return;
    this.reminder.hidden = false;
    this.link.say("note", { what: "reminder", text: String(this.player.video.currentTime) });
    setTimeout(() => {
      if (this.reminder) this.reminder.hidden = true;
      this.lastMoveMs = performance.now();
    }, 8000);
  }

  async cannotPlay() {
    this.unplayable = true;
    let text = t("cannot_play");
    let convert = null;
    try {
      const format = await call(`/api/video/${encodeURIComponent(this.state.session)}`);
      text = t("cannot_play_format", { format: format.format });
      convert = el("code", { class: "command" }, format.convert);
    } catch (error) {
      text = error.message;
    }
    this.veil.element.hidden = false;
    this.veil.button.hidden = true;
    this.veil.words.replaceChildren(el("div", { class: "problem", role: "alert" }, el("p", {}, text), convert ? el("p", {}, t("convert_with"), convert, t("convert_then")) : null));
  }

  showStopped() {
    show(t("step_stopped"), el(
      "div", { class: "paper" }, el("h1", {}, t("step_stopped")), problemBox(this.state.problem),
      el("p", {}, t("stopped_text", { at: clock(this.state.resume_s) })),
      el("p", { class: "actions" }, el("button", { class: "primary", onclick: () => this.next() }, t("go_on")), el("a", { href: "#/", class: "button plain" }, t("back"))),
    ));
  }

  showRated() {
    const { session, rater, step } = this.state;
    const clips = step === "chosen";
    const done = step === "done";
    show(t("thank_you"), el(
      "div", { class: "paper" }, el("h1", {}, t("thank_you")),
      problemBox(this.state.problem),
      el("p", {}, done ? t("all_done") : clips ? t("clips_next") : t("call_researcher")),
      el("p", { class: "actions" },
        clips ? el("a", { id: "to-clips", class: "button primary", href: at("clips", session, rater) }, t("to_clips")) : null,
        !clips && !done ? el("a", { id: "to-review", class: "button plain", href: at("review", session, rater) }, t("for_researcher")) : null,
        done ? el("a", { class: "button plain", href: "#/" }, t("back")) : null),
    ));
  }

  showTaken() {
    this.leaveStep();
    show(t("taken"), el(
      "div", { class: "paper" }, el("h1", {}, t("taken")), el("p", {}, t("taken_text")),
      el("p", { class: "actions" }, el("button", { class: "primary", onclick: () => location.reload() }, t("use_this_tab"))),
    ));
  }
}

function practiceWords(result) {
  if (result.ok) return t("practice_ok", { lag: decimal(result.lag_s, 1), gain: Math.round(result.gain * 100) });
  return t(`practice_${result.reason}`);
}
