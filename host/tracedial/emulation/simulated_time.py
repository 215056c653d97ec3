"""A time of our own making: it passes when somebody waits by it, as fast as the work that falls due in it is done.

Discrete events in one thread. While one is carried out time stands still, so that what is measured in this time does
not depend on how busy the machine is, and comes out the same each time.
"""

import heapq
from collections.abc import Callable

from tracedial.host_clock import Turn

BEGINS_NS = 1_000_000_000_000
TURN_NS = 20_000_000
"""How long a repeated turn waits for bytes before its next, as a thread does that reads a port with a timeout."""


class SimulatedTime:
    """A `HostTime` and a schedule of events. Waited by in one thread alone; any may ask what time it is."""

    def __init__(self) -> None:
        self.turning: _SimulatedTurning | None = None
        """The repeated turn that is being carried out."""
        self._now_ns = BEGINS_NS
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._number = 0

    def now_ns(self) -> int:
        """Nanoseconds since an origin of its own."""
        return self._now_ns

    def time(self) -> float:
        """The same in seconds."""
        return self._now_ns / 1e9

    def at(self, when_ns: int, event: Callable[[], None]) -> None:
        """Carry out an event when it is `when_ns`, with the next wait if that is past; of one instant, in the order
        told."""
        self._number += 1
        heapq.heappush(self._events, (max(when_ns, self._now_ns), self._number, event))

    def call_at(self, when: float, callback: Callable[[], None], /) -> None:
        """`at`, in seconds."""
        self.at(round(when * 1e9), callback)

    def sleep(self, seconds: float) -> None:
        """Let time pass, and carry out what falls due in it."""
        end_ns = self._now_ns + round(seconds * 1e9)
        while self._events and self._events[0][0] <= end_ns:
            self._now_ns, _, event = heapq.heappop(self._events)
            event()
        self._now_ns = end_ns

    def repeat(self, turn: Turn, name: str) -> "_SimulatedTurning":
        """Repeat a turn between the waits of the caller."""
        return _SimulatedTurning(self, turn)


class _SimulatedTurning:
    """A turn that is repeated when its pause is over, when nothing came for `TURN_NS`, or when it is woken."""

    def __init__(self, time: SimulatedTime, turn: Turn) -> None:
        self._time = time
        self._turn = turn
        self._ended = False
        self._newest = 0
        self._next(time.now_ns())

    def wake(self) -> None:
        """Take the next turn now: something has come for it."""
        self._next(self._time.now_ns())

    def end(self, timeout_s: float) -> None:
        """Repeat it no more."""
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
