"""Letters as shapes: their widths and outlines, so that the print matches the layout exactly."""

import functools
from pathlib import Path
from typing import Any

CAP_HEIGHT_EM = 0.729
ASCENT_EM = 0.80
DESCENT_EM = 0.24
"""DejaVu Sans: capitals, the highest and the lowest ink of Latin letters with accents below capitals, in ems."""

FONTS = {"regular": "DejaVuSans.ttf", "bold": "DejaVuSans-Bold.ttf"}


def font_path(weight: str) -> Path:
    """The font's file, which comes with matplotlib."""
    import matplotlib as mpl

    return Path(mpl.get_data_path()) / "fonts" / "ttf" / FONTS[weight]


@functools.cache
def _font(weight: str) -> Any:
    from fontTools.ttLib import TTFont

    return TTFont(font_path(weight))


@functools.cache
def advance_em(letter: str, weight: str) -> float:
    """A letter's advance width in ems. Raises `KeyError` for a letter that the font lacks."""
    font = _font(weight)
    return font["hmtx"][font.getBestCmap()[ord(letter)]][0] / font["head"].unitsPerEm


@functools.cache
def outline(letter: str, weight: str) -> str:
    """The letter as an SVG path, in font units with y up."""
    from fontTools.pens.svgPathPen import SVGPathPen

    font = _font(weight)
    glyphs = font.getGlyphSet()
    pen = SVGPathPen(glyphs)
    glyphs[font.getBestCmap()[ord(letter)]].draw(pen)
    return pen.getCommands()


def units_per_em(weight: str) -> int:
    """Font units in an em."""
    return _font(weight)["head"].unitsPerEm


def width_em(text: str, weight: str) -> float:
    """The width of a line of text, in ems."""
    return sum(advance_em(letter, weight) for letter in text)


def missing_letters(text: str, weight: str) -> str:
    """The letters of `text` that the font lacks or that have no width."""
    cmap = _font(weight).getBestCmap()
    return "".join(letter for letter in text if ord(letter) not in cmap or not advance_em(letter, weight))


@functools.lru_cache(1024)
def wrapped(text: str, lines: int, weight: str) -> tuple[str, ...] | None:
    """`text` broken between words into `lines` lines, with the longest as short as possible; None for too few words."""
    words = text.split()
    if len(words) < lines:
        return None
    if lines == 1:
        return (" ".join(words),)
    best: tuple[str, ...] | None = None
    for first in range(1, len(words) - lines + 2):
        rest = wrapped(" ".join(words[first:]), lines - 1, weight)
        if rest is None:
            continue
        broken = (" ".join(words[:first]), *rest)
        if best is None or _longest_em(broken, weight) < _longest_em(best, weight):
            best = broken
    return best


def _longest_em(lines: tuple[str, ...], weight: str) -> float:
    return max(width_em(line, weight) for line in lines)
