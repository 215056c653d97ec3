// @ts-check
// What lies over a video that does not run, and why it does not.

import { call, el, problemBox, t } from "../parts/dom.js";

export class Veil {
  constructor(onPlay) {
    this.button = /** @type {HTMLButtonElement} */ (
      el("button", { id: "play", class: "primary big", onclick: onPlay }, "")
    );
    this.words = el("div", { "aria-live": "polite" });
    this.element = el("div", { class: "veil" }, this.words, this.button);
    // No browser plays the video: nothing takes the words away that say so.
    this.unplayable = false;
  }

  lift() { this.element.hidden = true; }

  // Say `text`, a problem if there is one, and offer `button` if that is a word.
  lower({ text, problem, button }) {
    this.element.hidden = false;
    const parts = [el("p", { class: "veil-text" }, text), problemBox(problem)].filter((part) => part !== null);
    // What stands there already is not said again by a screen reader.
    const said = parts.map((part) => part.textContent).join("");
    if (this.words.textContent !== said) this.words.replaceChildren(...parts);
    this.button.hidden = !button;
    this.button.textContent = button || "";
    if (button && document.activeElement === document.body) this.button.focus();
  }

  async cannotPlay(session) {
    this.unplayable = true;
    let text = "";
    let convert = null;
    try {
      const { format, convert: command } = await call(`/api/video/${encodeURIComponent(session)}`);
      text = t("cannot_play_format", { format });
      const line = el("code", { class: "command" }, command);
      convert = el("p", {}, t("convert_with"), line, t("convert_then"));
    } catch (error) {
      text = error.message;
    }
    this.element.hidden = false;
    this.button.hidden = true;
    this.words.replaceChildren(el("div", { class: "problem", role: "alert" }, el("p", {}, text), convert));
  }
}
