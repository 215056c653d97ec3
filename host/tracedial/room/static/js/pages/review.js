// @ts-check
// For the researcher: the trace over the session, the automatic segments on it, and which of them are replayed.

import { COLOURS, Chart, drawSegments, nameSegments } from "../parts/chart.js";
import { Problem, at, call, el, problemBox, show, t } from "../parts/dom.js";
import { keepButton, percent, voidButton } from "../parts/verdict.js";
import { rememberWho, rememberedWho } from "../parts/who_why.js";
import { Waveform } from "../parts/waveform.js";
import { SegmentDrag } from "./segment_drag.js";
import { notesOf, segmentTable } from "./segment_table.js";

const NEEDS_NO_REASON = ["accept", "reopen"];

export async function open(session, rater) {
  const place = `${encodeURIComponent(session)}/${encodeURIComponent(rater)}`;
  const page = new ReviewPage({ session, rater, place, data: await call(`/api/review/${place}`) });
  return () => page.close();
}

class ReviewPage {
  constructor({ session, rater, place, data }) {
    this.session = session;
    this.rater = rater;
    this.place = place;
    this.data = data;
    this.chosenId = null;
    // A segment while it is dragged.
    this.draft = null;
    this.letters = { rupture: t("letter_rupture"), repair: t("letter_repair"), peak: t("letter_peak") };
    this.list = el("div", { class: "segments" });
    this.problem = el("div", { id: "complaint" });
    this.video = this.makeVideo();
    this.wave = data.picture ? null : new Waveform(session, this.video, { toS: data.duration_s });
    this.who = this.whoField();
    this.why = /** @type {HTMLInputElement} */ (el("input", { id: "why", maxlength: 2000, autocomplete: "off" }));
    this.chartPlace = el("div", { class: "chart", role: "img", "aria-label": t("trace_of", { rater }) });
    this.showPage();
    this.chart = this.makeChart();
    this.drag = this.makeDrag();
    this.drawList();
  }

  close() {
    this.chart.destroy();
    if (this.wave) this.wave.close();
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
  }

  showPage() {
    const { data, session, rater } = this;
    const title = t("review_title", { rater, session });
    const { count, segment_s: length, separation_s: separation } = data.parameters;
    const names = Object.keys(data.others).join(", ");
    const notes = notesOf(data);
    show(
      title,
      el("header", { class: "top" }, el("h1", {}, title), el("a", { href: "#/", class: "button plain" }, t("back"))),
      el("p", { class: "quiet" }, t("rule_line", { count, length, separation })),
      el(
        "div", { class: "review" },
        el(
          "div", { class: data.picture ? "review-video" : "review-video heard" },
          this.wave ? this.wave.element : null, this.video,
        ),
        el("div", { class: "review-side" }, this.whoAndWhy(), this.problem, this.list),
      ),
      this.chartPlace,
      el("p", { class: "quiet" }, names ? t("others_shown", { names }) : t("others_hidden"), " ", t("chart_help")),
      notes.length ? el("ul", { class: "notes" }, ...notes.map((note) => el("li", {}, note))) : null,
    );
  }

  makeDrag() {
    return new SegmentDrag(this.chart, {
      durationS: this.data.duration_s,
      segments: () => (this.data.accepted_by ? [] : this.data.segments.filter((one) => one.chosen)),
      onPick: (segment) => this.pick(segment),
      onDraft: (draft) => {
        this.draft = draft;
        this.chart.redraw();
      },
      onMoved: (draft) => this.change({ action: "move", ...draft }),
    });
  }

  makeVideo() {
    const src = `video/${encodeURIComponent(this.session)}`;
    const label = t("video_of", { session: this.session });
    const video = /** @type {HTMLVideoElement} */ (
      el("video", { src, preload: "metadata", controls: true, playsinline: true, "aria-label": label })
    );
    const follow = () => this.chart.setCursor(video.currentTime);
    video.addEventListener("timeupdate", follow);
    video.addEventListener("seeked", follow);
    return video;
  }

  whoField() {
    const keep = (event) => rememberWho(event.target.value);
    const value = rememberedWho();
    return /** @type {HTMLInputElement} */ (
      el("input", { id: "who", maxlength: 40, value, autocomplete: "off", onchange: keep })
    );
  }

  whoAndWhy() {
    return el(
      "div", { class: "who" },
      el("label", { for: "who" }, t("who_label")), this.who,
      el("label", { for: "why" }, t("why_label")), this.why,
    );
  }

