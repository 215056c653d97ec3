// The page as a dial: the device's side of docs/protocol.md, with a slider, the keyboard or a gamepad for a knob.
//
// The knob's movements are kept with their times, so that a sample is the position at its tick, however late the page's timer
// came to take it (a tab in the background has slow timers).

import {
  CONFIG_NAME, CONFIG_SCALE, Decoder, EVENT_BUTTON, EVENT_DETENT, FLAG_EVENT, FLAG_RESENT, KIND, PROTOCOL, REFUSED,
  Reader, Writer,
} from "./wire.js";

const OUTBOX = 36000;
const READING_US = 20000;
const MAX_READINGS = 250;
const SETTLED_US = 300000;
const MAX_AHEAD_US = 300e6;
const FINE = 64;
const HOLD = FINE / 2 + 16;

// Microseconds on the page's own clock, whose zero is the page's loading.
export const nowUs = () => Math.round(performance.now() * 1000);

export class PageDial {
  // `send` takes the bytes of a frame. `scale`: {low, high, step, detents: [[rating, label]]}.
  constructor({ send, scale, name, knob, onIdentify = () => {} }) {
    this.send = send;
    this.scale = scale;
    this.name = name;
    this.knob = knob;
    this.onIdentify = onIdentify;
    this.boot = 0;
    while (!this.boot) this.boot = crypto.getRandomValues(new Uint32Array(1))[0];
    this.decoder = new Decoder();
    this.records = [];
    this.firstSeq = 0;
    this.start = 0;
    this.startedReply = null;
    this.sampling = false;
    this.tick0Us = 0;
    this.periodNs = 1e9;
    this.tick = 0;
    this.lastTickUs = -Infinity;
    const position = this.positionOf(0);
    this.moves = [{ us: -Infinity, position, rating: this.ratingOf(position) }];
    this.settledOn = null;
    this.timer = setInterval(() => this.turn(), 20);
  }

  get nextSeq() { return this.firstSeq + this.records.length; }
  get position() { return this.moves[this.moves.length - 1].position; }
  get rating() { return this.moves[this.moves.length - 1].rating; }

  // Positions are 0 (lowest rating) to 1 (highest).
  positionOf(rating) {
    const { low, high } = this.scale;
    return Math.min(Math.max((rating - low) / (high - low), 0), 1);
  }
  // The rating of a knob that came to `position` from `before`: what firmware/dial/calibrate.py settles on (a test compares them).
  ratingOf(position, before = null) {
    const { low, high, step } = this.scale;
    const at = Math.floor(((position * (high - low)) / step) * FINE + 0.5);
    const nearest = Math.floor((at + FINE / 2) / FINE);
    let index = nearest;
    if (before !== null) {
      index = (before - low) / step;
      const off = at - index * FINE;
      if (Math.abs(off) > HOLD) index = Math.abs(off) <= HOLD + FINE ? index + Math.sign(off) : nearest;
    }
    return low + index * step;
  }

  move(position, us = nowUs()) {
    position = Math.min(Math.max(position, 0), 1);
    const last = this.moves[this.moves.length - 1];
    if (position === last.position) return;
    // Times of input events may come a little out of order; a movement never precedes the one before it.
    this.moves.push({ us: Math.max(us, last.us), position, rating: this.ratingOf(position, last.rating) });
  }

  press(us = nowUs()) { this.record({ us, event: EVENT_BUTTON, value: 1, flags: FLAG_EVENT }); }

  receive(bytes, receivedUs = nowUs()) {
    for (const payload of this.decoder.feed(bytes)) {
      try {
        this.obey(payload[0], new Reader(payload), receivedUs);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        this.refuse(payload[0], REFUSED.VALUE, "the message is too short");
      }
    }
  }

  close() { clearInterval(this.timer); }

  obey(kind, read, receivedUs) {
    if (kind === KIND.HELLO_REQUEST) {
      if (read.u8() === PROTOCOL[0]) this.hello();
      else this.refuse(kind, REFUSED.PROTOCOL, `this page speaks protocol ${PROTOCOL.join(".")}`);
    } else if (kind === KIND.SYNC_REQUEST) {
      const exchange = read.u32();
      this.send(this.message(KIND.SYNC_REPLY).u32(exchange).u64(receivedUs).u64(nowUs()).frame());
    } else if (kind === KIND.START) {
      this.obeyStart(read);
    } else if (kind === KIND.STOP) {
      this.turn();
      this.sampling = false;
      this.status();
    } else if (kind === KIND.RESEND) {
      this.resend(read.u32(), read.u16());
    } else if (kind === KIND.STATUS_REQUEST) {
      this.turn();
      this.status();
    } else if (kind === KIND.IDENTIFY) {
      this.onIdentify(read.u8());
      this.status();
    } else if (kind === KIND.CONFIG_GET) {
      this.config(read.u8());
    } else {
      this.refuse(kind, kind === KIND.CONFIG_SET ? REFUSED.STATE : REFUSED.UNKNOWN, "a page has no such setting");
    }
  }

