import errno
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tracedial.errors import JournalError
from tracedial.recording import journal_writer
from tracedial.recording.journal import JournalWriter, encode_line, read_journal

RECORDS = [{"kind": "sample", "seq": k, "text": "ä\n中 'x'", "value": k / 7} for k in range(40)]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory, monkeypatch):
    """The place that is taken for the computer's own when a disk takes nothing."""
    place = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


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
    for length in [*range(ends[6]), *range(ends[-3], len(whole) + 1)]:
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
    with pytest.raises(JournalError, match=r"disk is full.*records could not be written") as error:
        journal.close()
    # The only copy is never in memory alone: all of it is where the message says.
    assert read_journal(error.value.path).records[: len(RECORDS)] == RECORDS
    assert str(error.value.path) in str(error.value) and str(tmp_path / "j") in str(error.value)
    kept = read_journal(tmp_path / "j").records
    assert kept == RECORDS[: len(kept)] and len(kept) >= 5


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux's")
def test_the_systems_own_full_device(tmp_path):
    journal = JournalWriter(tmp_path / "j")
    journal._file.close()
    journal._file = open("/dev/full", "wb", buffering=0)  # noqa: PTH123, SIM115
    journal.append("sample", seq=1)
    assert "disk is full" in journal.problem
    with pytest.raises(JournalError, match=r"1 records could not be written there\. The whole journal is in") as error:
        journal.close()
    assert read_journal(error.value.path).records[0] == {"kind": "sample", "seq": 1}


def test_records_written_elsewhere_at_the_end_go_there_in_order(tmp_path, elsewhere):
    (tmp_path / "client").mkdir()
    journal = JournalWriter(tmp_path / "client" / "j")
    journal._file = FullDisk(journal._file, 700)
    for record in RECORDS:
        journal.append(**record)
    assert not journal.try_again() and not journal.safe
    with pytest.raises(JournalError) as error:
        journal.close()
    assert elsewhere in error.value.path.parents and error.value.path.parts[-2:] == ("client", "j")
    content = read_journal(error.value.path)
    assert content.records[: len(RECORDS)] == RECORDS and content.gaps == []


def test_a_disk_with_room_again_says_nothing_more(tmp_path):
    journal = JournalWriter(tmp_path / "j")
    journal._file = FullDisk(journal._file, 500)
    for record in RECORDS:
        journal.append(**record)
    assert "disk is full" in journal.problem
    journal._file.room = 1 << 20
    assert journal.try_again() and journal.problem == "" and journal.waiting == 0
    journal.close()


def test_a_sync_that_fails_is_said_until_one_does_not(tmp_path, monkeypatch):
    journal = JournalWriter(tmp_path / "j")
    for number, words in ((errno.EIO, "takes no data"), (errno.ENOSPC, "is full")):

        def refuse(handle, number=number):
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", refuse)
            journal._flush_to_disk()
            assert words in journal.problem
        journal._flush_to_disk()
        assert journal.problem == ""
    journal.close()


def test_a_journal_goes_on_where_it_may_when_the_disk_is_full(tmp_path):
    spill = tmp_path / "other" / "session" / "client" / "j"
    journal = JournalWriter(tmp_path / "j", spill=spill)
    journal._file = FullDisk(journal._file, 500)
    for record in RECORDS:
        journal.append(**record)
    assert journal.path == spill and journal.problem == "" and "goes on in" in journal.notice
    journal.close()
    content = read_journal(spill)
    assert [record for record in content.records if record["kind"] != "journal"] == RECORDS
    assert [record["text"] for record in content.records if record["kind"] == "journal"] == [journal.notice]
    assert content.gaps == [] and content.damaged_lines == []
    kept = read_journal(tmp_path / "j").records
    assert kept == RECORDS[: len(kept)]


