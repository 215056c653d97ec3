"""The promise about time, in a real browser: half a frame at 25 frames a second."""

import numpy as np
import pytest

from requirements import needs_chromium
from timing_run import run_timing

pytestmark = needs_chromium


@pytest.mark.parametrize("acts", [False, True], ids=["straight", "three pauses, two seeks, a stall"])
def test_a_sample_is_filed_where_the_video_was(tmp_path, acts):
    run = run_timing(tmp_path, seconds=32 if acts else 20, acts=acts)
    error_ms = run.error_s * 1e3
    assert len(error_ms) > 80
    assert abs(np.median(error_ms)) <= 5, error_ms
    assert np.quantile(np.abs(error_ms), 0.99) <= 20, np.sort(error_ms)
