// @ts-check
// The rating of a sitting: the video, the gauge below it, and what lies over the video while it does not run.

import { isTyping } from "../dial/knobs.js";
import { clock, el, show, t } from "../parts/dom.js";
import { TraceStrip } from "../parts/strip.js";
import { Waveform } from "../parts/waveform.js";
import { checkMedia } from "../video/check.js";
import { Player } from "../video/player.js";
import { Step } from "./sitting_step.js";
import { Veil } from "./veil.js";

const TICK_MS = 250;
const REMINDER_SHOWN_MS = 8000;
const AT_START_S = 0.5;

export class RatingStep extends Step {
  constructor(page) {
    super(page);
    this.rating = page.study.rating;
    this.wantsToPlay = false;
    this.stalled = false;
    this.checked = false;
    // The link was lost while the video ran: it goes on when the link is back.
    this.resumeWhenBack = false;
    this.lastMoveMs = performance.now();
    this.video = this.makeVideo();
    this.veil = new Veil(() => this.play());
    this.reminder = el("p", { class: "reminder", role: "status", hidden: true }, t("still_rating"));
    this.showPage();
    this.player = new Player(this.video, {
      tell: (event, fields) => page.link.say("player", { event, boot: page.link.boot, ...fields }),
      report: (frames) => page.link.say("frames", { boot: page.link.boot, ...frames }),
      picture: page.state.picture,
      onState: (what) => this.playerChanged(what),
    });
    page.link.say("note", { what: "frames_from", text: this.player.frameSource });
    this.keys = (event) => this.key(event);
    addEventListener("keydown", this.keys);
    this.timer = setInterval(() => this.tick(), TICK_MS);
    this.drawVeil();
    this.veil.button.focus();
    this.check();
  }

  // Nothing is begun before the first frame and the sound are there.
  async check() {
    const { session, picture, sound } = this.page.state;
    const missing = await checkMedia(this.video, { picture, sound });
    this.checked = true;
    if (missing) {
      this.page.link.say("note", { what: "lacks", text: missing });
      await this.veil.cannotPlay(session, missing);
    }
    this.drawVeil();
  }

  close() {
    removeEventListener("keydown", this.keys);
    clearInterval(this.timer);
    this.player.close();
    if (this.wave) this.wave.close();
  }

  makeVideo() {
    const { session, resume_s } = this.page.state;
    const video = /** @type {HTMLVideoElement} */ (
      el("video", {
        src: `video/${encodeURIComponent(session)}`, preload: "auto", playsinline: true, disablepictureinpicture: true,
      })
    );
    video.addEventListener("error", () => this.veil.cannotPlay(session));
    const begin = () => {
      video.currentTime = Math.min(resume_s, video.duration);
    };
    video.addEventListener("loadedmetadata", begin, { once: true });
    return video;
  }

  showPage() {
    const { page } = this;
    const { session, rater, attempt, duration_s } = page.state;
    const gauge = page.makeGauge();
    if (!this.rating.show_gauge && !page.link.dial) gauge.classList.add("invisible");
    this.strip = this.rating.show_trace
      ? new TraceStrip(page.study.scale, duration_s, `trace ${session}/${rater} ${attempt}`)
      : null;
    this.time = el("span", { class: "time" });
    this.seek = this.rating.allow_seek ? this.seekField() : null;
    this.pauseButton = el(
      "button", { id: "pause", class: "plain", hidden: true, onclick: () => this.pause() }, t("pause"),
    );
    const { picture } = page.state;
    this.wave = picture ? null : new Waveform(session, this.video, { toS: duration_s });
    const wave = this.wave ? this.wave.element : null;
    const strip = this.strip ? this.strip.element : null;
    show(
      t("step_rating"),
      el(
        "div", { class: "stage" },
        el("h1", { class: "unseen" }, t("step_rating")),
        el("div", { class: picture ? "screen" : "screen heard" }, this.video, wave, this.veil.element, this.reminder),
        el("div", { class: "desk" }, gauge, strip, el("div", { class: "bar" }, this.time, this.seek, this.pauseButton)),
      ),
    );
  }