def test_a_spill_that_is_full_too_waits_as_before(tmp_path):
    (tmp_path / "file").write_text("no folder")
    journal = JournalWriter(tmp_path / "j", spill=tmp_path / "file" / "j")
    journal._file = FullDisk(journal._file, 500)
    for record in RECORDS:
        journal.append(**record)
    assert "disk is full" in journal.problem and journal.path == tmp_path / "j"
    journal._file.room = 1 << 20
    journal.close()
    assert read_journal(tmp_path / "j").records == RECORDS


posix_files = pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes no file that is open")


@posix_files
@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_journal_deleted_underneath_is_written_anew_and_said(tmp_path, what):
    path = tmp_path / "session" / "client" / "j"
    path.parent.mkdir(parents=True)
    with JournalWriter(path) as journal:
        for record in RECORDS[:20]:
            journal.append(**record)
        if what == "file":
            path.unlink()
        else:
            shutil.rmtree(tmp_path / "session")
        for record in RECORDS[20:30]:
            journal.append(**record)
        assert journal.try_again() and "was deleted" in journal.notice
        for record in RECORDS[30:]:
            journal.append(**record)
    content = read_journal(path)
    assert [record for record in content.records if record["kind"] != "journal"] == RECORDS
    assert "written anew" in next(record for record in content.records if record["kind"] == "journal")["text"]
    assert content.gaps == []


@posix_files
@pytest.mark.real_time("the thread that looks after a journal's file keeps the disk's own pace")
def test_the_deletion_is_noticed_by_itself(tmp_path):
    journal = JournalWriter(tmp_path / "j")
    journal.append(**RECORDS[0])
    (tmp_path / "j").unlink()
    while not (tmp_path / "j").exists():
        time.sleep(0.05)
    journal.close()
    assert read_journal(tmp_path / "j").records[0] == RECORDS[0]


@posix_files
def test_a_journal_replaced_underneath_leaves_both_files(tmp_path):
    with JournalWriter(tmp_path / "j.tdj") as journal:
        for record in RECORDS[:20]:
            journal.append(**record)
        (tmp_path / "x").write_bytes(b"an editor's copy")
        (tmp_path / "x").replace(tmp_path / "j.tdj")
        assert journal.try_again() and "replaced by another file" in journal.notice
        for record in RECORDS[20:]:
            journal.append(**record)
    assert (tmp_path / "j.replaced-1.tdj").read_bytes() == b"an editor's copy"
    assert [r for r in read_journal(tmp_path / "j.tdj").records if r["kind"] != "journal"] == RECORDS


@posix_files
@pytest.mark.parametrize("left", [0, 333])
def test_a_journal_cut_underneath_goes_on_and_says_so(tmp_path, left):
    with JournalWriter(tmp_path / "j") as journal:
        for record in RECORDS[:20]:
            journal.append(**record)
        os.truncate(tmp_path / "j", left)
        journal.append(**RECORDS[20])
        assert journal.try_again() and "cut off" in journal.notice
        for record in RECORDS[21:]:
            journal.append(**record)
    content = read_journal(tmp_path / "j")
    records = [record for record in content.records if record["kind"] != "journal"]
    # What stands on one line with the cut is lost with it, and both are told.
    assert records[-19:] == RECORDS[-19:] and all(record in RECORDS for record in records)
    assert sum(gap.count for gap in content.gaps) == len(RECORDS) - len(records)
    assert not (tmp_path / "j").read_bytes().count(0)


@posix_files
def test_a_folder_that_cannot_be_made_again_is_said_and_the_journal_rescued(tmp_path, elsewhere):
    path = tmp_path / "client" / "j"
    path.parent.mkdir()
    journal = JournalWriter(path)
    journal.append(**RECORDS[0])
    shutil.rmtree(path.parent)
    path.parent.write_text("in the way")
    assert not journal.try_again() and "cannot be written anew" in journal.problem
    journal.append(**RECORDS[1])
    with pytest.raises(JournalError, match="The whole journal is in") as error:
        journal.close()
    assert read_journal(error.value.path).records[:2] == RECORDS[:2]


