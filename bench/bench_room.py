"""The rating room in a browser: rating to video time, knob to gauge, a long video, many dials, memory.

The truth of the first part is independent of the room (tests/web/timing_run.py). Beside it, the method of polling a
player for its time, as CARMA's source has it, on the same run. Needs Chromium and ffmpeg.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

TESTS = Path(__file__).resolve().parent.parent / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "web")]

SECONDS = 40
KNOB_MOVES = 40
LONG_MINUTES = 60
GROUP = 32
GROUP_S = 30
MEMORY_S = 60


def run() -> None:
    """Print each figure beside its limit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _time(folder)
        _gauge(folder / "gauge")
        _long_video(folder / "long")
        _group(folder / "group")


def _time(folder: Path) -> None:
    from timing_run import polled, run_timing

    for acts in (False, True):
        place = folder / f"time-{acts}"
        place.mkdir()
        run = run_timing(place, seconds=SECONDS, acts=acts)
        error_ms, peer_ms = run.error_s * 1e3, polled(run) * 1e3
        what = "three pauses, two seeks, a stall" if acts else "played straight through"
        print(
            f"  rating to video time, {what}, {len(error_ms)} samples: median {np.median(error_ms):+.1f} ms (limit 5), "
            f"p99 {np.quantile(np.abs(error_ms), 0.99):.1f} ms (limit 20), worst {np.abs(error_ms).max():.1f} ms"
        )
        print(
            f"    polling a player, same run: median {np.median(peer_ms):+.1f} ms, "
            f"p99 {np.quantile(np.abs(peer_ms), 0.99):.1f} ms, worst {np.abs(peer_ms).max():.0f} ms"
        )


def _gauge(folder: Path) -> None:
    """From a knob that is moved to the mark on the screen, at 1 Hz of recording."""
    from emulation import emulate
    from rooms import Server, begin, browser, make_study, open_page, wait_for_video

    study = make_study(folder, seconds=SECONDS, changes={"on = true": "on = false"})
    with emulate() as emulator, Server(study, "--dial", emulator.urls[0]) as server, browser() as one:
        page = open_page(one, server.url)
        begin(page, "s1", "client", "dial")
        page.click("#next")
        page.click("#play")
        wait_for_video(page, 2)
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        metrics = {m["name"]: m["value"] for m in session.send("Performance.getMetrics")["metrics"]}
        page.evaluate("""() => {
          window.shown = [];
          let last = null;
          const look = now => {
            const value = document.querySelector('.gauge').getAttribute('aria-valuenow');
            if (value !== last) window.shown.push([now, Number(value)]);
            last = value;
            requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        }""")
        moved = []
        rng = np.random.default_rng(1)
        for number in range(KNOB_MOVES):
            rating = -40 + 2 * number
            time.sleep(rng.uniform(0.25, 0.5))
            moved.append((time.perf_counter_ns() / 1e9, rating))
            emulator.command(f"rating {rating}")
        time.sleep(0.5)
        shown = {int(value): metrics["NavigationStart"] + now / 1e3 for now, value in page.evaluate("window.shown")}
    delay_ms = np.array([(shown[rating] - at_s) * 1e3 for at_s, rating in moved if rating in shown])
    print(
        f"  knob to gauge on the screen, {len(delay_ms)} of {KNOB_MOVES} moves: median {np.median(delay_ms):.0f} ms, "
        f"p95 {np.quantile(delay_ms, 0.95):.0f} ms (limit 100)"
    )


