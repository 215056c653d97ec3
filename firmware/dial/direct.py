"""A knob that is read at once. Apart from `dial.knobs`: a board with a latched potentiometer has no memory to spare."""

from dial.knobs import Calibrated
from dialwire import message


class Direct(Calibrated):
    """A knob that is read at once: `read_raw` returns 0 .. 65535, `broken` (if given) whether its wire is."""

    def __init__(self, read_raw, ticks_us, broken=None):
        super().__init__()
        self._read_raw = read_raw
        self._ticks_us = ticks_us
        self._broken = broken

    def read(self, due, now):
        """See `dial.knobs`."""
        self.raw = self._read_raw()
        self.ticks = self._ticks_us()
        self.steady()
        self.recheck()
        return True

    def recheck(self):
        """Look whether the wire holds."""
        self.state = message.KNOB_FAULT if self._broken and self._broken() else message.KNOB_OK
