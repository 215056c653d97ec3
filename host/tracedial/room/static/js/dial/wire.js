// @ts-check
// Made by tools/wire_js.py from firmware/dialwire: change the table there, then run the script again.
// docs/protocol.md is the text behind it.

/**
 * @typedef {object} Messages The fields of each message.
 * @property {{ major: number, minor: number }} HELLO_REQUEST
 * @property {{ exchange: number }} SYNC_REQUEST
 * @property {{ start: number, tick0_us: number | bigint, period_ns: number, correction: number }} START
 * @property {{}} STOP
 * @property {{ first_seq: number, count: number }} RESEND
 * @property {{ key: number }} CONFIG_GET
 * @property {{ key: number, value: Uint8Array }} CONFIG_SET
 * @property {{}} STATUS_REQUEST
 * @property {{ into: number }} RESTART
 * @property {{ seconds: number }} IDENTIFY
 * @property {{ major: number, minor: number, host_id: Uint8Array, nonce: Uint8Array }} KNOCK
 * @property {{ proof: Uint8Array }} PROOF
 * @property {{ counter: number, piece: Uint8Array, tag: Uint8Array }} SEALED_TO_DIAL
 * @property {{ major: number, minor: number, boot: number, unique_id: Uint8Array, firmware: string, board: string,
 *   interpreter: string, name: string, knob: string, tick_bits: number, outbox: number, min_rate_hz: number,
 *   max_rate_hz: number, low: number, high: number, step: number, detents: [number, string][], pins: number,
 *   radio: number }} HELLO
 * @property {{ boot16: number, exchange: number, received_us: number | bigint, sent_us: number | bigint }} SYNC_REPLY
 * @property {{ boot16: number, start: number, first_seq: number, first_tick_us: number | bigint,
 *   period_ns: number }} STARTED
 * @property {{ boot16: number, seq: number, t_us: number | bigint, rating: number, mean_milli: number, min: number,
 *   max: number, n: number, raw: number, flags: number }} SAMPLE
 * @property {{ boot16: number, seq: number, t_us: number | bigint, event: number, value: number,
 *   flags: number }} EVENT
 * @property {{ boot16: number, t_us: number | bigint, state: number, start: number, oldest_seq: number,
 *   next_seq: number, rating: number, raw: number, missed_ticks: number, bad_frames: number,
 *   dropped_replies: number, knob_state: number, free_bytes: number }} STATUS
 * @property {{ key: number, value: Uint8Array }} CONFIG
 * @property {{ of_kind: number, reason: number, text: string }} REFUSED
 * @property {{ level: number, text: string }} LOG
 * @property {{ boot16: number, first_seq: number, count: number }} GONE
 * @property {{ unique_id: Uint8Array, cipher: number, nonce: Uint8Array, proof: Uint8Array }} CHALLENGE
 * @property {{ counter: number, piece: Uint8Array, tag: Uint8Array }} SEALED_TO_HOST
 *
 * @typedef {keyof Messages} MessageName
 * @typedef {"B" | "H" | "h" | "I" | "i" | "Q" | "text" | "blob" | "detents"} Form
 *
 * @typedef {object} Field
 * @property {string} name
 * @property {Form} form
 * @property {number | bigint} low
 * @property {number | bigint} high
 * @property {number} [fallback] What is taken where an older sender ends before the field.
 */

export const MAX_PAYLOAD = 400;
export const CRC_BYTES = 4;
export const MAX_STUFFED = 406;
export const MAX_DETENTS = 16;
export const MAX_LABEL_BYTES = 40;
export const MAX_DETENT_BYTES = 200;
export const PROTOCOL_MAJOR = 1;
export const PROTOCOL_MINOR = 2;
export const RATING = 10000;
export const MIN_PERIOD_NS = 4900000;
export const MAX_PERIOD_NS = 1020000000;
export const IDLE = 0;
export const SAMPLING = 1;
export const FLAG_CLIPPED = 1;
export const FLAG_LATE = 2;
export const FLAG_RESENT = 4;
export const FLAG_FAULT = 8;
export const FLAG_UNHOMED = 16;
export const FLAG_EVENT = 128;
export const EVENT_DETENT = 1;
export const EVENT_BUTTON = 2;
export const EVENT_FAULT = 3;
export const EVENT_HOME = 4;
export const EVENT_SYNC_IN = 5;
export const EVENT_SYNC_OUT = 6;
export const EVENT_SYNC_FLOOD = 7;
export const KNOB_OK = 0;
export const KNOB_FAULT = 1;
export const KNOB_UNHOMED = 2;
export const REFUSED_PROTOCOL = 1;
export const REFUSED_VALUE = 2;
export const REFUSED_STATE = 3;
export const REFUSED_UNKNOWN = 4;
export const REFUSED_BUSY = 5;
export const REFUSED_STRANGER = 6;
export const CONFIG_NAME = 1;
export const CONFIG_SCALE = 2;
export const CONFIG_CALIBRATION = 3;
export const CONFIG_OPTIONS = 4;
export const CONFIG_NOISE = 5;
export const CONFIG_HOSTS = 6;
export const CONFIG_RADIO = 7;

