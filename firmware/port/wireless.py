"""A board's links: its cable, and its radio if one is fitted and on. `main.py` sees one of them at a time."""

from dial.air import AirLink
from dial.links import Links
from dialwire import message
from port import primitives
from port.radio import Radio


def radio_bits(settings, make_cipher):
    """HELLO's bits for a fitted radio: whether it is on, and whether it encrypts.

    It is on if some host may use it. If it cannot encrypt, it is on only if the owner wants it anyway.
    """
    bits = message.RADIO_FITTED | (message.RADIO_CIPHER if make_cipher else 0)
    wanted = settings.radio == message.RADIO_READABLE or (settings.radio == message.RADIO_SECRET and make_cipher)
    return bits | message.RADIO_ON if settings.hosts and wanted else bits


class Wireless:
    """A cable and a radio side by side. `settings()` are those in force: hosts may be forgotten at any time."""

    def __init__(self, cable, ble, make_uuid, *, unique_id, settings, ticks_us):
        self._radio = Radio(ble, make_uuid, lambda: settings().name, ticks_us)
        self._air = AirLink(
            self._radio,
            unique_id=unique_id,
            hosts=lambda: settings().hosts,
            primitives=primitives,
            ticks_us=ticks_us,
        )
        self._links = Links([cable, self._air], ticks_us)
        self.ready = self._links.ready
        self.write = self._links.write

    def read(self):
        """The bytes of the host that has the dial, possibly none."""
        self._radio.look()
        return self._links.read()

    @property
    def held(self):
        """The link of the host that has the dial."""
        return self._links.held

    def came(self, ticks):
        """When the bytes just read arrived; `ticks` is when the loop looked for them."""
        return self._radio.came if self._links.held is self._air else ticks

    def hurries(self):
        """Whether somebody is connected over the air: their bytes do not wake a loop that waits for the cable."""
        return self._radio.connection != 0

    def waiting(self):
        """Whether bytes have come over the air."""
        return self._radio.waiting()
