"""Another program's ratings as a recording of a session: one journal, marked as imported, with the source's hash.

All code that reads recordings can read it; it contains no dial, no clock and no player.
"""

import hashlib
import math
import platform
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracedial import __version__
from tracedial.errors import ExchangeError
from tracedial.exchange.cues import on_one_line
from tracedial.exchange.delimited_rows import MARKS
from tracedial.exchange.from_carma import read_carma, read_darma
from tracedial.exchange.from_csv import PAGAN, Columns, read_csv, read_pagan
from tracedial.exchange.from_xdf import read_xdf
from tracedial.exchange.incoming import AUTO, BadRow, Incoming, on_scale
from tracedial.files.private import make_folder
from tracedial.recording.folder import JOURNAL_NAME, SESSION_FILE
from tracedial.recording.opening import check_names
from tracedial.recording.rater_lock import RaterLock
from tracedial.recording.record_kinds import Kind
from tracedial.recording.session import FORMAT, LIVE, check_video, read_session, video_to_json, write_session
from tracedial.recording.whole_journal import write_whole_journal
from tracedial.video import Video

FORMATS = ("carma", "darma", "pagan", "csv", "xdf")
BEYOND_S = 1.0
"""How far stamps may lie beyond the video's end, since programs round its length up."""
BEYOND = "is beyond the video's end"
MOST_STEPS = 1000
NAMED = 5
"""A message names at most this many malformed rows."""


@dataclass(frozen=True)
class Source:
    """A file to import and how to read it: its format (empty: detected), the columns of a table, the ends of its scale
    (None: as the file says), and for an XDF file the stream and the marker at which the video began."""

    path: Path
    format: str = ""
    columns: Columns = field(default_factory=lambda: Columns("", ""))
    scale: tuple[float, float] | None = None
    stream: str = ""
    zero: str = ""


def read_incoming(source: Source) -> tuple[Incoming, str]:
    """A file's ratings and its SHA-256. Raises `ExchangeError` if the file cannot be read in its format."""
    path = source.path
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ExchangeError(path, f"{path} cannot be read: {error.strerror}.") from error
    found = _read(source, data)
    low, high = source.scale or (found.low, found.high)
    if low is not None and high is not None:
        found = replace(on_scale(found, low, high), low=low, high=high)
    return found, hashlib.sha256(data).hexdigest()


def _read(source: Source, data: bytes) -> Incoming:
    path, columns = source.path, source.columns
    name = source.format or _format_of(path, data, columns)
    if name == "carma":
        return read_carma(path, data, delimiter=columns.delimiter)
    if name == "darma":
        return read_darma(path, data, delimiter=columns.delimiter, value=columns.value)
    if name == "pagan":
        return read_pagan(path, data, delimiter=columns.delimiter, unit=columns.unit, where=columns.where)
    if name == "xdf":
        return read_xdf(path, data, stream=source.stream, value=columns.value, zero=source.zero)
    if not (columns.time and columns.value):
        raise ExchangeError(
            path,
            f"{path} is no file of CARMA, DARMA, PAGAN or XDF: name its columns, as in --time Seconds --value Rating.",
        )
    return read_csv(path, data, columns)


def _format_of(path: Path, data: bytes, columns: Columns) -> str:
    """The format recognized from the file's beginning; `csv` if none is recognized or the columns are named."""
    if data.startswith(b"XDF:"):
        return "xdf"
    if columns.time:
        return "csv"
    encoding = next((name for mark, name in MARKS if data.startswith(mark)), "utf-8")
    lines = data[:20_000].decode(encoding, "replace").splitlines()
    for line in lines[:12]:
        if line.replace('"', "").startswith("%%%%%%"):
            return "darma" if line.count("%%%%%%") >= 4 else "carma"
    if lines and all(name in lines[0] for name in (*PAGAN, "Timestamp")):
        return "pagan"
    return "csv"


def checked(found: Incoming, path: Path, *, duration_s: float | None, skip: bool) -> Incoming:
    """The ratings without rows beyond the video's end (`duration_s`; None: not known). Raises `ExchangeError` if rows
    are malformed and `skip` is not set, which would leave them out, or if no rating remains."""
    if duration_s is not None:
        beyond = {
            row: f"{at_s:g} s {BEYOND} at {duration_s:g} s"
            for at_s, row in zip(found.at_s, found.row, strict=True)
            if at_s > duration_s + BEYOND_S
        }
        if beyond and found.held and len(found.at_s) - len(beyond) > 0:
            # A player reports its last change at the video's end according to its own clock.
            beyond = {row: why for row, why in beyond.items() if row != found.row[-1]}
        found = found.without(beyond) if beyond else found
    rated = sum(not math.isnan(value) for value in found.rating)
    if found.malformed and not (skip and rated):
        n_rows, few = len(found.row) + len(found.malformed), found.malformed[:NAMED]
        said = "; ".join(f"row {one.row}: {one.why}" for one in few)
        more = "; …" if len(found.malformed) > NAMED else ""
        remedy = "put them right, or leave them out with --skip-malformed" if rated else "nothing would be left"
        too_late = sum(BEYOND in one.why for one in found.malformed) > n_rows / 2
        unit = " Are its times in another unit (--time-unit)?" if too_late else ""
        raise ExchangeError(
            path, f"{len(found.malformed)} of {n_rows} rows of {path} cannot be read ({said}{more}): {remedy}.{unit}"
        )
    if not rated:
        raise ExchangeError(path, f"{path} holds no ratings.")
    return found


