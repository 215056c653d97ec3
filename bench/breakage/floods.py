"""Dials that flood, lie, or do not stop, beside a good one: which of the good one's records are lost, and the end."""

import random
import tempfile
from pathlib import Path

import numpy as np

from breakage import Figure
from dialwire import frame, message
from tracedial.alignment.align import align_folder
from tracedial.errors import TracedialError
from tracedial.recording.folder import JOURNAL_NAME
from tracedial.recording.journal import read_journal

RANDOM_DIALS = 20
MESSAGES = 60
END_LIMIT_S = 13.0
BOOT = 0x2000_0002
TOP = 0xFFFF_FFFF


def run() -> list[Figure]:
    """Each hostile dial in a recording of 12 s beside a good one, in simulated time."""
    lost = numbered = wrong = 0
    longest_s = 0.0
    kinds = _hostile()
    for kind, how in kinds:
        with tempfile.TemporaryDirectory() as name:
            of_one, all_of_one, off_scale, end_s = _record(Path(name), kind, how)
        lost, numbered, wrong = lost + of_one, numbered + all_of_one, wrong + off_scale
        longest_s = max(longest_s, end_s)
    return [
        Figure(
            f"the good dial's records lost beside {len(kinds)} hostile ones", f"{lost} of {numbered}", "0", not lost
        ),
        Figure("longest end of a recording", f"{longest_s:.1f} s", f"{END_LIMIT_S:g} s", longest_s <= END_LIMIT_S),
        Figure("ratings outside their scale in traces", str(wrong), "0", not wrong),
    ]


def _record(folder: Path, kind: type, how: dict) -> tuple[int, int, int, float]:
    """Records of the good dial that are lost, and how many there were; ratings off the scale; how long the end took."""
    from lines import Bench

    bench = Bench(folder)
    good = bench.add("good")
    bench.add("bad", kind, **how)
    _, end_s = bench.record()
    records = read_journal(folder / "s" / "good" / JOURNAL_NAME).records
    held = {record["seq"] for record in records if record["kind"] in ("sample", "event")}
    wrong = 0
    for rater in ("good", "bad"):
        try:
            rating = align_folder(folder / "s" / rater).trace.rating
        except TracedialError:
            continue
        wrong += int(np.count_nonzero(np.abs(rating[~np.isnan(rating)]) > 50))
    return len(set(range(good.dial.outbox.next_seq)) - held), good.dial.outbox.next_seq, wrong, end_s


def _hostile() -> list[tuple[type, dict]]:
    from lines import Flood, HostileStream

    sample = {"boot16": BOOT & 0xFFFF, "t_us": 1, "mean_milli": 0, "min": 0, "max": 0, "n": 1, "raw": 0, "flags": 0}
    status = {
        "boot16": BOOT & 0xFFFF, "t_us": 1, "state": 1, "start": 0, "oldest_seq": TOP, "next_seq": TOP, "rating": 0,
        "raw": 0, "missed_ticks": 0, "bad_frames": 0, "dropped_replies": 0, "knob_state": 0, "free_bytes": 0,
    }  # fmt: skip
    lies = [
        message.pack(message.STATUS, **status),
        message.pack(message.STATUS, **{**status, "oldest_seq": 0}),
        message.pack(message.GONE, boot16=BOOT & 0xFFFF, first_seq=0, count=TOP),
        message.pack(message.SAMPLE, **{**sample, "seq": TOP, "rating": 10_000}),
        message.pack(message.SAMPLE, **{**sample, "seq": 40, "rating": 10_000}),
    ]

    def samples(handed_out: int) -> bytes:
        numbers = range(1000 + handed_out, 2000 + handed_out)
        return b"".join(frame.encode(message.pack(message.SAMPLE, **sample, seq=n, rating=0)) for n in numbers)

    log = frame.encode(message.pack(message.LOG, level=1, text="[/x]"))
    rng = random.Random(5)
    found: list[tuple[type, dict]] = [
        (HostileStream, {"stops": False}),
        (HostileStream, {"deaf_from_s": 5.0}),
        (HostileStream, {"mute_from_s": 5.0}),
        *((HostileStream, {"says": [(4.0, lie), (9.0, lie)]}) for lie in lies),
        *((Flood, {"flood": flood}) for flood in (samples, lambda n: log * 3000, lambda n: b"U" * 65536)),
    ]
    for _ in range(RANDOM_DIALS):
        says = [(rng.uniform(1.5, 15.0), _any_message(rng)) for _ in range(MESSAGES)]
        found.append((HostileStream, {"says": says}))
    return found


def _any_message(rng: random.Random) -> bytes:
    """A message that a dial can frame, each field at an end of its range or anywhere in it."""
    kind, _, fields = rng.choice([entry for entry in message.MESSAGES if entry[0] >= 0x80])
    values = {}
    for name, form, _, low, high in fields:
        if name == "boot16":
            values[name] = BOOT & 0xFFFF
        elif name in ("major", "minor"):
            values[name] = 1
        elif form == "text":
            values[name] = rng.choice(["", "[/x]", "\x1b[2J"])
        elif name == "unique_id":
            values[name] = b"bad"
        elif form in ("blob", "detents"):
            values[name] = b"" if form == "blob" else ()
        else:
            values[name] = rng.choice([low, high, rng.randint(low, high)])
    return message.pack(kind, **values)
