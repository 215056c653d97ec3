"""A copy of a session video that every browser plays: H.264 and AAC in MP4, each frame at the time that it had. A copy
of sound alone is FLAC, each sample as it was.

Ratings are filed by the video's own time, so a conversion may change how a frame is stored, never when it is shown:
frames keep their time stamps (also where their rate varies), picture and sound keep their distance, and the copy is
checked against the original before it gets its name.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tracedial.errors import VideoError
from tracedial.files.whole_file import half_file
from tracedial.video import Video, picture_of, read_video

FRAMES_A_KEY = 50
"""A key frame at least so often, so that a jump in the video takes no long decoding."""
QUALITY = "20"
APART_S = 0.1
"""The copy may differ in length by so much, beyond one frame's time."""
QUARTER_TURNS = {90: ("transpose", "cclock"), 180: ("rotate", "PI"), 270: ("transpose", "clock")}
"""Filters that turn a picture counter-clockwise by degrees, as a phone asks players to do."""


def converted_path(path: Path) -> Path:
    """Where the copy of a video goes: beside it, with `-web.mp4` for its ending, `-web.flac` for sound alone."""
    return path.with_name(f"{path.stem}-web.{_container(read_video(path))[0]}")


def _container(original: Video) -> tuple[str, str]:
    """The ending of a copy's name, and the format that it stands for."""
    return ("mp4", "mp4") if original.has_picture else ("flac", "flac")


def convert(path: Path, target: Path, on_progress: Callable[[float], None] = lambda share: None) -> None:
    """Write a copy of `path` that every browser plays; `on_progress` hears how much of it is done, from 0 to 1.

    Raises `VideoError` where `target` exists, where the original cannot be decoded to its end, where the copy is not as
    long as the original, and where the disk takes no copy. Nothing stands under the copy's name unless it is whole.
    """
    import av
    import av.error

    if target.exists():
        raise VideoError(target, f"{target} exists already: add that file, or remove it and convert again.")
    original = read_video(path)
    try:
        # The name's ending tells the container, which the half file's own name does not have.
        with half_file(target) as half:
            form = _container(original)[1]
            options = FAST_START if original.has_picture else {}
            with av.open(str(path)) as source, av.open(str(half), "w", format=form, options=options) as copy:
                frames = _copy_streams(source, copy, original.duration_s, on_progress)
            made = read_video(half)
            longest_apart_s = APART_S + (1 / original.frame_rate_hz if original.frame_rate_hz else 0.0)
            if not frames or abs(made.duration_s - original.duration_s) > longest_apart_s:
                raise VideoError(
                    path,
                    f"The copy of {path} is {made.duration_s:.2f} s long, and the original says "
                    f"{original.duration_s:.2f} s: it may be damaged. Play it to its end, and convert it with another "
                    "program.",
                )
    except av.error.FFmpegError as error:
        raise VideoError(
            path, f"{path} cannot be converted ({error.strerror}): convert it with another program."
        ) from error
    except OSError as error:
        raise VideoError(target, f"{target} cannot be written: {error.strerror}.") from error


FAST_START = {"movflags": "+faststart"}
"""What a player needs to know of the whole file stands at its beginning."""


def _copy_streams(source: Any, copy: Any, duration_s: float, on_progress: Callable[[float], None]) -> int:
    """Decode picture and first sound of `source` and encode them into `copy`; returns how many frames there were, of
    sound where there is no picture."""
    picture = picture_of(source)
    sound = source.streams.audio[0] if source.streams.audio else None
    # Both streams begin where the earlier of them did: what they are apart stays.
    begin_s = min(_begin_s(stream) for stream in (picture, sound) if stream is not None)
    encoders: dict[int, _Picture | _Sound] = {}
    if picture is not None:
        encoders[picture.index] = _Picture(copy, picture)
    if sound is not None:
        encoders[sound.index] = _Sound(copy, sound, codec="aac" if picture is not None else "flac")
    counted = _Counted() if source.format.name == "avi" else None
    frames = 0
    for packet in source.demux([stream for stream in (picture, sound) if stream is not None]):
        encoder = encoders[packet.stream.index]
        for frame in packet.decode():
            if counted and packet.stream is picture:
                counted.stamp(frame)
            if frame.pts is None:
                continue
            at_s = float(frame.pts * frame.time_base) - begin_s
            for encoded in encoder.encode(frame, begin_s):
                copy.mux(encoded)
            if packet.stream is (picture or sound):
                frames += 1
                on_progress(min(max(at_s / duration_s, 0.0), 1.0))
    for encoder in encoders.values():
        for encoded in encoder.rest():
            copy.mux(encoded)
    return frames


