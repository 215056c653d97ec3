"""Whether events coincide: the ruptures of two raters, or a rater's events and an observer's codes.

Events are stretches of whole seconds from `onset_s` (included) to `end_s` (excluded).
"""

import csv
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial.errors import AnalysisError
from tracedial.measures.chance import MIN_SHIFT_S
from tracedial.measures.event_chance import APART_S, overlap_by_chance

Floats = NDArray[np.float64]
Stretches = list[tuple[int, int]]

TOLERANCE_S = 10
REQUIRED = ("onset_s", "end_s", "code")
OPTIONAL = ("kind", "rater", "session")
KINDS = ("rupture", "repair")


TOO_SHORT = "the events have no second that both rated, or the session is shorter than three of them"
TOO_FULL = "no p: the events fill so much of where each rater is low that even full coincidence could be chance"
REPAIR_WORDS = ("repair", "resol")
"""In a sheet without a `kind` column, a code that contains one of these marks a repair."""


@dataclass(frozen=True)
class EventOverlap:
    """How two lists of events of one session coincide.

    `overlap`: seconds in an event of both / seconds in an event of either (Jaccard). `matched`: events of b with an
    onset within `tolerance_s` of one of a, each used once; `f1` = 2 matched / (n_a + n_b). `overlap_chance`: the mean
    overlap by chance; `p`: how often chance alone gives at least the observed overlap (one-sided). If the ratings are
    given, chance means drawn traces with each rater's own slow course (`event_chance.py`). If not, it means all
    circular shifts of b's events by a minute or more: p = (½ + q M)/(½ + M), where q is the share of those shifts with
    at least that overlap, and M is their total length in events, since shifts by less than an event hardly differ.
    `kappa`: Cohen's κ of the seconds, in an event or not.
    """

    n_a: int
    n_b: int
    overlap: float | None
    overlap_chance: float | None
    p: float | None
    matched: int
    f1: float | None
    kappa: float | None
    tolerance_s: int
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the output of `tracedial analyze --json` holds it."""
        return asdict(self)


@dataclass(frozen=True)
class Detection:
    """How many of an observer's events a rater's events find: `hits`, `misses` (observer's events that no event finds)
    and `false_alarms`, by onsets within `tolerance_s` or by seconds in common; their precision, recall and `f1`;
    `kappa` by second."""

    hits: int
    misses: int
    false_alarms: int
    precision: float | None
    recall: float | None
    f1: float | None
    kappa: float | None
    tolerance_s: int

    def as_json(self) -> dict[str, Any]:
        """As the output of `tracedial analyze --json` holds it."""
        return asdict(self)


@dataclass(frozen=True)
class Code:
    """One line of an observer's sheet, seconds `onset_s` (included) to `end_s` (excluded)."""

    onset_s: int
    end_s: int
    code: str
    kind: str = "rupture"
    rater: str = ""
    session: str = ""


def overlap(
    a: Stretches,
    b: Stretches,
    *,
    n_seconds: int,
    tolerance_s: int = TOLERANCE_S,
    ratings: tuple[Floats, Floats] | None = None,
    apart_s: int = APART_S,
) -> EventOverlap:
    """Test whether two raters' events coincide more than by chance. `ratings`: both traces, each of shape (n_seconds,);
    the events are their lowest stretches, `apart_s` from one another. With `ratings`, seconds that one rater did not
    rate count in no event."""
    matched = len(match(a, b, tolerance_s=tolerance_s))
    f1 = 2 * matched / (len(a) + len(b)) if a or b else None
    if not a or not b:
        reason = "no events" if not a and not b else "one of the two has no events"
        return EventOverlap(
            n_a=len(a),
            n_b=len(b),
            overlap=None,
            overlap_chance=None,
            p=None,
            matched=matched,
            f1=f1,
            kappa=None,
            tolerance_s=tolerance_s,
            reason=reason,
        )
    in_a, in_b = in_event(a, n_seconds), in_event(b, n_seconds)
    if ratings is not None:
        rated = ~np.isnan(ratings[0]) & ~np.isnan(ratings[1])
        in_a, in_b = in_a * rated, in_b * rated
    either = float(np.maximum(in_a, in_b).sum())
    observed = float((in_a * in_b).sum()) / either if either else None
    if ratings is not None:
        chance = overlap_by_chance(a, b, ratings, apart_s=apart_s)
        expected, p = (chance.expected, chance.p) if chance else (None, None)
        reason = None if p is not None else TOO_FULL if chance else TOO_SHORT
    else:
        expected, p = _among_shifts(in_a, in_b, float(np.mean([end - onset for onset, end in (*a, *b)])))
        reason = None if p is not None else f"shifts by {MIN_SHIFT_S} s or more do not exist in {n_seconds} s"
    by_second = kappa(in_a, in_b)
    return EventOverlap(
        n_a=len(a),
        n_b=len(b),
        overlap=observed,
        overlap_chance=expected,
        p=p,
        matched=matched,
        f1=f1,
        kappa=by_second,
        tolerance_s=tolerance_s,
        reason=reason,
    )


def _among_shifts(in_a: Floats, in_b: Floats, event_s: float) -> tuple[float | None, float | None]:
    n = len(in_a)
    together = np.abs(np.round(np.fft.irfft(np.fft.rfft(in_a) * np.conj(np.fft.rfft(in_b)), n)))
    shares = together / (in_a.sum() + in_b.sum() - together)
    shifts = np.arange(n)
    chance = shares[np.minimum(shifts, n - shifts) >= MIN_SHIFT_S]
    if not len(chance):
        return None, None
    independent = len(chance) / event_s
    share = float(np.mean(chance >= float(shares[0]) - 1e-12))
    return float(chance.mean()), (0.5 + share * independent) / (0.5 + independent)


def detection(found: Stretches, coded: Stretches, *, n_seconds: int, tolerance_s: int = TOLERANCE_S) -> Detection:
    """How many `coded` events the `found` events find. A found event matches a coded event if their onsets are within
    the tolerance or if they have seconds in common. Each event is used once (the pairs with the nearest onsets
    first)."""
    hits = len(match(found, coded, tolerance_s=tolerance_s, by_seconds=True))
    precision = hits / len(found) if found else None
    recall = hits / len(coded) if coded else None
    f1 = 2 * hits / (len(found) + len(coded)) if found or coded else None
    by_second = kappa(in_event(found, n_seconds), in_event(coded, n_seconds))
    return Detection(
        hits=hits,
        misses=len(coded) - hits,
        false_alarms=len(found) - hits,
        precision=precision,
        recall=recall,
        f1=f1,
        kappa=by_second,
        tolerance_s=tolerance_s,
    )


def match(a: Stretches, b: Stretches, *, tolerance_s: int, by_seconds: bool = False) -> list[tuple[int, int]]:
    """Pairs (place in a, place in b) of events whose onsets are at most `tolerance_s` apart (or, with `by_seconds`,
    that have seconds in common): as many pairs as possible, each event in at most one."""
    from scipy.optimize import linear_sum_assignment

    if not a or not b:
        return []
    onsets_a, onsets_b = (np.array([start for start, _ in events], dtype=float) for events in (a, b))
    apart = np.abs(onsets_a[:, None] - onsets_b[None, :])
    allowed = apart <= tolerance_s
    if by_seconds:
        ends_a, ends_b = (np.array([end for _, end in events], dtype=float) for events in (a, b))
        common = np.minimum(ends_a[:, None], ends_b[None, :]) - np.maximum(onsets_a[:, None], onsets_b[None, :])
        allowed |= common > 0
    # A forbidden pair costs more than all allowed pairs together, so the solution has as many allowed pairs as possible
    # and, among these, the nearest.
    cost = np.where(allowed, apart, (apart.max() + 1) * (len(a) + len(b)))
    rows, columns = linear_sum_assignment(cost)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if allowed[i, j]]


