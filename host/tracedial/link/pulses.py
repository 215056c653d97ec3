"""Sync pulses to one dial: when the next one is due, which are under way, and how many never came back."""

import random
from collections.abc import Callable

from dialwire import frame, message

BURST_EXCHANGES = 30
BURST_INTERVAL_S = (0.02, 0.06)
SYNC_INTERVAL_S = (0.35, 0.95)
"""Irregular, so that no periodic load of the host can meet every exchange; 0.65 s on average."""
EXCHANGE_TIMEOUT_S = 2.0


class SyncPulses:
    """`clock_ns` is the host's monotonic clock; `lost` counts pulses that were not answered in time."""

    def __init__(self, clock_ns: Callable[[], int], rng: random.Random) -> None:
        self.lost = 0
        self._clock_ns = clock_ns
        self._rng = rng
        self._number = rng.randrange(1 << 16)
        self._under_way: dict[int, int] = {}
        self._burst_left = 0
        self._due_ns = 0

    def begin(self) -> None:
        """A new link: what was under way comes no more, and many pulses are to be exchanged quickly."""
        self.forget()
        self.burst()

    def forget(self) -> None:
        """What is under way is no more to be answered."""
        self._under_way.clear()

    def burst(self) -> None:
        """Exchange pulses quickly for a while."""
        self._burst_left = BURST_EXCHANGES
        self._due_ns = self._clock_ns()

    def is_due(self, now_ns: int) -> bool:
        """Whether it is time for the next pulse."""
        return now_ns >= self._due_ns

    def request(self) -> bytes:
        """The frame of the next pulse, which sets out now."""
        low_s, high_s = BURST_INTERVAL_S if self._burst_left else SYNC_INTERVAL_S
        self._burst_left = max(self._burst_left - 1, 0)
        request = self._next_frame()
        now_ns = self._clock_ns()
        self._due_ns = now_ns + int(self._rng.uniform(low_s, high_s) * 1e9)
        for number, sent_ns in list(self._under_way.items()):
            if now_ns - sent_ns > EXCHANGE_TIMEOUT_S * 1e9:
                del self._under_way[number]
                self.lost += 1
        self._under_way[self._number] = self._clock_ns()
        return request

    def answered(self, number: int) -> int | None:
        """When the pulse of a number set out (host time, ns); None if it is not awaited."""
        return self._under_way.pop(number, None)

    def _next_frame(self) -> bytes:
        """A pulse numbered so that no byte of it is a Ctrl-C, which would stop a board that is just booting: what a
        host sends without being asked, HELLO_REQUEST and STATUS_REQUEST too, holds none."""
        while True:
            self._number = (self._number + 1) & 0xFFFFFFFF
            request = frame.encode(message.pack(message.SYNC_REQUEST, exchange=self._number))
            if b"\x03" not in request:
                return request
