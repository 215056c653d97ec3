"""Dials that send anything, flood, lie or hear nothing: they lose their own records and harm nobody else's."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from dialwire import frame, message
from dialwire.scale import Scale
from lines import Bench, Flood, HostileStream
from simulated import SimulatedDial
from tracedial.alignment.align import align_folder
from tracedial.errors import ProtocolError, TracedialError
from tracedial.link.limits import BURST_MESSAGES, MESSAGES_PER_S
from tracedial.link.runs import Runs
from tracedial.link.sequence import MAX_RESEND, SequenceTracker
from tracedial.recording.folder import journals
from tracedial.recording.journal import read_journal
from tracedial.recording.on_scale import is_on_scale
from tracedial.recording.patience import LONGEST_S, STALL_S

pytestmark = pytest.mark.thorough("records whole sessions with dials that say anything")

END_S = STALL_S + 2.0
FROM_DIAL = [entry for entry in message.MESSAGES if entry[0] >= 0x80]
BOOT = 0x2000_0002
TEXTS = ["", "[/x]", "[red]", "\x1b[2J", "a\rb", "\u202eabc", "ü" * 8]


def field_values(name, form, low, high):
    if name == "boot16":
        return st.sampled_from([BOOT & 0xFFFF] * 8 + [0, 0xFFFF])
    if name == "major":
        return st.just(1)
    if name == "boot":
        return st.sampled_from([BOOT, BOOT, 1, 0xFFFF_FFFF])
    if form == "text":
        return st.sampled_from([text for text in TEXTS if len(text.encode()) <= high])
    if name == "unique_id":
        return st.sampled_from([b"bad", b"bad", b"bad", b"", b"good"])
    if form == "blob":
        return st.binary(max_size=high)
    if form == "detents":
        return st.just(())
    ends = [low, low + 1, high - 1, high, (low + high) // 2, 0, 5, 100, 70_000]
    return st.one_of(st.sampled_from([end for end in ends if low <= end <= high]), st.integers(low, high))


def any_message():
    """The payload of any message that a dial can frame, each field at any value of its range."""
    return st.one_of(
        [
            st.builds(
                lambda kind=kind, **fields: message.pack(kind, **fields),
                **{name: field_values(name, form, low, high) for name, form, _, low, high in fields},
            )
            for kind, _, fields in FROM_DIAL
        ]
    )


def numbered(folder):
    """The numbers of the records in a rater's journals, by boot."""
    found = {}
    for name in journals(folder):
        for record in read_journal(folder / name).records:
            if record["kind"] in ("sample", "event"):
                found.setdefault(record["boot"], set()).add(record["seq"])
    return found


def check_good(bench, summaries, rater="good"):
    """Every record that the good dial numbered is in its journal."""
    stream = bench.streams[f"simulated:{rater}"]
    assert summaries[rater].complete, summaries[rater]
    assert numbered(bench.folder / "s" / rater) == {stream.boot: set(range(stream.dial.outbox.next_seq))}
    assert summaries[rater].samples >= 120


def check_aligned(folder):
    """What is recorded of a hostile dial aligns or says in a sentence why not; no rating lies outside the scale."""
    try:
        alignment = align_folder(folder)
    except TracedialError as error:
        assert str(error)
        return None
    rating = alignment.trace.rating[~np.isnan(alignment.trace.rating)]
    assert ((rating >= -50) & (rating <= 50)).all()
    for column in (alignment.trace.mean, alignment.trace.low, alignment.trace.high):
        known = column[~np.isnan(column)]
        assert ((known >= -50) & (known <= 50)).all()
    return alignment


@settings(max_examples=60)
@given(says=st.lists(st.tuples(st.floats(1.5, 15.0), any_message()), max_size=60))
def test_whatever_a_dial_says_the_other_ones_records_are_all_kept_and_the_recording_ends(tmp_path_factory, says):
    bench = Bench(tmp_path_factory.mktemp("any"))
    bench.add("good")
    bench.add("bad", HostileStream, says=says)
    summaries, end_s = bench.record()
    assert end_s < LONGEST_S
    check_good(bench, summaries)
    check_aligned(bench.folder / "s" / "bad")


@settings(max_examples=200)
@given(says=st.lists(any_message(), max_size=80))
def test_a_client_takes_anything_and_what_it_remembers_is_bounded(says):
    dial = SimulatedDial(boot=BOOT)
    dial.run(0.3)
    for payload in says:
        try:
            dial.client.feed(frame.encode(payload), dial.now_us * 1000)
        except ProtocolError:
            continue
        tracker = dial.client.tracker
        if tracker:
            assert len(tracker.missing) <= tracker.kept + MAX_RESEND
        for data in dial.client.outgoing():
            assert len(data) < 100


