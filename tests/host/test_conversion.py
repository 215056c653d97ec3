"""Copies that browsers play: each frame keeps its time, and an incomplete copy never has the final name."""

import hashlib
import json
from fractions import Fraction

import numpy as np
import pytest

from films import FORMATS, write_film
from studies import tracedial_here
from tracedial.errors import VideoError
from tracedial.recording.session import read_session, write_session
from tracedial.study.conversion import convert, converted_path
from tracedial.study.study_file import read_study
from tracedial.video import describe_format, read_video

pytestmark = pytest.mark.thorough("encodes films")

REFUSED = [one for one in FORMATS if one[3]]


def frames(path):
    """Times in seconds since the first frame, and mean brightness."""
    import av

    with av.open(str(path)) as container:
        shown = [(float(f.pts * f.time_base), f.to_ndarray(format="gray").mean()) for f in container.decode(video=0)]
    times = np.array([at_s for at_s, _ in shown])
    return times - times[0], np.array([shade for _, shade in shown])


def first_s(path, kind):
    import av

    with av.open(str(path)) as container:
        frame = next(container.decode(**{kind: 0}))
        return float(frame.pts * frame.time_base)


def check_copy(film, copy):
    assert describe_format(copy).unplayable == ""
    (before_s, before), (after_s, after) = frames(film), frames(copy)
    if film.suffix == ".avi":
        # The file holds no times: its frames are a 25th of a second apart.
        before_s = np.arange(len(before)) / 25
    assert after_s == pytest.approx(before_s, abs=1e-3)
    assert after == pytest.approx(before, abs=8)
    assert read_video(copy).duration_s == pytest.approx(read_video(film).duration_s, abs=0.05)


@pytest.mark.parametrize("name, codec, pixels, word", REFUSED)
def test_what_no_browser_plays_is_converted_on_request(tmp_path, name, codec, pixels, word):
    tracedial_here("study", "init", tmp_path / "study")
    film = write_film(tmp_path / name, codec, pixels)
    add = ("study", "add-session", tmp_path / "study", "s1", "--video", film)
    assert "--convert" in tracedial_here(*add).err
    done = tracedial_here(*add, "--convert")
    assert done.code == 0, done.err
    copy = converted_path(film)
    check_copy(film, copy)
    session = read_session(tmp_path / "study" / "sessions" / "s1")
    assert session.video["sha256"] == hashlib.sha256(copy.read_bytes()).hexdigest()
    assert session.converted_from == {"name": film.name, "sha256": hashlib.sha256(film.read_bytes()).hexdigest()}


def test_what_browsers_play_is_added_as_it_is(tmp_path):
    tracedial_here("study", "init", tmp_path / "study")
    film = write_film(tmp_path / "a.mp4", "libx264")
    done = tracedial_here("study", "add-session", tmp_path / "study", "s1", "--video", film, "--convert")
    assert done.code == 0 and not converted_path(film).exists()
    assert "converted_from" not in json.loads((tmp_path / "study" / "sessions" / "s1" / "session.json").read_text())


@pytest.mark.parametrize("steps", [(1,) * 30, (1, 3) * 10, (1,) * 5 + (25,) + (1,) * 5, (2,) * 9 + (40,)])
@pytest.mark.parametrize("size", [(320, 240), (322, 242), (1280, 720)])
def test_frames_of_any_rate_and_size_keep_their_times(tmp_path, steps, size):
    film = write_film(tmp_path / "a.mkv", "mpeg4", steps=steps, size=size)
    convert(film, tmp_path / "a-web.mp4")
    (before_s, _), (after_s, _) = frames(film), frames(tmp_path / "a-web.mp4")
    assert after_s == pytest.approx(before_s, abs=1e-3)


@pytest.mark.parametrize("sound_from_s", [0.0, 0.4])
def test_picture_and_sound_keep_their_distance(tmp_path, sound_from_s):
    film = write_film(tmp_path / "a.mkv", sound_from_s=sound_from_s)
    copy = tmp_path / "a-web.mp4"
    convert(film, copy)
    apart_s = first_s(film, "audio") - first_s(film, "video")
    assert first_s(copy, "audio") - first_s(copy, "video") == pytest.approx(apart_s, abs=0.03)


def test_pixels_that_are_not_square_become_square(tmp_path):
    import av

    film = tmp_path / "a.mkv"
    with av.open(str(film), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 720, 576, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(16, 15)
        for _ in range(30):
            frame = av.VideoFrame.from_ndarray(np.zeros((576, 720, 3), np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    convert(film, converted_path(film))
    copy = read_video(converted_path(film))
    assert (copy.width, copy.height) == (768, 576)


def test_a_film_that_was_cut_gives_no_copy(tmp_path):
    film = write_film(tmp_path / "a.avi", "mpeg4", steps=(1,) * 200)
    content = film.read_bytes()
    film.write_bytes(content[: len(content) // 2])
    with pytest.raises(VideoError, match=r"a\.avi"):
        convert(film, converted_path(film))
    assert list(tmp_path.iterdir()) == [film]


def test_a_copy_that_exists_is_not_written_over(tmp_path):
    film = write_film(tmp_path / "a.mp4")
    converted_path(film).write_bytes(b"mine")
    with pytest.raises(VideoError, match="exists already"):
        convert(film, converted_path(film))
    assert converted_path(film).read_bytes() == b"mine"


def test_what_breaks_off_leaves_nothing(tmp_path):
    class BrokenOffError(Exception):
        pass

    def stop(share):
        if share > 0.5:
            raise BrokenOffError

    film = write_film(tmp_path / "a.mp4")
    with pytest.raises(BrokenOffError):
        convert(film, converted_path(film), stop)
    assert list(tmp_path.iterdir()) == [film]


def test_a_later_recording_keeps_the_originals_hash(tmp_path):
    tracedial_here("study", "init", tmp_path / "study")
    film = write_film(tmp_path / "a.mp4")
    tracedial_here("study", "add-session", tmp_path / "study", "s1", "--video", film, "--convert", "--raters", "client")
    (session,) = read_study(tmp_path / "study").sessions()
    write_session(session.folder, read_video(converted_path(film)), ["therapist"], synthetic=False)
    after = read_session(session.folder)
    assert after.raters == ["client", "therapist"] and after.converted_from == session.converted_from
