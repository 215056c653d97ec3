"""The session video as a file: how long it is, how many frames a second, and which file it was (its hash)."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from tracedial.errors import VideoError


@dataclass(frozen=True)
class Video:
    """What is recorded of a session video. `sha256` tells it from another file of the same name."""

    path: Path
    duration_s: float
    frame_rate_hz: float
    width: int
    height: int
    sha256: str


def read_video(path: Path) -> Video:
    """Read a video file's facts. Raises `VideoError` for a file that is missing or holds no video."""
    import av
    import av.error

    if path.exists() and not path.is_file():
        raise VideoError(path, f"{path} is not a file.")
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise VideoError(path, f"The video {path} cannot be read: {error.strerror}.") from error
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise VideoError(path, f"{path} holds no video.")
            stream = container.streams.video[0]
            rate = stream.average_rate or stream.guessed_rate
            if stream.duration is not None and stream.time_base is not None:
                duration_s = float(stream.duration * stream.time_base)
            elif container.duration is not None:
                duration_s = (container.duration - max(container.start_time or 0, 0)) / av.time_base
            else:
                duration_s = 0.0
            if not rate or duration_s <= 0:
                raise VideoError(
                    path,
                    f"{path} does not say how long it is: convert it with `ffmpeg -i {path.name} -c copy out.mp4`.",
                )
            return Video(path, duration_s, float(rate), stream.width, stream.height, sha256)
    except av.error.FFmpegError as error:
        raise VideoError(path, f"{path} is not a video that can be read ({error.strerror}).") from error


MAX_TRACKS_APART_S = 1.0


def check_whole(video: Video) -> None:
    """Refuse a file whose picture cannot be read at its end (a copy that was cut), or ends before its sound does: the
    player would go on where there is nothing to rate."""
    import av
    import av.error

    path = video.path
    cut = f"{path} says that it is {video.duration_s:.1f} s long, but its end cannot be read: copy or convert it again."
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            for sound in container.streams.audio:
                if sound.duration is None or sound.time_base is None:
                    continue
                sound_s = float(sound.duration * sound.time_base)
                if sound_s > video.duration_s + MAX_TRACKS_APART_S:
                    raise VideoError(
                        path,
                        f"The picture of {path} ends at {video.duration_s:.1f} s, its sound at {sound_s:.1f} s: cut it "
                        f"with `ffmpeg -i {path.name} -t {video.duration_s:.3f} -c copy out{path.suffix}`.",
                    )
            container.seek(int(max(video.duration_s - 1.0, 0.0) * av.time_base))
            if next(container.decode(stream), None) is None:
                raise VideoError(path, cut)
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(path, cut) from error


@dataclass(frozen=True)
class VideoFormat:
    """What a file is made of, in words, and the command that makes one of it that every browser plays."""

    text: str
    convert_command: str


def describe_format(path: Path) -> VideoFormat:
    """Container and codecs of a video file, and how to convert it. Raises `VideoError` for what is no video."""
    import av
    import av.error

    try:
        with av.open(str(path)) as container:
            streams = [f"{s.type} {s.codec_context.name}" for s in container.streams if s.type in ("video", "audio")]
            text = f"{container.format.long_name or container.format.name}: {', '.join(streams)}"
    except av.error.FFmpegError as error:
        raise VideoError(path, f"{path} is not a video that can be read ({error.strerror}).") from error
    target = f"{path.stem}-web.mp4"
    command = (
        f'ffmpeg -i "{path.name}" -c:v libx264 -preset medium -crf 20 -pix_fmt yuv420p -g 50 -c:a aac '
        f'-movflags +faststart "{target}"'
    )
    return VideoFormat(text, command)
