"""Arithmetic on a microsecond counter that wraps.

`ticks_us` of a real board counts to 2**30 (17.9 minutes) and starts again at 0. The counter's highest value is an
argument: no operand and no intermediate result leaves the range -2**30 .. 2**30 - 1, beyond which a 32-bit MicroPython
allocates.
"""

BOARD_TOP = (1 << 30) - 1
"""The highest tick of a real board."""


def ticks_add(ticks, delta_us, top=BOARD_TOP):
    """`ticks` moved by `delta_us` (|delta_us| <= top), wrapped into 0 .. top."""
    room = top - ticks
    if delta_us > room:
        return delta_us - room - 1
    moved = ticks + delta_us
    return moved + top + 1 if moved < 0 else moved


def ticks_diff(later, earlier, top=BOARD_TOP):
    """Microseconds from `earlier` to `later`, negative if `later` came first; correct for times up to half a wrap
    apart."""
    diff = later - earlier
    half = (top >> 1) + 1
    if -half <= diff < half:
        return diff
    return diff - half - half if diff > 0 else diff + half + half


class WideClock:
    """Counts the wraps: microseconds since boot that never wrap (`t_us` on the wire).

    It must see the ticks at least once in half a wrap. Ticks latched slightly before the last ones seen are placed
    before them, not a whole wrap later.
    """

    def __init__(self, ticks, top=BOARD_TOP):
        self._top = top
        self._ticks = ticks
        self.last_us = ticks
        """The latest microsecond that was returned."""

    def us(self, ticks):
        """Microseconds since boot at `ticks`."""
        diff = ticks_diff(ticks, self._ticks, self._top)
        us = self.last_us + diff
        if diff > 0:
            self._ticks = ticks
            self.last_us = us
        return us
