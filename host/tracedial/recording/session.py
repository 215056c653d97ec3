"""The session folder's own file: which video, which raters, synthetic or not."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialwire.scale import Scale
from tracedial.errors import RecordingError
from tracedial.files.private import make_folder
from tracedial.files.safe_text import whole_text
from tracedial.files.shape import LINE, WHOLE, YES_OR_NO, Entry, if_there, is_list, is_number, is_table, misfit, or_null
from tracedial.files.whole_file import write_whole
from tracedial.recording.folder import SESSION_FILE
from tracedial.video import Video

FORMAT = 2
"""Version of the session's folder and of the journals in it."""
READ_FORMATS = (1, FORMAT)
LIVE = {"name": "live", "sha256": "", "duration_s": None, "frame_rate_hz": None, "width": None, "height": None}
"""Stands for the video of a live event, which has none."""
NAME_RULE = "1 to 40 letters, digits, - and _ (it names a folder)"


def is_name(text: str) -> bool:
    """Whether a text can name a session or a rater: see `NAME_RULE`."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", text) is not None


FACTS = ("duration_s", "frame_rate_hz", "width", "height")
POSITIVE = Entry("a number above 0 and at most a million", lambda value: is_number(value) and 0 < value <= 1e6)
ORIGINAL = Entry(
    "a file's name and sha256",
    lambda value: is_table(value) and set(value) == {"name", "sha256"} and all(map(LINE.fits, value.values())),
)
SHAPE = {
    "format": WHOLE,
    "session": LINE,
    "video": {
        "name": LINE, "sha256": LINE,
        **{name: if_there(or_null(POSITIVE)) for name in FACTS},
    },
    "synthetic": YES_OR_NO,
    "video_file": if_there(LINE),
    "converted_from": if_there(ORIGINAL),
}  # fmt: skip


@dataclass(frozen=True)
class Session:
    """A session folder: its raters, and the video that all of them rated. `video_file` is its path relative to the
    study's folder; empty outside a study. If the video is a converted copy, `converted_from` names the original file,
    with its hash."""

    folder: Path
    name: str
    raters: list[str]
    video: dict[str, Any]
    synthetic: bool
    video_file: str = ""
    converted_from: dict[str, str] | None = None


def read_session(folder: Path) -> Session:
    """Read a session folder's own file."""
    path = folder / SESSION_FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecordingError(
            folder,
            f"{folder} is no session folder (it has no {SESSION_FILE}): give the folder that `tracedial record` "
            "made, or two or more trace CSVs.",
        ) from None
    except OSError as error:
        raise RecordingError(path, f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise RecordingError(path, f"{path} cannot be read as a session's file ({error}).") from error
    if is_table(content):
        check_format(path, content.get("format"))
    if said := misfit(content, SHAPE) or _odd_raters(content.get("raters")):
        raise RecordingError(
            path, f"{path} cannot be read as a session's file ({said}): put it right, or back from a copy."
        )
    return Session(
        folder=folder,
        name=content["session"],
        raters=content["raters"],
        video={**dict.fromkeys(FACTS), **content["video"]},
        synthetic=content["synthetic"],
        video_file=content.get("video_file", ""),
        converted_from=content.get("converted_from"),
    )


def _odd_raters(raters: Any) -> str:
    if not is_list(raters) or not all(isinstance(rater, str) and is_name(rater) for rater in raters):
        return f"its raters are no names; use {NAME_RULE}"
    lowered = [rater.lower() for rater in raters]
    twice = next((rater for rater in raters if lowered.count(rater.lower()) > 1), None)
    return f"raters has {twice!r} twice" if twice else ""


def check_video(folder: Path, video: Video) -> Session | None:
    """The session that a folder already holds, if any. Raises if it has another video."""
    if not (folder / SESSION_FILE).exists():
        return None
    session = read_session(folder)
    if session.video["sha256"] != video.sha256:
        raise RecordingError(
            folder,
            f"{folder} holds recordings of {session.video['name']} (sha256 {session.video['sha256'][:12]}…), "
            f"not of {video.path.name} ({video.sha256[:12]}…): one session folder is for one video.",
        )
    return session


def check_live(folder: Path) -> Session | None:
    """The group that a folder already holds, if any. Raises if the folder holds recordings of a video."""
    if not (folder / SESSION_FILE).exists():
        return None
    session = read_session(folder)
    if session.video["sha256"]:
        raise RecordingError(
            folder, f"{folder} holds recordings of {session.video['name']}: give another folder for what happens live."
        )
    return session


def write_session(
    folder: Path,
    video: Video | None,
    raters: list[str],
    *,
    synthetic: bool,
    video_file: str | None = None,
    converted_from: Video | None = None,
    unseen: dict[str, Any] | None = None,
) -> None:
    """Write (or add to) the session's own file. Anything labelled synthetic stays labelled so. `video_file` says where
    a study finds the video, `converted_from` from which file it was copied. `unseen`: the ratings were imported; they
    belong to the session's video or, if it has none, to this one."""
    if unseen and not video:
        session = read_session(folder) if (folder / SESSION_FILE).exists() else None
    else:
        session = check_video(folder, video) if video else check_live(folder)
    known = session.raters if session else []
    synthetic = synthetic or bool(session and session.synthetic)
    path = folder / SESSION_FILE
    try:
        make_folder(folder)
        content = {
            "format": FORMAT,
            "session": whole_text(folder.resolve().name),
            "video": video_to_json(video) if video else (session.video if session and unseen else unseen or LIVE),
            "raters": [*known, *(rater for rater in raters if rater not in known)],
            "synthetic": synthetic,
        }
        where = video_file or (session.video_file if session else "")
        if where:
            content["video_file"] = where
        if converted_from:
            content["converted_from"] = {"name": converted_from.path.name, "sha256": converted_from.sha256}
        elif session and session.converted_from:
            content["converted_from"] = session.converted_from
        write_whole(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise RecordingError(folder, f"The session folder {folder} cannot be written: {error.strerror}.") from error


def video_to_json(video: Video) -> dict[str, Any]:
    """A video's facts, without its folder."""
    return {
        "name": video.path.name,
        "sha256": video.sha256,
        "duration_s": video.duration_s,
        "frame_rate_hz": video.frame_rate_hz,
        "width": video.width,
        "height": video.height,
    }


def scale_to_json(scale: Scale) -> dict[str, Any]:
    """A dial's scale as the journal and the pages have it."""
    return {"low": scale.low, "high": scale.high, "step": scale.step, "detents": [list(d) for d in scale.detents]}


def check_format(path: Path, found: object) -> None:
    """Refuse a file with a format that this version does not know."""
    if found not in READ_FORMATS:
        raise RecordingError(
            path,
            f"{path} is of format {ascii(found)[:40]}, and this version of tracedial reads format {FORMAT}: update it.",
        )
