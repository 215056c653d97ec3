"""A wiper that touches ground or supply: a reading that jumps to an end faster than a hand turns is not a rating."""

from dial.knobs import Potentiometer
from dial.latch import Latch
from dialwire import message
from plain import FakeTicks
from test_app import Bench
from test_every_value import Dice

END = 512
JUMP = 4096
PERIOD_US = 1000
READING_US = 20000


class Wiper:
    def __init__(self, begins=30000, boot_us=0):
        self.clock = FakeTicks(boot_us)
        self.raw = begins
        self.latch = Latch(self.clock, lambda: self.raw)
        self.knob = Potentiometer(self.latch, lambda: True)
        self.faults = []

    def conversions(self, count):
        for _ in range(count):
            self.clock.us += PERIOD_US
            self.latch.latch()
            if self.clock.us % READING_US == 0:
                now = self.clock()
                assert self.knob.read(now, now)
                self.knob.recheck()
                self.faults.append(self.knob.state == message.KNOB_FAULT)

    def turn(self, to, counts_per_ms):
        while self.raw != to:
            way = counts_per_ms if to > self.raw else -counts_per_ms
            self.raw = to if abs(to - self.raw) <= abs(way) else self.raw + way
            self.conversions(1)


def test_a_short_at_any_instant_is_a_fault_before_the_next_reading_is_over():
    for end in (0, 200, 65535, 65535 - END):
        for stood in (END + JUMP + 200, 30000, 65535 - END - JUMP - 200):
            for instant in range(21):
                wiper = Wiper(stood)
                wiper.conversions(100 + instant)
                assert not any(wiper.faults)
                wiper.raw = end
                marks = len(wiper.faults)
                wiper.conversions(60)
                assert wiper.faults[marks + 1 :] == [True] * len(wiper.faults[marks + 1 :]), (end, stood, instant)
                # What was read before that was of the wiper as it stood.
                if not wiper.faults[marks]:
                    assert abs(wiper.latch.raw - end) <= END
                wiper.raw = stood
                wiper.conversions(100)
                assert not wiper.faults[-1]


def test_not_one_reading_of_a_short_is_a_rating():
    for instant in range(21):
        wiper = Wiper(30000)
        wiper.conversions(100 + instant)
        wiper.raw = 0
        for _ in range(60):
            wiper.conversions(1)
            if wiper.clock.us % READING_US == 0 and wiper.knob.state == message.KNOB_OK:
                assert wiper.knob.raw == 30000, instant


def test_a_hand_reaches_the_ends_as_fast_as_it_can():
    # 270 degrees of travel are 65,535 counts; a fast flick is 2,000 degrees a second: 485 counts in a millisecond.
    for speed in (1, 20, 100, 485, 1000):
        for end in (0, 65535):
            wiper = Wiper(30000, boot_us=(1 << 30) - 500000)
            wiper.conversions(40)
            for _ in range(3):
                wiper.turn(end, speed)
                wiper.conversions(200)
                wiper.turn(30000, speed)
            assert not any(wiper.faults), (speed, end)


def test_spikes_noise_and_a_stretch_without_conversions_are_no_shorts():
    dice = Dice()
    wiper = Wiper(30000)
    for _ in range(3000):
        wiper.raw = 30000 if dice.below(50) else (0, 65535)[dice.below(2)]
        wiper.conversions(1)
        wiper.raw = 30000
        wiper.conversions(1 + dice.below(3))
    assert not any(wiper.faults)
    wiper = Wiper(30000)
    wiper.conversions(100)
    wiper.turn(END, 100)
    for _ in range(3000):
        wiper.raw = dice.below(2 * END)
        wiper.conversions(1)
    assert not any(wiper.faults)
    wiper = Wiper(30000)
    wiper.conversions(100)
    wiper.clock.us += 100000
    wiper.raw = 0
    wiper.conversions(100)
    assert not any(wiper.faults)


def test_a_dial_that_starts_at_an_end_stands_there():
    for begins in (0, 65535):
        wiper = Wiper(begins)
        wiper.conversions(700)
        assert not any(wiper.faults)


def test_the_dial_flags_it_and_says_so():
    wiper = Wiper(40000)
    bench = Bench(knob=wiper.knob)
    bench.clock.us = wiper.clock.us
    wiper.clock = bench.clock
    wiper.latch._ticks_us = bench.clock
    bench.heard()

    def run(milliseconds):
        for _ in range(milliseconds):
            bench.clock.us += PERIOD_US
            wiper.latch.latch()
            bench.dial.poll()

    run(100)
    bench.start(period_ns=100000000)
    run(1000)
    wiper.raw = 65535
    run(1000)
    wiper.raw = 41000
    run(1000)
    messages = bench.heard()
    samples = [fields for kind, fields in messages if kind == message.SAMPLE]
    flagged = [bool(sample["flags"] & message.FLAG_FAULT) for sample in samples]
    assert 9 <= sum(flagged) <= 12 and not flagged[0] and not flagged[-1]
    assert all(sample["max"] < 15 for sample, fault in zip(samples, flagged) if not fault)
    events = [fields["value"] for kind, fields in messages if kind == message.EVENT and fields["event"] == 3]
    assert events == [1, 0]
