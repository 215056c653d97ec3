// @ts-check
// When samples are due: tick k at tick 0 + k periods, in whole microseconds, as firmware/dial/sampler.py counts them.

import { WireError } from "./frame.js";

const MAX_AHEAD_US = 300000000;

/**
 * The whole number at or below `over / under`; exact for what an integer below 2^53 can be.
 * @param {number} over
 * @param {number} under
 */
const floorDiv = (over, under) => Math.floor(over / under);

export class TickGrid {
  constructor() {
    this.running = false;
    this.tick0Us = 0;
    this.periodNs = 1000000000;
    this.tick = 0;
    this.startedUs = 0;
  }

  /** When the next sample is due. */
  get dueUs() { return floorDiv(this.tick0Us * 1000 + this.tick * this.periodNs, 1000); }

  /**
   * Tick from tick 0 on, or from the first tick that is not yet past. As a correction of a grid that runs, continue
   * with the tick that is nearest to the old grid's next. Throws `WireError` for a tick 0 too far ahead.
   * @param {number} nowUs
   * @param {number} tick0Us
   * @param {number} periodNs
   * @param {boolean} correction
   */
  start(nowUs, tick0Us, periodNs, correction) {
    if (tick0Us - nowUs > MAX_AHEAD_US) {
      const aheadS = floorDiv(tick0Us - nowUs, 1000000);
      throw new WireError(`tick 0 lies ${aheadS} s ahead, at most ${MAX_AHEAD_US / 1000000} are allowed`);
    }
    if (correction && this.running) {
      const nearest = floorDiv((this.dueUs - tick0Us) * 1000 + floorDiv(periodNs, 2), periodNs);
      // No earlier than the page's loading, whose time begins at 0.
      this.tick = Math.max(nearest, -floorDiv(tick0Us * 1000, periodNs));
    } else {
      this.tick = Math.max(floorDiv((nowUs - tick0Us) * 1000 + periodNs - 1, periodNs), 0);
    }
    this.tick0Us = tick0Us;
    this.periodNs = periodNs;
    this.startedUs = nowUs;
    this.running = true;
  }

  /** When the next sample is taken: when it is due, or at once where a correction put that just before the START. */
  get takenUs() { return Math.max(this.dueUs, this.startedUs); }

  stop() { this.running = false; }
}
