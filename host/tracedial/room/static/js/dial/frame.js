// @ts-check
// Frames: 00, then payload and CRC-32 (little-endian) stuffed by COBS, then 00. The firmware's: dialwire/frame.py.

import { CRC_BYTES, MAX_PAYLOAD, MAX_STUFFED } from "./wire.js";

/** A value that the wire cannot hold, or bytes that are no message. The text names the field, the value, the limits. */
export class WireError extends Error {}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

/** @param {Iterable<number>} bytes */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/**
 * The frame that carries `payload`, 1 to MAX_PAYLOAD bytes.
 * @param {Uint8Array} payload
 */
export function encodeFrame(payload) {
  const { length } = payload;
  if (length === 0 || length > MAX_PAYLOAD) {
    throw new WireError(`a payload of ${length} bytes does not fit a frame (1 to ${MAX_PAYLOAD})`);
  }
  const body = new Uint8Array(length + CRC_BYTES);
  body.set(payload);
  new DataView(body.buffer).setUint32(length, crc32(payload), true);
  return Uint8Array.from([0, ...stuff(body), 0]);
}

/** @param {Uint8Array} body */
function stuff(body) {
  const out = [0];
  let codeAt = 0;
  for (const byte of body) {
    if (byte !== 0) out.push(byte);
    if (byte === 0 || out.length - codeAt === 255) {
      out[codeAt] = out.length - codeAt;
      codeAt = out.push(0) - 1;
    }
  }
  out[codeAt] = out.length - codeAt;
  return out;
}

/**
 * What stood between two zero bytes, without its stuffing; null if it cannot be the result of `stuff`.
 * @param {number[]} chunk
 */
function unstuff(chunk) {
  const out = [];
  let at = 0;
  while (at < chunk.length) {
    const code = chunk[at];
    const end = at + code;
    if (code === 0 || end > chunk.length) return null;
    for (let i = at + 1; i < end; i++) out.push(chunk[i]);
    at = end;
    if (code < 255 && at < chunk.length) out.push(0);
  }
  return Uint8Array.from(out);
}

/** @param {number[]} chunk */
function decodeChunk(chunk) {
  const data = unstuff(chunk);
  if (!data || data.length <= CRC_BYTES || data.length > MAX_PAYLOAD + CRC_BYTES) return null;
  const end = data.length - CRC_BYTES;
  const body = data.slice(0, end);
  return new DataView(data.buffer).getUint32(end, true) === crc32(body) ? body : null;
}

/** Finds the frames in a stream of bytes, however it is cut, and counts what was none. */
export class Decoder {
  constructor() {
    this.frames = 0;
    // Runs of bytes between two zeros that were no frame, and all bytes that belonged to none.
    this.badFrames = 0;
    this.droppedBytes = 0;
    /** @type {number[]} */
    this.chunk = [];
    this.length = 0;
  }

  /**
   * Take in bytes; returns the payloads that they complete, in order.
   * @param {Iterable<number>} data
   */
  feed(data) {
    /** @type {Uint8Array[]} */
    const payloads = [];
    for (const byte of data) {
      if (byte === 0) {
        this.close(payloads);
      } else {
        this.length += 1;
        if (this.length <= MAX_STUFFED) this.chunk.push(byte);
      }
    }
    return payloads;
  }

  /** @param {Uint8Array[]} payloads */
  close(payloads) {
    if (this.length) {
      const payload = this.length > MAX_STUFFED ? null : decodeChunk(this.chunk);
      if (payload) {
        this.frames += 1;
        payloads.push(payload);
      } else {
        this.badFrames += 1;
        this.droppedBytes += this.length;
      }
    }
    this.chunk = [];
    this.length = 0;
  }
}