def test_a_journal_is_numbered_on_where_it_stopped(tmp_path):
    for record in RECORDS[:3]:
        with JournalWriter(tmp_path / "j", append=True) as journal:
            journal.append(**record)
    content = read_journal(tmp_path / "j")
    assert content.records == RECORDS[:3] and content.gaps == []
    lines = (tmp_path / "j").read_bytes().splitlines(keepends=True)
    (tmp_path / "j").write_bytes(lines[0] + lines[2])
    assert [(gap.first, gap.count) for gap in read_journal(tmp_path / "j").gaps] == [(2, 1)]


def test_a_journal_of_the_old_format_is_gone_on_with(tmp_path):
    (tmp_path / "j").write_bytes(b"".join(encode_line(record) for record in RECORDS[:3]))
    with JournalWriter(tmp_path / "j", append=True) as journal:
        journal.append(**RECORDS[3])
    content = read_journal(tmp_path / "j")
    assert content.records == RECORDS[:4] and content.gaps == [] and content.lines_lost == 0


def _fill_everywhere(monkeypatch, room):
    """From now on each further file takes `room` bytes."""
    opened = journal_writer._opened
    monkeypatch.setattr(journal_writer, "_opened", lambda path, mode: FullDisk(opened(path, mode), room))


@pytest.mark.parametrize("room", [0, 300, 900])
def test_a_journal_that_no_place_takes_leaves_nothing_in_any_of_them(tmp_path, elsewhere, monkeypatch, room):
    home, here, folder = tmp_path / "home", tmp_path / "here", tmp_path / "client"
    for place in (home, here, folder):
        place.mkdir()
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.chdir(here)
    journal = JournalWriter(folder / "j")
    journal._file = FullDisk(journal._file, 700)
    for record in RECORDS:
        journal.append(**record)
    _fill_everywhere(monkeypatch, room)
    with pytest.raises(JournalError, match="or anywhere else") as error:
        journal.close()
    assert error.value.path == folder / "j" and read_journal(folder / "j").records
    assert [*elsewhere.iterdir(), *home.iterdir(), *here.iterdir()] == []


def test_a_place_that_took_a_part_keeps_nothing_where_another_takes_all(tmp_path, elsewhere, monkeypatch):
    home, folder = tmp_path / "home", tmp_path / "client"
    home.mkdir()
    folder.mkdir()
    monkeypatch.setattr(Path, "home", lambda: home)
    journal = JournalWriter(folder / "j")
    journal._file = FullDisk(journal._file, 700)
    for record in RECORDS:
        journal.append(**record)
    rooms = iter((900, 1 << 20))
    opened = journal_writer._opened
    monkeypatch.setattr(journal_writer, "_opened", lambda path, mode: FullDisk(opened(path, mode), next(rooms)))
    with pytest.raises(JournalError, match="The whole journal is in") as error:
        journal.close()
    assert home in error.value.path.parents and list(elsewhere.iterdir()) == []
    assert read_journal(error.value.path).records[: len(RECORDS)] == RECORDS


@posix_files
def test_a_part_that_is_the_only_copy_is_kept_and_named(tmp_path, elsewhere, monkeypatch):
    home, here, folder = tmp_path / "home", tmp_path / "here", tmp_path / "client"
    for place in (home, here, folder):
        place.mkdir()
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.chdir(here)
    journal = JournalWriter(folder / "j")
    journal.append(**RECORDS[0])
    written = journal._good_bytes
    shutil.rmtree(folder)
    folder.write_text("in the way")
    assert not journal.try_again()
    for record in RECORDS[1:]:
        journal.append(**record)
    _fill_everywhere(monkeypatch, journal._good_bytes + 10)
    with pytest.raises(JournalError) as error:
        journal.close()
    assert journal._good_bytes >= written
    assert read_journal(error.value.path).records[: len(RECORDS)] == RECORDS
