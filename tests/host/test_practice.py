import numpy as np
import pytest

from tracedial.study.practice import measure, target_at


def followed(lag_s=0.8, gain=0.9, noise=0.03, seed=1):
    rng = np.random.default_rng(seed)
    t_s = np.sort(rng.uniform(0, 60, 1500))
    return t_s, np.clip(gain * target_at(t_s - lag_s) + noise * rng.normal(size=len(t_s)), -1, 1)


@pytest.mark.parametrize("lag_s, gain", [(0.0, 1.0), (0.4, 0.8), (1.3, 1.1), (3.2, 0.6)])
def test_a_rater_who_comes_after_the_mark_has_a_positive_lag(lag_s, gain):
    result = measure(*followed(lag_s, gain), duration_s=60)
    assert result.ok and result.lag_s == pytest.approx(lag_s, abs=0.05) and result.gain == pytest.approx(gain, abs=0.05)


def test_what_went_wrong_has_a_name():
    t_s, knob = followed()
    assert measure(t_s, knob * 0, duration_s=60).reason == "not_moved"
    assert measure(t_s[:20], knob[:20], duration_s=60).reason == "too_few"
    assert measure(t_s, -knob, duration_s=60).reason == "mirrored"
    assert measure(t_s, np.random.default_rng(0).normal(size=len(t_s)), duration_s=60).reason == "not_followed"
    assert measure(t_s, 0.2 * knob, duration_s=60).reason == "too_little"
    assert measure(t_s, np.where(t_s < 30, knob, np.nan), duration_s=60).readings < len(t_s)
