"""How far the video was played in a recording."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracedial.errors import JournalError, StudyError
from tracedial.recording.folder import journals
from tracedial.recording.journal import read_journal

END_TOLERANCE_S = 1.0
"""Players end up to a frame (some up to a second) before the length that the file gives."""


@dataclass(frozen=True)
class Played:
    """The second of the video up to which a recording's player came; whether it began at all, whether it was played to
    its end."""

    at_s: float = 0.0
    began: bool = False
    ended: bool = False


def rated_until(folder: Path) -> Played:
    """How far the video was played in a recording, in all journals. Raises `StudyError` where one cannot be read."""
    played = Played()
    for name in journals(folder):
        path = folder / name
        try:
            stamp = (path.stat().st_size, path.stat().st_mtime_ns)
            if path not in _READ or _READ[path][0] != stamp:
                _READ[path] = (stamp, _played(path))
        except OSError as error:
            raise StudyError(path, f"{path} cannot be read: {error.strerror}.") from error
        except (JournalError, KeyError, TypeError, ValueError, IndexError) as error:
            raise StudyError(path, f"The journal {path} cannot be read ({error}).") from error
        here = _READ[path][1]
        # What was played to its end once stays so, whatever a later journal holds.
        played = Played(here.at_s or played.at_s, played.began or here.began, played.ended or here.ended)
    return played


# A journal is read once; a study's status is asked for every few seconds.
_READ: dict[Path, tuple[tuple[int, int], Played]] = {}


def _played(path: Path) -> Played:
    """Where the last event of the player, or the last frame that a page showed, was. A player without a page that ran
    to the journal's last record was as far as it ran until then."""
    at_s, began, ended = 0.0, False, False
    duration_s = None
    running: dict[str, Any] | None = None
    last_ns = 0
    for record in read_journal(path, samples_apart=True).records:
        last_ns = max(last_ns, record.get("host_ns") or record.get("host_received_ns") or 0)
        if record["kind"] == "recording":
            duration_s = record["video"]["duration_s"]
            # An import is all that there is of a rating, however far it goes.
            began = ended = bool(record.get("imported"))
        elif record["kind"] == "rating":
            at_s = float(record["video_s"])
        elif record["kind"] == "frames" and record["media_s"]:
            at_s = float(record["media_s"][-1])
            running = None
        elif record["kind"] == "player":
            at_s = float(record["video_s"])
            began = began or record["event"] == "play"
            running = record if record["event"] in ("play", "rate") else None
            ended = record["event"] == "ended" and duration_s is not None and at_s >= duration_s - END_TOLERANCE_S
    if running and last_ns > running["host_ns"]:
        at_s += (last_ns - running["host_ns"]) / 1e9 * running["speed"]
    return Played(at_s if duration_s is None else min(at_s, duration_s), began, ended)
