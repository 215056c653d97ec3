"""The host's clock, which all stamps use (nanoseconds, monotonic, from its own origin), and waiting by that clock.

It is `perf_counter_ns`, since on Windows the `monotonic_ns` of Python up to 3.12 moves in steps of 16 ms. On Linux and
macOS the two are the same clock.
"""

import threading
import time
from collections.abc import Callable
from time import perf_counter_ns as host_clock_ns
from typing import Protocol

__all__ = ["REAL_TIME", "HostTime", "Turn", "Turning", "host_clock_ns", "wait_until"]

Turn = Callable[[], float | None]
"""A short piece of work to repeat: returns the seconds to pause before the next time, or None when it is done."""

WAIT_TURN_S = 0.005


class Turning(Protocol):
    """A turn that is being repeated."""

    def end(self, timeout_s: float) -> None:
        """Stop repeating it; waits at most `timeout_s` for a running turn."""
        ...


class HostTime(Protocol):
    """A clock that can also wait and repeat work in the background: real time (`REAL_TIME`) or a simulation's."""

    def now_ns(self) -> int:
        """Nanoseconds since the clock's own origin; never falls."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        ...

    def repeat(self, turn: Turn, name: str) -> Turning:
        """Repeat a turn in the background until it is done or ended."""
        ...


class _ThreadTurning:
    """A turn repeated in its own thread."""

    def __init__(self, turn: Turn, name: str) -> None:
        self._turn = turn
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def end(self, timeout_s: float) -> None:
        self._ending.set()
        self._thread.join(timeout=timeout_s)

    def _run(self) -> None:
        while not self._ending.is_set() and (pause_s := self._turn()) is not None:
            if pause_s:
                self._ending.wait(pause_s)


class _RealTime:
    """The time of the machine."""

    def now_ns(self) -> int:
        return host_clock_ns()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def repeat(self, turn: Turn, name: str) -> Turning:
        return _ThreadTurning(turn, name)


REAL_TIME: HostTime = _RealTime()


def wait_until(condition: Callable[[], object], *, timeout_s: float, time: HostTime) -> bool:
    """Wait until `condition` holds, at most `timeout_s`; returns whether it does."""
    deadline_ns = time.now_ns() + int(timeout_s * 1e9)
    while not condition():
        if time.now_ns() >= deadline_ns:
            return False
        time.sleep(WAIT_TURN_S)
    return True
