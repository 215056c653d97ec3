from dial.calibrate import Calibration
from dial.settings import KEYS, Options, Settings, SettingsStore, pack_slot, unpack_slot
from dialwire import message
from dialwire.errors import WireError
from dialwire.scale import ALLIANCE, Scale
from plain import raises


def defaults():
    return Settings("dial-0001", ALLIANCE, Calibration(0, 65535))


def other():
    scale = Scale(-100, 100, 2, ((-100, "kühl"), (100, "warm")))
    options = Options(message.ENCODER, 2, message.REVERSE)
    known = tuple((bytes([number] * 8), bytes(range(number, number + 32)), "lab %d" % number) for number in range(8))
    return Settings("left", scale, Calibration(60000, 1200), options, 40, known, message.RADIO_READABLE)


def same(a, b):
    return all(
        a.value(key) == b.value(key)
        for key in (
            message.CONFIG_NAME, message.CONFIG_SCALE, message.CONFIG_CALIBRATION, message.CONFIG_OPTIONS,
            message.CONFIG_NOISE, message.CONFIG_HOSTS, message.CONFIG_RADIO,
        )
    ) and a.hosts == b.hosts  # fmt: skip


class Flash:
    """Two slots; a write can be cut after some of its bytes, with what the flash held before behind them or nothing."""

    def __init__(self):
        self.slots = [b"", b""]
        self.cut_after = None
        self.leaves_rest = False
        self.fails = False

    def read(self, number):
        return self.slots[number]

    def write(self, number, data):
        if self.fails:
            raise OSError(28)
        if self.cut_after is not None:
            old = self.slots[number][self.cut_after :] if self.leaves_rest else b""
            self.slots[number] = data[: self.cut_after] + old
            raise KeyboardInterrupt
        self.slots[number] = data


def test_what_is_saved_is_loaded():
    flash = Flash()
    store = SettingsStore(flash)
    assert same(store.load(defaults()), defaults())
    for settings in (other(), defaults(), other()):
        store.save(settings)
        assert same(SettingsStore(flash).load(defaults()), settings)
        assert same(store.load(defaults()), settings)


def test_a_power_cut_at_any_byte_leaves_the_old_or_the_new():
    length = len(pack_slot(3, other()))
    for leaves_rest in (False, True):
        for cut_after in range(length + 1):
            flash = Flash()
            store = SettingsStore(flash)
            store.save(other())
            store.save(defaults())
            flash.cut_after = cut_after
            flash.leaves_rest = leaves_rest
            raises(KeyboardInterrupt, store.save, other())
            flash.cut_after = None
            again = SettingsStore(flash)
            found = again.load(Settings("fallback", ALLIANCE, Calibration(5, 65000)))
            assert same(found, other()) or same(found, defaults()), cut_after
            if 0 < cut_after < length and not leaves_rest:
                assert same(found, defaults()) and again.problem
            # And the next save works.
            again.save(other())
            assert same(SettingsStore(flash).load(defaults()), other())


def test_any_flipped_bit_is_noticed():
    data = pack_slot(7, other())
    for at in range(len(data)):
        torn = data[:at] + bytes((data[at] ^ 16,)) + data[at + 1 :]
        raises(WireError, unpack_slot, torn, defaults())


def test_a_full_or_failing_flash_is_said_and_the_old_settings_stay():
    flash = Flash()
    store = SettingsStore(flash)
    store.save(other())
    flash.fails = True
    assert "could not be written" in str(raises(WireError, store.save, defaults()))
    assert same(SettingsStore(flash).load(defaults()), other())
    flash.fails = False
    flash.write = lambda number, data: None
    assert "did not keep" in str(raises(WireError, store.save, defaults()))


def test_values_that_a_dial_cannot_hold_are_refused_and_change_nothing():
    settings = defaults()
    for key, value in (
        (message.CONFIG_NAME, b""),
        (message.CONFIG_NAME, b"x" * 33),
        (message.CONFIG_NAME, b"\xff\xfe"),
        (message.CONFIG_SCALE, b"\x00\x00\x10\x27\x01\x00\x00"),
        (message.CONFIG_CALIBRATION, b"\x00\x00\x01\x00"),
        (message.CONFIG_OPTIONS, b"\x02\x04\x00\x00"),
        (message.CONFIG_OPTIONS, b"\x00\x00\x00\x00"),
        (message.CONFIG_OPTIONS, b"\x00\x04\x00\x80"),
        (message.CONFIG_OPTIONS, b"\x00"),
        (99, b""),
    ):
        raises(WireError, settings.set, key, value)
        assert same(settings, defaults()), key


def test_a_setting_of_a_later_firmware_is_left_out():
    data = pack_slot(1, other())
    body = data[10:-4] + b"\x63\x02hi"
    from binascii import crc32
    from struct import pack

    later = pack("<4sIH", b"TDs1", 9, len(body)) + body
    later += pack("<I", crc32(later))
    found = defaults()
    assert unpack_slot(later, found) == 9
    assert same(found, other())


def test_no_key_of_a_host_is_told():
    settings = other()
    told = b"".join([settings.value(key) for key in KEYS])
    for _, key, _ in settings.hosts:
        assert key not in told and key in pack_slot(1, settings)


def test_a_radio_is_on_in_three_ways_and_no_other():
    settings = defaults()
    assert settings.value(message.CONFIG_RADIO) == bytes((message.RADIO_SECRET,))
    settings.set(message.CONFIG_RADIO, bytes((message.RADIO_READABLE,)))
    for value in (b"", b"\x03", b"\x00\x00"):
        raises(WireError, settings.set, message.CONFIG_RADIO, value)
    assert settings.radio == message.RADIO_READABLE