/** @type {Record<MessageName, number>} */
export const KIND = {
  HELLO_REQUEST: 1,
  SYNC_REQUEST: 2,
  START: 3,
  STOP: 4,
  RESEND: 5,
  CONFIG_GET: 6,
  CONFIG_SET: 7,
  STATUS_REQUEST: 8,
  RESTART: 9,
  IDENTIFY: 10,
  KNOCK: 11,
  PROOF: 12,
  SEALED_TO_DIAL: 13,
  HELLO: 129,
  SYNC_REPLY: 130,
  STARTED: 131,
  SAMPLE: 132,
  EVENT: 133,
  STATUS: 134,
  CONFIG: 135,
  REFUSED: 136,
  LOG: 137,
  GONE: 138,
  CHALLENGE: 139,
  SEALED_TO_HOST: 140,
};

// Bytes of each type of number, by struct's letter.
export const SIZES = { B: 1, H: 2, h: 2, I: 4, i: 4, Q: 8 };

/** @type {Record<MessageName, Field[]>} */
export const MESSAGES = {
  HELLO_REQUEST: [
    { name: "major", form: "B", low: 0, high: 255 },
    { name: "minor", form: "B", low: 0, high: 255 },
  ],
  SYNC_REQUEST: [
    { name: "exchange", form: "I", low: 0, high: 4294967295 },
  ],
  START: [
    { name: "start", form: "H", low: 0, high: 65535 },
    { name: "tick0_us", form: "Q", low: 0, high: 18446744073709551615n },
    { name: "period_ns", form: "I", low: 4900000, high: 1020000000 },
    { name: "correction", form: "B", low: 0, high: 1 },
  ],
  STOP: [],
  RESEND: [
    { name: "first_seq", form: "I", low: 0, high: 4294967295 },
    { name: "count", form: "H", low: 1, high: 65535 },
  ],
  CONFIG_GET: [
    { name: "key", form: "B", low: 0, high: 255 },
  ],
  CONFIG_SET: [
    { name: "key", form: "B", low: 0, high: 255 },
    { name: "value", form: "blob", low: 0, high: 255 },
  ],
  STATUS_REQUEST: [],
  RESTART: [
    { name: "into", form: "B", low: 0, high: 2 },
  ],
  IDENTIFY: [
    { name: "seconds", form: "B", low: 0, high: 60 },
  ],
  KNOCK: [
    { name: "major", form: "B", low: 0, high: 255 },
    { name: "minor", form: "B", low: 0, high: 255 },
    { name: "host_id", form: "blob", low: 0, high: 8 },
    { name: "nonce", form: "blob", low: 0, high: 16 },
  ],
  PROOF: [
    { name: "proof", form: "blob", low: 0, high: 16 },
  ],
  SEALED_TO_DIAL: [
    { name: "counter", form: "I", low: 0, high: 4294967295 },
    { name: "piece", form: "blob", low: 0, high: 192 },
    { name: "tag", form: "blob", low: 0, high: 8 },
  ],
  HELLO: [
    { name: "major", form: "B", low: 0, high: 255 },
    { name: "minor", form: "B", low: 0, high: 255 },
    { name: "boot", form: "I", low: 1, high: 4294967295 },
    { name: "unique_id", form: "blob", low: 0, high: 16 },
    { name: "firmware", form: "text", low: 0, high: 24 },
    { name: "board", form: "text", low: 0, high: 32 },
    { name: "interpreter", form: "text", low: 0, high: 40 },
    { name: "name", form: "text", low: 0, high: 32 },
    { name: "knob", form: "text", low: 0, high: 16 },
    { name: "tick_bits", form: "B", low: 16, high: 64 },
    { name: "outbox", form: "H", low: 1, high: 65535 },
    { name: "min_rate_hz", form: "H", low: 1, high: 65535 },
    { name: "max_rate_hz", form: "H", low: 1, high: 65535 },
    { name: "low", form: "h", low: -10000, high: 10000 },
    { name: "high", form: "h", low: -10000, high: 10000 },
    { name: "step", form: "H", low: 1, high: 20000 },
    { name: "detents", form: "detents", low: -10000, high: 10000 },
    { name: "pins", form: "B", low: 0, high: 255, fallback: 0 },
    { name: "radio", form: "B", low: 0, high: 255, fallback: 0 },
  ],
  SYNC_REPLY: [
    { name: "boot16", form: "H", low: 0, high: 65535 },
    { name: "exchange", form: "I", low: 0, high: 4294967295 },
    { name: "received_us", form: "Q", low: 0, high: 18446744073709551615n },
    { name: "sent_us", form: "Q", low: 0, high: 18446744073709551615n },
  ],
  STARTED: [
    { name: "boot16", form: "H", low: 0, high: 65535 },
    { name: "start", form: "H", low: 0, high: 65535 },
    { name: "first_seq", form: "I", low: 0, high: 4294967295 },
    { name: "first_tick_us", form: "Q", low: 0, high: 18446744073709551615n },
    { name: "period_ns", form: "I", low: 4900000, high: 1020000000 },
  ],
  SAMPLE: [
    { name: "boot16", form: "H", low: 0, high: 65535 },
    { name: "seq", form: "I", low: 0, high: 4294967295 },
    { name: "t_us", form: "Q", low: 0, high: 18446744073709551615n },
    { name: "rating", form: "h", low: -10000, high: 10000 },
    { name: "mean_milli", form: "i", low: -10000000, high: 10000000 },
    { name: "min", form: "h", low: -10000, high: 10000 },
    { name: "max", form: "h", low: -10000, high: 10000 },
    { name: "n", form: "B", low: 1, high: 255 },
    { name: "raw", form: "H", low: 0, high: 65535 },
    { name: "flags", form: "B", low: 0, high: 255 },
  ],
  EVENT: [
    { name: "boot16", form: "H", low: 0, high: 65535 },
    { name: "seq", form: "I", low: 0, high: 4294967295 },
    { name: "t_us", form: "Q", low: 0, high: 18446744073709551615n },
    { name: "event", form: "B", low: 0, high: 255 },
    { name: "value", form: "H", low: 0, high: 65535 },
    { name: "flags", form: "B", low: 0, high: 255 },
  ],
  STATUS: [
    { name: "boot16", form: "H", low: 0, high: 65535 },
    { name: "t_us", form: "Q", low: 0, high: 18446744073709551615n },
    { name: "state", form: "B", low: 0, high: 1 },
    { name: "start", form: "H", low: 0, high: 65535 },
    { name: "oldest_seq", form: "I", low: 0, high: 4294967295 },
    { name: "next_seq", form: "I", low: 0, high: 4294967295 },
    { name: "rating", form: "h", low: -10000, high: 10000 },
    { name: "raw", form: "H", low: 0, high: 65535 },
    { name: "missed_ticks", form: "I", low: 0, high: 4294967295 },
    { name: "bad_frames", form: "I", low: 0, high: 4294967295 },
    { name: "dropped_replies", form: "I", low: 0, high: 4294967295 },
    { name: "knob_state", form: "B", low: 0, high: 2, fallback: 0 },
    { name: "free_bytes", form: "I", low: 0, high: 4294967295, fallback: 0 },
  ],
  CONFIG: [
    { name: "key", form: "B", low: 0, high: 255 },
    { name: "value", form: "blob", low: 0, high: 255 },
  ],
  REFUSED: [
    { name: "of_kind", form: "B", low: 0, high: 255 },
    { name: "reason", form: "B", low: 0, high: 255 },
    { name: "text", form: "text", low: 0, high: 160 },
  ],
  LOG: [
    { name: "level", form: "B", low: 0, high: 255 },
    { name: "text", form: "text", low: 0, high: 200 },
  ],
  GONE: [
    { name: "boot16", form: "H", low: 0, high: 65535 },
    { name: "first_seq", form: "I", low: 0, high: 4294967295 },
    { name: "count", form: "I", low: 1, high: 4294967295 },
  ],
  CHALLENGE: [
    { name: "unique_id", form: "blob", low: 0, high: 16 },
    { name: "cipher", form: "B", low: 0, high: 1 },
    { name: "nonce", form: "blob", low: 0, high: 16 },
    { name: "proof", form: "blob", low: 0, high: 16 },
  ],
  SEALED_TO_HOST: [
    { name: "counter", form: "I", low: 0, high: 4294967295 },
    { name: "piece", form: "blob", low: 0, high: 192 },
    { name: "tag", form: "blob", low: 0, high: 8 },
  ],
};
