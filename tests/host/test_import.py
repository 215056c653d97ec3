"""`tracedial import`: other programs' files become recordings, their rows are checked, and all readers can use them."""

import csv
import hashlib
import io
import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports import made_rating, made_source, written
from studies import SHORT, tracedial_here
from tracedial.alignment.align import align_folder
from tracedial.emulation.synthetic import write_video
from tracedial.errors import ExchangeError, RecordingError
from tracedial.exchange.contents import Dyad
from tracedial.exchange.importing import Columns, Source, checked, read_incoming
from tracedial.measures.trace import read_trace
from tracedial.recording.journal import read_journal
from tracedial.recording.resume import read_begun
from tracedial.study.study_file import init_study, read_study
from tracedial.study.study_sessions import add_session

CARMA = """play; media_end,2024/01/02 10:00:00:123; 2024/01/02 10:01:00:123
Multimedia File,film.mp4
Lower Label,"Weak, very"
Upper Label,Strong
Minimum Value,-100
Maximum Value,100
Number of Steps,9
Second,Rating
%%%%%%,%%%%%%
"""
DARMA = """Time of Rating,2024-01-02 10:00:00,,
Multimedia File,film.mp4,60.5,
Magnitude,1000,,
Second,Affiliation,Dominance,Button
%%%%%%,%%%%%%,%%%%%%,%%%%%%
"""
PAGAN = "OriginalName,DatabaseName,Participant,ExternalPID,SessionID,Timestamp,VideoTime,Value\n"


def bring(folder, text, *options, rater="client", name="file.csv"):
    """Import a file with this content; returns what the command did and the folder of the recording."""
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return tracedial_here("import", folder / "s1", file, "--rater", rater, *options), folder / "s1" / rater


def trace_of(folder):
    return read_trace(folder / "trace.csv").rating.tolist()


def equal(found, wanted):
    return len(found) == len(wanted) and all(
        a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(found, wanted, strict=True)
    )


def test_carmas_stamps_stand_at_the_bins_end_and_its_scale_in_rows_five_and_six(tmp_path):
    done, folder = bring(tmp_path, CARMA + "1,0\n2,10.5\n3,NaN\n4,-20.25\n")
    assert done.code == 0, done.err
    assert equal(trace_of(folder), [0, 10.5, math.nan, -20.25])
    report = json.loads((folder / "alignment.json").read_text())
    assert report["dial"]["scale"]["low"] == -100 and report["dial"]["scale"]["high"] == 100
    assert [-100, "Weak, very"] in report["dial"]["scale"]["detents"]
    assert report["imported"]["sha256"] == hashlib.sha256((tmp_path / "file.csv").read_bytes()).hexdigest()
    assert report["imported"]["format"] == "carma"
    assert any("moved 1 s earlier" in finding for finding in report["findings"])
    header = read_journal(folder / "journal.tdj").records[0]
    assert header["imported"]["file"] == "file.csv" and header["kind"] == "recording"


def test_carmas_bins_of_other_lengths_begin_where_they_begin(tmp_path):
    done, folder = bring(tmp_path, CARMA + "".join(f"{n / 4},{n}\n" for n in range(1, 13)))
    assert done.code == 0 and trace_of(folder) == [1, 5, 9]
    done, folder = bring(tmp_path, CARMA + "2,1\n4,3\n6,5\n", rater="slow")
    assert done.code == 0 and equal(trace_of(folder), [1, math.nan, 3, math.nan, 5, math.nan])
    assert "seconds between have none" in done.out


def test_a_line_of_column_names_before_an_old_carma_file_changes_nothing(tmp_path):
    done, folder = bring(tmp_path, "output1,output2\n" + CARMA + "1,5\n2,6\n")
    assert done.code == 0 and trace_of(folder) == [5, 6]


@pytest.mark.parametrize(("value", "wanted"), [("", [1, 2]), ("x", [1, 2]), ("Dominance", [-3, -4]), ("Y", [-3, -4])])
def test_an_axis_of_darma_is_a_rating(tmp_path, value, wanted):
    done, folder = bring(tmp_path, DARMA + "1,1,-3,0\n2,2,-4,1\n", *(["--value", value] if value else []))
    assert done.code == 0, done.err
    assert trace_of(folder) == wanted
    report = json.loads((folder / "alignment.json").read_text())
    assert (report["dial"]["scale"]["low"], report["dial"]["scale"]["high"]) == (-1000, 1000)
    assert ("Dominance, was not imported" in done.out) == (not value)


