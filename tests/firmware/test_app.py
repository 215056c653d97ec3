from dial.app import Dial, Identity
from dial.calibrate import Calibration
from dial.knobs import Direct
from dial.settings import Settings
from dialwire import frame, message
from dialwire.scale import ALLIANCE, Scale
from dialwire.ticks import ticks_diff
from plain import FakeTicks

SECOND_NS = 1000000000


class Bench:
    """A dial with a clock and a knob in the test's hand."""

    def __init__(self, us=0, outbox_capacity=100, settings=None, **more):
        self.clock = FakeTicks(us)
        # Between two detents: landing on one would be an event, with a number of its own.
        self.turn(20)
        self.broken = False
        identity = Identity(boot=0xABCD1234, unique_id=b"\x01\x02", board="test", interpreter="test", knob="none")
        self.dial = Dial(
            ticks_us=self.clock,
            identity=identity,
            settings=settings or Settings("t", ALLIANCE, Calibration(0, 65535)),
            knob=Direct(lambda: self.raw, self.clock, lambda: self.broken),
            outbox_capacity=outbox_capacity,
            **more,
        )
        self.decoder = frame.Decoder()

    def turn(self, rating):
        self.raw = (rating + 50) * 65535 // 100

    def send(self, kind, **fields):
        self.dial.receive(frame.encode(message.pack(kind, **fields)), self.clock())

    def heard(self):
        """All that the dial has to say now, as (kind, fields)."""
        out = []
        data = self.dial.outgoing()
        while data is not None:
            out.extend(message.unpack(payload) for payload in self.decoder.feed(data))
            data = self.dial.outgoing()
        return out

    def of(self, kind):
        return [fields for one, fields in self.heard() if one == kind]

    def run(self, seconds):
        """Let time pass, serving the dial as its loop does."""
        end = self.clock.us + int(seconds * 1000000)
        while self.clock.us < end:
            self.clock.us += min(self.dial.wait_us(), end - self.clock.us)
            self.dial.poll()

    def run_ticks(self, count):
        """As `run`, but from tick to tick: a day would hold four million readings."""
        for _ in range(count):
            self.clock.us += max(ticks_diff(self.dial.sampler.due, self.clock()), 0)
            self.dial.poll()

    def start(self, start=1, period_ns=SECOND_NS, ahead_us=0):
        self.send(message.START, start=start, tick0_us=self.clock.us + ahead_us, period_ns=period_ns, correction=0)


def test_it_says_who_it_is_first():
    bench = Bench()
    kind, hello = bench.heard()[0]
    assert kind == message.HELLO
    assert (hello["boot"], hello["unique_id"], hello["tick_bits"]) == (0xABCD1234, b"\x01\x02", 30)
    assert hello["detents"] == ALLIANCE.detents


def test_another_major_is_refused_with_both_versions():
    bench = Bench()
    bench.heard()
    bench.send(message.HELLO_REQUEST, major=9, minor=0)
    (refused,) = bench.of(message.REFUSED)
    assert refused["reason"] == message.REFUSED_PROTOCOL
    assert "1.1" in refused["text"] and "9.0" in refused["text"]


def test_a_sync_reply_carries_arrival_and_departure():
    bench = Bench(us=5000000)
    bench.heard()
    bench.send(message.SYNC_REQUEST, exchange=77)
    bench.clock.us += 250
    (reply,) = bench.of(message.SYNC_REPLY)
    assert (reply["exchange"], reply["received_us"], reply["sent_us"]) == (77, 5000000, 5000250)


def test_samples_come_on_the_grid_with_the_seconds_mean_and_ends():
    bench = Bench()
    bench.heard()
    bench.start()
    bench.run(0.99)
    bench.turn(30)
    bench.run(2.02)
    bench.turn(20)
    samples = bench.of(message.SAMPLE)
    assert [s["seq"] for s in samples] == [0, 1, 2, 3]
    assert [s["t_us"] for s in samples] == [0, 1000000, 2000000, 3000000]
    assert [s["rating"] for s in samples] == [20, 30, 30, 30]
    assert (samples[1]["min"], samples[1]["max"], samples[1]["n"]) == (20, 30, 50)
    assert 20000 < samples[1]["mean_milli"] < 20500
    assert samples[2]["mean_milli"] == 30000 and samples[2]["min"] == samples[2]["max"] == 30


