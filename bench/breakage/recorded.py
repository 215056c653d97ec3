"""What a journal holds of the records that a dial numbered."""

from pathlib import Path

from tracedial.recording.folder import JOURNAL_NAME
from tracedial.recording.journal import read_journal


def lost_records(folder: Path) -> tuple[int, int]:
    """How many of a dial's records since the recording began are not in the journal, and how many there were."""
    records = read_journal(folder / JOURNAL_NAME).records
    (end,) = [record for record in records if record["kind"] == "end"]
    held = {record["seq"] for record in records if record["kind"] in ("sample", "event")}
    first = min(record["first_seq"] for record in records if record["kind"] == "started")
    numbered = set(range(first, end["next_seq"]))
    return len(numbered - held), len(numbered)
