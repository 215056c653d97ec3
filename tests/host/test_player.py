from pathlib import Path

import numpy as np
import pytest

from tracedial.timing.player import LEAD_NS, CueError, PlayerEvent, VirtualPlayer, parse_cue, timeline
from tracedial.video import Video

VIDEO = Video(Path("v.mp4"), 60.0, 25.0, 64, 48, "0" * 64)
S = 10**9


def play(cues=(), speed=1.0, end_s=None, until_s=200.0, step_s=0.013):
    events = []
    player = VirtualPlayer(VIDEO, events.append, speed=speed, cues=[parse_cue(c) for c in cues], end_s=end_s)
    now_s = 0.0
    player.play(0)
    while not player.ended and now_s < until_s:
        now_s += step_s
        player.advance(round(now_s * S))
    return player, events


def test_it_plays_from_its_start_to_the_videos_end():
    player, events = play()
    assert events == [PlayerEvent("play", LEAD_NS, 0.0, 1.0), PlayerEvent("ended", LEAD_NS + 60 * S, 60.0, 0.0)]
    assert player.video_s(0) == 60.0


def test_speed_divides_the_time_it_takes():
    _, events = play(speed=12.0)
    assert events[-1].host_ns == LEAD_NS + 5 * S


def test_a_pause_moves_everything_after_it_by_its_length():
    _, events = play(["pause@10:5"])
    assert [(e.kind, e.video_s) for e in events] == [("play", 0.0), ("pause", 10.0), ("play", 10.0), ("ended", 60.0)]
    assert events[2].host_ns - events[1].host_ns == 5 * S
    assert events[-1].host_ns == LEAD_NS + 65 * S


def test_a_seek_back_is_met_once():
    _, events = play(["seek@10:4", "pause@8:1"])
    assert [(e.kind, e.video_s) for e in events if e.kind in ("seek", "pause")] == [("pause", 8.0), ("seek", 4.0)]


def test_a_seek_ahead_passes_the_cues_between():
    _, events = play(["seek@10:40", "pause@20:3"])
    assert "pause" not in [e.kind for e in events]


def test_a_change_of_speed_takes_effect_at_once():
    _, events = play(["rate@30:2"])
    assert [(e.kind, e.video_s, e.speed) for e in events][1] == ("rate", 30.0, 2.0)
    assert events[-1].host_ns == LEAD_NS + 45 * S


def test_each_playing_is_told_ahead_of_its_time():
    told = []
    player = VirtualPlayer(VIDEO, lambda e: told.append((now[0], e)), cues=[parse_cue("seek@1:9")])
    now = [0]
    player.play(0)
    while not player.ended and now[0] < 100 * S:
        now[0] += S // 100
        player.advance(now[0])
    plays = [(at, e.host_ns) for at, e in told if e.kind == "play"]
    assert all(host_ns - at >= LEAD_NS - S // 100 for at, host_ns in plays)


def test_stopping_ends_where_it_stands():
    events = []
    player = VirtualPlayer(VIDEO, events.append)
    player.play(0)
    player.advance(LEAD_NS + 3 * S)
    player.stop(LEAD_NS + 3 * S)
    player.stop(LEAD_NS + 9 * S)
    assert [(e.kind, e.video_s) for e in events] == [("play", 0.0), ("ended", 3.0)]


@pytest.mark.parametrize(
    "text", ["", "pause", "pause@3", "pause@a:b", "jump@3:4", "pause@-1:2", "rate@3:0", "rate@3:99"]
)
def test_a_cue_that_makes_no_sense_is_refused_with_an_example(text):
    with pytest.raises(CueError, match=r"pause@12:3|within 0\.1"):
        parse_cue(text)


def test_the_timeline_has_a_stretch_for_each_running_and_none_for_standing():
    _, events = play(["pause@10:5", "rate@20:2", "seek@30:50"])
    stretches = timeline(events, origin_ns=0, until_ns=10**12)
    assert [(s.video_start_s, round(s.video_end_s, 6), s.speed) for s in stretches] == [
        (0.0, 10.0, 1.0), (10.0, 20.0, 1.0), (20.0, 30.0, 2.0), (50.0, 60.0, 2.0),
    ]  # fmt: skip
    for one in stretches:
        host_s = np.linspace(one.host_start_s, one.host_end_s, 7)
        assert one.host_s(one.video_s(host_s)) == pytest.approx(host_s)


def test_the_sign_of_video_time():
    (stretch,) = timeline([PlayerEvent("play", 3 * S, 10.0, 2.0)], origin_ns=1 * S, until_ns=8 * S)
    assert float(stretch.video_s(3.0)) == 12.0
    assert float(stretch.host_s(12.0)) == 3.0
    assert (stretch.host_start_s, stretch.host_end_s) == (2.0, 7.0)