def test_a_start_asked_twice_starts_once_and_answers_the_same():
    bench = Bench()
    bench.heard()
    bench.start(start=7)
    first = bench.of(message.STARTED)
    bench.run(2.5)
    bench.send(message.START, start=7, tick0_us=0, period_ns=SECOND_NS, correction=0)
    second = bench.of(message.STARTED)
    assert first == second
    assert first[0]["first_seq"] == 0


def test_a_new_start_begins_a_new_window_and_a_correction_does_not():
    bench = Bench()
    bench.heard()
    bench.turn(-40)
    bench.start(start=1)
    bench.run(2.5)
    bench.turn(30)
    bench.start(start=2, ahead_us=250000)
    bench.run(0.5)
    sample = bench.of(message.SAMPLE)[-1]
    assert (sample["rating"], sample["min"], sample["mean_milli"]) == (30, 30, 30000)
    bench.send(message.START, start=3, tick0_us=bench.clock.us + 750100, period_ns=SECOND_NS, correction=1)
    bench.run(1.0)
    assert bench.of(message.SAMPLE)[-1]["n"] >= 48


def test_means_are_exact():
    bench = Bench(settings=Settings("t", Scale(0, 10000, 1000), Calibration(0, 65535)))
    bench.raw = 4 * 65535 // 10
    bench.heard()
    bench.start()
    bench.run(0.9)
    bench.raw = 5 * 65535 // 10
    bench.run(0.5)
    sample = bench.of(message.SAMPLE)[-1]
    high = round((sample["mean_milli"] - 4000000) / 1000000 * sample["n"])
    assert abs(sample["mean_milli"] - (4000000 + 1000000 * high / sample["n"])) <= 0.5 and 4 <= high <= 6


def test_a_host_that_asks_for_lost_records_for_ever_costs_no_memory():
    bench = Bench(outbox_capacity=5)
    bench.start()
    bench.run(30)
    bench.heard()
    for _ in range(500):
        bench.send(message.RESEND, first_seq=0, count=3)
    assert len(bench.heard()) <= 17


def test_what_the_host_missed_is_sent_again():
    bench = Bench()
    bench.heard()
    bench.start()
    bench.run(10.5)
    bench.heard()
    bench.send(message.RESEND, first_seq=3, count=4)
    samples = bench.of(message.SAMPLE)
    assert [s["seq"] for s in samples] == [3, 4, 5, 6]
    assert all(s["flags"] & message.FLAG_RESENT for s in samples)
    assert [s["t_us"] for s in samples] == [3000000, 4000000, 5000000, 6000000]


def test_what_is_overwritten_is_said_to_be_gone():
    bench = Bench(outbox_capacity=5)
    bench.heard()
    bench.start()
    bench.run(20.5)
    messages = bench.heard()
    gone = [fields for kind, fields in messages if kind == message.GONE]
    seqs = [fields["seq"] for kind, fields in messages if kind == message.SAMPLE]
    assert (gone[0]["first_seq"], gone[0]["count"]) == (0, 16)
    assert seqs == [16, 17, 18, 19, 20]
    bench.send(message.RESEND, first_seq=0, count=18)
    messages = bench.heard()
    assert [f["count"] for kind, f in messages if kind == message.GONE] == [16]
    assert [f["seq"] for kind, f in messages if kind == message.SAMPLE] == [16, 17]


def test_a_host_that_never_reads_costs_no_memory():
    bench = Bench()
    bench.start()
    for _ in range(100):
        bench.send(message.CONFIG_GET, key=message.CONFIG_NAME)
        bench.send(message.STATUS_REQUEST)
    bench.run(300)
    assert bench.dial.dropped_replies > 0
    (status,) = bench.of(message.STATUS)
    assert status["dropped_replies"] == bench.dial.dropped_replies
    assert (status["oldest_seq"], status["next_seq"]) == (bench.dial.outbox.oldest_seq, bench.dial.outbox.next_seq)


