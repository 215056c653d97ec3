"""What the dial has measured, kept for a host that was away: a ring of the last samples and events.

Nothing is taken out when it is sent: the ring always holds the newest `capacity` records, and a host that missed
some asks for them by number. 14 bytes a record, so that two hours at 1 Hz take 100 KB of a Pico's 264.
"""

import struct

from dialwire.message import FLAG_EVENT

TWO_HOURS = 7200

# t_us modulo 2**40 (as u32 and u8), flags, then for a sample: index, lowest index, highest index, readings, sum of
# their indices, raw; for an event: kind, 0, 0, 0, value, 0.
_RECORD = "<IBBBBBBHH"
_RECORD_BYTES = 14
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
        """Hold nothing any more; numbers go on from where they were."""
        self._floor = self.next_seq

    def add_sample(self, *, t_us, flags, index, low_index, high_index, n, total, raw):
        """Keep a sample; returns its number."""
        return self._add(t_us, flags, index, low_index, high_index, n, total, raw)

    def add_event(self, *, t_us, event, value):
        """Keep an event; returns its number."""
        return self._add(t_us, FLAG_EVENT, event, 0, 0, 0, value, 0)

    def get(self, seq, now_us):
        """`(t_us, flags, index, low_index, high_index, n, total, raw)` of record `seq`, which must still be held.

        `now_us` restores the high part of the time: no record is older than 2**40 microseconds (12 days).
        """
        low, high, flags, index, low_index, high_index, n, total, raw = struct.unpack_from(
            _RECORD, self._ring, (seq % self.capacity) * _RECORD_BYTES
        )
        age_us = (now_us - (low | high << 32)) & _T_MASK
        if age_us > _T_MASK - (1 << 30):
            # A record a little later than `now_us` is no record of twelve days ago.
            age_us -= _T_MASK + 1
        return now_us - age_us, flags, index, low_index, high_index, n, total, raw

    def _add(self, t_us, flags, index, low_index, high_index, n, total, raw):
        seq = self.next_seq
        struct.pack_into(
            _RECORD,
            self._ring,
            (seq % self.capacity) * _RECORD_BYTES,
            t_us & 0xFFFFFFFF,
            (t_us >> 32) & 0xFF,
            flags,
            index,
            low_index,
            high_index,
            n,
            total,
            raw,
        )
        self.next_seq = seq + 1
        return seq
