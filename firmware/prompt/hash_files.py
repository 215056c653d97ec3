"""Prints the SHA-256 of the firmware's files on a board; the call is appended to this text."""

import hashlib
import os

FOLDER_BIT = 0x4000
"""The folder bit in the mode that `os.stat` gives."""


def hash_of(path):
    """A file's SHA-256 in hexadecimal, read in pieces: a board has little memory."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while True:
            block = file.read(512)
            if not block:
                break
            digest.update(block)
    return "".join(["%02x" % byte for byte in digest.digest()])


def files_in(folder):
    """The paths of the files in a folder; none if the folder does not exist."""
    if folder not in os.listdir():
        return []
    paths = [folder + "/" + name for name in os.listdir(folder)]
    return [path for path in paths if not os.stat(path)[0] & FOLDER_BIT]


def print_hashes(folders, names):
    """Two dictionaries of hashes: of all files in `folders`, and of those in `names` that exist."""
    print(repr({path: hash_of(path) for folder in folders for path in files_in(folder)}))
    print(repr({name: hash_of(name) for name in names if name in os.listdir()}))
