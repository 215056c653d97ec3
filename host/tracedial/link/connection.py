"""A dial on a port: moves bytes between a stream and the client. When the dial is lost, it reopens the port or finds
the dial on another port."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracedial.errors import LinkError, NotADialError, ProtocolError, RefusedLinkError, SilentPortError
from tracedial.host_clock import REAL_TIME, HostTime, Turning, wait_until
from tracedial.link.client import DialClient
from tracedial.link.limits import BURST_BYTES, BYTES_PER_S, Budget
from tracedial.link.messages import Event, Hello, OtherDial
from tracedial.link.stream import READ_TIMEOUT_S, Stream, open_stream
from tracedial.link.whereabouts import Whereabouts

SILENCE_S = 3.5
"""The host asks the dial for its status once a second; a silence this long means that the link is lost."""
ANSWER_S = 1.5
"""While the host looks for a lost dial, it gives each port this long to answer."""
REOPEN_S = 0.5
LONGEST_PAUSE_S = 4.0
"""The longest pause between two attempts to reach a dial over the air."""
NEXT_PORT_S = (0.05, 0.3)
"""The pause after another dial answered. It is random, so that two connections that look for each other's ports do not
collide for ever."""
HELLO_TIMEOUT_S = 3.0
END_TIMEOUT_S = 5.0
PIECE_BYTES = 4096
"""The most bytes processed at once, so that nobody waits long for the lock."""


@dataclass(frozen=True)
class LinkChange:
    """The link was lost or is back; `port` names the new port if it has changed."""

    host_ns: int
    up: bool
    text: str
    port: str = ""


class DialConnection:
    """Keeps one dial connected and hands each event to `on_event`, in the thread that read it.

    `time` provides that thread; a simulated time runs the turns itself, between two waits of the caller. Other threads
    may use `client` while they hold `lock`. With `whereabouts`, the connection also looks for a lost dial on other
    ports. `error` is set when the connection has ended for good (another protocol; without `whereabouts`, another
    dial).
    """

    def __init__(
        self,
        port: str,
        on_event: Callable[[Event | LinkChange], None],
        *,
        time: HostTime = REAL_TIME,
        rng: random.Random | None = None,
        open_port: Callable[[str], Stream] = open_stream,
        whereabouts: Whereabouts | None = None,
    ) -> None:
        self.port = port
        self.lock = threading.Lock()
        self.client = DialClient(port, time.now_ns, rng)
        self.error: LinkError | None = None
        self.link_losses = 0
        self._last_loss = ""
        self.up = True
        self._on_event = on_event
        self._time = time
        self._rng = rng or random.Random()
        self._whereabouts = whereabouts
        self._to_try: list[str] = []
        self._last_tried: str | None = None
        self._budget = Budget(BYTES_PER_S, BURST_BYTES)
        self._others_met: set[tuple[str, str]] = set()
        self._pause_s = REOPEN_S
        self._open_port = open_port
        self._stream: Stream | None = open_port(port)
        self._heard_ns = self._named_ns = time.now_ns()
        self._hello = threading.Event()
        self._turning: Turning = time.repeat(self._run, f"dial {port}")

    def wait_hello(self, timeout_s: float = HELLO_TIMEOUT_S) -> Hello:
        """Wait until the dial says who it is. Raises `NotADialError` if nothing that speaks the protocol answers in
        time."""
        wait_until(self._hello.is_set, timeout_s=timeout_s, time=self._time)
        if self.error:
            raise self.error
        hello = self.client.hello
        if hello is None and self._last_loss:
            raise NotADialError(self.port, self._last_loss)
        if hello is None:
            heard = self.client.dropped_bytes + self.client.malformed
            what = f"sent {heard} bytes that are not a dial's" if heard else "says nothing"
            raise SilentPortError(
                self.port,
                f"{self.port} is open but {what}: it is not a Tracedial dial, or its firmware does not run "
                "(unplug it, plug it in again, and see `tracedial devices`).",
            )
        return hello

    def close(self) -> None:
        """End the thread and close the port."""
        self._turning.end(END_TIMEOUT_S)
        if self._stream:
            self._stream.close()
            self._stream = None

    def __enter__(self) -> "DialConnection":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    def _run(self) -> float | None:
        """One turn: read, report events and write, or reopen the port. Returns the pause before the next turn; None
        ends the turns."""
        try:
            if self._stream is None:
                self._reopen()
            if self._stream is not None:
                return self._turn(self._stream)
        except ProtocolError as error:
            self.error = error
        except LinkError as error:
            if isinstance(error, RefusedLinkError) and not self._hello.is_set():
                self.error = error
                self._hello.set()
                return None
            self._lose(str(error))
            pause_s, self._pause_s = self._pause_s, REOPEN_S
            if self._stream is None and self.port.startswith("ble:") and not self.up:
                # Each attempt occupies the computer's radio, which other dials need too.
                self._pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            return pause_s
        except Exception as error:  # noqa: BLE001  (a thread that ends unseen would lose a recording)
            self.error = LinkError(self.port, f"Reading the dial on {self.port} failed: {error!r}. Please report this.")
        self._hello.set()
        return None

    def _turn(self, stream: Stream) -> float:
        """Read and report events, then write. A dial that exceeds its budget is not read for a while, so that the other
        dials get their turn; meanwhile its bytes wait at its own end."""
        throttled = self._budget.left(self._time.now_ns()) <= 0
        data = b"" if throttled else stream.read()
        host_ns = self._time.now_ns()
        if data or throttled:
            self._heard_ns = host_ns
        if data:
            self._budget.spend(len(data), host_ns)
        for at in range(0, len(data), PIECE_BYTES):
            with self.lock:
                events = self.client.feed(data[at : at + PIECE_BYTES], host_ns)
            self._tell(events, host_ns)
        self._write(stream)
        self._check_answers(host_ns)
        return READ_TIMEOUT_S if throttled else 0.0

    def _tell(self, events: list[Event], host_ns: int) -> None:
        # Before any write: the events reach the journal, whatever happens to the port next.
        for event in events:
            if isinstance(event, OtherDial):
                self._meet(event)
            if isinstance(event, Hello):
                self._find(host_ns)
            self._on_event(event)

    def _write(self, stream: Stream) -> None:
        # Write without holding the lock: a port that accepts no bytes must not block others who need the lock.
        with self.lock:
            frames = self.client.outgoing()
        while True:
            with self.lock:
                frame = next(frames, None)
            if frame is None:
                return
            stream.write(frame)

    def _check_answers(self, host_ns: int) -> None:
        """Give up a port on which nothing answers, or on which no dial says who it is."""
        if self.client.connected:
            self._named_ns = host_ns
        if not self._hello.is_set():
            return
        at_home = self.client.port == self.port
        if host_ns - min(self._heard_ns, self._named_ns) > (SILENCE_S if at_home else ANSWER_S) * 1e9:
            raise LinkError(self.client.port, f"The dial on {self.port} has gone silent.")

    def _find(self, host_ns: int) -> None:
        """Note that the dial has said who it is, so that it is connected (again)."""
        port, moved = self.client.port, self.client.port != self.port
        self.port = port
        if self._whereabouts and self.client.hello:
            self._whereabouts.found(self.client.hello.unique_id, port)
        self._hello.set()
        self._to_try.clear()
        self._others_met.clear()
        if not self.up:
            self.up = True
            self._pause_s = REOPEN_S
            where = f"The dial is back, on {port} now." if moved else f"The dial on {port} is back."
            self._on_event(LinkChange(host_ns, True, where, port if moved else ""))

    def _meet(self, other: OtherDial) -> None:
        """Handle another dial on the port where this one was expected. Raises, since this port is of no use."""
        own = self.client.hello
        assert own is not None
        who = f"Another dial ({other.name}, id {other.unique_id}) is on {other.port}, where {own.name} "
        if self._whereabouts is None:
            raise ProtocolError(
                self.port, f"{who}({own.unique_id}) was: it is not listened to.", dial=own.protocol, host=own.protocol
            )
        self._whereabouts.met(other.unique_id, other.port)
        if (other.port, other.unique_id) not in self._others_met:
            self._others_met.add((other.port, other.unique_id))
            self._on_event(other)
        self._pause_s = self._rng.uniform(*NEXT_PORT_S)
        raise LinkError(other.port, f"{who}(id {own.unique_id}) was looked for.")

    def _lose(self, text: str) -> None:
        self._last_loss = text
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._whereabouts and self.client.hello:
            self._whereabouts.lost(self.client.hello.unique_id)
        if self.up and self._hello.is_set():
            self.up = False
            self.link_losses += 1
            self._on_event(LinkChange(self._time.now_ns(), False, text))

    def _reopen(self) -> None:
        port = self._next_port()
        if port is None:
            raise LinkError(self.port, f"Another dial of this recording is on {self.port} now.")
        self._stream = self._open_port(port)
        self._heard_ns = self._named_ns = self._time.now_ns()
        with self.lock:
            self.client.reconnect(port)

    def _next_port(self) -> str | None:
        """The port to try next, in rotation; None if other dials of the recording use all of them."""
        own = self.client.hello
        if self._whereabouts is None or own is None:
            return self.port
        sighting = self._whereabouts.sighting(own.unique_id)
        if sighting not in (None, self._last_tried):
            self._last_tried = sighting
            return sighting
        if not self._to_try:
            self._to_try = self._whereabouts.to_try(own.unique_id, self.port)
        # Check again now: a dial of the recording may have returned to a port since the list was made.
        self._to_try = [port for port in self._to_try if self._whereabouts.is_free(port)]
        self._last_tried = self._to_try.pop(0) if self._to_try else None
        return self._last_tried
