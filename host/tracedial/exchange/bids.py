"""A BIDS dataset: each rater is a participant, the ratings are a continuous recording, the segments are events.

Texts in its tables have no tabs or line ends, since BIDS cannot write them.
"""

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tracedial import __version__
from tracedial.exchange.contents import Dyad, Rating, Source
from tracedial.exchange.cues import on_one_line
from tracedial.exchange.tables import ANSWERS, present
from tracedial.files.private import make_folder
from tracedial.files.safe_text import safe_cell
from tracedial.files.whole_file import write_whole

BIDS_VERSION = "1.10.0"
TASK = "rating"
NOT_THERE = "n/a"
EVENTS = {
    "onset": "Beginning of the segment, in seconds of the video",
    "duration": "Length of the segment, in seconds",
    "trial_type": "rupture, repair or peak",
    "rank": "1: the lowest (of peaks the highest)",
    "mean": "Mean rating within the segment",
    "segment": "Name of the segment",
}
PARTICIPANTS = {
    "participant_id": "One rater of one session",
    "dyad": "The session",
    "role": "The rater's role",
    "rater": "The rater, by name within the session",
}


def write(source: Source, folder: Path) -> list[str]:
    """Raises `OSError`."""
    taken: dict[str, str] = {}
    people: list[tuple[str, ...]] = []
    for dyad in source.dyads():
        for rating in dyad.ratings:
            label = _label(dyad.name, rating.rater, taken)
            people.append((f"sub-{label}", dyad.name, rating.role, rating.rater))
            _write_person(dyad, rating, folder / f"sub-{label}" / "beh", f"sub-{label}_task-{TASK}")
    _write_json(folder / "dataset_description.json", {
        "Name": on_one_line(source.title) or "Ratings",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "raw",
        "License": "n/a",
        "GeneratedBy": [{"Name": "Tracedial", "Version": __version__}],
    })  # fmt: skip
    write_whole(folder / "README", README)
    _write_tsv(folder / "participants.tsv", tuple(PARTICIPANTS), people)
    _write_json(folder / "participants.json", {name: {"Description": said} for name, said in PARTICIPANTS.items()})
    return []


README = """Ratings from moment to moment of recorded sessions, exported by Tracedial.

Each participant (sub-…) is one rater of one session; participants.tsv says which. beh/…_stim.tsv.gz has the rating at
each second of the video, from its first frame, n/a where nobody rated. …_events.tsv has the segments (ruptures,
repairs, peaks), …_beh.tsv what was answered after their clips. Texts have blanks in place of tabs and line ends.
"""


def _label(dyad: str, rater: str, taken: dict[str, str]) -> str:
    """A label of letters and digits for a rater of a dyad. Labels are unique, even without regard to case."""
    plain = "".join(sign for sign in dyad + rater if sign.isascii() and sign.isalnum()) or "x"
    label, number = plain, 2
    while label.lower() in taken:
        label, number = f"{plain}x{number}", number + 1
    taken[label.lower()] = label
    return label


def _write_person(dyad: Dyad, rating: Rating, folder: Path, stem: str) -> None:
    make_folder(folder)
    rows = "".join(f"{_cell(value)}\n" for value in present(rating.trace.rated))
    with (folder / f"{stem}_stim.tsv.gz").open("wb") as file, gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed:
        packed.write(rows.encode())
    scale = rating.scale
    said: dict[str, Any] = {
        "LongName": "Rating",
        "Description": "Rating at each second of the video",
        "Units": "rating",
    }
    if scale:
        said["Levels"] = {f"{at:g}": on_one_line(label) for at, label in scale.labels.items()}
        said["Minimum"], said["Maximum"] = scale.low, scale.high
    _write_json(folder / f"{stem}_stim.json", {
        "TaskName": TASK, "SamplingFrequency": 1, "StartTime": 0, "Columns": ["rating"], "rating": said,
    })  # fmt: skip
    events = [
        (s.start_s, s.end_s - s.start_s, s.kind, s.rank, *present([round(rating.mean_of(s), 6)]), s.id)
        for s in (clip.segment for clip in rating.chosen)
    ]
    _write_tsv(folder / f"{stem}_events.tsv", tuple(EVENTS), events)
    _write_json(folder / f"{stem}_events.json", {
        name: {"Description": text} for name, text in EVENTS.items() if name not in ("onset", "duration")
    })  # fmt: skip
    if rating.answers:
        columns = [column for column in ANSWERS if column.name not in ("dyad", "role", "rater")]
        answers = [tuple(row[column.name] for column in columns) for row in rating.answers]
        _write_tsv(folder / f"{stem}_beh.tsv", tuple(column.name for column in columns), answers)
        described = {column.name: {"Description": column.label} for column in columns}
        _write_json(folder / f"{stem}_beh.json", {"TaskName": TASK, **described})


def _write_tsv(path: Path, columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    lines = ["\t".join(columns), *("\t".join(map(_cell, row)) for row in rows)]
    write_whole(path, "".join(f"{line}\n" for line in lines))


def _cell(value: Any) -> str:
    text = "" if value is None else safe_cell(on_one_line(value)) if isinstance(value, str) else f"{value!r}"
    return text or NOT_THERE


def _write_json(path: Path, content: dict[str, Any]) -> None:
    write_whole(path, json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
