"""The dial's settings, stored so that a power cut at any byte leaves either the old or the new ones.

Two slots take turns. A save writes the slot that does not hold the settings in force; the other stays untouched until
the next save. Each slot has a serial number and a checksum over all of it: a partly written slot is ignored.
"""

import struct
from binascii import crc32

from dial.calibrate import Calibration
from dialwire import const, message
from dialwire.errors import WireError
from dialwire.scale import Scale

KNOB_NAMES = ("potentiometer", "encoder")

_MAGIC = b"TDs1"
_HEAD = "<4sIH"
_HEAD_BYTES = const(10)


class Options:
    """A lab's choices for its board: the kind of knob, an encoder's counts per step, and switches: REVERSE reverses an
    encoder's direction, FEEDBACK ticks on a detent, SYNC_FALLING latches falling edges."""

    def __init__(self, knob=message.POTENTIOMETER, counts_per_step=4, switches=message.FEEDBACK):
        self.knob = knob
        self.counts_per_step = counts_per_step
        self.switches = switches


class Settings:
    """All stored settings: name, scale, calibration, options, and the standard deviation of a still knob's raw
    readings, 0 if not measured; `hosts`: `(id, key, name)` of each host that may use the dial over the air; `radio`:
    when the radio is on."""

    def __init__(self, name, scale, calibration, options=None, noise=0, known_hosts=(), radio=message.RADIO_SECRET):
        self.name = name
        self.scale = scale
        self.calibration = calibration
        self.options = options or Options()
        self.noise = noise
        self.hosts = known_hosts
        self.radio = radio

    def value(self, key):
        """The value of a setting, as CONFIG carries it."""
        if key == message.CONFIG_NAME:
            return self.name.encode()
        if key == message.CONFIG_SCALE:
            return message.pack_scale(self.scale.low, self.scale.high, self.scale.step, self.scale.detents)
        if key == message.CONFIG_CALIBRATION:
            return struct.pack("<HH", self.calibration.raw_low, self.calibration.raw_high)
        if key == message.CONFIG_OPTIONS:
            options = self.options
            return message.pack_options(options.knob, options.counts_per_step, options.switches)
        if key == message.CONFIG_NOISE:
            return struct.pack("<H", self.noise)
        if key == message.CONFIG_HOSTS:
            return _hosts().pack_list(self.hosts)
        if key == message.CONFIG_RADIO:
            return bytes((self.radio,))
        raise WireError("no setting has the key %d" % key)

    def set(self, key, value):
        """Change a setting to a value of CONFIG_SET; on a `WireError` it stays as it was."""
        if key == message.CONFIG_NAME:
            if not 0 < len(value) <= 32:
                raise WireError("a name of %d bytes, 1 to 32 fit" % len(value))
            self.name = _text(value, "name")
        elif key == message.CONFIG_SCALE:
            low, high, step, detents = message.unpack_scale(value)
            self.scale = Scale(low, high, step, detents)
        elif key == message.CONFIG_CALIBRATION:
            if len(value) != 4:
                raise WireError("a calibration of %d bytes, 4 are needed" % len(value))
            raw_low, raw_high = struct.unpack("<HH", value)
            self.calibration = Calibration(raw_low, raw_high)
        elif key == message.CONFIG_OPTIONS:
            self.options = Options(*message.unpack_options(value))
        elif key == message.CONFIG_NOISE:
            if len(value) != 2:
                raise WireError("a noise of %d bytes, 2 are needed" % len(value))
            self.noise = struct.unpack("<H", value)[0]
        elif key == message.CONFIG_HOSTS:
            self.hosts = _hosts().changed(self.hosts, value)
        elif key == message.CONFIG_RADIO:
            if len(value) != 1 or value[0] > message.RADIO_READABLE:
                raise WireError("the radio is off (0), on with encryption (1), or on without it too (2)")
            self.radio = value[0]
        else:
            raise WireError("no setting has the key %d" % key)

    def copy(self):
        """A copy with the same values."""
        return Settings(self.name, self.scale, self.calibration, self.options, self.noise, self.hosts, self.radio)

    def kept(self):
        """`(key, value)` of everything stored: each setting as CONFIG carries it, and each host with its key, as
        CONFIG_SET introduces it."""
        entries = [(key, self.value(key)) for key in KEYS if key != message.CONFIG_HOSTS]
        for host in self.hosts:
            entries.append((message.CONFIG_HOSTS, bytes((_hosts().INTRODUCE,)) + _hosts().pack_host(*host)))
        return entries


