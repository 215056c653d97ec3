// @ts-check
// On which side of the wall this page is: a participant's, or the researcher's.

import { call, el, problemBox, t } from "./dom.js";

/** @type {{ seat: { session: string, rater: string } | null, unlocked: object | null, pin: boolean }} */
let side = { seat: null, unlocked: null, pin: false };

export const setSide = (mode) => { side = mode; };
export const ownSeat = () => side.seat;

// Where a page leads back to.
export const backWords = () => t(side.seat ? "to_start" : "back");

// In a participant's browser: lets the researcher in, by the PIN of the room, to the page `hash`.
export function unlockBox(hash) {
  if (!side.seat || !side.pin) return null;
  const problem = el("div");
  const pin = /** @type {HTMLInputElement} */ (
    el("input", { id: "pin", type: "password", inputmode: "numeric", autocomplete: "off" })
  );
  const onsubmit = async (event) => {
    event.preventDefault();
    try {
      await call("/api/unlock", { pin: pin.value });
      location.hash = hash;
      location.reload();
    } catch (error) {
      problem.replaceChildren(problemBox(error.message));
      pin.select();
    }
  };
  return el(
    "details", { class: "unlock" },
    el("summary", {}, t("researcher_here")),
    el("form", { class: "line", onsubmit }, el("label", { for: "pin" }, t("pin")), pin,
      el("button", { id: "unlock", class: "plain" }, t("unlock"))),
    problem,
  );
}

// In a browser that the PIN has unlocked: puts the wall up again.
export function lockButton() {
  if (!side.unlocked) return null;
  const onclick = async () => {
    await call("/api/lock", {});
    location.hash = "#/";
    location.reload();
  };
  return el("button", { id: "lock", class: "plain", onclick }, t("lock"));
}

// For the researcher: a link for a participant, to be handed on.
export function linkButton({ session, rater, attributes = {} }) {
  const onclick = async () => {
    const { link } = await call("/api/link", { session, rater });
    const dialog = /** @type {HTMLDialogElement} */ (
      el(
        "dialog", { class: "ask", "aria-labelledby": "seat-link-title", onclose: () => dialog.remove() },
        el("h2", { id: "seat-link-title" }, t("seat_link_title", { rater, session })),
        el("p", {}, t("seat_link_text")),
        el("code", { class: "command", id: "seat-link" }, link),
        el("p", { class: "actions" }, el("button", { class: "plain", onclick: () => dialog.close() }, t("close"))),
      )
    );
    document.body.append(dialog);
    dialog.showModal();
  };
  return el("button", { type: "button", class: "plain small", onclick, ...attributes }, t("seat_link"));
}
