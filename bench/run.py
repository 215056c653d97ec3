"""`make bench`: what is claimed of time, loss and speed, measured, each beside its limit or its peer.

Nothing here is a test: a slow machine prints larger numbers. `python bench/run.py clock wire` runs only these parts,
`python bench/run.py breakage:links,floods video_time:frozen` only these pieces of two that have many.
"""

import platform
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "host"))

# An hour is watched for an hour, and breaking everything takes minutes: only when named.
NAMED_ONLY = ("hour", "breakage")
PARTS = (
    "startup",
    "clock",
    "analysis",
    "export",
    "chance",
    "planted",
    "speed",
    "plan",
    "line",
    "crowd",
    "wire",
    "knob",
    "room",
    "video_time",
)


def main() -> None:
    """Run the parts named on the command line, or all."""
    chosen = sys.argv[1:] or list(PARTS)
    pieces = {name: words.split(",") if words else [] for name, _, words in (one.partition(":") for one in chosen)}
    unknown = [name for name in pieces if name not in PARTS + NAMED_ONLY]
    if unknown:
        sys.exit(f"bench: there is no part {unknown[0]}, only {', '.join(PARTS + NAMED_ONLY)}")
    print(f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {cores()} cores")
    for name, words in pieces.items():
        began_s = time.monotonic()
        module = __import__(f"bench_{name}")
        print(f"\n{module.__doc__.splitlines()[0]}")
        module.run(*words)
        print(f"  ({time.monotonic() - began_s:.0f} s)", flush=True)


def cores() -> int:
    """How many processors this process may use."""
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


if __name__ == "__main__":
    main()
