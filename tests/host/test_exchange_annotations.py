"""ELAN, Praat and XDF: files are read back with the libraries that their users have, and every value is equal."""

import itertools
import math
import re
from xml.etree import ElementTree

import numpy as np
import pympi
import pytest
import pyxdf
import textgrid
from hypothesis import given, settings
from praatio import textgrid as praatio_textgrid

from exports import HOSTILE, SCALE, VIDEO, made_rating, made_source, sources, written
from studies import tracedial_here
from tracedial.exchange.contents import Dyad
from tracedial.exchange.cues import answer_cues, on_one_line, segment_cues
from tracedial.exchange.xml_texts import xml_text
from tracedial.measures.trace import read_trace

ANY = settings(max_examples=25, deadline=None)


@pytest.fixture
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("out")


def same(found, wanted):
    return np.array_equal(np.asarray(found, float), np.asarray(wanted, float), equal_nan=True)


def cues_of(rating):
    return [*segment_cues(rating), *answer_cues(rating)]


@ANY
@given(source=sources())
def test_elan_gets_every_text_and_every_second(tmp_path_factory, source):
    out = written(source, "eaf", tmp_path_factory.mktemp("eaf"))
    for dyad in source.dyads():
        document = pympi.Eaf(str(out / f"{dyad.name}.eaf"))
        found = sorted(
            (begin, end, text)
            for tier in document.get_tier_names()
            for begin, end, text, *_ in annotations(document, tier)
        )
        wanted = sorted(
            (round(cue.start_s * 1000), round(cue.end_s * 1000), as_xml(cue.text))
            for rating in dyad.ratings
            for cue in cues_of(rating)
        )
        assert found == wanted
        for tier in document.get_tier_names():
            spans = sorted((begin, end) for begin, end, *_ in annotations(document, tier))
            assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans)), tier
        series = [line.split("\t") for line in (out / f"{dyad.name}_ratings.txt").read_text().splitlines()]
        assert [int(row[0]) for row in series[1:]] == [1000 * second for second in range(dyad.n_seconds)]
        for at, rating in enumerate(dyad.ratings, start=1):
            column = [float(row[at]) for row in series[1:]]
            assert same(column[: len(rating.trace.rated)], rating.trace.rated)
            assert all(map(math.isnan, column[len(rating.trace.rated) :]))


def annotations(document, tier):
    return document.get_annotation_data_for_tier(tier)


def as_xml(text):
    """A text as a parser of XML gives it: its line ends are LF."""
    return re.sub("\r\n?", "\n", xml_text(text))


def test_elans_document_names_its_video_and_its_series_and_these_its_columns(folder):
    source = made_source(Dyad("s1", VIDEO, True, [made_rating("s1", r, [1, 2]) for r in ("client", "therapist")]))
    out = written(source, "eaf", folder)
    document = pympi.Eaf(str(out / "s1.eaf"))
    assert [one["RELATIVE_MEDIA_URL"] for one in document.get_linked_files()] == [f"./{VIDEO['name']}"]
    linked = [one["RELATIVE_LINK_URL"] for one in document.get_secondary_linked_files()]
    assert linked == ["./s1_ratings.txt", "./s1_tsconf.xml"]
    (track_source,) = ElementTree.parse(out / "s1_tsconf.xml").getroot()
    assert track_source.get("source-url") == "file:./s1_ratings.txt" and track_source.get("time-column") == "0"
    tracks = {one.get("name"): one for one in track_source.iter("track")}
    assert [track.find("sample-position/pos").get("col") for track in tracks.values()] == ["1", "2"]
    assert tracks["client"].find("range").attrib == {"min": "-50", "max": "50"}


