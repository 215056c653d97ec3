"""Ratings from another program's file, with each row checked.

A malformed row is kept as such with the reason. The importing code then refuses the file, or leaves those rows out and
says so.
"""

import itertools
import math
import re
from dataclasses import dataclass, field, replace

from tracedial.files.safe_text import terminal_text
from tracedial.measures.trace import MAX_RATING

NO_VALUE = ("", "na", "n/a", "nan", "null", "none", ".")
"""Texts that mean a missing rating, in lower case."""
LONGEST_S = 1e6
AUTO, SECONDS, MILLISECONDS, CLOCK = "auto", "s", "ms", "clock"
TIME_UNITS = (AUTO, SECONDS, MILLISECONDS, CLOCK)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d{1,2}(?:[.,]\d+)?)", re.ASCII)


class NotInRowError(ValueError):
    """A cell that does not hold what it should; the text says why."""


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be read: its number in the file (from 1), and the reason, as part of a sentence."""

    row: int
    why: str


@dataclass(frozen=True)
class Incoming:
    """One rater's ratings from a file of `program`.

    `at_s`, `rating` and `row` have the same length: second of the video, rating (NaN: the file marks it as missing),
    row of the file. `step_s` is the time between two ratings; `held`: each rating holds until the next. `low` and
    `high` are the ends of the scale, if the file names them; `labels` are the labels of its positions. `notes` are
    sentences for the report.
    """

    format: str
    program: str
    at_s: list[float]
    rating: list[float]
    row: list[int]
    malformed: list[BadRow]
    step_s: float = 1.0
    held: bool = False
    low: float | None = None
    high: float | None = None
    labels: dict[float, str] = field(default_factory=dict)
    video_name: str = ""
    notes: list[str] = field(default_factory=list)

    def without(self, bad: dict[int, str]) -> "Incoming":
        """The same ratings without these rows, which count as malformed for the given reasons."""
        keep = [at for at, row in enumerate(self.row) if row not in bad]
        malformed = [*self.malformed, *(BadRow(row, why) for row, why in bad.items())]
        return replace(
            self,
            at_s=[self.at_s[at] for at in keep],
            rating=[self.rating[at] for at in keep],
            row=[self.row[at] for at in keep],
            malformed=sorted(malformed, key=lambda one: one.row),
        )


def number(text: str, *, comma: bool) -> float:
    """The number in a cell; `comma`: a comma is the decimal separator. Raises `NotInRowError`."""
    plain = text.strip().replace("−", "-")
    if comma:
        plain = "?" if "." in plain else plain.replace(",", ".")
    if not _NUMBER.fullmatch(plain):
        raise NotInRowError(f"{shown(text)} is no number")
    return float(plain)


def rating_of(text: str, *, comma: bool) -> float:
    """The rating in a cell; NaN if the cell marks it as missing. Raises `NotInRowError`."""
    if text.strip().lower() in NO_VALUE:
        return math.nan
    value = number(text, comma=comma)
    if abs(value) > MAX_RATING:
        raise NotInRowError(f"{shown(text)} is beyond any scale of ratings")
    return value


def second_of(text: str, unit: str, *, comma: bool) -> float:
    """A moment of the video in seconds. Raises `NotInRowError`."""
    if unit == CLOCK:
        found = _CLOCK.fullmatch(text.strip())
        if not found or float(found[3].replace(",", ".")) >= 60 or (found[1] and int(found[2]) >= 60):
            raise NotInRowError(f"{shown(text)} is no time as h:mm:ss")
        at_s = int(found[1] or 0) * 3600 + int(found[2]) * 60 + float(found[3].replace(",", "."))
    else:
        at_s = number(text, comma=comma) / (1000 if unit == MILLISECONDS else 1)
    if not 0 <= at_s <= LONGEST_S:
        raise NotInRowError(f"{shown(text)} is no moment of a video")
    return round(at_s, 6)


def with_rising_times(found: Incoming) -> Incoming:
    """The same ratings without rows that do not come later than the row before. If each rating holds until the next,
    rows at the same time stay, and the last of them is the one that holds."""
    bad: dict[int, str] = {}
    before = -math.inf
    for at_s, row in zip(found.at_s, found.row, strict=True):
        if at_s < before:
            bad[row] = f"{at_s:g} s comes after {before:g} s"
        elif at_s == before and not found.held:
            bad[row] = f"{at_s:g} s comes again"
        else:
            before = at_s
    return found.without(bad) if bad else found


def on_scale(found: Incoming, low: float, high: float) -> Incoming:
    """The same ratings without rows beyond the scale, with a ten thousandth of the scale as tolerance for rounding."""
    edge = (high - low) * 1e-4
    bad = {
        row: f"{value:g} is beyond the scale from {low:g} to {high:g}"
        for value, row in zip(found.rating, found.row, strict=True)
        if value < low - edge or value > high + edge
    }
    return found.without(bad) if bad else found


def with_stamps_moved(found: Incoming, step_s: float | None = None) -> Incoming:
    """The same ratings with stamps moved from the end of their bins to the beginning; the notes say so."""
    step_s = step_s or found.step_s
    moved = replace(found, at_s=[round(at_s - step_s, 6) for at_s in found.at_s], step_s=step_s)
    early = {row: f"its bin of {step_s:g} s begins before the video" for at_s, row in
             zip(moved.at_s, moved.row, strict=True) if at_s < -1e-6}  # fmt: skip
    note = (
        f"{found.program} stamps a bin with its end: each rating was moved {step_s:g} s earlier, to where its bin of "
        f"{step_s:g} s begins."
    )
    moved = replace(moved, notes=[*moved.notes, note])
    return moved.without(early) if early else moved


def usual_step_s(at_s: list[float]) -> float:
    """The median time between ratings; for a single rating its own time, or one second if that is 0."""
    steps = sorted(b - a for a, b in itertools.pairwise(at_s) if b > a)
    return steps[len(steps) // 2] if steps else (at_s[0] if at_s and at_s[0] > 0 else 1.0)


def shown(text: str) -> str:
    """A cell in the form that messages show."""
    text = terminal_text(text.strip())
    return f"“{text if len(text) <= 40 else text[:40] + '…'}”"
