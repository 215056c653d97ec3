"""Folders and files that only their owner can read, from the moment they are created: mode 0700 and 0600.

On Windows a folder inherits the rights of its parent; a user's own folders are private there.
"""

import contextlib
import os
from pathlib import Path
from typing import BinaryIO

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def make_folder(folder: Path) -> None:
    """Create a folder and its missing parents for their owner only; an existing folder stays as it is.
    Raises `OSError`, and then leaves none of the new folders."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    made: list[Path] = []
    try:
        for path in reversed(missing):
            # Another program may create it in the meantime.
            with contextlib.suppress(FileExistsError):
                path.mkdir(FOLDER_MODE)
                made.append(path)
        # If a file or a broken link stands in the folder's place, let the system refuse it.
        folder.mkdir(FOLDER_MODE, exist_ok=True)
    except OSError:
        for path in reversed(made):
            with contextlib.suppress(OSError):
                path.rmdir()
        raise


def opener(path: str, flags: int) -> int:
    """An opener for `open`: a file that it creates belongs to its owner only."""
    return os.open(path, flags, FILE_MODE)


def open_new(path: Path) -> BinaryIO:
    """Open a new, unbuffered file for bytes. Raises `OSError`; `FileExistsError` if the file exists."""
    return open(path, "xb", buffering=0, opener=opener)


def make_file(path: Path) -> None:
    """Create an empty file. Raises `OSError`; `FileExistsError` if the file exists."""
    with open_new(path):
        pass
