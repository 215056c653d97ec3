// The ratings so far as a line under the video, for studies that show it.

import { el, t } from "./dom.js";

export class TraceStrip {
  constructor(scale, durationS) {
    this.scale = scale;
    this.durationS = durationS;
    this.element = el("canvas", { class: "strip", width: 1200, height: 60, role: "img", "aria-label": t("ratings_so_far") });
    this.last = null;
  }

  add(videoS, rating) {
    const { width, height } = this.element;
    const x = (videoS / this.durationS) * width;
    const y = rating === null ? null : height - ((rating - this.scale.low) / (this.scale.high - this.scale.low)) * height;
    if (this.last && y !== null && this.last.y !== null && x >= this.last.x && x - this.last.x < width / 20) {
      const pen = this.element.getContext("2d");
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
