"""Sync pulses to one dial: when the next is due, which await an answer, and how many got none."""

import random
from collections.abc import Callable

from dialwire import frame, message

BURST_EXCHANGES = 30
BURST_INTERVAL_S = (0.02, 0.06)
SYNC_INTERVAL_S = (0.35, 0.95)
"""Irregular, so that no periodic load on the host can coincide with every exchange; 0.65 s on average."""
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
        """Start on a new link: forget pulses that await an answer, and exchange many pulses quickly."""
        self.forget()
        self.burst()

    def forget(self) -> None:
        """Stop waiting for answers to the pulses already sent."""
        self._under_way.clear()

    def burst(self) -> None:
        """Exchange pulses quickly for a while."""
        self._burst_left = BURST_EXCHANGES
        self._due_ns = self._clock_ns()

    def is_due(self, now_ns: int) -> bool:
        """Whether it is time for the next pulse."""
        return now_ns >= self._due_ns

    def request(self) -> bytes:
        """The frame of the next pulse, sent now."""
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
        """When the pulse with this number was sent (host time, ns); None if no answer to it is awaited."""
        return self._under_way.pop(number, None)

    def _next_frame(self) -> bytes:
        """A pulse with a number chosen so that its frame has no Ctrl-C byte, which would stop a booting board. Nothing
        that the host sends unprompted has one, HELLO_REQUEST and STATUS_REQUEST included."""
        while True:
            self._number = (self._number + 1) & 0xFFFFFFFF
            request = frame.encode(message.pack(message.SYNC_REQUEST, exchange=self._number))
            if b"\x03" not in request:
                return request
