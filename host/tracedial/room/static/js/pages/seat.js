// @ts-check
// A participant's own first page: begin or go on, wait for the researcher, go to the clips, or have done.

import { at, call, clock, el, problemBox, show, t } from "../parts/dom.js";
import { ownSeat, unlockBox } from "../parts/seat.js";
import { percent } from "../parts/verdict.js";

const REFRESH_MS = 3000;

export async function open() {
  const page = new SeatPage();
  await page.refresh();
  page.timer = setInterval(() => page.refresh(), REFRESH_MS);
  page.look();
  return () => page.close();
}

class SeatPage {
  constructor() {
    this.seat = /** @type {{ session: string, rater: string }} */ (ownSeat());
    this.timer = 0;
    this.shown = "";
    this.dials = [];
    this.knob = "";
    this.problem = "";
    this.closed = false;
  }

  close() {
    this.closed = true;
    clearInterval(this.timer);
  }

  async look() {
    this.dials = (await call("/api/dials").catch(() => [])).filter((dial) => dial.name);
    await this.refresh();
  }

  async refresh() {
    const { activeElement } = document;
    if (activeElement instanceof HTMLElement && activeElement.closest("select, .unlock form")) return;
    const room = await call("/api/room").catch((error) => {
      this.problem = error.message;
      return null;
    });
    const text = JSON.stringify([room, this.dials, this.problem]);
    if (!room || this.closed || text === this.shown) return;
    this.shown = text;
    this.render(room);
  }

  render(room) {
    const [rater] = room.sessions[0].raters;
    const isDone = rater.step === "done";
    const title = ["open", "begun"].includes(rater.step) ? t("seat_welcome") : t("thank_you");
    const { session, rater: name } = this.seat;
    const wall = isDone ? null : unlockBox(at("review", session, name));
    show(
      title,
      el(
        "div", { class: "paper" },
        el("h1", {}, title), problemBox(this.problem), ...this.parts(room, rater), wall || unlockBox("#/"),
      ),
    );
  }

  // What a participant is told and does at each step.
  parts(room, rater) {
    const { session, rater: name } = this.seat;
    const said = (text) => el("p", { id: `seat-${rater.step}` }, text);
    switch (rater.step) {
      case "open":
      case "begun": return [el("p", {}, t("you_rate", { what: room.study.rating.what })), ...this.begin(rater)];
      case "lacking": return [said(t("lacking_text", { percent: percent(rater.rated_share) }))];
      case "rated": return [said(t("seat_wait"))];
      case "unreadable": return [problemBox(rater.problem)];
      case "chosen": return [
        said(t("clips_next")),
        el("a", { id: "to-clips", class: "button", href: at("clips", session, name) }, t("to_clips")),
      ];
      default: return [said(t("all_done"))];
    }
  }

  begin(rater) {
    const options = [
      ...this.dials.map(({ name, port }) => [`dial ${port}`, t("knob_dial", { name, port })]),
      ["slider", t("knob_slider")], ["keyboard", t("knob_keyboard")], ["gamepad", t("knob_gamepad")],
    ];
    const onchange = (event) => { this.knob = event.target.value; };
    const select = /** @type {HTMLSelectElement} */ (
      el("select", { id: "knob", onchange }, ...options.map(([value, label]) =>
        el("option", { value, selected: value === this.knob }, label)))
    );
    const word = rater.step === "open" ? t("begin") : t("go_on_at", { at: clock(rater.at_s) });
    return [
      el("label", { for: "knob" }, t("rates_with")), " ", select,
      el("p", { class: "actions" }, el("button", { id: "begin", onclick: () => this.sit(select.value) }, word)),
    ];
  }

  async sit(choice) {
    const [knob, port] = choice.startsWith("dial ") ? ["dial", choice.slice(5)] : [choice, ""];
    try {
      await call("/api/sitting", { ...this.seat, knob, port });
      location.hash = at("rate", this.seat.session, this.seat.rater);
    } catch (error) {
      this.problem = error.message;
      await this.refresh();
      this.problem = "";
    }
  }
}
