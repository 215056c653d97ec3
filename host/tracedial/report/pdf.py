"""A report as a PDF, A4, with the fonts that matplotlib brings."""

import io
import itertools
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tracedial.report.blocks import Block, Heading, Paragraph, Picture, Quote, Table
from tracedial.report.language import ENGLISH, Words

if TYPE_CHECKING:
    from tracedial.report.tagged_pdf import TaggedPdf

FONT = "DejaVu"
SIZES_PT = {1: 16.0, 2: 12.5, 3: 10.5}
TEXT_PT = 9.0
MARGIN_MM = 16
WIDE_COLUMNS = 9
CAPTION_MM = 20
LINE = 0.51
"""Height of a line in mm for each point of its letters."""


def render_pdf(title: str, blocks: Iterable[Block], pngs: dict[str, bytes], say: Words = ENGLISH) -> bytes:
    """The PDF's bytes, tagged for readers of screens; `pngs` are the pictures by name."""
    import matplotlib as mpl
    from fpdf.prefs import ViewerPreferences

    from tracedial.report.tagged_pdf import TaggedPdf

    fonts = Path(mpl.get_data_path()) / "fonts" / "ttf"
    pdf = TaggedPdf(format="A4")
    pdf.set_margin(MARGIN_MM)
    pdf.set_auto_page_break(True, MARGIN_MM)
    pdf.set_title(title)
    pdf.set_creator("Tracedial")
    pdf.set_lang(say.language)
    pdf.viewer_preferences = ViewerPreferences(display_doc_title=True)
    pdf.add_font(FONT, "", fonts / "DejaVuSans.ttf")
    pdf.add_font(FONT, "B", fonts / "DejaVuSans-Bold.ttf")
    pdf.add_page()
    with warnings.catch_warnings():
        # A letter of a name that the font lacks is shown as a box.
        warnings.simplefilter("ignore")
        blocks = list(blocks)
        for block, after in itertools.zip_longest(blocks, blocks[1:]):
            if isinstance(block, Heading):
                _heading(pdf, block, _height(pdf, pngs[after.name]) if isinstance(after, Picture) else 0.0)
            else:
                _add(pdf, block, pngs)
        return bytes(pdf.output())


def _add(pdf: "TaggedPdf", block: Block, pngs: dict[str, bytes]) -> None:
    match block:
        case Paragraph():
            size = TEXT_PT + 1.5 if block.lead else TEXT_PT
            _write(pdf, block.text, size=size, bold=block.warning)
            pdf.ln(1.2)
        case Quote():
            _write(pdf, block.question, size=TEXT_PT - 1)
            _write(pdf, f"“{block.text}”", size=TEXT_PT + 0.5, kind="/BlockQuote")
            pdf.ln(1.5)
        case Picture():
            _picture(pdf, block, pngs[block.name])
        case Table():
            _table(pdf, block)


def _heading(pdf: "TaggedPdf", block: Heading, picture_mm: float) -> None:
    """A heading, which does not stand alone at a page's end; `picture_mm` is the height of a picture after it."""
    pdf.ln(1.5 if block.level > 1 else 0)
    if pdf.will_page_break(max(30 if block.level > 2 else 45, picture_mm + 12 if picture_mm else 0)):
        pdf.add_page()
    # Readers jump by the outline.
    pdf.start_section(block.text, level=block.level - 1, strict=False)
    _write(pdf, block.text, size=SIZES_PT[block.level], bold=True, kind=f"/H{block.level}")


def _picture(pdf: "TaggedPdf", block: Picture, png: bytes) -> None:
    image = _open(png)
    height = _height(pdf, png)
    if pdf.will_page_break(height):
        pdf.add_page()
    with pdf.tag("/Figure", words=block.caption):
        pdf.image(image, w=height * image.width / image.height)
    _write(pdf, block.caption, size=TEXT_PT - 1, kind="/Caption")
    pdf.ln(1.5)


def _height(pdf: "TaggedPdf", png: bytes) -> float:
    """How high a picture is on the page, in mm: a tall one is made narrower, so that its axes stay on the page."""
    image = _open(png)
    return min(pdf.epw * image.height / image.width, pdf.eph - CAPTION_MM)


def _write(pdf: "TaggedPdf", text: str, *, size: float, bold: bool = False, kind: str = "/P") -> None:
    pdf.set_font(FONT, "B" if bold else "", size)
    with pdf.tag(kind):
        pdf.multi_cell(0, LINE * size, text, align="L", new_x="LMARGIN", new_y="NEXT")


def _table(pdf: "TaggedPdf", table: Table) -> None:
    from fpdf.fonts import FontFace

    if not table.rows:
        return
    columns = len(table.rows[0])
    pdf.set_font(FONT, "", 6.5 if columns >= WIDE_COLUMNS else 7.5)
    widths: tuple[float, ...] | None = (1, 3) if table.words and columns == 2 else None
    if columns >= WIDE_COLUMNS:
        # Names stand in the first ones.
        widths = (2, 2, *[1] * (columns - 2))
    pdf.cells = "/P"
    with pdf.table(
        borders_layout="HORIZONTAL_LINES", line_height=4.2, text_align="LEFT", col_widths=widths,
        first_row_as_headings=bool(table.columns), headings_style=FontFace(emphasis="BOLD"),
    ) as made:  # fmt: skip
        for row in ([table.columns] if table.columns else []) + table.rows:
            line = made.row()
            for cell in row:
                line.cell(cell)
    pdf.cells = ""
    pdf.ln(2)


def _open(png: bytes):

    from PIL import Image

    return Image.open(io.BytesIO(png))