def import_ratings(
    found: Incoming, sha256: str, source: Source, session: Path, rater: str, *, video: Video | None, synthetic: bool
) -> Path:
    """Write a rater's recording into a session's folder, creating that if needed; returns the recording's folder.
    `video` may be None if the session has one, or if nobody has its file. Raises `RecordingError` if the rater already
    has a recording, or if the session has another video."""
    check_names(session, [rater])
    lock = RaterLock(session / rater)
    if video:
        check_video(session, video)
    known = read_session(session) if (session / SESSION_FILE).exists() else None
    unseen = {**LIVE, "name": on_one_line(found.video_name)[:200] or "not known"}
    facts = video_to_json(video) if video else (known.video if known else unseen)
    synthetic = synthetic or bool(known and known.synthetic)
    try:
        lock.acquire()
        check_names(session, [rater])
        write_session(session, video, [rater], synthetic=synthetic, unseen=unseen)
        make_folder(session / rater)
        header = _header(rater, synthetic, facts) | {"imported": _provenance(found, sha256, source)}
        records = (
            {"kind": Kind.RATING, "video_s": at_s, "rating": None if math.isnan(value) else value, "row": row}
            for at_s, value, row in zip(found.at_s, found.rating, found.row, strict=True)
        )
        end = {"kind": Kind.END, "ratings": len(found.row), "complete": True}
        write_whole_journal(session / rater / JOURNAL_NAME, [header, *records, end])
    except OSError as error:
        raise ExchangeError(
            session, f"The recording in {session / rater} cannot be written: {error.strerror}."
        ) from error
    finally:
        lock.release()
    return session / rater


def _header(rater: str, synthetic: bool, video: dict[str, Any]) -> dict[str, Any]:
    return {
        "kind": Kind.RECORDING,
        "format": FORMAT,
        "rater": rater,
        "synthetic": synthetic,
        "origin_ns": 0,
        "wall_clock": datetime.now(UTC).isoformat(timespec="seconds"),
        "software": f"tracedial {__version__}",
        "python": platform.python_version(),
        "system": platform.system(),
        "rate_hz": None,
        "video": video,
        "settings": {},
    }


def _provenance(found: Incoming, sha256: str, source: Source) -> dict[str, Any]:
    columns = source.columns
    asked = {
        "time": columns.time,
        "value": columns.value,
        "stream": source.stream,
        "zero": source.zero,
        **columns.where,
    }
    return {
        "file": on_one_line(source.path.name),
        "sha256": sha256,
        "format": found.format,
        "program": on_one_line(found.program),
        "chosen": {name: on_one_line(text) for name, text in asked.items() if text},
        "step_s": found.step_s,
        "held": found.held,
        "scale": _scale(found),
        "notes": [on_one_line(note) for note in found.notes],
        "malformed": [{"row": one.row, "why": on_one_line(one.why)} for one in found.malformed],
    }


def _scale(found: Incoming) -> dict[str, Any] | None:
    """The scale in the form that a dial reports; None if it is not known."""
    if found.low is None or found.high is None:
        return None
    low, high = (_plain(end) for end in (found.low, found.high))
    detents = [[_plain(at), on_one_line(text)] for at, text in sorted(found.labels.items())]
    return {"low": low, "high": high, "step": _step(found, found.low, found.high), "detents": detents}


def _step(found: Incoming, low: float, high: float) -> float:
    """The largest of 1, 0.1 and 0.01 such that all ratings lie whole steps above the lower end; a thousandth of the
    scale if none fits."""
    known = [value for value in found.rating if not math.isnan(value)]
    for step in (1, 0.1, 0.01):
        if step <= (high - low) / 2 and all(abs((v - low) / step - round((v - low) / step)) < 1e-6 for v in known):
            return step
    return (high - low) / MOST_STEPS


def _plain(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value


__all__ = ["AUTO", "FORMATS", "BadRow", "Columns", "Source", "checked", "import_ratings", "read_incoming"]
