import errno
import sys

import pytest

from tracedial.errors import JournalError
from tracedial.journal import JournalWriter, read_journal

RECORDS = [{"kind": "sample", "seq": k, "text": "ä\n中 'x'", "value": k / 7} for k in range(40)]


def write(path):
    with JournalWriter(path) as journal:
        for record in RECORDS:
            journal.append(**record)


def test_what_is_written_is_read(tmp_path):
    write(tmp_path / "j")
    content = read_journal(tmp_path / "j")
    assert content.records == RECORDS
    assert (content.damaged_lines, content.cut_bytes) == ([], 0)


def test_a_journal_cut_at_any_byte_keeps_every_whole_record_and_says_what_was_cut(tmp_path):
    write(tmp_path / "j")
    whole = (tmp_path / "j").read_bytes()
    ends = [0, *(at + 1 for at in range(len(whole)) if whole[at : at + 1] == b"\n")]
    assert len(ends) == len(RECORDS) + 1
    for length in range(len(whole) + 1):
        (tmp_path / "cut").write_bytes(whole[:length])
        content = read_journal(tmp_path / "cut")
        # A line that lacks nothing but its end is whole.
        count = sum(end - 1 <= length for end in ends[1:])
        assert content.records == RECORDS[:count]
        assert content.damaged_lines == []
        rest = length - ends[count]
        assert content.cut_bytes == (rest if rest > 0 else 0)


def test_a_damaged_byte_costs_its_own_line_only(tmp_path):
    write(tmp_path / "j")
    data = bytearray((tmp_path / "j").read_bytes())
    at = data.index(b'"seq":20')
    data[at + 7] ^= 1
    (tmp_path / "j").write_bytes(data)
    content = read_journal(tmp_path / "j")
    assert content.damaged_lines == [21]
    assert content.records == RECORDS[:20] + RECORDS[21:]


def test_a_journal_is_never_written_over(tmp_path):
    write(tmp_path / "j")
    with pytest.raises(JournalError, match="never written over"):
        JournalWriter(tmp_path / "j")


def test_a_missing_journal_is_a_sentence(tmp_path):
    with pytest.raises(JournalError, match="cannot be read"):
        read_journal(tmp_path / "none")


class FullDisk:
    """A file on a disk with `room` bytes left; writes what fits, as the system does."""

    def __init__(self, file, room):
        self.file = file
        self.room = room

    def write(self, data):
        if self.room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        part = data[: self.room]
        self.room -= len(part)
        return self.file.write(part)

    def __getattr__(self, name):
        return getattr(self.file, name)


def test_a_full_disk_is_said_and_nothing_is_lost_once_there_is_room(tmp_path):
    journal = JournalWriter(tmp_path / "j")
    journal._file = FullDisk(journal._file, 500)
    for record in RECORDS:
        journal.append(**record)
    assert "disk is full" in journal.problem
    assert journal.waiting > 0
    before = read_journal(tmp_path / "j")
    assert before.records == RECORDS[: len(before.records)]
    journal._file.room = 1 << 20
    journal.close()
    content = read_journal(tmp_path / "j")
    assert content.records == RECORDS
    assert (content.damaged_lines, content.cut_bytes, journal.problem) == ([], 0, "")


def test_a_disk_that_stays_full_is_an_error_that_counts_what_is_lost(tmp_path):
    journal = JournalWriter(tmp_path / "j")
    journal._file = FullDisk(journal._file, 500)
    for record in RECORDS:
        journal.append(**record)
    with pytest.raises(JournalError, match=r"disk is full.*records could not be written"):
        journal.close()
    kept = read_journal(tmp_path / "j").records
    assert kept == RECORDS[: len(kept)] and len(kept) >= 5


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux's")
def test_the_systems_own_full_device(tmp_path):
    journal = JournalWriter(tmp_path / "j")
    journal._file.close()
    journal._file = open("/dev/full", "wb", buffering=0)  # noqa: PTH123, SIM115
    journal.append("sample", seq=1)
    assert "disk is full" in journal.problem
    with pytest.raises(JournalError, match="1 records could not be written"):
        journal.close()
