"""Writes what is made from data in `hardware/` and `docs/`: `python hardware/tools/make.py [NAME …]`."""

import sys
from pathlib import Path

from drilling import template_pdf
from enclosure import Box, write_stl
from parts import cost_table, read_parts, values
from pictures import pictures
from schematic import draw, svg_text, write_pdf
from sync_input import source_table
from wiring import HARDWARE, KNOBS, load_wiring
from wiring_tables import filled, tables

DRAWN_BOARDS = ("pico", "esp32")
DOCUMENTS = (HARDWARE / "wiring.md", HARDWARE.parent / "docs" / "build.md")


def documents() -> dict[Path, str]:
    """The documents with their tables as the data say."""
    parts = read_parts()
    made = tables(load_wiring()) | {"costs": cost_table(parts), "sync sources": source_table(parts)}
    return {path: filled(path.read_text(encoding="utf-8"), made) for path in DOCUMENTS}


def schematics() -> dict[str, str]:
    """Name to SVG of each drawing."""
    wiring, shown = load_wiring(), values(read_parts())
    return {
        f"{name}-{knob}": svg_text(draw(wiring.boards[name], knob, wiring.nets(wiring.boards[name], knob), shown))
        for name in DRAWN_BOARDS
        for knob in KNOBS
    }


def make_wiring() -> None:
    """Tables and drawings."""
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8", newline="\n")
    wiring, shown = load_wiring(), values(read_parts())
    for name, svg in schematics().items():
        path = HARDWARE / "schematics" / name
        path.with_suffix(".svg").write_text(svg, encoding="utf-8", newline="\n")
        board_name, knob = name.split("-")
        board = wiring.boards[board_name]
        sheet = draw(board, knob, wiring.nets(board, knob), shown, backend="matplotlib")
        write_pdf(sheet, path.with_suffix(".pdf"), svg=svg)


def make_stl() -> None:
    """The solids for the printer, in `hardware/stl/`."""
    for path in write_stl(HARDWARE / "stl"):
        print(path)


def make_template() -> None:
    """The drilling template."""
    (HARDWARE / "drilling-template.pdf").write_bytes(template_pdf(Box()))


def make_pictures() -> None:
    """The guide's pictures."""
    for name, picture in pictures().items():
        picture.quantize(64).save(HARDWARE.parent / "docs" / f"build-{name}.png", optimize=True)


MAKERS = {"wiring": make_wiring, "stl": make_stl, "template": make_template, "pictures": make_pictures}

if __name__ == "__main__":
    for chosen in sys.argv[1:] or MAKERS:
        MAKERS[chosen]()
