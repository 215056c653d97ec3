"""Sends frames to a link that may stop taking bytes at any time, without ever waiting for it. Pure; the caller passes
the link.

A USB port says only whether there is room for a byte, and a write of more than fits waits for the host, for half a
second if nobody reads. As long as only whole packets go in, its free room is whole packets too. So each frame is padded
with zeros, which a receiver skips; then room for a byte means room for a packet.
"""

from dialwire import const
from dialwire.ticks import ticks_diff

_PIECE = const(64)
_STALLED_US = const(20000)


class Outlet:
    """`write` takes bytes and returns how many it took, `has_room` tells whether it would take one at once.

    `packet` divides `_PIECE`: frames are padded to a multiple of it; 1 for a link without packets.
    """

    def __init__(self, write, has_room, ticks_us, packet):
        self._write = write
        self._has_room = has_room
        self._ticks_us = ticks_us
        self._packet = packet
        self._pending = b""
        self._held = False

    def ready(self):
        """Send the rest of the last frame; returns whether there is room for another."""
        while self._pending:
            if self._held or not self._has_room():
                return False
            began = self._ticks_us()
            piece = self._pending[:_PIECE]
            sent = self._write(piece) or 0
            self._pending = self._pending[sent:]
            if sent < len(piece):
                # Now it is full; from here on it holds whole packets again.
                self._pending = self._filled(self._pending)
            if ticks_diff(self._ticks_us(), began) > _STALLED_US:
                # It waited after all (a sleeping computer claims to take everything): send nothing more until the host
                # is heard again.
                self._held = True
        return not self._held

    def write(self, frame):
        """Send a frame; call it only when `ready`. What does not fit at once is sent by the next `ready`."""
        self._pending = self._filled(frame)
        self.ready()

    def heard(self):
        """The host has sent something: it is there."""
        self._held = False

    def _filled(self, data):
        over = len(data) % self._packet
        return data + bytes(self._packet - over) if over else data
