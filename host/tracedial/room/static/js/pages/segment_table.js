// @ts-check
// The segments of a trace as a table: their ends and ranks in fields, left out or taken back by a button.

import { clock, el, signed, t } from "../parts/dom.js";

const COLUMNS = ["segment", "from", "to", "rank", "mean", "by", ""];

// `data` is what the room says of a rater's review; `change(fields)` asks for a change, `pick(segment)` shows one.
export function segmentTable(data, { chosenId, change, pick, show }) {
  const heads = COLUMNS.map((key) => el("th", { scope: "col" }, key ? t(`col_${key}`) : ""));
  const locked = Boolean(data.accepted_by);
  const rows = data.segments.map((segment) => {
    const number = (name, value) => numberField(segment, { name, value, locked, change });
    const taken = segment.chosen ? "" : "gone";
    const chosen = segment.id === chosenId ? "chosen" : "";
    const mean = meanOf(data.rating, segment);
    const by = segment.changed_by || (segment.source === "rule" ? t("by_rule") : segment.source);
    return el(
      "tr", { "data-segment": segment.id, class: `${taken} ${chosen}`, onclick: () => pick(segment) },
      el("td", {}, nameButton(segment, show), el("small", {}, clock(segment.start_s))),
      el("td", {}, number("from", segment.start_s)),
      el("td", {}, number("to", segment.end_s)),
      el("td", {}, number("rank", segment.rank)),
      el("td", {}, mean === null ? "–" : signed(Math.round(mean * 10) / 10)),
      el("td", { title: segment.why }, by),
      el("td", {}, locked ? null : takeButton(segment, change)),
    );
  });
  return el("table", {}, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows));
}

const nameOf = (segment) => `${t(`kind_${segment.kind}`)} ${segment.rank}`;

const nameButton = (segment, show) =>
  el("button", { class: `link ${segment.kind}`, onclick: () => show(segment) }, nameOf(segment));

function takeButton({ id, chosen }, change) {
  const onclick = (event) => {
    event.stopPropagation();
    change({ action: chosen ? "delete" : "restore", id });
  };
  return el("button", { id: `${id}-take`, class: "plain small", onclick }, chosen ? t("delete") : t("restore"));
}

function numberField(segment, { name, value, locked, change }) {
  const fields = {
    from: (start_s) => ({ action: "move", start_s, end_s: segment.end_s }),
    to: (end_s) => ({ action: "move", start_s: segment.start_s, end_s }),
    rank: (rank) => ({ action: "rank", rank }),
  }[name];
  // The arrows of a number field tell of a change at every step: it is carried out, once, when the field is left or by
  // Enter.
  let sent = false;
  const send = (input) => {
    if (sent || input.value === String(value)) return;
    sent = true;
    change({ id: segment.id, ...fields(Number(input.value)) });
  };
  const isRank = name === "rank";
  return el("input", {
    id: `${segment.id}-${name}`, type: "number", value, step: isRank ? 1 : 0.5, min: isRank ? 1 : 0,
    disabled: locked || !segment.chosen,
    "aria-label": `${nameOf(segment)}, ${t(`col_${name}`)}`,
    onblur: (event) => send(event.target),
    onkeydown: (event) => {
      if (event.key === "Enter") send(event.target);
    },
  });
}

function meanOf(rating, { start_s, end_s }) {
  const own = rating.slice(Math.floor(start_s), Math.ceil(end_s)).filter((value) => value !== null);
  return own.length ? own.reduce((sum, value) => sum + value, 0) / own.length : null;
}

// What the rule did not find, in words.
export function notesOf(data) {
  const found = (kind) => data.automatic.filter((segment) => segment.kind === kind);
  const { count } = data.parameters;
  const said = ["rupture", "peak"]
    .filter((kind) => data.sought.includes(kind) && found(kind).length < count)
    .map((kind) => t("found_fewer", { what: t(`kind_${kind}`), n: found(kind).length, count }));
  const repaired = new Set(found("repair").map((repair) => repair.rank));
  const without = data.sought.includes("repair") ? found("rupture").filter(({ rank }) => !repaired.has(rank)) : [];
  if (without.length) said.push(t("no_repair_after", { ranks: without.map(({ rank }) => rank).join(", ") }));
  return said;
}
