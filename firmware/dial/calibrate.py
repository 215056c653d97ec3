"""Raw counts to a position of the scale: calibration, and settling on a rating. Integers only."""

from dialwire import const
from dialwire.errors import WireError

# Positions are counted in 64ths of a step: 65,535 counts x 255 steps x 64 stays below 2**30.
FINE = 64
HYSTERESIS_64 = 16
MOST_HYSTERESIS_64 = 20
"""With more hysteresis, a knob that rests on a value but reads slightly off could keep the neighbouring value."""
_MIN_SPAN = const(1024)
# A wiper may stand this far outside the calibrated ends (1/64 of the travel) before the sample is called clipped.
_MARGIN_SHIFT = const(6)


class Calibration:
    """The raw readings at the ends of the scale; `raw_low` > `raw_high` for a knob that is wired in reverse."""

    def __init__(self, raw_low, raw_high):
        for name, raw in (("raw_low", raw_low), ("raw_high", raw_high)):
            if not isinstance(raw, int) or not 0 <= raw <= 65535:
                raise WireError("calibration %s is %r, not a count from 0 to 65535" % (name, raw))
        if abs(raw_high - raw_low) < _MIN_SPAN:
            raise WireError("the calibrated ends %d and %d are closer than %d counts" % (raw_low, raw_high, _MIN_SPAN))
        self.raw_low = raw_low
        self.raw_high = raw_high

    def position_64(self, raw, positions):
        """`(position, clipped)`: where `raw` is, in 64ths of a step above the lowest position, and whether it lies
        beyond an end by more than the margin (the position is then held at that end)."""
        span = self.raw_high - self.raw_low
        above = raw - self.raw_low
        if span < 0:
            span = -span
            above = -above
        margin = span >> _MARGIN_SHIFT
        clipped = above < -margin or above > span + margin
        if above < 0:
            above = 0
        elif above > span:
            above = span
        return (above * ((positions - 1) * FINE) + (span >> 1)) // span, clipped


class Settler:
    """Chooses the position of the scale, so that a still knob never flickers between two ratings.

    The settler leaves a position when the knob is more than half a step plus `hysteresis_64` away from it. A knob that
    rests on a value gives that value, wherever it came from. A knob that is turned slowly gives every value on its way,
    up and down, as long as its readings lie at most a step apart. All positions are alike: a detent does not hold the
    knob longer, because its neighbours would then get less than their share.
    """

    def __init__(self, scale, hysteresis_64=HYSTERESIS_64):
        self._detents = tuple(scale.index_of(rating) for rating, _ in scale.detents)
        self._hold_64 = FINE // 2 + hysteresis_64
        self.index = None
        """The position settled on (0 is the lowest), None before the first reading."""

    def settle(self, position_64):
        """Take in a fine position; returns the position settled on."""
        if self.index is None:
            self.index = (position_64 + FINE // 2) // FINE
            return self.index
        off_64 = position_64 - self.index * FINE
        if off_64 > self._hold_64:
            # Within that distance choose the next position, though another may be nearest: readings may lie a step
            # apart.
            near = off_64 <= self._hold_64 + FINE
            self.index = self.index + 1 if near else (position_64 + FINE // 2) // FINE
        elif off_64 < -self._hold_64:
            near = off_64 >= -self._hold_64 - FINE
            self.index = self.index - 1 if near else (position_64 + FINE // 2) // FINE
        return self.index

    def detent_number(self):
        """Which detent (0 is the lowest) the knob has settled on, or None between detents."""
        for number, index in enumerate(self._detents):
            if index == self.index:
                return number
        return None
