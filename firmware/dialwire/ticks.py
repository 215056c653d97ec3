"""Arithmetic on a microsecond counter that wraps.

`ticks_us` of a real board counts to 2**30 (17.9 minutes) and starts again at 0. The period is an argument, and no
intermediate result leaves the range -2**30 .. 2**30 - 1, beyond which a 32-bit MicroPython must allocate.
"""

BOARD_PERIOD = 1 << 30


def ticks_add(ticks, delta_us, period=BOARD_PERIOD):
    """`ticks` moved by `delta_us` (|delta_us| < period), wrapped into 0 .. period - 1."""
    room = period - 1 - ticks
    if delta_us > room:
        return delta_us - room - 1
    moved = ticks + delta_us
    return moved + (period - 1) + 1 if moved < 0 else moved


def ticks_diff(later, earlier, period=BOARD_PERIOD):
    """Microseconds from `earlier` to `later`, negative if `later` came first; right up to half a period apart."""
    half = period >> 1
    diff = later - earlier
    if diff >= half:
        return diff - half - half
    if diff < -half:
        return diff + half + half
    return diff


class WideClock:
    """Counts the wraps: microseconds since boot that never wrap (`t_us` on the wire).

    Must see the ticks at least once in half a period. Ticks that were latched a little before the last ones seen
    are placed before them, not a whole period later.
    """

    def __init__(self, ticks, period=BOARD_PERIOD):
        self._period = period
        self._ticks = ticks
        self._us = ticks

    def us(self, ticks):
        """Microseconds since boot at `ticks`."""
        diff = ticks_diff(ticks, self._ticks, self._period)
        us = self._us + diff
        if diff > 0:
            self._ticks = ticks
            self._us = us
        return us
