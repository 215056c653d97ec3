"""A Chromium, or the server, stopped in mid-play (SIGSTOP) and let go on: seconds shifted, bounds that fail."""

import tempfile
from pathlib import Path

import numpy as np

from breakage import Figure
from timing_run import freezes_browser, freezes_server, run_timing

SECONDS = 20
MAY_MISS = 0.01
SHIFT_MS = 45


def run() -> list[Figure]:
    """Freeze for 0.3 to 10 s, and the room's server for 3 s."""
    figures = []
    cases = [("browser", freezes_browser, frozen_s) for frozen_s in (0.3, 0.6, 1.5, 3.0, 10.0)]
    for who, freezes, frozen_s in [*cases, ("server", freezes_server, 3.0)]:
        with tempfile.TemporaryDirectory() as name:
            found = run_timing(Path(name), seconds=SECONDS, meanwhile=freezes(at_s=6, seconds=frozen_s))
        after_ms = float(np.median(found.error_s[found.true_s > SECONDS - 6])) * 1e3
        figures += [
            Figure(f"{who} frozen for {frozen_s:g} s: later seconds shifted by", f"{after_ms:+.1f} ms",
                   f"within {SHIFT_MS} ms", abs(after_ms) <= SHIFT_MS),
            Figure(f"{who} frozen for {frozen_s:g} s: samples beyond their bound", f"{found.beyond():.1%}",
                   f"{MAY_MISS:.0%}", found.beyond() <= MAY_MISS),
        ]  # fmt: skip
    return figures
