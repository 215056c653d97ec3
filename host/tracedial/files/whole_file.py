"""Files that are there whole or not at all: written beside their place, forced to the disk, then renamed into it.

Every file but a journal is written so: a program that is killed or a disk that is full leaves the old file, or none.
"""

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from tracedial.files.private import make_file, make_folder

LEFT_OVER_S = 3600.0
"""A half file older than this is of a program that was killed, and goes when its file is next written."""


@contextlib.contextmanager
def half_file(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; what is there at the end of the block takes the place of `path` at once, what
    is there at an exception goes. Raises `OSError`.

    A device or a pipe, which cannot be replaced, is its own half file.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    target = Path(os.path.realpath(path)) if path.is_symlink() else path
    _remove_left_over(target)
    half = target.with_name(f".{target.name[:40]}.{os.getpid()}.{time.monotonic_ns():x}.part")
    try:
        make_file(half)
        yield half
        if target.exists():
            shutil.copymode(target, half)
        _sync(half)
        half.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            half.unlink(missing_ok=True)
        raise
    # The new name is in the folder, which has to reach the disk too. Windows has no such thing, and needs none.
    with contextlib.suppress(OSError):
        _sync(target.parent)


@contextlib.contextmanager
def half_folder(path: Path) -> Iterator[Path]:
    """A new folder beside `path` to write into; at the end of the block it takes the place of `path` (and what was
    there goes), at an exception it goes. Raises `OSError`."""
    _remove_left_over(path)
    half = path.with_name(f".{path.name[:40]}.{os.getpid()}.{time.monotonic_ns():x}.part")
    try:
        make_folder(half)
        yield half
        for made in half.rglob("*"):
            if made.is_file():
                _sync(made)
        if path.exists():
            # A folder that holds something cannot be replaced by a rename: for a moment neither stands there.
            old = half.with_suffix(".old.part")
            path.replace(old)
            half.replace(path)
            shutil.rmtree(old)
        else:
            half.replace(path)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise
    with contextlib.suppress(OSError):
        _sync(path.parent)


@contextlib.contextmanager
def whole_text_file(path: Path, *, encoding: str = "utf-8") -> Iterator[IO[str]]:
    """A text file to write, whose line ends stay as they are written. Raises `OSError`."""
    with half_file(path) as half, half.open("w", newline="", encoding=encoding) as file:
        yield file


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file with all its content: a text in UTF-8, or bytes. Raises `OSError`."""
    data = content.encode() if isinstance(content, str) else content
    with half_file(path) as half:
        half.write_bytes(data)


def fingerprint(path: Path) -> dict[str, Any]:
    """A file's length in bytes and its SHA-256. Raises `OSError`."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return {"bytes": file.tell(), "sha256": digest.hexdigest()}


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_left_over(target: Path) -> None:
    with contextlib.suppress(OSError):
        for half in target.parent.glob(f".{target.name[:40]}.*.part"):
            if time.time() - half.stat().st_mtime > LEFT_OVER_S:
                shutil.rmtree(half) if half.is_dir() else half.unlink()
