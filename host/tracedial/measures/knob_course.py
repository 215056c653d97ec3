"""The course that a rater's knob followed: a trace without the effects of holding a knob and of the scale's ends."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HELD_S = 3
"""A knob counts as held if it usually rests this long or longer."""
RESTS = 1.5
"""The way to a move takes at most this many usual rests before it; a longer rest is a level."""
AT_END_SHARE, LEAST_LEAVES = 0.1, 20
"""A scale's end cuts a trace that lies there for at least this share of the time and leaves it at least this often."""
EXCURSION = 1.6
"""The mean height of a random walk that leaves a level and comes back, halfway, is √(8/π) SD of a step × √(n/4)."""


def followed(rating: Floats) -> tuple[Floats, float]:
    """The course that the knob followed, of shape (n_seconds,) without NaN, and how many seconds it usually rests.

    `rating` has the shape (n_seconds,), NaN where nothing was rated: such seconds count as on the line between their
    neighbours. A knob that is moved only now and then was right when it was moved, so the course runs from move to
    move.
    """
    known = np.flatnonzero(~np.isnan(rating))
    values = rating[known]
    moves = np.concatenate([[0], np.flatnonzero(np.diff(values)) + 1])
    rest_s = float(np.median(np.diff(np.append(moves, len(values)))))
    if rest_s < HELD_S:
        return np.interp(np.arange(len(rating)), known, values), rest_s
    moved_s = known[moves].astype(float)
    until_s = np.maximum(np.append(moved_s[1:], known[-1] + 1.0) - RESTS * rest_s, moved_s)
    corners_s = np.stack([moved_s, until_s], axis=1).ravel()
    return np.interp(np.arange(len(rating)), corners_s, np.repeat(values[moves], 2)), rest_s


def beyond_the_ends(trace: Floats) -> Floats:
    """The trace without the cut at the scale's ends. Where it lies at its highest (or lowest) rating again and again,
    the mean course of a random walk that left that rating and came back replaces it. Otherwise falls from there would
    look like events, because no rises match them."""
    out = trace.copy()
    for sign in (1, -1):
        at_end = sign * trace >= (sign * trace).max() - 1e-9
        if at_end.mean() < AT_END_SHARE or np.count_nonzero(at_end[:-1] & ~at_end[1:]) < LEAST_LEAVES:
            continue
        step_sd = float(np.diff(trace)[~at_end[1:] & ~at_end[:-1]].std()) if not at_end.all() else 0.0
        edges = np.diff(np.concatenate([[0], at_end.astype(int), [0]]))
        for first, end in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1), strict=True):
            length = end - first
            second = np.arange(length) + 0.5
            left, right = (first > 0), (end < len(trace))
            away = second * (length - second) / length if left and right else second if left else length - second
            if length > 1:
                out[first:end] += sign * EXCURSION * step_sd * np.sqrt(away)
    return out
