// @ts-check
// The part of the session video that a clip replays: played, paused, begun again; `onWatched` once it has been seen.

import { el, problemBox, t } from "../parts/dom.js";
import { Waveform } from "../parts/waveform.js";

const AT_END_S = 0.05;

export class ClipVideo {
  constructor(session, clip, { onWatched, onProblem, picture = true, durationS = 0 }) {
    this.clip = clip;
    this.onWatched = onWatched;
    this.ended = false;
    const span = `#t=${clip.start_s},${clip.end_s}`;
    this.video = /** @type {HTMLVideoElement} */ (
      el("video", { src: `video/${encodeURIComponent(session)}${span}`, preload: "auto", playsinline: true })
    );
    this.button = el(
      "button",
      { id: "play-clip", class: "primary", onclick: () => this.turn() },
      clip.watched ? t("play_clip_again") : t("play_clip"),
    );
    this.bar = /** @type {HTMLProgressElement} */ (
      el("progress", { max: clip.end_s - clip.start_s, value: 0, "aria-label": t("progress") })
    );
    this.video.addEventListener("timeupdate", () => this.watch());
    this.video.addEventListener("ended", () => this.watch());
    const part = { fromS: clip.start_s, toS: clip.end_s };
    this.wave = picture ? null : new Waveform(session, this.video, part).of(durationS);
    // What the page shows: the picture, or what stands for it.
    this.screen = el("div", { class: picture ? "" : "heard" }, this.video, this.wave ? this.wave.element : null);
    this.video.addEventListener("error", () => onProblem(problemBox(t("cannot_play"))));
  }

  watch() {
    const { video, clip } = this;
    this.bar.value = Math.min(Math.max(video.currentTime - clip.start_s, 0), clip.end_s - clip.start_s);
    if (this.ended || (video.currentTime < clip.end_s - AT_END_S && !video.ended)) return;
    this.ended = true;
    video.pause();
    this.button.textContent = t("play_clip_again");
    this.onWatched();
  }

  async turn() {
    const { video, clip } = this;
    if (!video.paused) {
      video.pause();
      this.button.textContent = t("go_on");
      return;
    }
    if (this.ended || video.currentTime < clip.start_s || video.currentTime >= clip.end_s) {
      this.ended = false;
      video.currentTime = clip.start_s;
    }
    await video.play();
    this.button.textContent = t("pause");
  }

  close() {
    if (this.wave) this.wave.close();
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }
}
