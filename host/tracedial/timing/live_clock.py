"""The clock of a dial or a page during a session, refitted again and again as sync exchanges arrive."""

import numpy as np

from tracedial.errors import ClockError
from tracedial.link.messages import Hello, SyncExchange
from tracedial.timing.clock import fit_clock
from tracedial.timing.clock_fit import ClockFit

WINDOW_S = 120.0
"""Older exchanges do not affect the present estimate."""
MOST_EXCHANGES = 400
KEPT_EXCHANGES = 2000
REFIT_S = 2.0
MAX_DRIFT = 0.02
"""Anything that runs faster or slower than the host's clock by more than this share is not a clock; the wire's periods
allow this much."""
NO_CLOCK = f"The dial sends times that are no clock's: they run more than {MAX_DRIFT:.0%} off the computer's."


class LiveClock:
    """Fits this boot's exchanges of the last two minutes, once there are `first_exchanges` of them.

    `hear` is called in the link's thread, everything else in any thread. Host seconds count from `origin_ns`. `boot`:
    from the last HELLO; `exchanges`: those of that boot, at most the last 2000; `fit`: the last fit, None if there is
    none of this boot; `problem`: a sentence if the times cannot come from a clock, else empty.
    """

    def __init__(self, *, origin_ns: int, first_exchanges: int) -> None:
        self.origin_ns = origin_ns
        self.boot: int | None = None
        self.exchanges: list[SyncExchange] = []
        self.fit: ClockFit | None = None
        self.problem = ""
        self._first_exchanges = first_exchanges
        self._fitted_ns = 0

    @property
    def enough(self) -> bool:
        """Whether there are enough exchanges for a first fit."""
        return len(self.exchanges) >= self._first_exchanges

    def hear(self, event: Hello | SyncExchange) -> bool:
        """Take in an event; returns whether it reset the clock, which then starts again."""
        if isinstance(event, SyncExchange):
            self.exchanges.append(event)
            del self.exchanges[:-KEPT_EXCHANGES]
            return False
        was_reset = self.boot is not None and event.boot != self.boot
        if was_reset:
            self.exchanges, self.fit = [], None
        self.boot = event.boot
        return was_reset

    def refit(self, now_ns: int) -> ClockFit | None:
        """Fit as of now; returns `fit`."""
        since_ns = now_ns - int(WINDOW_S * 1e9)
        recent = [e for e in self.exchanges[-MOST_EXCHANGES:] if e.boot == self.boot and e.host_sent_ns >= since_ns]
        if len(recent) < self._first_exchanges:
            return self.fit
        try:
            fit = fit_clock(recent, origin_ns=self.origin_ns)
        except ClockError as error:
            self.fit, self.problem = None, str(error)
            return None
        self.problem = "" if _is_clock(fit) else NO_CLOCK
        # The clock may have been reset during the fit.
        self.fit = fit if not self.problem and fit.boot == self.boot else None
        self._fitted_ns = now_ns
        return self.fit

    def fit_at(self, now_ns: int) -> ClockFit | None:
        """The last fit, or a new one if the last is older than two seconds."""
        if self.fit is not None and now_ns - self._fitted_ns < REFIT_S * 1e9:
            return self.fit
        return self.refit(now_ns)

    def bound_s(self, now_ns: int) -> float | None:
        """The largest possible error of the fit now (seconds); None without a fit."""
        fit = self.fit
        if fit is None:
            return None
        return float(fit.bound_at(fit.dial_s((now_ns - self.origin_ns) / 1e9)))

    def runs_like_clock(self) -> bool:
        """Whether the dial time between the first and the last exchange of one boot fits the host time. Only a range of
        host times is known, because the host does not see when its bytes arrive at the dial."""
        boot = [exchange for exchange in self.exchanges if exchange.boot == self.exchanges[-1].boot]
        first, last = boot[0], boot[-1]
        dial_ns = (last.dial_received_us - first.dial_received_us) * 1000
        shortest_ns = last.host_sent_ns - first.host_received_ns
        longest_ns = last.host_received_ns - first.host_sent_ns
        return (1 - MAX_DRIFT) * shortest_ns <= dial_ns <= (1 + MAX_DRIFT) * longest_ns


def fit_boots(
    exchanges: list[SyncExchange], boots: list[int], *, origin_ns: int
) -> tuple[dict[int, ClockFit], dict[int, ClockError]]:
    """The clock of each boot from all of its exchanges, and the reasons why some boots have none."""
    fits: dict[int, ClockFit] = {}
    unfitted: dict[int, ClockError] = {}
    for boot in boots:
        try:
            fits[boot] = fit_clock([e for e in exchanges if e.boot == boot], origin_ns=origin_ns)
        except ClockError as error:
            unfitted[boot] = error
    return fits, unfitted


def _is_clock(fit: ClockFit) -> bool:
    rates = (fit.drift_first, fit.drift_last)
    return bool(np.isfinite(fit.offset_s).all()) and all(abs(rate) <= MAX_DRIFT for rate in rates)
