"""One program at a time in a folder, and a sentence where the disk or another program is in the way."""

import pytest
from filelock import FileLock

from studies import make_study
from tracedial.errors import RecordingError, StudyError
from tracedial.files.folder_lock import FolderInUseError, FolderLock, NoLocksError
from tracedial.recording.rater_lock import RaterLock
from tracedial.room.study_room import Room


def test_the_second_is_kept_out_until_the_first_lets_go(tmp_path):
    first, second = (FolderLock(tmp_path / "new" / "folder", ".lock") for _ in range(2))
    first.acquire()
    first.acquire()
    with pytest.raises(FolderInUseError):
        second.acquire()
    second.release()
    first.release()
    second.acquire()
    second.release()


@pytest.fixture
def no_locks(monkeypatch):
    def acquire(self, **how):
        raise NotImplementedError("this file system has no locks")

    monkeypatch.setattr(FileLock, "acquire", acquire)


def test_a_disk_without_locks_is_named_by_recorder_and_room_alike(tmp_path, monkeypatch, no_locks):
    with pytest.raises(NoLocksError):
        FolderLock(tmp_path, ".lock").acquire()
    with pytest.raises(RecordingError, match="cannot lock files"):
        RaterLock(tmp_path / "client").acquire()
    study = make_study(tmp_path / "study", rated=())
    with pytest.raises(StudyError, match="cannot lock files"):
        Room(study, [])
