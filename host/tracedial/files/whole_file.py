"""Files that are complete or absent: written beside their final place, synced to the disk, then renamed.

Every file except a journal is written like this: if the program is killed or the disk is full, the old file (or none)
remains.
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
"""A half file older than this comes from a program that was killed; the next write of its file deletes it."""


@contextlib.contextmanager
def half_file(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to. At the end of the block it replaces `path` in one step; after an exception it
    is deleted. Raises `OSError`.

    A device or a pipe cannot be replaced, so it is written directly.
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
    # The new name is stored in the folder, so sync the folder too. Windows cannot do this and does not need it.
    with contextlib.suppress(OSError):
        _sync(target.parent)


@contextlib.contextmanager
def half_folder(path: Path) -> Iterator[Path]:
    """A new folder beside `path` to write into. At the end of the block it replaces `path` and everything in it;
    after an exception it is deleted. Raises `OSError`."""
    _remove_left_over(path)
    half = path.with_name(f".{path.name[:40]}.{os.getpid()}.{time.monotonic_ns():x}.part")
    try:
        make_folder(half)
        yield half
        for made in half.rglob("*"):
            if made.is_file():
                _sync(made)
        if path.exists():
            # A rename cannot replace a folder that is not empty: for a moment neither folder is in place.
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
    """A text file to write; line ends stay as written. Raises `OSError`."""
    with half_file(path) as half, half.open("w", newline="", encoding=encoding) as file:
        yield file


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a complete file: text in UTF-8, or bytes. Raises `OSError`."""
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