class _Counted:
    """Times for frames of an AVI file, which holds none: frames are shown in the order in which they come out of the
    decoder, a frame's time apart, as their packets were."""

    def __init__(self) -> None:
        self._first: int | None = None
        self._last = -1

    def stamp(self, frame: Any) -> None:
        if self._first is None:
            self._first = frame.dts or 0
        # The last frames come out when no packet is left to take a time from.
        since = self._last + 1 if frame.dts is None else frame.dts - self._first
        frame.pts = self._last = max(since, self._last + 1)


def _begin_s(stream: Any) -> float:
    return float(stream.start_time * stream.time_base) if stream.start_time is not None else 0.0


class _Picture:
    """The picture's way from a decoded frame to packets of H.264: turned upright, with even sides."""

    def __init__(self, copy: Any, stream: Any) -> None:
        self._copy, self._source = copy, stream
        self._stream: Any = None
        self._held: Any = None
        self._last = -1
        self._graph: Any = None

    def encode(self, frame: Any, begin_s: float) -> Iterator[Any]:
        if self._graph is None:
            self._graph = self._turned_upright(frame)
        self._graph.push(frame)
        for upright in self._pulled():
            if self._stream is None:
                self._stream = self._encoder(upright, frame.color_range)
            # Some files give two frames one time: the second is shown at once after the first, not dropped.
            upright.pts = self._last = max(upright.pts - round(begin_s / upright.time_base), self._last + 1)
            yield from self._lasting(self._stream.encode(upright))

    def rest(self) -> Iterator[Any]:
        if self._stream is None:
            return
        yield from self._lasting(self._stream.encode(None))
        if self._held is not None:
            self._held.duration = max(round(1 / (self._stream.average_rate * self._held.time_base)), 1)
            yield self._held

    def _lasting(self, packets: list[Any]) -> Iterator[Any]:
        """Packets that say how long they last, as the file's length is made of that: each until the next one."""
        for packet in packets:
            if self._held is not None:
                self._held.duration = packet.pts - self._held.pts
                yield self._held
            self._held = packet

    def _pulled(self) -> Iterator[Any]:
        import av.error

        with contextlib.suppress(av.error.BlockingIOError):
            while True:
                upright = self._graph.pull()
                # Which frame is a key frame is for this encoder to say.
                upright.pict_type = 0
                yield upright

    def _turned_upright(self, frame: Any) -> Any:
        import av.filter

        graph = av.filter.Graph()
        last = graph.add_buffer(template=self._source)
        # Pixels that are not square are stretched, and the encoder takes no odd side.
        aspect = float(self._source.sample_aspect_ratio or 1)
        steps = [("scale", f"trunc(iw*{aspect}/2+0.5)*2:trunc(ih/2+0.5)*2"), ("setsar", "1"), ("format", "yuv420p")]
        if turn := QUARTER_TURNS.get(frame.rotation % 360):
            steps.append(turn)
        for name, options in [*steps, ("buffersink", None)]:
            after = graph.add(name, options) if options else graph.add(name)
            last.link_to(after)
            last = after
        graph.configure()
        return graph

    def _encoder(self, upright: Any, color_range: int) -> Any:
        stream = self._copy.add_stream("libx264", rate=self._source.average_rate or 25)
        stream.width, stream.height, stream.pix_fmt = upright.width, upright.height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = self._source.time_base
        stream.codec_context.gop_size = FRAMES_A_KEY
        stream.codec_context.options = {"crf": QUALITY, "preset": "medium"}
        # What numbers mean black and white stays as it was.
        stream.codec_context.color_range = color_range
        # Frames in the order in which they are shown: each lasts until the next.
        stream.codec_context.max_b_frames = 0
        return stream


SAMPLES = {"aac": "fltp", "flac": "s16"}
"""The form in which each encoder takes sound."""


class _Sound:
    """The first sound's way to packets of AAC, or of FLAC, which keeps each sample."""

    def __init__(self, copy: Any, stream: Any, *, codec: str) -> None:
        import av

        rate_hz = stream.rate if stream.rate in (44100, 48000) or codec == "flac" else 48000
        layout = "mono" if stream.channels == 1 else "stereo"
        self._stream = copy.add_stream(codec, rate=rate_hz, layout=layout)
        self._resampler = av.AudioResampler(format=SAMPLES[codec], layout=layout, rate=rate_hz)

    def encode(self, frame: Any, begin_s: float) -> Iterator[Any]:
        frame.pts -= round(begin_s / frame.time_base)
        for one in self._resampler.resample(frame):
            yield from self._stream.encode(one)

    def rest(self) -> Iterator[Any]:
        for one in self._resampler.resample(None):
            yield from self._stream.encode(one)
        yield from self._stream.encode(None)
