"""The radio of a board, by MicroPython's `bluetooth`: one service, a characteristic each way, one host connected.

The same file runs on a real board and on the emulated one, where `bluetooth` is a stand-in. The interrupt notes events
and the loop handles them: the interrupt allocates nothing beyond what MicroPython itself passes in.
"""

from dialwire import advert, const
from dialwire.ticks import ticks_diff

_CONNECTED = const(1)
_DISCONNECTED = const(2)
_WRITTEN = const(3)
_MTU_EXCHANGED = const(21)

_MTU = const(247)
_ROOM = const(1024)
"""Bytes from the host that wait until the loop takes them."""
_ADVERTISE_US = const(200000)
_BURST = const(6)
_BURST_US = const(30000)
"""At most `_BURST` notifications in `_BURST_US`: BTstack accepts any number and keeps them in memory until they are
sent."""
_LINGER_US = const(200000)
_DROP_US = const(500000)
"""How long to wait, at least and at most, before ending a connection: the radio may still hold data to send."""


class Radio:
    """`ble` is `bluetooth.BLE()`, `make_uuid` `bluetooth.UUID`; `name` is asked at each advertisement."""

    def __init__(self, ble, make_uuid, name, ticks_us):
        self.connection = 0
        """A number that changes with each connection, 0 while there is none."""
        self.came = 0
        """The ticks at which the host's last bytes came."""
        self._ble = ble
        self._name = name
        self._ticks_us = ticks_us
        self._count = 0
        self._handle = None
        self._payload = advert.DEFAULT_MTU - advert.ATT_BYTES
        self._written = False
        self._advertising = False
        self._pending = b""
        self._dropping = None
        self._sent = 0
        self._sent_since = ticks_us()
        ble.active(True)
        ble.config(mtu=_MTU)
        # MicroPython's numbers: a write with or without a response, a notification.
        write, notify = 0x0008 | 0x0004, 0x0010
        service = (
            make_uuid(advert.SERVICE),
            ((make_uuid(advert.TO_DIAL), write), (make_uuid(advert.TO_HOST), notify)),
        )
        ((self._to_dial, self._to_host),) = ble.gatts_register_services((service,))
        ble.gatts_set_buffer(self._to_dial, _ROOM, True)
        ble.irq(self._on_event)

    def look(self):
        """Advertise while nobody is connected, and end a connection that should end. Called each turn of the loop."""
        if self._handle is None:
            if not self._advertising:
                self._pending = b""
                self._dropping = None
                try:
                    self._ble.gap_advertise(_ADVERTISE_US, advert.advertisement(self._name()))
                except OSError:
                    # The radio is still ending the last connection: try again in the next turn.
                    return
                self._advertising = True
        elif self._dropping is not None:
            self._push()
            since = ticks_diff(self._ticks_us(), self._dropping)
            if since > (_DROP_US if self._pending else _LINGER_US):
                self._dropping = None
                self._pending = b""
                self._ble.gap_disconnect(self._handle)

    def read(self):
        """The bytes that the connected host has written, possibly none."""
        if not self._written:
            return b""
        self._written = False
        return self._ble.gatts_read(self._to_dial)

    def waiting(self):
        """Whether there is something to read."""
        return self._written

    def ready(self):
        """Send the remaining bytes; returns whether there is room for more."""
        self._push()
        return not self._pending and self._dropping is None

    def send(self, data):
        """Send bytes to the connected host, in as many notifications as needed."""
        if self._dropping is None:
            self._pending += data
            self._push()

    def drop(self):
        """End the connection, as soon as what was sent has left."""
        if self._handle is not None and self._dropping is None:
            self._dropping = self._ticks_us()

    def _push(self):
        now = self._ticks_us()
        since = ticks_diff(now, self._sent_since)
        if since >= _BURST_US or since < 0:
            self._sent = 0
            self._sent_since = now
        while self._pending and self._handle is not None and self._sent < _BURST:
            piece = self._pending[: self._payload]
            try:
                self._ble.gatts_notify(self._handle, self._to_host, piece)
            except OSError:
                # No room now, or the connection is gone; an event will report that.
                return
            self._sent += 1
            self._pending = self._pending[len(piece) :]

    def _on_event(self, event, data):
        if event == _WRITTEN:
            self.came = self._ticks_us()
            self._written = True
        elif event == _CONNECTED:
            self._handle = data[0]
            self._payload = advert.DEFAULT_MTU - advert.ATT_BYTES
            self._count += 1
            self.connection = self._count
            self._advertising = False
        elif event == _DISCONNECTED:
            self._handle = None
            self.connection = 0
            self._advertising = False
        elif event == _MTU_EXCHANGED:
            self._payload = min(data[1], _MTU) - advert.ATT_BYTES
