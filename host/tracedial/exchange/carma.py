"""CARMA's own CSV, one for each rater, as CARMA's review window opens it.

CARMA stamps each one-second bin with its end: the rating of second s has the stamp s + 1.
"""

from pathlib import Path

from tracedial.exchange.contents import Dyad, Rating, Source
from tracedial.exchange.cues import file_stem
from tracedial.exchange.tables import present
from tracedial.files.safe_text import safe_cell, write_table

RULE = "%%%%%%"
"""The line between a file's header and its numbers."""


def write(source: Source, folder: Path) -> list[str]:
    """Raises `OSError`."""
    notes = []
    for dyad in source.dyads():
        for rating in dyad.ratings:
            _write_one(dyad, rating, folder / f"{file_stem(dyad.name, rating.rater)}.csv")
            if rating.scale is None:
                notes.append(f"carma: nothing says the scale of {rating.rater} in {dyad.name}; its ends are those of "
                             "its ratings.")  # fmt: skip
    return notes


def _write_one(dyad: Dyad, rating: Rating, path: Path) -> None:
    values, scale = present(rating.trace.rated), rating.scale
    known = [value for value in values if value is not None] or [0.0, 1.0]
    low, high = (scale.low, scale.high) if scale else (min(known), max(known))
    labels = scale.labels if scale else {}
    rows = [
        ("Multimedia File", safe_cell(dyad.video["name"])),
        ("Lower Label", labels.get(low, "")),
        ("Upper Label", labels.get(high, "")),
        ("Minimum Value", *present([low])),
        ("Maximum Value", *present([high])),
        ("Number of Steps", max(len(labels), 2)),
        ("Second", "Rating"),
        (RULE, RULE),
        *((second + 1, "NaN" if value is None else value) for second, value in enumerate(values)),
    ]
    write_table(path, ("media_end", rating.recorded_at), rows)
