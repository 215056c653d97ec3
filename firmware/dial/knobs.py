"""The knobs as the dial reads them: a latched converter here, an encoder in `dial.wheel`, behind one way of asking.

`read(due, now)` says whether there is a reading for the instant `due`; then `ticks`, `raw` (0 .. 65535, as the wire
carries it) and `position` (`(position_64, clipped)`, None if there is none) are its. `state` is one of KNOB_OK,
KNOB_FAULT, KNOB_UNHOMED; `recheck` looks again whether the wires hold.
"""

from dial.calibrate import FINE, HYSTERESIS_64, Calibration
from dialwire import message
from dialwire.ticks import ticks_diff

SETTLED_US = 24000
"""A reading is of 16 ms; this long after its wire was seen to hold, none of it was read before."""


CONVERTER_STEP = 17
"""Raw counts between two neighbouring readings of a 12-bit converter, at most."""


class Calibrated:
    """A knob whose raw reading a calibration turns into a position."""

    early_us = 0
    incremental = False

    def __init__(self):
        # Until `follow` brings the real ones.
        self.calibration = Calibration(0, 65535)
        self.positions = 2
        self.state = message.KNOB_OK
        self.ticks = 0
        self.raw = 0

    def follow(self, settings):
        """Take the settings in force."""
        self.calibration = settings.calibration
        self.positions = settings.scale.positions

    def hysteresis_64(self):
        """For `dial.calibrate.Settler`: less where the travel is so narrow that the converter tells few readings apart
        within a step. A knob on a value may then be read a whole converter step beside it, and is still given it."""
        span = abs(self.calibration.raw_high - self.calibration.raw_low)
        coarse_64 = CONVERTER_STEP * FINE * (self.positions - 1) // span + 1
        return max(0, min(HYSTERESIS_64, FINE // 2 - 1 - coarse_64))

    @property
    def position(self):
        """Where the wiper stands, None while its wire is broken."""
        if self.state != message.KNOB_OK:
            return None
        return self.calibration.position_64(self.raw, self.positions)

    def home(self, index):
        """The calibrated ends, moved so that the knob stands on position `index` here; None if that would move one by
        more than 1/16 of the travel: the knob then does not stand where it is said to.

        An end that would leave the converter's range stays at its limit, and the other side is stretched to fit.
        """
        old_low, old_high = self.calibration.raw_low, self.calibration.raw_high
        low, high = old_low, old_high
        limit = abs(high - low) >> 4
        top = self.positions - 1
        move = self.raw - (low + (high - low) * index // top)
        low += move
        high += move
        if not 0 <= low <= 65535:
            low = max(0, min(65535, low))
            high = low + (self.raw - low) * top // index if index else high
        if not 0 <= high <= 65535:
            high = max(0, min(65535, high))
            low = high - (high - self.raw) * top // (top - index) if index < top else low
        if abs(low - old_low) > limit or abs(high - old_high) > limit:
            return None
        return low, high


class Direct(Calibrated):
    """A knob that is read at once: `read_raw` returns 0 .. 65535, `broken` (if given) whether its wire is."""

    def __init__(self, read_raw, ticks_us, broken=None):
        super().__init__()
        self._read_raw = read_raw
        self._ticks_us = ticks_us
        self._broken = broken

    def read(self, due, now):
        """See the head of this file."""
        self.raw = self._read_raw()
        self.ticks = self._ticks_us()
        self.recheck()
        return True

    def recheck(self):
        """Look whether the wire holds."""
        self.state = message.KNOB_FAULT if self._broken and self._broken() else message.KNOB_OK


class Potentiometer(Calibrated):
    """A potentiometer behind a latched converter.

    `connected` is a function that tells whether the wiper's wire holds, asked at each sample. Readings below `lowest`
    or above `highest` can come from no wiper on this board, only from a cut wire.
    """

    early_us = 500

    def __init__(self, latch, connected, lowest=0, highest=65535):
        super().__init__()
        self._now = 0
        self._held = None
        self._latch = latch
        self._connected = connected
        self._lowest = lowest
        self._highest = highest

    def read(self, due, now):
        """See the head of this file."""
        if not self._latch.take(due, now, self.early_us):
            return False
        self._now = now
        self.ticks = self._latch.ticks
        self.raw = self._latch.raw
        if not self._lowest <= self.raw <= self._highest:
            self._break()
        return True

    def recheck(self):
        """Look whether the wiper is connected; the state follows.

        A wire that holds again makes no rating of what was read before it was seen to hold: the reading may be, in
        whole or in part, that of a wiper in the air.
        """
        if not (self._lowest <= self.raw <= self._highest and self._connected()):
            self._break()
        elif self.state != message.KNOB_OK:
            if self._held is None:
                self._held = self._now
            elif ticks_diff(self.ticks, self._held) >= SETTLED_US:
                self.state = message.KNOB_OK

    def _break(self):
        self.state = message.KNOB_FAULT
        self._held = None
