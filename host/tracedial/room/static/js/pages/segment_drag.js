// @ts-check
// A segment on the chart is moved by its middle and stretched by its ends.

const GRIP_PX = 8;

export class SegmentDrag {
  // `segments()` gives those that can be dragged now; `onPick(segment)`, `onDraft(draft)` and `onMoved(draft)` tell
  // what happens, a draft being {id, start_s, end_s}.
  constructor(chart, { durationS, segments, onPick, onDraft, onMoved }) {
    this.chart = chart;
    this.durationS = durationS;
    this.segments = segments;
    this.onPick = onPick;
    this.onDraft = onDraft;
    this.onMoved = onMoved;
    /** @type {{ segment: any, part: string, fromS: number, draft: any } | null} */
    this.drag = null;
    const over = chart.plot.over;
    over.addEventListener("pointerdown", (event) => this.down(event));
    over.addEventListener("pointermove", (event) => this.move(event));
    over.addEventListener("pointerup", () => this.up());
  }

  // Which segment is under the pointer, and which part of it.
  grip(event) {
    const { plot } = this.chart;
    const px = event.clientX - plot.over.getBoundingClientRect().left;
    for (const segment of this.segments()) {
      const from = plot.valToPos(segment.start_s, "x");
      const to = plot.valToPos(segment.end_s, "x");
      if (Math.abs(px - from) < GRIP_PX / 2) return { segment, part: "start" };
      if (Math.abs(px - to) < GRIP_PX / 2) return { segment, part: "end" };
      if (px > from && px < to) return { segment, part: "middle" };
    }
    return null;
  }

  down(event) {
    const held = this.grip(event);
    this.drag = held && { ...held, fromS: this.chart.secondAt(event.clientX), draft: null };
    if (!held) return;
    this.onPick(held.segment);
    this.chart.plot.over.setPointerCapture(event.pointerId);
  }

  move(event) {
    if (!this.drag) {
      const under = this.grip(event);
      const cursor = !under ? "crosshair" : under.part === "middle" ? "grab" : "ew-resize";
      this.chart.plot.over.style.cursor = cursor;
      return;
    }
    // In half seconds.
    const byS = Math.round((this.chart.secondAt(event.clientX) - this.drag.fromS) * 2) / 2;
    if (!byS && !this.drag.draft) return;
    this.drag.draft = this.moved(this.drag, byS);
    this.onDraft(this.drag.draft);
  }

  moved({ segment, part }, byS) {
    const lengthS = segment.end_s - segment.start_s;
    let { start_s, end_s } = segment;
    if (part === "middle") {
      start_s = Math.min(Math.max(start_s + byS, 0), this.durationS - lengthS);
      end_s = start_s + lengthS;
    } else if (part === "start") {
      start_s = Math.min(Math.max(start_s + byS, 0), end_s - 1);
    } else {
      end_s = Math.max(Math.min(end_s + byS, this.durationS), start_s + 1);
    }
    return { id: segment.id, start_s, end_s };
  }

  up() {
    const { draft } = this.drag || { draft: null };
    this.drag = null;
    if (draft) this.onMoved(draft);
  }
}
