// @ts-check
// The practice of a sitting: follow a moving mark, then hear whether the knob followed.

import { nowUs } from "../dial/page_clock.js";
import { decimal, el, paragraphs, show, t } from "../parts/dom.js";
import { targetAt } from "../parts/practice.js";
import { Step } from "./sitting_step.js";

export class PracticeStep extends Step {
  constructor(page) {
    super(page);
    this.durationS = page.study.practice.duration_s;
    this.running = true;
    this.judged = null;
    this.bar = /** @type {HTMLProgressElement} */ (
      el("progress", { max: this.durationS, value: 0, "aria-label": t("progress") })
    );
    this.skip = el("button", { class: "plain", onclick: () => page.next() }, t("practice_skip"));
    const onclick = () => this.run();
    const begin = el("button", { id: "practice-begin", class: "primary", onclick }, t("practice_begin"));
    this.actions = el("p", { class: "actions" }, begin, this.skip);
    this.words = el("div", { "aria-live": "polite" }, ...paragraphs(t("practice_text", { s: this.durationS })));
    const gaugeElement = page.makeGauge({ target: true });
    this.gauge = /** @type {import("../parts/gauge.js").Gauge} */ (page.gauge);
    show(
      t("step_practice"),
      el(
        "div", { class: "paper" },
        el("h1", {}, t("step_practice")), this.words, gaugeElement, this.bar, page.complaint(), this.actions,
      ),
    );
  }

  close() { this.running = false; }

  run() {
    const { page } = this;
    this.actions.replaceChildren(this.skip);
    this.words.replaceChildren(el("p", {}, t("practice_now")));
    this.bar.value = 0;
    if (this.gauge.element.tabIndex === 0) this.gauge.element.focus();
    this.judged = page.state.practice;
    page.link.say("practice_begin", { at_us: nowUs() });
    const beganMs = performance.now();
    const draw = (nowMs) => {
      if (!this.running) return;
      const s = (nowMs - beganMs) / 1000;
      this.gauge.showTarget(targetAt(s));
      this.bar.value = s;
      if (s < this.durationS) requestAnimationFrame(draw);
      else page.link.say("practice_end");
    };
    requestAnimationFrame(draw);
  }

  onState() {
    const { page } = this;
    page.refreshComplaint();
    const result = page.state.practice;
    if (!result || result === this.judged || this.bar.value < this.durationS) return;
    this.judged = result;
    const tone = result.ok ? "good" : "problem";
    this.words.replaceChildren(el("p", { id: "practice-result", class: tone }, wordsOf(result)));
    const [forAgain, forOn] = result.ok ? ["plain", "primary"] : ["primary", "plain"];
    const again = el("button", { class: forAgain, onclick: () => this.run() }, t("practice_again"));
    const on = el("button", { id: "next", class: forOn, onclick: () => page.next() }, t("to_video"));
    this.actions.replaceChildren(...(result.ok ? [on, again] : [again, on]));
  }
}

function wordsOf(result) {
  if (result.ok) return t("practice_ok", { lag: decimal(result.lag_s, 1), gain: Math.round(result.gain * 100) });
  return t(`practice_${result.reason}`);
}
