"""`tracedial export` on sessions on a disk: existing files, full disks, names, odd files."""

import csv
import errno
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from exports import HOSTILE
from studies import tracedial_here
from tracedial.errors import ExchangeError, TracedialError
from tracedial.exchange import formats
from tracedial.exchange.contents import read_source
from tracedial.exchange.deidentify import read_key
from tracedial.exchange.libraries import library
from tracedial.files.safe_text import safe_cell
from tracedial.measures.trace import Trace, write_trace

VIDEO = {
    "name": "Mrs Example.mp4",
    "sha256": "cd" * 32,
    "duration_s": 90.0,
    "frame_rate_hz": 25.0,
    "width": 2,
    "height": 2,
}


def make_session(folder: Path, **ratings) -> Path:
    """A session whose raters' traces somebody put there, without journals."""
    folder.mkdir(parents=True)
    content = {"format": 2, "session": folder.name, "video": VIDEO, "raters": list(ratings), "synthetic": True}
    (folder / "session.json").write_text(json.dumps(content), encoding="utf-8")
    for rater, values in ratings.items():
        (folder / rater).mkdir()
        write_trace(Trace(rater, np.array(values, float)), folder / rater / "trace.csv")
    return folder


def ratings_of(out: Path):
    return pd.read_csv(out / "csv" / "ratings.csv")


@pytest.fixture
def two(tmp_path):
    """Two dyads, one of a client without a therapist."""
    study = tmp_path / "home" / "study"
    wave = 20 * np.sin(np.arange(90) / 9)
    make_session(study / "s1", client=wave.round(), therapist=-wave.round())
    make_session(study / "s2", client=[1.5, np.nan, 3])
    return study


def test_each_session_is_there_with_those_who_rated_it(two, tmp_path):
    out = tmp_path / "out"
    done = tracedial_here("export", two, "--format", "csv,wide", "--out", out)
    assert done.code == 0, done.err
    found = ratings_of(out)
    assert found.groupby(["dyad", "rater"]).size().to_dict() == {
        ("s1", "client"): 90, ("s1", "therapist"): 90, ("s2", "client"): 3,
    }  # fmt: skip
    wide = pd.read_csv(out / "wide" / "ratings_wide.csv")
    assert wide[wide.dyad == "s2"].rating_therapist.isna().all()


def test_what_is_there_is_replaced_only_by_force_and_only_an_export(two, tmp_path):
    out = tmp_path / "out"
    call = ("export", two, "--format", "csv", "--out", out)
    assert tracedial_here(*call).code == 0
    before = ratings_of(out)
    refused = tracedial_here(*call)
    assert refused.code == 1 and "--force" in refused.err and refused.err.count("\n") == 1
    assert tracedial_here(*call, "--force").code == 0
    assert ratings_of(out).equals(before)
    own = tmp_path / "own"
    (own / "csv").mkdir(parents=True)
    (own / "csv" / "thesis.txt").write_text("years of work")
    done = tracedial_here("export", two, "--format", "csv", "--out", own, "--force")
    assert done.code == 1 and (own / "csv" / "thesis.txt").read_text() == "years of work"


def test_a_disk_that_is_full_half_way_leaves_what_was_there(two, tmp_path, monkeypatch):
    out = tmp_path / "out"
    assert tracedial_here("export", two, "--format", "csv", "--out", out).code == 0
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    def full(self, source, folder):
        (folder / "ratings.csv").write_text("half")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(formats.Format, "write", full)
    for name in ("csv", "wide"):
        with pytest.raises(ExchangeError, match="No space left"):
            formats.export(read_source(two), name, out)
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_an_export_for_others_names_nobody_and_its_key_is_used_again(two, tmp_path):
    out = tmp_path / "out"
    call = ("export", two, "--deidentify", "--format")
    assert tracedial_here(*call, "csv,bids,carma,redcap", "--out", out).code == 0
    names = [path.relative_to(out).as_posix() for path in out.rglob("*")]
    texts = [path.read_bytes().decode("utf-8", "replace") for path in out.rglob("*") if path.is_file()]
    for hidden in ("s1", "s2", "Mrs Example", "cdcd", str(tmp_path), "study"):
        assert not any(hidden in text for text in texts if hidden != "study"), hidden
        assert not any(hidden in name.replace(".json", "") for name in names), hidden
    key = read_key(tmp_path / "out-key.csv")
    codes = {name: code for (kind, name), (code, _) in key.codes.items() if kind == "dyad"}
    assert set(codes) == {"s1", "s2"} and set(ratings_of(out).dyad) == set(codes.values())
    again = tmp_path / "again"
    key_file = ("--key", tmp_path / "out-key.csv")
    assert tracedial_here(*call, "csv", "--out", again, *key_file).code == 0
    assert ratings_of(again).equals(ratings_of(out))


def test_a_file_that_is_no_key_is_refused_and_stays(two, tmp_path):
    other = tmp_path / "table.csv"
    other.write_text("a,b\n1,2\n")
    done = tracedial_here("export", two, "--deidentify", "--key", other, "--format", "csv", "--out", tmp_path / "o")
    assert done.code == 1 and "no key" in done.err and other.read_text() == "a,b\n1,2\n"
    assert not (tmp_path / "o").exists()


def test_a_session_that_cannot_be_read_keeps_no_other_from_it(two, tmp_path):
    (two / "s1" / "client" / "trace.csv").write_text("video_s,rating\nx,y\n")
    done = tracedial_here("export", two, "--format", "csv", "--out", tmp_path / "out")
    assert done.code == 1 and "trace.csv" in done.err
    assert set(ratings_of(tmp_path / "out").dyad) == {"s1", "s2"}


# What no folder can be named, on one system or another, is left out.
NAMES = [text for text in HOSTILE if text.strip() == text and text.isprintable() and not set(text) & set('/:"<>|&')]


@pytest.mark.parametrize("name", [name for name in NAMES if name])
def test_a_folder_of_any_name_is_a_dyad(tmp_path, name):
    session = make_session(tmp_path / name, client=[1, 2])
    done = tracedial_here("export", session, "--format", "csv,carma,text", "--out", tmp_path / "out")
    assert done.code == 0, done.err
    with (tmp_path / "out" / "csv" / "ratings.csv").open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file))[1][0] == safe_cell(name)


def test_what_is_no_session_and_no_format_is_said(tmp_path):
    done = tracedial_here("export", tmp_path, "--format", "csv", "--out", tmp_path / "out")
    assert done.code == 1 and "no session and no study" in done.err
    wrong = tracedial_here("export", tmp_path, "--format", "spss", "--out", tmp_path / "out")
    assert wrong.code == 2 and "sav" in wrong.err


def test_a_library_that_is_missing_is_a_sentence_with_its_line():
    with pytest.raises(TracedialError, match="pip install pyarrow openpyxl pyreadstat webvtt-py"):
        library("no_such_library.of_formats")
