"""What a host accepts from a dial: which values are possible, and how many messages a second.

The table in `dialwire/message.py` holds the ranges of single fields. This module holds the limits that relate fields to
each other and to the dial. The host counts and rejects whatever is beyond them, so that a broken or lying dial loses
only its own records.
"""

from typing import Any

from dialwire import message
from dialwire.errors import WireError

MAX_TIME_US = 2**53
"""Dial times lie below this: 285 years, and the limit up to which a double is exact."""
MAX_NUMBER = 2**32
MESSAGES_PER_S = 500.0
"""The sustained limit, beyond a burst: the fastest sampling, an event with each sample, and the answers to the host."""
BURST_MESSAGES = 5000
"""The burst allowed on top of the records that a dial keeps (HELLO's `outbox`), which it may send again all at once."""
BYTES_PER_S = 64e3
BURST_BYTES = 512e3


class Budget:
    """Allows `per_s` a second; unused allowance adds up to `burst`. The caller gives the time (ns, never falling)."""

    def __init__(self, per_s: float, burst: float) -> None:
        self.burst = burst
        self._per_s = per_s
        self._left = burst
        self._last_ns: int | None = None

    def spend(self, amount: float, now_ns: int) -> bool:
        """Spend `amount`, and return whether any allowance was left before."""
        left = self.left(now_ns)
        if left <= 0:
            return False
        self._left = left - amount
        return True

    def left(self, now_ns: int) -> float:
        """The allowance left now; negative after an overdraft."""
        if self._last_ns is not None:
            self._left = min(self._left + (now_ns - self._last_ns) / 1e9 * self._per_s, self.burst)
        self._last_ns = now_ns
        return self._left


def check_message(kind: int, fields: dict[str, Any], outbox: int) -> None:
    """Raise `WireError` for an impossible message. `outbox`: how many records this dial says it keeps."""
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
