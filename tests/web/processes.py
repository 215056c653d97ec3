"""Other processes on this machine: those that a test froze, and those that keep the machine busy."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path


def descendants(pid: int, name: str) -> list[int]:
    """The processes below `pid` whose command line holds `name`."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    waiting, found = [pid], []
    while waiting:
        own = children.get(waiting.pop(), [])
        found += own
        waiting += own
    return [one for one in found if name in _command_line(one)]


def freeze(pids: list[int], seconds: float) -> None:
    """Stop processes for a while and let them go on."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    time.sleep(seconds)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def busy(count: int):
    """Programs that do nothing but compute."""
    running = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for one in running:
            one.kill()
            one.wait()


def _command_line(pid: int) -> str:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_text()
    except OSError:
        return ""
