// @ts-check
// The ratings so far as a line under the video, for studies that show it.

import { el, t } from "./dom.js";

export class TraceStrip {
  // `keep`: under which name the browser keeps the line while the tab is open, so that a page loaded again shows it.
  constructor(scale, durationS, keep) {
    this.scale = scale;
    this.durationS = durationS;
    const label = t("ratings_so_far");
    this.element = /** @type {HTMLCanvasElement} */ (
      el("canvas", { class: "strip", width: 1200, height: 60, role: "img", "aria-label": label })
    );
    this.last = null;
    this.keep = keep;
    this.points = [];
    for (const [videoS, rating] of JSON.parse(sessionStorage.getItem(keep) || "[]")) this.add(videoS, rating);
  }

  add(videoS, rating) {
    this.points.push([Math.round(videoS * 10) / 10, rating]);
    if (this.points.length % 5 === 0) sessionStorage.setItem(this.keep, JSON.stringify(this.points));
    const { width, height } = this.element;
    const x = (videoS / this.durationS) * width;
    const { low, high } = this.scale;
    const y = rating === null ? null : height - ((rating - low) / (high - low)) * height;
    if (this.last && y !== null && this.last.y !== null && x >= this.last.x && x - this.last.x < width / 20) {
      const pen = /** @type {CanvasRenderingContext2D} */ (this.element.getContext("2d"));
      pen.strokeStyle = "#7db4ff";
      pen.lineWidth = 2;
      pen.beginPath();
      pen.moveTo(this.last.x, this.last.y);
      pen.lineTo(x, y);
      pen.stroke();
    }
    this.last = { x, y };
  }
}
