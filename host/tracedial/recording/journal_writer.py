"""Writing a journal: lines appended as data arrive, even through full disks and folders that are deleted during
writing.

Nothing is ever rewritten. Lines that the disk refuses stay in memory, and `problem` says so, until there is room or the
journal continues in another place.
"""

import contextlib
import errno
import os
import tempfile
import threading
import time
from collections import deque
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Any

from tracedial.errors import JournalError
from tracedial.files.private import FILE_MODE, make_folder
from tracedial.files.shape import is_list
from tracedial.host_clock import host_clock_ns
from tracedial.recording.journal_lines import COPY_AFTER, PLACE, TWICE, decode_line, encode_line
from tracedial.recording.record_kinds import Kind

SYNC_TO_DISK_S = 1.0
RETRY_S = 1.0
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
COPY_BYTES = 1 << 20


class JournalWriter:
    """Appends records. May be called from several threads.

    Each line goes to the operating system at once, so a killed process loses nothing, and is forced to the disk once a
    second, so a power cut costs one second. If the disk is full, lines wait in memory until there is room, or the whole
    journal continues at `spill`. `problem` says what is wrong now, `notice` what happened. A journal that is deleted or
    replaced during writing is written again.

    The file is new; with `append` it may exist. A last line that was cut then stays as it is, on a line of its own.
    """

    def __init__(self, path: Path, *, append: bool = False, spill: Path | None = None) -> None:
        self.path = path
        self.spill = spill
        self.notice = ""
        self._lock = threading.Lock()
        self._waiting: deque[bytes] = deque()
        self._copies: deque[tuple[int, bytes]] = deque()
        self._retry_at_s = 0.0
        self._good_bytes = 0
        self._torn = False
        self._write_problem = self._sync_problem = self._home_problem = ""
        self._lines = 0
        self._last: dict[str, int] = {Kind.PLAYER: 0, Kind.FRAMES: 0}
        try:
            self._file = _opened(path, "r+b" if append and path.exists() else "x+b")
            if append:
                self._go_on_after_what_is_there()
        except FileExistsError:
            raise JournalError(path, f"{path} exists already: a recording is never written over.") from None
        except OSError as error:
            raise JournalError(path, f"{path} cannot be written: {error.strerror}.") from error
        self._ending = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="journal", daemon=True)
        self._keeper.start()

    def append(self, kind: str, **fields: Any) -> None:
        """Append one record; `kind` becomes its first field, its place in the journal its last one."""
        with self._lock:
            place = [self._lines + 1, self._last[Kind.PLAYER], self._last[Kind.FRAMES]]
            line = encode_line({"kind": kind, **fields, PLACE: place})
            self._lines += 1
            if kind in self._last:
                self._last[kind] = self._lines
            self._waiting.append(self._due_copies() + line)
            if kind in TWICE:
                self._copies.append((self._lines + COPY_AFTER, line))
            if not self._write_problem or time.monotonic() >= self._retry_at_s:
                self._write_waiting()

    @property
    def waiting(self) -> int:
        """Records that are in memory only, because the disk takes none."""
        return len(self._waiting)

    @property
    def problem(self) -> str:
        """What is wrong with the disk now, in a sentence; empty while all is well."""
        return self._write_problem or self._home_problem or self._sync_problem

    @property
    def safe(self) -> bool:
        """Whether every record is in a file that will be there when this program has ended."""
        return not self._waiting and not self._home_problem

    def try_again(self) -> bool:
        """Try to write waiting records; returns whether every record is safe."""
        with self._lock:
            self._look_after_file()
            self._write_waiting()
            return self.safe

    def close(self) -> None:
        """Write waiting records, and close. If the disk refuses them, the whole journal is written elsewhere. Raises
        `JournalError`, which says where, or how many records are lost."""
        self._ending.set()
        self._keeper.join(timeout=10)
        with self._lock:
            if self._file.closed:
                return
            self._look_after_file()
            self._write_waiting()
            if self.safe:
                # The copies of the last lines are not new records: if the disk is full now, leaving them out loses
                # nothing.
                self._write(b"".join(line for _, line in self._copies))
                self._copies.clear()
                self._flush_to_disk()
                self._file.close()
                return
            said = f"{self.problem} {len(self._waiting)} records could not be written"
            place = self.path
            rescued = self._rescue()
            self._file.close()
        if rescued:
            raise JournalError(rescued, f"{said} there. The whole journal is in {rescued}: replace {place} with it.")
        kept = self.path if self.path.exists() else place
        raise JournalError(kept, f"{said} there or anywhere else. All earlier records are in {kept}.")

    def __enter__(self) -> "JournalWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _go_on_after_what_is_there(self) -> None:
        """Continue numbering after the last line that states its number, or else after the number of existing lines."""
        lines = self._file.readlines()
        places = [(decode_line(line.rstrip(b"\r\n")) or {}).get(PLACE) for line in lines]
        self._lines = max(len(lines), *(int(place[0]) for place in places if is_list(place)), 0)
        self._good_bytes = self._file.seek(0, os.SEEK_END)
        if self._good_bytes:
            self._file.seek(-1, os.SEEK_END)
            if self._file.read(1) != b"\n":
                self._good_bytes += self._file.write(b"\n")

    def _due_copies(self) -> bytes:
        due = b""
        while self._copies and self._copies[0][0] <= self._lines:
            due += self._copies.popleft()[1]
        return due

    def _write_waiting(self) -> None:
        while self._waiting and self._write(self._waiting[0]):
            self._waiting.popleft()

    def _write(self, lines: bytes) -> bool:
        """Write whole lines; returns whether the disk took them. A partly written line is cut off at the next try."""
        try:
            if self._torn:
                self._file.truncate(min(self._good_bytes, os.fstat(self._file.fileno()).st_size))
                self._torn = False
            written = 0
            while written < len(lines):
                self._torn = True
                written += self._file.write(lines[written:])
            self._torn = False
            self._good_bytes += len(lines)
            self._write_problem = ""
        except OSError as error:
            self._retry_at_s = time.monotonic() + RETRY_S
            self._write_problem = (
                f"{_what(error)} at {self.path}: make room there, nothing is lost while this program runs."
            )
            return bool(self.spill) and self._move(self.spill) and self._write(lines)
        return True

    def _keep(self) -> None:
        """Once a second: check that the file is still there, write waiting records, and force everything to the
        disk."""
        while not self._ending.wait(SYNC_TO_DISK_S):
            with self._lock:
                self._look_after_file()
                if self._waiting and time.monotonic() >= self._retry_at_s:
                    self._write_waiting()
            self._flush_to_disk()

    def _flush_to_disk(self) -> None:
        # Outside the lock: a slow disk must not hold up the threads that stamp what arrives.
        try:
            os.fsync(self._file.fileno())
            self._sync_problem = ""
        except (OSError, ValueError) as error:
            # A device cannot be synced, and a file that is being moved is closed.
            if isinstance(error, OSError) and error.errno not in (errno.EINVAL, errno.EBADF):
                self._sync_problem = f"{_what(error)} at {self.path}: make room there, or give another place."

    def _look_after_file(self) -> None:
        """Notice if somebody deleted, replaced or cut the journal, and write it again from the file that is still
        open."""
        try:
            own = os.fstat(self._file.fileno())
        except OSError:
            return
        try:
            there = self.path.stat()
        except OSError:
            there = None
        if there is not None and (os.path.samestat(own, there) or there.st_size == self._good_bytes == own.st_size):
            if own.st_size < self._good_bytes:
                self._go_on_after_a_cut(own.st_size)
            self._home_problem = ""
            return
        try:
            aside = self._put_aside() if there is not None else None
            self._move(self.path)
            what = "was replaced by another file" if aside else "was deleted"
            where = f"; the other file is {aside.name} now" if aside else ""
            self._note_event(f"{self.path} {what} while it was written, and has been written anew{where}.")
            self._home_problem = ""
        except OSError as error:
            self._home_problem = (
                f"{self.path} was deleted, and cannot be written anew ({error.strerror}): make its folder writable; "
                "nothing is lost while this program runs."
            )

    def _go_on_after_a_cut(self, size: int) -> None:
        lost = self._good_bytes - size
        self._good_bytes = self._file.seek(0, os.SEEK_END)
        self._note_event(f"{lost} bytes were cut off {self.path} by another program while it was written.", b"\n")

    def _note_event(self, text: str, before: bytes = b"") -> None:
        """Report what happened to the journal, in `notice` and in the journal."""
        self.notice = text
        self._lines += 1
        place = [self._lines, self._last[Kind.PLAYER], self._last[Kind.FRAMES]]
        record = {"kind": "journal", "host_ns": host_clock_ns(), "text": text, PLACE: place}
        self._waiting.append(before + encode_line(record))

    def _put_aside(self) -> Path:
        """Rename the file at this journal's path, so that no reader takes it for this journal."""
        number = 1
        while (aside := self.path.with_name(f"{self.path.stem}.replaced-{number}{self.path.suffix}")).exists():
            number += 1
        return self.path.rename(aside)

    def _move(self, to: Path) -> bool:
        """Copy everything written so far to another place and continue there. Returns whether that was possible; then
        nothing is left there. Raises `OSError` if the place is this journal's own."""
        new = None
        absent = [folder for folder in to.parents if not folder.exists()]
        try:
            make_folder(to.parent)
            new = _opened(to, "x+b")
            self._copy_into(new)
        except OSError:
            if new is not None:
                new.close()
                to.unlink(missing_ok=True)
            if to == self.path:
                raise
            _remove_folders(absent)
            return False
        self._file.close()
        self._file, self._torn, self._write_problem = new, False, ""
        if to != self.path:
            was, self.path, self.spill = self.path, to, None
            self._note_event(f"The disk took no data at {was}: the recording goes on in {to}, where all of it is.")
        return True

    def _copy_into(self, new: Any) -> None:
        self._file.seek(0)
        left = self._good_bytes
        while left:
            part = self._file.read(min(COPY_BYTES, left))
            if not part:
                raise OSError(errno.EIO, "the journal cannot be read back")
            left -= len(part)
            while part:
                part = part[new.write(part) :]
        os.fsync(new.fileno())

    def _rescue(self) -> Path | None:
        """Write the whole journal to the first other place that accepts it, so that the only copy is not in memory.
        A place that accepts only a part keeps nothing, unless that part is the only copy of what was written."""
        home, own = self.path, os.fstat(self._file.fileno())
        name = f"tracedial-rescued-{int(time.time())}-{os.getpid()}"
        partial: list[Path] = []
        for place in (Path(tempfile.gettempdir()), Path.home(), Path.cwd()):
            to = place / name / home.parent.name / home.name
            if not self._move(to):
                continue
            self._write_waiting()
            if not self._waiting:
                self._flush_to_disk()
                _discard(partial)
                return to
            partial.append(to)
        self._file.close()
        _discard(partial if _is_file(home, own) else partial[:-1])
        return None


def _is_file(path: Path, own: os.stat_result) -> bool:
    try:
        return os.path.samestat(path.stat(), own)
    except OSError:
        return False


def _discard(partial: list[Path]) -> None:
    """Remove rescued journals that are not whole, with the folders that were made for them."""
    for path in partial:
        with contextlib.suppress(OSError):
            path.unlink()
        _remove_folders([path.parent, path.parent.parent])


def _remove_folders(folders: list[Path]) -> None:
    """Remove these folders if they are empty, the innermost first."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _opened(path: Path, mode: str) -> FileIO:
    """A file opened for appending: if another program cuts it, no hole is left."""
    return FileIO(path, mode, opener=lambda name, flags: os.open(name, flags | os.O_APPEND, FILE_MODE))


def _what(error: OSError) -> str:
    return "The disk is full" if error.errno in DISK_FULL else f"The disk takes no data ({error.strerror})"
