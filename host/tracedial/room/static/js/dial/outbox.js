// @ts-check
// What the page has measured, kept for a room that was away: its newest samples and events, numbered from 0.

/**
 * @typedef {object} SampleRecord
 * @property {number} us
 * @property {number} rating
 * @property {number} mean_milli
 * @property {number} min
 * @property {number} max
 * @property {number} n
 * @property {number} raw
 *
 * @typedef {{ us: number, event: number, value: number }} EventRecord
 * @typedef {SampleRecord | EventRecord} DialRecord
 */

export class Outbox {
  /** @param {number} capacity */
  constructor(capacity) {
    this.capacity = capacity;
    this.oldestSeq = 0;
    /** @type {DialRecord[]} */
    this.records = [];
  }

  get nextSeq() { return this.oldestSeq + this.records.length; }

  /**
   * Keep a record; returns its number.
   * @param {DialRecord} record
   */
  add(record) {
    this.records.push(record);
    if (this.records.length > this.capacity) {
      this.records.shift();
      this.oldestSeq += 1;
    }
    return this.nextSeq - 1;
  }

  /**
   * The record of a number from `oldestSeq` to before `nextSeq`.
   * @param {number} seq
   */
  get(seq) { return this.records[seq - this.oldestSeq]; }
}
