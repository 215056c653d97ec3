"""Runs the program ffmpeg, which cuts videos and draws into them, and follows its progress."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tracedial.errors import VideoError
from tracedial.files.whole_file import half_file

LAST_WORDS = 400
"""How many of the last characters of ffmpeg's output are shown when it fails."""
INSTALL = "install it with `apt install ffmpeg`, `brew install ffmpeg` or `winget install ffmpeg`"
CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm", ".flac": "flac",
              ".m4a": "mp4", ".mp3": "mp3", ".wav": "wav", ".ogg": "ogg"}  # fmt: skip
"""File extensions and ffmpeg's names for their containers."""


def find_ffmpeg(path: Path) -> str:
    """The path of ffmpeg. Raises `VideoError` (about `path`) if this computer does not have it."""
    found = shutil.which("ffmpeg")
    if not found:
        raise VideoError(path, f"This computer has no ffmpeg, which is needed to cut videos: {INSTALL}.")
    return found


def write_video_file(
    target: Path, arguments: list[str], length_s: float, on_progress: Callable[[float], None] = lambda share: None
) -> None:
    """Have ffmpeg write `target`, complete or not at all. `arguments` are those before the output file; `on_progress`
    receives the written share of `length_s`, from 0 to 1. Raises `VideoError`."""
    program = find_ffmpeg(target)
    try:
        with half_file(target) as half:
            form = ["-f", CONTAINERS[target.suffix.lower()], f"file:{half}"]
            words = [program, "-nostdin", "-y", "-v", "error", "-progress", "pipe:1", *arguments, *form]
            said = _run(words, length_s, on_progress)
            if said is not None or not half.stat().st_size:
                raise VideoError(target, f"{target} cannot be written; ffmpeg says: {said or 'nothing'}")
    except OSError as error:
        raise VideoError(target, f"{target} cannot be written: {error.strerror}.") from error


def _run(words: list[str], length_s: float, on_progress: Callable[[float], None]) -> str | None:
    """Run ffmpeg to its end; returns its output if it failed, else None."""
    # One pipe for both streams: with two, a full pipe that nobody reads would block ffmpeg.
    with subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        encoding="utf-8", errors="replace",
    ) as running:  # fmt: skip
        assert running.stdout is not None
        said: list[str] = []
        try:
            for line in running.stdout:
                name, _, value = line.strip().partition("=")
                if name == "out_time_us" and value.lstrip("-").isdecimal():
                    on_progress(min(max(int(value) / 1e6 / max(length_s, 1e-3), 0.0), 1.0))
                elif name not in PROGRESS:
                    said.append(line.strip())
        except BaseException:
            running.kill()
            raise
    return None if running.returncode == 0 else " ".join(said)[-LAST_WORDS:].strip()


PROGRESS = ("frame", "fps", "bitrate", "total_size", "out_time_ms", "out_time", "dup_frames", "drop_frames", "speed",
            "progress", "stream_0_0_q", "stream_0_1_q", "stream_1_0_q")  # fmt: skip
"""Names of ffmpeg's progress lines."""
