// @ts-check
// All raters of a session over each other, with their mean, once all of them are done.

import { COLOURS, Chart, chartHeight } from "../parts/chart.js";
import { call, el, show, t } from "../parts/dom.js";

export async function open(session) {
  const data = await call(`/api/together/${encodeURIComponent(session)}`);
  const title = t("together_title", { session });
  const back = el("a", { href: "#/", class: "button plain" }, t("back"));
  const head = el("header", { class: "top" }, el("h1", {}, title), back);
  if (data.waiting.length) {
    const names = data.waiting.join(", ");
    show(title, head, el("p", { class: "card", id: "waiting" }, t("together_waiting", { names })));
    return null;
  }
  const names = Object.keys(data.traces);
  const length = Math.max(...names.map((name) => data.traces[name].length));
  const seconds = Array.from({ length }, (_, second) => second);
  const src = `video/${encodeURIComponent(session)}`;
  const videoLabel = t("video_of", { session });
  const video = /** @type {HTMLVideoElement} */ (
    el("video", { src, preload: "metadata", controls: true, playsinline: true, "aria-label": videoLabel })
  );
  const place = el("div", { class: "chart", role: "img", "aria-label": title });
  const series = [
    ...names.map((label, n) => ({ label, values: data.traces[label], colour: COLOURS[n % COLOURS.length] })),
    { label: t("mean_of_all"), values: meanOf(Object.values(data.traces), seconds), colour: "#111", width: 2.5 },
  ];
  show(title, head, el("div", { class: "review-video wide" }, video), legend(series), place);
  const onPick = (s) => {
    video.currentTime = s;
  };
  const { scale } = data;
  const chart = new Chart(place, { x: seconds, series, scale, height: chartHeight(), onPick });
  const follow = () => chart.setCursor(video.currentTime);
  video.addEventListener("timeupdate", follow);
  return () => {
    chart.destroy();
    video.pause();
  };
}

// The mean of all raters at each second at which all have a rating.
function meanOf(traces, seconds) {
  return seconds.map((second) => {
    const known = traces.map((trace) => trace[second]).filter((value) => value !== null && value !== undefined);
    return known.length === traces.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
  });
}

const legend = (series) => el("p", { class: "legend" }, ...series.map(({ label, colour }) => {
  const key = el("span", { class: "key" });
  key.style.background = colour;
  return el("span", {}, key, label);
}));
