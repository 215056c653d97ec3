"""The wire over the board's console: raw bytes, and a host that never reads holds nobody up for long."""

import select
import sys
from time import ticks_diff, ticks_us

ROOM = 128
PIECE = 64
STALLED_US = 20000


class Console:
    """Bytes in and out of the console, whose Ctrl-C `main.py` has turned off."""

    def __init__(self):
        self._in = sys.stdin.buffer
        self._out = sys.stdout.buffer
        self._readable = select.poll()
        self._readable.register(sys.stdin, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(sys.stdout, select.POLLOUT)
        self._buffer = bytearray(ROOM)
        self._one = bytearray(1)
        self._pending = b""
        self._held = False

    def read(self):
        """The bytes that have come in, possibly none."""
        n = 0
        while n < ROOM and self._has(self._readable):
            self._in.readinto(self._one)
            self._buffer[n] = self._one[0]
            n += 1
            if n > 1 and not self._one[0]:
                # The end of a frame: the next one has come later, and its time must not be this one's.
                break
        if n:
            self._held = False
        return bytes(self._buffer[:n]) if n else b""

    def wait(self, wait_ms):
        """Sleep until bytes come in or the time has passed."""
        for _ in self._readable.ipoll(wait_ms):
            pass

    def ready(self):
        """Send on what is left of the last frame; whether there is room for another."""
        while self._pending:
            if self._held or not self._has(self._writable):
                return False
            began = ticks_us()
            sent = self._out.write(self._pending[:PIECE])
            self._pending = self._pending[sent or 0 :]
            if ticks_diff(ticks_us(), began) > STALLED_US:
                # The room was less than the piece, and nobody reads: nothing more until the host is heard again. A
                # computer that sleeps would otherwise hold the loop up at every piece.
                self._held = True
        return not self._held

    def write(self, frame):
        """Send a frame; call it only when `ready`. What does not fit at once is sent by the next `ready`."""
        self._pending = frame
        self.ready()

    def _has(self, poll):
        for _ in poll.ipoll(0):
            return True
        return False
