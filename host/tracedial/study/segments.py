"""The segments of a rating that are replayed: found by the rule, then kept, moved, added or taken away by a researcher.

Every change is a line in `segments.tdj` with who, when and why; the automatic segments stand there too, with their
parameters, and are never changed. What holds now is had by going through the lines.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial.errors import StudyError
from tracedial.files.safe_text import FOR_SPREADSHEETS, digits, write_table
from tracedial.files.shape import LINE, NUMBER, TEXT, WHOLE, YES_OR_NO, Entry, if_there, misfit
from tracedial.measures.clips import windows
from tracedial.measures.ruptures import Rupture, find_events
from tracedial.recording.journal import JournalWriter, read_journal
from tracedial.study.study import Study
from tracedial.study.verdicts import checked_author

Floats = NDArray[np.float64]

SEGMENTS_JOURNAL = "segments.tdj"
SEGMENTS_TABLE = "segments.csv"
KINDS = ("rupture", "repair", "peak")
BY_RULE = "rule"
COLUMNS = (
    "segment", "kind", "rank", "start_s", "end_s", "mean", "clip_start_s", "clip_end_s", "clip_cut", "clip_with",
    "chosen", "source", "changed_by", "why",
)  # fmt: skip


@dataclass(frozen=True)
class Segment:
    """A stretch of the video, seconds `start_s` (included) to `end_s` (excluded). `rank` 1 is the lowest (of peaks the
    highest). `source` is `rule` or who added it; `changed_by` and `why` are of the last change; `chosen` is false for
    one that was taken away."""

    id: str
    kind: str
    rank: int
    start_s: float
    end_s: float
    source: str = BY_RULE
    changed_by: str = ""
    why: str = ""
    chosen: bool = True


@dataclass(frozen=True)
class Clip:
    """What is replayed of a segment: from its beginning on, cut where the next clip begins and at the video's end
    (`cut` says so). `shown_with` are the ids of the other segments that the same seconds are shown for."""

    segment: Segment
    start_s: float
    end_s: float
    cut: bool
    shown_with: tuple[str, ...] = ()


@dataclass
class Choice:
    """What holds now of one rating's segments. `accepted_by` is empty until somebody says that the choice is made;
    `notes` are sentences about what the rule did not find."""

    segments: dict[str, Segment]
    automatic: list[Segment]
    parameters: dict[str, Any]
    notes: list[str]
    accepted_by: str = ""
    damaged_lines: int = 0

    @property
    def chosen(self) -> list[Segment]:
        """The segments that hold, in the order of the video."""
        return sorted((s for s in self.segments.values() if s.chosen), key=lambda s: (s.start_s, s.kind))


def automatic_segments(study: Study, rating: Floats) -> tuple[list[Segment], dict[str, Any], list[str]]:
    """What the study's rule finds in a rating, an array of shape (n_seconds,); its parameters; what it did not find."""
    plan, settings, step = study.segments, study.event_settings(), study.scale.step
    found: list[Segment] = []
    notes: list[str] = []
    if plan.count == 0:
        return found, settings.as_parameters(), notes
    if "lowest" in plan.kinds:
        events = find_events(rating, settings, step=step)
        notes += events.notes
        found += [_from_its_beginning("rupture", r) for r in events.ruptures]
        for repair in events.repairs if plan.repairs else []:
            if repair.onset_s is not None and repair.end_s is not None:
                found.append(Segment(f"repair-{repair.rank}", "repair", repair.rank, repair.onset_s, repair.end_s))
            else:
                notes.append(f"No repair was found after rupture {repair.rank}: {repair.reason}.")
    if "highest" in plan.kinds:
        # The highest segments are the lowest of the rating turned over.
        events = find_events(-np.asarray(rating, dtype=float), settings, step=step)
        notes += [note for note in events.notes if note not in notes]
        found += [_from_its_beginning("peak", p) for p in events.ruptures]
    return sorted(found, key=lambda s: (s.start_s, s.kind)), settings.as_parameters(), notes


