"""A dial on a port: what moves bytes between a stream and the client, and opens the port again when it is lost."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tracedial.errors import LinkError, NotADialError, ProtocolError, SilentPortError
from tracedial.host_time import REAL_TIME, HostTime, Turning, wait_until
from tracedial.link.client import DialClient, Event, Hello
from tracedial.link.stream import Stream, open_stream

SILENCE_S = 3.5
"""A dial is asked for its status once a second: silence this long means that the link is gone."""
REOPEN_S = 0.5
HELLO_TIMEOUT_S = 3.0
END_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class LinkChange:
    """The link was lost, or is back."""

    host_ns: int
    up: bool
    text: str


class DialConnection:
    """Keeps one dial connected and hands each event to `on_event`, in the thread that read it.

    That thread is `time`'s: a simulated time runs the turns itself, between two waits of the caller. `client` may be
    used from other threads under `lock`. `error` is set when the connection has ended for good
    (another protocol, another dial on the same port).
    """

    def __init__(
        self,
        port: str,
        on_event: Callable[[Event | LinkChange], None],
        *,
        time: HostTime = REAL_TIME,
        rng: random.Random | None = None,
        open_port: Callable[[str], Stream] = open_stream,
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
        self._open_port = open_port
        self._stream: Stream | None = open_port(port)
        self._heard_ns = time.now_ns()
        self._hello = threading.Event()
        self._turning: Turning = time.repeat(self._run, f"dial {port}")

    def wait_hello(self, timeout_s: float = HELLO_TIMEOUT_S) -> Hello:
        """Who the dial is. Raises `NotADialError` if nothing that speaks the protocol answers in time."""
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
        """One turn: read, tell, write, or open the port again. Returns the pause until the next; None ends them."""
        try:
            if self._stream is None:
                self._reopen()
            if self._stream is not None:
                self._turn(self._stream)
        except ProtocolError as error:
            self.error = error
        except LinkError as error:
            self._lose(str(error))
            return REOPEN_S
        except Exception as error:  # noqa: BLE001  (a thread that ends unseen would lose a recording)
            self.error = LinkError(self.port, f"Reading the dial on {self.port} failed: {error!r}. Please report this.")
        else:
            return 0.0
        self._hello.set()
        return None

    def _turn(self, stream: Stream) -> None:
        data = stream.read()
        host_ns = self._time.now_ns()
        events: list[Event] = []
        if data:
            self._heard_ns = host_ns
            with self.lock:
                events = self.client.feed(data, host_ns)
        # Before anything is written: what was taken in is journalled, whatever the port does next.
        for event in events:
            if isinstance(event, Hello):
                self._check_same_dial(event)
                self._hello.set()
                if not self.up:
                    self.up = True
                    self._on_event(LinkChange(host_ns, True, f"The dial on {self.port} is back."))
            self._on_event(event)
        with self.lock:
            for frame in self.client.outgoing():
                stream.write(frame)
        if self._hello.is_set() and host_ns - self._heard_ns > SILENCE_S * 1e9:
            raise LinkError(self.port, f"The dial on {self.port} has gone silent.")

    def _check_same_dial(self, hello: Hello) -> None:
        first = getattr(self, "_first_hello", None)
        if first is None:
            self._first_hello = hello
        elif first.unique_id != hello.unique_id:
            raise ProtocolError(
                self.port,
                f"Another dial ({hello.name}, {hello.unique_id}) is now on {self.port}, where {first.name} "
                f"({first.unique_id}) was: its ratings are not added to this recording.",
                dial=hello.protocol,
                host=hello.protocol,
            )

    def _lose(self, text: str) -> None:
        self._last_loss = text
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self.up and self._hello.is_set():
            self.up = False
            self.link_losses += 1
            self._on_event(LinkChange(self._time.now_ns(), False, text))

    def _reopen(self) -> None:
        self._stream = self._open_port(self.port)
        self._heard_ns = self._time.now_ns()
        with self.lock:
            self.client.reconnect()
