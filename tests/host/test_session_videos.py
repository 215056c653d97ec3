"""Cut clips and drawn traces: which picture is shown when, what is copied, what is refused."""

import json
import shutil
import subprocess

import av
import numpy as np
import pytest

from requirements import needs_ffmpeg
from studies import tracedial_here
from tracedial.emulation.synthetic import FRAME_RATE_HZ, write_video
from tracedial.exchange.contents import read_source
from tracedial.exchange.overlay import BOTTOM_PX, LEFT_PX, RIGHT_PX, TOP_PX
from tracedial.exchange.video_clips import CutClip, KeyFrames, cut_clips, planned_clips
from tracedial.measures.trace import Trace, write_trace
from tracedial.video import read_video

SECONDS = 90
FRAME_S = 1 / FRAME_RATE_HZ


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    write_video(path, SECONDS)
    return path


@pytest.fixture
def session(tmp_path, film):
    """A session outside any study whose client fell at second 20 and rose again."""
    video = read_video(film)
    folder = tmp_path / "s1"
    (folder / "client").mkdir(parents=True)
    facts = {"name": "film.mp4", "sha256": video.sha256, "duration_s": video.duration_s, "frame_rate_hz": 25.0,
             "width": video.width, "height": video.height}  # fmt: skip
    content = {"format": 2, "session": "s1", "video": facts, "raters": ["client"], "synthetic": True}
    (folder / "session.json").write_text(json.dumps(content), encoding="utf-8")
    at = np.arange(SECONDS)
    rating = 30 - 60 * np.exp(-(((at - 30) / 8) ** 2)) - 40 * np.exp(-(((at - 65) / 8) ** 2))
    write_trace(Trace("client", rating.round()), folder / "client" / "trace.csv")
    return folder


