"""Video time from the frames that a page really showed.

A browser tells of each frame which second of the video it is (`mediaTime`, exact) and when it appears on the screen
(`expectedDisplayTime`, on the page's clock, on the screen's own grid of some 17 ms). The frames of a stretch in which
the video ran are boiled down to anchors: at each, the median of all frames around it, so that the grid's jitter goes
and what remains is how the player's clock runs beside the host's.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tracedial.player import Stretch

Floats = NDArray[np.float64]

ANCHOR_S = 5.0
"""Distance of two anchors."""
FIRST_ANCHORS_S = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0)
"""A player that begins is late with its first frames and catches up: there anchors stand closer."""
MIN_WINDOW_S = 0.5
"""An anchor is the median of the frames up to the nearer of its neighbours, and at least this far."""
MIN_FRAMES = 3
NEAR_S = 1.0
"""A frame farther than this from where the player said the video was belongs to another stretch."""
EDGE_S = 0.1


@dataclass(frozen=True)
class FrameBatch:
    """Frames as a page reported them: `at_us` on the clock of `page_boot`, `media_s` seconds of the video."""

    page_boot: int
    at_us: list[int]
    media_s: list[float]


def anchored(stretches: list[Stretch], *, host_s: Floats, video_s: Floats) -> tuple[list[Stretch], Floats]:
    """The stretches with anchors from frames, arrays of shape (n_frames,), that appeared at `host_s` showing `video_s`.

    Also the residual of each frame that was used: by how much it appeared after the anchors' line says (seconds;
    positive: late). A stretch with fewer than `MIN_FRAMES` frames is left as it is.
    """
    found: list[Stretch] = []
    residuals: list[Floats] = []
    for one in stretches:
        own = (host_s >= one.host_start_s - EDGE_S) & (host_s <= one.host_end_s + EDGE_S)
        own &= np.abs(one.video_s(host_s) - video_s) < NEAR_S
        if np.count_nonzero(own) < MIN_FRAMES:
            found.append(one)
            continue
        order = np.argsort(host_s[own], kind="stable")
        at_s, shown_s = host_s[own][order], video_s[own][order]
        ahead_s = shown_s - at_s * one.speed
        knots = _knots(at_s[0], at_s[-1])
        reach_s = np.clip(
            np.minimum(np.diff(knots, prepend=-np.inf), np.diff(knots, append=np.inf)), MIN_WINDOW_S, None
        )
        first = np.searchsorted(at_s, knots - reach_s)
        last = np.searchsorted(at_s, knots + reach_s, side="right")
        # A gap of the reports wider than a window leaves a knot without frames: its neighbours carry the line over it.
        held = last > first
        medians = np.array([np.median(ahead_s[a:b]) for a, b in zip(first[held], last[held], strict=True)])
        stretch = replace(one, anchor_host_s=knots[held], anchor_video_s=knots[held] * one.speed + medians)
        residuals.append(at_s - stretch.host_s(shown_s))
        found.append(stretch)
    return found, np.concatenate(residuals) if residuals else np.zeros(0)


def _knots(first_s: float, last_s: float) -> Floats:
    """Where the anchors of a stretch stand, rising, its ends among them."""
    span_s = max(last_s - first_s, 1e-3)
    inner = [*FIRST_ANCHORS_S, *np.arange(FIRST_ANCHORS_S[-1] + ANCHOR_S, span_s, ANCHOR_S)]
    return first_s + np.array([*(at_s for at_s in inner if at_s < span_s - MIN_WINDOW_S / 2), span_s])
