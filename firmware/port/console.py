"""The wire over the board's console: raw bytes; a host that never reads blocks nobody."""

import select
import sys
from time import ticks_us

from dial.outlet import Outlet
from dialwire import const

_ROOM = const(128)


class Console:
    """Bytes in and out of the console; `main.py` has turned off its Ctrl-C. `packet`: as in `Outlet`."""

    wired = True

    def __init__(self, packet):
        self._in = sys.stdin.buffer
        self._readable = select.poll()
        self._readable.register(sys.stdin, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(sys.stdout, select.POLLOUT)
        self._buffer = bytearray(_ROOM)
        self._one = bytearray(1)
        self._outlet = Outlet(sys.stdout.buffer.write, lambda: self._has(self._writable), ticks_us, packet)
        self.ready = self._outlet.ready
        self.write = self._outlet.write

    def read(self):
        """The bytes that have come in, possibly none."""
        n = 0
        while n < _ROOM and self._has(self._readable):
            self._in.readinto(self._one)
            self._buffer[n] = self._one[0]
            n += 1
            if n > 1 and not self._one[0]:
                # The end of a frame: the next one arrived later and must not get this one's time.
                break
        if n:
            self._outlet.heard()
        return bytes(self._buffer[:n]) if n else b""

    def is_there(self):
        """Whether a host can be at the other end: a cable does not say."""
        return True

    def hang_up(self):
        """A cable has no connection to end."""

    def wait(self, wait_ms):
        """Sleep until bytes come in or the time has passed."""
        for _ in self._readable.ipoll(wait_ms):
            pass

    def _has(self, poll):
        for _ in poll.ipoll(0):
            return True
        return False