def kappa(a: Floats, b: Floats) -> float | None:
    """Cohen's κ of two arrays of 0 and 1 (Cohen 1960); None where both are constant with the same value."""
    observed = float(np.mean(a == b))
    p_a, p_b = float(a.mean()), float(b.mean())
    expected = p_a * p_b + (1 - p_a) * (1 - p_b)
    return None if expected >= 1 else (observed - expected) / (1 - expected)


def in_event(events: Stretches, n_seconds: int) -> Floats:
    """1 for each second in an event, 0 for the others; shape (n_seconds,)."""
    inside = np.zeros(n_seconds)
    for onset_s, end_s in events:
        inside[max(onset_s, 0) : max(end_s, 0)] = 1.0
    return inside


def read_codes(path: Path) -> list[Code]:
    """An observer's sheet: a CSV with the columns onset_s, end_s, code (as a 3RS sheet has them), and optionally `kind`
    (rupture or repair), `rater` (the rater that the code applies to; empty: all raters) and `session` (for one sheet
    for a whole study).

    Raises `AnalysisError` naming file, line and remedy.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except OSError as error:
        raise AnalysisError(f"{path} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise AnalysisError(f"{path} is not a text file of comma-separated values ({error}).") from error
    header = [cell.strip() for cell in rows[0]] if rows else []
    if tuple(header[:3]) != REQUIRED:
        raise AnalysisError(f"The first line of {path} must begin with {','.join(REQUIRED)}.")
    places = {name: header.index(name) for name in OPTIONAL if name in header}
    return [
        _code(path, line, row, places)
        for line, row in enumerate(rows[1:], start=2)
        if any(cell.strip() for cell in row)
    ]


def _code(path: Path, line: int, row: list[str], places: dict[str, int]) -> Code:
    try:
        onset_s, end_s = float(row[0]), float(row[1])
        word = row[2].strip()
    except (ValueError, IndexError):
        raise AnalysisError(
            f"Line {line} of {path} must hold an onset, an end (seconds, with a point) and a code."
        ) from None
    if not (math.isfinite(onset_s) and math.isfinite(end_s) and 0 <= onset_s < end_s <= 1e6):
        raise AnalysisError(f"Line {line} of {path}: an event from {row[0]} to {row[1]} s cannot be.")
    more = {name: row[at].strip() if at < len(row) else "" for name, at in places.items()}
    guess = "repair" if any(part in word.lower() for part in REPAIR_WORDS) else "rupture"
    kind = more.pop("kind", "").lower() or guess
    if kind not in KINDS:
        raise AnalysisError(f"Line {line} of {path}: the kind is {kind!r}; it must be rupture or repair.")
    return Code(math.floor(onset_s), math.ceil(end_s), word, kind, **more)
