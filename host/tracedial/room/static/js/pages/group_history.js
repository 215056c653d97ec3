// @ts-check
// What a group has rated so far, as the columns of a chart.

const MOST_POINTS = 1500;

/** @typedef {[s: number, mean: number | null, spread: number | null, n: number, ratings: (number | null)[]]} Point */

export class GroupHistory {
  constructor(raters) {
    this.raters = raters;
    /** @type {Point[]} */
    this.points = [];
    this.markers = [];
  }

  // What the room tells a page that has just come.
  takeAll({ points, markers, raters }) {
    this.points = [...points];
    this.markers = [...markers];
    this.raters = raters;
  }

  get last() { return this.points[this.points.length - 1]; }

  // The first point of the last `windowS` seconds; 0 is the whole session.
  firstOf(windowS) {
    if (!windowS || !this.points.length) return 0;
    const fromS = this.last[0] - windowS;
    let low = 0;
    let high = this.points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.points[middle][0] < fromS) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  // Seconds, then upper and lower end of the spread, the mean, and a column for each rater of `shown`; no more points
  // than the screen has columns.
  columns(windowS, shown) {
    const first = this.firstOf(windowS);
    const every = Math.max(Math.ceil((this.points.length - first) / MOST_POINTS), 1);
    const chosen = [];
    for (let index = first; index < this.points.length; index += every) chosen.push(this.points[index]);
    const end = (sign) => (/** @type {Point} */ [, mean, spread]) =>
      mean === null || spread === null ? null : mean + sign * spread;
    return [
      chosen.map(([s]) => s),
      chosen.map(end(1)),
      chosen.map(end(-1)),
      chosen.map(([, mean]) => mean),
      ...[...shown].map((name) => chosen.map((point) => point[4][this.raters.indexOf(name)])),
    ];
  }
}
