// Frames and fields of the dial's wire: docs/protocol.md is the text behind it, firmware/dialwire its other implementation.

export const KIND = {
  HELLO_REQUEST: 0x01, SYNC_REQUEST: 0x02, START: 0x03, STOP: 0x04, RESEND: 0x05, CONFIG_GET: 0x06, CONFIG_SET: 0x07,
  STATUS_REQUEST: 0x08, RESTART: 0x09, IDENTIFY: 0x0a, HELLO: 0x81, SYNC_REPLY: 0x82, STARTED: 0x83, SAMPLE: 0x84,
  EVENT: 0x85, STATUS: 0x86, CONFIG: 0x87, REFUSED: 0x88, LOG: 0x89, GONE: 0x8a,
};
export const PROTOCOL = [1, 1];
export const FLAG_RESENT = 4;
export const FLAG_EVENT = 128;
export const EVENT_DETENT = 1;
export const EVENT_BUTTON = 2;
export const REFUSED = { PROTOCOL: 1, VALUE: 2, STATE: 3, UNKNOWN: 4 };
export const CONFIG_NAME = 1;
export const CONFIG_SCALE = 2;
const MAX_STUFFED = 406;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n >>> 0;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

// A payload as the frame that carries it: 00, payload and CRC-32 stuffed by COBS, 00.
export function encodeFrame(payload) {
  const body = new Uint8Array(payload.length + 4);
  body.set(payload);
  new DataView(body.buffer).setUint32(payload.length, crc32(payload), true);
  const out = [0];
  let codeAt = out.push(0) - 1;
  for (const byte of body) {
    if (byte !== 0) out.push(byte);
    if (byte === 0 || out.length - codeAt === 255) {
      out[codeAt] = out.length - codeAt;
      codeAt = out.push(0) - 1;
    }
  }
  out[codeAt] = out.length - codeAt;
  out.push(0);
  return Uint8Array.from(out);
}

function decodeChunk(chunk) {
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
  if (out.length <= 4) return null;
  const body = Uint8Array.from(out.slice(0, -4));
  const tail = new DataView(Uint8Array.from(out.slice(-4)).buffer).getUint32(0, true);
  return crc32(body) === tail ? body : null;
}

// Finds the frames in a stream of bytes, however it is cut, and counts what was none.
export class Decoder {
  constructor() {
    this.badFrames = 0;
    this.chunk = [];
  }

  feed(data) {
    const payloads = [];
    for (const byte of data) {
      if (byte !== 0) {
        if (this.chunk.length <= MAX_STUFFED) this.chunk.push(byte);
        continue;
      }
      if (this.chunk.length) {
        const payload = this.chunk.length > MAX_STUFFED ? null : decodeChunk(this.chunk);
        if (payload) payloads.push(payload);
        else this.badFrames += 1;
      }
      this.chunk = [];
    }
    return payloads;
  }
}

// Fields in their order, little-endian.
export class Writer {
  constructor(kind) {
    this.bytes = [kind];
  }
  u8(value) { this.bytes.push(value & 0xff); return this; }
  u16(value) { return this.u8(value).u8(value >> 8); }
  i16(value) { return this.u16(value); }
  u32(value) { return this.u16(value & 0xffff).u16(value >>> 16); }
  i32(value) { return this.u32(value >>> 0); }
  u64(value) { return this.u32(value % 4294967296).u32(Math.floor(value / 4294967296)); }
  blob(bytes) { this.u8(bytes.length); this.bytes.push(...bytes); return this; }
  text(text, most) { return this.blob(textBytes(text, most)); }
  frame() { return encodeFrame(Uint8Array.from(this.bytes)); }
}

function textBytes(text, most) {
  let bytes = new TextEncoder().encode(text);
  while (bytes.length > most) {
    text = [...text].slice(0, -1).join("");
    bytes = new TextEncoder().encode(text);
  }
  return bytes;
}

export class Reader {
  constructor(payload) {
    this.view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
    this.at = 1;
  }
  u8() { return this.view.getUint8((this.at += 1) - 1); }
  u16() { return this.view.getUint16((this.at += 2) - 2, true); }
  u32() { return this.view.getUint32((this.at += 4) - 4, true); }
  u64() { const low = this.u32(); return low + this.u32() * 4294967296; }
}
