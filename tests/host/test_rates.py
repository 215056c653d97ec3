"""No dial is asked for more samples than its HELLO promises, and a dial that is fast enough is recorded."""

import pytest

from lines import Bench
from tracedial.errors import RecordingError
from tracedial.recording.folder import journals


@pytest.mark.parametrize(("rate_hz", "top_speed", "most_hz"), [(51, 1, 50), (10, 5.5, 50), (2, 1, 1)])
def test_a_rate_beyond_what_the_dial_promises_is_refused_before_anything_is_asked_of_it(
    tmp_path, rate_hz, top_speed, most_hz
):
    bench = Bench(tmp_path)
    bench.add("quick")
    stream = bench.add("slow", max_rate_hz=most_hz)
    with pytest.raises(RecordingError, match=f"slow .* at most {most_hz} times a second.*choose a lower --rate"):
        bench.record(rate_hz=rate_hz, top_speed=top_speed)
    assert stream.dial.outbox.next_seq == 0
    assert journals(tmp_path / "s" / "slow") == journals(tmp_path / "s" / "quick") == []


@pytest.mark.parametrize(("rate_hz", "top_speed", "most_hz"), [(50, 1, 50), (10, 5, 50), (1, 1, 1)])
def test_a_dial_that_is_just_quick_enough_is_recorded(tmp_path, rate_hz, top_speed, most_hz):
    bench = Bench(tmp_path)
    bench.add("slow", max_rate_hz=most_hz)
    summaries, _ = bench.record(rate_hz=rate_hz, top_speed=top_speed)
    assert summaries["slow"].complete and summaries["slow"].samples >= 12 * rate_hz
