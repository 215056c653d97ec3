"""The link to a page: wire frames over its WebSocket, as over a serial port.

A page speaks the dial's protocol twice (`docs/protocol.md`): on channel `CLOCK` it is a dial that is never started,
whose sync exchanges tell its clock; on channel `KNOB` it is the dial itself, where slider, keyboard or gamepad is the
knob. So the code that aligns a dial's clock aligns the page's, and what a page rates is journalled like any dial's.
"""

import queue
from collections.abc import Callable

from tracedial.errors import LinkError
from tracedial.link.stream import READ_TIMEOUT_S, Stream

CLOCK, KNOB = 0, 1
MAX_WAITING = 10_000
"""Messages of a page that wait to be read; each is a frame or a few."""
PORTS = {CLOCK: "page:clock", KNOB: "page:knob"}


class PageStream:
    """One channel of one page. Bytes come in by `feed`, in the server's thread, and go out through `send`."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._arrived: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._gone = False

    def feed(self, data: bytes) -> None:
        """Take in what the page sent, as far as there is room: a page that floods loses frames, as on any line."""
        if self._arrived.qsize() < MAX_WAITING:
            self._arrived.put(data)

    def end(self) -> None:
        """The page has gone."""
        self._gone = True
        self._arrived.put(None)

    def read(self) -> bytes:
        """What has come in, or nothing after a while. Raises `LinkError` once the page has gone."""
        try:
            data = self._arrived.get(timeout=READ_TIMEOUT_S)
        except queue.Empty:
            data = b""
        if data is None or self._gone:
            raise LinkError("page", "The page was closed.")
        return data

    def write(self, data: bytes) -> None:
        """Send a frame."""
        if self._gone:
            raise LinkError("page", "The page was closed.")
        self._send(data)

    def close(self) -> None:
        """Stop listening."""
        self._gone = True


class PagePort:
    """The port that a sitting's page is, whichever tab shows it. `open_port` opens its channels like serial ports, and
    everything else as usual."""

    def __init__(self, open_other: Callable[[str], Stream]) -> None:
        self._open_other = open_other
        self._send: Callable[[bytes], None] | None = None
        self._streams: dict[int, PageStream] = {}

    def attach(self, send: Callable[[bytes], None]) -> None:
        """A page is there; `send` takes bytes for it, from any thread."""
        self.detach()
        self._send = send

    def detach(self) -> None:
        """The page has gone."""
        self._send = None
        for stream in self._streams.values():
            stream.end()
        self._streams.clear()

    def feed(self, data: bytes) -> None:
        """Take in a message of the page: its channel, then bytes of the wire."""
        stream = self._streams.get(data[0]) if data else None
        if stream is not None:
            stream.feed(data[1:])

    def open_port(self, port: str) -> Stream:
        """Open a port by its name. Raises `LinkError` where it is the page's and no page is there."""
        channel = next((number for number, name in PORTS.items() if name == port), None)
        if channel is None:
            return self._open_other(port)
        send = self._send
        if send is None:
            raise LinkError(port, "The page of this sitting is not open in any browser.")
        head = bytes([channel])
        stream = PageStream(lambda data: send(head + data))
        self._streams[channel] = stream
        return stream
