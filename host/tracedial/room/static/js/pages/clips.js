// The clips and their questions. Answers are kept while they are typed.

import { call, clock, el, problemBox, show, t } from "../parts/dom.js";

const PAUSE_MS = 600;

export async function open(session, rater) {
  const place = `${encodeURIComponent(session)}/${encodeURIComponent(rater)}`;
  let data = await call(`/api/clips/${place}`);
  let index = Math.max(data.clips.findIndex((clip) => !isComplete(clip)), 0);
  let timer = null;
  let sending = null;
  // What was typed and is not kept yet, the last version of each answer; sent one after the other.
  const unsaved = new Map();
  let cleanup = () => {};
  const status = el("p", { class: "quiet", id: "saved", role: "status" });

  // Whatever was typed and not sent yet is sent now; true once all of it is kept.
  const save = () => {
    clearTimeout(timer);
    sending = sending || drain().finally(() => { sending = null; });
    return sending;
  };
  const drain = async () => {
    while (unsaved.size) {
      const [key, answer] = unsaved.entries().next().value;
      try {
        await call(`/api/answer/${place}`, { what: "answer", ...answer });
      } catch (error) {
        status.replaceChildren(problemBox(t("not_saved", { why: error.message })));
        timer = setTimeout(save, 3000);
        return false;
      }
      if (unsaved.get(key) === answer) unsaved.delete(key);
      if (!unsaved.size) status.textContent = t("saved");
    }
    return true;
  };
  const shownAs = (clip) => ({ segment: clip.segment, start_s: clip.start_s, segment_end_s: clip.segment_end_s });
  const typed = (clip, question, text) => {
    unsaved.set(`${clip.segment} ${question}`, { ...shownAs(clip), question, text });
    status.textContent = t("saving");
    clearTimeout(timer);
    timer = setTimeout(save, PAUSE_MS);
  };
  const keepOnLeaving = () => {
    for (const answer of unsaved.values()) {
      fetch(`api/answer/${place}`, { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ what: "answer", ...answer }) });
    }
  };

  const nothing = () => show(t(data.step === "done" ? "thank_you" : "clips_and_questions"), el(
    "div", { class: "paper" }, el("h1", {}, t(data.step === "done" ? "thank_you" : "clips_and_questions")),
    el("p", {}, data.step === "done" ? t("no_clips") : t("not_chosen_yet")),
    el("p", {}, el("a", { href: "#/", class: "button plain" }, t("back"))),
  ));

  const finish = async () => {
    // What the room has, not what this page remembers.
    data = await call(`/api/clips/${place}`);
    cleanup();
    const left = data.unanswered;
    show(t("thank_you"), el(
      "div", { class: "paper" }, el("h1", {}, t("thank_you")),
      el("p", { id: "done" }, left ? t("done_left", { n: left }) : t("all_done")),
      el("p", { class: "actions" },
        left ? el("button", { class: "plain", onclick: () => { index = Math.max(data.clips.findIndex((clip) => !isComplete(clip)), 0); clipPage(); } }, t("to_open_questions")) : null,
        el("a", { href: "#/", class: "button plain" }, t("back"))),
    ));
  };

  const go = async (to) => {
    if (!(await save())) return;
    if (to >= data.clips.length) {
      try {
        await call(`/api/answer/${place}`, { what: "done" });
        await finish();
      } catch (error) {
        status.replaceChildren(problemBox(error.message));
      }
      return;
    }
    index = to;
    clipPage();
  };

  const clipPage = () => {
    cleanup();
    const clip = data.clips[index];
    const video = el("video", { src: `video/${encodeURIComponent(session)}#t=${clip.start_s},${clip.end_s}`, preload: "auto", playsinline: true });
    const play = el("button", { id: "play-clip", class: "primary" }, clip.watched ? t("play_clip_again") : t("play_clip"));
    const bar = el("progress", { max: clip.end_s - clip.start_s, value: 0, "aria-label": t("progress") });
    const form = el("form", { class: "questions", onsubmit: (event) => event.preventDefault() });
    const problem = el("div");
    const reveal = () => { form.hidden = false; };
    form.hidden = !clip.watched && !clip.questions.some((question) => question.answer);
    let ended = false;
    const watch = () => {
      bar.value = Math.min(Math.max(video.currentTime - clip.start_s, 0), clip.end_s - clip.start_s);
      if (ended || (video.currentTime < clip.end_s - 0.05 && !video.ended)) return;
      ended = true;
      video.pause();
      clip.watched = true;
      play.textContent = t("play_clip_again");
      call(`/api/answer/${place}`, { what: "watched", ...shownAs(clip) }).catch((error) => problem.replaceChildren(problemBox(error.message)));
      reveal();
      const first = form.querySelector("textarea");
      if (first) first.focus();
    };
    video.addEventListener("timeupdate", watch);
    video.addEventListener("ended", watch);
    video.addEventListener("error", () => problem.replaceChildren(problemBox(t("cannot_play"))));
    play.addEventListener("click", async () => {
      if (!video.paused) {
        video.pause();
        play.textContent = t("go_on");
        return;
      }
      if (ended || video.currentTime < clip.start_s || video.currentTime >= clip.end_s) {
        ended = false;
        video.currentTime = clip.start_s;
      }
      await video.play();
      play.textContent = t("pause");
    });
    clip.questions.forEach((question, number) => {
      const id = `q-${question.id}`;
      const text = el("textarea", {
        id, rows: 4, maxlength: 20000, spellcheck: "true",
        oninput: (event) => { question.answer = event.target.value; typed(clip, question.id, event.target.value); },
        onblur: () => save(),
      });
      text.value = question.answer;
      form.append(el("label", { for: id }, `${number + 1}. ${question.text}`), text);
    });
    if (data.codes.length) {
      const chosen = new Set(clip.codes ? clip.codes.split("; ") : []);
      form.append(el("fieldset", {}, el("legend", {}, t("codes")), ...data.codes.map((code) => el(
        "label", { class: "check" }, el("input", {
          type: "checkbox", checked: chosen.has(code),
          onchange: (event) => {
            event.target.checked ? chosen.add(code) : chosen.delete(code);
            clip.codes = data.codes.filter((one) => chosen.has(one)).join("; ");
            typed(clip, "codes", clip.codes);
          },
        }), ` ${code}`))));
    }
    const last = index === data.clips.length - 1;
    form.append(status, el(
      "p", { class: "actions" },
      el("button", { id: "next-clip", class: "primary", type: "button", onclick: () => go(index + 1) }, last ? t("finish") : t("next_clip")),
    ));
    status.textContent = "";
    show(t("clip_of", { n: index + 1, of: data.clips.length }), el(
      "div", { class: "clip" },
      el("header", { class: "clip-head" }, el("h1", {}, t("clip_of", { n: index + 1, of: data.clips.length })), el("span", { class: "quiet" }, t("clip_span", { from: clock(clip.start_s), to: clock(clip.end_s) })), el("a", { href: "#/", class: "quiet" }, t("back"))),
      problem,
      el("div", { class: "clip-body" }, el("div", {}, video, bar, el(
        "p", { class: "actions" }, play,
        index ? el("button", { class: "plain", onclick: () => go(index - 1) }, t("previous_clip")) : null,
      )), form),
    ));
    const leaving = () => keepOnLeaving();
    addEventListener("pagehide", leaving);
    cleanup = () => {
      removeEventListener("pagehide", leaving);
      video.pause();
      video.removeAttribute("src");
      video.load();
      cleanup = () => {};
    };
    play.focus();
  };

  if (!data.clips.length) {
    nothing();
    // The researcher may be choosing on another page just now.
    const waiting = data.step === "done" ? null : setInterval(async () => {
      data = await call(`/api/clips/${place}`).catch(() => data);
      if (data.clips.length) {
        clearInterval(waiting);
        clipPage();
      }
    }, 3000);
    return () => { clearInterval(waiting); cleanup(); };
  }
  clipPage();
  return () => { save(); cleanup(); };
}

const isComplete = (clip) => clip.questions.every((question) => question.answer.trim());
