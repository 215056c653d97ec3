"""Every format under attack: names that must not leak, texts that a spreadsheet would execute, full disks."""

import csv
import gc
import gzip
import io
import json
import os
import zipfile

import numpy as np
import pandas as pd
import pytest

from exports import HOSTILE, VIDEO, made_rating, made_source
from requirements import needs_posix
from tracedial.errors import TracedialError
from tracedial.exchange.contents import Dyad
from tracedial.exchange.deidentify import Key, deidentify
from tracedial.exchange.formats import FORMATS, MANIFEST, export
from tracedial.files.safe_text import FORMULA_SIGNS
from tracedial.recording.session import Session

pytestmark = pytest.mark.thorough("exports whole studies of hostile texts, and reads them back")

FORMULAS = [f"{sign}cmd|'/c calc'!A1" for sign in FORMULA_SIGNS] + ["\t=1+1", "\n=1+1", " =1+1", "\r@SUM(1)", "+49 30"]
NAMES = {
    "session": "anna-mueller",
    "rater": "mrs-example",
    "person": "res-1",
    "video": "Anna M.mp4",
    "sha256": "ab" * 32,
}


def hostile_source(typed=(*HOSTILE, *FORMULAS)):
    values = [float(at % 50) for at in range(200)]
    rating = made_rating("s1", "client", values, typed, why="=WHY()")
    return made_source(Dyad("s1", VIDEO, True, [rating, made_rating("s1", "therapist", values)]))


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in ("parquet", "sav", "dta", "eaf", "xdf")])
def test_no_cell_of_a_table_is_a_formula(tmp_path, name):
    made = export(hostile_source(), name, tmp_path)
    tables = [path for path in made.folder.rglob("*") if path.suffix in (".csv", ".tsv") or "nvivo" in path.name]
    for path in tables:
        with path.open(newline="", encoding="utf-8-sig") as file:
            between = "," if path.suffix == ".csv" else "\t"
            for row in csv.reader(
                file, delimiter=between, quoting=csv.QUOTE_MINIMAL if between == "," else csv.QUOTE_NONE
            ):
                for cell in row:
                    assert not cell.lstrip().startswith(FORMULA_SIGNS) or is_number(cell), (path.name, cell)
    assert tables or name in ("xlsx", "vtt", "srt", "textgrid")


def is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


@needs_posix
@pytest.mark.parametrize("room", [0, 100, 700, 3000])
@pytest.mark.parametrize("name", FORMATS)
def test_a_disk_that_ends_leaves_no_half_export_and_is_one_sentence(tmp_path, name, room):
    import resource

    source = hostile_source(("fine",))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        export(source, name, tmp_path)
        failed = None
    except TracedialError as error:
        failed = error
    finally:
        # What a library left half done fails now, if it does, and not in another test.
        gc.collect()
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    if failed is None:
        assert (tmp_path / name / MANIFEST).is_file() and room > 0
    else:
        assert not any(tmp_path.iterdir()) and "cannot be written" in str(failed)


def contents(folder):
    """Each file's name and bytes, packed ones unpacked."""
    for path in folder.rglob("*"):
        yield path.relative_to(folder).as_posix().encode()
        if not path.is_file():
            continue
        data = path.read_bytes()
        if path.suffix == ".gz":
            data = gzip.decompress(data)
        elif path.suffix == ".xlsx":
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                data = b"".join(packed.read(name) for name in packed.namelist())
        elif path.suffix == ".parquet":
            data = pd.read_parquet(path).to_csv().encode()
        yield data


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_of_a_deidentified_export_names_anybody(tmp_path, name):
    dyad, rater = NAMES["session"], NAMES["rater"]
    video = VIDEO | {"name": NAMES["video"], "sha256": NAMES["sha256"]}
    ratings = [made_rating(dyad, who, np.arange(30.0), ["an answer"]) for who in (rater, "client")]
    source = made_source(Dyad(dyad, video, True, ratings))
    source.title = "Anna's study"
    source.sessions = {dyad: Session(tmp_path, dyad, [rater, "client"], video, True)}
    deidentify(source, Key({}))
    source.made = [source.change(one) for one in source.made]
    made = export(source, name, tmp_path / "out")
    for data in contents(made.folder):
        for text in (*NAMES.values(), "Anna", "2026-02-03"):
            for encoding in ("utf-8", "utf-16-le"):
                assert text.encode(encoding) not in data, text
    manifest = json.loads((made.folder / MANIFEST).read_text(encoding="utf-8"))
    assert "anna" not in json.dumps(manifest).lower() and os.fspath(tmp_path) not in json.dumps(manifest)