def test_pagan_tells_changes_in_milliseconds_and_does_not_quote_names(tmp_path):
    rows = "".join(f"Film, part 1 - 60,1_2,p1,,s1,170000{ms},{ms},{v}\n" for ms, v in [(0, 0), (1200, 3), (4000, -2)])
    done, folder = bring(tmp_path, PAGAN + rows)
    assert done.code == 0, done.err
    assert trace_of(folder) == [0, 0, 3, 3, -2]
    assert "holds until the next" in done.out


def test_several_ratings_in_a_file_are_never_joined(tmp_path):
    rows = "".join(f"film,1_2,{who},,s1,1,{ms},{v}\n" for who in ("p1", "p2") for ms, v in [(0, 0), (1000, 3)])
    done, _ = bring(tmp_path, PAGAN + rows)
    assert done.code == 1 and "p1" in done.err and "--where Participant=" in done.err
    done, folder = bring(tmp_path, PAGAN + rows, "--where", "Participant=p2")
    assert done.code == 0 and trace_of(folder) == [0, 3]


def test_a_participant_who_is_not_in_the_file_is_said(tmp_path):
    done, folder = bring(tmp_path, PAGAN + "film,1_2,p1,,s1,1,0,1\n", "--where", "Participant=p9")
    assert done.code == 1 and not folder.exists()


values = st.lists(st.floats(-99, 99).map(lambda v: round(v, 3)) | st.just(math.nan), min_size=1, max_size=40).filter(
    lambda all_of_them: any(not math.isnan(v) for v in all_of_them)
)
SPELLINGS = {
    "s": lambda second: f"{second}",
    "ms": lambda second: f"{second * 1000}",
    "clock": lambda second: f"{second // 3600}:{second // 60 % 60:02d}:{second % 60:02d}",
}


@settings(max_examples=60, deadline=None)
@given(values=values, delimiter=st.sampled_from(";,\t|"), comma=st.booleans(), unit=st.sampled_from([*SPELLINGS]),
       encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]), end=st.sampled_from(["\n", "\r\n"]),
       begin=st.integers(0, 3700), gap=st.sampled_from(["", "NA", "NaN", "."]))  # fmt: skip
def test_any_table_comes_in_as_it_is(tmp_path_factory, values, delimiter, comma, unit, encoding, end, begin, gap):
    comma = comma and delimiter != ","
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end)
    writer.writerow(["Wer", "Zeitpunkt", "Größe"])
    for second, value in enumerate(values, start=begin):
        text = gap if math.isnan(value) else f"{value}".replace(".", "," if comma else ".")
        writer.writerow(["Kläger", SPELLINGS[unit](second), text])
    path = tmp_path_factory.mktemp("table") / "table.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    columns = Columns("zeitpunkt", "größe", "auto" if unit == "clock" else unit)
    found = checked(read_incoming(Source(path, columns=columns))[0], path, duration_s=None, skip=False)
    assert found.at_s == [float(begin + n) for n in range(len(values))]
    assert equal(found.rating, values) and not found.malformed


BAD = {
    "a word": "5,high", "no time": ",3", "an infinite rating": "5,inf", "a negative time": "-1,3", "too few cells": "5",
    "too many cells": "5,3,9", "a time that comes again": "1,3", "a time that falls": "0.5,3", "hexadecimal": "5,0x10",
    "two commas": '5,"1,2"', "a formula": "5,=1+1", "beyond the scale": "5,101", "a huge number": "5,1e300",
    "a number of another alphabet": "5,١", "underscores": "5,1_0",
}  # fmt: skip


