"""One program at a time in a folder: a lock file that the system lets go with the process, so a kill leaves none."""

from pathlib import Path

from filelock import FileLock, Timeout

from tracedial.files.private import FILE_MODE, make_folder


class FolderInUseError(Exception):
    """Another program holds the folder's lock."""


class NoLocksError(Exception):
    """The folder's disk cannot lock files."""


class FolderLock:
    """The lock of a folder, which is made if it is not there. `name` is the lock file's."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder = folder
        # Opened in one thread and closed in another.
        self._lock = FileLock(folder / name, timeout=0, thread_local=False, mode=FILE_MODE)

    def acquire(self) -> None:
        """Take the lock; taking it twice changes nothing. Raises `FolderInUseError`, `NoLocksError`, and `OSError` for
        a folder that cannot be written to."""
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
        """Let the lock go, if it is held."""
        self._lock.release(force=True)
