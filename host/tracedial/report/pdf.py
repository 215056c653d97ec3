"""A report as a PDF, A4, with the fonts that matplotlib brings."""

import io
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tracedial.report.blocks import Block, Heading, Paragraph, Picture, Quote, Table
from tracedial.report.language import ENGLISH, Words

if TYPE_CHECKING:
    from fpdf import FPDF

FONT = "DejaVu"
SIZES_PT = {1: 16.0, 2: 12.5, 3: 10.5}
TEXT_PT = 9.0
MARGIN_MM = 16
WIDE_COLUMNS = 9
CAPTION_MM = 20


def render_pdf(title: str, blocks: Iterable[Block], pngs: dict[str, bytes], say: Words = ENGLISH) -> bytes:
    """The PDF's bytes; `pngs` are the pictures by name."""
    import matplotlib as mpl
    from fpdf import FPDF

    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    pdf = FPDF(format="A4")
    pdf.set_margin(MARGIN_MM)
    pdf.set_auto_page_break(True, MARGIN_MM)
    pdf.set_title(title)
    pdf.set_creator("Tracedial")
    pdf.set_lang(say.language)
    pdf.add_font(FONT, "", fonts / "DejaVuSans.ttf")
    pdf.add_font(FONT, "B", fonts / "DejaVuSans-Bold.ttf")
    pdf.add_page()
    with warnings.catch_warnings():
        # A letter of a name that the font lacks is shown as a box.
        warnings.simplefilter("ignore")
        for block in blocks:
            _add(pdf, block, pngs)
        return bytes(pdf.output())


def _add(pdf: "FPDF", block: Block, pngs: dict[str, bytes]) -> None:
    if isinstance(block, Heading):
        pdf.ln(1.5 if block.level > 1 else 0)
        pdf.set_font(FONT, "B", SIZES_PT[block.level])
        if pdf.will_page_break(30 if block.level > 2 else 45):
            # A heading does not stand alone at a page's end.
            pdf.add_page()
        _write(pdf, block.text, 7 if block.level < 3 else 5.5)
    elif isinstance(block, Paragraph):
        pdf.set_font(FONT, "B" if block.warning else "", TEXT_PT + 1.5 if block.lead else TEXT_PT)
        _write(pdf, block.text, 5.4 if block.lead else 4.6)
        pdf.ln(1.2)
    elif isinstance(block, Picture):
        image = _open(pngs[block.name])
        # A tall picture is made narrower, so that its axes stay on the page.
        pdf.image(image, w=min(pdf.epw, (pdf.eph - CAPTION_MM) * image.width / image.height))
        pdf.set_font(FONT, "", TEXT_PT - 1)
        _write(pdf, block.caption, 4)
        pdf.ln(1.5)
    elif isinstance(block, Quote):
        pdf.set_font(FONT, "", TEXT_PT - 1)
        _write(pdf, block.question, 4.2)
        pdf.set_font(FONT, "", TEXT_PT + 0.5)
        _write(pdf, f"“{block.text}”", 4.8)
        pdf.ln(1.5)
    elif isinstance(block, Table):
        _table(pdf, block)


def _write(pdf: "FPDF", text: str, line_mm: float) -> None:
    pdf.multi_cell(0, line_mm, text, align="L", new_x="LMARGIN", new_y="NEXT")


def _table(pdf: "FPDF", table: Table) -> None:
    from fpdf.fonts import FontFace

    if not table.rows:
        return
    columns = len(table.rows[0])
    pdf.set_font(FONT, "", 6.5 if columns >= WIDE_COLUMNS else 7.5)
    widths: tuple[float, ...] | None = (1, 3) if table.words and columns == 2 else None
    if columns >= WIDE_COLUMNS:
        # Names stand in the first ones.
        widths = (2, 2, *[1] * (columns - 2))
    with pdf.table(
        borders_layout="HORIZONTAL_LINES", line_height=4.2, text_align="LEFT", col_widths=widths,
        first_row_as_headings=bool(table.columns), headings_style=FontFace(emphasis="BOLD"),
    ) as made:  # fmt: skip
        for row in ([table.columns] if table.columns else []) + table.rows:
            line = made.row()
            for cell in row:
                line.cell(cell)
    pdf.ln(2)


def _open(png: bytes):

    from PIL import Image

    return Image.open(io.BytesIO(png))
