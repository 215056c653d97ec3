"""The shapes that make up a face and a sheet."""

import math
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Line:
    """A straight line."""

    x1_mm: float
    y1_mm: float
    x2_mm: float
    y2_mm: float
    width_mm: float
    ink: str = "black"


@dataclass(frozen=True)
class Circle:
    """A circle: a line, or a disc if `filled`."""

    x_mm: float
    y_mm: float
    radius_mm: float
    width_mm: float
    ink: str = "black"
    filled: bool = False


@dataclass(frozen=True)
class Arc:
    """Part of a circle, from one angle to another clockwise, both in degrees clockwise from the top."""

    x_mm: float
    y_mm: float
    radius_mm: float
    from_deg: float
    to_deg: float
    width_mm: float
    ink: str = "black"


@dataclass(frozen=True)
class Letter:
    """A letter: the left end of its baseline and its clockwise rotation. `of` names the text to which it belongs."""

    x_mm: float
    y_mm: float
    turn_deg: float
    letter: str
    em_mm: float
    weight: str
    of: str
    ink: str = "black"


Shape = Line | Circle | Arc | Letter


def moved(shape: Shape, x_mm: float, y_mm: float) -> Shape:
    """The shape moved right by `x_mm` and down by `y_mm`."""
    if isinstance(shape, Line):
        return replace(
            shape,
            x1_mm=shape.x1_mm + x_mm,
            y1_mm=shape.y1_mm + y_mm,
            x2_mm=shape.x2_mm + x_mm,
            y2_mm=shape.y2_mm + y_mm,
        )
    return replace(shape, x_mm=shape.x_mm + x_mm, y_mm=shape.y_mm + y_mm)


def polar(radius_mm: float, angle_deg: float) -> tuple[float, float]:
    """The point at an angle clockwise from the top, y down."""
    angle = math.radians(angle_deg)
    return radius_mm * math.sin(angle), -radius_mm * math.cos(angle)
