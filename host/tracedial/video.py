"""The session video's file: its length, its frames a second, and its hash, which identifies the file. A session may
also be sound alone: then there are no frames, and everything else is the same."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracedial.errors import VideoError
from tracedial.shell import command_line


@dataclass(frozen=True)
class Video:
    """The recorded facts of a session video. `sha256` distinguishes it from another file of the same name.
    `frame_rate_hz`, `width` and `height` are None if the session is sound alone."""

    path: Path
    duration_s: float
    frame_rate_hz: float | None
    width: int | None
    height: int | None
    sha256: str

    @property
    def has_picture(self) -> bool:
        """Whether the file has a picture."""
        return self.width is not None


def read_video(path: Path) -> Video:
    """Read the facts of a video file or a sound file. Raises `VideoError` if the file is missing or is neither."""
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
            stream = picture_of(container)
            if stream is None:
                if not container.streams.audio:
                    raise VideoError(path, f"{path} holds no video and no sound.")
                return Video(
                    path=path,
                    duration_s=_sound_s(path, container),
                    frame_rate_hz=None,
                    width=None,
                    height=None,
                    sha256=sha256,
                )
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
                    f"{path} does not say how long it is: write it anew with {_copy_command(path, 'whole')}",
                )
            return Video(
                path=path,
                duration_s=duration_s,
                frame_rate_hz=float(rate),
                width=stream.width,
                height=stream.height,
                sha256=sha256,
            )
    except av.error.FFmpegError as error:
        raise VideoError(path, f"{path} is not a video that can be read ({error.strerror}).") from error


def picture_of(container: Any) -> Any:
    """The stream of moving pictures in an open container; None if there is none. Cover art, which many sound files
    contain, does not count."""
    for stream in container.streams.video:
        if not stream.disposition & _covers():
            return stream
    return None


def _covers() -> Any:
    from av.stream import Disposition

    return Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails


def _sound_s(path: Path, container: Any) -> float:
    """The length of the first sound stream, from its packets; the length that the file states is often an estimate."""
    stream = container.streams.audio[0]
    begin, end = None, 0.0
    for packet in container.demux(stream):
        if packet.pts is None:
            continue
        at_s = float(packet.pts * packet.time_base)
        begin = at_s if begin is None else begin
        end = max(end, at_s + float((packet.duration or 0) * packet.time_base))
    # Players begin at the file's own 0, even if an encoder's run-in lies before it.
    duration_s = end - max(begin or 0.0, 0.0)
    if duration_s <= 0:
        raise VideoError(path, f"{path} holds no sound that lasts.")
    return duration_s


def _copy_command(path: Path, what: str, *options: str) -> str:
    target = path.with_name(f"{path.stem}-{what}{path.suffix}")
    return command_line("ffmpeg", "-i", f"file:{path}", *options, "-c", "copy", f"file:{target}")


MAX_TRACKS_APART_S = 1.0


def check_whole(video: Video) -> None:
    """Refuse a file if its picture cannot be read at the end (an incomplete copy) or ends before the sound: the player
    would continue where there is nothing to rate."""
    import av
    import av.error

    path = video.path
    if not video.has_picture:
        # Its length already comes from all of its packets.
        return
    cut = f"{path} says that it is {video.duration_s:.1f} s long, but its end cannot be read: copy or convert it again."
    try:
        with av.open(str(path)) as container:
            stream = picture_of(container)
            for sound in container.streams.audio:
                if sound.duration is None or sound.time_base is None:
                    continue
                sound_s = float(sound.duration * sound.time_base)
                if sound_s > video.duration_s + MAX_TRACKS_APART_S:
                    raise VideoError(
                        path,
                        f"The picture of {path} ends at {video.duration_s:.1f} s, its sound at {sound_s:.1f} s: cut it "
                        f"with {_copy_command(path, 'cut', '-t', f'{video.duration_s:.3f}')}",
                    )
            container.seek(int(max(video.duration_s - 1.0, 0.0) * av.time_base))
            if next(container.decode(stream), None) is None:
                raise VideoError(path, cut)
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(path, cut) from error


PLAYED = {
    "h264": ("mov,mp4",),
    "vp8": ("webm",),
    "vp9": ("webm", "mov,mp4"),
    "av1": ("webm", "mov,mp4"),
}
"""What both Chromium and Firefox play: the picture's codecs, and the containers allowed for each."""
PLAYED_PIXELS = {
    "h264": ("yuv420p", "yuvj420p"),
    "vp8": ("yuv420p",),
    "vp9": ("yuv420p", "yuv420p10le"),
    "av1": ("yuv420p", "yuv420p10le"),
}
PLAYED_SOUND = ("aac", "mp3", "opus", "vorbis", "flac")