@pytest.mark.parametrize(
    "how",
    [
        {"stops": False},
        {"deaf_from_s": 5.0},
        {"mute_from_s": 5.0},
        {"deaf_from_s": 5.0, "mute_from_s": 8.0},
        {"stops": False, "outbox_capacity": 5},
    ],
    ids=str,
)
def test_a_dial_that_does_not_stop_or_a_dead_direction_does_not_hold_up_the_end(tmp_path, how):
    bench = Bench(tmp_path)
    bench.add("good")
    bench.add("bad", HostileStream, **how)
    summaries, end_s = bench.record()
    assert end_s < END_S + 3
    check_good(bench, summaries)
    assert not summaries["bad"].complete


def status(**fields):
    return message.pack(
        message.STATUS,
        **{
            "boot16": BOOT & 0xFFFF, "t_us": 1, "state": 1, "start": 0, "oldest_seq": 0, "next_seq": 0, "rating": 0,
            "raw": 0, "missed_ticks": 0, "bad_frames": 0, "dropped_replies": 0, "knob_state": 0, "free_bytes": 0,
            **fields,
        },
    )  # fmt: skip


TOP = 0xFFFF_FFFF


@pytest.mark.parametrize(
    "payload",
    [
        status(next_seq=TOP),
        status(next_seq=TOP, oldest_seq=TOP),
        status(next_seq=TOP, oldest_seq=TOP - 7200),
        status(next_seq=0, oldest_seq=TOP),
        message.pack(message.GONE, boot16=BOOT & 0xFFFF, first_seq=0, count=TOP),
        message.pack(message.GONE, boot16=BOOT & 0xFFFF, first_seq=TOP, count=TOP),
        message.pack(
            message.SAMPLE, boot16=BOOT & 0xFFFF, seq=TOP, t_us=2**64 - 1, rating=0, mean_milli=0, min=0, max=0, n=1,
            raw=0, flags=0,
        ),
    ],
)  # fmt: skip
def test_the_largest_numbers_cost_no_time_and_no_others_records(tmp_path, payload):
    bench = Bench(tmp_path)
    bench.add("good")
    bench.add("bad", HostileStream, says=[(4.0, payload), (6.0, payload)])
    summaries, end_s = bench.record()
    assert end_s < END_S
    check_good(bench, summaries)


def test_sync_times_beyond_any_clock_are_counted_and_not_taken():
    dial = SimulatedDial(boot=BOOT)
    dial.run(0.3)
    (exchange,) = list(dial.client._pulses._under_way)[:1] or [0]
    dial.client._pulses._under_way[exchange] = 0
    for received, sent in ((2**64 - 1, 2**64 - 1), (5, 4), (0, 2**64 - 1)):
        reply = message.pack(
            message.SYNC_REPLY, boot16=BOOT & 0xFFFF, exchange=exchange, received_us=received, sent_us=sent
        )
        before = dial.client.malformed
        assert dial.client.feed(frame.encode(reply), 1000) == []
        assert dial.client.malformed == before + 1


@pytest.mark.parametrize("rate", [0.0, 0.5, 0.95, 1.05, 2.0, 1e6], ids=lambda rate: f"{rate:g} dial seconds a second")
def test_a_dial_whose_time_is_no_clock_is_refused_at_the_start_in_a_sentence(tmp_path, rate):
    bench = Bench(tmp_path)
    bench.add("bad", RunAwayClock, rate=rate)
    with pytest.raises(TracedialError, match="simulated:bad"):
        bench.record()
    assert journals(tmp_path / "s" / "bad") == []


class RunAwayClock(HostileStream):
    """A dial whose stamps of sync exchanges run at a rate of their own, from `from_s` on."""

    def __init__(self, *arguments, rate, from_s=0.0, **more):
        self._rate, self._from_s = rate, from_s
        super().__init__(*arguments, **more)

    def send(self, data):
        for payload in frame.Decoder().feed(data):
            kind, fields = message.unpack(payload)
            if kind == message.SYNC_REPLY and self.seconds() >= self._from_s:
                for name in ("received_us", "sent_us"):
                    fields[name] = int(fields[name] * self._rate)
                payload = message.pack(kind, **fields)
            super().send(frame.encode(payload))


@pytest.mark.parametrize("rate", [0.0, 0.5, 1.05, 3.0, 1e6])
def test_a_clock_that_runs_away_in_the_middle_ends_nobody_elses_recording(tmp_path, rate):
    bench = Bench(tmp_path)
    bench.add("good")
    bench.add("bad", RunAwayClock, rate=rate, from_s=5.0)
    summaries, end_s = bench.record()
    assert end_s < END_S
    check_good(bench, summaries)
    check_aligned(bench.folder / "s" / "bad")


def rising_samples(handed_out):
    first = 1000 + handed_out
    return b"".join(
        frame.encode(
            message.pack(
                message.SAMPLE, boot16=BOOT & 0xFFFF, seq=first + n, t_us=n, rating=0, mean_milli=0, min=0, max=0, n=1,
                raw=0, flags=0,
            )
        )
        for n in range(1200)
    )  # fmt: skip


def logs(handed_out):
    return frame.encode(message.pack(message.LOG, level=1, text="flood")) * 3000


def hellos(handed_out):
    return b"".join(frame.encode(bytes([0x7F, n & 255, n >> 8])) for n in range(5000))


