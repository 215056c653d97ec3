"""When to read the knob and when a sample is due: phase-aligned, drift-free, in wrapped ticks.

Tick k falls on tick 0 + k periods; a late tick does not delay the next one. All comparisons are of 30-bit ticks;
the long arithmetic happens once, in `start`.
"""

from dialwire import const
from dialwire.errors import WireError
from dialwire.ticks import ticks_add, ticks_diff

_READING_US = const(20000)
_IDLE_READING_US = const(20000)
_MAX_READINGS = const(250)
MAX_AHEAD_US = 300000000
"""Tick 0 may lie five minutes ahead at most: well inside half a wrap of the ticks."""


class Sampler:
    """The schedule of readings and sample ticks. `ticks` arguments are wrapped; `*_us` of `start` are since boot.

    A reading may be up to `early_us` before its instant: the nearest reading of a knob that is latched at a steady
    pace.
    """

    def __init__(self, ticks, early_us=0):
        self._early_us = early_us
        self.running = False
        self.missed_ticks = 0
        self.period_ns = 0
        self.due = ticks
        self._read_due = ticks
        self._reading_us = _IDLE_READING_US
        self._whole_us = 0
        self._rest_ns = 0
        self._carry_ns = 0

    def start(self, ticks, now_us, tick0_us, period_ns, correction=0):
        """Tick on tick0_us + k periods: from tick 0 on, or from the first tick that is not yet past.

        As a correction of the grid in use, the next tick is the new grid's tick nearest to the old grid's next: no tick
        is repeated or left out, and one that has just passed is served at once. Returns the time of the next tick in
        microseconds since boot. Raises `WireError` for a tick 0 too far ahead.
        """
        if tick0_us - now_us > MAX_AHEAD_US:
            raise WireError(
                "tick 0 lies %d s ahead, at most %d are allowed"
                % ((tick0_us - now_us) // 1000000, MAX_AHEAD_US // 1000000)
            )
        if correction and self.running:
            next_us = now_us + ticks_diff(self.due, ticks)
            # No earlier than the boot, whose time begins at 0.
            k = max(-(tick0_us * 1000 // period_ns), ((next_us - tick0_us) * 1000 + period_ns // 2) // period_ns)
        else:
            k = max(0, ((now_us - tick0_us) * 1000 + period_ns - 1) // period_ns)
        due_ns = tick0_us * 1000 + k * period_ns
        due_us = due_ns // 1000
        self.running = True
        self.period_ns = period_ns
        self.due = ticks_add(ticks, due_us - now_us)
        self._whole_us = period_ns // 1000
        self._rest_ns = period_ns % 1000
        self._carry_ns = due_ns % 1000
        readings = min(max(self._whole_us // _READING_US, 1), _MAX_READINGS)
        self._reading_us = self._whole_us // readings
        # Never later than the tick.
        self._read_due = ticks if ticks_diff(self.due, ticks) > 0 else self.due
        return due_us

    def stop(self, ticks):
        """No more ticks; the knob is still read, for STATUS."""
        self.running = False
        self._reading_us = _IDLE_READING_US
        self._read_due = ticks

    def reading_due(self, ticks):
        """Whether the knob must be read now, for a tick or between two."""
        return ticks_diff(ticks, self._read_due) >= -self._early_us

    def next_due(self):
        """The ticks for which the next reading is meant."""
        return self._read_due

    def tick_due(self, ticks):
        """Whether a sample is due now."""
        return self.running and ticks_diff(ticks, self.due) >= -self._early_us

    def in_window(self, ticks):
        """Whether a reading now belongs to the sample of the next tick: less than a period before it."""
        return self.running and ticks_diff(self.due, ticks) <= self._whole_us

    def wait_us(self, ticks):
        """Microseconds until there is something to do, 0 if there is now."""
        wait = ticks_diff(self._read_due, ticks)
        return wait if wait > 0 else 0

    def reading_done(self, ticks):
        """Set when to read next, after a reading that was not a tick's."""
        self._read_due = ticks_add(self._read_due, self._reading_us)
        self._place_reading(ticks)

    def _place_reading(self, ticks):
        if ticks_diff(ticks, self._read_due) >= 0:
            self._read_due = ticks_add(ticks, self._reading_us)
        # A reading too close to the tick's own is skipped in favour of the tick's.
        if self.running and ticks_diff(self.due, self._read_due) < self._reading_us >> 1:
            self._read_due = self.due

    def tick_done(self, ticks):
        """Set when to tick next. Returns how late this tick was (microseconds) after counting any missed ones."""
        base = self.due
        late_us = ticks_diff(ticks, base)
        self._advance()
        left_us = ticks_diff(self.due, ticks)
        while left_us <= 0:
            self.missed_ticks += 1
            self._advance()
            left_us = ticks_diff(self.due, ticks)
        if self._reading_us == self._whole_us:
            # Each reading belongs to a tick.
            self._read_due = self.due
        else:
            self._read_due = ticks_add(base, self._reading_us)
            self._place_reading(ticks)
        return late_us

    def _advance(self):
        step_us = self._whole_us
        self._carry_ns += self._rest_ns
        if self._carry_ns >= 1000:
            self._carry_ns -= 1000
            step_us += 1
        self.due = ticks_add(self.due, step_us)
