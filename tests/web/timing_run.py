"""What a rating's video time is worth: a room, a browser, frames that carry their number, a knob that tells its time.

Used by the test and by `make bench`. The frames' numbers are read from their pixels; the page's clock is placed on the
host's by the browser's own monotonic clock (when it navigated, by the debugging protocol), not by the room's exchanges;
the knob sweeps so that each raw reading says when it was taken, but for one constant that the dial's clock gives.
"""

import csv
import itertools
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emulation import emulate, read_rows
from rooms import Server, begin, browser, make_study, open_page, video_s, wait_for_video
from tracedial.journal import read_journal
from tracedial.synthetic import write_video

SWEEP_S = 10.0
"""The knob's way from one end to the other: 6,554 raw counts a second."""
RATE_HZ = 10
FRAME_RATE_HZ = 25
PAUSE_S = 2.5
START_KNOWN_S = 0.002
WATCH_FRAMES = """() => {
  const video = document.querySelector('video');
  const canvas = document.createElement('canvas');
  canvas.width = 320; canvas.height = 180;
  const pen = canvas.getContext('2d', {willReadFrequently: true});
  window.seen = [];
  const look = (now, meta) => {
    pen.drawImage(video, 0, 0, 320, 180);
    const pixels = pen.getImageData(0, 168, 320, 1).data;
    let number = 0;
    for (let bit = 0; bit < 20; bit++) number = number * 2 + (pixels[4 * (15 * bit + 10)] > 125 ? 1 : 0);
    window.seen.push([meta.expectedDisplayTime, number]);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}"""


@dataclass
class TimingRun:
    """`error_s`: a sample's video time as recorded minus the true one, shape (n,); `true_s` the true one. The frames
    that were seen, and the host times between which they followed each other, for comparison with other methods."""

    error_s: np.ndarray
    true_s: np.ndarray
    frame_host_s: np.ndarray
    frame_video_s: np.ndarray
    stretches: list[tuple[float, float]]
    rows: list[dict[str, str]]


def run_timing(folder: Path, *, seconds: int, acts: bool) -> TimingRun:
    """Rate a session in a browser; with `acts` three pauses, two seeks and a stall on the way."""
    script = folder / "sweep.csv"
    with script.open("w", newline="") as file:
        rows = [(SWEEP_S * at, -50 if at % 2 == 0 else 50) for at in range(200)]
        csv.writer(file).writerows([("time_s", "rating"), *rows])
    changes = {
        "on = true": "on = false",
        "rate_hz = 1": f"rate_hz = {RATE_HZ}",
        "allow_seek = false": "allow_seek = true",
    }
    (folder / "study").mkdir()
    write_video(folder / "study" / "video.mp4", seconds, FRAME_RATE_HZ)
    study = make_study(folder / "study", seconds=seconds, changes=changes)
    with (
        emulate("--knob", script, "--drift-ppm", 80) as emulator,
        browser() as one,
        Server(study, "--dial", emulator.urls[0]) as server,
    ):
        page = open_page(one, server.url)
        script_host_s = _start_script(emulator)
        begin(page, "s1", "client", "dial")
        page.click("#next")
        page.wait_for_selector("#play")
        page.evaluate(WATCH_FRAMES)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
        page.click("#play")
        if acts:
            _acts(page)
        page.wait_for_selector("#to-review", timeout=(seconds + 60) * 1000)
        seen = np.array(page.evaluate("window.seen"))
        assert page.found_problems == []
    frame_host_s = metrics["NavigationStart"] + seen[:, 0] / 1e3
    frame_video_s = seen[:, 1] / FRAME_RATE_HZ
    rows = read_rows(study / "sessions" / "s1" / "client" / "samples.csv")
    stretches = _stretches(frame_host_s, frame_video_s)
    (header, *_) = read_journal(folder / "study" / "sessions" / "s1" / "client" / "journal.tdj").records
    return _compare(rows, header["origin_ns"] / 1e9, script_host_s, frame_host_s, frame_video_s, stretches)


def _start_script(emulator) -> float:
    """Start the knob's script; returns when, on the host's clock, to half of `START_KNOWN_S`: an order that was
    answered late says too little of when it was carried out, and is given again."""
    for _ in range(100):
        before_s = time.perf_counter_ns() / 1e9
        emulator.command("play 0 1 0")
        after_s = time.perf_counter_ns() / 1e9
        if after_s - before_s < START_KNOWN_S:
            return (before_s + after_s) / 2
    raise AssertionError("the emulator answers too slowly to know when its knob began to turn")


