"""An encoder's count to a position of the scale: homed by hand, held at the ends without losing the angle.

An incremental encoder knows how far it was turned, not where it stands: until its rater has set it to the home mark
and said so, it has no position. Turned past an end of the scale the rating stays at that end and the angle is still
followed, so that the marks printed around the knob stay true.
"""

from dial.calibrate import FINE

# Counts beyond this would leave the small integers of a 32-bit board when multiplied.
MAX_COUNT = 100000


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
