"""Data that an interrupt leaves for the loop: the readings of a converter, and the instants of a pin's edges.

The interrupt's part (`latch`) writes two small integers into existing places and returns. It allocates nothing, and may
run between any two instructions of the loop's part. There is one writer and one reader: if the loop has to stand in for
an interrupt that does not come, it pauses the interrupt first.
"""

from array import array

from dialwire import const
from dialwire.ticks import ticks_diff

READINGS = 512
"""Readings kept, a power of two: half a second at 1 kHz, about as long as a host that does not read can block the
loop."""
WINDOW = 16
"""A reading of the knob is the middle half of this many conversions: noise averages out, and a spike has no effect."""
_LOST_US = const(20000)
_END = const(512)
"""A wiper that touches ground or supply reads at most this far from an end of the range."""
_JUMP = const(4096)
_JUMP_US = const(10000)
_JUMP_LOOK = const(48)
"""A sixteenth of the range within two conversions: 17 degrees of a common potentiometer in 2 ms, four times as fast as
a hand. A stretch without conversions (a write to flash) proves nothing."""
_FLOOD = const(32)
_SHUT_US = const(1000000)
_CALM_US = const(1000000)
"""How long a pin that was shut and opened again must stay open to be calm."""
_COUNT_MASK = const(0x0FFFFFFF)


class Latch:
    """Readings of a converter, latched at a steady pace. `ticks_us` and `read` are called in the interrupt.

    The cost of `latch`: 42 us a call in the mean of 200, and 3.4 % less work done by a counting loop at 1 kHz, both on
    the emulated RP2040 at 125 MHz, whose instructions are not timed as exactly as a Pico's.
    """

    def __init__(self, ticks_us, read):
        self._ticks_us = ticks_us
        self.read = read
        self._ticks = array("i", bytes(4 * READINGS))
        self._raws = array("H", bytes(2 * READINGS))
        self._written = 0
        self._at = 0
        self._filled = 0
        self.paused = False
        """Set while the loop uses the converter for something else."""
        self.lost = 0
        """How often the loop was too late and readings were overwritten unread."""
        self.stalls = 0
        """How often the interrupt did not come and the loop read the converter itself."""

    def latch(self, source=None):
        """The interrupt: one reading. While paused, it writes none unless the loop itself calls it (`source` is this
        latch)."""
        if self.paused and source is not self:
            return
        at = self._written & (READINGS - 1)
        self._ticks[at] = self._ticks_us()
        self._raws[at] = self.read()
        self._written = (self._written + 1) & _COUNT_MASK

    def take(self, due, now, early_us):
        """Whether there is a reading at `due` or later (or at most `early_us` before it); then `ticks` and `raw` are
        set to it.

        It is the first such reading, however late the loop asks for it. All arguments are ticks.
        """
        written = self._written
        behind = (written - self._at) & _COUNT_MASK
        if behind > READINGS - WINDOW:
            self.lost += 1
            self._at = (written - (READINGS - WINDOW)) & _COUNT_MASK
            self._filled = WINDOW
            behind = READINGS - WINDOW
        ticks = self._ticks
        # The first unread reading that is late enough; their times rise, so a binary search finds it.
        first, last = self._at, behind
        at = 0
        while at < last:
            middle = (at + last) >> 1
            if ticks_diff(ticks[(first + middle) & (READINGS - 1)], due) >= -early_us:
                last = middle
            else:
                at = middle + 1
        passed = min(at + 1, behind)
        self._at = (first + passed) & _COUNT_MASK
        self._filled = min(WINDOW, self._filled + passed)
        if at < behind:
            at = (first + at) & (READINGS - 1)
            self.ticks = ticks[at]
            self.raw = self._middle(at)
            return True
        if ticks_diff(now, due) > _LOST_US:
            self.stalls += 1
            self._stand_in()
        return False

    def at_end(self):
        """Whether the last conversion of the reading lies at an end of the converter's range."""
        raw = self._raws[(self._at - 1) & (READINGS - 1)]
        return raw <= _END or raw >= 65535 - _END

    def jumped_to_end(self):
        """Whether the reading jumped there, from farther away than a hand can turn in two conversions. None while this
        cannot be told: it may be a spike."""
        raws = self._raws
        at = self._at - 1
        end = 0 if raws[at & (READINGS - 1)] <= _END else 65535
        there = 1
        while there < _JUMP_LOOK and abs(raws[(at - there) & (READINGS - 1)] - end) <= _END:
            there += 1
        if there < 3:
            return None
        # The previous conversion may have been made half-way; the two before it show where the knob stood.
        before = at - there - 1
        if there == _JUMP_LOOK or before - 1 < self._written - READINGS or before < 1:
            return False
        apart_us = ticks_diff(self._ticks[(before + 2) & (READINGS - 1)], self._ticks[(before - 1) & (READINGS - 1)])
        far = min(abs(raws[before & (READINGS - 1)] - end), abs(raws[(before - 1) & (READINGS - 1)] - end))
        return 0 <= apart_us <= _JUMP_US and far > _JUMP

    def _stand_in(self):
        """Take a reading in place of the interrupt, which writes none meanwhile."""
        if not self.paused:
            self.paused = True
            self.latch(self)
            self.paused = False

    def _middle(self, last):
        n = self._filled
        raws = self._raws
        if n < 4:
            return raws[last]
        # Slices and `sum` cost a third of a loop.
        first = last + 1 - n
        values = sorted(raws[first : last + 1] if first >= 0 else list(raws[first:]) + list(raws[: last + 1]))
        quarter = n >> 2
        kept = n - 2 * quarter
        return (sum(values[quarter : n - quarter]) + (kept >> 1)) // kept


