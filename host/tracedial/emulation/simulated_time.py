"""A simulated time: it passes when somebody waits, as fast as the work due in that time gets done.

Discrete events in one thread. Time stands still while an event runs, so that measurements in this time do not depend on
how busy the machine is and are the same in every run.
"""

import heapq
from collections.abc import Callable

from tracedial.host_clock import Turn

BEGINS_NS = 1_000_000_000_000
TURN_NS = 20_000_000
"""How long a repeated turn waits for bytes before its next turn, like a thread that reads a port with a timeout."""


class SimulatedTime:
    """A `HostTime` and a schedule of events. Only one thread may wait; any thread may ask for the time."""

    def __init__(self) -> None:
        self.turning: _SimulatedTurning | None = None
        """The repeated turn that is running now."""
        self._now_ns = BEGINS_NS
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._number = 0

    def now_ns(self) -> int:
        """Nanoseconds since the clock's own origin."""
        return self._now_ns

    def time(self) -> float:
        """The same in seconds."""
        return self._now_ns / 1e9

    def at(self, when_ns: int, event: Callable[[], None]) -> None:
        """Run an event at `when_ns`, or at the next wait if that is past. Events of one instant run in the order in
        which they were added."""
        self._number += 1
        heapq.heappush(self._events, (max(when_ns, self._now_ns), self._number, event))

    def call_at(self, when: float, callback: Callable[[], None], /) -> None:
        """`at`, in seconds."""
        self.at(round(when * 1e9), callback)

    def sleep(self, seconds: float) -> None:
        """Let time pass, and run the events that fall due."""
        end_ns = self._now_ns + round(seconds * 1e9)
        while self._events and self._events[0][0] <= end_ns:
            self._now_ns, _, event = heapq.heappop(self._events)
            event()
        self._now_ns = end_ns

    def repeat(self, turn: Turn, name: str) -> "_SimulatedTurning":
        """Repeat a turn while the caller waits."""
        return _SimulatedTurning(self, turn)


class _SimulatedTurning:
    """A turn that is repeated when its pause is over, when nothing has come for `TURN_NS`, or when it is woken."""

    def __init__(self, time: SimulatedTime, turn: Turn) -> None:
        self._time = time
        self._turn = turn
        self._ended = False
        self._newest = 0
        self._next(time.now_ns())

    def wake(self) -> None:
        """Run the next turn now, because something has arrived for it."""
        self._next(self._time.now_ns())

    def end(self, timeout_s: float) -> None:
        """Stop repeating it."""
        self._ended = True

    def _next(self, when_ns: int) -> None:
        self._newest += 1
        number = self._newest
        self._time.at(when_ns, lambda: self._take(number))

    def _take(self, number: int) -> None:
        if self._ended or number != self._newest:
            return
        self._time.turning = self
        try:
            pause_s = self._turn()
        finally:
            self._time.turning = None
        if pause_s is None:
            self._ended = True
        elif number == self._newest:
            self._next(self._time.now_ns() + max(round(pause_s * 1e9), TURN_NS))
