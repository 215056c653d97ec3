"""What an interrupt leaves behind for the loop: the readings of a converter, the instants of a pin's edges.

The interrupt's part (`latch`) writes two small integers into places that exist already and leaves: it allocates
nothing, and may come at any instruction of the loop's part. One writer, one reader.
"""

from array import array

from dialwire.ticks import ticks_diff

READINGS = 512
"""Readings kept, a power of two: half a second of them at 1 kHz, about as long as a host that does not read can hold
the loop up."""
WINDOW = 16
"""A reading of the knob is the middle half of this many conversions: noise averages out, a spike has no say."""
LOST_US = 20000
_COUNT_MASK = 0x0FFFFFFF


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
        """How often the loop came too late and readings were overwritten unread."""
        self.stalls = 0
        """How often the interrupt did not come, and the loop read the converter itself."""

    def latch(self, _source=None):
        """The interrupt: one reading."""
        if self.paused:
            return
        at = self._written & (READINGS - 1)
        self._ticks[at] = self._ticks_us()
        self._raws[at] = self.read()
        self._written = (self._written + 1) & _COUNT_MASK

    def take(self, due, now, early_us):
        """Whether there is a reading at `due` or later (or at most `early_us` before it); `ticks` and `raw` are its.

        It is the first such reading, however late the loop comes to ask for it. All arguments are ticks.
        """
        written = self._written
        behind = (written - self._at) & _COUNT_MASK
        if behind > READINGS - WINDOW:
            self.lost += 1
            self._at = (written - (READINGS - WINDOW)) & _COUNT_MASK
            self._filled = WINDOW
        while self._at != written:
            at = self._at & (READINGS - 1)
            self._at = (self._at + 1) & _COUNT_MASK
            if self._filled < WINDOW:
                self._filled += 1
            if ticks_diff(self._ticks[at], due) >= -early_us:
                self.ticks = self._ticks[at]
                self.raw = self._middle(at)
                return True
        if ticks_diff(now, due) > LOST_US:
            self.stalls += 1
            self.latch()
        return False

    def _middle(self, last):
        n = self._filled
        if n < 4:
            return self._raws[last]
        values = sorted([self._raws[(last - back) & (READINGS - 1)] for back in range(n)])
        quarter = n >> 2
        total = 0
        for value in values[quarter : n - quarter]:
            total += value
        kept = n - 2 * quarter
        return (total + (kept >> 1)) // kept


class Edges:
    """Instants of a pin's edges, latched in its interrupt; 16 wait at most, more are counted and lost.

    The cost of `latch` is that of `Latch.latch` less the converter's.
    """

    def __init__(self, ticks_us):
        self._ticks_us = ticks_us
        self._ticks = array("i", bytes(4 * 16))
        self._written = 0
        self._read = 0
        self.lost = 0

    def latch(self, _source=None):
        """The interrupt: one edge. A full ring keeps the oldest."""
        if (self._written - self._read) & _COUNT_MASK > 15:
            self.lost = (self.lost + 1) & _COUNT_MASK
            return
        self._ticks[self._written & 15] = self._ticks_us()
        self._written = (self._written + 1) & _COUNT_MASK

    def waiting(self):
        """Whether an edge waits to be taken."""
        return self._written != self._read

    def take(self):
        """The ticks of the oldest edge that waits; there must be one."""
        ticks = self._ticks[self._read & 15]
        self._read = (self._read + 1) & _COUNT_MASK
        return ticks
