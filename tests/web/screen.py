"""A screen outside the browser: an X server, with pixels read directly and timed by the host's own clock.

It shows which frame of the synthetic video is on the screen at what time, without help from the browser. It has no
refresh and no panel: only a light sensor can measure what a real screen adds.
"""

import contextlib
import os
import shutil
import subprocess
import threading
import time
import warnings
from dataclasses import dataclass, field

import numpy as np

WIDTH, HEIGHT = 1400, 900
BITS = 20
EVERY_S = 0.001
KNOWN_S = 0.005
WHERE = """(() => {
  const video = document.querySelector('video'), box = video.getBoundingClientRect();
  const above = window.screenY + window.outerHeight - window.innerHeight;
  return [box.x + window.screenX, box.y + above, box.width, box.height, video.videoWidth, video.videoHeight];
})()"""


@dataclass
class Screen:
    """`numbers` are the frames' numbers as read at `host_s` (`perf_counter`), each a moment when a look ended."""

    display: str
    host_s: list[float] = field(default_factory=list)
    rows: list[np.ndarray] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def watch(self, where: list[float]) -> None:
        """Look at the row of the video that carries the number; `where` is what `WHERE` says in the page."""
        x, y, width, height, video_width, video_height = where
        scale = min(width / video_width, height / video_height)
        left, top = x + (width - video_width * scale) / 2, y + (height - video_height * scale) / 2
        box = {"left": round(left), "top": round(top + 168 * scale), "width": round(video_width * scale), "height": 1}
        self._columns = np.array([round((15 * bit + 10) * scale) for bit in range(BITS)])
        self._thread = threading.Thread(target=self._look, args=(box,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread:
            self._thread.join()

    def changes(self) -> tuple[np.ndarray, np.ndarray]:
        """When another frame stood on the screen (seconds, the middle between two looks), and its number; only where
        the two looks were near each other, which they are not while this process waits for a processor."""
        bits = np.array([row[self._columns] > 125 for row in self.rows])
        numbers = bits @ (1 << np.arange(BITS - 1, -1, -1))
        at = np.flatnonzero(np.diff(numbers) != 0)
        times = np.array(self.host_s)
        at = at[times[at + 1] - times[at] < KNOWN_S]
        return (times[at] + times[at + 1]) / 2, numbers[at + 1]

    def _look(self, box: dict[str, int]) -> None:
        import mss

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            with mss.mss() as grabber:
                while not self._stop.is_set():
                    picture = grabber.grab(box)
                    self.host_s.append(time.perf_counter_ns() / 1e9)
                    self.rows.append(np.frombuffer(picture.raw, np.uint8)[1::4].copy())
                    time.sleep(EVERY_S)


@contextlib.contextmanager
def screen():
    """An X server of its own, which programs that are started meanwhile draw on."""
    found = shutil.which("Xvfb")
    assert found, "install Debian's xvfb to look at the screen from outside of the browser"
    reader, writer = os.pipe()
    server = subprocess.Popen(
        [found, "-displayfd", str(writer), "-screen", "0", f"{WIDTH}x{HEIGHT}x24", "-nolisten", "tcp"],
        pass_fds=[writer], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writer)
    with os.fdopen(reader) as said:
        display = f":{said.readline().strip()}"
    before = os.environ.get("DISPLAY")
    os.environ["DISPLAY"] = display
    try:
        yield Screen(display)
    finally:
        if before is None:
            del os.environ["DISPLAY"]
        else:
            os.environ["DISPLAY"] = before
        server.terminate()
        server.wait()
