"""Raw counts to a position of the scale: calibration, hysteresis, and settling on detents. Integers only."""

from dialwire.errors import WireError

# Positions are counted in 64ths of a step: 65,535 counts x 255 steps x 64 stays below 2**30.
FINE = 64
HYSTERESIS_64 = 16
DETENT_64 = 32
DETENT_ROOM = 3
MIN_SPAN = 1024
# A wiper may stand this far outside the calibrated ends (1/64 of the travel) before the sample is called clipped.
MARGIN_SHIFT = 6


class Calibration:
    """The raw readings at the ends of the scale; `raw_low` > `raw_high` for a knob that is wired the other way."""

    def __init__(self, raw_low, raw_high):
        for name, raw in (("raw_low", raw_low), ("raw_high", raw_high)):
            if not isinstance(raw, int) or not 0 <= raw <= 65535:
                raise WireError("calibration %s is %r, not a count from 0 to 65535" % (name, raw))
        if abs(raw_high - raw_low) < MIN_SPAN:
            raise WireError("the calibrated ends %d and %d are closer than %d counts" % (raw_low, raw_high, MIN_SPAN))
        self.raw_low = raw_low
        self.raw_high = raw_high

    def position_64(self, raw, positions):
        """`(position, clipped)`: where `raw` is, in 64ths of a step above the lowest position, and whether it lies
        beyond an end by more than the margin (it is then held at that end, and said)."""
        span = self.raw_high - self.raw_low
        above = raw - self.raw_low
        if span < 0:
            span = -span
            above = -above
        margin = span >> MARGIN_SHIFT
        clipped = above < -margin or above > span + margin
        if above < 0:
            above = 0
        elif above > span:
            above = span
        return (above * ((positions - 1) * FINE) + (span >> 1)) // span, clipped


class Settler:
    """Chooses the position of the scale, so that a still knob never flickers between two ratings.

    A position is left when the knob stands more than half a step and a quarter away from it; a detent holds half a
    step longer, and takes the knob from half a step farther off, if it stands far enough from others and from the ends
    of the scale that no rating is lost between.
    """

    def __init__(self, scale):
        self._top = (scale.positions - 1) * FINE
        self._detents = tuple(scale.index_of(rating) for rating, _ in scale.detents)
        self._wide = tuple(index for index in self._detents if self._has_room(index, scale.positions - 1))
        self.index = None
        """The position settled on (0 is the lowest), None before the first reading."""

    def settle(self, position_64):
        """Take in a fine position; returns the position settled on."""
        if self.index is not None:
            hold = FINE // 2 + HYSTERESIS_64
            if self.index in self._wide:
                hold += DETENT_64
            if abs(position_64 - self.index * FINE) <= hold:
                return self.index
        self.index = self._nearest(position_64)
        return self.index

    def detent_number(self):
        """Which detent (0 is the lowest) the knob has settled on, or None between detents."""
        for number, index in enumerate(self._detents):
            if index == self.index:
                return number
        return None

    def _has_room(self, index, top):
        others = [other for other in self._detents + (0, top) if other != index]
        return all(abs(other - index) >= DETENT_ROOM for other in others)

    def _nearest(self, position_64):
        for index in self._wide:
            if abs(position_64 - index * FINE) <= FINE // 2 + DETENT_64:
                return index
        return (position_64 + FINE // 2) // FINE
