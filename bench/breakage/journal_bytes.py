"""Bytes changed in a journal: how often a second ends at a wrong place, unsaid."""

import random
import tempfile
from pathlib import Path

from breakage import Figure

FLIPS = 1000


def run() -> list[Figure]:
    """Flips anywhere in a numbered journal, and every line of it taken out."""
    from simulated import SimulatedDial
    from test_align import record, staircase
    from test_damaged_journals import CUES, Truth

    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        dial = SimulatedDial(drift_ppm=40)
        dial.rating_at = staircase
        record(Path(folder), dial, seconds=24.0, rate_hz=2, cues=CUES)
        truth = Truth(Path(folder), (Path(folder) / "journal.tdj").read_bytes())
        wrong = sum(not _holds(truth, _flipped(truth.data, rng)) for _ in range(FLIPS))
        lines = truth.lines
        taken = sum(not _holds(truth, b"".join(lines[:at] + lines[at + 1 :])) for at in range(len(lines)))
    return [
        Figure(f"{FLIPS} bytes changed", f"{wrong} with a false second unsaid", "0", wrong == 0),
        Figure(f"{len(lines)} lines taken out, one by one", f"{taken} with a false second unsaid", "0", taken == 0),
    ]


def _flipped(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ rng.randrange(1, 256)]) + data[at + 1 :]


def _holds(truth, data: bytes) -> bool:
    try:
        truth.check(data)
    except AssertionError:
        return False
    return True
