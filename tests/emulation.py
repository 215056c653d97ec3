"""Emulated dials for tests, in a process of their own, and the command line as users run it."""

import csv
import subprocess
import sys
from pathlib import Path

from tracedial.link.stream import EmulatorProcess


def emulate(*arguments: object) -> EmulatorProcess:
    return EmulatorProcess([str(argument) for argument in arguments])


def tracedial(*arguments: object, **options) -> subprocess.CompletedProcess[str]:
    """Run the command and wait for its end."""
    return subprocess.run(
        [sys.executable, "-m", "tracedial", *map(str, arguments)], capture_output=True, text=True, **options
    )


def write_script(path: Path, rows) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("time_s", "rating"), *rows])
    return path


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def sentence(done: subprocess.CompletedProcess[str], code: int = 1) -> str:
    """What a command that failed said: one line, no traceback."""
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stderr.strip().splitlines()[-1]
