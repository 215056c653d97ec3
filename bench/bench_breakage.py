"""What was broken on purpose, and what it cost: each figure beside its goal.

Each module of `bench/breakage` with a function `run() -> list[Figure]` is a part. All of them take some minutes;
`python bench/run.py breakage:links,floods` runs those named.
"""

import importlib
import pkgutil
import sys
import time
from pathlib import Path

import breakage

ROOT = Path(__file__).resolve().parent.parent
# The dials that misbehave and the browsers that freeze are the tests' own.
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "web"), str(ROOT / "tests" / "host"), str(ROOT / "firmware")]


def run(*words: str) -> None:
    """Run all parts, or those named, and print a line for each figure. Exits with 1 where a goal is missed."""
    modules = {
        name: importlib.import_module(f"breakage.{name}") for _, name, _ in pkgutil.iter_modules(breakage.__path__)
    }
    parts = {name: module for name, module in sorted(modules.items()) if hasattr(module, "run")}
    missed = 0
    for name in words or parts:
        if name not in parts:
            sys.exit(f"bench: there is no part breakage:{name}, only {', '.join(parts)}")
        began_s = time.monotonic()
        figures = parts[name].run()
        print(f"  {name} ({time.monotonic() - began_s:.0f} s)")
        for one in figures:
            print(f"    {'ok  ' if one.ok else 'MISS'}  {one.name}: {one.figure}   (goal {one.goal})", flush=True)
        missed += sum(not one.ok for one in figures)
    if missed:
        sys.exit(f"bench: {missed} goals are missed")
