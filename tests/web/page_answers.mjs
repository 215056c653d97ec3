// Gives a page's dial the steps that are told on stdin and prints its frames after each, in hex. A scenario is
// {name, scale, capacity, us, position, steps: [{us} | {bytes} | {press: true}, …]}; `us` is what the clock shows then.

import { readFileSync } from "node:fs";

const code = (name) => import(new URL(`dial/${name}`, process.argv[2]));
const { PageDial } = await code("page_dial.js");
const { Outbox } = await code("outbox.js");

function play({ name, scale, capacity, us, position, steps }) {
  let now = us;
  let sent = [];
  const send = (bytes) => sent.push(Buffer.from(bytes).toString("hex"));
  const dial = new PageDial({ send, scale, name, knob: "mouse", clock: () => now });
  dial.close();
  dial.outbox = new Outbox(capacity);
  dial.move(position, -Infinity);
  return steps.map((step) => {
    sent = [];
    if ("us" in step) now = step.us;
    else if ("bytes" in step) dial.receive(Buffer.from(step.bytes, "hex"));
    else dial.press();
    dial.turn();
    return sent;
  });
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(play)));
