"""In a real browser a sample is filed where the video was, to a frame: through pauses, seeks and a stall."""

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
    # The promise is 5 and 20 ms, and `make bench` prints both; a machine busy with other tests shows frames late.
    assert abs(np.median(error_ms)) <= 20, error_ms
    assert np.quantile(np.abs(error_ms), 0.95) <= 40, np.sort(error_ms)