@pytest.mark.parametrize("flood", [rising_samples, logs, hellos, lambda n: b"\x00" * 65536, lambda n: b"U" * 65536])
def test_a_flood_is_not_read_beyond_its_budget(tmp_path, flood):
    bench = Bench(tmp_path)
    bench.add("good")
    bad = bench.add("bad", Flood, flood=flood)
    summaries, end_s = bench.record()
    assert end_s < END_S + 3
    check_good(bench, summaries)
    seconds = bad.seconds()
    # A burst, so much a second, and what one reading brings.
    assert bad.handed_out < 512e3 + 64e3 * seconds + 3 * 65536
    taken = sum(len(read_journal(bench.folder / "s" / "bad" / n).records) for n in journals(bench.folder / "s" / "bad"))
    assert taken < BURST_MESSAGES + 7200 + MESSAGES_PER_S * seconds + 1000


def test_the_end_waits_for_a_slow_dial_and_never_for_one_that_drips(tmp_path):
    bench = Bench(tmp_path)
    bench.add("good")
    says = [(5.0, status(next_seq=3000, oldest_seq=0))]
    says += [
        (
            13.0 + 5 * n,
            message.pack(
                message.SAMPLE, boot16=BOOT & 0xFFFF, seq=1000 + n, t_us=n, rating=0, mean_milli=0, min=0, max=0, n=1,
                raw=0, flags=4,
            ),
        )
        for n in range(200)
    ]  # fmt: skip
    bench.add("bad", HostileStream, says=says, deaf_from_s=5.0)
    summaries, end_s = bench.record()
    assert end_s < LONGEST_S + 2
    check_good(bench, summaries)


@given(st.lists(st.tuples(st.sampled_from(["add", "remove", "take"]), st.integers(0, 60), st.integers(0, 20))))
def test_runs_are_a_set(acts):
    runs, plain, top = Runs(), set(), 0
    for act, first, count in acts:
        if act == "add":
            first = top + first
            top = max(first + count, top)
            runs.append(first, first + count)
            plain |= set(range(first, first + count))
        else:
            end = first + (1 if act == "take" else count)
            gone = plain & set(range(first, end))
            assert runs.remove(first, end) == len(gone)
            plain -= gone
        assert runs == plain and len(runs) == len(plain)
        assert all((number in runs) == (number in plain) for number in range(top + 2))
        assert (runs.lowest() or (None,))[0] == min(plain, default=None)
    runs.update(range(3, 9))
    assert runs == plain | set(range(3, 9))


def test_what_the_dial_cannot_keep_is_gone_at_once():
    tracker = SequenceTracker(0, kept=100)
    tracker.take(0)
    tracker.expect(TOP)
    assert len(tracker.missing) == 100 + MAX_RESEND
    assert tracker.gone == TOP - 1 - 100 - MAX_RESEND
    tracker.give_up(0, TOP)
    assert len(tracker.missing) == 0


class OffScale(HostileStream):
    """A dial that for some seconds sends samples that hold none of its ratings."""

    def __init__(self, *arguments, changes, **more):
        self._changes = changes
        super().__init__(*arguments, **more)

    def send(self, data):
        for payload in frame.Decoder().feed(data):
            kind, fields = message.unpack(payload)
            if kind == message.SAMPLE and 4.0 <= self.seconds() < 8.0:
                payload = message.pack(kind, **{**fields, **self._changes})
            super().send(frame.encode(payload))


@pytest.mark.parametrize(
    "changes",
    [
        {"rating": 51},
        {"rating": -10000},
        {"max": 10000},
        {"min": -51},
        {"mean_milli": 50_001},
        {"min": 40, "max": 30},
        {"rating": 32000 - 22000, "mean_milli": -10_000_000},
    ],
    ids=str,
)
def test_a_rating_outside_its_scale_never_enters_a_trace_and_is_counted_and_said(tmp_path, changes):
    bench = Bench(tmp_path)
    bench.add("bad", OffScale, changes=changes)
    said, shown = set(), set()

    def look():
        (state,) = bench.recorder.states
        said.add(state.problem)
        shown.add(state.rating)

    summaries, _ = bench.record(on_turn=look)
    assert summaries["bad"].complete
    assert any("outside its scale" in problem for problem in said) and "" in said
    assert all(rating is None or -50 <= rating <= 50 for rating in shown)
    alignment = check_aligned(tmp_path / "s" / "bad")
    off = [second for second, flags in enumerate(alignment.trace.flags) if "off_scale" in flags.split("|")]
    assert 3 <= len(off) <= 4
    assert np.isnan(alignment.trace.rating[off]).all()
    assert np.isnan(alignment.trace.rating).sum() == len(off)
    count = alignment.report["samples_without_rating"]
    assert 39 <= count <= 41
    assert any(f"{count} samples have values outside the dial's scale" in f for f in alignment.report["findings"])


def test_a_rating_between_two_steps_of_its_scale_is_none():
    scale = Scale(-50, 50, 5)
    assert is_on_scale(scale, -45) and not is_on_scale(scale, -44) and not is_on_scale(scale, 55)
