"""Full disks and deleted journals: what is lost, and how soon it is noticed."""

import errno
import tempfile
import time
from pathlib import Path

from breakage import Figure
from tracedial.errors import JournalError
from tracedial.recording.journal import JournalWriter, read_journal

RECORDS = 500


class FullDisk:
    """A file on a disk that takes `room` bytes more."""

    def __init__(self, file, room: int) -> None:
        self.file = file
        self.room = room

    def write(self, data: bytes) -> int:
        """Write what fits, as the system does."""
        if self.room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        part = data[: self.room]
        self.room -= len(part)
        return self.file.write(part)

    def __getattr__(self, name: str):
        return getattr(self.file, name)


def run() -> list[Figure]:
    """A journal on a disk that fills and stays full, and one that is deleted while it is written."""
    with tempfile.TemporaryDirectory() as folder:
        tempfile.tempdir = folder
        try:
            lost = _lost_on_a_full_disk(Path(folder) / "full" / "j")
            noticed_s, lost_by_deletion = _deleted(Path(folder) / "deleted" / "j")
        finally:
            tempfile.tempdir = None
    return [
        Figure(f"of {RECORDS} records, lost on a disk that stays full", str(lost), "0", lost == 0),
        Figure("a deleted journal is there again after", f"{noticed_s:.1f} s", "≤ 2 s", noticed_s <= 2),
        Figure(f"of {RECORDS} records, lost by the deletion", str(lost_by_deletion), "0", lost_by_deletion == 0),
    ]


def _lost_on_a_full_disk(path: Path) -> int:
    path.parent.mkdir()
    journal = JournalWriter(path)
    journal._file = FullDisk(journal._file, 5000)  # pyright: ignore[reportAttributeAccessIssue]
    for number in range(RECORDS):
        journal.append("sample", seq=number)
    try:
        journal.close()
    except JournalError as error:
        path = error.path
    return RECORDS - sum(record["kind"] == "sample" for record in read_journal(path).records)


def _deleted(path: Path) -> tuple[float, int]:
    path.parent.mkdir()
    with JournalWriter(path) as journal:
        for number in range(RECORDS):
            journal.append("sample", seq=number)
        path.unlink()
        began_s = time.monotonic()
        while not path.exists():
            time.sleep(0.01)
        noticed_s = time.monotonic() - began_s
    return noticed_s, RECORDS - sum(record["kind"] == "sample" for record in read_journal(path).records)
