"""A Chromium, or the server, stopped in mid-play (SIGSTOP) and let go on: seconds shifted, bounds that fail."""

import os
import tempfile
from pathlib import Path

import numpy as np

from breakage import Figure
from processes import descendants, freeze
from rooms import wait_for_video
from timing_run import run_timing

SECONDS = 20
MAY_MISS = 0.01
SHIFT_MS = 45


def run() -> list[Figure]:
    """Freeze for 0.3 to 10 s, and the room's server for 3 s."""
    figures = []
    for frozen_s, who in ((0.3, "browser"), (0.6, "browser"), (1.5, "browser"), (3.0, "browser"), (10.0, "browser"),
                          (3.0, "server")):  # fmt: skip

        def act(page, server, frozen_s=frozen_s, who=who):
            wait_for_video(page, 6)
            freeze([server.process.pid] if who == "server" else descendants(os.getpid(), "chrom"), frozen_s)

        with tempfile.TemporaryDirectory() as name:
            found = run_timing(Path(name), seconds=SECONDS, meanwhile=act)
        after_ms = float(np.median(found.error_s[found.true_s > SECONDS - 6])) * 1e3
        figures += [
            Figure(f"{who} frozen for {frozen_s:g} s: later seconds shifted by", f"{after_ms:+.1f} ms",
                   f"within {SHIFT_MS} ms", abs(after_ms) <= SHIFT_MS),
            Figure(f"{who} frozen for {frozen_s:g} s: samples beyond their bound", f"{found.beyond():.1%}",
                   f"{MAY_MISS:.0%}", found.beyond() <= MAY_MISS),
        ]  # fmt: skip
    return figures
