// All raters of a session over each other, with their mean, once all of them are done.

import { COLOURS, Chart, chartHeight } from "../parts/chart.js";
import { call, el, show, t } from "../parts/dom.js";

export async function open(session) {
  const data = await call(`/api/together/${encodeURIComponent(session)}`);
  const title = t("together_title", { session });
  const head = el("header", { class: "top" }, el("h1", {}, title), el("a", { href: "#/", class: "button plain" }, t("back")));
  if (data.waiting.length) {
    show(title, head, el("p", { class: "card", id: "waiting" }, t("together_waiting", { names: data.waiting.join(", ") })));
    return null;
  }
  const names = Object.keys(data.traces);
  const length = Math.max(...names.map((name) => data.traces[name].length));
  const seconds = Array.from({ length }, (_, second) => second);
  const mean = seconds.map((second) => {
    const known = names.map((name) => data.traces[name][second]).filter((value) => value !== null && value !== undefined);
    return known.length === names.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
  });
  const video = el("video", { src: `video/${encodeURIComponent(session)}`, preload: "metadata", controls: true, playsinline: true, "aria-label": t("video_of", { session }) });
  const place = el("div", { class: "chart", role: "img", "aria-label": title });
  const series = [
    ...names.map((name, index) => ({ label: name, values: data.traces[name], colour: COLOURS[index % COLOURS.length] })),
    { label: t("mean_of_all"), values: mean, colour: "#111", width: 2.5 },
  ];
  show(title, head, el("div", { class: "review-video wide" }, video), legend(series), place);
  const chart = new Chart(place, { x: seconds, series, scale: data.scale, height: chartHeight(), onPick: (s) => { video.currentTime = s; } });
  const follow = () => chart.setCursor(video.currentTime);
  video.addEventListener("timeupdate", follow);
  return () => {
    chart.destroy();
    video.pause();
  };
}

export const legend = (series) => el("p", { class: "legend" }, ...series.map(({ label, colour }) => {
  const key = el("span", { class: "key" });
  key.style.background = colour;
  return el("span", {}, key, label);
}));
