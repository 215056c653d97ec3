// @ts-check
// What turns the page's dial: mouse or finger on the gauge, keys, a gamepad's stick.

import { nowUs } from "./page_clock.js";
import { t } from "../parts/dom.js";

const HOLD_MS = 250;
const STEPS_PER_S = 40;
const AXIS_NOISE = 0.02;

const eventUs = (event) => Math.min(Math.round(event.timeStamp * 1000), nowUs());

// Lets people turn `dial` on `gauge`; returns a function that ends it. `onMove` is called after each movement.
export function connectKnob({ dial, gauge, kind, onMove }) {
  const ends = [pointer(dial, gauge, onMove), keys(dial, onMove)];
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

const DIRECTIONS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 };

// Arrows move by a step, and on while they are held; page keys by ten steps, Home and End to the ends, 0 to zero.
function keys(dial, onMove) {
  const { low, high, step } = dial.scale;
  const one = step / (high - low);
  const hold = new Hold((steps, us) => {
    dial.move(from() + steps * one, us);
    onMove();
  });
  // From the rating that is shown, wherever between two the pointer had left the knob.
  const from = () => dial.positionOf(dial.rating);
  const jumps = { PageUp: () => from() + 10 * one, PageDown: () => from() - 10 * one, Home: () => 0, End: () => 1 };
  if (low <= 0 && high >= 0) jumps["0"] = () => dial.positionOf(0);
  const down = (event) => {
    if (isTyping(event.target) || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!DIRECTIONS[event.key] && !jumps[event.key]) return;
    event.preventDefault();
    if (DIRECTIONS[event.key]) {
      if (!event.repeat) hold.begin(event.key, eventUs(event));
    } else {
      dial.move(jumps[event.key](), eventUs(event));
      onMove();
    }
  };
  const up = (event) => hold.end(event.key);
  const stop = () => hold.stop();
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

// An arrow key that is held: one step at once, and STEPS_PER_S of them after HOLD_MS.
class Hold {
  // `onSteps(steps, us)` moves by so many steps, negative downwards.
  constructor(onSteps) {
    this.onSteps = onSteps;
    this.key = "";
    this.timer = 0;
  }

  begin(key, us) {
    this.stop();
    this.key = key;
    const direction = DIRECTIONS[key];
    this.onSteps(direction, us);
    const fromMs = performance.now() + HOLD_MS;
    let done = 0;
    this.timer = setInterval(() => {
      const due = Math.floor(((performance.now() - fromMs) / 1000) * STEPS_PER_S);
      if (due > done) this.onSteps(direction * (due - done), nowUs());
      done = Math.max(done, due);
    }, 20);
  }

  end(key) {
    if (key === this.key) this.stop();
  }

  stop() {
    clearInterval(this.timer);
    this.key = "";
  }
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
