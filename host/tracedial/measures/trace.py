"""The trace: one rater's ratings on the video's own seconds, and its file, `trace.csv`.

Row s is second s of the video, counted from its first frame. `rating` is the knob's position *at* that second (the
sample that the dial took there, never an interpolation); `mean`, `min`, `max`, `n` summarize the dial's finer readings
in the second that ends there. Where nothing was sampled, the row is NaN (an empty cell).
"""

import csv
import math
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracedial.errors import TraceError
from tracedial.files.safe_text import digits, whole_text, write_table

Floats = NDArray[np.float64]

MAX_RATING = 1e6
UNMOVED = "unmoved"
"""The flag of seconds before the knob was first moved."""

COLUMNS = ("video_s", "rating", "mean", "min", "max", "n", "offset_ms", "bound_ms", "flags")


@dataclass(frozen=True)
class Trace:
    """Ratings of one rater.

    `rating`, and where known `mean`, `low`, `high`, `offset_s`, `bound_s`: arrays of shape (n_seconds,), NaN where
    nothing was sampled; row s is second s of the video. `n`: number of readings in each mean. `flags`: a text for each
    row. `offset_s` is the sample's video time minus the row's second (positive: sampled late); `bound_s` the most by
    which the clocks can have misplaced it.
    """

    rater: str
    rating: Floats
    mean: Floats | None = None
    low: Floats | None = None
    high: Floats | None = None
    n: NDArray[np.int64] | None = None
    offset_s: Floats | None = None
    bound_s: Floats | None = None
    flags: list[str] = field(default_factory=list[str])

    @property
    def missing(self) -> int:
        """Seconds without a rating."""
        return int(np.count_nonzero(np.isnan(self.rating)))

    @property
    def unmoved(self) -> NDArray[np.bool_]:
        """Marks seconds in which the knob had not been moved yet, so nobody gave their number; shape (n_seconds,)."""
        flagged = np.array([UNMOVED in words.split("|") for words in self.flags] or np.zeros(len(self.rating)), bool)
        return flagged & ~np.isnan(self.rating)

    @property
    def rated(self) -> Floats:
        """`rating` without the unmoved seconds, which are no ratings: NaN there."""
        return np.where(self.unmoved, np.nan, self.rating)


def write_trace(trace: Trace, path: Path) -> None:
    """Write a trace with all its columns. Ratings keep all their digits, other numbers three decimal places."""
    rows = (
        (
            second,
            int(rating) if float(rating).is_integer() else None if rating != rating else float(rating),
            _cell(trace.mean, second),
            _cell(trace.low, second),
            _cell(trace.high, second),
            0 if trace.n is None else int(trace.n[second]),
            _cell(trace.offset_s, second, 1e3),
            _cell(trace.bound_s, second, 1e3),
            trace.flags[second] if trace.flags else "",
        )
        for second, rating in enumerate(trace.rating)
    )
    write_table(path, COLUMNS, rows)


def read_trace(path: Path, rater: str | None = None) -> Trace:
    """Read a CSV whose columns begin with `video_s,rating`; of the other columns only `flags` is read, if present.

    Rows must be whole seconds in rising order. A second that is left out is missing (NaN), and so is an empty cell or
    `NaN`. Raises `TraceError` naming file, line and remedy. The rater's name is the file's, or for a `trace.csv` its
    folder's.
    """
    if rater is None:
        rater = whole_text(path.resolve().parent.name if path.stem == "trace" else path.stem)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except OSError as error:
        raise TraceError(path, f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TraceError(path, f"{path} is not a text file of comma-separated values ({error}).") from error
    if not rows:
        raise TraceError(path, f"{path} is empty.", line=1)
    header = [cell.strip() for cell in rows[0]]
    if header[:2] != ["video_s", "rating"]:
        hint = ""
        if len(header) == 1 and ";" in header[0]:
            hint = " It is separated by semicolons: save it with commas between cells and points in numbers."
        raise TraceError(path, f"The first line of {path} must begin with video_s,rating.{hint}", line=1)
    flags_at = header.index("flags") if "flags" in header else None
    seconds: list[int] = []
    ratings: list[float] = []
    flags: list[str] = []
    for line, row in enumerate(rows[1:], start=2):
        if not any(map(str.strip, row)):
            continue
        if len(row) > len(header):
            raise TraceError(
                path,
                f"Line {line} of {path} has {len(row)} cells, the first line {len(header)}: are numbers written with a "
                "comma? Write them with a point.",
                line=line,
            )
        second, rating = _parse_row(path, line, row)
        if seconds and second <= seconds[-1]:
            what = "comes again" if second == seconds[-1] else f"comes after {seconds[-1]}"
            raise TraceError(
                path,
                f"Line {line} of {path}: second {second} {what}; the seconds must rise.",
                line=line,
            )
        seconds.append(second)
        ratings.append(rating)
        flags.append(row[flags_at].strip() if flags_at is not None and flags_at < len(row) else "")
    if not seconds:
        raise TraceError(path, f"{path} has a first line but no ratings.", line=1)
    values = np.full(seconds[-1] + 1, np.nan)
    values[seconds] = ratings
    words = [""] * len(values) if any(flags) else []
    for second, word in zip(seconds, flags, strict=True) if words else ():
        words[second] = word
    return Trace(rater, values, flags=words)


def _parse_row(path: Path, line: int, row: list[str]) -> tuple[int, float]:
    if len(row) < 2:
        raise TraceError(path, f"Line {line} of {path} has {len(row)} cell, two are needed.", line=line)
    second, rating = (_parse_cell(path, line, cell) for cell in row[:2])
    if not math.isfinite(second) or second < 0 or second > 1e6 or abs(second - round(second)) > 1e-6:
        raise TraceError(
            path,
            f"Line {line} of {path}: {row[0].strip()!r} is not a whole second of the video from 0 on; "
            "a trace has one rating for each second.",
            line=line,
        )
    if abs(rating) > MAX_RATING:
        raise TraceError(path, f"Line {line} of {path}: {row[1].strip()} is beyond any scale of ratings.", line=line)
    return round(second), rating


def _parse_cell(path: Path, line: int, cell: str) -> float:
    try:
        return float(cell)
    except ValueError:
        text = cell.strip()
        if text.lower() in ("", "na", "null"):
            return math.nan
        comma = " (write numbers with a point, not a comma)" if "," in text else ""
        raise TraceError(path, f"Line {line} of {path}: {text!r} is not a number{comma}.", line=line) from None


def _cell(values: Floats | None, second: int, factor: float = 1.0) -> int | Decimal | None:
    return None if values is None else _number(values[second] * factor)


def _number(value: float) -> int | Decimal | None:
    return int(value) if float(value).is_integer() else digits(value, 3)
