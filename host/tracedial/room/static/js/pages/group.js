// A group while it rates: mean, spread and number of raters over time, one dial's line on demand, marks of the buttons.

import { COLOURS, Chart, chartHeight } from "../parts/chart.js";
import { call, clock, decimal, el, problemBox, show, signed, t } from "../parts/dom.js";
import { Link } from "../dial/link.js";
import { Player } from "../video/player.js";

const DRAW_MS = 33;
const WINDOWS_S = [60, 300, 0];

export async function open() {
  let state = await call("/api/live");
  const points = [];
  const markers = [];
  let raters = state.raters.map((one) => one.name);
  const shown = new Set();
  let windowS = 300;
  let fresh = false;
  let closed = false;

  const number = (id) => el("b", { id });
  const [meanBox, spreadBox, nBox, timeBox] = [number("mean"), number("spread"), number("n"), number("time")];
  const place = el("div", { class: "chart", role: "img", "aria-label": t("live_title") });
  const side = el("div", { class: "dials", id: "dials" });
  const problem = el("div");
  const stop = el("button", { id: "stop", class: "primary" }, t("live_stop"));
  const video = state.video ? el("video", { src: "video/live", preload: "auto", playsinline: true }) : null;
  const play = video ? el("button", { id: "play", class: "primary" }, t("begin")) : null;
  show(
    t("live_title"),
    el("header", { class: "top" }, el("h1", {}, t("live_title")), el("div", { class: "actions" }, play, stop)),
    problem,
    video ? el("div", { class: "review-video wide" }, video) : null,
    el("div", { class: "figures" },
      el("div", {}, t("live_mean"), meanBox), el("div", {}, t("live_spread"), spreadBox), el("div", {}, t("live_n"), nBox), el("div", {}, t("live_time"), timeBox),
      el("div", { class: "actions" }, ...WINDOWS_S.map((s) => el("button", {
        class: "plain small", "aria-pressed": String(s === windowS),
        onclick: (event) => {
          windowS = s;
          for (const other of event.target.parentElement.children) other.setAttribute("aria-pressed", String(other === event.target));
          fresh = true;
        },
      }, s ? t("last_minutes", { n: s / 60 }) : t("whole_session"))))),
    place, el("h2", {}, t("dials")), side,
  );

  let chart = null;
  const series = () => [
    { label: "upper", colour: "transparent" }, { label: "lower", colour: "transparent" }, { label: t("live_mean"), colour: "#111", width: 2.5 },
    ...[...shown].map((name) => ({ label: name, colour: COLOURS[raters.indexOf(name) % COLOURS.length] })),
  ];
  const columns = () => {
    const from = windowS && points.length ? points[points.length - 1][0] - windowS : -Infinity;
    let first = 0;
    if (windowS) {
      let high = points.length;
      while (first < high) {
        const middle = (first + high) >> 1;
        if (points[middle][0] < from) first = middle + 1;
        else high = middle;
      }
    }
    // No more points than the screen has columns.
    const every = Math.max(Math.ceil((points.length - first) / 1500), 1);
    const chosen = [];
    for (let index = first; index < points.length; index += every) chosen.push(points[index]);
    const indices = [...shown].map((name) => raters.indexOf(name));
    return [
      chosen.map(([s]) => s),
      chosen.map(([, mean, spread]) => (mean === null || spread === null ? null : mean + spread)),
      chosen.map(([, mean, spread]) => (mean === null || spread === null ? null : mean - spread)),
      chosen.map(([, mean]) => mean),
      ...indices.map((index) => chosen.map((point) => point[4][index])),
    ];
  };
  const drawMarkers = (u, pen) => {
    pen.save();
    pen.fillStyle = "#b8860b";
    for (const marker of markers) {
      const x = u.valToPos(marker.video_s, "x", true);
      if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) continue;
      pen.fillRect(x - devicePixelRatio, u.bbox.top, 2 * devicePixelRatio, u.bbox.height);
    }
    pen.restore();
  };
  const build = () => {
    if (chart) chart.destroy();
    const [x, ...values] = columns();
    chart = new Chart(place, {
      x, scale: state.scale, bands: [[1, 2]], height: chartHeight(), draw: drawMarkers,
      series: series().map((one, index) => ({ ...one, values: values[index] })),
    });
  };
  const drawDials = () => {
    const had = side.contains(document.activeElement) ? document.activeElement.id : "";
    side.replaceChildren(...state.raters.map((one, index) => {
      const name = one.name;
      const key = el("span", { class: "key" });
      key.style.background = shown.has(name) ? COLOURS[index % COLOURS.length] : "transparent";
      return el("button", {
        id: `dial-${name}`, class: `dial ${one.link_up ? "" : "lost"}`, "aria-pressed": String(shown.has(name)), title: one.problem || one.dial,
        onclick: () => {
          shown.has(name) ? shown.delete(name) : shown.add(name);
          drawDials();
          build();
        },
      }, key, name, " ", el("b", { id: `rating-${name}` }, ""), one.link_up ? null : el("small", {}, t("lost")));
    }));
    figures();
    if (had) document.getElementById(had).focus();
  };
  const figures = () => {
    const last = points[points.length - 1];
    if (!last) return;
    const [s, mean, spread, n, ratings] = last;
    meanBox.textContent = mean === null ? "–" : signed(Math.round(mean * 10) / 10);
    spreadBox.textContent = spread === null ? "–" : `±${decimal(spread, 1)}`;
    nBox.textContent = `${n} / ${raters.length}`;
    timeBox.textContent = clock(s);
    raters.forEach((name, index) => {
      const box = document.getElementById(`rating-${name}`);
      if (box) box.textContent = ratings[index] === null ? "–" : signed(ratings[index]);
    });
  };
  const takeState = (next) => {
    state = next;
    problem.replaceChildren(...[problemBox(state.problem), state.state === "ended" ? el("p", { class: "good", id: "ended" }, t("live_ended", { folder: state.folder })) : null].filter(Boolean));
    stop.disabled = state.state === "ended";
    drawDials();
  };

  let player = null;
  const link = new Link({
    path: video ? "/ws?plays=1" : "/ws", scale: state.scale, knob: null,
    onMessage: (said) => {
      if (said.history) {
        points.splice(0, points.length, ...said.history.points);
        markers.splice(0, markers.length, ...said.history.markers);
        raters = said.history.raters;
        fresh = true;
      } else if (said.point) {
        points.push(said.point);
        fresh = true;
      } else if (said.marker) {
        markers.push(said.marker);
        fresh = true;
      } else if (said.link) {
        const one = state.raters.find((other) => other.name === said.link.rater);
        if (one) one.link_up = said.link.up;
        drawDials();
      } else if (said.state) {
        takeState(said.state);
      } else if (said.play_at && player) {
        player.playAt(said.play_at.at_us, said.play_at.video_s);
      } else if (said.taken) {
        if (player) player.close();
        problem.replaceChildren(problemBox(`${t("taken")}. ${t("taken_text")}`));
      } else if (said.say) {
        problem.replaceChildren(problemBox(said.say));
      }
    },
    onChange: (up) => { if (!up) problem.replaceChildren(problemBox(t("room_gone"))); else problem.replaceChildren(); },
  });
  if (video) {
    player = new Player(video, {
      tell: (event, fields) => link.say("player", { event, boot: link.boot, ...fields }),
      report: (frames) => link.say("frames", { boot: link.boot, ...frames }),
      onState: (what) => {
        play.textContent = player.running ? t("pause") : t("go_on");
        play.disabled = what === "ended";
      },
    });
    play.addEventListener("click", () => (player.running ? player.pause() : link.say("play", { video_s: video.currentTime })));
  }
  stop.addEventListener("click", async () => {
    stop.disabled = true;
    if (player) player.pause();
    try {
      takeState(await call("/api/live", { do: "stop" }));
    } catch (error) {
      problem.replaceChildren(problemBox(error.message));
      stop.disabled = false;
    }
  });
  takeState(state);
  build();
  let drawnMs = 0;
  const draw = (now) => {
    if (closed) return;
    if (fresh && now - drawnMs >= DRAW_MS) {
      drawnMs = now;
      fresh = false;
      const [x, ...values] = columns();
      chart.setData(x, values);
      figures();
    }
    requestAnimationFrame(draw);
  };
  requestAnimationFrame(draw);
  return () => {
    closed = true;
    link.close();
    if (player) player.close();
    chart.destroy();
  };
}
