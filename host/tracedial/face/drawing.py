"""Draws a layout as shapes."""

from tracedial.face.layout import Layout
from tracedial.face.shapes import Arc, Circle, Line, Shape, polar

BLACK, GREY, ACCENT, CUT = "#1a1a1a", "#6b6b6b", "#b3261e", "#9a9a9a"
SHORT_MM, MIDDLE_MM, LONG_MM, DETENT_MM = 1.8, 2.8, 3.8, 4.5
HOLE_RADIUS_MM = 3.75
"""The hole for an M7 or 7 mm bushing."""
CUT_TICK_MM = 1.5


def draw_face(layout: Layout) -> list[Shape]:
    """The face around the point (0, 0)."""
    half_deg = layout.travel_deg / 2
    shapes: list[Shape] = [
        Arc(x_mm=0, y_mm=0, radius_mm=layout.arc_mm, from_deg=-half_deg, to_deg=half_deg, width_mm=0.5, ink=BLACK)
    ]
    detents = {rating for rating, _ in layout.scale.detents}
    numbered = {text.of for text in layout.numbers}
    for index in range(0, layout.scale.positions, layout.tick_every):
        rating = layout.scale.rating_at(index)
        if rating not in detents and f"number {rating}" not in numbered:
            middle = index % (5 * layout.tick_every) == 0
            length_mm, width_mm = (MIDDLE_MM, 0.3) if middle else (SHORT_MM, 0.2)
            shapes.append(_tick(layout, rating, length_mm, width_mm, BLACK if middle else GREY))
    for text in layout.numbers:
        rating = int(text.of.removeprefix("number "))
        if rating in detents:
            shapes.append(_tick(layout, rating, DETENT_MM, 0.9, ACCENT))
            x_mm, y_mm = polar(layout.arc_mm, layout.angle_deg(rating))
            shapes.append(Circle(x_mm, y_mm, 1.0, 0, ACCENT, filled=True))
        else:
            shapes.append(_tick(layout, rating, LONG_MM, 0.5, BLACK))
    for text in layout.numbers:
        shapes += text.letters(BLACK)
    for text in layout.labels:
        shapes += text.letters(BLACK)
    if layout.mark is not None:
        shapes += layout.mark.letters(GREY)
    return shapes + _cut_and_drill(layout.diameter_mm / 2)


def _tick(layout: Layout, rating: int, length_mm: float, width_mm: float, ink: str) -> Line:
    at_deg = layout.angle_deg(rating)
    return Line(*polar(layout.arc_mm, at_deg), *polar(layout.arc_mm + length_mm, at_deg), width_mm, ink)


def _cut_and_drill(radius_mm: float) -> list[Shape]:
    shapes: list[Shape] = [Circle(0, 0, radius_mm, 0.15, CUT), Circle(0, 0, HOLE_RADIUS_MM, 0.15, CUT)]
    shapes += [
        Line(x1_mm=-HOLE_RADIUS_MM - 2, y1_mm=0, x2_mm=HOLE_RADIUS_MM + 2, y2_mm=0, width_mm=0.15, ink=CUT),
        Line(x1_mm=0, y1_mm=-HOLE_RADIUS_MM - 2, x2_mm=0, y2_mm=HOLE_RADIUS_MM + 2, width_mm=0.15, ink=CUT),
    ]
    for at_deg in (45, 135, 225, 315):
        shapes.append(Line(*polar(radius_mm, at_deg), *polar(radius_mm + CUT_TICK_MM, at_deg), 0.15, CUT))
    return shapes
