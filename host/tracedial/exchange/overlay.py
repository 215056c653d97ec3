"""A session video with the raters' traces below it and a line that moves with the time, for supervision and talks."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tracedial.errors import ExchangeError, VideoError
from tracedial.exchange.contents import Dyad
from tracedial.exchange.ffmpeg import find_ffmpeg, write_video_file
from tracedial.exchange.video_clips import KeyFrames
from tracedial.video import Video

COLORS = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf")
DPI = 100
LEFT_PX, RIGHT_PX, BOTTOM_PX, TOP_PX = 46, 12, 24, 8
"""Margins around the traces, for the scale's numbers and the minutes."""
LINE_PX = 2
LEAST_WIDTH_PX = 200


def write_overlay(
    dyad: Dyad, video: Video, target: Path, *, force: bool, on_progress: Callable[[float], None] = lambda share: None
) -> None:
    """Write the video with the traces of all raters into `target` (an .mp4), complete or not at all. `on_progress`
    receives the finished share, from 0 to 1. Raises `ExchangeError` if the file exists and `force`, which replaces it,
    is not set; `VideoError` if ffmpeg is missing or fails, or if the video has no picture."""
    find_ffmpeg(video.path)
    keys = KeyFrames(video)
    if not keys.has_picture or not video.width:
        raise VideoError(video.path, f"{video.path} has no picture to draw the traces below.")
    if target.suffix.lower() != ".mp4":
        raise ExchangeError(target, f"{target} must be named ….mp4, which is what is written.")
    if target.exists() and not force:
        raise ExchangeError(target, f"{target} exists already: say --force to replace it, or choose another name.")
    width = max(video.width + video.width % 2, LEAST_WIDTH_PX)
    height = max(round(width * 0.16 / 2) * 2, 80)
    with tempfile.TemporaryDirectory(prefix="tracedial-") as folder:
        strip = Path(folder) / "strip.png"
        strip.write_bytes(strip_png(dyad, video.duration_s, width, height))
        write_video_file(target, _arguments(video, strip, width, height, keys.first_s), video.duration_s, on_progress)
    on_progress(1.0)


def _arguments(video: Video, strip: Path, width: int, height: int, first_s: float) -> list[str]:
    inner = width - LEFT_PX - RIGHT_PX
    moves = f"{LEFT_PX}+{inner}*min(max((t-{first_s:.6f})/{video.duration_s:.6f},0),1)-{LINE_PX // 2}"
    line_height = height - BOTTOM_PX - TOP_PX
    graph = (
        f"[0:v:0]setsar=1,pad={width}:ceil(ih/2)*2+{height}:(ow-iw)/2:0:white[picture];"
        f"[picture][1:v]overlay=0:H-h[drawn];"
        f"color=c=black:s={LINE_PX}x{line_height}:r=25[line];"
        f"[drawn][line]overlay=x='{moves}':y=H-{height - TOP_PX}:shortest=1[out]"
    )
    coded = ["-c:v", "libx264", "-preset", "medium", "-crf", "20", "-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    return ["-i", f"file:{video.path}", "-i", f"file:{strip}", "-filter_complex", graph, "-map", "[out]",
            "-map", "0:a:0?", "-map_metadata", "-1", *coded, "-c:a", "aac"]  # fmt: skip


def strip_png(dyad: Dyad, duration_s: float, width: int, height: int) -> bytes:
    """The traces over the whole video as a PNG of `width` by `height` pixels. Second s is drawn where the line is at
    that time."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    across, up = (width - LEFT_PX - RIGHT_PX) / width, (height - BOTTOM_PX - TOP_PX) / height
    axes = figure.add_axes((LEFT_PX / width, BOTTOM_PX / height, across, up))
    for at, rating in enumerate(dyad.ratings):
        rated = rating.trace.rated
        axes.plot(np.arange(len(rated)) / 60, rated, color=COLORS[at % len(COLORS)], linewidth=1.4, label=rating.rater)
    scale = next((one.scale for one in dyad.ratings if one.scale), None)
    if scale:
        axes.set_ylim(scale.low, scale.high)
    axes.set_xlim(0, duration_s / 60)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper right", fontsize=7, ncols=len(dyad.ratings), frameon=False)
    made = io.BytesIO()
    figure.savefig(made, format="png", dpi=DPI)
    return made.getvalue()
