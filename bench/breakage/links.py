"""Links that turn slow, slow one way, are lost, bunch and come back, at any time: errors beyond the stated bound."""

import numpy as np

from breakage import Figure
from link_model import any_recording
from tracedial.clock import fit_stamps

RECORDINGS = 10_000


def run() -> list[Figure]:
    """Count simulated recordings with a sample time beyond its bound."""
    broken = 0
    for seed in range(RECORDINGS):
        seconds, dial_of, stamps = any_recording(np.random.default_rng(seed))
        fit = fit_stamps(*stamps, origin_ns=0, boot=1)
        host_s = np.arange(0.0, seconds, 0.5)
        dial_s = dial_of(host_s)
        broken += bool(np.any(np.abs(fit.host_s(dial_s) - host_s) > fit.bound_at(dial_s)))
    return [
        Figure("recordings with an error beyond the bound", f"{broken:,} of {RECORDINGS:,}", "0", broken == 0),
    ]