@ANY
@given(source=sources())
def test_praat_gets_every_text_and_every_rating(tmp_path_factory, source):
    out = written(source, "textgrid", tmp_path_factory.mktemp("praat"))
    for dyad in source.dyads():
        path = str(out / f"{dyad.name}.TextGrid")
        grid = praatio_textgrid.openTextgrid(path, includeEmptyIntervals=False)
        other = {tier.name: tier for tier in textgrid.TextGrid.fromFile(path)}
        assert set(other) == set(grid.tierNames)
        found = []
        for name in grid.tierNames:
            tier = grid.getTier(name)
            if isinstance(tier, praatio_textgrid.PointTier):
                continue
            found += [tuple(entry) for entry in tier.entries]
            assert [(i.minTime, i.maxTime, i.mark) for i in other[name] if i.mark] == [tuple(e) for e in tier.entries]
        wanted = [
            (cue.start_s, cue.end_s, on_one_line(cue.text) or cue.name) for one in dyad.ratings for cue in cues_of(one)
        ]
        assert sorted(found) == sorted(wanted)
        for rating in dyad.ratings:
            known = {float(s): value for s, value in enumerate(rating.trace.rated.tolist()) if not math.isnan(value)}
            name = f"{rating.rater} rating"
            assert (name in other) == bool(known)
            if known:
                assert {p.time: float(p.mark) for p in other[name]} == known


@ANY
@given(source=sources())
def test_xdf_has_each_rating_at_its_second(tmp_path_factory, source):
    out = written(source, "xdf", tmp_path_factory.mktemp("xdf"))
    for dyad in source.dyads():
        for smoothed in (True, False):
            streams, _ = pyxdf.load_xdf(out / f"{dyad.name}.xdf", dejitter_timestamps=smoothed)
            by_name = {stream["info"]["name"][0]: stream for stream in streams}
            for rating in dyad.ratings:
                stream = by_name[rating.rater]
                assert same(stream["time_series"][:, 0], rating.trace.rated)
                assert np.abs(stream["time_stamps"] - np.arange(len(rating.trace.rated))).max() < 1e-3
            texts = sorted(text for (text,) in by_name["markers"]["time_series"]) if "markers" in by_name else []
            wanted = [f"{one.rater} {cue.name}: {cue.text}" for one in dyad.ratings for cue in cues_of(one)]
            assert texts == sorted(map(on_one_line, wanted))


def test_an_xdf_says_scale_and_labels(folder):
    source = made_source(Dyad("s1", VIDEO, True, [made_rating("s1", "client", [1, 2])]))
    (stream,), _ = pyxdf.load_xdf(written(source, "xdf", folder) / "s1.xdf")
    channel = stream["info"]["desc"][0]["channels"][0]["channel"][0]
    assert (float(channel["minimum"][0]), float(channel["maximum"][0])) == (SCALE.low, SCALE.high)
    labels = {float(one["rating"][0]): one["label"][0] for one in channel["position"]}
    assert labels == SCALE.labels


@pytest.mark.parametrize("name", ["eaf", "textgrid", "xdf"])
def test_hostile_texts_lose_nothing_that_a_format_can_hold(folder, name):
    source = made_source(Dyad("s1", VIDEO, True, [made_rating("s1", "client", [1, 2, 3], HOSTILE)]))
    written(source, name, folder)
    whole = b"".join(path.read_bytes() for path in folder.iterdir()).decode("utf-8", "replace")
    for part in ("HYPERLINK", "שלום, مرحبا", "🙂"):
        assert part in whole


def test_what_was_exported_as_xdf_comes_back_the_same(folder):
    values = [1.5, math.nan, -50, 50, 0.125]
    raters = [made_rating("s1", "client", values), made_rating("s1", "therapist", [0, 1, 2, 3, 4])]
    path = written(made_source(Dyad("s1", VIDEO, True, raters)), "xdf", folder) / "s1.xdf"
    refused = tracedial_here("import", folder / "s", path, "--rater", "client")
    assert refused.code == 1 and "--stream" in refused.err and "therapist" in refused.err
    done = tracedial_here("import", folder / "s", path, "--rater", "client", "--stream", "client")
    assert done.code == 0, done.err
    assert same(read_trace(folder / "s" / "client" / "trace.csv").rating, values)
    missing = tracedial_here("import", folder / "s", path, "--rater", "b", "--stream", "client", "--zero", "start")
    assert missing.code == 1 and "0 markers" in missing.err


def test_an_xdf_that_is_cut_is_read_as_far_as_it_goes_or_refused(folder):
    path = (
        written(made_source(Dyad("s1", VIDEO, True, [made_rating("s1", "client", range(20))])), "xdf", folder)
        / "s1.xdf"
    )
    data = path.read_bytes()
    for cut in range(4, len(data), 97):
        path.write_bytes(data[:cut])
        done = tracedial_here("import", folder / f"s{cut}", path, "--rater", "client")
        assert done.code in (0, 1) and (done.code == 0 or done.err.count("\n") == 1), done.err
