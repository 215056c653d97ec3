// What turns the page's dial: mouse or finger on the gauge, keys, a gamepad's stick.

import { nowUs } from "./page_clock.js";
import { t } from "../parts/dom.js";

const HOLD_MS = 250;
const STEPS_PER_S = 40;
const AXIS_NOISE = 0.02;

const eventUs = (event) => Math.min(Math.round(event.timeStamp * 1000), nowUs());

// Lets people turn `dial` on `gauge`; returns a function that ends it. `onMove` is called after each movement.
export function connectKnob({ dial, gauge, kind, onMove }) {
  const ends = [pointer(dial, gauge, onMove), keys(dial, gauge, onMove)];
  if (kind === "gamepad") ends.push(gamepad(dial, onMove));
  gauge.element.setAttribute("role", "slider");
  gauge.element.setAttribute("tabindex", "0");
  gauge.element.setAttribute("aria-description", t("slider_keys"));
  gauge.element.classList.add("knob");
  return () => ends.forEach((end) => end());
}

function pointer(dial, gauge, onMove) {
  const area = gauge.element;
  const follow = (event) => {
    const box = gauge.track.getBoundingClientRect();
    dial.move((event.clientX - box.left) / box.width, eventUs(event));
    onMove();
  };
  const down = (event) => {
    area.setPointerCapture(event.pointerId);
    area.focus();
    follow(event);
  };
  const move = (event) => {
    if (area.hasPointerCapture(event.pointerId)) follow(event);
  };
  area.addEventListener("pointerdown", down);
  area.addEventListener("pointermove", move);
  return () => {
    area.removeEventListener("pointerdown", down);
    area.removeEventListener("pointermove", move);
  };
}

// Arrows move by a step, and on while they are held; page keys by ten steps, Home and End to the ends, 0 to zero.
function keys(dial, gauge, onMove) {
  const { low, high, step } = dial.scale;
  const one = step / (high - low);
  const directions = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };
  let held = null;
  const stop = () => {
    if (held) clearInterval(held.timer);
    held = null;
  };
  // From the rating that is shown, wherever between two the pointer had left the knob.
  const from = () => dial.positionOf(dial.rating);
  const by = (share, us) => {
    dial.move(from() + share, us);
    onMove();
  };
  const down = (event) => {
    if (isTyping(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
    const direction = directions[event.key];
    if (direction) {
      event.preventDefault();
      if (event.repeat) return;
      stop();
      by(direction * one, eventUs(event));
      const fromMs = performance.now() + HOLD_MS;
      let done = 0;
      const timer = setInterval(() => {
        const due = Math.floor(((performance.now() - fromMs) / 1000) * STEPS_PER_S);
        if (due > done) by(direction * one * (due - done), nowUs());
        done = Math.max(done, due);
      }, 20);
      held = { key: event.key, timer };
      return;
    }
    const jumps = { PageUp: () => from() + 10 * one, PageDown: () => from() - 10 * one, Home: () => 0, End: () => 1 };
    if (low <= 0 && high >= 0) jumps["0"] = () => dial.positionOf(0);
    if (!jumps[event.key]) return;
    event.preventDefault();
    dial.move(jumps[event.key](), eventUs(event));
    onMove();
  };
  const up = (event) => {
    if (held && held.key === event.key) stop();
  };
  addEventListener("keydown", down);
  addEventListener("keyup", up);
  addEventListener("blur", stop);
  return () => {
    stop();
    removeEventListener("keydown", down);
    removeEventListener("keyup", up);
    removeEventListener("blur", stop);
  };
}

// The stick that was pushed first: its whole way is the whole scale, and let go it is the middle.
function gamepad(dial, onMove) {
  let ended = false;
  let axis = null;
  let pressed = false;
  const look = () => {
    if (ended) return;
    const pad = [...navigator.getGamepads()].find((one) => one && one.connected);
    if (pad) {
      if (axis === null) {
        const pushed = pad.axes.findIndex((value) => Math.abs(value) > 0.3);
        if (pushed >= 0) axis = pushed;
      }
      if (axis !== null) {
        // Upwards is negative on a stick's second axis, and up is more.
        const value = axis % 2 ? -pad.axes[axis] : pad.axes[axis];
        const position = (Math.abs(value) < AXIS_NOISE ? 0 : value) / 2 + 0.5;
        if (Math.abs(position - dial.position) > AXIS_NOISE / 4) {
          dial.move(position, nowUs());
          onMove();
        }
      }
      const now = pad.buttons.some((button) => button.pressed);
      if (now && !pressed) dial.press();
      pressed = now;
    }
    requestAnimationFrame(look);
  };
  look();
  return () => { ended = true; };
}

export const isTyping = (target) => ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
