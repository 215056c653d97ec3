// @ts-check
// The page as a dial: the device's side of docs/protocol.md, with a slider, the keyboard or a gamepad for a knob. Its
// answers are the firmware's (firmware/dial/app.py); a test gives both the same messages and compares.

import { Decoder, WireError, encodeFrame } from "./frame.js";
import { UnknownKindError, pack, packScale, shortened, textBytes, unpack } from "./message.js";
import { Outbox } from "./outbox.js";
import { nowUs } from "./page_clock.js";
import { PageKnob, rawOf } from "./page_knob.js";
import { TickGrid } from "./tick_grid.js";
import * as wire from "./wire.js";

const OUTBOX = 36000;
const READING_US = 20000;
const MAX_READINGS = 250;
const SETTLED_US = 300000;
const TURN_MS = 20;
const MAX_RATE_HZ = 200;

/** @typedef {import("./message.js").Scale} Scale */
/** @typedef {import("./wire.js").Messages} Messages */
/** @typedef {import("./wire.js").MessageName} MessageName */

/** A message that is understood and not obeyed. */
class Refusal extends Error {
  /**
   * @param {number} reason
   * @param {string} text
   */
  constructor(reason, text) {
    super(text);
    this.reason = reason;
  }
}

export class PageDial {
  /**
   * `send` takes the bytes of a frame, `clock` tells microseconds since the page was loaded.
   * @param {object} options
   * @param {(frame: Uint8Array) => void} options.send
   * @param {Scale} options.scale
   * @param {string} options.name
   * @param {string} options.knob
   * @param {() => number} [options.clock]
   */
  constructor({ send, scale, name, knob, clock = nowUs }) {
    this.send = send;
    this.scale = scale;
    this.name = name;
    this.kindOfKnob = knob;
    this.clock = clock;
    this.boot = 0;
    while (!this.boot) this.boot = crypto.getRandomValues(new Uint32Array(1))[0];
    this.decoder = new Decoder();
    this.outbox = new Outbox(OUTBOX);
    this.knob = new PageKnob(scale);
    this.grid = new TickGrid();
    this.start = 0;
    /** @type {Messages["STARTED"] | null} */
    this.started = null;
    /** @type {number | null} */
    this.settledOn = null;
    this.timer = setInterval(() => this.turn(), TURN_MS);
  }

  get position() { return this.knob.last.position; }
  get rating() { return this.knob.last.rating; }
  get boot16() { return this.boot & 0xffff; }

  /** @param {number} rating */
  positionOf(rating) { return this.knob.positionOf(rating); }

  /**
   * @param {number} position
   * @param {number} us
   */
  move(position, us = this.clock()) { this.knob.move(position, us); }

  press(us = this.clock()) { this.event(us, wire.EVENT_BUTTON, 1); }

  close() { clearInterval(this.timer); }

  /**
   * Take in bytes from the room, which arrived at `receivedUs`.
   * @param {Uint8Array} bytes
   * @param {number} receivedUs
   */
  receive(bytes, receivedUs = this.clock()) {
    for (const payload of this.decoder.feed(bytes)) {
      try {
        this.obey(unpack(payload), receivedUs);
      } catch (error) {
        if (error instanceof Refusal) this.refuse(payload[0], error.reason, error.message);
        else if (error instanceof UnknownKindError) this.refuse(payload[0], wire.REFUSED_UNKNOWN, error.message);
        else if (error instanceof WireError) this.refuse(payload[0], wire.REFUSED_VALUE, error.message);
        else throw error;
      }
    }
  }

  /**
   * @param {ReturnType<typeof unpack>} message
   * @param {number} receivedUs
   */
  obey({ name, fields }, receivedUs) {
    switch (name) {
      case "SYNC_REQUEST":
        this.tell("SYNC_REPLY", {
          boot16: this.boot16, exchange: fields.exchange, received_us: receivedUs, sent_us: this.clock(),
        });
        break;
      case "HELLO_REQUEST": this.hello(fields); break;
      case "START": this.obeyStart(fields); break;
      case "STOP":
        this.turn();
        this.grid.stop();
        this.status();
        break;
      case "STATUS_REQUEST":
      case "IDENTIFY":
        // A page has no lamp to be found by: it says that it has heard.
        this.turn();
        this.status();
        break;
      case "RESEND": this.resend(fields); break;
      case "CONFIG_GET": this.configGet(fields.key); break;
      case "CONFIG_SET": this.configSet(); break;
      case "RESTART": this.restart(); break;
      default: throw new Refusal(wire.REFUSED_UNKNOWN, `${name} is for the dial to send`);
    }
  }

  /** @param {Messages["HELLO_REQUEST"]} fields */
  hello({ major, minor }) {
    if (major !== wire.PROTOCOL_MAJOR) {
      const mine = `${wire.PROTOCOL_MAJOR}.${wire.PROTOCOL_MINOR}`;
      throw new Refusal(
        wire.REFUSED_PROTOCOL, `this page speaks protocol ${mine}, the room ${major}.${minor}: load the page again`,
      );
    }
    const { low, high, step, detents } = this.scale;
    this.tell("HELLO", {
      major: wire.PROTOCOL_MAJOR, minor: wire.PROTOCOL_MINOR, boot: this.boot, unique_id: textBytes("page"),
      firmware: "page", board: "browser", interpreter: shortened(navigator.userAgent, 40),
      name: shortened(this.name, 32), knob: shortened(this.kindOfKnob, 16), tick_bits: 64, outbox: OUTBOX,
      min_rate_hz: 1, max_rate_hz: MAX_RATE_HZ, low, high, step, detents, pins: 0, radio: 0,
    });
  }