  obeyStart(read) {
    const start = read.u16();
    const tick0Us = read.u64();
    const periodNs = read.u32();
    const correction = read.u8();
    if (this.startedReply && start === this.start) {
      this.send(this.startedReply);
      return;
    }
    this.turn();
    const now = nowUs();
    if (tick0Us - now > MAX_AHEAD_US) {
      this.refuse(KIND.START, REFUSED.VALUE, "tick 0 lies more than 300 s ahead");
      return;
    }
    const next = correction && this.sampling
      ? Math.round(((this.dueUs() - tick0Us) * 1000) / periodNs)
      : Math.ceil(((now - tick0Us) * 1000) / periodNs);
    [this.start, this.tick0Us, this.periodNs] = [start, tick0Us, periodNs];
    this.tick = Math.max(next, correction && this.sampling ? -Math.floor((tick0Us * 1000) / periodNs) : 0);
    this.sampling = true;
    this.startedReply = this.message(KIND.STARTED).u16(start).u32(this.nextSeq).u64(this.dueUs()).u32(periodNs).frame();
    this.send(this.startedReply);
  }

  dueUs() { return Math.floor(this.tick0Us + (this.tick * this.periodNs) / 1000); }

  // Take every sample whose tick has come.
  turn() {
    const now = nowUs();
    while (this.sampling && this.dueUs() <= now) {
      this.sample(this.dueUs());
      this.tick += 1;
    }
    const last = this.moves[this.moves.length - 1];
    if (now - last.us > SETTLED_US) {
      const detent = this.scale.detents.findIndex(([at]) => at === last.rating);
      if (detent >= 0 && this.settledOn !== null && detent !== this.settledOn) {
        this.record({ us: last.us, event: EVENT_DETENT, value: detent, flags: FLAG_EVENT });
      }
      this.settledOn = detent;
    }
  }

  sample(us) {
    const periodUs = this.periodNs / 1000;
    const count = Math.min(Math.max(Math.floor(periodUs / READING_US), 1), MAX_READINGS);
    let total = 0;
    let low = Infinity;
    let high = -Infinity;
    for (let back = count - 1; back >= 0; back--) {
      const { rating } = this.moveAt(us - (back * periodUs) / count);
      total += rating;
      low = Math.min(low, rating);
      high = Math.max(high, rating);
    }
    const { position, rating } = this.moveAt(us);
    this.record({
      us, rating, mean: Math.round((total * 1000) / count), low, high, n: count,
      raw: Math.round(position * 65535), flags: 0,
    });
    // Movements before the readings of the next sample are done with, but for the last of them.
    const keepUs = us - periodUs;
    while (this.moves.length > 1 && this.moves[1].us <= keepUs) this.moves.shift();
  }

  moveAt(us) {
    for (let at = this.moves.length - 1; at > 0; at--) if (this.moves[at].us <= us) return this.moves[at];
    return this.moves[0];
  }

  record(record) {
    this.records.push(record);
    this.send(this.recordFrame(this.nextSeq - 1, 0));
    if (this.records.length > OUTBOX) {
      this.records.shift();
      this.firstSeq += 1;
    }
  }

  recordFrame(seq, flag) {
    const r = this.records[seq - this.firstSeq];
    if (r.event !== undefined) {
      return this.message(KIND.EVENT).u32(seq).u64(r.us).u8(r.event).u16(r.value).u8(r.flags | flag).frame();
    }
    return this.message(KIND.SAMPLE).u32(seq).u64(r.us).i16(r.rating).i32(r.mean).i16(r.low).i16(r.high).u8(r.n)
      .u16(r.raw).u8(r.flags | flag).frame();
  }

  resend(first, count) {
    if (first < this.firstSeq) {
      const gone = Math.min(count, this.firstSeq - first);
      this.send(this.message(KIND.GONE).u32(first).u32(gone).frame());
    }
    const end = Math.min(first + count, this.nextSeq);
    for (let seq = Math.max(first, this.firstSeq); seq < end; seq++) this.send(this.recordFrame(seq, FLAG_RESENT));
  }

  status() {
    this.send(
      this.message(KIND.STATUS).u64(nowUs()).u8(this.sampling ? 1 : 0).u16(this.start).u32(this.firstSeq)
        .u32(this.nextSeq).i16(this.rating).u16(Math.round(this.position * 65535)).u32(0).u32(this.decoder.badFrames)
        .u32(0).u8(0).u32(0).frame(),
    );
  }

  hello() {
    const { low, high, step } = this.scale;
    const hello = new Writer(KIND.HELLO).u8(PROTOCOL[0]).u8(PROTOCOL[1]).u32(this.boot)
      .blob(new TextEncoder().encode("page")).text("page", 24).text("browser", 32).text(navigator.userAgent, 40)
      .text(this.name, 32).text(this.knob, 16).u8(64).u16(OUTBOX).u16(1).u16(200).i16(low).i16(high).u16(step);
    this.writeDetents(hello);
    this.send(hello.u8(0).frame());
  }

  config(key) {
    if (key === CONFIG_NAME) {
      this.send(new Writer(KIND.CONFIG).u8(key).blob(new TextEncoder().encode(this.name)).frame());
    } else if (key === CONFIG_SCALE) {
      const { low, high, step } = this.scale;
      const value = new Writer(0).i16(low).i16(high).u16(step);
      this.writeDetents(value);
      this.send(new Writer(KIND.CONFIG).u8(key).blob(value.bytes.slice(1)).frame());
    } else {
      this.refuse(KIND.CONFIG_GET, REFUSED.VALUE, "a page has no such setting");
    }
  }

  writeDetents(writer) {
    writer.u8(this.scale.detents.length);
    for (const [rating, label] of this.scale.detents) writer.i16(rating).text(label, 40);
  }

  refuse(kind, reason, text) { this.send(new Writer(KIND.REFUSED).u8(kind).u8(reason).text(text, 160).frame()); }

  message(kind) { return new Writer(kind).u16(this.boot & 0xffff); }
}
