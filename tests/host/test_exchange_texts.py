"""Subtitles, texts, REDCap, BIDS and CARMA, read back in the way in which their programs read them."""

import csv
import gzip
import html
import json
import math
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import webvtt
from hypothesis import given, settings

from exports import VIDEO, made_rating, made_source, sources, written
from tracedial.exchange.contents import Dyad
from tracedial.exchange.cues import answer_cues, on_one_line, segment_cues, without_overlaps
from tracedial.exchange.redcap import DICTIONARY
from tracedial.exchange.subtitles import cue_text
from tracedial.exchange.transcript import span, stamp

FEW = settings(max_examples=8, deadline=None)


def cues_of(rating):
    return sorted([*segment_cues(rating), *answer_cues(rating)], key=lambda cue: (cue.start_s, cue.end_s))


def seconds(text):
    hours, minutes, rest = text.replace(",", ".").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


@FEW
@given(sources())
def test_subtitles_are_read_by_webvtt_with_every_cue(tmp_path_factory, source):
    for name in ("vtt", "srt"):
        folder = written(source, name, tmp_path_factory.mktemp("o"))
        for dyad in source.made:
            for rating in dyad.ratings:
                path = folder / f"{dyad.name}_{rating.rater}.{name}"
                if not cues_of(rating):
                    assert not path.exists()
                    continue
                read = webvtt.read(path) if name == "vtt" else webvtt.from_srt(path)
                got = [(seconds(c.start), seconds(c.end), c.raw_text) for c in read]
                if name == "vtt":
                    got = [(start, end, html.unescape(text)) for start, end, text in got]
                assert got == [(cue.start_s, cue.end_s, cue_text(cue)) for cue in cues_of(rating)]


@FEW
@given(sources())
def test_texts_have_a_line_to_an_entry(tmp_path_factory, source):
    folder = written(source, "text", tmp_path_factory.mktemp("o"))
    for dyad in source.made:
        for rating in dyad.ratings:
            cues = cues_of(rating)
            stem = f"{dyad.name}_{rating.rater}"
            lines = (folder / f"{stem}.txt").read_text(encoding="utf-8").split("\n")[:-1]
            assert lines == [f"{stamp(c.start_s)} {rating.rater}: {on_one_line(c.text)}" for c in cues]
            header, *rows = (folder / f"{stem}_nvivo.txt").read_text(encoding="utf-8").split("\n")[:-1]
            assert header == "Timespan\tContent\tSpeaker"
            assert [row.split("\t") for row in rows] == [
                [f"{span(c.start_s)} - {span(c.end_s)}", on_one_line(c.text), rating.rater] for c in cues
            ]


def test_moments_are_written_as_their_programs_know_them():
    assert stamp(220.5) == "#00:03:40-5#" and span(220.5) == "0:03:40.5"
    assert stamp(3599.96) == "#01:00:00-0#", "a tenth that is full makes a minute full too"


@FEW
@given(sources())
def test_redcap_has_a_record_to_a_dyad_and_knows_all_its_fields(tmp_path_factory, source):
    folder = written(source, "redcap", tmp_path_factory.mktemp("o"))
    words = pd.read_csv(folder / "data_dictionary.csv", keep_default_na=False)
    assert tuple(words.columns) == DICTIONARY
    fields = words[DICTIONARY[0]].tolist()
    assert len(set(fields)) == len(fields) and all(re.fullmatch(r"[a-z][a-z0-9_]{0,99}", name) for name in fields)
    records = pd.read_csv(folder / "records.csv", dtype=str, keep_default_na=False)
    assert set(records.columns) - {"redcap_repeat_instrument", "redcap_repeat_instance"} == set(fields)
    for dyad in source.made:
        own = records[records.record_id == dyad.name]
        forms = own.redcap_repeat_instrument.tolist()
        assert forms.count("") == 1 and forms.count("rater") == len(dyad.ratings)
        assert forms.count("answer") == sum(len(one.answers) for one in dyad.ratings)
        for _, rows in own.groupby("redcap_repeat_instrument"):
            if "" not in rows.redcap_repeat_instrument.tolist():
                assert rows.redcap_repeat_instance.tolist() == [str(n + 1) for n in range(len(rows))]


@FEW
@given(sources())
def test_carma_rows_stand_where_carma_looks_for_them(tmp_path_factory, source):
    folder = written(source, "carma", tmp_path_factory.mktemp("o"))
    for dyad in source.made:
        for rating in dyad.ratings:
            with (folder / f"{dyad.name}_{rating.rater}.csv").open(newline="", encoding="utf-8") as file:
                rows = list(csv.reader(file))
            if rating.scale:
                assert [float(rows[4][1]), float(rows[5][1])] == [-50, 50]
                assert [rows[2][1], rows[3][1]] == ["Weakest Possible", "Strongest Possible"]
            assert rows[7] == ["Second", "Rating"]
            np.testing.assert_array_equal([float(row[0]) for row in rows[9:]], 1 + np.arange(len(rating.trace.rating)))
            np.testing.assert_array_equal([float(row[1]) for row in rows[9:]], rating.trace.rated)


@FEW
@given(sources())
def test_bids_holds_every_rating_and_every_segment(tmp_path_factory, source):
    folder = written(source, "bids", tmp_path_factory.mktemp("o"))
    people = pd.read_csv(folder / "participants.tsv", sep="\t", dtype=str)
    assert people.participant_id.is_unique and len(people) == sum(len(dyad.ratings) for dyad in source.made)
    who = {(row.dyad, row.rater): row.participant_id for row in people.itertuples()}
    for dyad in source.made:
        for rating in dyad.ratings:
            name = who[(dyad.name, rating.rater)]
            stem = folder / name / "beh" / f"{name}_task-rating"
            cells = gzip.decompress(Path(f"{stem}_stim.tsv.gz").read_bytes()).decode().split("\n")[:-1]
            read = [math.nan if cell == "n/a" else float(cell) for cell in cells]
            np.testing.assert_array_equal(read, rating.trace.rated)
            said = json.loads(Path(f"{stem}_stim.json").read_text(encoding="utf-8"))
            assert (said["SamplingFrequency"], said["StartTime"], said["Columns"]) == (1, 0, ["rating"])
            events = pd.read_csv(f"{stem}_events.tsv", sep="\t")
            assert events.onset.tolist() == [clip.segment.start_s for clip in rating.chosen]
            if rating.answers:
                lines = Path(f"{stem}_beh.tsv").read_text(encoding="utf-8").split("\n")[1:-1]
                column = Path(f"{stem}_beh.tsv").read_text(encoding="utf-8").split("\n")[0].split("\t").index("answer")
                assert [line.split("\t")[column] for line in lines] == [
                    on_one_line(row["answer"]) or "n/a" for row in rating.answers
                ]


def test_the_bids_validator_finds_no_error(tmp_path):
    made = [
        made_rating("s_1", "client", [1.5, math.nan, 3] * 5, ["a\tb", "=1"]),
        made_rating("s_1", "therapist", [1] * 9),
    ]
    folder = written(made_source(Dyad("s_1", VIDEO, False, made)), "bids", tmp_path)
    validator = Path(sys.executable).with_name("bids-validator-deno")
    done = subprocess.run([validator, folder, "--json"], capture_output=True, text=True)
    issues = json.loads(done.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue["severity"] == "error"] == []
    assert done.returncode == 0


def test_what_overlaps_goes_into_rows_of_its_own():
    rating = made_rating("s", "client", [1] * 9, ["a", "b", "c"])
    rows = without_overlaps(segment_cues(rating))
    assert len(rows) == 3 and sum(map(len, rows)) == 3
