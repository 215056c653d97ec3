// For the researcher: the trace over the session, the automatic segments on it, and which of them are replayed.

import { COLOURS, Chart, drawSegments, nameSegments } from "../parts/chart.js";
import { Problem, at, call, clock, el, problemBox, show, signed, t } from "../parts/dom.js";

const GRIP_PX = 8;

export async function open(session, rater) {
  const place = `${encodeURIComponent(session)}/${encodeURIComponent(rater)}`;
  const data = await call(`/api/review/${place}`);
  const who = localStorage.getItem("tracedial-who") || "";
  const seconds = data.rating.map((_, second) => second);
  const letters = { rupture: t("letter_rupture"), repair: t("letter_repair"), peak: t("letter_peak") };
  let chosenId = null;
  let draft = null;

  const video = el("video", { src: `video/${encodeURIComponent(session)}`, preload: "metadata", controls: true, playsinline: true, "aria-label": t("video_of", { session }) });
  const chartPlace = el("div", { class: "chart", role: "img", "aria-label": t("trace_of", { rater }) });
  const list = el("div", { class: "segments" });
  const problem = el("div", { id: "complaint" });
  const whoField = el("input", { id: "who", maxlength: 40, value: who, autocomplete: "off", onchange: (event) => localStorage.setItem("tracedial-who", event.target.value.trim()) });
  const whyField = el("input", { id: "why", maxlength: 2000, autocomplete: "off" });

  show(
    t("review_title", { rater, session }),
    el("header", { class: "top" }, el("h1", {}, t("review_title", { rater, session })), el("a", { href: "#/", class: "button plain" }, t("back"))),
    el("p", { class: "quiet" }, t("rule_line", { count: data.parameters.count, length: data.parameters.segment_s, separation: data.parameters.separation_s })),
    el("div", { class: "review" }, el("div", { class: "review-video" }, video), el("div", { class: "review-side" },
      el("div", { class: "who" }, el("label", { for: "who" }, t("who_label")), whoField, el("label", { for: "why" }, t("why_label")), whyField), problem, list)),
    chartPlace,
    el("p", { class: "quiet" }, Object.keys(data.others).length ? t("others_shown", { names: Object.keys(data.others).join(", ") }) : t("others_hidden"), " ", t("chart_help")),
    notes(data).length ? el("ul", { class: "notes" }, ...notes(data).map((note) => el("li", {}, note))) : null,
  );

  const shownSegments = () => data.segments.filter((segment) => segment.chosen).map((segment) => ({
    ...segment, ...(draft && draft.id === segment.id ? draft : {}), letter: letters[segment.kind],
  }));
  const series = [{ label: rater, values: data.rating, colour: COLOURS[0], width: 2 }];
  Object.entries(data.others).forEach(([name, values], index) => series.push({ label: name, values, colour: COLOURS[index + 1], dash: [5, 4] }));
  const chart = new Chart(chartPlace, {
    x: seconds, series, scale: data.scale,
    draw: (u, pen) => drawSegments(u, pen, shownSegments(), chosenId),
    drawOver: (u, pen) => nameSegments(u, pen, shownSegments()),
    onPick: (s) => { video.currentTime = Math.min(Math.max(s, 0), data.duration_s); },
  });
  const follow = () => chart.setCursor(video.currentTime);
  video.addEventListener("timeupdate", follow);
  video.addEventListener("seeked", follow);

  const change = async (fields) => {
    try {
      const who = whoField.value.trim();
      if (!who) throw new Problem(t("who_missing"));
      if (!whyField.value.trim() && fields.action !== "accept" && fields.action !== "reopen") throw new Problem(t("why_missing"));
      localStorage.setItem("tracedial-who", who);
      Object.assign(data, await call(`/api/review/${place}`, { who, why: whyField.value, ...fields }));
      if (fields.action !== "accept" && fields.action !== "reopen") whyField.value = "";
      problem.replaceChildren(...[problemBox(data.warning)].filter(Boolean));
    } catch (error) {
      problem.replaceChildren(problemBox(error.message));
      if (!whoField.value.trim()) whoField.focus();
      else if (!whyField.value.trim()) whyField.focus();
    }
    draft = null;
    const had = document.activeElement && list.contains(document.activeElement) ? document.activeElement.id : "";
    drawList();
    // The list is made anew: whoever was in it with the keyboard is put back.
    const back = had && (document.getElementById(had) || document.getElementById(data.accepted_by ? "to-clips" : "accept"));
    if (back) back.focus();
    chart.redraw();
  };

  const drawList = () => {
    const locked = Boolean(data.accepted_by);
    list.replaceChildren(
      el("table", {}, el("thead", {}, el("tr", {}, ...["segment", "from", "to", "rank", "mean", "by", ""].map((key) => el("th", { scope: "col" }, key ? t(`col_${key}`) : "")))),
        el("tbody", {}, ...data.segments.map((segment) => row(segment, locked)))),
      el("div", { class: "actions" },
        ...(locked ? [] : ["rupture", "repair", "peak"].map((kind) => el("button", { class: "plain small", id: `add-${kind}`, onclick: () => add(kind) }, t(`add_${kind}`)))),
        locked
          ? el("button", { class: "plain", id: "reopen", onclick: () => change({ action: "reopen" }) }, t("reopen", { who: data.accepted_by }))
          : el("button", { class: "primary", id: "accept", onclick: () => change({ action: "accept" }) }, t("accept")),
        locked ? el("a", { id: "to-clips", class: "button primary", href: at("clips", session, rater) }, t("clips_and_questions")) : null),
    );
  };
  const row = (segment, locked) => {
    const changes = {
      from: (start_s) => ({ action: "move", start_s, end_s: segment.end_s }),
      to: (end_s) => ({ action: "move", start_s: segment.start_s, end_s }),
      rank: (rank) => ({ action: "rank", rank }),
    };
    const number = (value, name) => {
      // The arrows of a number field tell of a change at every step: it is carried out, once, when the field is left or by Enter.
      let sent = false;
      const send = (input) => {
        if (sent || input.value === String(value)) return;
        sent = true;
        change({ id: segment.id, ...changes[name](Number(input.value)) });
      };
      return el("input", {
        id: `${segment.id}-${name}`, type: "number", value, step: name === "rank" ? 1 : 0.5, min: name === "rank" ? 1 : 0,
        disabled: locked || !segment.chosen, "aria-label": `${t(`kind_${segment.kind}`)} ${segment.rank}, ${t(`col_${name}`)}`,
        onblur: (event) => send(event.target),
        onkeydown: (event) => { if (event.key === "Enter") send(event.target); },
      });
    };
    const mean = meanOf(data.rating, segment);
    return el(
      "tr", { "data-segment": segment.id, class: [segment.chosen ? "" : "gone", segment.id === chosenId ? "chosen" : ""].join(" "), onclick: () => pick(segment) },
      el("td", {}, el("button", { class: `link ${segment.kind}`, onclick: () => { pick(segment); video.currentTime = segment.start_s; } }, `${t(`kind_${segment.kind}`)} ${segment.rank}`), el("small", {}, clock(segment.start_s))),
      el("td", {}, number(segment.start_s, "from")),
      el("td", {}, number(segment.end_s, "to")),
      el("td", {}, number(segment.rank, "rank")),
      el("td", {}, mean === null ? "–" : signed(Math.round(mean * 10) / 10)),
      el("td", { title: segment.why }, segment.changed_by || (segment.source === "rule" ? t("by_rule") : segment.source)),
      el("td", {}, locked ? null : el("button", { id: `${segment.id}-take`, class: "plain small", onclick: (event) => { event.stopPropagation(); change({ action: segment.chosen ? "delete" : "restore", id: segment.id }); } }, segment.chosen ? t("delete") : t("restore"))),
    );
  };
  const pick = (segment) => {
    chosenId = segment.id;
    for (const row of list.querySelectorAll("tbody tr")) row.classList.toggle("chosen", row.dataset.segment === chosenId);
    chart.redraw();
  };
  const add = (kind) => {
    const start_s = Math.min(Math.floor(video.currentTime), data.duration_s - 1);
    change({ action: "add", kind, start_s, end_s: Math.min(start_s + data.parameters.segment_s, data.duration_s) });
  };

  // A segment is moved by its middle and stretched by its ends.
  const over = chart.plot.over;
  const grip = (event) => {
    if (data.accepted_by) return null;
    const px = event.clientX - over.getBoundingClientRect().left;
    for (const segment of data.segments.filter((one) => one.chosen)) {
      const from = chart.plot.valToPos(segment.start_s, "x");
      const to = chart.plot.valToPos(segment.end_s, "x");
      if (Math.abs(px - from) < GRIP_PX / 2) return { segment, part: "start" };
      if (Math.abs(px - to) < GRIP_PX / 2) return { segment, part: "end" };
      if (px > from && px < to) return { segment, part: "middle" };
    }
    return null;
  };
  let drag = null;
  const down = (event) => {
    drag = grip(event);
    if (!drag) return;
    pick(drag.segment);
    drag.fromS = chart.secondAt(event.clientX);
    drag.moved = false;
    over.setPointerCapture(event.pointerId);
  };
  const move = (event) => {
    if (!drag) {
      const under = grip(event);
      over.style.cursor = !under ? "crosshair" : under.part === "middle" ? "grab" : "ew-resize";
      return;
    }
    const { segment, part } = drag;
    const by = Math.round((chart.secondAt(event.clientX) - drag.fromS) * 2) / 2;
    if (!by && !drag.moved) return;
    drag.moved = true;
    const length = segment.end_s - segment.start_s;
    let { start_s, end_s } = segment;
    if (part === "middle") {
      start_s = Math.min(Math.max(start_s + by, 0), data.duration_s - length);
      end_s = start_s + length;
    } else if (part === "start") {
      start_s = Math.min(Math.max(start_s + by, 0), end_s - 1);
    } else {
      end_s = Math.max(Math.min(end_s + by, data.duration_s), start_s + 1);
    }
    draft = { id: segment.id, start_s, end_s };
    chart.redraw();
  };
  const up = () => {
    if (drag && drag.moved && draft) change({ action: "move", ...draft });
    drag = null;
  };
  over.addEventListener("pointerdown", down);
  over.addEventListener("pointermove", move);
  over.addEventListener("pointerup", up);
  drawList();
  return () => {
    chart.destroy();
    video.pause();
    video.removeAttribute("src");
    video.load();
  };
}

// What the rule did not find.
function notes(data) {
  const found = (kind) => data.automatic.filter((segment) => segment.kind === kind);
  const { count } = data.parameters;
  const said = ["rupture", "peak"].filter((kind) => data.sought.includes(kind) && found(kind).length < count)
    .map((kind) => t("found_fewer", { what: t(`kind_${kind}`), n: found(kind).length, count }));
  const without = data.sought.includes("repair") ? found("rupture").filter((one) => !found("repair").some((repair) => repair.rank === one.rank)) : [];
  if (without.length) said.push(t("no_repair_after", { ranks: without.map((one) => one.rank).join(", ") }));
  return said;
}

function meanOf(rating, { start_s, end_s }) {
  const own = rating.slice(Math.floor(start_s), Math.ceil(end_s)).filter((value) => value !== null);
  return own.length ? own.reduce((sum, value) => sum + value, 0) / own.length : null;
}
