// @ts-check
// A group while it rates: mean, spread and number of raters over time, one dial's line on demand, marks of the buttons.

import { Link } from "../dial/link.js";
import { COLOURS, Chart, chartHeight } from "../parts/chart.js";
import { call, clock, decimal, el, problemBox, show, signed, t } from "../parts/dom.js";
import { Player } from "../video/player.js";
import { GroupHistory } from "./group_history.js";

const DRAW_MS = 33;
const WINDOWS_S = [60, 300, 0];

export async function open() {
  const page = new GroupPage(await call("/api/live"));
  return () => page.close();
}

const makeVideo = () => /** @type {HTMLVideoElement} */ (
  el("video", { src: "video/live", preload: "auto", playsinline: true })
);

class GroupPage {
  constructor(state) {
    this.state = state;
    this.history = new GroupHistory(state.raters.map((one) => one.name));
    // The raters whose own lines are drawn.
    this.shown = new Set();
    this.windowS = 300;
    this.fresh = false;
    this.closed = false;
    this.place = el("div", { class: "chart", role: "img", "aria-label": t("live_title") });
    this.side = el("div", { class: "dials", id: "dials" });
    this.problem = el("div");
    this.stopButton = /** @type {HTMLButtonElement} */ (
      el("button", { id: "stop", class: "primary", onclick: () => this.stop() }, t("live_stop"))
    );
    this.figures = Object.fromEntries(["mean", "spread", "n", "time"].map((id) => [id, el("b", { id })]));
    /** @type {Player | null} */
    this.player = null;
    this.video = state.video ? makeVideo() : null;
    this.playButton = this.video ? this.makePlayButton() : null;
    this.showPage();
    this.link = new Link({
      path: state.video ? "/ws?plays=1" : "/ws",
      scale: state.scale,
      knob: null,
      onMessage: (said) => this.hear(said),
      onChange: (up) => this.problem.replaceChildren(...(up ? [] : [problemBox(t("room_gone"))])),
    });
    if (this.video) this.player = this.makePlayer(this.video);
    this.takeState(state);
    this.chart = this.makeChart();
    this.drawnMs = 0;
    this.draw(0);
  }

  close() {
    this.closed = true;
    this.link.close();
    if (this.player) this.player.close();
    this.chart.destroy();
  }

  makePlayButton() {
    return /** @type {HTMLButtonElement} */ (
      el("button", { id: "play", class: "primary", onclick: () => this.turnVideo() }, t("begin"))
    );
  }

  showPage() {
    const { mean, spread, n, time } = this.figures;
    show(
      t("live_title"),
      el(
        "header", { class: "top" },
        el("h1", {}, t("live_title")), el("div", { class: "actions" }, this.playButton, this.stopButton),
      ),
      this.problem,
      this.video ? el("div", { class: "review-video wide" }, this.video) : null,
      el(
        "div", { class: "figures" },
        el("div", {}, t("live_mean"), mean), el("div", {}, t("live_spread"), spread),
        el("div", {}, t("live_n"), n), el("div", {}, t("live_time"), time),
        el("div", { class: "actions" }, ...WINDOWS_S.map((s) => this.windowButton(s))),
      ),
      this.place,
      el("h2", {}, t("dials")),
      this.side,
    );
  }

  windowButton(s) {
    const onclick = (event) => {
      this.windowS = s;
      for (const other of event.target.parentElement.children) {
        other.setAttribute("aria-pressed", String(other === event.target));
      }
      this.fresh = true;
    };
    return el(
      "button", { class: "plain small", "aria-pressed": String(s === this.windowS), onclick },
      s ? t("last_minutes", { n: s / 60 }) : t("whole_session"),
    );
  }

  makePlayer(video) {
    return new Player(video, {
      tell: (event, fields) => this.link.say("player", { event, boot: this.link.boot, ...fields }),
      report: (frames) => this.link.say("frames", { boot: this.link.boot, ...frames }),
      onState: (what) => {
        if (!this.playButton || !this.player) return;
        this.playButton.textContent = this.player.running ? t("pause") : t("go_on");
        this.playButton.disabled = what === "ended";
      },
    });
  }

  turnVideo() {
    if (!this.player) return;
    if (this.player.running) this.player.pause();
    else this.link.say("play", { video_s: this.player.video.currentTime });
  }

  async stop() {
    this.stopButton.disabled = true;
    if (this.player) this.player.pause();
    try {
      this.takeState(await call("/api/live", { do: "stop" }));
    } catch (error) {
      this.problem.replaceChildren(problemBox(error.message));
      this.stopButton.disabled = false;
    }
  }

