"""What a host takes of a dial: which values can be true, and how much of anything in a second.

The ranges of single fields are the table's (`dialwire/message.py`). Here is what the fields say of each other, and of a
dial as such. What lies beyond is counted and not taken, so that a dial that is broken or lies costs its own records and
nobody else's.
"""

from typing import Any

from dialwire import message
from dialwire.errors import WireError

MAX_TIME_US = 2**53
"""Dial times lie below: 285 years, and what a double holds exactly."""
MAX_NUMBER = 2**32
MESSAGES_PER_S = 500.0
"""A dial's fastest sampling, an event with each sample, and the answers to what a host asks: what comes for longer
than a burst."""
BURST_MESSAGES = 5000
"""Beyond what a dial keeps (HELLO's `outbox`), which it may send again all at once."""
BYTES_PER_S = 64e3
BURST_BYTES = 512e3


class Budget:
    """So much a second, and what was not used of it up to a burst. The caller gives the time (ns, never falling)."""

    def __init__(self, per_s: float, burst: float) -> None:
        self.burst = burst
        self._per_s = per_s
        self._left = burst
        self._last_ns: int | None = None

    def spend(self, amount: float, now_ns: int) -> bool:
        """Take `amount`, and say whether there was anything left to take it from."""
        left = self.left(now_ns)
        if left <= 0:
            return False
        self._left = left - amount
        return True

    def left(self, now_ns: int) -> float:
        """What may be spent now; less than zero after more was spent than there was."""
        if self._last_ns is not None:
            self._left = min(self._left + (now_ns - self._last_ns) / 1e9 * self._per_s, self.burst)
        self._last_ns = now_ns
        return self._left


def check_message(kind: int, fields: dict[str, Any], outbox: int) -> None:
    """Raise `WireError` for a message that no dial can mean. `outbox`: how many records this one says that it keeps."""
    name = message.name_of(kind)
    for field, value in fields.items():
        if field.endswith("_us") and value >= MAX_TIME_US:
            raise WireError(f"{name}.{field} is {value}: no dial has run for so long")
    if kind == message.SYNC_REPLY and fields["sent_us"] < fields["received_us"]:
        raise WireError("SYNC_REPLY was sent before its request was received")
    if kind == message.STATUS and not 0 <= fields["next_seq"] - fields["oldest_seq"] <= outbox:
        raise WireError(f"STATUS counts records from {fields['oldest_seq']} to {fields['next_seq']}, {outbox} are kept")
    if kind == message.GONE and fields["first_seq"] + fields["count"] > MAX_NUMBER:
        raise WireError("GONE counts beyond the last number that there is")
    if kind == message.HELLO and fields["min_rate_hz"] > fields["max_rate_hz"]:
        raise WireError("HELLO's slowest rate is quicker than its quickest")
