"""Text along a circle: upright at the top and turned at the bottom, so that nobody has to read upside down."""

import functools
import math
from dataclasses import dataclass

from tracedial.face.lettering import ASCENT_EM, DESCENT_EM, advance_em, width_em
from tracedial.face.shapes import Letter, polar

TURNED_FROM_DEG = 100.0
"""From this angle on, text is turned."""
ROW_EM = ASCENT_EM + DESCENT_EM


@dataclass(frozen=True)
class CurvedText:
    """Lines of text around the angle `at_deg`, in rings from `inner_mm` outward. Readers see the first line on top."""

    lines: tuple[str, ...]
    at_deg: float
    inner_mm: float
    em_mm: float
    weight: str
    of: str

    @property
    def turned(self) -> bool:
        """Whether the text is turned, so that it is read from outside."""
        return abs(self.at_deg) > TURNED_FROM_DEG

    @property
    def outer_mm(self) -> float:
        """The radius at which its outermost row ends; the corners of a wide letter lie a little outside."""
        return self.inner_mm + ROW_EM * self.em_mm * len(self.lines)

    @functools.cached_property
    def half_deg(self) -> float:
        """Half of the angle that it occupies."""
        return max(self._width_deg(line, inner) for line, inner in self._rows()) / 2

    def _rows(self) -> list[tuple[str, float]]:
        # A reader sees the first line on top: outermost at the top of the face, innermost at its bottom.
        lines = self.lines if self.turned else self.lines[::-1]
        return [(line, self.inner_mm + ROW_EM * self.em_mm * i) for i, line in enumerate(lines)]

    def _width_deg(self, line: str, inner_mm: float) -> float:
        # Measured on the inner edge of the ring, where letters are closest to one another.
        return math.degrees(width_em(line, self.weight) * self.em_mm / inner_mm)

    def letters(self, ink: str) -> list[Letter]:
        """The letters at their positions."""
        placed: list[Letter] = []
        for line, inner_mm in self._rows():
            base_mm = inner_mm + (ASCENT_EM if self.turned else DESCENT_EM) * self.em_mm
            sense = -1 if self.turned else 1
            angle_deg = self.at_deg - sense * self._width_deg(line, inner_mm) / 2
            for letter in line:
                width_mm = advance_em(letter, self.weight) * self.em_mm
                step_deg = math.degrees(width_mm / inner_mm)
                middle_deg = angle_deg + sense * step_deg / 2
                turn_deg = middle_deg + (180 if self.turned else 0)
                x_mm, y_mm = polar(base_mm, middle_deg)
                turn = math.radians(turn_deg)
                x_mm -= math.cos(turn) * width_mm / 2
                y_mm -= math.sin(turn) * width_mm / 2
                placed.append(
                    Letter(
                        x_mm=x_mm,
                        y_mm=y_mm,
                        turn_deg=turn_deg,
                        letter=letter,
                        em_mm=self.em_mm,
                        weight=self.weight,
                        of=self.of,
                        ink=ink,
                    )
                )
                angle_deg += sense * step_deg
        return placed


def clash(a: CurvedText, b: CurvedText, *, gap_mm: float) -> bool:
    """Whether two texts come closer than `gap_mm` to each other."""
    if a.outer_mm + gap_mm / 2 <= b.inner_mm or b.outer_mm + gap_mm / 2 <= a.inner_mm:
        return False
    apart_deg = abs((a.at_deg - b.at_deg + 180) % 360 - 180)
    nearest_mm = max(a.inner_mm, b.inner_mm)
    return apart_deg < a.half_deg + b.half_deg + math.degrees(gap_mm / nearest_mm)
