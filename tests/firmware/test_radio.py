"""A board's radio on MicroPython's `bluetooth`, tested against a stand-in that can be full, late or gone."""

from dialwire import advert
from plain import FakeTicks
from port.radio import Radio

CONNECTED, DISCONNECTED, WRITTEN, MTU = 1, 2, 3, 21


class FakeBle:
    """`bluetooth.BLE` in the hand of a test."""

    def __init__(self):
        self.adverts = []
        self.notified = []
        self.full = False
        self.busy = False
        self.buffer = b""
        self.ended = []

    def active(self, on):
        assert on

    def config(self, **values):
        self.values = values

    def irq(self, handler):
        self.tell = handler

    def gatts_register_services(self, services):
        ((uuid, characteristics),) = services
        self.service = (uuid, [flags for _, flags in characteristics])
        return ((5, 8),)

    def gatts_set_buffer(self, handle, length, append):
        assert (handle, append) == (5, True) and length >= 512

    def gatts_read(self, handle):
        data, self.buffer = self.buffer, b""
        return data

    def gatts_notify(self, handle, value_handle, data):
        if self.full:
            raise OSError(12)
        self.notified.append((handle, value_handle, bytes(data)))

    def gap_advertise(self, interval_us, data):
        if self.busy:
            raise OSError(16)
        self.adverts.append(bytes(data))

    def gap_disconnect(self, handle):
        self.ended.append(handle)

    def write(self, data):
        self.buffer += data
        self.tell(WRITTEN, (1, 5))


def radio(name="dial-12ab"):
    ble, clock = FakeBle(), FakeTicks()
    made = Radio(ble, lambda text: text, lambda: name, clock)
    return made, ble, clock


def test_names_are_cut_where_they_do_not_differ():
    for name, short in (
        ("dial", "dial"), ("client-1", "client-1"), ("therapist-2", "therst-2"), ("dial-12ab", "dial12ab"),
        ("Praxis Müller", "Praxller"), ("日本語の名前", "日前"), ("é" * 16, "é" * 4),
    ):  # fmt: skip
        assert advert.short_name(name) == short, advert.short_name(name)


def test_every_advertisement_fits_and_has_the_service():
    for name in ("a", "dial", "dial-12ab", "x" * 32, "é" * 16, "日" * 10, "\U0001f399" * 8):
        data = advert.advertisement(name)
        assert len(data) <= 31
        at, parts = 0, {}
        while at < len(data):
            parts[data[at + 1]] = data[at + 2 : at + 1 + data[at]]
            at += 1 + data[at]
        assert at == len(data) and parts[1] == b"\x06"
        assert bytes(reversed(parts[7])) == bytes(
            [int(advert.SERVICE.replace("-", "")[at : at + 2], 16) for at in range(0, 32, 2)]
        )
        kind = 9 if len(name.encode()) <= 8 else 8
        assert parts[kind].decode() == advert.short_name(name)


def test_the_radio_is_seen_until_somebody_connects_and_again_after_it():
    made, ble, _ = radio()
    assert ble.service[0] == advert.SERVICE and ble.values["mtu"] >= 23
    made.look()
    made.look()
    assert len(ble.adverts) == 1 and made.connection == 0
    ble.tell(CONNECTED, (1, 0, b"address"))
    made.look()
    assert made.connection == 1 and len(ble.adverts) == 1
    ble.tell(DISCONNECTED, (1, 0, b"address"))
    assert made.connection == 0
    ble.busy = True
    made.look()
    assert len(ble.adverts) == 1
    ble.busy = False
    made.look()
    assert len(ble.adverts) == 2
    ble.tell(CONNECTED, (1, 0, b"address"))
    assert made.connection == 2


def test_what_is_written_is_read_once_with_the_time_at_which_it_came():
    made, ble, clock = radio()
    ble.tell(CONNECTED, (1, 0, b"address"))
    assert made.read() == b"" and not made.waiting()
    clock.us = 700
    ble.write(b"one")
    ble.write(b"two")
    clock.us = 900
    assert made.waiting() and made.read() == b"onetwo" and made.came == 700
    assert made.read() == b""


def test_bytes_go_in_pieces_of_twenty_or_of_what_was_agreed():
    for mtu, pieces in ((None, [20, 20, 10]), (23, [20, 20, 10]), (40, [37, 13]), (247, [50]), (517, [50])):
        made, ble, _ = radio()
        ble.tell(CONNECTED, (1, 0, b"address"))
        if mtu:
            ble.tell(MTU, (1, mtu))
        data = bytes(range(50))
        made.send(data)
        assert [len(piece) for _, _, piece in ble.notified] == pieces
        assert b"".join([piece for _, _, piece in ble.notified]) == data
        assert {where[:2] for where in ble.notified} == {(1, 8)}
        ble.tell(DISCONNECTED, (1, 0, b"address"))
        ble.tell(CONNECTED, (1, 0, b"address"))
        made.send(bytes(30))
        assert len(ble.notified[-1][2]) <= 20


def test_a_full_radio_loses_nothing():
    made, ble, clock = radio()
    ble.tell(CONNECTED, (1, 0, b"address"))
    ble.full = True
    made.send(bytes(range(100)))
    assert not made.ready() and ble.notified == []
    ble.full = False
    clock.us += 30000
    assert made.ready()
    assert b"".join([piece for _, _, piece in ble.notified]) == bytes(range(100))


def test_no_more_is_handed_over_than_an_interval_carries():
    made, ble, clock = radio()
    ble.tell(CONNECTED, (1, 0, b"address"))
    made.send(bytes(400))
    assert len(ble.notified) == 6 and not made.ready()
    for _ in range(3):
        clock.us += 30000
        made.ready()
    assert len(ble.notified) == 20 and made.ready()


def test_a_connection_is_ended_when_what_was_said_has_left():
    made, ble, clock = radio()
    ble.tell(CONNECTED, (1, 0, b"address"))
    ble.full = True
    made.send(b"no")
    made.drop()
    made.look()
    assert ble.ended == [] and not made.ready()
    made.send(b"what comes later is not sent")
    ble.full = False
    clock.us += 30000
    made.look()
    assert ble.ended == []
    clock.us += 200000
    made.look()
    assert ble.ended == [1] and [piece for _, _, piece in ble.notified] == [b"no"]
    made, ble, clock = radio()
    ble.tell(CONNECTED, (1, 0, b"address"))
    ble.full = True
    made.send(b"never")
    made.drop()
    clock.us += 600000
    made.look()
    assert ble.ended == [1]
