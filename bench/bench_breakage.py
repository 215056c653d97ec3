"""What was broken on purpose, and what it cost: each figure beside its goal.

All parts in `bench/breakage/`; `python bench/run.py breakage` takes some minutes.
"""

import importlib
import pkgutil
import sys
import time
from pathlib import Path

import breakage

ROOT = Path(__file__).resolve().parent.parent
# The dials that misbehave are the tests' own.
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "firmware")]


def run() -> None:
    """Run all parts and print a line for each figure. Exits with 1 where a goal is missed."""
    missed = 0
    for part in sorted(module.name for module in pkgutil.iter_modules(breakage.__path__)):
        module = importlib.import_module(f"breakage.{part}")
        if not hasattr(module, "run"):
            continue
        began_s = time.monotonic()
        figures = module.run()
        print(f"  {part} ({time.monotonic() - began_s:.0f} s)")
        for one in figures:
            print(f"    {'ok  ' if one.ok else 'MISS'}  {one.name}: {one.figure}   (goal {one.goal})", flush=True)
        missed += sum(not one.ok for one in figures)
    if missed:
        sys.exit(f"bench: {missed} goals are missed")
