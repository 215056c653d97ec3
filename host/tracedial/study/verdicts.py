"""What a researcher decides about a whole rating: it is void and given again, or it stands though much is missing.

A decision is a line in the rating's `verdicts.tdj`, with who, when and why. A voided rating's folder moves, whole, to
`SESSION/_voided/RATER-1` (`-2` for the next), which no rater can be called: nothing in it is changed or deleted, and
the place where it lay is free for the next one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracedial.errors import StudyError
from tracedial.files.private import make_folder
from tracedial.files.safe_text import whole_text
from tracedial.files.shape import TEXT, misfit
from tracedial.recording.folder import journals
from tracedial.recording.journal import JournalWriter, read_journal
from tracedial.recording.rater_lock import RaterLock

VERDICTS_JOURNAL = "verdicts.tdj"
VOIDED = "_voided"
VOID, KEEP = "void", "keep"
_SHAPE = {"who": TEXT, "why": TEXT, "wall_clock": TEXT}


@dataclass(frozen=True)
class Verdict:
    """A decision about a rating: `kind` is `void` or `keep`."""

    kind: str
    who: str
    why: str
    wall_clock: str


@dataclass(frozen=True)
class VoidedRating:
    """A rating that is void: where it lies now, and why. `verdict` is None where its line is damaged."""

    rater: str
    folder: Path
    verdict: Verdict | None


def checked_author(folder: Path, *, who: str, why: str, needs_why: bool = True) -> dict[str, str]:
    """Who changes something and why, as both are kept. Raises `StudyError` where one is missing that is needed."""
    who, why = whole_text(str(who)).strip(), whole_text(str(why)).strip()
    if not who or len(who) > 40:
        raise StudyError(folder, "Say who makes the change (a code of yours, 1 to 40 characters).")
    if needs_why and not why:
        raise StudyError(folder, "Say why: it is kept with the change.")
    return {"who": who, "why": why[:2000]}


def void(folder: Path, *, who: str, why: str) -> Path:
    """Void the rating in a rater's folder; returns where it lies from now on.

    Raises `StudyError` where there is none or it cannot be moved, `RecordingError` while it is recorded.
    """
    said = checked_author(folder, who=who, why=why)
    if not journals(folder):
        raise StudyError(folder, f"There is no rating in {folder} to void.")
    lock = RaterLock(folder)
    lock.acquire()
    try:
        _append(folder, VOID, said)
    finally:
        # Windows moves no folder in which a file is open.
        lock.release()
    place = _free_place(folder)
    try:
        make_folder(place.parent)
        folder.rename(place)
    except OSError as error:
        raise StudyError(
            folder, f"The rating in {folder} cannot be moved to {place}: {error.strerror}. It is not voided; try again."
        ) from error
    return place


def keep(folder: Path, *, who: str, why: str) -> None:
    """Let a rating stand of which few seconds have a rating. Raises `StudyError` where there is none."""
    said = checked_author(folder, who=who, why=why)
    if not journals(folder):
        raise StudyError(folder, f"There is no rating in {folder} to keep.")
    _append(folder, KEEP, said)


def verdicts(folder: Path) -> list[Verdict]:
    """The decisions about the rating in a folder, in their order. Raises `StudyError` for lines that are none."""
    path = folder / VERDICTS_JOURNAL
    if not path.exists():
        return []
    found = []
    for record in read_journal(path).records:
        if record["kind"] not in (VOID, KEEP):
            continue
        if said := misfit(record, _SHAPE):
            raise StudyError(path, f"{path} has a line that is no decision ({said}): put it back from a copy.")
        found.append(Verdict(record["kind"], record["who"], record["why"], record["wall_clock"]))
    return found


def is_kept(folder: Path) -> bool:
    """Whether somebody decided that a rating stands as it is."""
    return any(verdict.kind == KEEP for verdict in verdicts(folder))


def voided_ratings(session_folder: Path, rater: str) -> list[VoidedRating]:
    """A rater's voided ratings of a session, the first one first."""
    places = [path for path in (session_folder / VOIDED).glob(f"{rater}-*") if _number(path, rater)]
    found = []
    for place in sorted(places, key=lambda path: _number(path, rater)):
        said = [verdict for verdict in verdicts(place) if verdict.kind == VOID]
        found.append(VoidedRating(rater, place, said[-1] if said else None))
    return found


def _free_place(folder: Path) -> Path:
    home, rater = folder.parent / VOIDED, folder.name
    number = 1 + max((_number(path, rater) for path in home.glob(f"{rater}-*")), default=0)
    return home / f"{rater}-{number}"


def _number(path: Path, rater: str) -> int:
    """Which of the rater's voided ratings a folder holds; 0 for no such folder."""
    rest = path.name.removeprefix(f"{rater}-")
    return int(rest) if rest.isascii() and rest.isdigit() and path.is_dir() else 0


def _append(folder: Path, kind: str, fields: dict[str, Any]) -> None:
    with JournalWriter(folder / VERDICTS_JOURNAL, append=True) as journal:
        journal.append(kind, wall_clock=datetime.now(UTC).isoformat(timespec="seconds"), **fields)
