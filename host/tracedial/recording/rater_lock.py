"""One recorder for each rater's folder: whoever records holds its lock, be it `record`, the room or a group."""

from pathlib import Path

from tracedial.errors import RecordingError
from tracedial.files.folder_lock import FolderInUseError, FolderLock, NoLocksError
from tracedial.recording.folder import RECORDING_LOCK_FILE


class RaterLock:
    """The lock of one rater's folder. The folder is created if it does not exist."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = FolderLock(folder, RECORDING_LOCK_FILE)

    def acquire(self) -> None:
        """Take the lock; taking it twice changes nothing. Raises `RecordingError` while another recorder holds it."""
        folder = self.folder
        try:
            self._lock.acquire()
        except FolderInUseError:
            raise RecordingError(
                folder,
                f"{folder.name} is being recorded into {folder.parent} by another program (`tracedial record`, or a "
                "room): end that one first, or choose another rater.",
            ) from None
        except NoLocksError:
            raise RecordingError(
                folder, f"The disk of {folder} cannot lock files, which keeps two recorders apart: record to another."
            ) from None
        except OSError as error:
            raise RecordingError(folder, f"{folder} cannot be recorded into: {error.strerror}.") from error

    def release(self) -> None:
        """Release the lock, if it is held."""
        self._lock.release()
