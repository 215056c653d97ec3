"""Clips of a session video as files: what was shown of each rupture, repair and peak.

A clip that begins at a key frame is copied as it is; any other is encoded anew from its exact first frame on.
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
"""Where a stream is copied, it ends with the packet that its length falls into, at most so much later."""


@dataclass(frozen=True)
class CutClip:
    """A clip to be cut: the file that it becomes, its seconds of the video, and whether it is copied."""

    target: Path
    start_s: float
    end_s: float
    copied: bool


def planned_clips(dyad: Dyad, video: Video, out: Path, *, kinds: set[str], exact: bool) -> list[CutClip]:
    """The clips of all segments that hold, each once. `exact`: none is copied. Raises `ExchangeError` where there are
    none, or a file is there already under a clip's name."""
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
    """Write the clips. `on_progress` hears how much of all is done, from 0 to 1. Raises `ExchangeError` where a file is
    there already and `force` does not say to replace it, `VideoError` where ffmpeg is missing or fails."""
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
    """Where a video can be cut without being encoded anew. `first_s`: how much later than the file's own zero its
    first frame is shown, which is second 0 of the ratings."""

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
        """Whether a key frame is the first that is shown from second `at_s` on. Sound can be cut at any of its
        packets, and has no other ones."""
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
