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
