"""The practice task: how late and how far a rater follows a mark that moves.

The mark's path is a sum of slow sines, the same for everybody, so that no two of its seconds look alike. The rater's
**lag** is by how much the path must be delayed to fit the knob best (seconds; positive: the rater comes after the
mark), the **gain** the slope of the knob on the delayed path (1: as far as the mark goes, below 1: not as far).
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SINES = ((0.037, 0.34, 0.0), (0.071, 0.27, 1.3), (0.113, 0.16, 4.1), (0.167, 0.10, 2.2))
"""Frequency (Hz), share of the half scale, phase (radians): the fastest swing takes six seconds."""
EASE_S = 3.0
"""The mark leaves the middle of the scale slowly."""
LAGS_S = np.arange(0.0, 5.001, 0.02)
SETTLE_S = 5.0
"""The beginning is left out: the rater finds the dial first."""
MIN_READINGS = 100
MIN_R = 0.6
MIN_GAIN, MAX_GAIN = 0.4, 2.0


@dataclass(frozen=True)
class PracticeResult:
    """How a practice went. `ok` with `reason` empty, or what was wrong in a sentence; numbers are None where there was
    too little to measure."""

    lag_s: float | None
    gain: float | None
    r: float | None
    readings: int
    ok: bool
    reason: str

    def as_json(self) -> dict[str, Any]:
        """For the page and the journal."""
        return asdict(self)


def target_at(t_s: Floats | float) -> Floats:
    """Where the mark is `t_s` seconds after the practice began: −1 (lowest rating) to 1 (highest)."""
    t_s = np.asarray(t_s, dtype=float)
    path = sum(share * np.sin(2 * math.pi * hz * t_s + phase) for hz, share, phase in SINES)
    return np.clip(path, -1.0, 1.0) * np.clip(t_s / EASE_S, 0.0, 1.0)


def measure(t_s: Floats, position: Floats, *, duration_s: float) -> PracticeResult:
    """Lag and gain from readings of the knob: `position` (−1 to 1) at `t_s` seconds after the practice began.

    The lag is the one of 0 to 5 s at which the correlation is highest.
    """
    t_s, position = np.asarray(t_s, dtype=float), np.asarray(position, dtype=float)
    use = (t_s >= SETTLE_S) & (t_s <= duration_s) & ~np.isnan(position)
    t_s, position = t_s[use], position[use]
    if len(t_s) < MIN_READINGS:
        return PracticeResult(lag_s=None, gain=None, r=None, readings=len(t_s), ok=False, reason="too_few")
    if np.ptp(position) == 0:
        return PracticeResult(lag_s=None, gain=None, r=None, readings=len(t_s), ok=False, reason="not_moved")
    paths = np.stack([target_at(t_s - lag) for lag in LAGS_S])
    centred = paths - paths.mean(axis=1, keepdims=True)
    knob = position - position.mean()
    r = centred @ knob / np.sqrt((centred**2).sum(axis=1) * (knob @ knob))
    best = int(np.argmax(r))
    gain = float(centred[best] @ knob / (centred[best] @ centred[best]))
    reason = ""
    if float(r.max()) < MIN_R:
        # A dial that is built in the wrong way round follows the mark's mirror image.
        reason = "mirrored" if float(r.min()) < -MIN_R else "not_followed"
    elif not MIN_GAIN <= gain <= MAX_GAIN:
        reason = "too_little" if gain < MIN_GAIN else "too_far"
    return PracticeResult(
        lag_s=round(float(LAGS_S[best]), 3),
        gain=round(gain, 3),
        r=round(float(r[best]), 4),
        readings=len(t_s),
        ok=not reason,
        reason=reason,
    )
