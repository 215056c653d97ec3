"""Looks into PDFs, for tests and pictures."""

from pathlib import Path

import pypdfium2
from PIL.Image import Image

POINTS_PER_MM = 72 / 25.4


def keywords(path: Path) -> str:
    """The keywords that a PDF's metadata hold."""
    with pypdfium2.PdfDocument(path) as pdf:
        return pdf.get_metadata_dict()["Keywords"]


def page_sizes_mm(path: Path) -> list[tuple[float, float]]:
    """Width and height of each page in mm."""
    with pypdfium2.PdfDocument(path) as pdf:
        return [(pdf[i].get_width() / POINTS_PER_MM, pdf[i].get_height() / POINTS_PER_MM) for i in range(len(pdf))]


def page_texts(path: Path) -> list[str]:
    """The text of each page."""
    with pypdfium2.PdfDocument(path) as pdf:
        return [pdf[i].get_textpage().get_text_range() for i in range(len(pdf))]


def render(path: Path, *, page: int = 0, dpi: float = 100) -> Image:
    """A page as a picture."""
    with pypdfium2.PdfDocument(path) as pdf:
        bitmap = pdf[page].render(scale=dpi / 72)  # pyright: ignore[reportArgumentType]
        return bitmap.to_pil()
