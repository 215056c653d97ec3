"""Where the fall into a low begins: a level, a line down and a low level, fitted by least squares."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LOOK_BACK_S = 180
"""How far before its lowest second a fall may begin."""
_LENGTHS_S = (1, 4, 8, 12, 17, 24, 34, 48, 64, 90, 120)
_AFTER_S = 3
_REPEAT = 0.7
"""The share of a second's deviation that is assumed to carry over to the next second. It lies between autocorrelated
and independent noise, and places onsets best in `bench/run.py planted`."""
_WITHIN_S = 8
"""The onset is the likelihood-weighted mean of the places within this many seconds of the likeliest one."""
_LEAST_VARIANCE = 0.05
"""The variance assumed for a trace without noise, in squared ratings: there only the likeliest line counts."""


def fall_begins(rating: Floats, *, nadir_s: int, from_s: int) -> int:
    """The second, `from_s` or later, at which the fall to the low at `nadir_s` begins.

    `rating` has the shape (n_seconds,), NaN where nothing was rated: such seconds count as on the line between their
    neighbours. All places and lengths of the line are weighted by their likelihood; the onset is the mean of the places
    around the likeliest one. Where the rating does not fall, `nadir_s` itself.
    """
    from_s = max(from_s, nadir_s - LOOK_BACK_S)
    stretch = rating[from_s : nadir_s + _AFTER_S]
    known = np.flatnonzero(~np.isnan(stretch))
    if len(stretch) < 4 or not len(known):
        return nadir_s
    stretch = np.interp(np.arange(len(stretch)), known, stretch[known])
    shapes, onsets = _lines(len(stretch))
    quick = stretch[1:] - _REPEAT * stretch[:-1]
    fits = quick @ shapes
    if fits.min() > -1e-9:
        return nadir_s
    left = float(((quick - quick.mean()) ** 2).sum() - fits.min() ** 2) / max(len(quick) - 4, 1)
    gain = np.where(fits < 0, fits**2, 0.0) - fits.min() ** 2
    likely = np.bincount(onsets, np.exp(gain / (2 * max(left, _LEAST_VARIANCE))), len(stretch))
    total = np.cumsum(np.pad(likely, (_WITHIN_S + 1, _WITHIN_S)))
    middle = int(np.argmax(total[2 * _WITHIN_S + 1 :] - total[: -2 * _WITHIN_S - 1]))
    places = np.arange(max(middle - _WITHIN_S, 0), min(middle + _WITHIN_S + 1, len(likely)))
    return min(from_s + round(float(likely[places] @ places / likely[places].sum())), nadir_s)


@lru_cache(maxsize=64)
def _lines(n_seconds: int) -> tuple[Floats, NDArray[np.int64]]:
    """Lines from 0 up to 1 at all places and of all lengths, one in each column, centred and scaled to unit norm; and
    the place where each begins."""
    second = np.arange(n_seconds)
    places = [(at, length) for length in _LENGTHS_S for at in range(n_seconds - 3) if at + length < n_seconds + 2]
    at, length = np.array(places).T
    shapes = np.clip((second[:, None] - at) / length, 0.0, 1.0)
    shapes = shapes[1:] - _REPEAT * shapes[:-1]
    shapes = shapes - shapes.mean(axis=0)
    return shapes / np.maximum(np.linalg.norm(shapes, axis=0), 1e-9), at
