"""A stand-in for MicroPython's `bluetooth` on a computer, as far as a dial needs it; the emulator provides the radio.

The firmware's requests become lines to the emulator (`advertise HEX`, `notify HEX`, `disconnect`), and the emulator's
lines (`connected`, `mtu N`, `written HEX`, `disconnected`) become events.
"""

_CONNECTED = 1
_DISCONNECTED = 2
_WRITTEN = 3
_MTU_EXCHANGED = 21
_HANDLE = 64
_TO_DIAL, _TO_HOST = 9, 12


class UUID:
    """A UUID."""

    def __init__(self, value):
        self.value = value


class BLE:
    """The radio. `say` sends a line to the emulator."""

    def __init__(self, say):
        self._say = say
        self._handler = None
        self._buffer = b""
        self._room = 20
        self._connected = False

    def active(self, _on):
        """Nothing to switch on."""

    def config(self, **_values):
        """The emulator agrees on the MTU."""

    def irq(self, handler):
        """Have events handled by `handler(event, data)`."""
        self._handler = handler

    def gatts_register_services(self, services):
        """The handles of the characteristics; the emulator knows a dial's service."""
        assert len(services) == 1 and len(services[0][1]) == 2
        return ((_TO_DIAL, _TO_HOST),)

    def gatts_set_buffer(self, _handle, length, append):
        """Set how many written bytes can wait to be read; bytes that do not fit are lost, as on a board."""
        assert append
        self._room = length

    def gatts_read(self, _handle):
        """What was written since the last time."""
        data, self._buffer = self._buffer, b""
        return data

    def gatts_notify(self, handle, _value_handle, data):
        """Notify the host."""
        if handle != _HANDLE or not self._connected:
            raise OSError(107)
        self._say("notify " + "".join(["%02x" % byte for byte in data]))

    def gap_advertise(self, _interval_us, data):
        """Start advertising."""
        self._say("advertise " + "".join(["%02x" % byte for byte in data]))

    def gap_disconnect(self, _handle):
        """End the connection."""
        self._say("disconnect")

    def hear(self, words):
        """Take in a line from the emulator, split into words."""
        what = words[0]
        if what == "connected":
            self._connected = True
            self._tell(_CONNECTED, (_HANDLE, 1, bytes(6)))
        elif what == "disconnected":
            self._connected = False
            self._tell(_DISCONNECTED, (_HANDLE, 1, bytes(6)))
        elif what == "mtu":
            self._tell(_MTU_EXCHANGED, (_HANDLE, int(words[1])))
        elif what == "written":
            text = words[1]
            data = bytes([int(text[at : at + 2], 16) for at in range(0, len(text), 2)])
            self._buffer = (self._buffer + data)[: self._room]
            self._tell(_WRITTEN, (_HANDLE, _TO_DIAL))

    def _tell(self, event, data):
        if self._handler:
            self._handler(event, data)
