// @ts-check
// The page's knob: its movements with their times, so that a sample is the rating at its tick, however late the page's
// timer comes to take it (a tab in the background has slow timers).

const FINE = 64;
const HOLD = FINE / 2 + 16;

/** @typedef {import("./message.js").Scale} Scale */
/** @typedef {{ us: number, position: number, rating: number }} Move */

/** Positions are 0 (lowest rating) to 1 (highest). */
export class PageKnob {
  /** @param {Scale} scale */
  constructor(scale) {
    this.scale = scale;
    const position = this.positionOf(0);
    /** @type {Move[]} */
    this.moves = [{ us: -Infinity, position, rating: this.ratingOf(position) }];
  }

  /** The last movement: where the knob stands. */
  get last() { return this.moves[this.moves.length - 1]; }

  /** @param {number} rating */
  positionOf(rating) {
    const { low, high } = this.scale;
    return Math.min(Math.max((rating - low) / (high - low), 0), 1);
  }

  /**
   * The rating of a knob that came to `position` from the rating `before`: what firmware/dial/calibrate.py settles on
   * (a test compares them).
   * @param {number} position
   * @param {number | null} before
   */
  ratingOf(position, before = null) {
    const { low, high, step } = this.scale;
    const at = Math.floor(((position * (high - low)) / step) * FINE + 0.5);
    const nearest = Math.floor((at + FINE / 2) / FINE);
    let index = nearest;
    if (before !== null) {
      index = (before - low) / step;
      const off = at - index * FINE;
      if (Math.abs(off) > HOLD) index = Math.abs(off) <= HOLD + FINE ? index + Math.sign(off) : nearest;
    }
    return low + index * step;
  }

  /**
   * @param {number} position
   * @param {number} us
   */
  move(position, us) {
    position = Math.min(Math.max(position, 0), 1);
    const { last } = this;
    if (position === last.position) return;
    // Times of input events may come a little out of order; a movement never precedes the one before it.
    this.moves.push({ us: Math.max(us, last.us), position, rating: this.ratingOf(position, last.rating) });
  }

  /**
   * Where the knob stood at `us`.
   * @param {number} us
   */
  at(us) {
    for (let n = this.moves.length - 1; n > 0; n--) if (this.moves[n].us <= us) return this.moves[n];
    return this.moves[0];
  }

  /**
   * No movement is asked for any more that came before `us`, but for the last of them.
   * @param {number} us
   */
  forgetBefore(us) {
    while (this.moves.length > 1 && this.moves[1].us <= us) this.moves.shift();
  }

  /** The number of the detent on which the knob stands, -1 between detents. */
  get detent() { return this.scale.detents.findIndex(([rating]) => rating === this.last.rating); }

  /** As a converter of 16 bits would read it. */
  get raw() { return rawOf(this.last.position); }
}

/** @param {number} position */
export const rawOf = (position) => Math.round(position * 65535);
