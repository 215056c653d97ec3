"""Turns an encoder's count into a position of the scale: homed by hand, held at the ends without losing the angle.

An incremental encoder knows how far it was turned, not where it stands: it has no position until its rater has set it
to the home mark and confirmed this. If it is turned past an end of the scale, the rating stays at that end and the
angle is still tracked, so that the marks printed around the knob stay true.
"""

from dial.calibrate import FINE, HYSTERESIS_64
from dialwire import message

# Multiplied by FINE it is still a small integer on a 32-bit board.
MAX_COUNT = 1 << 23


class Wheel:
    """The position of an encoder. `counts_per_step` is how many counts move the rating by one step of the scale."""

    def __init__(self, counts_per_step, reverse):
        self.counts_per_step = counts_per_step
        self._reverse = reverse
        self._home_count = 0
        self._home_index = 0
        self.homed = False

    def home(self, count, index):
        """Say that the knob stands on position `index` (0 is the lowest) where the encoder reads `count`."""
        self._home_count = count
        self._home_index = index
        self.homed = True

    def position_64(self, count, positions):
        """`(position, clipped)` as `Calibration.position_64` gives them: in 64ths of a step above the lowest position,
        held at the ends; clipped if the knob is turned more than half a step beyond one."""
        moved = max(-MAX_COUNT, min(MAX_COUNT, count - self._home_count))
        if self._reverse:
            moved = -moved
        position = self._home_index * FINE + moved * FINE // self.counts_per_step
        top = (positions - 1) * FINE
        clipped = position < -(FINE >> 1) or position > top + (FINE >> 1)
        return max(0, min(top, position)), clipped


class Encoder:
    """A rotary encoder as a knob (see `dial.knobs`). `counter` is a function that returns its count, `ticks_us` the
    clock; `missed`, if given, returns how many steps the counter knows it has missed."""

    early_us = 0
    incremental = True
    hysteresis_64 = HYSTERESIS_64
    """For `dial.calibrate.Settler`: an encoder on a value reads exactly that value."""

    def __init__(self, counter, ticks_us, wheel, missed=None):
        self._missed = missed
        self._missed_before = 0
        self._counter = counter
        self._ticks_us = ticks_us
        self._wheel = wheel
        self._positions = 0
        self._count = 0
        self.ticks = 0

    @property
    def state(self):
        """Whether the encoder has been homed."""
        return message.KNOB_OK if self._wheel.homed else message.KNOB_UNHOMED

    @property
    def raw(self):
        """The count on the wire: modulo 65536, 32768 at power-up."""
        return (self._count + 32768) & 65535

    def follow(self, settings):
        """Take the settings in force. Counts per step and direction are read only at the start."""
        self._positions = settings.scale.positions

    def read(self, due, now):
        """See `dial.knobs`: a counter can be read at any time."""
        self._count = self._counter()
        self.ticks = self._ticks_us()
        if self._missed and self._missed() != self._missed_before:
            # By how much is unknown, so the knob must be homed again.
            self._missed_before = self._missed()
            self._wheel.homed = False
        return True

    def recheck(self):
        """Nothing to check: a broken wire of a counter looks like a knob at rest."""

    @property
    def position(self):
        """Where the knob stands, None until it has been homed."""
        if not self._wheel.homed:
            return None
        return self._wheel.position_64(self._count, self._positions)

    def home(self, index):
        """Say that the knob stands on position `index` here."""
        self._count = self._counter()
        self._wheel.home(self._count, index)