def _from_its_beginning(kind: str, lowest: Rupture) -> Segment:
    """A segment that begins where its clip does: where the fall into it begins."""
    return Segment(f"{kind}-{lowest.rank}", kind, lowest.rank, lowest.clip[0], lowest.end_s)


def read_choice(folder: Path) -> Choice | None:
    """What holds now in a rating's folder; None where nobody has looked at its segments yet."""
    path = folder / SEGMENTS_JOURNAL
    if not path.exists():
        return None
    records, damaged_lines = read_changes(folder)
    choice = Choice({}, [], {}, [], damaged_lines=damaged_lines)
    for record in records:
        carry_out(choice, record)
    if not choice.parameters and (choice.damaged_lines or records):
        raise StudyError(
            path,
            f"The beginning of {path} is damaged, so that the choice of segments in it cannot be read: keep a copy of "
            "the file, take it out of the folder, and choose again.",
        )
    return choice if choice.parameters else None


def planned_choice(study: Study) -> tuple[dict[str, Segment], list[Segment], dict[str, Any], list[str]]:
    """What a choice begins from where there is no rating to find anything in."""
    _, parameters, _ = automatic_segments(study, np.full(1, np.nan))
    return {}, [], parameters, []


def read_changes(folder: Path) -> tuple[list[dict[str, Any]], int]:
    """The lines of a rating's choice, as they were written, and how many are damaged; none where there is no choice.
    Raises `StudyError` for a line that is no change of segments."""
    path = folder / SEGMENTS_JOURNAL
    if not path.exists():
        return [], 0
    content = read_journal(path)
    for record in content.records:
        if said := _misfit(record):
            raise StudyError(
                path, f"{path} has a line that is no change of segments ({said}): put it back from a copy."
            )
    return list(content.records), content.lines_lost


def begin_choice(folder: Path, study: Study, rating: Floats) -> Choice:
    """The choice of a rating, begun from the automatic segments where nobody has yet."""
    if choice := read_choice(folder):
        return choice
    segments, parameters, notes = automatic_segments(study, rating)
    _append(folder, "automatic", segments=[asdict(segment) for segment in segments], parameters=parameters, notes=notes)
    if study.segments.chosen_by == BY_RULE:
        _append(folder, "accepted", who=BY_RULE, why="the study's rule chooses")
    choice = read_choice(folder)
    assert choice is not None
    return choice


def change(folder: Path, *, action: str, who: str, why: str, end_of_video_s: float, **fields: Any) -> Choice:
    """Carry out a researcher's change and return what holds then.

    `add` (kind, start_s, end_s), `move` (id, start_s, end_s), `rank` (id, rank), `delete` (id), `restore` (id),
    `accept`, `reopen`. Raises `StudyError` with a sentence for what cannot be.
    """
    choice = read_choice(folder)
    if choice is None:
        raise StudyError(folder, f"Nobody has opened the segments of {folder} yet.")
    record = checked_author(folder, who=who, why=why, needs_why=action not in ("accept", "reopen"))
    if choice.accepted_by and action != "reopen":
        raise StudyError(folder, "The choice is made already: reopen it to change it.")
    if action in ("accept", "reopen"):
        _append(folder, "accepted" if action == "accept" else "reopened", **record)
    else:
        _append(folder, "change", action=action, **record, **_checked(folder, choice, action, fields, end_of_video_s))
    choice = read_choice(folder)
    assert choice is not None
    return choice


