// @ts-check
// Traces over a session's time, drawn by uPlot: lines, bands between two lines, segments behind them, a line at the
// moment.

import * as vendor from "../../vendor/uPlot.esm.js";
import { clock, signed } from "./dom.js";

/** @type {any} The library is not typed. */
const UPlot = vendor.default;

export const COLOURS = ["#1d5fbf", "#b3541e", "#2c7a4b", "#7a3fa0", "#a02c50", "#4b5d16", "#0f6f7a", "#6b4f2a"];
export const SEGMENT_COLOURS = { rupture: "#c0392b", repair: "#2c7a4b", peak: "#b8860b" };

/**
 * `bands` are [upper, lower] of series numbers from 1 on; `draw(u, pen)` draws behind the lines, `drawOver` on top.
 * @typedef {{ label: string, values?: any[], colour: string, width?: number, dash?: number[] }} Line
 * @typedef {(u: any, pen: CanvasRenderingContext2D) => void} Draw
 * @typedef {object} ChartOptions
 * @property {number[]} x
 * @property {Line[]} series
 * @property {import("../dial/message.js").Scale} scale
 * @property {[upper: number, lower: number][]} [bands]
 * @property {number} [height]
 * @property {Draw} [draw]
 * @property {Draw} [drawOver]
 * @property {(s: number) => void} [onPick]
 */

const NOTHING = () => {};
const axis = (rest) => ({ stroke: "#444", grid: { stroke: "#e4e4e0" }, ...rest });
const DRAG_PX = 3;

export class Chart {
  /**
   * @param {HTMLElement} place
   * @param {ChartOptions} options
   */
  constructor(place, options) {
    const { x, series } = options;
    const height = options.height || 280;
    this.place = place;
    this.cursorS = null;
    this.plot = new UPlot(
      { width: place.clientWidth || 800, height, ...this.look(options) },
      [x, ...series.map((one) => one.values)],
      place,
    );
    this.resizer = new ResizeObserver(() => this.plot.setSize({ width: place.clientWidth, height }));
    this.resizer.observe(place);
  }

  /** @param {ChartOptions} options */
  look({ series, scale, bands = [], draw = NOTHING, drawOver = NOTHING, onPick = NOTHING }) {
    const line = (/** @type {Line} */ { label, colour, width = 1.5, dash }) =>
      ({ label, stroke: colour, width, dash, points: { show: false }, spanGaps: false });
    const pick = (u, event) => {
      if (u.select.width <= DRAG_PX) onPick(u.posToVal(event.clientX - u.over.getBoundingClientRect().left, "x"));
    };
    return {
      padding: [8, 16, 0, 8],
      cursor: { y: false, drag: { x: false, y: false, setScale: false } },
      legend: { show: false },
      scales: { x: { time: false }, y: { range: () => [scale.low, scale.high] } },
      axes: [
        axis({ values: (_, splits) => splits.map(clock) }),
        axis({ size: 48, splits: () => ticks(scale), values: (_, splits) => splits.map(signed) }),
      ],
      series: [{}, ...series.map(line)],
      bands: bands.map((pair) => ({ series: pair, fill: "rgba(29, 95, 191, 0.14)" })),
      hooks: {
        drawClear: [(u) => draw(u, u.ctx)],
        draw: [(u) => { drawOver(u, u.ctx); this.drawCursor(u); }],
        ready: [(u) => u.over.addEventListener("click", (event) => pick(u, event))],
      },
    };
  }

  setData(x, values) { this.plot.setData([x, ...values]); }
  redraw() { this.plot.redraw(false); }

  // The moment of the video that plays beside the chart.
  setCursor(s) {
    this.cursorS = s;
    this.redraw();
  }

  drawCursor(u) {
    if (this.cursorS === null) return;
    const x = u.valToPos(this.cursorS, "x", true);
    const { top, height } = u.bbox;
    u.ctx.save();
    u.ctx.strokeStyle = "#111";
    u.ctx.lineWidth = devicePixelRatio;
    u.ctx.beginPath();
    u.ctx.moveTo(x, top);
    u.ctx.lineTo(x, top + height);
    u.ctx.stroke();
    u.ctx.restore();
  }

  secondAt(clientX) { return this.plot.posToVal(clientX - this.plot.over.getBoundingClientRect().left, "x"); }

  destroy() {
    this.resizer.disconnect();
    this.plot.destroy();
  }
}

// Beside a video: both are to fit the window.
export const chartHeight = () => Math.round(Math.max(200, Math.min(340, innerHeight * 0.38)));

function ticks({ low, high, detents }) {
  const named = detents.map(([rating]) => rating);
  return [...new Set([low, ...named, (low + high) / 2, high])].sort((a, b) => a - b);
}

// Segments as coloured stretches behind the lines; `chosen` stands out.
export function drawSegments(u, pen, segments, chosenId) {
  const { top, height } = u.bbox;
  pen.save();
  for (const segment of segments) {
    const from = u.valToPos(segment.start_s, "x", true);
    const to = u.valToPos(segment.end_s, "x", true);
    pen.fillStyle = SEGMENT_COLOURS[segment.kind];
    pen.globalAlpha = segment.id === chosenId ? 0.4 : 0.2;
    pen.fillRect(from, top, Math.max(to - from, 2), height);
  }
  pen.restore();
}

// Their names; that of a segment which begins within another's name goes a line lower.
export function nameSegments(u, pen, segments) {
  pen.save();
  pen.fillStyle = "#1c1f24";
  pen.font = `600 ${12 * devicePixelRatio}px sans-serif`;
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  let namedTo = -Infinity;
  let line = 0;
  for (const segment of [...segments].sort((a, b) => a.start_s - b.start_s)) {
    const name = `${segment.letter}${segment.rank}`;
    const x = u.valToPos(segment.start_s, "x", true) + 3 * devicePixelRatio;
    line = x < namedTo ? line + 1 : 0;
    pen.fillText(name, x, u.bbox.top + (13 + 14 * line) * devicePixelRatio);
    namedTo = x + pen.measureText(name).width + 2 * devicePixelRatio;
  }
  pen.restore();
}
