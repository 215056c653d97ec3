"""The exported tables: ratings (long and wide), raters, segments and answers, with a label for each column.

All formats share one definition: CSV, workbook, SPSS, Stata and REDCap get the same columns and labels.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tracedial.exchange.contents import Dyad, Rating, Source
from tracedial.study.answers import COLUMNS as ANSWER_COLUMNS

Block = dict[str, list[Any]]
"""Some rows of a table, by column: lists of equal length, with None for a missing value."""

PLACES = 6
"""Decimal places of a mean, few enough for every format."""

TEXT, NUMBER, WHOLE = "text", "number", "whole"


@dataclass(frozen=True)
class Column:
    """A column: its name, its meaning, and whether it holds texts, numbers or whole numbers. `rated`: its numbers are
    on the scale of the ratings."""

    name: str
    label: str
    kind: str = TEXT
    rated: bool = False


@dataclass(frozen=True)
class Table:
    """A table. Each call of `blocks` reads it again, one dyad at a time."""

    name: str
    label: str
    columns: tuple[Column, ...]
    blocks: Callable[[], Iterator[Block]]


WHO = (
    Column("dyad", "The session"),
    Column("role", "The rater's role"),
    Column("rater", "The rater, by name within the session"),
)
SECOND = Column("second", "Second of the video, from its first frame (s)", WHOLE)
RATINGS = (
    *WHO,
    SECOND,
    Column("rating", "Rating at that second; missing where nobody rated", NUMBER, rated=True),
    Column("position", "Where the knob stood, also before it was first moved", NUMBER, rated=True),
    Column("flags", "What is particular about the second (docs/recording.md)"),
)
RATERS = (
    *WHO,
    Column("seconds", "Seconds of the trace", WHOLE),
    Column("rated_seconds", "Seconds with a rating", WHOLE),
    Column("mean", "Mean rating", NUMBER),
    Column("sd", "SD of the ratings (n - 1)", NUMBER),
    Column("minimum", "Lowest rating", NUMBER, rated=True),
    Column("maximum", "Highest rating", NUMBER, rated=True),
    Column("scale_low", "Lower end of the scale", NUMBER),
    Column("scale_high", "Upper end of the scale", NUMBER),
    Column("video", "File name of the video"),
    Column("video_sha256", "SHA-256 of the video"),
    Column("video_s", "Length of the video (s)", NUMBER),
    Column("recorded_at", "When the recording began (UTC)"),
    Column("recorded_with", "Program that recorded it"),
    Column("imported_from", "File that it was imported from; empty for a dial's"),
    Column("synthetic", "1: made up by a program", WHOLE),
)
SEGMENTS = (
    *WHO,
    Column("segment", "Name of the segment"),
    Column("kind", "rupture, repair or peak"),
    Column("rank", "1: the lowest (of peaks the highest)", WHOLE),
    Column("start_s", "Beginning of the segment (s of video)", NUMBER),
    Column("end_s", "End of the segment, excluded (s of video)", NUMBER),
    Column("mean", "Mean rating within the segment", NUMBER),
    Column("clip_start_s", "Beginning of the clip that was shown (s of video)", NUMBER),
    Column("clip_end_s", "End of the clip (s of video)", NUMBER),
    Column("chosen", "1: it holds; 0: it was taken away", WHOLE),
    Column("source", "rule, or who added it"),
    Column("changed_by", "Who changed it last"),
    Column("why", "Why it was changed"),
    Column("confirmed_by", "Who confirmed the choice of segments; empty: nobody yet"),
    Column("rule_start_s", "Beginning as the rule found it (s of video); missing for an added one", NUMBER),
    Column("rule_end_s", "End as the rule found it (s of video)", NUMBER),
)
_ANSWER_LABELS = {
    "segment": ("Name of the segment", TEXT),
    "kind": ("rupture, repair or peak", TEXT),
    "rank": ("1: the lowest (of peaks the highest)", WHOLE),
    "start_s": ("Beginning of the segment (s of video)", NUMBER),
    "end_s": ("End of the segment (s of video)", NUMBER),
    "clip_start_s": ("Beginning of the clip that was shown (s of video)", NUMBER),
    "clip_end_s": ("End of the clip (s of video)", NUMBER),
    "clip_cut": ("1: the clip was cut by the video's end", WHOLE),
    "question": ("Name of the question", TEXT),
    "question_text": ("The question as it was asked", TEXT),
    "answer": ("What was answered", TEXT),
    "answered_at": ("When (UTC)", TEXT),
    "current": ("0: the segment or question was changed since", WHOLE),
    "changed_by": ("Who changed the answer after the rater had finished", TEXT),
    "change_why": ("Why it was changed", TEXT),
}
ANSWERS = (
    *WHO,
    *(Column(name, *_ANSWER_LABELS[name]) for name in ANSWER_COLUMNS if name not in ("session", "rater")),
)


def long_tables(source: Source) -> list[Table]:
    """The ratings with a row for each rater and second, and the other tables."""
    return [_table(source, "ratings", "Ratings, a row for each rater and second", RATINGS, _rating_rows),
            *other_tables(source)]  # fmt: skip


def other_tables(source: Source) -> list[Table]:
    """Tables of raters, segments and answers, with a row for each."""
    return [
        _table(source, "raters", "Raters, a row for each recording", RATERS, _rater_row),
        _table(source, "segments", "Ruptures, repairs and peaks", SEGMENTS, _segment_rows),
        _table(source, "answers", "What was answered after the clips", ANSWERS, _answer_rows),
    ]


def wide_table(source: Source) -> Table:
    """The ratings with a row for each dyad and second, and a column for each rater."""
    names = wide_names(source.raters)
    rated = tuple(Column(name, f"Rating of {rater}", NUMBER, rated=True) for rater, name in names.items())

    def blocks() -> Iterator[Block]:
        for dyad in source.dyads():
            yield _wide_block(dyad, names)

    return Table("ratings_wide", "Ratings, a row for each second", (WHO[0], SECOND, *rated), blocks)


def wide_names(raters: list[str]) -> dict[str, str]:
    """The column name of each rater: at most 32 letters, digits and underscores, as Stata requires."""
    names: dict[str, str] = {}
    for rater in raters:
        name = f"rating_{rater.replace('-', '_')}"[:32]
        number = 2
        while name.lower() in {other.lower() for other in names.values()}:
            tail = f"_{number}"
            name, number = f"rating_{rater.replace('-', '_')}"[: 32 - len(tail)] + tail, number + 1
        names[rater] = name
    return names


def present(values: Any) -> list[float | None]:
    """Numbers as cells: None for NaN, and whole numbers without a fraction."""
    return [None if v != v else int(v) if float(v).is_integer() else v for v in np.asarray(values, float).tolist()]


def _table(
    source: Source, name: str, label: str, columns: tuple[Column, ...], of: Callable[[Dyad, Rating], Block]
) -> Table:
    def blocks() -> Iterator[Block]:
        for dyad in source.dyads():
            parts = [{**_who(rating, part), **part} for rating in dyad.ratings if (part := of(dyad, rating))]
            yield {column.name: [cell for part in parts for cell in part[column.name]] for column in columns}

    return Table(name, label, columns, blocks)


def _who(rating: Rating, part: Block) -> Block:
    n = len(next(iter(part.values())))
    return {"dyad": [rating.dyad] * n, "role": [rating.role] * n, "rater": [rating.rater] * n}


def _rating_rows(dyad: Dyad, rating: Rating) -> Block:
    trace = rating.trace
    return {
        "second": list(range(len(trace.rating))),
        "rating": present(trace.rated),
        "position": present(trace.rating),
        "flags": trace.flags or [""] * len(trace.rating),
    }


def _wide_block(dyad: Dyad, names: dict[str, str]) -> Block:
    n = dyad.n_seconds
    block: Block = {"dyad": [dyad.name] * n, "second": list(range(n))}
    of = {one.rater: one.trace.rated for one in dyad.ratings}
    for rater, name in names.items():
        own = present(of[rater]) if rater in of else []
        block[name] = own + [None] * (n - len(own))
    return block


def _rater_row(dyad: Dyad, rating: Rating) -> Block:
    known = rating.trace.rated[~np.isnan(rating.trace.rated)]
    scale, video = rating.scale, dyad.video
    of_known = [function(known) if len(known) else np.nan for function in (np.mean, np.min, np.max)]
    mean, low, high = present(np.round(np.array(of_known, float), PLACES))
    (sd,) = present([round(float(np.std(known, ddof=1)), PLACES) if len(known) > 1 else np.nan])
    cells = (
        len(rating.trace.rating), len(known), mean, sd, low, high, scale and scale.low, scale and scale.high,
        video["name"], video["sha256"], video["duration_s"], rating.recorded_at, rating.recorded_with,
        rating.imported_from, int(dyad.synthetic),
    )  # fmt: skip
    return {column.name: [cell] for column, cell in zip(RATERS[len(WHO) :], cells, strict=True)}


def _segment_rows(dyad: Dyad, rating: Rating) -> Block:
    ordered = sorted(rating.clips, key=lambda one: (one.segment.start_s, one.segment.kind))
    rows = [
        (
            s.id, s.kind, s.rank, s.start_s, s.end_s, *present([round(rating.mean_of(s), PLACES)]), clip.start_s,
            clip.end_s, int(s.chosen), s.source, s.changed_by, s.why, rating.confirmed_by, own and own.start_s,
            own and own.end_s,
        )
        for clip in ordered
        for s, own in [(clip.segment, rating.by_rule.get(clip.segment.id))]
    ]  # fmt: skip
    names = [column.name for column in SEGMENTS[len(WHO) :]]
    return {name: [row[at] for row in rows] for at, name in enumerate(names)} if rows else {}


def _answer_rows(dyad: Dyad, rating: Rating) -> Block:
    names = [column.name for column in ANSWERS[len(WHO) :]]
    return {name: [row[name] for row in rating.answers] for name in names} if rating.answers else {}