def clips(segments: Iterable[Segment], *, length_s: float, end_of_video_s: float, pairs: str = "apart") -> list[Clip]:
    """What is replayed, in the order in which it is: each rupture, then the repair after it; peaks where they stand.
    `pairs` is that of the study's `[clips]`."""
    ordered = sorted(segments, key=lambda s: (s.start_s, s.kind != "rupture", s.kind))
    others = [s for s in ordered if s.kind != "repair"]
    pair_of = [(_before(s, others) or s if s.kind == "repair" else s).id for s in ordered]
    made: dict[str, Clip] = {}
    for window in windows(
        [s.start_s for s in ordered], pair_of=pair_of, length_s=length_s, end_of_video_s=end_of_video_s, pairs=pairs
    ):
        shown = [ordered[at] for at in window.segments]
        for segment in shown:
            rest = tuple(other.id for other in shown if other is not segment)
            made[segment.id] = Clip(segment, window.start_s, window.end_s, window.cut, rest)
    found: list[Segment] = [s for s in ordered if s.kind == "repair" and not _before(s, others)]
    for segment in others:
        found.append(segment)
        found += [s for s in ordered if s.kind == "repair" and _before(s, others) is segment]
    return [made[segment.id] for segment in found]


def all_clips(segments: Iterable[Segment], *, length_s: float, end_of_video_s: float, pairs: str) -> list[Clip]:
    """The clips of the chosen segments, and of each that was taken away the one that it would have alone."""
    segments = list(segments)
    plan: dict[str, Any] = {"length_s": length_s, "end_of_video_s": end_of_video_s, "pairs": pairs}
    alone = [clip for s in segments if not s.chosen for clip in clips([s], **plan)]
    return sorted(clips((s for s in segments if s.chosen), **plan) + alone, key=lambda clip: clip.segment.start_s)


def write_segments(
    folder: Path, choice: Choice, rating: Floats, *, clip_s: float, end_of_video_s: float, pairs: str = "apart"
) -> None:
    """Write `segments.csv`: every segment, automatic or added, chosen or taken away, with its clip."""
    shown = all_clips(choice.segments.values(), length_s=clip_s, end_of_video_s=end_of_video_s, pairs=pairs)
    made = {clip.segment.id: clip for clip in shown}
    rows = [
        (
            segment.id, segment.kind, segment.rank, segment.start_s, segment.end_s, _mean(rating, segment),
            made[segment.id].start_s, made[segment.id].end_s, int(made[segment.id].cut),
            "; ".join(made[segment.id].shown_with), int(segment.chosen), segment.source, segment.changed_by,
            segment.why,
        )
        for segment in sorted(choice.segments.values(), key=lambda s: (s.start_s, s.kind))
    ]  # fmt: skip
    path = folder / SEGMENTS_TABLE
    try:
        write_table(path, COLUMNS, rows, encoding=FOR_SPREADSHEETS)
    except OSError as error:
        raise StudyError(path, f"{path} cannot be written: {error.strerror}.") from error


def _before(repair: Segment, others: list[Segment]) -> Segment | None:
    """The rupture that a repair follows: the last that begins no later."""
    earlier = [s for s in others if s.kind == "rupture" and s.start_s <= repair.start_s]
    return earlier[-1] if earlier else None


def _mean(rating: Floats, segment: Segment) -> Decimal | None:
    own = rating[int(segment.start_s) : int(np.ceil(segment.end_s))]
    return digits(float(np.nanmean(own)), 3) if np.any(~np.isnan(own)) else None


def _checked(
    folder: Path, choice: Choice, action: str, fields: dict[str, Any], end_of_video_s: float
) -> dict[str, Any]:
    """The fields of a change that can be carried out."""
    if action == "add":
        kind = fields.get("kind")
        if kind not in KINDS:
            raise StudyError(folder, f"{kind!r} is no kind of segment: {', '.join(KINDS)} are.")
        start_s, end_s = _span(folder, fields, end_of_video_s)
        taken = [s for s in choice.segments.values() if s.kind == kind]
        number = 1 + sum(s.id.startswith(f"{kind}-added-") for s in taken)
        rank = 1 + max((s.rank for s in taken if s.chosen), default=0)
        return {"id": f"{kind}-added-{number}", "of_kind": kind, "rank": rank, "start_s": start_s, "end_s": end_s}
    segment = choice.segments.get(str(fields.get("id")))
    if segment is None:
        raise StudyError(folder, f"There is no segment {fields.get('id')!r}.")
    if action == "move":
        start_s, end_s = _span(folder, fields, end_of_video_s)
        return {"id": segment.id, "start_s": start_s, "end_s": end_s}
    if action == "rank":
        rank = fields.get("rank")
        if not isinstance(rank, int) or isinstance(rank, bool) or not 1 <= rank <= 99:
            raise StudyError(folder, f"{rank!r} is no rank: it is a whole number from 1 on.")
        return {"id": segment.id, "rank": rank}
    if action in ("delete", "restore"):
        return {"id": segment.id}
    raise StudyError(folder, f"{action!r} is no change that can be made to a segment.")


