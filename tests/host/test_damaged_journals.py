"""Journals damaged in every way: each row of the trace is true, missing or flagged, and differences are reported."""

import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulated import SimulatedDial
from test_align import record, staircase
from tracedial.alignment.align import align
from tracedial.errors import TracedialError
from tracedial.recording.folder import JOURNAL_NAME
from tracedial.recording.journal import encode_line, read_journal
from tracedial.recording.journal_lines import PLACE, decode_line, restored
from tracedial.recording.recording import read_recording

pytestmark = pytest.mark.thorough("aligns each of many damaged journals")

V1 = Path(__file__).resolve().parent.parent / "vectors" / "journals_v1"
CUES = ("pause@4.3:2", "seek@9:6", "rate@14:1.5", "stall@18:1.2")
SAME_S = 5e-3
"""A clock that was fitted without an exchange or two says the same to this."""


class Truth:
    """An intact journal, and where each of its samples was in the video."""

    def __init__(self, folder: Path, data: bytes) -> None:
        self.folder = folder
        self.data = data
        self.lines = data.splitlines(keepends=True)
        self.alignment = self.align(data)
        assert self.alignment is not None
        a = self.alignment
        self.video_s = {(s.boot, s.seq): v for s, v in zip(a.samples, a.video_s, strict=True)}
        self.rating = {(s.boot, s.seq): s.rating for s in a.samples}

    def align(self, data: bytes):
        """The alignment of a damaged journal, None where it is refused with a sentence."""
        (self.folder / JOURNAL_NAME).write_bytes(data)
        try:
            return align(read_recording(self.folder))
        except TracedialError as error:
            assert str(error).endswith(".")
            return None

    def check(self, data: bytes) -> None:
        """Every row is true, missing or flagged; a difference has a finding that the intact journal has not."""
        found, intact = self.align(data), self.alignment
        if found is None:
            return
        trace, true = found.trace, intact.trace
        differs = False
        for second, rating in enumerate(trace.rating):
            words = trace.flags[second].split("|")
            same = all(
                np.array_equal(np.round(getattr(trace, name)[second : second + 1], 9),
                               np.round(getattr(true, name)[second : second + 1], 9), equal_nan=True)
                for name in ("rating", "mean", "low", "high", "n")
            )  # fmt: skip
            differs |= not same
            if np.isnan(rating) or "doubt" in words:
                continue
            at = int(found.rows.chosen[second])
            sample = found.samples[at]
            key = (sample.boot, sample.seq)
            assert rating == self.rating[key], (second, "a rating that nobody gave")
            assert abs(self.video_s[key] - second) < 0.5, (second, self.video_s[key], "not given at this second")
            at_s = second + trace.offset_s[second]
            assert abs(self.video_s[key] - at_s) < SAME_S, (second, "placed elsewhere than it was")
            # A row whose second begins with the stretch has the readings from there on, and says how many.
            begins = at == 0 or found.stretch[at - 1] != found.stretch[at]
            said = "partial" in words or begins or self.was_seen_again(second)
            assert same or said, (second, words, "other finer readings, unsaid")
        if differs:
            new = set(found.report["findings"]) - set(intact.report["findings"])
            assert new, "something differs and nothing is said"

    def was_seen_again(self, second: int) -> bool:
        """Whether the second was watched more than once, so that a rating of another time is true as well."""
        return "revisited" in self.alignment.trace.flags[second].split("|")


@pytest.fixture(scope="module")
def numbered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("numbered")
    dial = SimulatedDial(drift_ppm=40)
    dial.rating_at = staircase
    record(folder, dial, seconds=24.0, rate_hz=2, cues=CUES)
    return Truth(folder, (folder / JOURNAL_NAME).read_bytes())


def without_numbers(data: bytes) -> bytes:
    """A journal as format 1 had it."""
    lines, seen = [], set()
    for line in data.splitlines():
        body = decode_line(line)
        assert body is not None
        number = body.pop(PLACE)[0]
        if number not in seen:
            seen.add(number)
            if body["kind"] == "recording":
                body["format"] = 1
            lines.append(encode_line(body))
    return b"".join(lines)


@pytest.fixture(scope="module")
def plain(numbered, tmp_path_factory):
    return Truth(tmp_path_factory.mktemp("plain"), without_numbers(numbered.data))


@pytest.fixture(params=["numbered", "plain"])
def truth(request):
    return request.getfixturevalue(request.param)


def test_both_formats_give_the_same_trace(numbered, plain):
    assert numbered.alignment.report["findings"] == plain.alignment.report["findings"]
    assert numbered.alignment.trace.flags == plain.alignment.trace.flags
    assert np.array_equal(numbered.alignment.trace.rating, plain.alignment.trace.rating)
    assert numbered.alignment.trace.missing == 0


def test_each_line_taken_out(truth):
    for at in range(len(truth.lines)):
        truth.check(b"".join(truth.lines[:at] + truth.lines[at + 1 :]))


