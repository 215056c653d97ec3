// @ts-check
// Messages packed and unpacked by the table of the wire, with its ranges. The firmware's: dialwire/message.py.

import { WireError } from "./frame.js";
import { KIND, MAX_DETENTS, MAX_DETENT_BYTES, MAX_LABEL_BYTES, MESSAGES, RATING, SIZES } from "./wire.js";

/** @typedef {import("./wire.js").Messages} Messages */
/** @typedef {import("./wire.js").MessageName} MessageName */
/** @typedef {import("./wire.js").Field} Field */
/** @typedef {[number, string][]} Detents */

const NAMES = new Map(Object.entries(KIND).map(([name, kind]) => [kind, /** @type {MessageName} */ (name)]));

/** A kind of message that this version does not know. */
export class UnknownKindError extends WireError {}

/** @param {string} text */
export function textBytes(text) {
  if (/\p{Surrogate}/u.test(text)) throw new WireError(`the text ${JSON.stringify(text)} has no UTF-8`);
  return new TextEncoder().encode(text);
}

/**
 * As much of `text` from its beginning as fits into `most` bytes.
 * @param {string} text
 * @param {number} most
 */
export function shortened(text, most) {
  const characters = [...text.replace(/\p{Surrogate}/gu, "\ufffd")];
  while (textBytes(characters.join("")).length > most) characters.pop();
  return characters.join("");
}

/**
 * @param {string} what
 * @param {unknown} value
 * @param {number | bigint} low
 * @param {number | bigint} high
 */
function check(what, value, low, high) {
  const whole = typeof value === "bigint" || Number.isInteger(value);
  if (!whole || /** @type {number} */ (value) < low || /** @type {number} */ (value) > high) {
    throw new WireError(`${what} is ${value}, not a whole number from ${low} to ${high}`);
  }
}

/** Bytes of a message, written in their order. */
class Writer {
  constructor() {
    /** @type {number[]} */
    this.bytes = [];
  }

  /**
   * @param {keyof typeof SIZES} form
   * @param {number | bigint} value
   */
  number(form, value) {
    let rest = BigInt.asUintN(8 * SIZES[form], BigInt(value));
    for (let byte = 0; byte < SIZES[form]; byte++) {
      this.bytes.push(Number(rest & 255n));
      rest >>= 8n;
    }
  }

  /** @param {Uint8Array} data */
  blob(data) { this.bytes.push(data.length, ...data); }

  /** @param {Detents} detents */
  detents(detents) {
    if (detents.length > MAX_DETENTS) throw new WireError(`${detents.length} detents, at most ${MAX_DETENTS} fit`);
    const before = this.bytes.push(detents.length);
    for (const [rating, label] of detents) {
      const data = textBytes(label);
      checkDetent(rating, data);
      this.number("h", rating);
      this.blob(data);
    }
    checkDetentsBytes(this.bytes.length - before);
  }
}

/**
 * @param {number} rating
 * @param {Uint8Array} label
 */
function checkDetent(rating, label) {
  check("detent.rating", rating, -RATING, RATING);
  if (label.length === 0 || label.length > MAX_LABEL_BYTES) {
    throw new WireError(`a label is ${label.length} bytes long, 1 to ${MAX_LABEL_BYTES} fit`);
  }
}

/** @param {number} total */
function checkDetentsBytes(total) {
  if (total > MAX_DETENT_BYTES) throw new WireError(`the detents take ${total} bytes, at most ${MAX_DETENT_BYTES} fit`);
}

/** The bytes of a payload, read in their order. */
class Reader {
  /**
   * @param {Uint8Array} payload
   * @param {string} message
   */
  constructor(payload, message) {
    this.payload = payload;
    this.view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    this.message = message;
    this.at = 1;
  }

  get atEnd() { return this.at === this.payload.length; }

  /**
   * @param {keyof typeof SIZES} form
   * @param {string} name
   */
  number(form, name) {
    const { view, at } = this;
    if (at + SIZES[form] > this.payload.length) throw new WireError(`${this.message} ends before ${name}`);
    this.at += SIZES[form];
    if (form === "Q") {
      const value = view.getBigUint64(at, true);
      return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
    }
    if (form === "B") return view.getUint8(at);
    if (form === "H") return view.getUint16(at, true);
    if (form === "h") return view.getInt16(at, true);
    return form === "I" ? view.getUint32(at, true) : view.getInt32(at, true);
  }

