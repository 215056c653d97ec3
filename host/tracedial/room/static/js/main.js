// @ts-check
// Which page is shown: the part of the address behind #.

import { el, loadWords, problemBox, show, t } from "./parts/dom.js";
import { backWords, setSide } from "./parts/seat.js";

const PAGES = {
  "": () => import("./pages/lobby.js"),
  rate: () => import("./pages/sitting.js"),
  clips: () => import("./pages/clips.js"),
  begin: () => import("./pages/straight.js"),
  review: () => import("./pages/review.js"),
  together: () => import("./pages/together.js"),
  live: () => import("./pages/group.js"),
};
// What stands on the participant's side of the wall.
const SEAT_PAGES = { "": () => import("./pages/seat.js"), rate: PAGES.rate, clips: PAGES.clips };

let leave = () => {};
let turn = 0;
let opened = Promise.resolve();

async function go(mode) {
  const mine = ++turn;
  leave();
  leave = () => {};
  // A page that is still being opened must not come up over the one that was asked for after it.
  await opened;
  if (mine !== turn) return;
  let done = () => {};
  opened = new Promise((resolve) => { done = resolve; });
  try {
    const [name, ...rest] = location.hash.replace(/^#\//, "").split("/").map(decodeURIComponent);
    const pages = mode.seat ? SEAT_PAGES : PAGES;
    const { open } = await (pages[mode.live ? "live" : name] || pages[""])();
    const end = await open(...rest);
    if (mine === turn) leave = end || (() => {});
    else if (end) end();
  } catch (error) {
    const back = el("p", {}, el("a", { href: "#/" }, backWords()));
    show(t("problem"), el("h1", {}, t("problem")), problemBox(error.message), back);
    if (error.constructor === Error || error instanceof TypeError) throw error;
  } finally {
    done();
  }
}

const mode = await (await fetch("api/mode")).json();
await loadWords(mode.language);
setSide(mode);
addEventListener("hashchange", () => go(mode));
go(mode);
