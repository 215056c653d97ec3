"""REDCap: a data dictionary and records to import, one for each dyad, with repeating raters, segments and answers.

The ratings of each second are not included, since REDCap does not hold series of thousands. Export them as `csv` too.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tracedial.exchange.contents import Source
from tracedial.exchange.tables import ANSWERS, NUMBER, RATERS, SEGMENTS, TEXT, WHOLE, Block, Column, other_tables
from tracedial.files.safe_text import write_table

DICTIONARY = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?", "Branching Logic (Show field only if...)",
    "Required Field?", "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)  # fmt: skip
FORMS = {"rater": RATERS, "segment": SEGMENTS, "answer": ANSWERS}
VALIDATION = {TEXT: "", NUMBER: "number", WHOLE: "integer"}
RECORD = ("record_id", "redcap_repeat_instrument", "redcap_repeat_instance")


def write(source: Source, folder: Path) -> list[str]:
    """Write `data_dictionary.csv` and `records.csv`. Raises `OSError`."""
    write_table(folder / "data_dictionary.csv", DICTIONARY, _dictionary())
    names = [name for form, columns in FORMS.items() for name in fields(form, columns)]
    write_table(folder / "records.csv", (*RECORD, *names), _records(source, names))
    return [
        "redcap: make rater, segment and answer repeating instruments of the project before you import records.csv."
    ]


def fields(form: str, columns: tuple[Column, ...]) -> dict[str, Column]:
    """The fields of an instrument. Each name begins with the instrument's name, since REDCap has one list of names."""
    return {f"{form}_{column.name}": column for column in columns if column.name != "dyad"}


def _dictionary() -> Iterator[tuple[str, ...]]:
    blank = [""] * (len(DICTIONARY) - 4)
    yield ("record_id", "dyad", "", "text", "The session", *blank[1:])
    for form, columns in FORMS.items():
        for name, column in fields(form, columns).items():
            kind = "notes" if name in ("answer_answer", "segment_why") else "text"
            said = [*blank]
            said[0], said[3] = column.label, "" if kind == "notes" else VALIDATION[column.kind]
            yield (name, form, "", kind, *said)


def _records(source: Source, names: list[str]) -> Iterator[tuple[Any, ...]]:
    raters, segments, answers = (table.blocks() for table in other_tables(source))
    # Read the tables side by side, one dyad at a time.
    for blocks in zip(raters, segments, answers, strict=True):
        dyad = blocks[0]["dyad"][0]
        yield (dyad, "", "", *[""] * len(names))
        for form, block in zip(FORMS, blocks, strict=True):
            yield from _instances(dyad, form, block, names)


def _instances(dyad: str, form: str, block: Block, names: list[str]) -> Iterator[tuple[Any, ...]]:
    own = fields(form, FORMS[form])
    for at in range(len(block["dyad"])):
        yield (dyad, form, at + 1, *(block[own[name].name][at] if name in own else "" for name in names))
