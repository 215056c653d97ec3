"""Folders and files that are their owner's alone, from the moment at which they are made: mode 0700 and 0600.

On Windows a folder has the rights of the one that it is made in; a user's own folders are private there.
"""

import contextlib
import os
from pathlib import Path
from typing import BinaryIO

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it that are not there, for their owner alone; one that is there stays as it is.
    Raises `OSError`, and then leaves none of them."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    made: list[Path] = []
    try:
        for path in reversed(missing):
            # Another program may make it in the meantime.
            with contextlib.suppress(FileExistsError):
                path.mkdir(FOLDER_MODE)
                made.append(path)
        # A file in the folder's place, and a link that leads nowhere, are refused as a system would.
        folder.mkdir(FOLDER_MODE, exist_ok=True)
    except OSError:
        for path in reversed(made):
            with contextlib.suppress(OSError):
                path.rmdir()
        raise


def opener(path: str, flags: int) -> int:
    """For `open`: a file that this makes is its owner's alone."""
    return os.open(path, flags, FILE_MODE)


def open_new(path: Path) -> BinaryIO:
    """A new file for bytes, each written at once. Raises `OSError`, `FileExistsError` where there is one."""
    return open(path, "xb", buffering=0, opener=opener)


def make_file(path: Path) -> None:
    """Make an empty file. Raises `OSError`, `FileExistsError` where there is one."""
    with open_new(path):
        pass
