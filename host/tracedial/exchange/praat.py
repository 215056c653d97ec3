"""Praat: a TextGrid for each session, with tiers for segments and answers, and the ratings as points."""

from pathlib import Path

from tracedial.exchange.contents import Dyad, Rating, Source
from tracedial.exchange.cues import file_stem, on_one_line
from tracedial.exchange.elan import tiers
from tracedial.exchange.libraries import library
from tracedial.exchange.tables import present


def write(source: Source, folder: Path) -> list[str]:
    """Write a `….TextGrid` for each session. Raises `OSError`."""
    notes = []
    for dyad in source.dyads():
        _write_one(dyad, folder / f"{file_stem(dyad.name)}.TextGrid")
        notes += [
            f"textgrid: {one.rater} in {dyad.name} rated nothing: no tier of ratings."
            for one in dyad.ratings
            if not _points(one)
        ]
    return notes


def _write_one(dyad: Dyad, path: Path) -> None:
    textgrid = library("praatio.textgrid")
    ends_s = [cue.end_s for one in dyad.ratings for cues in tiers(one).values() for cue in cues]
    end_s = max([float(dyad.n_seconds), float(dyad.video["duration_s"] or 0.0), *ends_s])
    grid = textgrid.Textgrid(0, end_s)
    for rating in dyad.ratings:
        if points := _points(rating):
            grid.addTier(textgrid.PointTier(f"{rating.rater} rating", points, 0, end_s))
        for name, cues in tiers(rating).items():
            # A label has one line; an empty label would be a gap.
            entries = [
                (cue.start_s, max(cue.end_s, cue.start_s + 0.001), on_one_line(cue.text) or cue.name) for cue in cues
            ]
            grid.addTier(textgrid.IntervalTier(name, entries, 0, end_s))
    grid.save(str(path), format="long_textgrid", includeBlankSpaces=True, minTimestamp=0, maxTimestamp=end_s)


def _points(rating: Rating) -> list[tuple[float, str]]:
    values = enumerate(present(rating.trace.rated))
    return [(float(second), f"{value!r}") for second, value in values if value is not None]
