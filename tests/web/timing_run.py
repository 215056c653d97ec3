"""Measures how exact a rating's video time is: a room, a browser, numbered frames, a knob that shows the time.

The tests and `make bench` use it. There are two truths. One is the frame numbers read from the pixels in the page, at
the time at which the browser expects them on the screen (by its own monotonic clock, not the room's exchanges). The
other, with `on_screen`, is the pixels of an X server, read from outside the browser by the host's own clock. The knob
sweeps so that each raw reading shows when it was taken, except for one constant that the dial's clock gives.
"""

import contextlib
import csv
import itertools
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from emulation import emulate, read_rows
from firefox import firefox
from processes import descendants, freeze
from rooms import Server, begin, browser, make_study, open_page, video_s, wait_for_video
from screen import WHERE, screen
from tracedial.emulation.synthetic import HEIGHT, WIDTH, frames
from tracedial.recording.journal import read_journal

SWEEP_S = 10.0
"""The knob's way from one end to the other: 6,554 raw counts a second."""
RATE_HZ = 10
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
    """`error_s`: a sample's video time as recorded minus the true one, shape (n,); `true_s` the true one, `bound_s`
    what the recording states. `screen_error_s`, `screen_bound_s`: the same against the pixels of the screen, where they
    were looked at. The frames that were seen, and the host times between which they followed each other, for comparison
    with other methods. `report` is the recording's `alignment.json`."""

    error_s: np.ndarray
    true_s: np.ndarray
    bound_s: np.ndarray
    frame_host_s: np.ndarray
    frame_video_s: np.ndarray
    stretches: list[tuple[float, float]]
    rows: list[dict[str, str]]
    screen_error_s: np.ndarray
    screen_bound_s: np.ndarray
    report: dict

    def beyond(self) -> float:
        """The share of samples whose error is beyond the stated bound, in the page."""
        return float(np.mean(np.abs(self.error_s) > self.bound_s)) if len(self.error_s) else 0.0

    def screen_beyond(self) -> float:
        """The same on the screen."""
        return float(np.mean(np.abs(self.screen_error_s) > self.screen_bound_s)) if len(self.screen_error_s) else 0.0


@dataclass(frozen=True)
class Film:
    """The video of a run. `keep` says of each frame's number whether the file holds it (a variable frame rate), and
    `longest_s` how long a frame may last."""

    rate_hz: Fraction = Fraction(25)
    codec: str = "libx264"
    keep: Callable[[int], bool] = lambda number: True
    longest_s: float = 0.2


def write_film(path: Path, seconds: int, film: Film) -> None:
    """A synthetic video whose frames carry their numbers; frame `n` begins at `n / rate_hz`."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(film.codec, rate=film.rate_hz)
        assert isinstance(stream, av.VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "28"} if film.codec == "libx264" else {"deadline": "realtime"}
        stream.time_base = stream.codec_context.time_base = 1 / film.rate_hz
        count = int(seconds * film.rate_hz)
        for number, picture in enumerate(frames(count, 1)):
            if not film.keep(number) and number != count - 1:
                continue
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, 1 / film.rate_hz
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


Meanwhile = Callable[[Any, Server], None]
"""What happens while the video plays, in the test's own thread: given the page and the room's server."""


def freezes_browser(*, at_s: float, seconds: float) -> Meanwhile:
    """All of Chromium is stopped at a second of the video, and goes on."""

    def act(page: Any, server: Server) -> None:
        wait_for_video(page, at_s)
        freeze(descendants(os.getpid(), "chrom"), seconds)

    return act


def freezes_server(*, at_s: float, seconds: float) -> Meanwhile:
    """The same of the room's server."""

    def act(page: Any, server: Server) -> None:
        wait_for_video(page, at_s)
        freeze([server.process.pid], seconds)

    return act


