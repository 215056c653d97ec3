"""The drilling template for a bought box, 1:1: the lid and two walls of the printed one, with the same holes."""

from itertools import pairwise

from enclosure import FACE_MM, Box
from tracedial.face.drawing import BLACK, CUT, HOLE_RADIUS_MM
from tracedial.face.lettering import width_em
from tracedial.face.printing import to_pdf
from tracedial.face.shapes import Circle, Letter, Line, Shape
from tracedial.face.sheets import PAPERS_MM, Sheet, check_line

TEXT_EM_MM = 3.2


def template(box: Box) -> Sheet:
    """One sheet of A4."""
    width, height = PAPERS_MM["A4"]
    shapes = check_line(width, height, "en")
    left, middle = (width - box.side) / 2, width / 2
    for top, tall, title in (
        (12.0, box.height, "back wall"),
        (60.0, box.side, "lid"),
        (186.0, box.height, "right wall"),
    ):
        shapes += _frame(left, top, box.side, tall) + _text(title, left + 2, top + tall - 2)
    for along, up, diameter in box.back_holes:
        # Seen from outside, what lies to the right of the dial lies to the left of its back.
        shapes += _hole(middle - along, 12.0 + box.height - up, diameter)
    shapes += _hole(middle, 60.0 + box.side / 2, 2 * HOLE_RADIUS_MM)
    shapes.append(Circle(middle, 60.0 + box.side / 2, FACE_MM / 2, 0.15, CUT))
    along, up, diameter = box.right_hole
    shapes += _hole(middle + along, 186.0 + box.height - up, diameter)
    return Sheet(width, height, tuple(shapes))


def template_pdf(box: Box) -> bytes:
    """The template as a PDF."""
    return to_pdf([template(box)])


def _frame(x: float, y: float, width: float, height: float) -> list[Shape]:
    ends = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
    return [Line(*a, *b, 0.15, CUT) for a, b in pairwise(ends)]


def _hole(x: float, y: float, diameter: float) -> list[Shape]:
    arm = diameter / 2 + 2
    return [
        Circle(x, y, diameter / 2, 0.3, BLACK),
        Line(x - arm, y, x + arm, y, 0.15, BLACK),
        Line(x, y - arm, x, y + arm, 0.15, BLACK),
        *_text(f"Ø {diameter:g} mm", x + arm + 1, y - 1),
    ]


def _text(text: str, x: float, y: float) -> list[Shape]:
    shapes: list[Shape] = []
    for letter in text:
        shapes.append(Letter(x, y, 0, letter, TEXT_EM_MM, "regular", text, BLACK))
        x += width_em(letter, "regular") * TEXT_EM_MM
    return shapes
