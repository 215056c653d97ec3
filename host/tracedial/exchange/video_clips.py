"""Clips of a session video as files: the clip that was shown for each rupture, repair and peak.

A clip that begins at a key frame is copied unchanged; any other is re-encoded from its exact first frame.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tracedial.errors import ExchangeError
from tracedial.exchange.contents import Dyad
from tracedial.exchange.cues import file_stem
from tracedial.exchange.ffmpeg import CONTAINERS, find_ffmpeg, write_video_file
from tracedial.files.private import make_folder
from tracedial.video import Video

EXACT_VIDEO = ["-c:v", "libx264", "-preset", "medium", "-crf", "20", "-pix_fmt", "yuv420p",
               "-vf", "pad=ceil(iw/2)*2:ceil(ih/2)*2", "-movflags", "+faststart"]  # fmt: skip
SLACK_S = 0.5
"""A copied stream ends with the packet in which its length falls, at most this much later."""


@dataclass(frozen=True)
class CutClip:
    """A clip to cut: its file, its seconds of the video, and whether it is copied."""

    target: Path
    start_s: float
    end_s: float
    copied: bool


def planned_clips(dyad: Dyad, video: Video, out: Path, *, kinds: set[str], exact: bool) -> list[CutClip]:
    """The clips of all chosen segments, each once. `exact`: re-encode all of them. Raises `ExchangeError` if there are
    none, or if a file with a clip's name exists."""
    made: dict[Path, CutClip] = {}
    keys = KeyFrames(video)
    for rating in dyad.ratings:
        for clip in rating.chosen:
            if clip.segment.kind not in kinds:
                continue
            copied = not exact and video.path.suffix.lower() in CONTAINERS and keys.has_one_at(clip.start_s)
            ending = video.path.suffix.lower() if copied else ".mp4" if keys.has_picture else ".flac"
            target = out / f"{file_stem(dyad.name, rating.rater)}_{clip.segment.id}{ending}"
            made[target] = CutClip(target, clip.start_s, min(clip.end_s, video.duration_s), copied)
    if not made:
        raise ExchangeError(out, f"{dyad.name} has no segments to cut clips of ({', '.join(sorted(kinds))}).")
    return list(made.values())


def cut_clips(
    clips: list[CutClip], video: Video, *, force: bool, on_progress: Callable[[float], None] = lambda share: None
) -> None:
    """Write the clips. `on_progress` receives the finished share of all, from 0 to 1. Raises `ExchangeError` if a file
    exists and `force`, which replaces it, is not set; `VideoError` if ffmpeg is missing or fails."""
    find_ffmpeg(video.path)
    keys = KeyFrames(video)
    for clip in clips:
        if clip.target.exists() and not force:
            raise ExchangeError(
                clip.target, f"{clip.target} exists already: say --force to replace it, or choose another folder."
            )
    make_folder(clips[0].target.parent)
    total_s = sum(clip.end_s - clip.start_s for clip in clips)
    before_s = 0.0
    for clip in clips:
        length_s = clip.end_s - clip.start_s
        begin = ["-ss", f"{clip.start_s + keys.first_s:.6f}", "-i", f"file:{video.path}", "-t", f"{length_s:.6f}"]
        streams = ["-map", "0:v:0", "-map", "0:a:0?"] if keys.has_picture else ["-map", "0:a:0"]
        sound = ["-c:a", "aac"] if keys.has_picture else ["-c:a", "flac"]
        coded = ["-c", "copy"] if clip.copied else [*(EXACT_VIDEO if keys.has_picture else []), *sound]
        done = (before_s, length_s)
        write_video_file(
            clip.target, [*begin, *streams, "-map_metadata", "-1", *coded], length_s,
            lambda share, done=done: on_progress((done[0] + share * done[1]) / total_s),
        )  # fmt: skip
        before_s += length_s
    on_progress(1.0)


class KeyFrames:
    """The places where a video can be cut without re-encoding. `first_s`: how long after the file's own zero the first
    frame is shown; that frame is second 0 of the ratings."""

    def __init__(self, video: Video) -> None:
        import av

        self._video = video
        with av.open(str(video.path)) as container:
            self.has_picture = bool(container.streams.video)
            stream = container.streams.video[0] if self.has_picture else container.streams.audio[0]
            base = float(stream.time_base or 0)
            self._zero_s = (stream.start_time or 0) * base
            self.first_s = self._zero_s - (container.start_time or 0) / av.time_base
            self._half_frame_s = 0.5 / video.frame_rate_hz if self.has_picture and video.frame_rate_hz else 0.01

    def has_one_at(self, at_s: float) -> bool:
        """Whether the first frame shown from second `at_s` on is a key frame. Sound has no key frames (the answer is
        False) and can be cut at every packet."""
        import av

        if not self.has_picture:
            return False
        with av.open(str(self._video.path)) as container:
            stream = container.streams.video[0]
            base = float(stream.time_base or 0)
            wanted = self._zero_s + at_s
            container.seek(int((wanted + self._half_frame_s) / base), stream=stream, backward=True)
            packet = next((one for one in container.demux(stream) if one.pts is not None), None)
            return packet is not None and abs(float(packet.pts or 0) * base - wanted) <= self._half_frame_s
