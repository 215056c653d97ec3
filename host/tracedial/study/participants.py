"""Deleting what one rater of a session gave, and saying what is left of it elsewhere."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from tracedial.errors import StudyError
from tracedial.files.whole_file import write_whole
from tracedial.recording.folder import SESSION_FILE
from tracedial.recording.rater_lock import RaterLock
from tracedial.recording.session import read_session
from tracedial.study.study import Study
from tracedial.study.verdicts import voided_ratings

REPORT = "report"
"""A session's folder of results, which are made of all raters' data."""


@dataclass(frozen=True)
class Deleted:
    """What was deleted, and what of the study was made of several raters' data and is still there."""

    gone: list[Path]
    left: list[Path]


def planned_deletion(study: Study, session: str, rater: str) -> list[Path]:
    """The folders that deleting a rater of a session takes away: ratings, voided ones too, and the session's report.
    Raises `StudyError` where there is no such rater."""
    folder = study.session_folder(session)
    known = read_session(folder)
    own = folder / rater
    if rater not in known.raters and not own.is_dir():
        raise StudyError(folder, f"The session {session} has no rater {rater}; it has {', '.join(known.raters)}.")
    found = [own, *(one.folder for one in voided_ratings(folder, rater)), folder / REPORT]
    return [path for path in found if path.exists()]


def delete_participant(study: Study, session: str, rater: str) -> Deleted:
    """Delete a rater's data and take the rater off the session's list. Raises `RecordingError` while somebody records
    there, `StudyError` where the system refuses."""
    planned = planned_deletion(study, session, rater)
    folder = study.session_folder(session)
    lock = RaterLock(folder / rater)
    try:
        lock.acquire()
        path = folder / SESSION_FILE
        content = json.loads(path.read_text(encoding="utf-8"))
        content["raters"] = [name for name in content["raters"] if name != rater]
        write_whole(path, json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    except OSError as error:
        raise StudyError(folder, f"{folder} cannot be changed: {error.strerror}. Nothing was deleted.") from error
    finally:
        lock.release()
    for path in {*planned, folder / rater}:
        try:
            shutil.rmtree(path)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StudyError(
                path, f"{path} could not be deleted whole ({error.strerror}): delete it by hand."
            ) from error
    made = (study.folder / name for name in ("export", REPORT, "results"))
    return Deleted(planned, [path for path in made if path.exists()])
