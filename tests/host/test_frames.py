"""The timeline follows the frames that were shown, whatever the player reported and whatever went wrong."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from browser_model import play
from tracedial.alignment.placing import paused_seconds
from tracedial.timing.player import PlayerEvent
from tracedial.timing.shown_frames import NEAR_S, UNTOLD, Frames, shown_video

FAULTS = st.lists(
    st.one_of(
        st.tuples(st.floats(1, 50), st.just("pause"), st.floats(0.3, 20)),
        st.tuples(st.floats(1, 50), st.just("seek"), st.floats(0, 55)),
        st.tuples(st.floats(1, 50), st.just("freeze"), st.floats(0.2, 12)),
        st.tuples(st.floats(1, 50), st.just("leap"), st.floats(0.2, 8)),
        st.tuples(st.floats(1, 50), st.just("busy"), st.floats(0.1, 3)),
        st.tuples(st.floats(1, 50), st.just("hidden"), st.floats(0.1, 8)),
        st.tuples(st.floats(1, 50), st.just("lost"), st.floats(0.1, 3)),
    ),
    max_size=5,
)


def shown(played):
    return shown_video(played.frames, played.events, played.told, origin_ns=0, frame_rate_hz=played.frame_rate_hz)


def at(stretches, host_s):
    """Video time and bound at a host time, or None where the video stood still."""
    for one in stretches:
        if one.host_start_s <= host_s <= one.host_end_s:
            return float(one.video_s(host_s)), float(one.bound_s(np.array(host_s)))
    return None


def check_truth(played, found):
    """Where the timeline says that the video ran, the frame on the screen is that of the stated second, to the bound;
    and what was told of is in the timeline."""
    rng = np.random.default_rng(1)
    for host_s in rng.uniform(played.screen_host_s[0], played.screen_host_s[-1], 300):
        place = at(found.stretches, host_s)
        on_screen = np.searchsorted(played.screen_host_s, host_s, side="right") - 1
        if place is None:
            continue
        video_s, bound_s = place
        seen_s = played.screen_video_s[on_screen]
        next_s = played.screen_video_s[min(on_screen + 1, len(played.screen_video_s) - 1)]
        # A frame stands for the time until the next one.
        in_file = np.searchsorted(played.file_s, seen_s + 1e-9)
        ends_s = played.file_s[in_file] if in_file < len(played.file_s) else seen_s + 1
        until_s = next_s if 0 <= next_s - seen_s < 2 else ends_s
        assert seen_s - bound_s - 1e-6 <= video_s <= until_s + bound_s + 1e-6, (host_s, video_s, bound_s, seen_s)
    covered = [at(found.stretches, host_s) is not None for host_s in played.frames.host_s]
    assert np.mean(covered) > 0.98


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    acts=FAULTS,
    rate_hz=st.sampled_from([10.0, 24.0, 25.0, 30000 / 1001, 50.0, 60.0]),
    counted=st.booleans(),
    drift=st.floats(-200e-6, 200e-6),
    late_share=st.sampled_from([0.0, 0.02, 0.3]),
)
def test_no_frame_lies_beyond_the_bound_whatever_the_browser_does(seed, acts, rate_hz, counted, drift, late_share):
    played = play(np.random.default_rng(seed), rate_hz=rate_hz, acts=acts, counted=counted, drift=drift,
                  late_share=late_share)  # fmt: skip
    found = shown(played)
    check_truth(played, found)
    starts = [one.host_start_s for one in found.stretches]
    ends = [one.host_end_s for one in found.stretches]
    assert starts == sorted(starts) and all(a <= b for a, b in zip(starts, ends, strict=True))
    assert all(end <= start + 1e-9 for end, start in zip(ends[:-1], starts[1:], strict=True))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), counted=st.booleans(), acts=FAULTS)
def test_a_variable_frame_rate_is_not_taken_for_frames_that_nobody_saw(seed, counted, acts):
    acts = [act for act in acts if act[1] in ("pause", "freeze", "seek")]
    played = play(np.random.default_rng(seed), acts=acts, counted=counted, variable=True)
    found = shown(played)
    check_truth(played, found)
    if not acts:
        assert found.unseen == []


@pytest.mark.parametrize("frozen_s", [0.3, 0.6, 1.5, 3.0, 10.0])
@pytest.mark.parametrize("counted", [True, False])
def test_a_frozen_browser_shifts_nothing(frozen_s, counted):
    """As with a video that has sound: the player goes on where it was, and tells nothing of it."""
    played = play(np.random.default_rng(2), acts=[(20.0, "freeze", frozen_s)], counted=counted)
    found = shown(played)
    check_truth(played, found)
    start_s = found.stretches[0].host_start_s
    for second in (5.0, 19.0, 21.0, 40.0, 59.0):
        truth_s = start_s + second + (frozen_s if second > 20 else 0.0)
        place = at(found.stretches, truth_s)
        assert place and place[0] == pytest.approx(second, abs=0.02) and place[1] < 0.03
    assert at(found.stretches, start_s + 20 + frozen_s / 2 + 0.03) is None
    assert found.frozen == 1 and found.frozen_s == pytest.approx(frozen_s, abs=0.08)
    assert found.unseen == []


@pytest.mark.parametrize("frozen_s", [0.6, 1.5, 3.0, 10.0])
@pytest.mark.parametrize("counted", [True, False])
def test_seconds_that_passed_on_no_screen_are_marked(frozen_s, counted):
    """As with a silent video: after the freeze the player leaps to where it would have been."""
    played = play(np.random.default_rng(3), acts=[(20.0, "leap", frozen_s)], counted=counted)
    found = shown(played)
    check_truth(played, found)
    ((first_s, last_s, _, _),) = found.unseen
    assert (first_s, last_s) == (pytest.approx(20, abs=0.06), pytest.approx(20 + frozen_s, abs=0.06))
    assert found.frozen == 1


def test_a_page_that_is_too_busy_to_be_told_of_frames_has_shown_them():
    played = play(np.random.default_rng(4), acts=[(20.0, "busy", 2.0)])
    found = shown(played)
    assert found.unseen == [] and found.frozen == 0 and len(found.stretches) == 1
    # Without the browser's counters there is nothing that says so.
    assert len(shown(play(np.random.default_rng(4), acts=[(20.0, "busy", 2.0)], counted=False)).unseen) == 1


def test_a_hidden_page_is_seconds_that_nobody_saw():
    played = play(np.random.default_rng(5), acts=[(20.0, "hidden", 6.0)])
    ((first_s, last_s, _, _),) = shown(played).unseen
    assert (first_s, last_s) == (pytest.approx(20, abs=0.06), pytest.approx(26, abs=0.06))


@pytest.mark.parametrize("kind", ["pause", "stall", "seek", "ended", "play"])
def test_a_player_that_tells_the_wrong_thing_moves_no_frame(kind):
    played = play(np.random.default_rng(6))
    played.events.insert(1, PlayerEvent(kind, 20_000_000_000, 51.0, 0.0))
    found = shown(played)
    assert len(found.stretches) == 1
    check_truth(played, found)


@pytest.mark.parametrize("before_s", [0.0, 0.02, 0.1])
def test_a_pause_told_before_its_last_frame_is_on_the_screen_is_no_frozen_browser(before_s):
    played = play(np.random.default_rng(12), acts=[(20.0, "pause", 3.0), (30.0, "seek", 50.0)])
    for at_event, event in enumerate(played.events):
        if event.kind == "pause":
            played.events[at_event] = replace(event, host_ns=event.host_ns - round(before_s * 1e9))
    found = shown(played)
    assert (found.frozen, found.unseen) == (0, [])


@pytest.mark.parametrize("lost_s", [0.1, 0.3, 0.5, 0.8, 1.5])
def test_a_pause_whose_last_frames_are_untold_is_a_pause_or_seconds_that_nobody_saw(lost_s):
    found = shown(play(np.random.default_rng(12), acts=[(20.95 - lost_s, "lost", lost_s), (20.95, "pause", 3.0)]))
    whole_seconds = [s for one in found.unseen for s in range(60) if one.video_from_s <= s <= one.video_to_s]
    assert paused_seconds(found.stretches, 60) or whole_seconds


def test_frames_in_a_stretch_of_which_the_player_told_nothing_are_believed():
    played = play(np.random.default_rng(7), acts=[(20.0, "pause", 5.0)])
    played.events.clear()
    found = shown(played)
    check_truth(played, found)
    assert len(found.stretches) == 2


def test_a_stretch_without_a_frame_is_marked_and_nothing_is_filed_there():
    played = play(np.random.default_rng(8))
    end_s = played.events[-1].host_ns / 1e9
    played.events += [
        PlayerEvent("play", round((end_s + 2) * 1e9), 10.0, 1.0),
        PlayerEvent("pause", round((end_s + 9) * 1e9), 17.0, 0.0),
    ]
    found = shown(played)
    assert at(found.stretches, end_s + 4) is None
    assert [(one.video_from_s, one.video_to_s) for one in found.unseen] == [(10.0, pytest.approx(17.0))]


def test_what_only_the_player_told_of_has_a_bound_to_match():
    played = play(np.random.default_rng(8))
    end_s = played.events[-1].host_ns / 1e9
    played.events += [
        PlayerEvent("play", round((end_s + 2) * 1e9), 10.0, 1.0),
        PlayerEvent("pause", round((end_s + 2.3) * 1e9), 10.3, 0.0),
    ]
    assert at(shown(played).stretches, end_s + 2.1) == (pytest.approx(10.1), 0.25)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), wrong_s=st.floats(-30, 30), share=st.floats(0.001, 0.2))
def test_stray_frames_never_drop_the_majority(seed, wrong_s, share):
    rng = np.random.default_rng(seed)
    played = play(rng)
    stray = rng.random(len(played.frames.host_s)) < share
    host_s = played.frames.host_s + stray * wrong_s
    frames = Frames(
        host_s,
        played.frames.video_s,
        *(np.full(len(host_s), UNTOLD),) * 2,
        played.frames.clock_bound_s,
        played.frames.told_late_s,
    )
    found = shown_video(frames, played.events, played.told, origin_ns=0, frame_rate_hz=25.0)
    assert len(found.late_s) >= np.count_nonzero(~stray) * 0.7
    # Right frames that are used are where the timeline says.
    right = [
        abs(place[0] - video) <= NEAR_S + place[1]
        for host, video in zip(played.frames.host_s[~stray], played.frames.video_s[~stray], strict=True)
        if (place := at(found.stretches, host)) is not None
    ]
    assert np.mean(right) > 0.75


def test_the_sign_of_a_late_frame():
    played = play(np.random.default_rng(9))
    host_s = played.frames.host_s.copy()
    host_s[500] += 0.012
    frames = Frames(host_s, *(played.frames.video_s, played.frames.shown, played.frames.passed),
                    played.frames.clock_bound_s, played.frames.told_late_s)  # fmt: skip
    late_s = shown_video(frames, played.events, played.told, origin_ns=0, frame_rate_hz=25.0).late_s
    assert late_s[500] > late_s[499] + 0.001 or late_s[500] > 0.005


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_video_of_very_few_frames_has_a_timeline(n):
    played = play(np.random.default_rng(10))
    found = shown_video(played.frames.part(np.arange(n)), played.events[:1], [], origin_ns=0, frame_rate_hz=None)
    assert len(found.stretches) == 1 and found.stretches[0].host_end_s > found.stretches[0].host_start_s


def test_the_bound_is_tight_on_a_quiet_machine_and_wide_where_it_was_busy():
    quiet = shown(play(np.random.default_rng(11)))
    (one,) = quiet.stretches
    assert np.max(one.anchor_bound_s) < 0.03
    busy = play(np.random.default_rng(11), acts=[(30.0, "freeze", 0.12)])
    (one,) = shown(busy).stretches
    near = np.abs(one.anchor_host_s - one.host_start_s - 30) < 0.3
    assert np.min(one.anchor_bound_s[near]) > 0.06
    assert np.max(one.anchor_bound_s[np.abs(one.anchor_host_s - one.host_start_s - 30) > 2]) < 0.03
