// @ts-check
// What stands in a picture's place where a session was taped as sound alone: its loudness, and where it plays.

import { call, clock, el, t } from "./dom.js";

const BAR_PX = 3;

export class Waveform {
  /**
   * @param {string} session
   * @param {HTMLMediaElement} media
   * @param {{ fromS?: number, toS: number }} span the part of the session that is drawn
   */
  constructor(session, media, { fromS = 0, toS }) {
    this.media = media;
    this.fromS = fromS;
    this.toS = toS;
    this.peaks = [];
    this.durationS = toS;
    this.canvas = /** @type {HTMLCanvasElement} */ (el("canvas", { role: "img", "aria-label": t("waveform") }));
    this.time = el("p", { class: "wave-time" }, "");
    this.element = el("div", { class: "wave" }, this.canvas, this.time);
    this.sizes = new ResizeObserver(() => this.draw());
    this.sizes.observe(this.canvas);
    this.follow = () => this.draw();
    for (const name of ["timeupdate", "seeked"]) media.addEventListener(name, this.follow);
    this.load(session);
  }

  async load(session) {
    // A waveform that cannot be had is missed, and keeps nobody from listening.
    this.peaks = await call(`/api/waveform/${encodeURIComponent(session)}`).catch(() => []);
    this.draw();
  }

  // `durationS` is how long the whole session is, of which the peaks are.
  of(durationS) {
    this.durationS = durationS;
    return this;
  }

  draw() {
    const { canvas, media, peaks, fromS, toS } = this;
    const { clientWidth: width, clientHeight: height } = canvas;
    if (!width || !height) return;
    canvas.width = width * devicePixelRatio;
    canvas.height = height * devicePixelRatio;
    const pen = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    pen.scale(devicePixelRatio, devicePixelRatio);
    const style = getComputedStyle(canvas);
    const bars = Math.floor(width / BAR_PX);
    const played = (media.currentTime - fromS) / (toS - fromS);
    for (let bar = 0; bar < bars; bar++) {
      const atS = fromS + ((bar + 0.5) / bars) * (toS - fromS);
      const peak = peaks[Math.min(Math.floor((atS / this.durationS) * peaks.length), peaks.length - 1)] || 0;
      const tall = Math.max((peak / 100) * height * 0.9, 1);
      pen.fillStyle = (bar + 0.5) / bars <= played ? style.getPropertyValue("--wave-played") : style.color;
      pen.fillRect(bar * BAR_PX, (height - tall) / 2, BAR_PX - 1, tall);
    }
    this.time.textContent = clock(media.currentTime);
  }

  close() {
    this.sizes.disconnect();
    for (const name of ["timeupdate", "seeked"]) this.media.removeEventListener(name, this.follow);
  }
}