  seekField() {
    return /** @type {HTMLInputElement} */ (
      el("input", {
        type: "range", class: "seek", min: 0, max: this.page.state.duration_s, step: 1,
        "aria-label": t("place_in_video"),
        onchange: (event) => this.player.seek(Number(event.target.value)),
      })
    );
  }

  key(event) {
    if (isTyping(event.target) || event.repeat) return;
    const onButton = event.target === this.veil.button || event.target === this.pauseButton;
    if (event.key === " " && this.rating.allow_pause && !onButton) {
      event.preventDefault();
      if (this.player.running) this.pause();
      else if (!this.veil.button.hidden) this.play();
    } else if (event.key === "m" && this.page.link.dial) {
      this.page.link.dial.press();
    }
  }

  tick() {
    const at = clock(this.video.currentTime);
    this.time.textContent = t("at_of", { at, of: clock(this.page.state.duration_s) });
    if (this.seek && document.activeElement !== this.seek) this.seek.value = String(this.video.currentTime);
    this.remind();
  }

  play() {
    const { link, state } = this.page;
    if (!link.up || !state.link_up) return;
    this.wantsToPlay = true;
    this.lastMoveMs = performance.now();
    this.drawVeil();
    link.say("play", { video_s: this.video.currentTime });
  }

  pause() { this.player.pause(); }

  playAt(atUs, videoS) { this.player.playAt(atUs, videoS); }

  addSample(rating) {
    if (this.strip) this.strip.add(this.video.currentTime, rating);
  }

  playerChanged(what) {
    if (what === "ready" && this.wantsToPlay) this.play();
    if (what === "standing" || what === "blocked" || what === "ended") this.wantsToPlay = false;
    if (what === "stalled") this.wantsToPlay = true;
    this.lastMoveMs = performance.now();
    this.stalled = what === "stalled";
    this.drawVeil();
    if (what === "playing" && this.page.link.dial && this.page.gauge) this.page.gauge.element.focus();
  }

  onState(before) {
    const { state } = this.page;
    if (!state.link_up && this.player.running) {
      this.pause();
      this.resumeWhenBack = true;
    } else if (state.link_up && !before.link_up && this.resumeWhenBack) {
      this.resumeWhenBack = false;
      this.play();
    }
    this.drawVeil();
  }

  drawVeil() {
    // The player may tell of a change before it is at hand here.
    if (!this.player || this.veil.unplayable) return;
    const { running, ended } = this.player;
    const { link, state } = this.page;
    this.pauseButton.hidden = !running || !this.rating.allow_pause;
    if (running) {
      this.veil.lift();
      return;
    }
    this.reminder.hidden = true;
    const atStart = this.video.currentTime < AT_START_S;
    const canPlay = this.checked && !this.wantsToPlay && !ended && link.up && state.link_up;
    this.veil.lower({
      text: this.whyItStands(atStart),
      problem: state.problem,
      button: canPlay ? (atStart ? t("begin") : t("go_on")) : "",
    });
  }

  whyItStands(atStart) {
    const { link, state } = this.page;
    if (!link.up) return t("room_gone");
    if (!state.link_up) return t("dial_lost");
    if (this.player.ended) return t("saving");
    if (this.stalled) return t("loading_video");
    if (!this.checked) return t("checking_video");
    if (this.wantsToPlay) return t("one_moment");
    return atStart ? t("ready_to_begin") : t("paused");
  }

  moved() {
    this.lastMoveMs = performance.now();
    this.reminder.hidden = true;
  }

  remind() {
    const { reminder_s: afterS } = this.rating;
    if (!afterS || !this.player.running || !this.reminder.hidden) return;
    if (performance.now() - this.lastMoveMs < afterS * 1000) return;
    this.reminder.hidden = false;
    this.page.link.say("note", { what: "reminder", text: String(this.video.currentTime) });
    setTimeout(() => this.moved(), REMINDER_SHOWN_MS);
  }
}