def frames(path, *at_s):
    """The brightness of the pictures shown at these seconds from the first one, and the file's length in seconds."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        found, first_s, last = {}, None, 0.0
        for frame in container.decode(stream):
            first_s = frame.time if first_s is None else first_s
            last = frame.time - first_s
            for one in at_s:
                if frame.time - first_s <= one + 0.001:
                    found[one] = frame
        return [found[one].to_ndarray(format="gray").astype(float) for one in at_s], last


def apart(a, b):
    return np.abs(a - b).mean()


@needs_ffmpeg
def test_a_clip_begins_with_the_frame_of_its_second(session, film, tmp_path):
    out = tmp_path / "clips"
    done = tracedial_here("clips", session, "--video", film, "--out", out)
    assert done.code == 0, done.err
    planned = planned_clips(
        next(read_source(session).dyads()), read_video(film), out, kinds={"rupture", "repair"}, exact=False
    )
    assert planned and {path.name for path in out.iterdir()} == {clip.target.name for clip in planned}
    for clip in planned:
        length_s = clip.end_s - clip.start_s
        (made, later), lasts_s = frames(clip.target, 0.0, 3.0)
        wanted, elsewhere = frames(film, clip.start_s, clip.start_s + 3.0)[0], frames(film, clip.start_s + 0.2)[0][0]
        assert apart(made, wanted[0]) < 2 and apart(later, wanted[1]) < 2, clip
        assert apart(made, wanted[0]) < apart(made, elsewhere)
        assert abs(lasts_s + FRAME_S - length_s) <= FRAME_S + 0.001, clip


@needs_ffmpeg
def test_a_clip_at_a_key_frame_is_copied_unless_it_must_be_exact(session, film, tmp_path):
    keys = KeyFrames(read_video(film))
    assert keys.has_one_at(0.0) and keys.has_one_at(50.0) and not keys.has_one_at(10.0)
    dyad = next(read_source(session).dyads())
    video = read_video(film)
    for exact in (False, True):
        for clip in planned_clips(dyad, video, tmp_path, kinds={"rupture", "repair"}, exact=exact):
            assert clip.copied == (not exact and keys.has_one_at(clip.start_s))


@needs_ffmpeg
def test_clips_are_replaced_only_by_force_and_of_the_right_video_only(session, film, tmp_path):
    out = tmp_path / "clips"
    call = ("clips", session, "--video", film, "--out", out, "--kind", "rupture")
    assert tracedial_here(*call).code == 0
    before = {path: path.read_bytes() for path in out.iterdir()}
    refused = tracedial_here(*call)
    assert refused.code == 1 and "--force" in refused.err and {p: p.read_bytes() for p in out.iterdir()} == before
    assert tracedial_here(*call, "--force").code == 0
    other = tmp_path / "other.mp4"
    write_video(other, 5)
    wrong = tracedial_here("clips", session, "--video", other, "--out", tmp_path / "o")
    assert wrong.code == 1 and "sha256" in wrong.err
    without = tracedial_here("clips", session, "--out", tmp_path / "o")
    assert without.code == 1 and "--video" in without.err and not (tmp_path / "o").exists()


@pytest.mark.parametrize("command", ["clips", "overlay"])
def test_a_computer_without_ffmpeg_is_told_how_to_get_it(session, film, tmp_path, monkeypatch, command):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    done = tracedial_here(command, session, "--video", film, "--out", tmp_path / "out.mp4")
    assert done.code == 1 and "has no ffmpeg" in done.err and "apt install ffmpeg" in done.err
    assert not (tmp_path / "out.mp4").exists()


@needs_ffmpeg
def test_what_ffmpeg_cannot_do_leaves_no_half_file(session, film, tmp_path, monkeypatch):
    monkeypatch.setattr("tracedial.exchange.overlay.strip_png", lambda *_: b"no picture")
    done = tracedial_here("overlay", session, "--video", film, "--out", tmp_path / "o" / ".." / "out.mp4")
    assert done.code == 1 and done.err.count("\n") == 1
    assert not [path for path in tmp_path.iterdir() if "out" in path.name]


@needs_ffmpeg
def test_the_line_stands_at_the_second_that_is_shown(session, film, tmp_path):
    out = tmp_path / "out.mp4"
    done = tracedial_here("overlay", session, "--video", film, "--out", out)
    assert done.code == 0, done.err
    video, made = read_video(film), read_video(out)
    assert made.duration_s == pytest.approx(video.duration_s, abs=0.1)
    strip = made.height - video.height
    (at_20, at_60), _ = frames(out, 20.0, 60.0)
    (plain,), _ = frames(film, 20.0)
    assert apart(at_20[: video.height], plain) < 3
    inner = made.width - LEFT_PX - RIGHT_PX
    for picture, at_s in ((at_20, 20.0), (at_60, 60.0)):
        rows = picture[video.height + TOP_PX + 2 : video.height + strip - BOTTOM_PX - 2, LEFT_PX + 3 :]
        darkest = LEFT_PX + 3 + int(rows.mean(axis=0).argmin())
        assert abs(darkest - (LEFT_PX + inner * at_s / video.duration_s)) <= 3
    again = tracedial_here("overlay", session, "--video", film, "--out", out)
    assert again.code == 1 and "--force" in again.err


@needs_ffmpeg
def test_second_0_is_the_first_frame_also_where_the_sound_begins_before_it(session, film, tmp_path):
    late = tmp_path / "late.mp4"
    sound = ("-f", "lavfi", "-i", "sine=frequency=200:duration=30")
    made = ("-t", "30", "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac", late)
    subprocess.run(["ffmpeg", "-v", "error", "-itsoffset", "1.4", "-i", film, *sound, *made], check=True)
    video = read_video(late)
    assert KeyFrames(video).first_s == pytest.approx(1.4, abs=0.03)
    for start_s, copied in ((0.0, True), (8.0, False)):
        target = tmp_path / f"{start_s}.mp4"
        cut_clips([CutClip(target, start_s, start_s + 5.0, copied)], video, force=False)
        (begins,), _ = frames(target, 0.0)
        assert apart(begins, frames(film, start_s)[0][0]) < 2, start_s
