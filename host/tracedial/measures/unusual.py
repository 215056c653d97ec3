"""How unusual a rupture is for the rater's own session: whether noise like the trace's own falls as low.

Every session has lowest segments, whether anything happened or not. They are compared with traces that have the same
amplitudes of cosines and random signs: as variable and as slow as this trace, but without its events.
"""

import numpy as np
from numpy.typing import NDArray

from tracedial.measures.cosines import common, cosines
from tracedial.measures.knob_course import beyond_the_ends

Floats = NDArray[np.float64]

DRAWS = 199
SEED = 20235
CLEAR_P = 0.05


def depth_p(rating: Floats, length_s: int, means: list[float]) -> list[float | None]:
    """For each of the `means` of segments of `length_s` seconds: how often such noise has any segment as low.

    `rating` has the shape (n_seconds,). None for a trace shorter than three segments or one that never changes. Where a
    scale's end cuts the trace, the noise follows the trace without the cut, so that it rises as far as it falls.
    """
    trace, _ = common(rating, rating)
    if len(trace) < 3 * length_s or np.ptp(trace) == 0:
        return [None] * len(means)
    trace = beyond_the_ends(trace)
    from scipy.fft import idct

    amplitudes = cosines(trace - trace.mean())
    signs = np.random.default_rng(SEED).integers(0, 2, (DRAWS, len(trace)), dtype=np.int8) * 2 - 1
    running = np.cumsum(np.asarray(idct(amplitudes * signs, norm="ortho", axis=-1)), axis=1)
    running = np.concatenate([np.zeros((DRAWS, 1)), running], axis=1)
    lowest = ((running[:, length_s:] - running[:, :-length_s]) / length_s).min(axis=1) + trace.mean()
    return [(1 + int(np.count_nonzero(lowest <= mean + 1e-9))) / (DRAWS + 1) for mean in means]