@pytest.mark.parametrize("row", BAD.values(), ids=BAD)
def test_a_row_that_cannot_be_is_refused_or_left_out_and_named(tmp_path, row):
    text = f"t,v\n0,1\n1,2\n{row}\n9,4\n"
    options = ("--time", "t", "--value", "v", "--scale", "-100:100")
    refused, folder = bring(tmp_path, text, *options)
    assert refused.code == 1 and "row 4" in refused.err and "--skip-malformed" in refused.err
    assert refused.err.count("\n") == 1 and not (folder / "journal.tdj").exists()
    done, folder = bring(tmp_path, text, *options, "--skip-malformed")
    assert done.code == 0 and "1 row left out" in done.out and "row 4" in done.out
    kept = [record for record in read_journal(folder / "journal.tdj").records if record["kind"] == "rating"]
    assert [(one["video_s"], one["rating"], one["row"]) for one in kept] == [(0, 1, 2), (1, 2, 3), (9, 4, 5)]
    assert [one["row"] for one in json.loads((folder / "alignment.json").read_text())["imported"]["malformed"]] == [4]


def test_a_file_of_nothing_but_bad_rows_is_refused_even_when_they_may_be_left_out(tmp_path):
    done, _ = bring(tmp_path, "t,v\n0,x\n1,y\n", "--time", "t", "--value", "v", "--skip-malformed")
    assert done.code == 1 and "nothing would be left" in done.err


@pytest.mark.parametrize("data", [b"", b"\x00\x01\x02\xff", b"just words", b"t,v\n", b"\xff\xfe\x00", b"XDF:broken"])
def test_what_is_no_such_file_is_one_sentence(tmp_path, data):
    done, _ = bring(tmp_path, data, "--time", "t", "--value", "v")
    assert done.code == 1 and done.err.startswith("tracedial: ") and done.err.count("\n") == 1


@settings(max_examples=80, deadline=None)
@given(data=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
       top=st.sampled_from([b"", CARMA.encode(), DARMA.encode(), PAGAN.encode(), b"XDF:"]))  # fmt: skip
def test_no_file_leads_to_a_traceback(tmp_path_factory, data, top):
    path = tmp_path_factory.mktemp("any") / "any.csv"
    path.write_bytes(top + data)
    for columns in (Columns("", ""), Columns("1", "2")):
        try:
            found, _ = read_incoming(Source(path, columns=columns))
            checked(found, path, duration_s=10.0, skip=True)
        except ExchangeError as error:
            assert str(error)


@settings(max_examples=25, deadline=None)
@given(ratings=values.map(lambda all_of_them: [value / 2 for value in all_of_them]))
def test_what_was_exported_for_carma_comes_back_the_same(tmp_path_factory, ratings):
    folder = tmp_path_factory.mktemp("round")
    source = made_source(Dyad("s1", {"name": "f.mp4"}, True, [made_rating("s1", "client", ratings)]))
    path = written(source, "carma", folder) / "s1_client.csv"
    done = tracedial_here("import", folder / "back", path, "--rater", "client")
    assert done.code == 0, done.err
    assert equal(trace_of(folder / "back" / "client"), ratings)


@pytest.fixture
def video(tmp_path):
    write_video(tmp_path / "film.mp4", 60)
    return tmp_path / "film.mp4"


def wave(phase):
    return CARMA + "".join(f"{s + 1},{(60 * np.sin(s / 6 + phase)).round(3)}\n" for s in range(58))


def test_imported_ratings_go_through_everything_that_a_recording_does(tmp_path, video):
    for rater, phase in (("client", 0), ("therapist", 0.5)):
        done, folder = bring(tmp_path, wave(phase), "--video", video, rater=rater)
        assert done.code == 0, done.err
        assert "the rated part ends with second 57" in done.out.lower()
        assert len(trace_of(folder)) == 60
    session = tmp_path / "s1"
    before = (session / "client" / "trace.csv").read_bytes()
    assert tracedial_here("align", session).code == 0 and (session / "client" / "trace.csv").read_bytes() == before
    analyzed = tracedial_here("analyze", session)
    assert analyzed.code == 0, analyzed.err
    reported = tracedial_here("report", session)
    assert reported.code == 0, reported.err
    page = next((session / "report").glob("*.html")).read_text(encoding="utf-8")
    assert "imported" in page and hashlib.sha256(wave(0).encode()).hexdigest() in page and "None" not in page
    out = tmp_path / "out"
    assert tracedial_here("export", session, "--format", "csv", "--out", out).code == 0
    raters = pd.read_csv(out / "csv" / "raters.csv")
    assert set(raters.imported_from) == {"file.csv"} and set(raters.recorded_with) == {"CARMA"}