PLAYED_ALONE = {
    "aac": ("mov,mp4",),
    "mp3": ("mp3",),
    "opus": ("ogg", "webm"),
    "vorbis": ("ogg", "webm"),
    "flac": ("flac", "ogg"),
    "pcm_s16le": ("wav",),
    "pcm_u8": ("wav",),
    "pcm_s24le": ("wav",),
}
"""The same for sound alone, limited to formats in which a browser can seek to any second; raw AAC, for example, is not
one."""


@dataclass(frozen=True)
class VideoFormat:
    """A file's format in words; the part that no browser plays (empty if all is well); the command that converts it to
    a file that every browser plays; whether it has sound."""

    text: str
    unplayable: str
    convert_command: str
    has_sound: bool


def describe_format(path: Path) -> VideoFormat:
    """Container and codecs of a video file, and how to convert it. Raises `VideoError` if it is not a video."""
    import av
    import av.error

    try:
        with av.open(str(path)) as container:
            streams = [f"{s.type} {s.codec_context.name}" for s in container.streams if s.type in ("video", "audio")]
            text = f"{container.format.long_name or container.format.name}: {', '.join(streams)}"
            picture = picture_of(container)
            # Use the codec's name, not the decoder's: MP3 has several decoders.
            sound = container.streams.audio[0].codec_context.codec.canonical_name if container.streams.audio else ""
            name = _container_name(path, container.format.name)
            if picture is None:
                unplayable = _unplayable_alone(container, name, sound)
                return VideoFormat(text, unplayable, _convert_sound_command(path), bool(sound))
            unplayable = _unplayable(name, picture.codec_context.name, str(picture.pix_fmt), sound)
            odd_size = bool(picture.width % 2 or picture.height % 2)
    except (av.error.FFmpegError, IndexError) as error:
        raise VideoError(path, f"{path} is not a video that can be read ({error}).") from error
    return VideoFormat(text, unplayable, _convert_command(path, odd_size=odd_size), bool(sound))


def check_playable(path: Path) -> None:
    """Refuse a video that no browser plays, and give the command that converts it."""
    found = describe_format(path)
    if found.unplayable:
        raise VideoError(
            path,
            f"No browser plays {path}: {found.unplayable} ({found.text}). Add --convert to have a copy made that "
            f"browsers play, or convert it yourself, and add what comes out of it: {found.convert_command}",
        )


def _unplayable(container: str, codec: str, pixels: str, sound: str) -> str:
    if codec not in PLAYED:
        return f"its picture is {codec}"
    if pixels not in PLAYED_PIXELS[codec]:
        return f"its picture is {codec} with pixels of {pixels}"
    if container not in PLAYED[codec]:
        return f"its container is {container}"
    if sound and sound not in PLAYED_SOUND:
        return f"its sound is {sound}"
    return ""


def _unplayable_alone(container: Any, name: str, sound: str) -> str:
    if not sound:
        return "it holds no sound"
    if sound == "mp3" and name == "mp3":
        # Browsers guess a time in such a file from the position in the file.
        sizes = [packet.size for packet in container.demux(container.streams.audio[0]) if packet.size][1:]
        return "its MP3 has a varying bit rate, in which browsers miss seconds" if sizes and _varies(sizes) else ""
    if sound not in PLAYED_ALONE:
        return f"its sound is {sound}"
    if name not in PLAYED_ALONE[sound]:
        return f"its container is {name}"
    return ""


def _varies(sizes: list[int]) -> bool:
    """Whether packets differ by more than one padding byte; the last packet may be cut short."""
    return max(sizes[:-1] or sizes) - min(sizes[:-1] or sizes) > 1


def _convert_sound_command(path: Path) -> str:
    target = path.with_name(f"{path.stem}-web.flac")
    return command_line("ffmpeg", "-i", f"file:{path}", "-map", "0:a:0", "-c:a", "flac", f"file:{target}")


def _container_name(path: Path, name: str) -> str:
    """The container's name as in `PLAYED`. WebM is Matroska that names itself WebM at the beginning of the file."""
    if name == "matroska,webm":
        with path.open("rb") as file:
            return "webm" if b"webm" in file.read(64) else "matroska"
    return "mov,mp4" if "mp4" in name.split(",") else name


def _convert_command(path: Path, *, odd_size: bool) -> str:
    # The encoder does not accept an odd width or height.
    even = ("-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2") if odd_size else ()
    target = path.with_name(f"{path.stem}-web.mp4")
    # ffmpeg takes a name with a colon as an address, and a name with a dash as an option.
    return command_line(
        "ffmpeg", "-i", f"file:{path}", "-map", "0:v:0", "-map", "0:a:0?", *even, "-c:v", "libx264",
        "-preset", "medium", "-crf", "20", "-pix_fmt", "yuv420p", "-g", "50", "-c:a", "aac",
        "-movflags", "+faststart", f"file:{target}",
    )  # fmt: skip
