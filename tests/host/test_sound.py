"""Sessions with sound alone: a sound file is accepted as a session, or refused with advice on how to convert it."""

import av
import numpy as np
import pytest

from studies import tracedial_here
from tracedial.errors import VideoError
from tracedial.recording.session import read_session
from tracedial.study.conversion import convert, converted_path
from tracedial.study.study_file import init_study
from tracedial.study.waveform import waveform
from tracedial.video import describe_format, read_video

SECONDS = 7


def write_sound(path, *, codec, seconds=SECONDS, rate_hz=48000, cover=False, options=None):
    """A file of sound: silence with a loud second from 3 to 4 s."""
    at = np.arange(int(seconds * rate_hz)) / rate_hz
    tone = np.where((at >= 3) & (at < 4), 0.8 * np.sin(2 * np.pi * 440 * at), 0.001 * np.sin(at))
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, layout="mono", options=options or {})
        picture = None
        if cover:
            picture = container.add_stream("mjpeg", rate=1)
            picture.width, picture.height, picture.pix_fmt = 64, 64, "yuvj420p"
            picture.disposition = av.stream.Disposition.attached_pic
        resampler = av.AudioResampler(format=stream.format.name, layout="mono", rate=rate_hz)
        frame = av.AudioFrame.from_ndarray((tone * 32767).astype(np.int16)[None, :], format="s16", layout="mono")
        frame.rate = rate_hz
        frame_size = stream.codec_context.frame_size or 1024
        fifo = av.AudioFifo()
        for one in [*resampler.resample(frame), *resampler.resample(None)]:
            fifo.write(one)
        if picture is not None:
            still = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            still = still.reformat(format="yuvj420p")
            container.mux(picture.encode(still))
            container.mux(picture.encode(None))
        while one := fifo.read(frame_size, partial=True):
            container.mux(stream.encode(one))
        container.mux(stream.encode(None))
    return path


PLAYED = [
    ("s.wav", "pcm_s16le", {}), ("s.wav", "pcm_u8", {}), ("s.flac", "flac", {}), ("s.m4a", "aac", {}),
    ("s.mp4", "aac", {}), ("s.ogg", "libopus", {}), ("s.webm", "libopus", {}), ("s.mp3", "libmp3lame", {}),
    ("s.mp3", "libmp3lame", {"cover": True}),
]  # fmt: skip
CONVERTED = [
    ("s.aac", "aac", {}), ("s.amr", "libopencore_amrnb", {"rate_hz": 8000}), ("s.mka", "pcm_s16le", {}),
    ("s.wav", "pcm_alaw", {"rate_hz": 8000}), ("s.mp2", "mp2", {}),
    ("s.mp3", "libmp3lame", {"options": {"global_quality": str(118 * 4), "flags": "+qscale"}}),
]  # fmt: skip


@pytest.fixture
def study(tmp_path):
    init_study(tmp_path / "study", preset="alliance", title="A test")
    return tmp_path / "study"


@pytest.mark.parametrize("name, codec, options", PLAYED)
def test_a_file_of_sound_is_a_session_like_a_video(study, tmp_path, name, codec, options):
    path = write_sound(tmp_path / name, codec=codec, **options)
    done = tracedial_here("study", "add-session", study, "s1", "--video", path)
    assert done.code == 0, done.err
    video = read_session(study / "sessions" / "s1").video
    assert abs(video["duration_s"] - SECONDS) < 0.1 and video["sha256"]
    assert video["frame_rate_hz"] is None and video["width"] is None and video["height"] is None
    peaks = waveform(path, duration_s=video["duration_s"], columns=70)
    assert max(peaks) == 100 and min(peaks[31:39]) > 60 and max(peaks[:28] + peaks[43:]) < 20


@pytest.mark.parametrize("name, codec, options", CONVERTED)
def test_sound_that_browsers_do_not_play_or_misplace_is_converted(study, tmp_path, name, codec, options):
    path = write_sound(tmp_path / name, codec=codec, **options)
    done = tracedial_here("study", "add-session", study, "s1", "--video", path)
    assert done.code == 1 and "--convert" in done.err and "flac" in done.err, done.err
    assert not (study / "sessions" / "s1").exists()
    done = tracedial_here("study", "add-session", study, "s1", "--video", path, "--convert")
    assert done.code == 0, done.err
    session = read_session(study / "sessions" / "s1")
    assert session.video["name"] == "s-web.flac" and session.converted_from["name"] == name
    peaks = waveform(tmp_path / "s-web.flac", duration_s=session.video["duration_s"], columns=70)
    assert min(peaks[31:39]) > 60 and max(peaks[:28] + peaks[43:]) < 20


def test_the_copy_keeps_each_sample(tmp_path):
    path = write_sound(tmp_path / "s.mka", codec="pcm_s16le")
    target = converted_path(path)
    convert(path, target)
    before, after = (np.concatenate([f.to_ndarray().ravel() for f in av.open(str(p)).decode(audio=0)])
                     for p in (path, target))  # fmt: skip
    assert np.array_equal(before, after)
    assert not describe_format(target).unplayable


def test_what_is_neither_seen_nor_heard_is_refused(tmp_path):
    (tmp_path / "a.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nwords\n")
    with pytest.raises(VideoError, match=r"no video and no sound"):
        read_video(tmp_path / "a.srt")
    empty = write_sound(tmp_path / "e.wav", codec="pcm_s16le", seconds=0)
    with pytest.raises(VideoError, match=r"no sound that lasts|cannot be read"):
        read_video(empty)
    cut = write_sound(tmp_path / "c.flac", codec="flac")
    cut.write_bytes(cut.read_bytes()[:200])
    with pytest.raises(VideoError):
        read_video(cut)
