"""The journal of a recording: lines appended as data arrive, each with its own checksum.

A line is `crc32 json\\n`, the checksum in eight hex digits over the JSON's bytes. Nothing is ever rewritten. Reading
reports what is damaged or cut, line by line, and never joins over it.
"""

import errno
import json
import os
import threading
import time
from binascii import crc32
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from tracedial.errors import JournalError

JOURNAL_NAME = "journal.tdj"
SYNC_TO_DISK_S = 1.0
RETRY_S = 1.0
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def encode_line(record: dict[str, Any]) -> bytes:
    """A record as its line."""
    body = json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    return b"%08x " % crc32(body) + body + b"\n"


class JournalWriter:
    """Appends records. May be called from several threads.

    Each line is handed to the operating system at once, so that the death of this process costs nothing, and forced to
    the disk once a second, so that a power cut costs a second. If the disk is full, lines wait in memory and are
    written when there is room again; `problem` says so meanwhile, and `close` raises if some could not be written.

    A new file, or with `append` one that may be there already: a last line that was cut stays as it is, on a line of
    its own.
    """

    def __init__(self, path: Path, *, append: bool = False) -> None:
        self.path = path
        self.problem = ""
        self._lock = threading.Lock()
        self._waiting: list[bytes] = []
        self._retry_at_s = 0.0
        self._good_bytes = 0
        self._torn = False
        try:
            self._file = path.open("r+b" if append and path.exists() else "xb", buffering=0)
            if append:
                self._good_bytes = self._file.seek(0, os.SEEK_END)
                self._end_cut_line()
        except FileExistsError:
            raise JournalError(path, f"{path} exists already: a recording is never written over.") from None
        except OSError as error:
            raise JournalError(path, f"{path} cannot be written: {error.strerror}.") from error
        self._ending = threading.Event()
        self._syncer = threading.Thread(target=self._sync_to_disk, name="journal", daemon=True)
        self._syncer.start()

    def append(self, kind: str, **fields: Any) -> None:
        """Append one record; `kind` becomes its first field."""
        line = encode_line({"kind": kind, **fields})
        with self._lock:
            self._waiting.append(line)
            if not self.problem or time.monotonic() >= self._retry_at_s:
                self._write_waiting()

    @property
    def waiting(self) -> int:
        """Records that are in memory only, because the disk takes none."""
        return len(self._waiting)

    def close(self) -> None:
        """Write what waits, and close. Raises `JournalError` if some records could not be written."""
        self._ending.set()
        self._syncer.join(timeout=10)
        with self._lock:
            if self._file.closed:
                return
            self._write_waiting()
            lost = len(self._waiting)
            if not lost:
                self._flush_to_disk()
            self._file.close()
        if lost:
            raise JournalError(
                self.path, f"{self.problem} {lost} records could not be written; all before them are safe."
            )

    def __enter__(self) -> "JournalWriter":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def _end_cut_line(self) -> None:
        if self._good_bytes == 0:
            return
        self._file.seek(-1, os.SEEK_END)
        if self._file.read(1) != b"\n":
            self._good_bytes += self._file.write(b"\n")

    def _write_waiting(self) -> None:
        try:
            if self._torn:
                self._file.seek(self._good_bytes)
                self._file.truncate()
                self._torn = False
            while self._waiting:
                line = self._waiting[0]
                written = 0
                while written < len(line):
                    self._torn = True
                    written += self._file.write(line[written:])
                self._torn = False
                self._good_bytes += len(line)
                self._waiting.pop(0)
            self.problem = ""
        except OSError as error:
            self._retry_at_s = time.monotonic() + RETRY_S
            what = "The disk is full" if error.errno in DISK_FULL else f"The disk takes no data ({error.strerror})"
            self.problem = f"{what} at {self.path}: make room there, nothing is lost while this program runs."

    def _sync_to_disk(self) -> None:
        while not self._ending.wait(SYNC_TO_DISK_S):
            with self._lock:
                if self._waiting and time.monotonic() >= self._retry_at_s:
                    self._write_waiting()
            self._flush_to_disk()

    def _flush_to_disk(self) -> None:
        # Outside the lock: a slow disk must not hold up the threads that stamp what arrives.
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            if error.errno in DISK_FULL:
                self.problem = self.problem or f"The disk is full at {self.path}: make room there."


@dataclass(frozen=True)
class JournalContent:
    """A journal as read: the whole records, and what was not whole.

    `damaged_lines` are numbers of lines (from 1) whose checksum does not fit; `cut_bytes` the length of a last line
    without its end, as a killed program or a full disk leaves it.
    """

    records: list[dict[str, Any]] = field(default_factory=list)
    damaged_lines: list[int] = field(default_factory=list)
    cut_bytes: int = 0


def read_journal(path: Path) -> JournalContent:
    """Read a journal, whatever state it is in. Raises `JournalError` only if the file cannot be opened."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise JournalError(path, f"The journal {path} cannot be read: {error.strerror}.") from error
    content = JournalContent()
    lines = data.split(b"\n")
    for number, line in enumerate(lines[:-1], start=1):
        record = _decode_line(line)
        if record is None:
            content.damaged_lines.append(number)
        else:
            content.records.append(record)
    rest = lines[-1]
    # A cut exactly before the line's end leaves a whole record.
    record = _decode_line(rest) if rest else None
    if record is not None:
        content.records.append(record)
        rest = b""
    return JournalContent(content.records, content.damaged_lines, len(rest))


def _decode_line(line: bytes) -> dict[str, Any] | None:
    if line[8:9] != b" ":
        return None
    body = line[9:]
    try:
        if int(line[:8], 16) != crc32(body):
            return None
        record = json.loads(body)
    except ValueError:
        return None
    return record if isinstance(record, dict) and "kind" in record else None
