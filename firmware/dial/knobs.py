"""The dial's knobs behind one interface: a latched converter here, one that is read at once in `dial.direct`, and an
encoder in `dial.wheel`.

`read(due, now)` says whether there is a reading for the instant `due`; then `ticks`, `raw` (0 .. 65535, as the wire
carries it) and `position` (`(position_64, clipped)`, None if there is none) describe it. `state` is one of KNOB_OK,
KNOB_FAULT, KNOB_UNHOMED; `recheck` checks again that the wires are intact.
"""

from dial.calibrate import FINE, HYSTERESIS_64, MOST_HYSTERESIS_64, Calibration
from dialwire import const, message
from dialwire.ticks import ticks_diff

_SETTLED_US = const(24000)
"""A reading covers 16 ms; this long after the wire was found intact, a reading lies wholly after that check."""


_SIGMAS = const(5)
"""The hysteresis covers this many standard deviations of a still knob's noise on either side: a knob half-way between
two ratings then changes once in several days of readings."""
_CONVERTER_STEP = const(17)
"""Raw counts between two neighbouring readings of a 12-bit converter, at most."""


class Calibrated:
    """A knob whose raw reading a calibration turns into a position."""

    early_us = 0
    incremental = False
    apart_us = 0
    """Readings at least this far apart share no conversion."""

    def __init__(self):
        # Placeholders until `follow` sets the real values.
        self.calibration = Calibration(0, 65535)
        self.positions = 2
        self.hysteresis_64 = HYSTERESIS_64
        """For `dial.calibrate.Settler`: larger for a noisy knob, as long as no value is lost; smaller if the travel is
        so narrow that the converter resolves few readings within a step. Then a knob on a value may read a whole
        converter step off and still gets that value."""
        self._steady = None
        self._steadied = None
        self.state = message.KNOB_OK
        self.ticks = 0
        self.raw = 0

    def follow(self, settings):
        """Take the settings in force."""
        self.calibration = settings.calibration
        self.positions = settings.scale.positions
        span = abs(self.calibration.raw_high - self.calibration.raw_low)
        steps_64 = FINE * (self.positions - 1)
        noisy = _SIGMAS * settings.noise * steps_64 // span + 1
        coarse = _CONVERTER_STEP * steps_64 // span + 1
        self.hysteresis_64 = max(0, min(max(HYSTERESIS_64, noisy), MOST_HYSTERESIS_64, FINE // 2 - 1 - coarse))
        calm = self.hysteresis_64 * span // steps_64
        self._steadied = self._steady = None
        if _SIGMAS * settings.noise > calm:
            # Imported only where it is needed: most dials have no memory to spare for it.
            from dial.steady import Steady

            self._steady = Steady(settings.noise, calm // _SIGMAS, self.apart_us)

    def steady(self):
        """Update the steadied reading, if there is one, with the last reading."""
        if self._steady:
            self._steadied = self._steady.take(self.raw, self.ticks)

    def _where(self):
        return self.raw if self._steadied is None else self._steadied

    @property
    def position(self):
        """The wiper's position, None while its wire is broken."""
        if self.state != message.KNOB_OK:
            return None
        return self.calibration.position_64(self._where(), self.positions)

    def home(self, index):
        """The calibrated ends, moved so that the knob stands on position `index` here; None if the knob is too far from
        that position (see `dial.homing`)."""
        # Imported when it is needed: most dials have no memory to spare for it.
        from dial.homing import moved_ends

        return moved_ends(self.calibration, self._where(), index, self.positions - 1)


class Potentiometer(Calibrated):
    """A potentiometer behind a latched converter.

    `connected` is a function that tells whether the wiper's wire is intact; it is called at each sample. On this board,
    readings below `lowest` or above `highest` come only from a cut wire. A reading that reached an end of the
    converter's range faster than a hand can turn comes only from a wire that touches ground or supply.
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
        self._shorted = False
        self._at_end = False

    def read(self, due, now):
        """See the head of this file."""
        if not self._latch.take(due, now, self.early_us):
            return False
        self._now = now
        self.ticks = self._latch.ticks
        self.raw = self._latch.raw
        if self._latch.at_end():
            if not self._at_end:
                verdict = self._latch.jumped_to_end()
                self._at_end = verdict is not None
                self._shorted = bool(verdict)
        else:
            self._at_end = self._shorted = False
        if self._shorted or not self._lowest <= self.raw <= self._highest:
            self._break()
        if self.state == message.KNOB_OK:
            self.steady()
        return True

    def recheck(self):
        """Check whether the wiper is connected, and set the state.

        When a wire is intact again, readings from before this check still make no rating: they may come, wholly or
        partly, from a disconnected wiper.
        """
        if self._shorted or not (self._lowest <= self.raw <= self._highest and self._connected()):
            self._break()
        elif self.state != message.KNOB_OK:
            if self._held is None:
                self._held = self._now
            elif ticks_diff(self.ticks, self._held) >= _SETTLED_US:
                self.state = message.KNOB_OK
                self.steady()

    def _break(self):
        self.state = message.KNOB_FAULT
        self._held = None
