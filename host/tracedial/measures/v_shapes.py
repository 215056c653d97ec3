"""Falls with a return (V's, boxes, plateaus, steps) in noise that is modelled from the trace itself.

First the effects of holding a knob are removed from the trace (`knob_course.py`), then its autocorrelation
(`trace_noise.py`). Then the trace is compared with falls of many shapes, and the clearest fall is removed, again and
again (`fall_search.py`). `docs/measures.md` has the definition with its reasons.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tracedial.measures.fall_search import EDGE_S, MARGIN_S, Fall, found_falls
from tracedial.measures.falls import fall_begins
from tracedial.measures.knob_course import beyond_the_ends, followed
from tracedial.measures.trace_noise import phi_of_steps, running_mean

Floats = NDArray[np.float64]

LEAST_BLOCK_S, MOST_BLOCK_S = 2, 60
SAME_TROUGH = 0.65
"""Two falls are one where the rating between them regains less than this share of the smaller."""
SAME_ONSET_S = 20
"""If the likeliest onset over all shapes and the onset from the fall alone are nearer than this, they are averaged."""
FINEST = 1e-4
"""The smallest step of a rating that counts as a step, as a share of its range."""
LEAST_RATED = 0.5
"""At least this share of the seconds of a fall and its return must be rated."""


@dataclass(frozen=True)
class VShape:
    """A fall and the return after it. `onset_s`: where the fall begins; `nadir_s` where it ends; `end_s` where the
    rating is back (or the last second looked at, and `returned` is false); `depth`: the fall, in scale units."""

    onset_s: int
    nadir_s: int
    end_s: int
    depth: float
    returned: bool


def v_shapes(rating: Floats, *, drop_sd: float = 1.0, return_share: float = 0.5) -> list[VShape]:
    """Falls of `drop_sd` SD of the trace or more, with their return, in the order of the video; `returned` if the
    smoothed rating regains `return_share` of the fall by its end.

    `rating` has the shape (n_seconds,), NaN where nothing was rated: only for this search, such seconds count as on the
    line between their neighbours. The trace of a held knob is searched in blocks as long as the knob usually rests.
    """
    known = ~np.isnan(rating)
    if np.count_nonzero(known) < 3 * MARGIN_S or np.ptp(rating[known]) == 0:
        return []
    # The search uses the smallest step of the rating as its unit, so that a scale from 0 to 1 has the same falls as one
    # to 100.
    step = max(float(np.diff(np.unique(rating[known])).min()), FINEST * float(np.ptp(rating[known])))
    course, rest_s = followed(rating / step)
    uncut = beyond_the_ends(course)
    block_s = int(np.clip(round(rest_s), LEAST_BLOCK_S, MOST_BLOCK_S))
    blocks = uncut[: len(uncut) // block_s * block_s].reshape(-1, block_s).mean(axis=1)
    falls = found_falls(blocks, block_s, phi_of_steps(uncut) ** block_s)
    least = drop_sd * float(uncut.std(ddof=1))
    made: list[VShape] = []
    for fall in _joined(falls, uncut):
        if fall.depth < least:
            continue
        shape = _shape(uncut, fall, return_share, from_s=made[-1].nadir_s if made else 0)
        if known[shape.onset_s : shape.end_s + 1].mean() >= LEAST_RATED:
            made.append(replace(shape, depth=shape.depth * step))
    return made


def _joined(found: list[Fall], trace: Floats) -> list[Fall]:
    """Merge falls between which the rating hardly comes back."""
    smooth = running_mean(trace, 9)
    made: list[Fall] = []
    for fall in sorted(found, key=lambda fall: fall.at):
        last = made[-1] if made else None
        if last and fall.at * fall.block_s < last.end * last.block_s + EDGE_S:
            down_s, until_s = last.low_s[0], min(fall.low_s[1], len(trace) - 1)
            between = smooth[min(down_s, until_s) : max(down_s, until_s) + 1]
            if len(between):
                top = int(np.argmax(between))
                low = max(between[: top + 1].min(), between[top:].min())
                if between[top] - low < SAME_TROUGH * min(last.depth, fall.depth):
                    shape = (last.shape[0], max(fall.low_s[1] - down_s, 0), fall.shape[2])
                    made[-1] = replace(last, shape=shape, depth=max(last.depth, fall.depth))
                    continue
        made.append(fall)
    return made


def _shape(trace: Floats, fall: Fall, return_share: float, *, from_s: int) -> VShape:
    likeliest_s = min(fall.onset_s, len(trace) - 2)
    low_s, until_s = (min(max(second, likeliest_s + 1), len(trace) - 1) for second in fall.low_s)
    nadir_s = low_s + int(np.argmin(running_mean(trace, 9)[low_s : until_s + 1])) if until_s > low_s else low_s
    onset_s = fall_begins(trace, nadir_s=nadir_s, from_s=min(from_s, likeliest_s))
    if abs(onset_s - likeliest_s) < SAME_ONSET_S:
        onset_s = round((onset_s + likeliest_s) / 2)
    end_s = max(min(fall.end * fall.block_s, len(trace) - 1), nadir_s)
    low = float(trace[max(nadir_s - 2, 0) : nadir_s + 3].mean())
    regained = float(trace[max(end_s - 4, nadir_s) : end_s + 5].mean()) - low
    return VShape(min(onset_s, nadir_s - 1), nadir_s, end_s, fall.depth, regained >= return_share * fall.depth)