  /** @param {Messages["START"]} fields */
  obeyStart({ start, tick0_us, period_ns, correction }) {
    // The same start asked for again: its answer was lost, and the first record is still the first.
    if (!this.started || !this.grid.running || start !== this.start) {
      this.turn();
      this.grid.start(this.clock(), Number(tick0_us), period_ns, correction === 1);
      this.start = start;
      this.started = {
        boot16: this.boot16, start, first_seq: this.outbox.nextSeq, first_tick_us: this.grid.dueUs, period_ns,
      };
    }
    this.tell("STARTED", this.started);
  }

  /** Take every sample whose tick has come, and notice a detent on which the knob has come to rest. */
  turn() {
    const now = this.clock();
    while (this.grid.running && this.grid.dueUs <= now) {
      this.sample(this.grid.takenUs);
      this.grid.tick += 1;
    }
    // No sample asks for what came before the longest period.
    if (!this.grid.running) this.knob.forgetBefore(now - wire.MAX_PERIOD_NS / 1000);
    const { last, detent } = this.knob;
    if (now - last.us > SETTLED_US) {
      if (detent >= 0 && this.settledOn !== null && detent !== this.settledOn) {
        this.event(last.us, wire.EVENT_DETENT, detent);
      }
      this.settledOn = detent;
    }
  }

  /** @param {number} us */
  sample(us) {
    const periodUs = this.grid.periodNs / 1000;
    const count = Math.min(Math.max(Math.floor(periodUs / READING_US), 1), MAX_READINGS);
    let total = 0;
    let min = Infinity;
    let max = -Infinity;
    for (let back = count - 1; back >= 0; back--) {
      const { rating } = this.knob.at(us - (back * periodUs) / count);
      total += rating;
      min = Math.min(min, rating);
      max = Math.max(max, rating);
    }
    const { position, rating } = this.knob.at(us);
    const mean_milli = Math.round((total * 1000) / count);
    this.keep({ us, rating, mean_milli, min, max, n: count, raw: rawOf(position) });
    this.knob.forgetBefore(us - periodUs);
  }

  /**
   * An event is a record among samples: while none are taken, nothing is recorded.
   * @param {number} us
   * @param {number} event
   * @param {number} value
   */
  event(us, event, value) {
    if (this.grid.running) this.keep({ us, event, value });
  }

  /** @param {import("./outbox.js").DialRecord} record */
  keep(record) { this.tellRecord(this.outbox.add(record), 0); }

  /**
   * @param {number} seq
   * @param {number} flags
   */
  tellRecord(seq, flags) {
    const { us, ...record } = this.outbox.get(seq);
    const head = { boot16: this.boot16, seq, t_us: us };
    if ("event" in record) this.tell("EVENT", { ...head, ...record, flags: wire.FLAG_EVENT | flags });
    else this.tell("SAMPLE", { ...head, ...record, flags });
  }

  /** @param {Messages["RESEND"]} fields */
  resend({ first_seq, count }) {
    const { oldestSeq, nextSeq } = this.outbox;
    if (first_seq < oldestSeq) {
      const gone = Math.min(count, oldestSeq - first_seq);
      this.tell("GONE", { boot16: this.boot16, first_seq, count: gone });
    }
    const end = Math.min(first_seq + count, nextSeq);
    for (let seq = Math.max(first_seq, oldestSeq); seq < end; seq++) this.tellRecord(seq, wire.FLAG_RESENT);
  }

  status() {
    this.tell("STATUS", {
      boot16: this.boot16, t_us: this.clock(), state: this.grid.running ? wire.SAMPLING : wire.IDLE, start: this.start,
      oldest_seq: this.outbox.oldestSeq, next_seq: this.outbox.nextSeq, rating: this.rating, raw: this.knob.raw,
      missed_ticks: 0, bad_frames: this.decoder.badFrames, dropped_replies: 0, knob_state: wire.KNOB_OK, free_bytes: 0,
    });
  }

  /** @param {number} key */
  configGet(key) {
    if (key === wire.CONFIG_NAME) this.tell("CONFIG", { key, value: textBytes(shortened(this.name, 32)) });
    else if (key === wire.CONFIG_SCALE) this.tell("CONFIG", { key, value: packScale(this.scale) });
    else throw new Refusal(wire.REFUSED_VALUE, `a page has no setting with the key ${key}`);
  }

  configSet() {
    if (this.grid.running) throw new Refusal(wire.REFUSED_STATE, "settings stay as they are while a dial records");
    throw new Refusal(wire.REFUSED_VALUE, "a page's settings are those of its study");
  }

  restart() {
    if (this.grid.running) throw new Refusal(wire.REFUSED_STATE, "stop the recording before a restart");
    throw new Refusal(wire.REFUSED_UNKNOWN, "a page cannot be restarted from here: load it again");
  }

  /**
   * @param {number} of_kind
   * @param {number} reason
   * @param {string} text
   */
  refuse(of_kind, reason, text) { this.tell("REFUSED", { of_kind, reason, text: shortened(text, 160) }); }

  /**
   * @template {MessageName} Name
   * @param {Name} name
   * @param {Messages[Name]} fields
   */
  tell(name, fields) { this.send(encodeFrame(pack(name, fields))); }
}