def test_status_comes_after_the_records_that_it_counts():
    bench = Bench()
    bench.heard()
    bench.start()
    bench.run(3.5)
    bench.send(message.STOP)
    kinds = [kind for kind, _ in bench.heard()]
    assert kinds[-1] == message.STATUS
    assert kinds.count(message.SAMPLE) == 4


def test_settings_stay_as_they_are_while_it_records():
    bench = Bench()
    bench.heard()
    bench.start()
    bench.send(message.CONFIG_SET, key=message.CONFIG_NAME, value=b"new")
    (refused,) = bench.of(message.REFUSED)
    assert refused["reason"] == message.REFUSED_STATE
    bench.send(message.STOP)
    bench.heard()
    bench.send(message.CONFIG_SET, key=message.CONFIG_NAME, value=b"new")
    assert bench.of(message.CONFIG)[0]["value"] == b"new"


def test_a_new_scale_forgets_what_was_measured_on_the_old():
    bench = Bench()
    bench.heard()
    bench.start()
    bench.run(5)
    bench.send(message.STOP)
    bench.heard()
    scale = Scale(-100, 100, 1, ((-100, "low"), (100, "high")))
    value = message.pack_scale(scale.low, scale.high, scale.step, scale.detents)
    bench.send(message.CONFIG_SET, key=message.CONFIG_SCALE, value=value)
    assert bench.dial.scale == scale
    bench.send(message.RESEND, first_seq=0, count=3)
    kinds = [kind for kind, _ in bench.heard()]
    assert message.SAMPLE not in kinds


def test_nonsense_from_the_host_is_refused_and_survived():
    bench = Bench()
    bench.heard()
    bench.dial.receive(b"\x03\x03garbage\x00" + bytes(range(256)) * 5, bench.clock())
    bench.send(message.CONFIG_SET, key=99, value=b"")
    bench.send(message.CONFIG_SET, key=message.CONFIG_SCALE, value=b"\x00")
    bench.send(message.CONFIG_SET, key=message.CONFIG_CALIBRATION, value=b"\x00\x00\x01\x00")
    bench.dial.receive(frame.encode(b"\x7f\x01"), bench.clock())
    bench.dial.receive(frame.encode(b"\x03\x01"), bench.clock())
    bench.send(
        message.STATUS,
        boot16=0,
        t_us=0,
        state=0,
        start=0,
        oldest_seq=0,
        next_seq=0,
        rating=0,
        raw=0,
        missed_ticks=0,
        bad_frames=0,
        dropped_replies=0,
        knob_state=0,
        free_bytes=0,
    )
    refused = bench.of(message.REFUSED)
    assert len(refused) == 6
    bench.send(message.STATUS_REQUEST)
    (status,) = bench.of(message.STATUS)
    assert status["bad_frames"] > 0


def test_presses_and_detents_are_events_in_the_same_count():
    bench = Bench()
    bench.heard()
    bench.start()
    bench.run(0.5)
    bench.dial.press(bench.clock())
    bench.turn(0)
    bench.run(1.0)
    messages = [(kind, f["seq"]) for kind, f in bench.heard() if kind in (message.SAMPLE, message.EVENT)]
    assert messages == [(message.SAMPLE, 0), (message.EVENT, 1), (message.EVENT, 2), (message.SAMPLE, 3)]


def test_a_day_of_samples_has_no_wrong_time():
    bench = Bench(us=(1 << 30) - 1500000, outbox_capacity=400)
    bench.heard()
    start_us = bench.clock.us
    bench.start()
    expected = 0
    for _ in range(24 * 12):
        bench.run_ticks(300)
        for kind, fields in bench.heard():
            if kind == message.SAMPLE:
                assert fields["t_us"] == start_us + expected * 1000000
                expected += 1
    assert expected >= 24 * 3600
