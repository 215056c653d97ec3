// @ts-check
// The link to the room: wire frames and messages over one WebSocket, opened again whenever it is lost.

import { nowUs } from "./page_clock.js";
import { PageDial } from "./page_dial.js";

const CLOCK = 0;
const KNOB = 1;
const REOPEN_MS = 500;

export class Link {
  // `onMessage` takes what the room says; `knob` ({scale, name, kind}) makes the page a dial.
  constructor({ path = "/ws", scale, knob, onMessage, onChange = (_up) => {} }) {
    this.path = path;
    this.onMessage = onMessage;
    this.onChange = onChange;
    this.closed = false;
    /** @type {WebSocket | null} */
    this.socket = null;
    const sendOn = (channel) => (bytes) => this.sendBytes(channel, bytes);
    this.clock = new PageDial({ send: sendOn(CLOCK), scale, name: "page clock", knob: "none" });
    this.dial = knob
      ? new PageDial({ send: sendOn(KNOB), scale, name: knob.name, knob: knob.kind })
      : null;
    this.open();
  }

  get boot() { return this.clock.boot; }
  get up() { return this.socket !== null && this.socket.readyState === WebSocket.OPEN; }

  open() {
    const socket = new WebSocket(`ws://${location.host}${location.pathname}${this.path.slice(1)}`);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = (event) => this.receive(event.data, nowUs());
    socket.onopen = () => this.onChange(true);
    socket.onclose = () => {
      this.onChange(false);
      if (!this.closed) setTimeout(() => this.open(), REOPEN_MS);
    };
  }

  receive(data, receivedUs) {
    if (typeof data === "string") {
      const message = JSON.parse(data);
      // Another tab has this sitting now: this one must not fight for it.
      if (message.taken || message.none) this.closed = true;
      this.onMessage(message);
      return;
    }
    const bytes = new Uint8Array(data);
    const dial = bytes[0] === CLOCK ? this.clock : this.dial;
    if (dial) dial.receive(bytes.subarray(1), receivedUs);
  }

  say(what, fields = {}) {
    if (this.socket && this.up) this.socket.send(JSON.stringify({ do: what, ...fields }));
  }

  sendBytes(channel, bytes) {
    if (!this.socket || !this.up) return;
    const message = new Uint8Array(bytes.length + 1);
    message[0] = channel;
    message.set(bytes, 1);
    this.socket.send(message);
  }

  close() {
    this.closed = true;
    if (this.socket) this.socket.close();
    this.clock.close();
    if (this.dial) this.dial.close();
  }
}
