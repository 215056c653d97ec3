"""The link of an emulated dial, with the delay, loss and corruption that are set, by any clock."""

import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Schedule(Protocol):
    """A clock that can call back at a given time, such as asyncio's event loop."""

    def time(self) -> float:
        """Seconds since the clock's own origin."""
        ...

    def call_at(self, when: float, callback: Callable[[], None], /) -> object:
        """Call when the clock reads `when`."""
        ...


@dataclass(frozen=True)
class LinkConditions:
    """How bad the link is, the same in both directions.

    `latency_s` is fixed; `jitter_s` is the mean of an exponential delay added to it (bytes stay in order); `loss` and
    `corrupt` are probabilities for each byte.
    """

    latency_s: float = 0.0
    jitter_s: float = 0.0
    loss: float = 0.0
    corrupt: float = 0.0


class Pipe:
    """One direction of the link: delays, loses and corrupts bytes, and keeps their order.

    `schedule` returns the clock that times the delays: the running event loop, or a simulated time.
    """

    def __init__(
        self, conditions: Callable[[], LinkConditions], rng: random.Random, schedule: Callable[[], Schedule]
    ) -> None:
        self.deliver: Callable[[bytes], None] = lambda data: None
        self._conditions = conditions
        self._rng = rng
        self._schedule = schedule
        self._under_way: deque[tuple[float, bytes]] = deque()

    def send(self, data: bytes) -> None:
        """Send bytes; those that survive are passed to `deliver` when they arrive."""
        conditions = self._conditions()
        if conditions.loss or conditions.corrupt:
            data = self._damage(data, conditions)
            if not data:
                return
        if not (conditions.latency_s or conditions.jitter_s or self._under_way):
            self.deliver(data)
            return
        schedule = self._schedule()
        due_s = schedule.time() + conditions.latency_s
        if conditions.jitter_s:
            due_s += self._rng.expovariate(1 / conditions.jitter_s)
        if self._under_way:
            due_s = max(due_s, self._under_way[-1][0])
        self._under_way.append((due_s, data))
        if len(self._under_way) == 1:
            schedule.call_at(due_s, self._arrive)

    def _arrive(self) -> None:
        _, data = self._under_way.popleft()
        self.deliver(data)
        if self._under_way:
            self._schedule().call_at(self._under_way[0][0], self._arrive)

    def _damage(self, data: bytes, conditions: LinkConditions) -> bytes:
        out = bytearray()
        for byte in data:
            if self._rng.random() < conditions.loss:
                continue
            if self._rng.random() < conditions.corrupt:
                byte ^= 1 << self._rng.randrange(8)
            out.append(byte)
        return bytes(out)


def link_changes(pairs: list[str]) -> dict[str, float]:
    """Parse changes of a link: `latency=MS`, `jitter=MS`, `loss=P`, `corrupt=P`, with the options' names and units."""
    changes = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        value = float(text)
        if name in ("latency", "jitter") and 0 <= value < math.inf:
            changes[f"{name}_s"] = value / 1e3
        elif name in ("loss", "corrupt") and 0 <= value <= 1:
            changes[name] = value
        else:
            raise ValueError(pair)
    return changes
