// The recorded vectors on the page's code, field by field: `node --test tests/web/wire.test.mjs`.
// tests/wire/vector_check.py holds the firmware to the same lines.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const ROOT = new URL("../../", import.meta.url);
const code = (name) => import(new URL(`host/tracedial/room/static/js/dial/${name}`, ROOT));
const { Decoder, WireError, encodeFrame } = await code("frame.js");
const { pack, unpack } = await code("message.js");
const { MESSAGES } = await code("wire.js");

const toHex = (bytes) => Buffer.from(bytes).toString("hex");
const fromHex = (text) => Uint8Array.from(Buffer.from(text, "hex"));

// The fields of a vector as the page holds them, with the defaults of those that its sender did not know.
const fieldsOf = ({ message, fields }) => Object.fromEntries(MESSAGES[message].map(({ name, form, fallback }) => {
  if (!(name in fields)) return [name, fallback];
  return [name, form === "blob" ? fromHex(fields[name]) : fields[name]];
}));

function checkGood(vector) {
  const { message, frame } = vector;
  const fields = fieldsOf(vector);
  const payloads = new Decoder().feed(fromHex(frame));
  assert.equal(payloads.length, 1);
  assert.deepEqual(unpack(payloads[0]), { name: message, fields });
  const isOlder = Object.keys(vector.fields).length < MESSAGES[message].length;
  if (!isOlder) assert.equal(toHex(encodeFrame(pack(message, fields))), frame);
}

function checkStream({ stream, says }) {
  const decoder = new Decoder();
  const said = decoder.feed(fromHex(stream)).map((payload) => {
    try {
      return unpack(payload).name;
    } catch (error) {
      assert.ok(error instanceof WireError);
      return error.message;
    }
  });
  assert.deepEqual([said, decoder.frames, decoder.badFrames, decoder.droppedBytes], says);
}

const lines = readFileSync(new URL("tests/vectors/wire_v1.jsonl", ROOT), "utf8").split("\n");
for (const line of lines.filter((one) => one.trim())) {
  const vector = JSON.parse(line);
  test(vector.name, () => {
    if (vector.stream !== undefined) checkStream(vector);
    else if (vector.frame !== undefined) checkGood(vector);
    else assert.throws(() => pack(vector.message, fieldsOf(vector)), WireError);
  });
}