def test_an_imported_rating_is_one_of_its_study(tmp_path, video):
    study_folder = tmp_path / "study"
    init_study(study_folder, preset="alliance", title="A test")
    text = (study_folder / "study.toml").read_text(encoding="utf-8")
    for old, new in SHORT.items():
        text = text.replace(old, new)
    (study_folder / "study.toml").write_text(text, encoding="utf-8")
    add_session(read_study(study_folder), "s1", video_file=video, raters=["client", "therapist"])
    file = tmp_path / "c.csv"
    file.write_text(wave(0))
    refused = tracedial_here("import", study_folder / "sessions" / "s1", file, "--rater", "observer")
    assert refused.code == 1 and "no rater 'observer'" in refused.err
    done = tracedial_here("import", study_folder / "sessions" / "s1", file, "--rater", "client")
    assert done.code == 0, done.err
    status = tracedial_here("study", "status", study_folder)
    assert "rated; segments are to be chosen" in status.out and status.code == 0
    analyzed = tracedial_here("analyze", study_folder)
    assert "client" in analyzed.out + analyzed.err


def test_a_video_that_is_another_or_too_short_is_refused(tmp_path, video):
    assert bring(tmp_path, wave(0), "--video", video)[0].code == 0
    other = tmp_path / "other.mp4"
    write_video(other, 30)
    done, _ = bring(tmp_path, wave(0), "--video", other, rater="b")
    assert done.code == 1
    short = tmp_path / "short"
    short.mkdir()
    done, _ = bring(short, wave(0), "--video", other)
    assert done.code == 1 and "beyond the video's end" in done.err
    ms = CARMA + "".join(f"{s}000,{s}\n" for s in range(1, 20))
    done, _ = bring(short, ms, "--video", other, rater="c")
    assert done.code == 1 and "--time-unit" in done.err


def test_no_recording_goes_on_from_an_imported_one(tmp_path, video):
    _, folder = bring(tmp_path, wave(0), "--video", video)
    with pytest.raises(RecordingError, match=r"imported .* no recording can go on"):
        read_begun(folder)
    done = tracedial_here("record", tmp_path / "s1", "--video", video, "--dial", "client=emulated:", "--resume")
    assert done.code == 1 and "imported from another program" in done.err and done.err.count("\n") == 1
    again, _ = bring(tmp_path, wave(1), "--video", video)
    assert again.code == 1 and "ever written over" in again.err


def test_an_imported_journal_that_is_damaged_says_what_it_lost(tmp_path):
    _, folder = bring(tmp_path, CARMA + "".join(f"{s},{s}\n" for s in range(1, 31)))
    lines = (folder / "journal.tdj").read_bytes().splitlines(keepends=True)
    (folder / "journal.tdj").write_bytes(b"".join([*lines[:20], lines[20].replace(b"rating", b"rotten"), *lines[21:]]))
    alignment = align_folder(folder)
    assert np.isnan(alignment.trace.rating).sum() == 1
    assert any("damaged" in finding for finding in alignment.report["findings"])
    header = lines[0]
    (folder / "journal.tdj").write_bytes(b"".join(line for line in lines if line != header))
    with pytest.raises(RecordingError, match="lost its first line"):
        align_folder(folder)


def test_a_csv_may_name_columns_by_number_and_have_no_heading(tmp_path):
    done, folder = bring(tmp_path, "0,5\n1,6\n2,7\n", "--time", "1", "--value", "2")
    assert done.code == 0 and trace_of(folder) == [5, 6, 7]
    done, folder = bring(tmp_path, "t,v\n0,5\n1,6\n", "--time", "1", "--value", "2", rater="b")
    assert done.code == 0 and trace_of(folder) == [5, 6]


def test_finer_ratings_give_each_second_the_nearest_and_the_mean_of_its_own(tmp_path):
    text = "t_ms;v\n" + "".join(f"{n * 100};{n % 10}\n" for n in range(31))
    done, folder = bring(tmp_path, text, "--time", "t_ms", "--value", "v")
    assert done.code == 0 and trace_of(folder) == [0, 0, 0, 0]
    trace = align_folder(folder).trace
    assert trace.n.tolist() == [1, 10, 10, 10] and trace.mean.tolist() == [0, 4.5, 4.5, 4.5]
    assert "milliseconds" in done.out
