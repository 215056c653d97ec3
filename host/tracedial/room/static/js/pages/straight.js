// @ts-check
// Straight to a rater's place, as `tracedial room STUDY SESSION RATER` opens it: with the first dial that answers, else
// with the mouse. Where the rating is over, to what comes next.

import { at, call } from "../parts/dom.js";

const NEXT = { lacking: "review", rated: "review", chosen: "clips", done: "clips" };

export async function open(session, rater) {
  const room = await call("/api/room");
  const here = room.sessions.find((one) => one.name === session);
  const own = here && here.raters.find((one) => one.name === rater);
  if (!own) {
    location.hash = "#/";
  } else if (NEXT[own.step]) {
    location.hash = at(NEXT[own.step], session, rater);
  } else {
    const dial = (await call("/api/dials")).find((one) => one.name);
    await call("/api/sitting", { session, rater, knob: dial ? "dial" : "slider", port: dial ? dial.port : "" });
    location.hash = at("rate", session, rater);
  }
  return null;
}
