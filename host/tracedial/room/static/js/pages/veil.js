// @ts-check
// What lies over a video that does not run, and why it does not.

import { call, el, problemBox, t } from "../parts/dom.js";

export class Veil {
  constructor(onPlay) {
    this.button = /** @type {HTMLButtonElement} */ (
      el("button", { id: "play", class: "primary big", onclick: onPlay }, "")
    );
    this.onPlay = onPlay;
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

  // `missing` is "picture" or "sound" where only that is missing. Without sound a session can be rated all the same.
  async cannotPlay(session, missing = "") {
    this.unplayable = true;
    let text = "";
    let convert = null;
    try {
      const { format, convert: command } = await call(`/api/video/${encodeURIComponent(session)}`);
      text = t(missing ? `no_${missing}_format` : "cannot_play_format", { format });
      const line = el("code", { class: "command" }, command);
      convert = el("p", {}, t("convert_with"), line, t("convert_then"));
    } catch (error) {
      text = error.message;
    }
    this.element.hidden = false;
    this.button.hidden = true;
    const onclick = () => {
      this.unplayable = false;
      this.onPlay();
    };
    const anyway = missing === "sound"
      ? el("button", { id: "play-anyway", class: "plain", onclick }, t("begin_anyway"))
      : null;
    const problem = el("div", { class: "problem", role: "alert" }, el("p", {}, text), convert);
    this.words.replaceChildren(...[problem, anyway].filter((part) => part !== null));
  }
}