def test_each_line_twice(truth):
    for at in range(len(truth.lines)):
        truth.check(b"".join(truth.lines[: at + 1] + truth.lines[at:]))


def test_each_two_neighbours_swapped(truth):
    for at in range(len(truth.lines) - 1):
        lines = list(truth.lines)
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
        truth.check(b"".join(lines))


def test_two_lines_swapped_from_afar(truth):
    rng = random.Random(1)
    for _ in range(100):
        lines = list(truth.lines)
        a, b = rng.sample(range(len(lines)), 2)
        lines[a], lines[b] = lines[b], lines[a]
        truth.check(b"".join(lines))


@settings(max_examples=400)
@given(data=st.data())
def test_a_byte_changed_anywhere(numbered, plain, data):
    truth = data.draw(st.sampled_from([numbered, plain]))
    at = data.draw(st.integers(0, len(truth.data) - 1))
    value = data.draw(st.one_of(st.sampled_from(b"\n\r \x00"), st.integers(0, 255)))
    truth.check(truth.data[:at] + bytes([value]) + truth.data[at + 1 :])


@settings(max_examples=300)
@given(data=st.data())
def test_a_byte_of_a_players_line_or_the_first_changed(numbered, plain, data):
    truth = data.draw(st.sampled_from([numbered, plain]))
    lines = [at for at, line in enumerate(truth.lines) if b'"player"' in line or b'"recording"' in line]
    at = data.draw(st.sampled_from(lines))
    start = sum(map(len, truth.lines[:at]))
    place = start + data.draw(st.integers(0, len(truth.lines[at]) - 1))
    truth.check(truth.data[:place] + bytes([data.draw(st.integers(0, 255))]) + truth.data[place + 1 :])


@settings(max_examples=200)
@given(data=st.data())
def test_a_journal_cut_anywhere(numbered, plain, data):
    truth = data.draw(st.sampled_from([numbered, plain]))
    truth.check(truth.data[: data.draw(st.integers(0, len(truth.data)))])


@settings(max_examples=300)
@given(data=st.data())
def test_a_run_of_lines_taken_out_of_a_numbered_journal(numbered, data):
    first = data.draw(st.integers(0, len(numbered.lines) - 1))
    count = data.draw(st.integers(2, 60))
    numbered.check(b"".join(numbered.lines[:first] + numbered.lines[first + count :]))


@settings(max_examples=200)
@given(chosen=st.sets(st.integers(0, 10_000), min_size=1, max_size=40))
def test_any_lines_taken_out_of_a_numbered_journal(numbered, chosen):
    out = {number % len(numbered.lines) for number in chosen}
    numbered.check(b"".join(line for at, line in enumerate(numbered.lines) if at not in out))


@settings(max_examples=200)
@given(data=st.data())
def test_a_block_of_the_disk_lost(numbered, data):
    size = data.draw(st.sampled_from([64, 512, 4096]))
    at = data.draw(st.integers(0, len(numbered.data)))
    filling = data.draw(st.sampled_from([b"\0", b"\xff", b"\n"]))
    hole = filling * len(numbered.data[at : at + size])
    numbered.check(numbered.data[:at] + hole + numbered.data[at + size :])


def test_every_line_of_the_players_taken_out_both_times_is_said_and_flagged(numbered):
    numbers = {decode_line(line.rstrip())[PLACE][0] for line in numbered.lines if b'"kind":"player"' in line}
    for number in sorted(numbers):
        left = [line for line in numbered.lines if decode_line(line.rstrip())[PLACE][0] != number]
        assert len(left) == len(numbered.lines) - 2
        numbered.check(b"".join(left))
        found = numbered.align(b"".join(left))
        said = [f for f in found.report["findings"] if f"Line {number} of the journal is damaged or missing" in f]
        assert len(said) == 1 and ("in doubt" in said[0] or "no second" in said[0])


def test_which_line_is_lost_is_said(numbered):
    at = next(at for at, line in enumerate(numbered.lines) if b'"seq":9,' in line and b"sample" in line)
    number = decode_line(numbered.lines[at].rstrip())[PLACE][0]
    found = numbered.align(b"".join(numbered.lines[:at] + numbered.lines[at + 1 :]))
    assert f"1 line of the journal is lost (line {number})." in found.report["findings"]
    assert not any("doubt" in flags for flags in found.trace.flags)


def test_either_first_line_is_enough(numbered):
    headers = [at for at, line in enumerate(numbered.lines) if b'"kind":"recording"' in line]
    assert len(headers) == 2
    for at in headers:
        found = numbered.align(b"".join(numbered.lines[:at] + numbered.lines[at + 1 :]))
        assert np.array_equal(found.trace.rating, numbered.alignment.trace.rating)
        assert any("written twice" in finding for finding in found.report["findings"])
    both = [line for at, line in enumerate(numbered.lines) if at not in headers]
    assert numbered.align(b"".join(both)) is None


