from dial import lamp
from dial.app import Dial, Identity
from dial.calibrate import Calibration
from dial.direct import Direct
from dial.settings import Settings, SettingsStore
from dial.wheel import Encoder, Wheel
from dialwire import frame, hosts, message
from dialwire.errors import WireError
from dialwire.scale import ALLIANCE, Scale
from dialwire.ticks import ticks_diff
from plain import FakeTicks

SECOND_NS = 1000000000


class Bench:
    """A dial with a clock and a knob in the test's hand."""

    def __init__(self, us=0, outbox_capacity=100, settings=None, knob=None, **more):
        self.clock = FakeTicks(us)
        # Between two detents: landing on one would be an event, with a number of its own.
        self.turn(20)
        self.broken = False
        self.knob = knob or Direct(lambda: self.raw, self.clock, lambda: self.broken)
        if knob:
            knob._ticks_us = self.clock
        identity = Identity(boot=0xABCD1234, unique_id=b"\x01\x02", board="test", interpreter="test", knob="none")
        self.dial = Dial(
            ticks_us=self.clock,
            identity=identity,
            settings=settings or Settings("t", ALLIANCE, Calibration(0, 65535)),
            knob=self.knob,
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
    assert "1.2" in refused["text"] and "9.0" in refused["text"]


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


def test_a_broken_wire_is_a_fault_and_not_a_rating():
    bench = Bench()
    bench.heard()
    bench.start()
    bench.run(2.5)
    bench.broken = True
    bench.turn(-44)
    bench.run(2.0)
    bench.broken = False
    bench.turn(21)
    bench.run(2.0)
    messages = bench.heard()
    samples = [f for kind, f in messages if kind == message.SAMPLE]
    assert [bool(s["flags"] & message.FLAG_FAULT) for s in samples] == [False] * 3 + [True] * 2 + [False] * 2
    # Not one reading of the floating wire is in a mean, a lowest or a highest, before or after.
    assert all(20 <= s["min"] <= s["max"] <= 21 for s in samples)
    assert samples[3]["n"] < samples[2]["n"] and samples[4]["n"] == 1
    events = [(f["event"], f["value"]) for kind, f in messages if kind == message.EVENT]
    assert events == [(message.EVENT_FAULT, 1), (message.EVENT_FAULT, 0)]
    assert bench.dial.lamp() != lamp.FAULT


def test_a_fault_is_seen_while_nothing_is_recorded():
    bench = Bench()
    bench.heard()
    bench.run(1)
    bench.broken = True
    bench.run(1)
    bench.send(message.STATUS_REQUEST)
    assert bench.of(message.STATUS)[0]["knob_state"] == message.KNOB_FAULT
    assert bench.dial.lamp() == lamp.FAULT


class Turned:
    """An encoder in the test's hand."""

    def __init__(self):
        self.count = 0

    def bench(self):
        bench = Bench(knob=Encoder(lambda: self.count, None, Wheel(4, False)))
        bench.heard()
        return bench


def test_an_encoder_gives_no_rating_until_it_is_homed():
    turned = Turned()
    bench = turned.bench()
    bench.start()
    bench.run(1.5)
    bench.dial.hold(bench.clock())
    turned.count = 40
    bench.run(2.0)
    messages = bench.heard()
    samples = [f for kind, f in messages if kind == message.SAMPLE]
    assert [bool(s["flags"] & message.FLAG_UNHOMED) for s in samples] == [True, True, False, False]
    assert [s["rating"] for s in samples[2:]] == [10, 10]
    events = [(f["event"], f["value"]) for kind, f in messages if kind == message.EVENT]
    assert (message.EVENT_HOME, 50) in events


def test_a_held_button_zeroes_a_potentiometer_a_little_and_keeps_it():
    kept = []
    bench = Bench(keep=kept.append)
    bench.heard()
    bench.turn(2)
    bench.run(1)
    bench.dial.hold(bench.clock())
    bench.run(1)
    bench.send(message.STATUS_REQUEST)
    assert bench.of(message.STATUS)[0]["rating"] == 0
    assert len(kept) == 1 and kept[0].calibration is bench.dial.settings.calibration
    # Far from its zero it is not what its rater says it is.
    bench.turn(30)
    bench.run(1)
    bench.dial.hold(bench.clock())
    assert "too far" in bench.of(message.LOG)[0]["text"]
    assert len(kept) == 1
    # Nor while it records.
    bench.turn(2)
    bench.start()
    bench.run(1.5)
    bench.dial.hold(bench.clock())
    assert "between recordings" in bench.of(message.LOG)[0]["text"]
    assert len(kept) == 1


def test_settings_that_cannot_be_kept_are_refused_and_not_obeyed():
    def fail(settings):
        raise WireError("the flash is worn")

    bench = Bench(keep=fail)
    bench.heard()
    bench.send(message.CONFIG_SET, key=message.CONFIG_NAME, value=b"new")
    assert "worn" in bench.of(message.REFUSED)[0]["text"]
    bench.send(message.CONFIG_GET, key=message.CONFIG_NAME)
    assert bench.of(message.CONFIG)[0]["value"] == b"t"


def test_the_sync_output_rises_with_each_start_and_at_sent_us():
    pulses = []
    bench = Bench(us=1000, raise_pulse=lambda: pulses.append(bench.clock()))
    bench.heard()
    bench.send(message.SYNC_REQUEST, exchange=5)
    bench.clock.us += 300
    (reply,) = bench.of(message.SYNC_REPLY)
    assert pulses == [reply["sent_us"]] == [1300]
    bench.clock.us += 5000
    bench.start(start=9)
    bench.start(start=9)
    (event,) = bench.of(message.EVENT)
    assert (event["event"], event["value"], event["t_us"]) == (message.EVENT_SYNC_OUT, 9, 6300)
    assert pulses == [1300, 6300]
    bench.send(message.START, start=10, tick0_us=bench.clock.us + 900000, period_ns=SECOND_NS, correction=1)
    assert len(pulses) == 2


def test_edges_of_the_sync_input_are_events_at_their_own_instant():
    bench = Bench(us=5000)
    bench.heard()
    bench.dial.edge(bench.clock())
    bench.start()
    bench.run(0.5)
    ticks = bench.clock()
    bench.run(0.3)
    bench.dial.edge(ticks)
    (event,) = bench.of(message.EVENT)
    assert (event["event"], event["value"], event["t_us"]) == (message.EVENT_SYNC_IN, 2, ticks)


def test_a_flickering_sync_source_does_not_push_the_ratings_out():
    bench = Bench(outbox_capacity=7200)
    bench.heard()
    bench.start()
    for _ in range(6000):
        bench.clock.us += 10000
        bench.dial.poll()
        bench.dial.edge(bench.clock())
    events = bench.of(message.EVENT)
    assert 85 <= len(events) <= 95
    assert bench.dial.edges_left_out == 6000 - len(events)
    assert [e["value"] for e in events][:32] == list(range(1, 33))


def test_a_restart_is_for_a_dial_at_rest():
    bench = Bench()
    bench.heard()
    bench.start()
    bench.send(message.RESTART, into=message.INTO_REPL)
    assert bench.of(message.REFUSED)[0]["reason"] == message.REFUSED_STATE
    assert bench.dial.restart_into is None
    bench.send(message.STOP)
    bench.send(message.RESTART, into=message.INTO_REPL)
    assert bench.dial.restart_into == message.INTO_REPL
    assert bench.of(message.LOG)


def test_the_lamp_says_what_the_dial_does():
    bench = Bench()
    bench.heard()
    bench.run(1)
    assert bench.dial.lamp() == lamp.WAITING
    bench.send(message.SYNC_REQUEST, exchange=1)
    assert bench.dial.lamp() == lamp.SYNCED
    bench.run(6)
    assert bench.dial.lamp() == lamp.WAITING
    bench.send(message.IDENTIFY, seconds=3)
    assert bench.dial.lamp() == lamp.IDENTIFY
    bench.run(3.5)
    assert bench.dial.lamp() == lamp.WAITING
    bench.start()
    assert bench.dial.lamp() == lamp.RECORDING


def test_landing_on_a_detent_is_felt_whether_it_records_or_not():
    bench = Bench()
    bench.run(1)
    bench.turn(0)
    bench.run(1)
    bench.turn(20)
    bench.run(1)
    bench.turn(50)
    bench.run(1)
    assert bench.dial.landings == 2


def test_the_last_words_of_a_crash_fit_their_messages():
    bench = Bench()
    text = "Traceback (most recent call last):\n" + '  File "dial/ä.py", line 12, in poll\n' * 30
    said = ""
    for data in bench.dial.last_words(text):
        for payload in bench.decoder.feed(data):
            kind, fields = message.unpack(payload)
            assert (kind, fields["level"]) == (message.LOG, 3)
            said += fields["text"]
    assert said == text[: len(said)] and len(said) > 1000


def test_what_is_packed_at_once_is_what_the_table_of_messages_says():
    bench = Bench(settings=Settings("t", Scale(-10000, 10000, 100, ((0, "x"),)), Calibration(0, 65535)))
    bench.heard()
    bench.start()
    bench.run(0.5)
    for ratings in range(-10000, 10001, 400):
        bench.raw = (ratings + 10000) * 65535 // 20000
        bench.run(1)
        bench.dial.press(bench.clock())
        data = bench.dial.outgoing()
        while data is not None:
            (payload,) = bench.decoder.feed(data)
            kind, fields = message.unpack(payload)
            assert message.pack(kind, **fields) == payload and frame.encode(payload) == data
            data = bench.dial.outgoing()


def test_the_key_of_a_forgotten_host_stays_in_neither_slot():
    class Flash:
        def __init__(self):
            self.slots = [b"", b""]

        def read(self, number):
            return self.slots[number]

        def write(self, number, data):
            self.slots[number] = data

    flash = Flash()
    store = SettingsStore(flash)
    bench = Bench(keep=store.save)
    key = bytes(range(100, 132))
    introduce = bytes((hosts.INTRODUCE,)) + hosts.pack_host(b"the host", key, "lab")
    bench.send(message.CONFIG_SET, key=message.CONFIG_HOSTS, value=introduce)
    (told,) = bench.of(message.CONFIG)
    assert key not in told["value"] and hosts.unpack_list(told["value"]) == [(b"the host", "lab")]
    assert key in flash.slots[0] and key in flash.slots[1]
    bench.send(message.CONFIG_SET, key=message.CONFIG_HOSTS, value=bytes((hosts.FORGET_ALL,)))
    assert key not in flash.slots[0] and key not in flash.slots[1]
    assert store.load(Settings("t", ALLIANCE, Calibration(0, 65535))).hosts == ()
