"""The page's clock against the host's, from its sync exchanges: the one that video times on a page are told by."""

from collections.abc import Callable

from tracedial.host_clock import REAL_TIME, HostTime
from tracedial.link.connection import DialConnection, LinkChange
from tracedial.link.messages import Event, Hello, SyncExchange
from tracedial.link.stream import Stream
from tracedial.room.page_link import CLOCK, PORTS
from tracedial.timing.clock_fit import ClockFit
from tracedial.timing.live_clock import LiveClock

FIRST_EXCHANGES = 12


class PageClock:
    """Speaks with the page over its clock's channel. `on_event` hears every exchange and HELLO, for the journal."""

    def __init__(
        self,
        open_port: Callable[[str], Stream],
        on_event: Callable[[Event | LinkChange], None] = lambda event: None,
        *,
        time: HostTime = REAL_TIME,
    ) -> None:
        self.on_event = on_event
        self._time = time
        self._clock = LiveClock(origin_ns=time.now_ns(), first_exchanges=FIRST_EXCHANGES)
        self._connection = DialConnection(PORTS[CLOCK], self._hear, open_port=open_port, time=time)

    @property
    def boot(self) -> int | None:
        """Which loading of the page it is."""
        return self._clock.boot

    @property
    def ready(self) -> bool:
        """Whether times can be mapped."""
        return self._fit() is not None

    @property
    def exchanges(self) -> list[SyncExchange]:
        """The exchanges of this page so far."""
        return list(self._clock.exchanges)

    def host_ns(self, page_us: float) -> int | None:
        """Host time of a time of the page's clock; None until there are exchanges enough."""
        fit = self._fit()
        return None if fit is None else fit.origin_ns + round(float(fit.host_s(page_us / 1e6)) * 1e9)

    def page_us(self, host_ns: int) -> float | None:
        """Page time of a host time; None until there are exchanges enough."""
        fit = self._fit()
        return None if fit is None else float(fit.dial_s((host_ns - fit.origin_ns) / 1e9)) * 1e6

    def close(self) -> None:
        """End the exchanges."""
        self._connection.close()

    def _fit(self) -> ClockFit | None:
        return self._clock.fit_at(self._time.now_ns())

    def _hear(self, event: Event | LinkChange) -> None:
        if isinstance(event, Hello | SyncExchange):
            # A page that was loaded anew has a clock of its own.
            self._clock.hear(event)
        self.on_event(event)