def test_one_bad_byte_in_the_first_line_of_format_1_is_mended_and_said(plain):
    for at in range(0, len(plain.lines[0]) - 1, 7):
        data = bytearray(plain.data)
        data[at] ^= 0x41
        found = plain.align(bytes(data))
        assert found is not None, at
        assert any("One byte of line 1 was changed" in finding for finding in found.report["findings"])
        assert np.array_equal(found.trace.rating, plain.alignment.trace.rating)


@settings(max_examples=300)
@given(at=st.integers(0, 10_000), change=st.integers(1, 255))
def test_the_checksum_mends_one_byte_and_makes_up_none(at, change):
    line = encode_line({"kind": "player", "event": "pause", "host_ns": 123456789, "video_s": 4.3, "speed": 0.0})[:-1]
    broken = bytearray(line)
    broken[at % len(line)] ^= change
    assert restored(bytes(broken)) in (decode_line(line), None)
    broken[(at + 11) % len(line)] ^= change
    assert restored(bytes(broken)) in (decode_line(line), None)


def crlf(data: bytes) -> bytes:
    return data.replace(b"\n", b"\r\n")


def marked(data: bytes) -> bytes:
    return b"\xef\xbb\xbf" + data


def utf_16(data: bytes) -> bytes:
    return data.decode().encode("utf-16")


def blank(data: bytes) -> bytes:
    return data + b"\n\n"


@pytest.mark.parametrize("save", [crlf, marked, utf_16, blank, lambda data: marked(crlf(data)), lambda data: data[:-1]])
def test_what_an_editor_saves_is_read(truth, save):
    found = truth.align(save(truth.data))
    assert found.trace.flags == truth.alignment.trace.flags
    assert np.array_equal(found.trace.rating, truth.alignment.trace.rating)
    said = [f for f in found.report["findings"] if "saved by an editor" in f]
    assert len(said) == (save(truth.data) != truth.data[:-1])
    assert len(found.report["findings"]) == len(truth.alignment.report["findings"]) + len(said)


def test_two_journals_in_one_file_are_refused(numbered, plain):
    for one, other in ((numbered.data, plain.data), (plain.data, numbered.data), (plain.data, plain.data)):
        other = other.replace(b'"rater":"client"', b'"rater":"clienx"')
        lines = other.splitlines()
        header = json.loads(lines[0][9:])
        header["origin_ns"] = 5
        data = one + encode_line(header) + b"\n".join(lines[1:]) + b"\n"
        found = numbered.align(data)
        # Lines with numbers are one journal; what stands among them without is none of it.
        assert found is None or any("not used" in finding for finding in found.report["findings"])


@pytest.mark.parametrize("name", ["cues", "killed", "page"])
def test_journals_of_format_1_align_as_when_they_were_made(tmp_path, name):
    (tmp_path / JOURNAL_NAME).write_bytes((V1 / f"{name}.tdj").read_bytes())
    trace = align(read_recording(tmp_path)).trace
    rows = [line.split(",") for line in (V1 / f"{name}.csv").read_text().splitlines()[1:]]
    assert len(rows) == len(trace.rating)
    # A page's clock and frames are placed by what the years teach; a knob that turns once a second stays what it was.
    near_ms = 20.0 if name == "page" else 1.0
    for second, (_, rating, mean, low, high, n, offset_ms) in enumerate(rows):
        assert (rating == "") == np.isnan(trace.rating[second])
        if rating:
            assert trace.rating[second] == float(rating) and trace.n[second] == int(n)
            assert trace.mean[second] == pytest.approx(float(mean), abs=1e-3)
            assert (trace.low[second], trace.high[second]) == (float(low), float(high))
            assert trace.offset_s[second] * 1e3 == pytest.approx(float(offset_ms), abs=near_ms)


def test_a_journal_without_a_line_of_the_players_in_format_1_is_in_doubt(plain):
    """Each can be missing without a trace; what the others say does not fit then."""
    players = [at for at, line in enumerate(plain.lines) if b'"kind":"player"' in line]
    said = 0
    for at in players:
        found = plain.align(b"".join(plain.lines[:at] + plain.lines[at + 1 :]))
        said += found is None or any("is missing" in finding for finding in found.report["findings"])
    assert said >= len(players) - 3  # a play after a pause takes its seconds with it, and is seen by that


def test_the_content_says_where_the_gaps_are(numbered):
    out = [at for at, line in enumerate(numbered.lines) if b'"kind":"sync"' in line][5:8]
    (numbered.folder / "j").write_bytes(b"".join(line for at, line in enumerate(numbered.lines) if at not in out))
    content = read_journal(numbered.folder / "j")
    assert [(gap.count, gap.player, gap.frames) for gap in content.gaps] and content.lines_lost == 3
    assert all(gap.before_ns < gap.after_ns for gap in content.gaps)