KEYS = (
    message.CONFIG_NAME,
    message.CONFIG_SCALE,
    message.CONFIG_CALIBRATION,
    message.CONFIG_OPTIONS,
    message.CONFIG_NOISE,
    message.CONFIG_HOSTS,
    message.CONFIG_RADIO,
)


def _hosts():
    # Imported only where it is needed: a dial that knows no computer should not spend memory on it.
    from dialwire import hosts

    return hosts


def pack_slot(serial, settings):
    """The bytes of a slot: magic, u32 serial number, u16 length, (u8 key, u8 length, value) for each, u32 CRC-32."""
    body = bytearray()
    for key, value in settings.kept():
        body.append(key)
        body.append(len(value))
        body.extend(value)
    data = struct.pack(_HEAD, _MAGIC, serial, len(body)) + bytes(body)
    return data + struct.pack("<I", crc32(data))


def unpack_slot(data, settings):
    """Read a slot into `settings`; returns its serial number. `WireError` for a torn or foreign slot; then `settings`
    may be half changed, so pass a copy."""
    if len(data) < _HEAD_BYTES + 4:
        raise WireError("%d bytes are no settings" % len(data))
    magic, serial, length = struct.unpack_from(_HEAD, data, 0)
    if magic != _MAGIC or len(data) != _HEAD_BYTES + length + 4:
        raise WireError("not settings, or cut short")
    if struct.unpack("<I", data[-4:])[0] != crc32(data[:-4]):
        raise WireError("settings with a wrong checksum")
    at = _HEAD_BYTES
    end = len(data) - 4
    while at + 2 <= end and at + 2 + data[at + 1] <= end:
        key = data[at]
        # A key from a later firmware is skipped: this version could not apply it.
        if key in KEYS:
            settings.set(key, bytes(data[at + 2 : at + 2 + data[at + 1]]))
        at += 2 + data[at + 1]
    return serial


class SettingsStore:
    """Settings in two slots. `slots` has `read(number)` (nothing for one never written) and `write(number, data)`."""

    def __init__(self, slots):
        self._slots = slots
        self._serial = 0
        self._newest = None
        self.problem = ""
        """What was wrong with a slot when it was loaded, in words, or empty."""

    def load(self, defaults):
        """The newest intact settings, or `defaults`."""
        found = defaults
        self._serial = 0
        self._newest = None
        for number in (0, 1):
            try:
                data = self._slots.read(number)
                if not data:
                    continue
                candidate = defaults.copy()
                serial = unpack_slot(data, candidate)
            except (OSError, WireError) as error:
                self.problem = "settings slot %d is not whole (%s), the other one is used" % (number, error)
                continue
            if self._newest is None or serial > self._serial:
                self._serial, self._newest, found = serial, number, candidate
        return found

    def save(self, settings):
        """Store these settings. `WireError` if the flash does not take them; the old ones then stay in force."""
        number = 0 if self._newest is None else 1 - self._newest
        data = pack_slot(self._serial + 1, settings)
        problem = "the flash did not keep the settings: they stay as they were"
        try:
            self._slots.write(number, data)
        except OSError as error:
            problem = "the settings could not be written to flash (%s)" % error
        # The data read back decide: a write may report failure after all of it has arrived, and the next start would
        # load it.
        try:
            kept = self._slots.read(number) == data
        except OSError as error:
            kept = False
            problem = "the settings could not be read back from flash (%s)" % error
        if not kept:
            raise WireError(problem)
        self._serial += 1
        self._newest = number


def _text(value, what):
    try:
        return bytes(value).decode()
    except ValueError:
        raise WireError("the %s is not UTF-8" % what)
