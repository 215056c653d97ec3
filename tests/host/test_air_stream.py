"""`ble:` links on the host, with bleak's classes replaced: the right dial is found, and each failure has a sentence."""

import sys
from types import SimpleNamespace

import bleak
import pytest
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakError

from dialwire.advert import SERVICE, TO_DIAL
from tracedial.errors import LinkError
from tracedial.link import air_stream
from tracedial.link.air_stream import NOT_AVAILABLE, AirStream
from tracedial.link.introductions import Introduction, Introductions
from tracedial.link.stream import open_stream

KNOWN = Introductions(b"the host", {"e661": Introduction("e661", "therapist-2", "00" * 32)})


class FakeClient:
    """`bleak.BleakClient` in the hand of a test."""

    fails: Exception | None = None
    made: "FakeClient"

    def __init__(self, device, on_lost, **_options):
        self.device, self.lose, self.written, self.connected = device, on_lost, [], False
        FakeClient.made = self

    async def connect(self):
        if FakeClient.fails:
            raise FakeClient.fails
        self.connected = True

    async def disconnect(self):
        self.connected = False

    async def start_notify(self, _uuid, callback):
        self.notify = callback

    async def write_gatt_char(self, uuid, data, *, response):
        if not self.connected:
            raise BleakError("Not connected")
        assert (uuid, response) == (TO_DIAL, False)
        self.written.append(bytes(data))


@pytest.fixture
def near(monkeypatch):
    """What a scan sees: `(address, name)` of each dial, or the error that it ends with."""
    seen = []

    async def discover(_seconds, *, return_adv, service_uuids):
        assert return_adv and service_uuids == [SERVICE]
        if seen and isinstance(seen[0], Exception):
            raise seen[0]
        return {
            address: (SimpleNamespace(address=address), SimpleNamespace(local_name=name, service_uuids=[SERVICE]))
            for address, name in seen
        }

    monkeypatch.setattr(bleak.BleakScanner, "discover", discover)
    monkeypatch.setattr(bleak, "BleakClient", FakeClient)
    monkeypatch.setattr(FakeClient, "fails", None)
    monkeypatch.setattr(air_stream, "READ_TIMEOUT_S", 0.0)
    return seen


DIALS = [("C0:00:00:00:00:01", "client"), ("C0:00:00:00:00:02", "therst-2")]


@pytest.mark.parametrize(
    ("wanted", "number"),
    [("client", 0), ("therapist-2", 1), ("therst-2", 1), ("e661", 1), ("c0:00:00:00:00:01", 0)],
)
def test_a_dial_is_found_by_name_id_or_address(near, wanted, number):
    near += DIALS
    AirStream(f"ble:{wanted}", KNOWN).close()
    assert FakeClient.made.device.address == DIALS[number][0] and not FakeClient.made.connected


def test_no_such_dial_says_which_were_seen(near):
    with pytest.raises(LinkError, match=r"No dial was found at ble:x: .* No dial was seen at all\."):
        AirStream("ble:x", KNOWN)
    near += DIALS
    with pytest.raises(LinkError, match=r"Seen: ble:client, ble:therst-2\."):
        AirStream("ble:x", KNOWN)


def test_two_dials_of_one_name_are_told_apart_by_address(near):
    near += [("C0:00:00:00:00:01", "client"), ("C0:00:00:00:00:02", "client")]
    with pytest.raises(LinkError, match=r"2 dials have the name client .*ble:C0:.*:01, ble:C0:.*:02"):
        AirStream("ble:client", KNOWN)


@pytest.mark.parametrize("name", sorted(NOT_AVAILABLE))
def test_a_computer_whose_bluetooth_cannot_be_used_says_what_to_do(near, name):
    reason = BleakBluetoothNotAvailableReason[name]
    near.append(BleakBluetoothNotAvailableError("no", reason))
    with pytest.raises(LinkError, match=r"cannot be reached: ") as caught:
        AirStream("ble:client", KNOWN)
    assert NOT_AVAILABLE[name] in str(caught.value)


@pytest.mark.parametrize("error", [BleakError("gone"), TimeoutError(), OSError("no bus")])
def test_a_connection_that_fails_is_a_sentence(near, error, monkeypatch):
    near += DIALS
    monkeypatch.setattr(FakeClient, "fails", error)
    with pytest.raises(LinkError, match="could not be connected"):
        AirStream("ble:client", KNOWN)


def test_bytes_come_and_go_in_packets_that_every_connection_takes(near):
    near += DIALS
    stream = AirStream("ble:client", KNOWN)
    stream.write(bytes(range(50)))
    assert [len(packet) for packet in FakeClient.made.written] == [20, 20, 10]
    assert b"".join(FakeClient.made.written) == bytes(range(50))
    assert stream.read() == b""
    FakeClient.made.notify(None, bytearray(b"one"))
    FakeClient.made.notify(None, bytearray(b"two"))
    assert stream.read() == b"onetwo"
    stream.close()


def test_a_lost_connection_hands_out_what_came_and_then_says_so(near):
    near += DIALS
    stream = AirStream("ble:client", KNOWN)
    FakeClient.made.notify(None, bytearray(b"last"))
    FakeClient.made.connected = False
    FakeClient.made.lose(None)
    assert stream.read() == b"last"
    with pytest.raises(LinkError, match="was lost"):
        stream.read()
    with pytest.raises(LinkError, match="takes no bytes"):
        stream.write(b"x")
    stream.close()


def test_without_the_extra_a_user_is_told_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("TRACEDIAL_KEYS", str(tmp_path))
    monkeypatch.setitem(sys.modules, "bleak", None)
    with pytest.raises(LinkError, match=r"pip install tracedial\[ble\]"):
        open_stream("ble:client")
