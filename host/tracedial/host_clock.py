"""The host's clock, one for all stamps: nanoseconds, monotonic, from an origin of its own; and how to wait by it.

`perf_counter_ns`, since on Windows the `monotonic_ns` of Python up to 3.12 moves in steps of 16 ms. On Linux and macOS
the two are the same clock.
"""

import threading
import time
from collections.abc import Callable
from time import perf_counter_ns as host_clock_ns
from typing import Protocol

__all__ = ["REAL_TIME", "HostTime", "Turn", "Turning", "host_clock_ns", "wait_until"]

Turn = Callable[[], float | None]
"""A short piece of work to be repeated: returns the seconds to pause before the next time, or None when it is done."""

WAIT_TURN_S = 0.005


class Turning(Protocol):
    """A turn that is being repeated."""

    def end(self, timeout_s: float) -> None:
        """Repeat it no more; waits at most `timeout_s` for a turn that is under way."""
        ...


class HostTime(Protocol):
    """A clock, how to wait by it, and how to do something beside. Real time (`REAL_TIME`), or a simulation's."""

    def now_ns(self) -> int:
        """Nanoseconds since the clock's own origin; never falls."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let `seconds` pass."""
        ...

    def repeat(self, turn: Turn, name: str) -> Turning:
        """Repeat a turn beside the caller until it is done or ended."""
        ...


class _ThreadTurning:
    """A turn repeated in a thread of its own."""

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
