"""Sheets as SVG and PDF: one mm in the drawing is one mm on paper."""

import math

from tracedial.face.lettering import font_path, outline, units_per_em
from tracedial.face.shapes import Arc, Circle, Letter, Line, Shape, polar
from tracedial.face.sheets import Sheet


def to_svg(sheet: Sheet) -> str:
    """The sheet as SVG; letters are outlines, so no font is needed."""
    names = {(s.letter, s.weight): f"g{ord(s.letter):x}{s.weight[0]}" for s in sheet.shapes if isinstance(s, Letter)}
    outlines = "".join(
        f'<path id="{name}" d="{outline(letter, weight)}"/>' for (letter, weight), name in sorted(names.items())
    )
    size = f'width="{_n(sheet.width_mm)}mm" height="{_n(sheet.height_mm)}mm"'
    box = f'viewBox="0 0 {_n(sheet.width_mm)} {_n(sheet.height_mm)}"'
    body = "\n".join(_svg(shape, names) for shape in sheet.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {box}>\n<rect width="100%" height="100%" fill="white"/>\n'
        f"<defs>{outlines}</defs>\n{body}\n</svg>\n"
    )


def _n(value: float) -> str:
    return f"{round(value, 3) + 0.0:g}"


def _svg(shape: Shape, names: dict[tuple[str, str], str]) -> str:
    if isinstance(shape, Letter):
        size = shape.em_mm / units_per_em(shape.weight)
        place = (
            f"translate({_n(shape.x_mm)} {_n(shape.y_mm)}) rotate({_n(shape.turn_deg)}) scale({size:.7f} {-size:.7f})"
        )
        return f'<use href="#{names[shape.letter, shape.weight]}" transform="{place}" fill="{shape.ink}"/>'
    stroke = f'stroke="{shape.ink}" stroke-width="{_n(shape.width_mm)}" fill="none"'
    if isinstance(shape, Line):
        ends = f'x1="{_n(shape.x1_mm)}" y1="{_n(shape.y1_mm)}" x2="{_n(shape.x2_mm)}" y2="{_n(shape.y2_mm)}"'
        return f"<line {ends} {stroke}/>"
    if isinstance(shape, Circle):
        paint = f'fill="{shape.ink}"' if shape.filled else stroke
        return f'<circle cx="{_n(shape.x_mm)}" cy="{_n(shape.y_mm)}" r="{_n(shape.radius_mm)}" {paint}/>'
    (x1, y1), (x2, y2) = polar(shape.radius_mm, shape.from_deg), polar(shape.radius_mm, shape.to_deg)
    large = int(shape.to_deg - shape.from_deg > 180)
    start, end = f"{_n(shape.x_mm + x1)} {_n(shape.y_mm + y1)}", f"{_n(shape.x_mm + x2)} {_n(shape.y_mm + y2)}"
    return f'<path d="M {start} A {_n(shape.radius_mm)} {_n(shape.radius_mm)} 0 {large} 1 {end}" {stroke}/>'


def to_pdf(sheets: list[Sheet]) -> bytes:
    """All sheets as one PDF."""
    from fpdf import FPDF

    pdf = FPDF(unit="mm", format=(sheets[0].width_mm, sheets[0].height_mm))
    pdf.set_creator("Tracedial")
    pdf.set_auto_page_break(False)
    pdf.c_margin = 0
    for weight, style in (("regular", ""), ("bold", "B")):
        pdf.add_font("DejaVu", style, font_path(weight))
    for sheet in sheets:
        pdf.add_page(format=(sheet.width_mm, sheet.height_mm))
        for shape in sheet.shapes:
            _pdf(pdf, shape)
    return bytes(pdf.output())


def _pdf(pdf, shape: Shape) -> None:
    red, green, blue = (int(shape.ink[i : i + 2], 16) for i in (1, 3, 5))
    if isinstance(shape, Letter):
        pdf.set_font("DejaVu", "B" if shape.weight == "bold" else "", shape.em_mm * 72 / 25.4)
        pdf.set_text_color(red, green, blue)
        with pdf.rotation(-shape.turn_deg, shape.x_mm, shape.y_mm):
            pdf.text(shape.x_mm, shape.y_mm, shape.letter)
        return
    pdf.set_draw_color(red, green, blue)
    pdf.set_fill_color(red, green, blue)
    pdf.set_line_width(shape.width_mm)
    if isinstance(shape, Line):
        pdf.line(shape.x1_mm, shape.y1_mm, shape.x2_mm, shape.y2_mm)
    elif isinstance(shape, Circle):
        pdf.circle(shape.x_mm, shape.y_mm, shape.radius_mm, "F" if shape.filled else "D")
    else:
        pdf.polyline(arc_points(shape))


def arc_points(arc: Arc) -> list[tuple[float, float]]:
    """The arc as short straight lines, less than 0.01 mm from it."""
    step_deg = 2 * math.degrees(math.acos(1 - 0.01 / arc.radius_mm))
    steps = math.ceil((arc.to_deg - arc.from_deg) / step_deg)
    turns = (arc.from_deg + (arc.to_deg - arc.from_deg) * i / steps for i in range(steps + 1))
    return [(arc.x_mm + x, arc.y_mm + y) for x, y in (polar(arc.radius_mm, turn) for turn in turns)]