  makeChart() {
    const { data } = this;
    const others = Object.entries(data.others).map(([label, values], index) => ({
      label, values, colour: COLOURS[index + 1], dash: [5, 4],
    }));
    return new Chart(this.chartPlace, {
      x: data.rating.map((_, second) => second),
      series: [{ label: this.rater, values: data.rating, colour: COLOURS[0], width: 2 }, ...others],
      scale: data.scale,
      draw: (u, pen) => drawSegments(u, pen, this.shownSegments(), this.chosenId),
      drawOver: (u, pen) => nameSegments(u, pen, this.shownSegments()),
      onPick: (s) => {
        this.video.currentTime = Math.min(Math.max(s, 0), data.duration_s);
      },
    });
  }

  shownSegments() {
    const { draft } = this;
    return this.data.segments.filter((segment) => segment.chosen).map((segment) => ({
      ...segment,
      ...(draft && draft.id === segment.id ? draft : {}),
      letter: this.letters[segment.kind],
    }));
  }

  async change(fields) {
    const needsReason = !NEEDS_NO_REASON.includes(fields.action);
    const who = this.who.value.trim();
    const why = this.why.value;
    try {
      if (!who) throw new Problem(t("who_missing"));
      if (needsReason && !why.trim()) throw new Problem(t("why_missing"));
      rememberWho(who);
      Object.assign(this.data, await call(`/api/review/${this.place}`, { who, why, ...fields }));
      if (needsReason) this.why.value = "";
      this.problem.replaceChildren(...[problemBox(this.data.warning)].filter((box) => box !== null));
    } catch (error) {
      this.problem.replaceChildren(problemBox(error.message));
      if (!who) this.who.focus();
      else if (!why.trim()) this.why.focus();
    }
    this.draft = null;
    this.drawList();
    this.chart.redraw();
  }

  // The list is made anew: whoever was in it with the keyboard is put back.
  drawList() {
    const active = document.activeElement;
    const had = active && this.list.contains(active) ? active.id : "";
    this.list.replaceChildren(
      segmentTable(this.data, {
        chosenId: this.chosenId,
        change: (fields) => this.change(fields),
        pick: (segment) => this.pick(segment),
        show: (segment) => {
          this.pick(segment);
          this.video.currentTime = segment.start_s;
        },
      }),
      this.data.step === "lacking" ? this.lacking() : this.data.accepted_by ? this.afterwards() : this.choosing(),
    );
    if (!had) return;
    const next = this.data.accepted_by ? "to-clips" : "accept";
    const back = document.getElementById(had) || document.getElementById(next);
    if (back) back.focus();
  }

  // Too few seconds have a rating: nothing is chosen before somebody has said that they are enough.
  lacking() {
    const { session, rater } = this;
    const onDone = () => location.reload();
    return el(
      "div", {},
      problemBox(t("lacking_review", { percent: percent(this.data.rated_share) })),
      el("p", { class: "actions" }, this.voidButton("primary"), keepButton({
        session, rater, onDone, attributes: { id: "keep" },
      })),
    );
  }

  voidButton(look = "plain small") {
    const { session, rater } = this;
    const onDone = () => { location.hash = "#/"; };
    return voidButton({ session, rater, onDone, attributes: { id: "void", class: look } });
  }

  choosing() {
    const adds = ["rupture", "repair", "peak"].map((kind) =>
      el("button", { class: "plain small", id: `add-${kind}`, onclick: () => this.add(kind) }, t(`add_${kind}`)),
    );
    const onclick = () => this.change({ action: "accept" });
    const accept = el("button", { class: "primary", id: "accept", onclick }, t("accept"));
    return el("div", { class: "actions" }, ...adds, accept, this.voidButton());
  }

  afterwards() {
    const onclick = () => this.change({ action: "reopen" });
    const who = this.data.accepted_by;
    const href = at("clips", this.session, this.rater);
    return el(
      "div", { class: "actions" },
      el("button", { class: "plain", id: "reopen", onclick }, t("reopen", { who })),
      el("a", { id: "to-clips", class: "button primary", href }, t("clips_and_questions")),
      this.voidButton(),
    );
  }

  pick(segment) {
    this.chosenId = segment.id;
    for (const row of this.list.querySelectorAll("tbody tr")) {
      row.classList.toggle("chosen", row instanceof HTMLElement && row.dataset.segment === this.chosenId);
    }
    this.chart.redraw();
  }

  add(kind) {
    const { duration_s, parameters } = this.data;
    const start_s = Math.min(Math.floor(this.video.currentTime), duration_s - 1);
    this.change({ action: "add", kind, start_s, end_s: Math.min(start_s + parameters.segment_s, duration_s) });
  }
}
