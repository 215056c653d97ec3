"""A cable and a radio: one host at a time has the dial, the other gets a message, and a host that leaves makes room."""

from dial.app import Dial, Identity
from dial.calibrate import Calibration
from dial.direct import Direct
from dial.links import HOLD_US, Links
from dial.settings import Settings
from dialwire import frame, hosts, message
from dialwire.scale import ALLIANCE
from plain import FakeTicks

HELLO = frame.encode(message.pack(message.HELLO_REQUEST, major=1, minor=2))
STATUS = frame.encode(message.pack(message.STATUS_REQUEST))


class FakeLink:
    """One link, in the hand of a test."""

    def __init__(self, wired):
        self.wired = wired
        self.there = True
        self.came = b""
        self.sent = b""
        self.hung_up = 0

    def read(self):
        data, self.came = self.came, b""
        return data

    def ready(self):
        return self.there

    def write(self, data):
        self.sent += data

    def is_there(self):
        return self.there

    def hang_up(self):
        self.hung_up += 1

    def said(self):
        data, self.sent = self.sent, b""
        return [message.unpack(payload) for payload in frame.Decoder().feed(data)]


class Bench:
    """A dial on two links, turned by hand."""

    def __init__(self):
        self.clock = FakeTicks()
        self.cable, self.air = FakeLink(True), FakeLink(False)
        self.links = Links([self.cable, self.air], self.clock)
        self.dial = Dial(
            ticks_us=self.clock,
            identity=Identity(boot=7, unique_id=b"dial", board="test", interpreter="test", knob="none"),
            settings=Settings("t", ALLIANCE, Calibration(0, 65535)),
            knob=Direct(lambda: 30000, self.clock, lambda: False),
        )
        while self.dial.outgoing():
            pass

    def turn(self, cable=b"", air=b"", after_us=1000):
        """As `main.run` does it; returns the kinds that each host is sent."""
        self.clock.us += after_us
        self.cable.came, self.air.came = cable, air
        data = self.links.read()
        if data:
            self.dial.receive(data, self.clock(), self.links.held)
        while self.links.ready():
            data = self.dial.outgoing()
            if data is None:
                break
            self.links.write(data)
        return [[kind for kind, _ in link.said()] for link in (self.cable, self.air)]


def test_each_host_alone_has_the_dial():
    for name in ("cable", "air"):
        bench = Bench()
        said = bench.turn(**{name: HELLO})
        assert said == ([[message.HELLO], []] if name == "cable" else [[], [message.HELLO]])


def test_the_second_is_told_so_and_obeyed_in_nothing():
    for first, second in (("cable", "air"), ("air", "cable")):
        bench = Bench()
        bench.turn(**{first: HELLO})
        refused = [[message.REFUSED], []] if second == "cable" else [[], [message.REFUSED]]
        assert bench.turn(**{second: HELLO}) == refused
        start = message.pack(message.START, start=1, tick0_us=0, period_ns=10**9, correction=0)
        assert bench.turn(**{second: frame.encode(start)}) == [[], []]
        assert not bench.dial.sampler.running
        assert bench.turn(**{first: STATUS})[0 if first == "cable" else 1] == [message.STATUS]


def test_the_refusal_says_by_what_the_dial_is_used():
    bench = Bench()
    bench.turn(air=HELLO)
    bench.cable.came = HELLO
    bench.links.read()
    ((kind, fields),) = bench.cable.said()
    assert (kind, fields["reason"]) == (message.REFUSED, message.REFUSED_BUSY)
    assert "over the air" in fields["text"]


def test_a_host_that_went_silent_makes_room():
    bench = Bench()
    bench.turn(cable=HELLO)
    for _ in range(5):
        bench.turn(cable=STATUS, after_us=1000000)
    assert bench.turn(air=HELLO, after_us=HOLD_US - 2000) == [[], [message.REFUSED]]
    assert bench.turn(air=HELLO, after_us=2000) == [[], [message.HELLO]]
    assert bench.turn(cable=HELLO) == [[message.REFUSED], []]


def test_a_link_that_ended_makes_room_at_once_and_a_silent_one_is_ended():
    bench = Bench()
    bench.turn(air=HELLO)
    bench.air.there = False
    assert bench.turn(cable=HELLO) == [[message.HELLO], []]
    assert bench.air.hung_up == 0
    bench = Bench()
    bench.turn(air=HELLO)
    assert bench.turn(cable=HELLO, after_us=HOLD_US) == [[message.HELLO], []]
    assert bench.air.hung_up == 1


def test_noise_on_a_cable_takes_no_dial_and_keeps_none():
    bench = Bench()
    bench.turn(air=HELLO)
    for _ in range(10):
        assert bench.turn(cable=b"garbage\x00\x03\x00 more " * 20, air=STATUS, after_us=900000)[0] == []
    bench.air.there = False
    assert bench.turn(cable=b"noise \x00 and noise") == [[], []]
    bench.air.there = True
    assert bench.turn(air=HELLO) == [[], [message.HELLO]]
    assert bench.turn(cable=b"boot banner\r\n", after_us=HOLD_US) == [[], []]
    assert bench.turn(cable=HELLO) == [[message.HELLO], []]


def test_a_frame_in_pieces_takes_the_dial_when_it_is_whole():
    bench = Bench()
    for byte in HELLO[:-1]:
        assert bench.turn(air=bytes((byte,))) == [[], []]
    assert bench.turn(air=HELLO[-1:]) == [[], [message.HELLO]]


def test_what_was_for_one_host_is_not_said_to_the_next():
    bench = Bench()
    bench.turn(cable=HELLO)
    bench.dial.receive(STATUS, bench.clock(), bench.cable)
    bench.dial.receive(frame.encode(message.pack(message.CONFIG_GET, key=1)), bench.clock(), bench.cable)
    assert bench.turn(air=HELLO, after_us=HOLD_US)[1] == [message.HELLO]


def test_half_a_frame_of_one_host_does_not_spoil_the_next_ones_first():
    bench = Bench()
    bench.turn(cable=HELLO)
    bench.turn(cable=STATUS[:-2])
    assert bench.turn(air=HELLO, after_us=HOLD_US)[1] == [message.HELLO]


def test_who_may_use_the_air_is_settled_over_the_cable_alone():
    bench = Bench()
    introduce = bytes((hosts.INTRODUCE,)) + hosts.pack_host(bytes(8), bytes(32), "lab")
    acts = (
        (message.CONFIG_HOSTS, introduce),
        (message.CONFIG_HOSTS, bytes((hosts.FORGET_ALL,))),
        (message.CONFIG_RADIO, bytes((message.RADIO_READABLE,))),
    )
    bench.turn(air=HELLO)
    for key, value in acts:
        act = frame.encode(message.pack(message.CONFIG_SET, key=key, value=value))
        assert bench.turn(air=act) == [[], [message.REFUSED]]
    assert bench.dial.settings.hosts == () and bench.dial.settings.radio == message.RADIO_SECRET
    bench.turn(cable=HELLO, after_us=HOLD_US)
    for key, value in acts:
        act = frame.encode(message.pack(message.CONFIG_SET, key=key, value=value))
        assert bench.turn(cable=act) == [[message.CONFIG], []]
    assert bench.dial.settings.hosts == () and bench.dial.settings.radio == message.RADIO_READABLE


def test_messages_of_the_air_are_refused_on_a_link():
    bench = Bench()
    knock = message.pack(message.KNOCK, major=1, minor=2, host_id=bytes(8), nonce=bytes(16))
    bench.cable.came = frame.encode(knock)
    assert bench.turn(cable=frame.encode(knock)) == [[message.REFUSED], []]
