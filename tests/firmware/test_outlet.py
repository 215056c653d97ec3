from dial.outlet import Outlet
from dialwire import frame
from plain import FakeTicks
from test_every_value import Dice

ROOM = 256
PACKET = 64


class Usb:
    """The queue of a USB port as a board has it: it says whether there is room for a byte, and a write of more than
    fits waits half a second for a host that does not read."""

    def __init__(self, clock):
        self.clock = clock
        self.queue = bytearray()
        self.taken = bytearray()
        self.stalls = 0

    def has_room(self):
        return len(self.queue) < ROOM

    def write(self, data):
        fits = min(len(data), ROOM - len(self.queue))
        self.queue.extend(data[:fits])
        if fits < len(data):
            self.stalls += 1
            self.clock.us += 500000
        return fits

    def read(self, packets):
        """The host takes so many packets, the last of which may be short."""
        for _ in range(packets):
            self.taken.extend(self.queue[:64])
            self.queue = bytearray(self.queue[64:])


def linked(packet=64):
    clock = FakeTicks()
    usb = Usb(clock)
    return usb, Outlet(usb.write, usb.has_room, clock, packet)


def payload(number):
    return bytes([1 + number % 255]) * (1 + number * 37 % 400)


def test_a_host_that_reads_when_it_likes_or_never_costs_no_moment():
    dice = Dice()
    for pace in (1, 3, 8):
        usb, outlet = linked()
        sent = 0
        for _ in range(600):
            if outlet.ready():
                outlet.write(frame.encode(payload(sent)))
                sent += 1
            if not dice.below(pace):
                usb.read(1 + dice.below(5))
        assert usb.stalls == 0 and sent > 30
        for _ in range(20):
            outlet.ready()
            usb.read(9)
        decoder = frame.Decoder()
        assert decoder.feed(bytes(usb.taken)) == [payload(number) for number in range(sent)]
        assert decoder.bad_frames == 0


def test_a_host_that_never_reads_is_not_waited_for():
    usb, outlet = linked()
    sent = 0
    for _ in range(1000):
        if outlet.ready():
            outlet.write(frame.encode(b"x" * 30))
            sent += 1
    assert usb.stalls == 0 and sent == ROOM // PACKET + 1


def test_what_stood_in_the_queue_before_costs_one_stall_at_most():
    for before in range(ROOM):
        usb, outlet = linked()
        usb.queue.extend(b"#" * before)
        sent = 0
        for turn in range(400):
            outlet.heard()
            if outlet.ready():
                outlet.write(frame.encode(payload(sent)))
                sent += 1
            if 50 < turn < 100 or turn > 350:
                usb.read(1)
        assert usb.stalls <= 1, before
        for _ in range(20):
            outlet.heard()
            outlet.ready()
            usb.read(9)
        assert frame.Decoder().feed(usb.taken)[-(sent - 1) :] == [payload(number) for number in range(1, sent)]


def test_a_link_that_waits_after_all_is_left_alone_until_the_host_is_heard():
    usb, outlet = linked()
    usb.has_room = lambda: True
    outlet._has_room = usb.has_room
    for _ in range(100):
        if outlet.ready():
            outlet.write(frame.encode(b"x" * 30))
    assert usb.stalls == 1
    usb.read(9)
    assert not outlet.ready()
    outlet.heard()
    assert outlet.ready()


def test_a_link_without_packets_carries_frames_alone():
    usb, outlet = linked(packet=1)
    outlet.write(frame.encode(b"x" * 30))
    assert bytes(usb.queue) == frame.encode(b"x" * 30)