  hear(said) {
    const { history } = this;
    if (said.history) history.takeAll(said.history);
    else if (said.point) history.points.push(said.point);
    else if (said.marker) history.markers.push(said.marker);
    else if (said.link) this.takeLink(said.link);
    else if (said.state) this.takeState(said.state);
    else if (said.play_at && this.player) this.player.playAt(said.play_at.at_us, said.play_at.video_s);
    else if (said.taken) {
      if (this.player) this.player.close();
      this.problem.replaceChildren(problemBox(`${t("taken")}. ${t("taken_text")}`));
    } else if (said.say) this.problem.replaceChildren(problemBox(said.say));
    if (said.history || said.point || said.marker) this.fresh = true;
  }

  takeLink({ rater, up }) {
    const one = this.state.raters.find((other) => other.name === rater);
    if (one) one.link_up = up;
    this.drawDials();
  }

  takeState(state) {
    this.state = state;
    const ended = state.state === "ended";
    const end = ended ? el("p", { class: "good", id: "ended" }, t("live_ended", { folder: state.folder })) : null;
    this.problem.replaceChildren(...[problemBox(state.problem), end].filter((part) => part !== null));
    this.stopButton.disabled = ended;
    this.drawDials();
  }

  drawDials() {
    const active = document.activeElement;
    const had = active && this.side.contains(active) ? active.id : "";
    this.side.replaceChildren(...this.state.raters.map((one, index) => this.dialButton(one, index)));
    this.drawFigures();
    const again = had ? document.getElementById(had) : null;
    if (again) again.focus();
  }

  dialButton({ name, link_up, problem, dial }, index) {
    const isShown = this.shown.has(name);
    const key = el("span", { class: "key" });
    key.style.background = isShown ? COLOURS[index % COLOURS.length] : "transparent";
    const onclick = () => {
      if (isShown) this.shown.delete(name);
      else this.shown.add(name);
      this.drawDials();
      this.chart.destroy();
      this.chart = this.makeChart();
    };
    const attributes = {
      id: `dial-${name}`, class: `dial ${link_up ? "" : "lost"}`, "aria-pressed": String(isShown),
      title: problem || dial, onclick,
    };
    const rating = el("b", { id: `rating-${name}` }, "");
    return el("button", attributes, key, name, " ", rating, link_up ? null : el("small", {}, t("lost")));
  }

  drawFigures() {
    const { last, raters } = this.history;
    if (!last) return;
    const [s, mean, spread, n, ratings] = last;
    this.figures.mean.textContent = mean === null ? "–" : signed(Math.round(mean * 10) / 10);
    this.figures.spread.textContent = spread === null ? "–" : `±${decimal(spread, 1)}`;
    this.figures.n.textContent = `${n} / ${raters.length}`;
    this.figures.time.textContent = clock(s);
    raters.forEach((name, index) => {
      const box = document.getElementById(`rating-${name}`);
      const rating = ratings[index];
      if (box) box.textContent = rating === null ? "–" : signed(rating);
    });
  }

  makeChart() {
    const [x, ...values] = this.history.columns(this.windowS, this.shown);
    const lines = [
      { label: "upper", colour: "transparent" },
      { label: "lower", colour: "transparent" },
      { label: t("live_mean"), colour: "#111", width: 2.5 },
      ...[...this.shown].map((name) => ({
        label: name, colour: COLOURS[this.history.raters.indexOf(name) % COLOURS.length],
      })),
    ];
    return new Chart(this.place, {
      x,
      scale: this.state.scale,
      bands: [[1, 2]],
      height: chartHeight(),
      draw: (u, pen) => this.drawMarkers(u, pen),
      series: lines.map((line, index) => ({ ...line, values: values[index] })),
    });
  }

  drawMarkers(u, pen) {
    pen.save();
    pen.fillStyle = "#b8860b";
    for (const marker of this.history.markers) {
      const x = u.valToPos(marker.video_s, "x", true);
      if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
      pen.fillRect(x - devicePixelRatio, u.bbox.top, 2 * devicePixelRatio, u.bbox.height);
    }
    pen.restore();
  }

  draw(nowMs) {
    if (this.closed) return;
    if (this.fresh && nowMs - this.drawnMs >= DRAW_MS) {
      this.drawnMs = nowMs;
      this.fresh = false;
      const [x, ...values] = this.history.columns(this.windowS, this.shown);
      this.chart.setData(x, values);
      this.drawFigures();
    }
    requestAnimationFrame((ms) => this.draw(ms));
  }
}