def run_timing(
    folder: Path,
    *,
    seconds: int,
    acts: bool = False,
    film: Film | None = None,
    meanwhile: Meanwhile | None = None,
    in_firefox: bool = False,
    on_screen: bool = False,
) -> TimingRun:
    """Rate a session in a browser; with `acts` three pauses, two seeks and a stall on the way."""
    film = film or Film()
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
    name = "video.webm" if film.codec == "libvpx-vp9" else "video.mp4"
    write_film(folder / "study" / name, seconds, film)
    study = make_study(folder / "study", seconds=seconds, changes=changes, video_name=name)
    with contextlib.ExitStack() as stack:
        emulator = stack.enter_context(emulate("--knob", script, "--drift-ppm", 80))
        looked = stack.enter_context(screen()) if on_screen else None
        one = None if in_firefox else stack.enter_context(browser(headless=not on_screen))
        server = stack.enter_context(Server(study, "--dial", emulator.urls[0]))
        page: Any
        if one is None:
            page = stack.enter_context(firefox(server.url, headless=not on_screen))
        else:
            page = open_page(one, server.url, width=None if on_screen else 1366)
        script_host_s = _start_script(emulator)
        (_begin_by_script if in_firefox else begin)(page, "s1", "client", "dial")
        page.click("#next")
        page.wait_for_selector("#play")
        page.evaluate(WATCH_FRAMES)
        page_origin_s = None if in_firefox else _page_origin_s(page)
        page.click("#play")
        if looked:
            page.wait_for_function("() => document.querySelector('video').videoWidth > 0")
            looked.watch(page.evaluate(WHERE))
        if acts:
            _acts(page)
        if meanwhile:
            meanwhile(page, server)
        page.wait_for_selector("#to-review", timeout=(seconds + 120) * 1000)
        seen = np.array(page.evaluate("window.seen"))
        assert page.found_problems == []
        if looked:
            looked.stop()
    client = folder / "study" / "sessions" / "s1" / "client"
    (header, *_) = read_journal(client / "journal.tdj").records
    samples = _Samples(read_rows(client / "samples.csv"), header["origin_ns"] / 1e9, script_host_s)
    rate_hz = float(film.rate_hz)
    none = np.zeros(0)
    frame_host_s, frame_video_s = none, none
    if page_origin_s is not None:
        frame_host_s, frame_video_s = page_origin_s + seen[:, 0] / 1e3, seen[:, 1] / rate_hz
    error_s, true_s, bound_s, stretches = samples.compare(frame_host_s, frame_video_s, film)
    screen_error_s = screen_bound_s = none
    if looked:
        changed_s, numbers = looked.changes()
        screen_error_s, _, screen_bound_s, _ = samples.compare(changed_s, numbers / rate_hz, film)
    report = json.loads((client / "alignment.json").read_text(encoding="utf-8"))
    return TimingRun(error_s, true_s, bound_s, frame_host_s, frame_video_s, stretches, samples.rows, screen_error_s,
                     screen_bound_s, report)  # fmt: skip


def _page_origin_s(page) -> float:
    """When the page's clock stood at 0, on the host's, as the browser itself says."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    return {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}["NavigationStart"]


def _begin_by_script(page, session: str, rater: str, knob: str) -> None:
    select = f"knob-{session}/{rater}"
    find = "[...document.getElementById(id)?.options ?? []].find(o => o.value.startsWith('dial '))"
    page.wait_for_function(f"id => !!{find}", arg=select)
    page.evaluate(f"id => {{ const e = document.getElementById(id); e.value = {find}.value; "
                  "e.dispatchEvent(new Event('change')); }", select)  # fmt: skip
    page.evaluate("id => document.getElementById(id).click()", f"begin-{session}/{rater}")
    page.wait_for_selector("#next")


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


def _stretches(host_s, shown_s, film: Film) -> list[tuple[float, float]]:
    """Host times between which the frames followed on each other as the video's clock does."""
    breaks = np.flatnonzero((np.diff(host_s) > film.longest_s) | (np.abs(np.diff(shown_s) - np.diff(host_s)) > 0.15))
    edges = [0, *(breaks + 1), len(host_s)]
    return [(host_s[a], host_s[b - 1]) for a, b in itertools.pairwise(edges) if b - a > 12]


class _Samples:
    """The samples of a run that were filed under the video, with the true host time of each."""

    def __init__(self, rows: list[dict[str, str]], origin_s: float, script_host_s: float) -> None:
        self.rows = rows
        placed = [row for row in rows if row["video_s"]]
        self.video_s = np.array([float(row["video_s"]) for row in placed])
        self.bound_s = np.array([float(row["bound_ms"]) for row in placed]) / 1e3
        # Only to tell which sweep of the knob a reading belongs to.
        host_s = np.array([float(row["host_s"]) for row in placed]) + origin_s
        raw = np.array([int(row["raw"]) for row in placed]) / 65535
        # An order to the emulator is carried out some milliseconds after it was given: by how many the readings say,
        # whose time the dial's clock has to a tenth of that.
        late = [h - script_host_s - _script_time(r, h - script_host_s) for h, r in zip(host_s, raw, strict=True)]
        # At the ends of its way the knob turns round, and a reading could be of either side.
        self.turning = (raw > 0.05) & (raw < 0.95)
        script_host_s += float(np.median(np.array(late)[self.turning]))
        self.true_host_s = np.array(
            [script_host_s + _script_time(r, h - script_host_s) for h, r in zip(host_s, raw, strict=True)]
        )

    def compare(self, frame_host_s, frame_video_s, film: Film):
        """Errors, true video times and stated bounds of the samples while frames followed each other; and when."""
        stretches = _stretches(frame_host_s, frame_video_s, film) if len(frame_host_s) else []
        errors, trues, bounds = [], [], []
        for at in np.flatnonzero(self.turning):
            own = [(a, b) for a, b in stretches if a + 0.1 <= self.true_host_s[at] <= b - 0.1]
            if not own:
                continue
            inside = (frame_host_s >= own[0][0] - 1e-9) & (frame_host_s <= own[0][1] + 1e-9)
            true_s = np.interp(self.true_host_s[at], frame_host_s[inside], frame_video_s[inside])
            errors.append(self.video_s[at] - true_s)
            trues.append(true_s)
            bounds.append(self.bound_s[at])
        return np.array(errors), np.array(trues), np.array(bounds), stretches


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
