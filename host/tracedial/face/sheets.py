"""Faces on sheets of paper, as many as fit; each sheet has a line that shows whether the printer scaled the page."""

import math
from dataclasses import dataclass

from dialwire.scale import Scale
from tracedial.errors import FaceError
from tracedial.face.drawing import BLACK, draw_face
from tracedial.face.layout import lay_out
from tracedial.face.lettering import width_em
from tracedial.face.shapes import Letter, Line, Shape, moved

PAPERS_MM = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}
MARGIN_MM = 5.0
"""The margin that most printers leave white."""
CHECK_BAND_MM = 16.0
CHECK_MM = 100.0
CHECK_TEXT = {
    "en": "This line is 100 mm long. If yours is not, print again at 100 %, without fitting to the page.",
    "de": "Diese Linie ist 100 mm lang. Ist Ihre es nicht, drucken Sie erneut mit 100 %, ohne Anpassen an die Seite.",
}


@dataclass(frozen=True)
class Sheet:
    """One side of paper."""

    width_mm: float
    height_mm: float
    shapes: tuple[Shape, ...]


def make_sheets(
    scale: Scale, *, diameter_mm: float, travel_deg: float, paper: str, count: int, first: int, language: str
) -> list[Sheet]:
    """`count` faces on as few sheets of `paper` as possible; several faces are numbered from `first` on.

    Raises `FaceError` if the face cannot be drawn or is wider than the paper.
    """
    width_mm, height_mm = PAPERS_MM[paper]
    places = centres(width_mm - 2 * MARGIN_MM, height_mm - 2 * MARGIN_MM - CHECK_BAND_MM, diameter_mm)
    if not places:
        raise FaceError(f"A face of {diameter_mm:g} mm is wider than {paper} paper: give a smaller --diameter.")
    marks = [str(first + i) for i in range(count)] if count > 1 else [""]
    faces = [draw_face(lay_out(scale, diameter_mm=diameter_mm, travel_deg=travel_deg, mark=mark)) for mark in marks]
    sheets = []
    for start in range(0, len(faces), len(places)):
        shapes = check_line(width_mm, height_mm, language)
        for face, (x_mm, y_mm) in zip(faces[start:], places, strict=False):
            shapes += [moved(shape, x_mm + MARGIN_MM, y_mm + MARGIN_MM) for shape in face]
        sheets.append(Sheet(width_mm, height_mm, tuple(shapes)))
    return sheets


def centres(width_mm: float, height_mm: float, diameter_mm: float) -> list[tuple[float, float]]:
    """The centres of as many circles as fit into a rectangle, in straight or staggered rows, whichever holds more."""
    turned = [(x, y) for y, x in _staggered(height_mm, width_mm, diameter_mm)]
    return max(_rows(width_mm, height_mm, diameter_mm), _staggered(width_mm, height_mm, diameter_mm), turned, key=len)


def _rows(width_mm: float, height_mm: float, diameter_mm: float) -> list[tuple[float, float]]:
    across, down = int(width_mm / diameter_mm + 1e-9), int(height_mm / diameter_mm + 1e-9)
    return [((i + 0.5) * diameter_mm, (j + 0.5) * diameter_mm) for j in range(down) for i in range(across)]


def _staggered(width_mm: float, height_mm: float, diameter_mm: float) -> list[tuple[float, float]]:
    placed = []
    row, y_mm = 0, diameter_mm / 2
    while y_mm + diameter_mm / 2 <= height_mm + 1e-9:
        x_mm = diameter_mm / 2 * (1 + row % 2)
        while x_mm + diameter_mm / 2 <= width_mm + 1e-9:
            placed.append((x_mm, y_mm))
            x_mm += diameter_mm
        row, y_mm = row + 1, y_mm + diameter_mm * math.sqrt(3) / 2
    return placed


def check_line(width_mm: float, height_mm: float, language: str) -> list[Shape]:
    """A 100 mm line at the foot of a page, with advice for when it is printed longer or shorter."""
    left_mm, y_mm = (width_mm - CHECK_MM) / 2, height_mm - MARGIN_MM - 8
    shapes: list[Shape] = [
        Line(x1_mm=left_mm, y1_mm=y_mm, x2_mm=left_mm + CHECK_MM, y2_mm=y_mm, width_mm=0.3, ink=BLACK)
    ]
    for i in range(11):
        tall_mm = 2.5 if i in (0, 5, 10) else 1.5
        x_mm = left_mm + i * CHECK_MM / 10
        shapes.append(Line(x1_mm=x_mm, y1_mm=y_mm - tall_mm, x2_mm=x_mm, y2_mm=y_mm, width_mm=0.3, ink=BLACK))
    text, em_mm = CHECK_TEXT[language], 3.2
    x_mm = (width_mm - width_em(text, "regular") * em_mm) / 2
    for letter in text:
        shapes.append(
            Letter(
                x_mm=x_mm,
                y_mm=y_mm + 5,
                turn_deg=0,
                letter=letter,
                em_mm=em_mm,
                weight="regular",
                of="check line",
                ink=BLACK,
            )
        )
        x_mm += width_em(letter, "regular") * em_mm
    return shapes