class Edges:
    """Instants of a pin's edges, latched in its interrupt. At most 16 wait; further edges are counted and lost.

    More than `_FLOOD` edges between two calls of `look` would leave the loop no time, and beyond 20 kHz the board none.
    The interrupt then shuts its own pin by `set_trigger(0)`. After a while `look` opens it again by
    `set_trigger(trigger)`, for enough edges to show whether it is calm.

    `latch` costs as much as `Latch.latch` without the converter.
    """

    def __init__(self, ticks_us):
        self._ticks_us = ticks_us
        self._ticks = array("i", bytes(4 * 16))
        self._written = 0
        self._read = 0
        self._set_trigger = None
        self._trigger = 0
        self._unlooked = 0
        self._shut = False
        self._changed = None
        self._opened = 0
        self._flood = False
        self.lost = 0

    def guard(self, set_trigger, trigger):
        """Shut the pin when it floods."""
        self._trigger = trigger
        self._set_trigger = set_trigger

    def latch(self, _source=None):
        """The interrupt: one edge. A full ring keeps the oldest."""
        if self._unlooked >= _FLOOD:
            if self._set_trigger is not None:
                self._shut = True
                self._set_trigger(0)
            self.lost = (self.lost + 1) & _COUNT_MASK
            return
        self._unlooked += 1
        if (self._written - self._read) & _COUNT_MASK > 15:
            self.lost = (self.lost + 1) & _COUNT_MASK
            return
        self._ticks[self._written & 15] = self._ticks_us()
        self._written = (self._written + 1) & _COUNT_MASK

    def look(self, ticks):
        """Call it every few milliseconds. 1 when a flood has begun, 0 when it is over, else None."""
        self._unlooked = 0
        if self._shut:
            if self._changed is None:
                self._changed = ticks
                if not self._flood:
                    self._flood = True
                    return 1
            elif self._set_trigger is not None and ticks_diff(ticks, self._changed) >= _SHUT_US:
                self._changed = None
                self._opened = ticks
                self._shut = False
                self._set_trigger(self._trigger)
        elif self._flood and ticks_diff(ticks, self._opened) >= _CALM_US:
            self._flood = False
            return 0
        return None

    def waiting(self):
        """Whether an edge waits to be taken."""
        return self._written != self._read

    def take(self):
        """The ticks of the oldest edge that waits; there must be one."""
        ticks = self._ticks[self._read & 15]
        self._read = (self._read + 1) & _COUNT_MASK
        return ticks
