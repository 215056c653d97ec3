"""Journals that version 0.1 recorded while a real Chromium was frozen (SIGSTOP): synthetic videos, an emulated dial.

`frozen_sound`: 3 s and 0.6 s; the player goes on where it was. `frozen_silent`: 3 s and 0.3 s; it leaps to where it
would have been. Version 0.1 moved all later seconds of the first by as long as the freeze.
"""

from pathlib import Path

import numpy as np
import pytest

from tracedial.alignment.align import align_folder
from tracedial.recording.recording import read_recording
from tracedial.timing.shown_frames import BREAK_S, NEAR_S

RECORDINGS = Path(__file__).resolve().parent.parent / "vectors" / "recordings"


def aligned(name):
    alignment = align_folder(RECORDINGS / name)
    fits = alignment.video.page_fits
    batches = alignment.recording.frames
    host_s = np.concatenate([fits[batch.page_boot].host_s(np.array(batch.at_us) / 1e6) for batch in batches])
    return alignment, host_s, np.concatenate([batch.media_s for batch in batches])


@pytest.mark.parametrize("name", ["frozen_sound_0_1", "frozen_silent_0_1"])
def test_every_frame_that_was_shown_is_where_the_timeline_says(name):
    alignment, host_s, video_s = aligned(name)
    placed = 0
    for at_s, second in zip(host_s, video_s, strict=True):
        own = [one for one in alignment.stretches if one.host_start_s - 1e-9 <= at_s <= one.host_end_s + 1e-9]
        placed += any(abs(float(one.video_s(at_s)) - second) <= NEAR_S + 1e-6 for one in own)
    assert placed >= 0.99 * len(host_s)
    assert (
        max(one.video_end_s for one in alignment.stretches) < alignment.recording.header["video"]["duration_s"] + 0.05
    )
    assert any(
        "picture stood still" in finding or "without a picture" in finding for finding in alignment.report["findings"]
    )


@pytest.mark.parametrize("name", ["frozen_sound_0_1", "frozen_silent_0_1"])
def test_no_second_has_a_sample_that_was_taken_while_the_picture_stood(name):
    alignment, host_s, video_s = aligned(name)
    late_s = host_s - video_s
    for at in np.flatnonzero(np.diff(host_s) > 1.0):
        standing = (alignment.host_s > host_s[at] + BREAK_S) & (alignment.host_s < host_s[at + 1] - BREAK_S)
        assert standing.any() and np.all(alignment.stretch[standing] == -1)
    assert np.ptp(late_s) > 0.3


def test_seconds_that_passed_on_no_screen_are_flagged_and_have_no_rating():
    alignment, _, video_s = aligned("frozen_silent_0_1")
    unseen = [row for row, flags in enumerate(alignment.trace.flags) if "unseen" in flags.split("|")]
    assert unseen == [8, 9, 10] and np.all(np.isnan(alignment.trace.rating[unseen]))
    assert not np.any((video_s > 7.6) & (video_s < 10.5))


def test_a_recording_of_version_0_1_is_read():
    recording = read_recording(RECORDINGS / "frozen_sound_0_1")
    assert recording.header["format"] == 1 and recording.frames[0].shown == []