def _acts(page) -> None:
    for at_s in (5.3, 9.71, 14.02):
        wait_for_video(page, at_s)
        page.click("#pause")
        page.wait_for_timeout(PAUSE_S * 1000)
        page.click("#play")
    wait_for_video(page, 18.0)
    for to_s in (24.48, 20.2):
        page.evaluate(
            "to => { const s = document.querySelector('.seek'); s.value = to; s.dispatchEvent(new Event('change')); }",
            to_s,
        )
        page.wait_for_selector("#play")
        page.wait_for_timeout(500)
        page.click("#play")
        wait_for_video(page, to_s + 2)
    page.evaluate("document.querySelector('video').dispatchEvent(new Event('waiting'))")
    at_s = video_s(page)
    wait_for_video(page, at_s + 0.5)


def _stretches(host_s, shown_s) -> list[tuple[float, float]]:
    """Host times between which the frames followed on each other as the video's clock does."""
    breaks = np.flatnonzero((np.diff(host_s) > 0.2) | (np.abs(np.diff(shown_s) - np.diff(host_s)) > 0.15))
    edges = [0, *(breaks + 1), len(host_s)]
    return [(host_s[a], host_s[b - 1]) for a, b in itertools.pairwise(edges) if b - a > FRAME_RATE_HZ // 2]


def _compare(rows, origin_s, script_host_s, frame_host_s, frame_video_s, stretches) -> TimingRun:
    placed = [row for row in rows if row["video_s"]]
    errors, trues = [], []
    # Only to tell which sweep of the knob a reading belongs to.
    host_s = np.array([float(row["host_s"]) for row in placed]) + origin_s
    raw = np.array([int(row["raw"]) for row in placed]) / 65535
    # An order to the emulator is carried out some milliseconds after it was given: by how many the readings say, whose
    # time the dial's clock has to a tenth of that.
    turning = (raw > 0.05) & (raw < 0.95)
    late = [h - script_host_s - _script_time(r, h - script_host_s) for h, r in zip(host_s, raw, strict=True)]
    script_host_s += float(np.median(np.array(late)[turning]))
    for row, at_s, share in zip(placed, host_s, raw, strict=True):
        if not 0.05 < share < 0.95:
            # At the ends of its way the knob turns round, and a reading could be of either side.
            continue
        true_host_s = script_host_s + _script_time(share, at_s - script_host_s)
        own = [(a, b) for a, b in stretches if a + 0.1 <= true_host_s <= b - 0.1]
        if not own:
            continue
        inside = (frame_host_s >= own[0][0] - 1e-9) & (frame_host_s <= own[0][1] + 1e-9)
        true_s = np.interp(true_host_s, frame_host_s[inside], frame_video_s[inside])
        errors.append(float(row["video_s"]) - true_s)
        trues.append(true_s)
    return TimingRun(np.array(errors), np.array(trues), frame_host_s, frame_video_s, stretches, rows)


def _script_time(share: float, near_s: float) -> float:
    """When the knob stood at a share of its way, nearest to a time."""
    sweep = round(near_s / SWEEP_S - 0.5)
    return SWEEP_S * (sweep + (share if sweep % 2 == 0 else 1 - share))


def polled(run: TimingRun, *, poll_s=0.05, player_step_s=0.253) -> np.ndarray:
    """Errors of stamping by polling a player, on the same run: CARMA's method as its source has it (a player whose time
    moves in steps, and the system's clock since the last change, not reset at a pause)."""
    errors = []
    last_player_s, changed_s = -1.0, 0.0
    for host_s in np.arange(run.frame_host_s[0], run.frame_host_s[-1], poll_s):
        own = [(a, b) for a, b in run.stretches if a <= host_s <= b]
        if not own:
            # It does not poll while its player is paused, and does not forget when the player's time last changed.
            continue
        inside = (run.frame_host_s >= own[0][0]) & (run.frame_host_s <= own[0][1])
        true_s = np.interp(host_s, run.frame_host_s[inside], run.frame_video_s[inside])
        player_s = np.floor(true_s / player_step_s) * player_step_s
        if player_s != last_player_s:
            last_player_s, changed_s = player_s, host_s
            stamp_s = player_s
        else:
            stamp_s = player_s + host_s - changed_s
        errors.append(stamp_s - true_s)
    return np.array(errors)