def _long_video(folder: Path) -> None:
    """A file of an hour in 1080p: one minute, repeated."""
    from rooms import Server, begin, browser, make_study, open_page

    folder.mkdir()
    minute = folder / "minute.mp4"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=d=60:s=1920x1080:r=25", "-c:v", "libx264", "-preset",
         "ultrafast", "-crf", "23", "-g", "50", "-pix_fmt", "yuv420p", str(minute)], check=True,
    )  # fmt: skip
    subprocess.run(
        ["ffmpeg", "-v", "error", "-stream_loop", str(LONG_MINUTES - 1), "-i", str(minute), "-c", "copy", "-movflags",
         "+faststart", str(folder / "video.mp4")], check=True,
    )  # fmt: skip
    minute.unlink()
    size_mb = (folder / "video.mp4").stat().st_size / 1e6
    study = make_study(folder, changes={"on = true": "on = false", "allow_seek = false": "allow_seek = true"})
    with Server(study) as server, browser() as one:
        page = open_page(one, server.url)
        time.sleep(size_mb / 300 + 1)
        begin(page, "s1", "client", "slider")
        began_s = time.monotonic()
        page.click("#next")
        page.wait_for_function("() => { const v = document.querySelector('video'); return v && v.readyState >= 3; }")
        start_s = time.monotonic() - began_s
        file_s = page.evaluate(
            """async () => {
              const video = document.createElement('video');
              const began = performance.now();
              video.preload = 'auto';
              video.src = '/video/s1?again';
              await new Promise(done => video.addEventListener('canplay', done, { once: true }));
              return (performance.now() - began) / 1000;
            }"""
        )
        seeks = []
        for to_s in (3000, 600, 1800, 3400, 30):
            seeks.append(page.evaluate(
                """async to => {
                  const video = document.querySelector('video');
                  const began = performance.now();
                  video.currentTime = to;
                  await new Promise(done => video.requestVideoFrameCallback(done));
                  return performance.now() - began;
                }""", to_s,
            ))  # fmt: skip
        before_mb = memory_mb(server.process.pid)
        page.click("#play")
        time.sleep(MEMORY_S)
        after_mb = memory_mb(server.process.pid)
    print(
        f"  {LONG_MINUTES} min of 1080p, {size_mb:.0f} MB: ready to play {file_s:.2f} s after it is asked for "
        f"(limit 1), {start_s:.2f} s after the click that opens the recorder too; seeks median "
        f"{np.median(seeks) / 1e3:.2f} s, worst {max(seeks) / 1e3:.2f} s (limit 0.5)"
    )
    print(f"  server's memory: {before_mb:.1f} MB, after {MEMORY_S} s of rating {after_mb:.1f} MB")


def memory_mb(pid: int) -> float:
    """Resident memory of a process, in millions of bytes; NaN where the system does not say."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1e3
    return float("nan")


def _group(folder: Path) -> None:
    """Many dials, one page."""
    import json

    from emulation import emulate
    from rooms import Server, browser, open_page

    with emulate("--count", GROUP) as emulator:
        dials = [part for at, url in enumerate(emulator.urls) for part in ("--dial", f"p{at + 1:02d}={url}")]
        with Server(folder, "--live", *dials) as server, browser() as one:
            page = open_page(one, server.url)
            page.wait_for_selector("#mean")
            frames = page.evaluate(
                """async seconds => {
                  const times = [];
                  const began = performance.now();
                  await new Promise(done => {
                    const look = now => {
                      times.push(now);
                      now - began < seconds * 1000 ? requestAnimationFrame(look) : done();
                    };
                    requestAnimationFrame(look);
                  });
                  return times;
                }""", GROUP_S,
            )  # fmt: skip
            page.click("#stop")
            page.wait_for_selector("#ended", timeout=90_000)
    reports = [json.loads(path.read_text()) for path in folder.glob("*/alignment.json")]
    lost = sum(report["records_missing"] for report in reports)
    samples = sum(report["samples"] for report in reports)
    rate_hz = len(frames) / (frames[-1] - frames[0]) * 1e3
    print(
        f"  {GROUP} dials at 10 Hz, {GROUP_S} s: {lost} of {samples} samples lost; the page drew {rate_hz:.0f} frames "
        f"a second (limit 30), longest gap {np.diff(frames).max():.0f} ms"
    )
