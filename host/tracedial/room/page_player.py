"""The player that is a page: what it tells, placed on the host's clock and handed to the recorder in its own thread."""

import queue
from collections.abc import Callable

from tracedial.errors import ClockError
from tracedial.host_clock import host_clock_ns
from tracedial.link.client import Event, Hello, SyncExchange
from tracedial.link.connection import DialConnection, LinkChange
from tracedial.link.stream import Stream
from tracedial.room.page_link import CLOCK, PORTS
from tracedial.timing.clock import ClockFit, fit_clock
from tracedial.timing.player import EventKind, PlayerEvent

WINDOW_NS = 120_000_000_000
FIRST_EXCHANGES = 12
REFIT_NS = 2_000_000_000


class PageClock:
    """The page's clock against the host's, from its sync exchanges, fitted anew every few seconds.

    `on_event` hears every exchange and HELLO, for the journal.
    """

    def __init__(
        self, open_port: Callable[[str], Stream], on_event: Callable[[Event | LinkChange], None] = lambda event: None
    ) -> None:
        self.boot: int | None = None
        self.origin_ns = host_clock_ns()
        self.on_event = on_event
        self._exchanges: list[SyncExchange] = []
        self._fit: ClockFit | None = None
        self._refit_due_ns = 0
        self._connection = DialConnection(PORTS[CLOCK], self._hear, open_port=open_port)

    @property
    def ready(self) -> bool:
        """Whether times can be mapped."""
        return self.fit() is not None

    @property
    def exchanges(self) -> list[SyncExchange]:
        """The exchanges of this page so far."""
        return list(self._exchanges)

    def fit(self) -> ClockFit | None:
        """The fit as of now, None until there are exchanges enough."""
        now_ns = host_clock_ns()
        if self._fit is not None and self._fit.boot == self.boot and now_ns < self._refit_due_ns:
            return self._fit
        recent = [e for e in list(self._exchanges) if e.boot == self.boot and now_ns - e.host_sent_ns < WINDOW_NS]
        if len(recent) < FIRST_EXCHANGES:
            return self._fit if self._fit is not None and self._fit.boot == self.boot else None
        try:
            self._fit = fit_clock(recent, origin_ns=self.origin_ns)
            self._refit_due_ns = now_ns + REFIT_NS
        except ClockError:
            return None
        return self._fit

    def host_ns(self, page_us: float) -> int | None:
        """Host time of a time of the page's clock."""
        fit = self.fit()
        return None if fit is None else self.origin_ns + round(float(fit.host_s(page_us / 1e6)) * 1e9)

    def page_us(self, host_ns: int) -> float | None:
        """Page time of a host time."""
        fit = self.fit()
        return None if fit is None else float(fit.dial_s((host_ns - self.origin_ns) / 1e9)) * 1e6

    def close(self) -> None:
        """End the exchanges."""
        self._connection.close()

    def _hear(self, event: Event | LinkChange) -> None:
        if isinstance(event, Hello):
            if event.boot != self.boot:
                # A page that was loaded anew has a clock of its own.
                self._exchanges, self._fit = [], None
            self.boot = event.boot
        elif isinstance(event, SyncExchange):
            self._exchanges.append(event)
            del self._exchanges[:-2000]
        self.on_event(event)


class PagePlayer:
    """A `Player` (see `player.py`): `tell` is called in the server's thread, `advance` hands on in the recorder's."""

    def __init__(self, on_event: Callable[[PlayerEvent], None]) -> None:
        self.ended = False
        self.last: PlayerEvent | None = None
        self._on_event = on_event
        self._told: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def tell(self, event: PlayerEvent) -> None:
        """Note what the page said."""
        self._told.put(lambda: self._take(event))

    def later(self, action: Callable[[], None]) -> None:
        """Have something done in the recorder's thread, in its turn among the events."""
        self._told.put(action)

    def play(self, now_ns: int) -> None:
        """The page begins when its rater does."""

    def advance(self, now_ns: int) -> None:
        """Hand on what was told since the last time."""
        while not self.ended and not self._told.empty():
            self._told.get()()

    def stop(self, now_ns: int) -> None:
        """End where the video stands."""
        self.advance(now_ns)
        if not self.ended:
            self._take(PlayerEvent("ended", now_ns, self.video_s(now_ns), 0.0))

    def video_s(self, now_ns: int) -> float:
        """Where the video stands, as far as the page has told."""
        if self.last is None:
            return 0.0
        if self.last.kind in ("play", "rate"):
            return self.last.video_s + max(now_ns - self.last.host_ns, 0) / 1e9 * self.last.speed
        return self.last.video_s

    def _take(self, event: PlayerEvent) -> None:
        self.last = event
        self.ended = event.kind == "ended"
        self._on_event(event)


EVENT_KINDS: dict[str, EventKind] = {
    "play": "play", "pause": "pause", "seek": "seek", "rate": "rate", "stall": "stall", "ended": "ended",
}  # fmt: skip