def _span(folder: Path, fields: dict[str, Any], end_of_video_s: float) -> tuple[float, float]:
    try:
        if isinstance(fields["start_s"], bool) or isinstance(fields["end_s"], bool):
            raise TypeError
        start_s, end_s = round(float(fields["start_s"]), 3), round(float(fields["end_s"]), 3)
    except (KeyError, TypeError, ValueError, OverflowError):
        raise StudyError(folder, "A segment needs a beginning and an end, in seconds.") from None
    if not 0 <= start_s < end_s <= end_of_video_s + 1e-6:
        raise StudyError(
            folder,
            f"A segment from {start_s:g} to {end_s:g} s does not lie within the video (0 to {end_of_video_s:g} s).",
        )
    return start_s, end_s


def _append(folder: Path, kind: str, **fields: Any) -> None:
    with JournalWriter(folder / SEGMENTS_JOURNAL, append=True) as journal:
        journal.append(kind, wall_clock=datetime.now(UTC).isoformat(timespec="seconds"), **fields)


_SEGMENT = {
    "id": LINE, "kind": Entry(f"one of {', '.join(KINDS)}", lambda value: value in KINDS), "rank": WHOLE,
    "start_s": NUMBER, "end_s": NUMBER, "source": if_there(TEXT), "changed_by": if_there(TEXT), "why": if_there(TEXT),
    "chosen": if_there(YES_OR_NO),
}  # fmt: skip
_CHANGE = {"action": TEXT, "who": TEXT, "why": TEXT, "id": LINE}
_RECORDS = {
    "automatic": {"segments": [_SEGMENT], "parameters": {}, "notes": [TEXT]},
    "accepted": {"who": TEXT},
    "change": {
        **_CHANGE, "rank": if_there(WHOLE), "start_s": if_there(NUMBER), "end_s": if_there(NUMBER),
    },
    "add": {**_CHANGE, "of_kind": _SEGMENT["kind"], "rank": WHOLE, "start_s": NUMBER, "end_s": NUMBER},
}  # fmt: skip


def _misfit(record: dict[str, Any]) -> str:
    """What a line lacks to be carried out; a line of a kind that this version does not know lacks nothing."""
    kind = "add" if record.get("action") == "add" and record["kind"] == "change" else record["kind"]
    return misfit(record, _RECORDS.get(kind, {}) if isinstance(kind, str) else {"kind": TEXT})


def carry_out(choice: Choice, record: dict[str, Any]) -> None:
    """Make a line's change to a choice."""
    match record["kind"]:
        case "automatic":
            choice.automatic = [
                Segment(**{key: value for key, value in entry.items() if key in _SEGMENT})
                for entry in record["segments"]
            ]
            choice.parameters, choice.notes = record["parameters"], record["notes"]
            choice.segments = {segment.id: segment for segment in choice.automatic}
        case "accepted":
            choice.accepted_by = record["who"]
        case "reopened":
            choice.accepted_by = ""
        case "change":
            said = {"changed_by": record["who"], "why": record["why"]}
            old = choice.segments.get(record["id"])
            if record["action"] == "add":
                choice.segments[record["id"]] = Segment(
                    record["id"], record["of_kind"], record["rank"], record["start_s"], record["end_s"],
                    source=record["who"], **said,
                )  # fmt: skip
            elif old is not None:
                given = {key: record[key] for key in ("start_s", "end_s", "rank") if key in record}
                chosen = {"delete": False, "restore": True}.get(record["action"], old.chosen)
                choice.segments[old.id] = replace(old, chosen=chosen, **given, **said)
