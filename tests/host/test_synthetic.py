import itertools
import json
import subprocess

import numpy as np
import pytest

from requirements import needs_ffmpeg
from tracedial.emulation.synthetic import FRAME_RATE_HZ, HEIGHT, WIDTH, dyad, frames, read_frame_number, write_video
from tracedial.errors import VideoError
from tracedial.video import read_video


@pytest.mark.parametrize("seed", range(6))
def test_the_dyad_has_the_articles_figures(seed):
    ratings = dyad(2880, seed=seed)
    client, therapist = ratings["client"], ratings["therapist"]
    difference = therapist - client
    assert np.corrcoef(client, therapist)[0, 1] == pytest.approx(-0.05, abs=0.005)
    assert difference.mean() == pytest.approx(-18.61, abs=0.1)
    assert difference.std(ddof=1) == pytest.approx(13.17, abs=0.1)
    for values in (client, therapist):
        assert values.min() >= -50 and values.max() <= 50
        assert np.array_equal(values, np.round(values))


def test_a_seed_gives_the_same_dyad_again():
    assert np.array_equal(dyad(300, seed=9)["client"], dyad(300, seed=9)["client"])
    assert not np.array_equal(dyad(300, seed=9)["client"], dyad(300, seed=8)["client"])


def test_every_frame_carries_its_number():
    for number, picture in enumerate(itertools.islice(frames(60), 0, 300, 7)):
        assert read_frame_number(picture) == number * 7


def test_the_video_says_its_facts_and_keeps_its_numbers(tmp_path):
    import av

    path = tmp_path / "v.mp4"
    write_video(path, 12)
    video = read_video(path)
    assert video.duration_s == pytest.approx(12.0, abs=0.01)
    assert video.frame_rate_hz == FRAME_RATE_HZ
    assert (video.width, video.height) == (WIDTH, HEIGHT)
    assert len(video.sha256) == 64
    with av.open(str(path)) as container:
        decoded = list(container.decode(video=0))
    assert len(decoded) == 12 * FRAME_RATE_HZ
    for number, frame in enumerate(decoded):
        assert read_frame_number(frame.to_ndarray(format="gray")) == number
        assert frame.time == pytest.approx(number / FRAME_RATE_HZ)


@needs_ffmpeg
def test_another_reader_finds_the_same_facts(tmp_path):
    path = tmp_path / "v.mp4"
    write_video(path, 9)
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-show_streams", "-of", "json", path], capture_output=True, text=True, check=True
    )
    (stream,) = json.loads(done.stdout)["streams"]
    video = read_video(path)
    assert float(stream["duration"]) == pytest.approx(video.duration_s)
    assert stream["avg_frame_rate"] == f"{FRAME_RATE_HZ}/1"


def test_files_that_are_no_videos_are_sentences(tmp_path):
    with pytest.raises(VideoError, match="cannot be read"):
        read_video(tmp_path / "none.mp4")
    (tmp_path / "text.mp4").write_text("no video at all")
    with pytest.raises(VideoError, match="not a video"):
        read_video(tmp_path / "text.mp4")
    (tmp_path / "empty.mp4").write_bytes(b"")
    with pytest.raises(VideoError, match="not a video"):
        read_video(tmp_path / "empty.mp4")
