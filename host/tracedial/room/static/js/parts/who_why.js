// @ts-check
// Asks who changes something and why, in a dialog, and does it.

import { el, problemBox, t } from "./dom.js";

const WHO = "tracedial-who";

export const rememberedWho = () => localStorage.getItem(WHO) || "";
export const rememberWho = (who) => localStorage.setItem(WHO, who.trim());

let asked = 0;

/**
 * Ask, then `act({ who, why })`; what it throws stands in the dialog, which stays. Returns whether it was done.
 * @param {{ title: string, text?: string, button: string, act: (said: object) => Promise<any> }} options
 * @returns {Promise<boolean>}
 */
export function askWhoWhy({ title, text = "", button, act }) {
  const id = `asked-${++asked}`;
  const field = (name, value, maxlength) => /** @type {HTMLInputElement} */ (
    el("input", { id: `${id}-${name}`, class: `ask-${name}`, value, maxlength, autocomplete: "off" })
  );
  const who = field("who", rememberedWho(), 40);
  const why = field("why", "", 2000);
  const problem = el("div");
  const say = (words, place) => {
    problem.replaceChildren(...[problemBox(words)].filter((box) => box !== null));
    if (place) place.focus();
  };
  return new Promise((done) => {
    let isDone = false;
    const submit = async (event) => {
      event.preventDefault();
      if (!who.value.trim()) return say(t("who_missing"), who);
      if (!why.value.trim()) return say(t("why_missing"), why);
      rememberWho(who.value);
      try {
        await act({ who: who.value.trim(), why: why.value.trim() });
        isDone = true;
        dialog.close();
      } catch (error) {
        say(error.message, null);
      }
    };
    const dialog = /** @type {HTMLDialogElement} */ (
      el(
        "dialog", { class: "ask", "aria-labelledby": `${id}-title`, onclose: () => { dialog.remove(); done(isDone); } },
        el(
          "form", { onsubmit: submit },
          el("h2", { id: `${id}-title` }, title),
          text ? el("p", {}, text) : null,
          problem,
          el("label", { for: `${id}-who` }, t("who_label")), who,
          el("label", { for: `${id}-why` }, t("why_label")), why,
          el(
            "p", { class: "actions" },
            el("button", { class: "primary ask-do" }, button),
            el("button", { type: "button", class: "plain", onclick: () => dialog.close() }, t("cancel")),
          ),
        ),
      )
    );
    document.body.append(dialog);
    dialog.showModal();
    (who.value ? why : who).focus();
  });
}
