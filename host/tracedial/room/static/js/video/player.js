// @ts-check
// The session video as it is really shown: begun at an agreed instant, each frame reported, each change told with its
// time.

import { nowUs } from "../dial/page_clock.js";

const REPORT_MS = 250;
const LEAD_US = 15000;
const STALL_READY = 3;
// How often it is looked where sound without a picture is.
const SOUND_US = 30000;

// `picture` false: the file is sound alone. `tell(event, fields)` takes play, pause, seek, stall, ended;
// `report(frames)` takes {at_us, media_s, shown, passed, late_us}.
export class Player {
  constructor(video, { tell, report, picture = true, onState = (_what) => {} }) {
    this.video = video;
    this.tell = tell;
    this.report = report;
    this.onState = onState;
    this.running = false;
    this.wanted = false;
    this.ended = false;
    /** @type {{ videoS: number, shownS: number | undefined } | null} */
    this.begin = null;
    /** @type {number | undefined} */
    this.shownS = undefined;
    this.stalled = false;
    this.closed = false;
    this.starter = 0;
    // Each frame: when it appeared, its second of video, how many the browser had shown and passed, how late it came.
    /** @type {number[][]} */
    this.frames = [];
    const countsFrames = "requestVideoFrameCallback" in HTMLVideoElement.prototype;
    this.frameSource = !picture ? "sound" : countsFrames ? "frames" : "currentTime";
    this.listeners = [];
    const on = (name, handler) => {
      video.addEventListener(name, handler);
      this.listeners.push([name, handler]);
    };
    on("waiting", () => this.stall());
    // A media key or the browser's own control: what is not begun by this page is not recorded, and does not run.
    on("play", () => { if (!this.running) video.pause(); });
    on("pause", () => { if (this.running && !video.ended) this.stand("pause"); });
    on("ended", () => this.finish());
    on("ratechange", () => { if (video.playbackRate !== 1) video.playbackRate = 1; });
    on("canplay", () => this.afterStall());
    this.timer = setInterval(() => this.flush(), REPORT_MS);
    this.watch();
  }

  // Begin at a time of the page's clock, from where the video stands (or is put).
  playAt(atUs, videoS) {
    if (this.running || this.ended) return;
    const video = this.video;
    if (Math.abs(video.currentTime - videoS) > 0.001) video.currentTime = videoS;
    clearTimeout(this.starter);
    this.starter = setTimeout(() => this.start(), Math.max((atUs - LEAD_US - nowUs()) / 1000, 0));
  }

  async start() {
    const video = this.video;
    this.begin = { videoS: video.currentTime, shownS: this.shownS };
    this.running = true;
    try {
      await video.play();
    } catch (error) {
      this.running = false;
      this.begin = null;
      // The browser wants a click first, or was paused again before it began.
      this.onState(error.name === "NotAllowedError" ? "blocked" : "standing");
    }
  }

  pause(kind = "pause") {
    clearTimeout(this.starter);
    if (!this.running) return;
    this.video.pause();
    this.stand(kind);
  }

  async seek(videoS) {
    this.pause();
    const video = this.video;
    this.flush();
    video.currentTime = Math.min(Math.max(videoS, 0), video.duration || 0);
    await new Promise((done) => video.addEventListener("seeked", done, { once: true }));
    this.shownS = undefined;
    this.tell("seek", { at_us: nowUs(), video_s: video.currentTime });
    this.onState("standing");
  }

  // The data have not come: stand until there are some, then begin again at an agreed instant.
  stall() {
    if (!this.running || this.video.seeking) return;
    this.stalled = true;
    this.pause("stall");
    this.onState("stalled");
    this.afterStall();
  }

  afterStall() {
    if (this.stalled && this.video.readyState >= STALL_READY) {
      this.stalled = false;
      this.onState("ready");
    }
  }

  stand(kind) {
    this.running = false;
    // A video that was stopped before its first frame never ran.
    if (this.begin) this.begin = null;
    this.flush();
    this.tell(kind, { at_us: nowUs(), video_s: this.video.currentTime });
    this.onState("standing");
  }

  finish() {
    if (this.ended) return;
    this.ended = true;
    this.running = false;
    this.flush();
    this.tell("ended", { at_us: nowUs(), video_s: this.video.duration });
    this.onState("ended");
  }

  watch() {
    if (this.frameSource === "frames") {
      const frame = (_now, meta) => {
        if (this.closed) return;
        // How many frames the browser has shown, and shown or dropped: what passed unseen is told from what lasts long.
        const passed = this.video.getVideoPlaybackQuality?.().totalVideoFrames;
        const atUs = Math.round(meta.expectedDisplayTime * 1000);
        // A page that is told of a frame only after it should have been on the screen is on a busy machine.
        const lateUs = Math.max(nowUs() - atUs, 0);
        this.frame(atUs, meta.mediaTime, { shown: meta.presentedFrames, passed, lateUs });
        this.video.requestVideoFrameCallback(frame);
      };
      this.video.requestVideoFrameCallback(frame);
    } else if (this.frameSource === "sound") {
      let lastUs = 0;
      const listen = () => {
        if (this.closed) return;
        requestAnimationFrame(listen);
        // Sound has no frames that the screen waits for: a place in it holds at the very instant of the look.
        const mediaS = this.video.currentTime;
        const atUs = nowUs();
        if (mediaS === this.shownS || atUs - lastUs < SOUND_US) return;
        lastUs = atUs;
        this.frame(atUs, mediaS);
      };
      requestAnimationFrame(listen);
    } else {
      const look = (now) => {
        if (this.closed) return;
        if (this.video.currentTime !== this.shownS) this.frame(Math.round(now * 1000), this.video.currentTime);
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    }
  }

  // A frame that shows second `mediaS` appears at `atUs`.
  frame(atUs, mediaS, { shown = -1, passed = -1, lateUs = 0 } = {}) {
    this.shownS = mediaS;
    if (!this.running) return;
    if (this.begin) {
      if (mediaS <= this.begin.videoS && mediaS === this.begin.shownS) return;
      const beganUs = Math.round(atUs - (mediaS - this.begin.videoS) * 1e6);
      const videoS = this.begin.videoS;
      this.begin = null;
      this.tell("play", { at_us: beganUs, video_s: videoS });
      this.onState("playing");
    }
    this.frames.push([atUs, mediaS, shown, passed, lateUs]);
  }

  flush() {
    if (!this.frames.length || this.begin) return;
    const [at_us, media_s, shown, passed, late_us] = [0, 1, 2, 3, 4].map((n) => this.frames.map((frame) => frame[n]));
    this.report({ at_us, media_s, shown, passed, late_us });
    this.frames = [];
  }

  close() {
    this.pause();
    this.closed = true;
    clearInterval(this.timer);
    for (const [name, handler] of this.listeners) this.video.removeEventListener(name, handler);
  }
}
