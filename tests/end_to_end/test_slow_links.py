"""A link that turns slow during a recording, with the real firmware, recorder and journal in a simulated time: each
sample's error is within its stated bound. The knob sweeps, so that each raw reading shows when it was taken."""

import numpy as np
import pytest

from simulated_recording import dial, record

pytestmark = pytest.mark.thorough("records whole sessions with the real firmware in simulated time")

SWEEP = ((0.0, -50.0), (90.0, 50.0))


def true_video_s(alignment):
    raw = np.array([sample.raw for sample in alignment.samples])
    return raw / 65535 * 90.0, (raw > 0) & (raw < 65535)


@pytest.mark.parametrize(
    "acts",
    [
        [(5, "link latency=100 jitter=100")],
        [(45, "link latency=100"), (46, "link latency=0.3")],
        [(5, "link latency=30 jitter=300")],
        [(30, "link latency=500 jitter=200"), (60, "link latency=1 jitter=0.1")],
        [(20, "cut"), (50, "link latency=80 jitter=80"), (51, "restore")],
    ],
    ids=["slow from 5 s on", "slow for a second", "jitter", "slow for half a minute", "lost, and back slow"],
)
def test_a_link_that_turns_slow_moves_no_sample_beyond_its_bound(tmp_path, acts):
    commands = [(at_s, "slow", command) for at_s, command in acts]
    _, (alignment,) = record(tmp_path, dial("slow", script=SWEEP, drift_ppm=80.0), end_s=85, rate_hz=10, acts=commands)
    true_s, turning = true_video_s(alignment)
    own = turning & (alignment.stretch >= 0)
    error_s = alignment.video_s[own] - true_s[own]
    assert np.count_nonzero(own) > 500
    # A raw step of the converter is 1.4 ms of the sweep, and a reading is that of the emulated board's last turn.
    assert np.max(np.abs(error_s) - alignment.bound_s[own]) < 3e-3
