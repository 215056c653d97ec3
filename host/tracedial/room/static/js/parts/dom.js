// @ts-check
// Small parts that every page uses: elements, words, calls to the room, times as people read them.

/** @type {Record<string, string>} */
let words = {};
let shownTitle = null;

// An element of index.html, which is always there.
const standing = (selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

export async function loadWords(language) {
  words = await (await fetch(`static/words/${language}.json`)).json();
  document.documentElement.lang = language;
  standing(".skip").textContent = t("skip_to_content");
}

// The words of the page for a key, with {name} replaced.
export function t(key, values = {}) {
  const text = words[key];
  if (text === undefined) throw new Error(`there are no words for ${key}`);
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
}

// An element: `on...` attributes are handlers, `null` and `false` leave an attribute out, children may be texts.
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === false || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

// The parts of a page in place of the last one's; a reader begins at the top of a new one.
export function show(title, ...children) {
  document.title = `${title} – Tracedial`;
  const page = standing("#page");
  page.replaceChildren(...children.flat().filter(Boolean));
  if (title === shownTitle) return;
  shownTitle = title;
  page.focus({ preventScroll: true });
  scrollTo(0, 0);
}

// Have a screen reader say something.
export function announce(text) {
  standing("#announcer").textContent = text;
}

export const paragraphs = (text) => text.split(/\n\s*\n/).map((part) => el("p", {}, part.trim()));

export class Problem extends Error {}

// An address of the room, which lies below a path of its own: `/api/room` is there.
export const here = (path) => `${location.pathname}${path.slice(1)}`;

// A call to the room; what goes wrong there is thrown as a `Problem` with the room's sentence.
export async function call(path, body) {
  let response;
  try {
    response = await fetch(here(path), body === undefined ? {} : {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
    });
  } catch {
    throw new Problem(t("room_gone"));
  }
  const type = response.headers.get("Content-Type") || "";
  if (!type.includes("json")) throw new Problem(response.ok ? t("room_gone") : await response.text());
  const answer = await response.json();
  if (!response.ok) throw new Problem(answer.problem);
  return answer;
}

export const problemBox = (text) => (text ? el("p", { class: "problem", role: "alert" }, text) : null);

export function clock(seconds) {
  const whole = Math.max(Math.floor(seconds), 0);
  const pair = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  const rest = `${hours ? pair(Math.floor(whole / 60) % 60) : Math.floor(whole / 60)}:${pair(whole % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

function written(value, digits) {
  const text = value.toLocaleString(document.documentElement.lang, { useGrouping: false, ...digits });
  return text.replace("-", "−");
}

// A number with so many decimals, as the page's language writes it.
export const decimal = (value, digits) =>
  written(value, { minimumFractionDigits: digits, maximumFractionDigits: digits });

export const signed = (rating) => (rating > 0 ? "+" : "") + written(rating, { maximumFractionDigits: 6 });

// A path of the page's address: `at("rate", "s1", "client")` is #/rate/s1/client.
export const at = (...parts) => `#/${parts.map(encodeURIComponent).join("/")}`;
