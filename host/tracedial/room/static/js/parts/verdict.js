// @ts-check
// What a researcher decides about a whole rating: it is void and given again, or it stands as it is.

import { call, el, t } from "./dom.js";
import { askWhoWhy } from "./who_why.js";

const decide = (session, rater, action) => (said) =>
  call(`/api/verdict/${encodeURIComponent(session)}/${encodeURIComponent(rater)}`, { action, ...said });

// Voids a rater's rating of a session; `onDone` is called once it is void.
export function voidButton({ session, rater, onDone, attributes = {} }) {
  const onclick = async () => {
    const title = t("void_title", { rater, session });
    const ask = { title, text: t("void_text"), button: t("void_do"), act: decide(session, rater, "void") };
    if (await askWhoWhy(ask)) onDone();
  };
  return el("button", { type: "button", class: "plain", onclick, ...attributes }, t("void"));
}

// Lets a rating stand of which too few seconds have a rating.
export function keepButton({ session, rater, onDone, attributes = {} }) {
  const onclick = async () => {
    const title = t("keep_title", { rater, session });
    if (await askWhoWhy({ title, button: t("keep_do"), act: decide(session, rater, "keep") })) onDone();
  };
  return el("button", { type: "button", class: "plain", onclick, ...attributes }, t("keep"));
}

export const percent = (share) => Math.floor(share * 100);
