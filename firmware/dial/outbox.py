"""Keeps the dial's last samples and events in a ring, for a host that was away.

Sending a record does not remove it: the ring always holds the newest `capacity` records, and a host that missed some
requests them by number. A record takes 14 bytes, so two hours at 1 Hz take 100 KB of a Pico's 264.
"""

import struct

from dialwire import const
from dialwire.message import FLAG_EVENT

TWO_HOURS = 7200

# t_us modulo 2**40 (five bytes), then flags, and for a sample: index, lowest index, highest index, readings, sum of
# their indices, raw; for an event: kind, 0, 0, 0, value, 0.
_TIME = "<Q"
_TIME_BYTES = const(5)
_RECORD = "<BBBBBHH"
_RECORD_BYTES = const(14)
_T_MASK = (1 << 40) - 1


class Outbox:
    """A ring of records, numbered from 0 since boot."""

    def __init__(self, capacity=TWO_HOURS):
        self.capacity = capacity
        self.next_seq = 0
        self._floor = 0
        self._ring = bytearray(capacity * _RECORD_BYTES)

    @property
    def oldest_seq(self):
        """The oldest number still held (equal to `next_seq` while nothing is)."""
        return max(self._floor, self.next_seq - self.capacity)

    def forget(self):
        """Drop all records; numbering continues."""
        self._floor = self.next_seq

    def add_sample(self, *, t_us, flags, index, low_index, high_index, n, total, raw):
        """Keep a sample; returns its number."""
        seq = self.next_seq
        ring = self._ring
        at = (seq % self.capacity) * _RECORD_BYTES
        # All eight bytes of the time; what follows is written over the upper three.
        struct.pack_into(_TIME, ring, at, t_us)
        struct.pack_into(_RECORD, ring, at + _TIME_BYTES, flags, index, low_index, high_index, n, total, raw)
        self.next_seq = seq + 1
        return seq

    def add_event(self, *, t_us, event, value):
        """Keep an event; returns its number."""
        return self.add_sample(
            t_us=t_us, flags=FLAG_EVENT, index=event, low_index=0, high_index=0, n=0, total=value, raw=0
        )

    def get(self, seq, now_us):
        """`(t_us, flags, index, low_index, high_index, n, total, raw)` of record `seq`, which must still be held.

        `now_us` restores the high part of the time: no record is older than 2**40 microseconds (12 days).
        """
        at = (seq % self.capacity) * _RECORD_BYTES
        flags, index, low_index, high_index, n, total, raw = struct.unpack_from(_RECORD, self._ring, at + _TIME_BYTES)
        t_us = struct.unpack_from(_TIME, self._ring, at)[0] & _T_MASK
        if now_us > _T_MASK:
            age_us = (now_us - t_us) & _T_MASK
            if age_us > _T_MASK - (1 << 30):
                # A record slightly later than `now_us` is not twelve days old.
                age_us -= _T_MASK + 1
            t_us = now_us - age_us
        return t_us, flags, index, low_index, high_index, n, total, raw
