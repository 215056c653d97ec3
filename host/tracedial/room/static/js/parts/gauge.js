// @ts-check
// The scale as a bar with its labels, and a mark where the knob stands.

import { el, signed, t } from "./dom.js";

export class Gauge {
  constructor(scale, { what = "", target = false } = {}) {
    this.scale = scale;
    this.mark = el("div", { class: "mark" });
    this.target = target ? el("div", { class: "target", "aria-hidden": "true" }) : null;
    this.track = el(
      "div", { class: "track" },
      ...scale.detents.map(([rating]) => this.placed(el("div", { class: "tick" }), rating)),
      this.target, this.mark,
    );
    this.element = el(
      "div",
      { class: "gauge", role: "meter", "aria-label": what, "aria-valuemin": scale.low, "aria-valuemax": scale.high },
      this.track,
      el(
        "div", { class: "labels", "aria-hidden": "true" },
        ...scale.detents.map(([rating, label]) => this.label(rating, label)),
      ),
    );
    this.show(null);
    if (this.target) {
      this.showTarget(0);
      this.element.classList.add("practice");
    }
  }

  share(rating) { return ((rating - this.scale.low) / (this.scale.high - this.scale.low)) * 100; }

  placed(element, rating) {
    element.style.left = `${this.share(rating)}%`;
    return element;
  }

  label(rating, label) {
    const share = this.share(rating);
    const side = share < 15 ? "start" : share > 85 ? "end" : "middle";
    const words = el("div", { class: `label ${side}` }, el("b", {}, signed(rating)), " ", label);
    const element = this.placed(words, rating);
    element.style.maxWidth = `${100 / this.scale.detents.length - 2}%`;
    return element;
  }

  // `rating` null: the knob has none. `moved` false: nobody has turned it yet, which is not the same as 0.
  show(rating, { moved = true } = {}) {
    this.rating = rating;
    this.mark.hidden = rating === null;
    this.element.classList.toggle("unmoved", !moved);
    if (rating === null) {
      this.element.removeAttribute("aria-valuenow");
      this.element.setAttribute("aria-valuetext", t("no_rating"));
      return;
    }
    this.mark.style.left = `${this.share(rating)}%`;
    const detent = this.scale.detents.find(([place]) => place === rating);
    this.element.setAttribute("aria-valuenow", rating);
    const words = [signed(rating), detent ? detent[1] : null, moved ? null : t("not_moved_yet")];
    this.element.setAttribute("aria-valuetext", words.filter(Boolean).join(", "));
  }

  // The practice's moving mark: −1 to 1.
  showTarget(position) { this.target.style.left = `${(position + 1) * 50}%`; }
}
