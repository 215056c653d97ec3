"""Lets only one program at a time use a folder. The system frees the lock when the process ends, even by a kill."""

from pathlib import Path

from filelock import FileLock, Timeout

from tracedial.files.private import FILE_MODE, make_folder


class FolderInUseError(Exception):
    """Another program holds the folder's lock."""


class NoLocksError(Exception):
    """The folder's disk cannot lock files."""


class FolderLock:
    """The lock of a folder, which is created if it does not exist. `name` is the lock file's name."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        # One thread opens the lock and another may close it.
        self._lock = FileLock(folder / name, timeout=0, thread_local=False, mode=FILE_MODE)

    def acquire(self) -> None:
        """Take the lock; taking it twice changes nothing. Raises `FolderInUseError`, `NoLocksError`, or `OSError` if
        the folder is not writable."""
        if self._lock.is_locked:
            return
        make_folder(self._folder)
        try:
            self._lock.acquire()
        except Timeout:
            raise FolderInUseError from None
        except NotImplementedError:
            raise NoLocksError from None

    def release(self) -> None:
        """Release the lock if it is held."""
        self._lock.release(force=True)
