"""Rating to video time in real browsers, against the page's own frames and against the pixels of a screen outside.

Cases: frame rates and formats, acts of the rater, and what makes a machine or a browser fail. Goals where frames were
shown: median 5 ms, 99 % within 20 ms, worst 45 ms on a quiet machine; 99 % within 45 ms on a busy one; and at most 1 %
of the samples beyond the bound that the recording states for each. Needs Chromium, Firefox and Xvfb.
`python bench/run.py video_time:frozen` runs the cases whose names hold a word.
"""

import sys
import tempfile
import time
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "web")]

from processes import busy  # noqa: E402  (the tests' folder is on the path only now)
from rooms import wait_for_video  # noqa: E402
from timing_run import Film, TimingRun, freezes_browser, freezes_server, run_timing  # noqa: E402

SECONDS = 25
GOALS_MS = {"quiet": (5, 20, 45), "busy": (None, 45, None)}


@dataclass(frozen=True)
class Case:
    """One run. `load` chooses its goals; `options` are `run_timing`'s."""

    name: str
    load: str = "quiet"
    options: dict = field(default_factory=dict)


def _busy_page(page, server) -> None:
    for at_s in (6, 9, 12, 15):
        wait_for_video(page, at_s)
        page.evaluate("() => { const until = performance.now() + 600; while (performance.now() < until); }")


def _resize(page, server) -> None:
    for at_s, width in ((6, 900), (9, 1300), (12, 700), (15, 1366)):
        wait_for_video(page, at_s)
        page.set_viewport_size({"width": width, "height": 700})


def _slow(page, server) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions",
                 {"offline": False, "latency": 300, "downloadThroughput": 25_000, "uploadThroughput": 1e6})  # fmt: skip
    wait_for_video(page, 15)
    session.send("Network.emulateNetworkConditions",
                 {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1})  # fmt: skip


def _hide(page, server) -> None:
    wait_for_video(page, 8)
    other = page.context.new_page()
    other.bring_to_front()
    time.sleep(4)
    page.bring_to_front()
    other.close()


def _four(page, server) -> None:
    with busy(4):
        wait_for_video(page, SECONDS - 3)


ON_SCREEN = {"on_screen": True}
CASES = [
    Case("25 frames a second", options=ON_SCREEN),
    Case("25 frames a second, headless"),
    Case("29.97 frames a second", options={"film": Film(Fraction(30000, 1001)), **ON_SCREEN}),
    Case("60 frames a second", options={"film": Film(Fraction(60)), **ON_SCREEN}),
    Case("variable frame rate", options={
        "film": Film(keep=lambda number: number % 75 < 40 or number % 25 == 0, longest_s=2.0), **ON_SCREEN}),
    Case("VP9", options={"film": Film(codec="libvpx-vp9"), **ON_SCREEN}),
    Case("three pauses, two seeks, a stall", options={"acts": True, "seconds": 32, **ON_SCREEN}),
    Case("slow disk", "busy", {"meanwhile": _slow, **ON_SCREEN}),
    Case("resize", "busy", {"meanwhile": _resize}),
    Case("hidden tab", "busy", {"meanwhile": _hide, **ON_SCREEN}),
    Case("busy page", "busy", {"meanwhile": _busy_page, **ON_SCREEN}),
    Case("four busy processes", "busy", {"meanwhile": _four, **ON_SCREEN}),
    *[Case(f"frozen browser, {seconds} s", "busy", {"meanwhile": freezes_browser(at_s=8, seconds=seconds), **ON_SCREEN})
      for seconds in (0.3, 0.6, 1.5, 3, 10)],
    Case("frozen server, 3 s", "busy", {"meanwhile": freezes_server(at_s=8, seconds=3), **ON_SCREEN}),
    Case("Firefox", options={"in_firefox": True, **ON_SCREEN}),
    Case("Firefox, four busy processes", "busy", {"in_firefox": True, "meanwhile": _four, **ON_SCREEN}),
]  # fmt: skip


def run(*words: str) -> None:
    """Print each case's errors in both truths, its bound, and what the recording said of it."""
    for case in CASES:
        if words and not any(word in case.name for word in words):
            continue
        with tempfile.TemporaryDirectory() as name:
            options = {"seconds": SECONDS, **case.options}
            found = run_timing(Path(name), **options)
        print(f"  {case.name}  (goals: {case.load} machine)")
        _say("page", found.error_s, found.beyond(), case.load)
        _say("screen", found.screen_error_s, found.screen_beyond(), case.load)
        bounds_ms = found.bound_s * 1e3 if len(found.bound_s) else found.screen_bound_s * 1e3
        print(f"    stated bound: median {np.median(bounds_ms):.1f} ms, worst {bounds_ms.max():.1f} ms")
        for finding in _about_the_page(found):
            print(f"    said: {finding}", flush=True)


def _say(truth: str, error_s: np.ndarray, beyond: float, load: str) -> None:
    if not len(error_s):
        return
    error_ms = error_s * 1e3
    goals = GOALS_MS[load]
    figures = (abs(np.median(error_ms)), np.quantile(np.abs(error_ms), 0.99), np.abs(error_ms).max())
    shown = (f"median {np.median(error_ms):+.1f}", f"p99 {figures[1]:.1f}", f"worst {figures[2]:.1f}")
    parts = [f"{text} ms" + (f" (goal {goal})" if goal else "") for text, goal in zip(shown, goals, strict=True)]
    print(
        f"    against the {truth}, {len(error_ms)} samples: {', '.join(parts)}; beyond the bound {beyond:.1%} (goal 1%)"
    )


def _about_the_page(found: TimingRun) -> list[str]:
    words = ("picture", "placed", "clock")
    return [finding for finding in found.report["findings"] if any(word in finding for word in words)]
