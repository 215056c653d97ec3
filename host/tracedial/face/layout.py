"""The layout of a face: turns a scale into ticks, numbers and labels that do not touch each other."""

import bisect
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from dialwire.scale import Scale
from tracedial.errors import FaceError
from tracedial.face.curved import ROW_EM, CurvedText, clash
from tracedial.face.lettering import CAP_HEIGHT_EM, missing_letters, wrapped

ARM_MM = 600
LEAST_ARCMIN = 16
LEAST_EM_MM = ARM_MM * math.tan(math.radians(LEAST_ARCMIN / 60)) / CAP_HEIGHT_EM
"""Capitals of 16 minutes of arc at arm's length: the smallest height that ISO 9241-303 allows."""

LARGEST_EM_MM = 6.0
EM_STEP_MM = 0.2
LEAST_DIAMETER_MM, LARGEST_DIAMETER_MM = 72.0, 190.0
LEAST_TRAVEL_DEG, LARGEST_TRAVEL_DEG = 60.0, 340.0
KNOB_RADIUS_MM = 18.0
"""The printed knob's radius; a larger knob would cover the ticks of a small face."""
EDGE_MM = 2.0
TICK_MM = 4.5
RING_GAP_MM = 1.2
LEAST_TICK_PITCH_MM = 1.1
MOST_ROWS = 4


@dataclass(frozen=True)
class Layout:
    """A face and the positions of its parts. Angles are clockwise from the top, lengths from the centre."""

    scale: Scale
    diameter_mm: float
    travel_deg: float
    arc_mm: float
    tick_every: int
    numbers: tuple[CurvedText, ...]
    labels: tuple[CurvedText, ...]
    mark: CurvedText | None

    def angle_deg(self, rating: int) -> float:
        """The angle of a rating."""
        return angle_deg(self.scale, self.travel_deg, rating)


def angle_deg(scale: Scale, travel_deg: float, rating: int) -> float:
    """The angle of a rating, clockwise from the top; the middle of the scale is at the top."""
    return ((rating - scale.low) / (scale.high - scale.low) - 0.5) * travel_deg


def lay_out(scale: Scale, *, diameter_mm: float, travel_deg: float, mark: str = "") -> Layout:
    """Lay out the face of `scale`; `mark`, such as a dial's number, is printed at the bottom.

    Raises `FaceError`, which says what to change, if the labels do not fit side by side in readable letters.
    """
    _check(scale, diameter_mm, travel_deg, mark)
    found = _try(scale, diameter_mm, travel_deg, mark)
    if found is not None:
        return found
    longest = max((label for _, label in scale.detents), key=len, default="")
    shorten = f'shorten the longest, "{longest}"' if longest else "take a smaller --travel"
    wider = range(math.floor(diameter_mm) + 1, int(LARGEST_DIAMETER_MM) + 1)
    # In the smallest letters, a layout that fits one face fits every larger face.
    first = bisect.bisect_left(wider, True, key=lambda mm: _sized(scale, mm, travel_deg, mark, LEAST_EM_MM) is not None)
    if first < len(wider):
        raise FaceError(
            f"The labels do not fit side by side on a face of {diameter_mm:g} mm in letters that can be read at arm's "
            f"length: give --diameter {wider[first]} or more, or {shorten}."
        )
    raise FaceError(
        f"The labels do not fit side by side on a face of any size up to {LARGEST_DIAMETER_MM:g} mm: {shorten}, label "
        "fewer positions, or give another --travel."
    )


def _check(scale: Scale, diameter_mm: float, travel_deg: float, mark: str) -> None:
    if not LEAST_DIAMETER_MM <= diameter_mm <= LARGEST_DIAMETER_MM:
        raise FaceError(
            f"A face of {diameter_mm:g} mm cannot be made: give --diameter from {LEAST_DIAMETER_MM:g} (the knob needs "
            f"room) to {LARGEST_DIAMETER_MM:g} (the paper ends)."
        )
    if not LEAST_TRAVEL_DEG <= travel_deg <= LARGEST_TRAVEL_DEG:
        raise FaceError(
            f"A scale cannot be spread over {travel_deg:g} degrees: give --travel from {LEAST_TRAVEL_DEG:g} to "
            f"{LARGEST_TRAVEL_DEG:g}, the angle between the lowest and the highest mark."
        )
    for text in (*(label for _, label in scale.detents), mark):
        missing = missing_letters("".join(text.split()), "regular") + missing_letters("".join(text.split()), "bold")
        if missing or (text and not text.split()):
            shown = f"the character {missing[0]!r}" if missing else "no character that can be printed"
            raise FaceError(f"The label {text!r} has {shown}: the face's font (DejaVu Sans) cannot print it.")


def _try(scale: Scale, diameter_mm: float, travel_deg: float, mark: str) -> Layout | None:
    """The layout with the largest letters, and labels of as few lines as possible; None if there is none."""
    em_mm = max(LEAST_EM_MM, min(LARGEST_EM_MM, diameter_mm / 22))
    while em_mm >= LEAST_EM_MM - 1e-9:
        found = _sized(scale, diameter_mm, travel_deg, mark, em_mm)
        if found is not None:
            return found
        em_mm = em_mm - EM_STEP_MM if em_mm - EM_STEP_MM >= LEAST_EM_MM else (LEAST_EM_MM if em_mm > LEAST_EM_MM else 0)
    return None


