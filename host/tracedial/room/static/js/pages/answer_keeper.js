// @ts-check
// Answers are kept while they are typed: what was typed and is not kept yet is sent one after the other.

import { call, problemBox, t } from "../parts/dom.js";

const PAUSE_MS = 600;
const AGAIN_MS = 3000;

export class AnswerKeeper {
  // `place` is the path of the sitting's answers, `status` the element that says whether all is kept.
  constructor(place, status) {
    this.place = place;
    this.status = status;
    // The last version of each answer.
    this.unsaved = new Map();
    this.timer = 0;
    /** @type {Promise<boolean> | null} */
    this.sending = null;
  }

  typed(key, answer) {
    this.unsaved.set(key, answer);
    this.status.textContent = t("saving");
    this.saveAfter(PAUSE_MS);
  }

  saveAfter(ms) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), ms);
  }

  // Whatever was typed and not sent yet is sent now; true once all of it is kept.
  save() {
    clearTimeout(this.timer);
    this.sending ||= this.drain().finally(() => {
      this.sending = null;
    });
    return this.sending;
  }

  async drain() {
    for (;;) {
      const [entry] = this.unsaved;
      if (!entry) return true;
      const [key, answer] = entry;
      try {
        await call(`/api/answer/${this.place}`, { what: "answer", ...answer });
      } catch (error) {
        this.status.replaceChildren(problemBox(t("not_saved", { why: error.message })));
        this.saveAfter(AGAIN_MS);
        return false;
      }
      if (this.unsaved.get(key) === answer) this.unsaved.delete(key);
      if (!this.unsaved.size) this.status.textContent = t("saved");
    }
  }

  // The page goes: no answer is waited for.
  sendOnLeaving() {
    for (const answer of this.unsaved.values()) {
      fetch(`api/answer/${this.place}`, {
        method: "POST",
        keepalive: true,
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ what: "answer", ...answer }),
      });
    }
  }
}
