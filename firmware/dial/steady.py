"""Steadies the readings of a knob with a converter noisier than the hysteresis can hold. Integers only.

A still knob's readings are averaged. A moved knob's readings lie farther off than noise does, and are followed at once.
"""

from dialwire import const
from dialwire.ticks import ticks_diff

_FAR_SIGMAS = const(4)
_MOST_SHIFT = const(5)


class Steady:
    """Averages readings with a standard deviation `noise` larger than `held`, the largest that the hysteresis can hold;
    both are in raw counts. Readings at least `apart_us` apart share no conversion."""

    def __init__(self, noise, held, apart_us):
        # An average that forgets the share 1/2**shift at each reading has a variance (2 * 2**shift - 1) times smaller.
        shift = 1
        while shift < _MOST_SHIFT and noise * noise > held * held * ((2 << shift) - 1):
            shift += 1
        self._shift = shift
        self._far = _FAR_SIGMAS * noise
        self._apart_us = apart_us
        self._mean_16 = None
        self._ticks = 0
        self._far_since = None
        self._far_up = False

    def take(self, raw, ticks):
        """The steadied reading, 0 .. 65535, after `raw` at `ticks`."""
        if self._mean_16 is None:
            self._settle(raw, ticks)
            return raw
        off = raw - (self._mean_16 >> 4)
        if abs(off) <= self._far:
            self._far_since = None
            if ticks_diff(ticks, self._ticks) >= self._apart_us:
                self._mean_16 += ((raw << 4) - self._mean_16) >> self._shift
                self._ticks = ticks
        elif self._far_since is None or self._far_up != (off > 0):
            self._far_since = ticks
            self._far_up = off > 0
        elif ticks_diff(ticks, self._far_since) >= self._apart_us:
            # Twice in a row, from separate conversions: noise does not do that.
            self._settle(raw, ticks)
        return self._mean_16 >> 4

    def _settle(self, raw, ticks):
        self._mean_16 = raw << 4
        self._ticks = ticks
        self._far_since = None