  blob() {
    const { payload, at } = this;
    if (at >= payload.length || at + 1 + payload[at] > payload.length) {
      throw new WireError(`${this.message} ends inside a text`);
    }
    this.at = at + 1 + payload[at];
    return payload.slice(at + 1, this.at);
  }

  /** @param {Uint8Array} data */
  text(data) {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    } catch {
      throw new WireError(`a text in ${this.message} is not UTF-8`);
    }
  }

  detents() {
    if (this.at >= this.payload.length) throw new WireError("a message ends before its detents");
    const count = this.payload[this.at];
    if (count > MAX_DETENTS) throw new WireError(`${count} detents, at most ${MAX_DETENTS} fit`);
    const first = (this.at += 1);
    /** @type {Detents} */
    const detents = [];
    for (let n = 0; n < count; n++) {
      const rating = Number(this.number("h", "its detents"));
      const label = this.blob();
      checkDetent(rating, label);
      detents.push([rating, this.text(label)]);
    }
    checkDetentsBytes(this.at - first);
    return detents;
  }
}

/**
 * The payload of a message. Throws `WireError` where a field is missing, unknown or out of its range.
 * @template {MessageName} Name
 * @param {Name} name
 * @param {Messages[Name]} fields
 */
export function pack(name, fields) {
  const rows = MESSAGES[name];
  const given = /** @type {Record<string, any>} */ (fields);
  const count = Object.keys(given).length;
  if (count !== rows.length) throw new WireError(`${name} takes ${rows.length} fields, ${count} given`);
  const writer = new Writer();
  writer.bytes.push(KIND[name]);
  for (const row of rows) {
    if (!(row.name in given)) throw new WireError(`${name} lacks ${row.name}`);
    packField(writer, name, row, given[row.name]);
  }
  return Uint8Array.from(writer.bytes);
}

/**
 * @param {Writer} writer
 * @param {MessageName} message
 * @param {Field} field
 * @param {any} value
 */
function packField(writer, message, { name, form, low, high }, value) {
  if (form === "detents") {
    writer.detents(value);
  } else if (form === "text" || form === "blob") {
    const data = form === "text" ? textBytes(value) : value;
    checkLength(message, name, data, high);
    writer.blob(data);
  } else {
    check(`${message}.${name}`, value, low, high);
    writer.number(form, value);
  }
}

/**
 * @param {MessageName} message
 * @param {string} name
 * @param {Uint8Array} data
 * @param {number | bigint} high
 */
function checkLength(message, name, data, high) {
  if (data.length > high) throw new WireError(`${message}.${name} is ${data.length} bytes long, at most ${high} fit`);
}

/**
 * The message in a payload: its name and its fields. Bytes behind the last known field are ignored; a field that an
 * older minor version does not send has its default. Throws `UnknownKindError`, and `WireError` for a payload that is
 * too short or holds a value out of its range.
 * @param {Uint8Array} payload
 * @returns {{ [Name in MessageName]: { name: Name, fields: Messages[Name] } }[MessageName]}
 */
export function unpack(payload) {
  if (!payload.length) throw new WireError("an empty payload");
  const name = NAMES.get(payload[0]);
  if (!name) throw new UnknownKindError(`unknown message kind 0x${payload[0].toString(16).padStart(2, "0")}`);
  const reader = new Reader(payload, name);
  /** @type {any} */
  const fields = {};
  for (const row of MESSAGES[name]) {
    fields[row.name] = reader.atEnd && row.fallback !== undefined ? row.fallback : unpackField(reader, name, row);
  }
  return /** @type {any} */ ({ name, fields });
}

/**
 * @param {Reader} reader
 * @param {MessageName} message
 * @param {Field} field
 */
function unpackField(reader, message, { name, form, low, high }) {
  if (form === "detents") return reader.detents();
  if (form === "text" || form === "blob") {
    const data = reader.blob();
    checkLength(message, name, data, high);
    return form === "text" ? reader.text(data) : data;
  }
  const value = reader.number(form, name);
  check(`${message}.${name}`, value, low, high);
  return value;
}

/**
 * A scale as the value of CONFIG_SCALE.
 * @param {Scale} scale
 */
export function packScale({ low, high, step, detents }) {
  check("scale.low", low, -RATING, RATING);
  check("scale.high", high, -RATING, RATING);
  check("scale.step", step, 1, 2 * RATING);
  const writer = new Writer();
  writer.number("h", low);
  writer.number("h", high);
  writer.number("H", step);
  writer.detents(detents);
  return Uint8Array.from(writer.bytes);
}

/** @typedef {{ low: number, high: number, step: number, detents: Detents }} Scale */
