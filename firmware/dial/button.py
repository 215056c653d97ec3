"""The button: a press marks a moment, a hold homes the knob. The code waits until bouncing ends; the first edge gives
the time."""

from dialwire.ticks import ticks_diff

BOUNCE_US = 15000
HOLD_US = 1500000


class Button:
    """Turns a pin's levels, polled from time to time, into presses and holds.

    `edges` is the `Edges` of the pin's interrupt: it latches the instant of a press, which the loop would see too late.
    """

    def __init__(self, edges):
        self._edges = edges
        self._down = False
        self._changed = None
        self._pressed_at = 0
        self._held = False
        self.pressed = False
        """Set by `look` when a press is certain; `ticks` is when it began."""
        self.held = False
        """Set by `look` when a press has lasted for `HOLD_US`."""
        self.ticks = 0

    def look(self, down, ticks):
        """Take in whether the button is down now; sets `pressed` and `held` for this call only."""
        self.pressed = self.held = False
        if down == self._down:
            self._changed = None
            if not down:
                while self._edges.waiting():
                    # Bounce, or a spike that had ended before this poll.
                    first = self._edges.take()
                    if ticks_diff(ticks, first) < BOUNCE_US:
                        self._changed = first
                        break
        elif self._changed is None:
            self._changed = self._edges.take() if down and self._edges.waiting() else ticks
        elif ticks_diff(ticks, self._changed) >= BOUNCE_US:
            self._down = down
            if down:
                self.pressed = True
                self._held = False
                self.ticks = self._pressed_at = self._changed
            self._changed = None
            while self._edges.waiting():
                self._edges.take()
        if self._down and not self._held and ticks_diff(ticks, self._pressed_at) >= HOLD_US:
            self.held = self._held = True