def _sized(scale: Scale, diameter_mm: float, travel_deg: float, mark: str, em_mm: float) -> Layout | None:
    """The layout with letters of one size."""
    for rows in range(1, MOST_ROWS + 1):
        for staggered in (False, True):
            found = _with(scale, diameter_mm, travel_deg, mark, em_mm=em_mm, rows=rows, staggered=staggered)
            if found is not None:
                return found
    return None


def _with(
    scale: Scale,
    diameter_mm: float,
    travel_deg: float,
    mark: str,
    *,
    em_mm: float,
    rows: int,
    staggered: bool,
) -> Layout | None:
    row_mm = ROW_EM * em_mm
    rings = rows * (2 if staggered else 1)
    labels_mm = diameter_mm / 2 - EDGE_MM - rings * row_mm - (RING_GAP_MM if staggered else 0)
    numbers_mm = labels_mm - RING_GAP_MM - row_mm
    arc_mm = numbers_mm - RING_GAP_MM - TICK_MM
    if arc_mm < KNOB_RADIUS_MM + 1:
        return None
    gap_mm = 0.7 * em_mm
    second_mm = labels_mm + rows * row_mm + RING_GAP_MM
    labels = [
        _label(
            label,
            at_deg=angle_deg(scale, travel_deg, rating),
            inner_mm=second_mm if staggered and i % 2 else labels_mm,
            em_mm=em_mm,
            rows=rows,
            rating=rating,
        )
        for i, (rating, label) in enumerate(scale.detents)
    ]
    marked = (
        CurvedText(lines=(mark,), at_deg=180.0, inner_mm=numbers_mm, em_mm=em_mm, weight="bold", of="mark")
        if mark
        else None
    )
    if any(clash(a, b, gap_mm=gap_mm) for i, a in enumerate(labels) for b in labels[:i]):
        return None
    numbers = _numbers(scale, travel_deg=travel_deg, inner_mm=numbers_mm, em_mm=em_mm, gap_mm=gap_mm, mark=marked)
    if numbers is None:
        return None
    # The ends of a single text must not meet.
    if any(text.half_deg > 80 for text in labels):
        return None
    tick_every = next(n for n in _ladder() if n * _pitch_mm(scale, travel_deg, arc_mm) >= LEAST_TICK_PITCH_MM)
    return Layout(
        scale=scale,
        diameter_mm=diameter_mm,
        travel_deg=travel_deg,
        arc_mm=arc_mm,
        tick_every=tick_every,
        numbers=tuple(numbers),
        labels=tuple(labels),
        mark=marked,
    )


def _label(text: str, at_deg: float, inner_mm: float, em_mm: float, rows: int, rating: int) -> CurvedText:
    """A label in at most `rows` lines, or fewer if more lines would not make it narrower."""
    lines = next(broken for n in range(rows, 0, -1) if (broken := wrapped(text, n, "regular")))
    return CurvedText(
        lines=lines, at_deg=at_deg, inner_mm=inner_mm, em_mm=em_mm, weight="regular", of=f"label {rating}"
    )


def _ladder() -> Iterator[int]:
    unit = 1
    while True:
        yield from (unit, 2 * unit, 5 * unit)
        unit *= 10


def _pitch_mm(scale: Scale, travel_deg: float, radius_mm: float) -> float:
    return math.radians(travel_deg) * radius_mm / (scale.positions - 1)


def _numbers(
    scale: Scale, travel_deg: float, inner_mm: float, em_mm: float, gap_mm: float, mark: CurvedText | None
) -> list[CurvedText] | None:
    """The numbers: both ends, every detent, and as many round numbers between them as fit; None if not even the ends
    and the detents fit."""

    def number(rating: int) -> CurvedText:
        at_deg = angle_deg(scale, travel_deg, rating)
        return CurvedText(
            lines=(printed(rating, signed=scale.low < 0),),
            at_deg=at_deg,
            inner_mm=inner_mm,
            em_mm=em_mm,
            weight="bold",
            of=f"number {rating}",
        )

    needed = [number(rating) for rating in sorted({scale.low, scale.high, *(rating for rating, _ in scale.detents)})]
    fixed = [*needed, *([mark] if mark else [])]
    if any(clash(a, b, gap_mm=gap_mm) for i, a in enumerate(fixed) for b in fixed[:i]):
        return None
    for every in _ladder():
        if every >= scale.high - scale.low:
            return needed
        if every % scale.step:
            continue
        first = -(-scale.low // every) * every
        round_ones = [number(rating) for rating in range(first, scale.high + 1, every) if _on(scale, rating)]
        if any(clash(a, b, gap_mm=gap_mm) for a, b in pairwise(round_ones)):
            continue
        free = [one for one in round_ones if not any(clash(one, other, gap_mm=gap_mm) for other in fixed)]
        return sorted([*needed, *free], key=lambda text: text.at_deg)
    return needed


def _on(scale: Scale, rating: int) -> bool:
    return (rating - scale.low) % scale.step == 0


def printed(rating: int, *, signed: bool) -> str:
    """A rating as printed: with a plus sign if the scale also has negative ratings, 0 without a sign."""
    return f"{rating:{'+' if signed else ''}d}".replace("-", "\N{MINUS SIGN}") if rating else "0"
