// @ts-check
// What every step of a sitting can be told; a step answers to what concerns it.

export class Step {
  /** @param {import("./sitting.js").SittingPage} page */
  constructor(page) {
    this.page = page;
  }

  close() {}
  // The room's state changed within the step, or the link went or came.
  onState(_before) {}
  // The rater moved the knob.
  moved() {}
  pause() {}
  playAt(_atUs, _videoS) {}
  addSample(_rating) {}
}
