"""Files that are complete or absent, and readers that notice incomplete ones."""

import errno
import json
import os
import shutil
import sys
import time

import numpy as np
import pytest

from requirements import needs_posix
from simulated import SimulatedDial
from test_align import record, staircase
from tracedial.alignment.align import write_alignment
from tracedial.alignment.derived import read_derived
from tracedial.analysis.result_files import write_tables
from tracedial.analysis.session_analysis import analyze
from tracedial.errors import RecordingError, TracedialError
from tracedial.files.safe_text import write_table
from tracedial.files.whole_file import fingerprint, half_file, whole_text_file, write_whole
from tracedial.measures.trace import read_trace


def halves(folder):
    return [path for path in folder.iterdir() if path.suffix == ".part"]


def test_what_fails_half_way_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "t.csv"
    write_whole(path, "old")

    def rows():
        yield (1,)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_table(path, ("a",), rows())
    assert path.read_text() == "old" and halves(tmp_path) == []


def test_a_disk_that_refuses_at_the_last_sync_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    write_whole(path, "old")

    def refuse(handle):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="Input/output"):
        write_whole(path, "new")
    assert path.read_text() == "old" and halves(tmp_path) == []


def test_an_interruption_leaves_the_old_file(tmp_path):
    path = tmp_path / "t.csv"
    write_whole(path, "old")
    with pytest.raises(KeyboardInterrupt), whole_text_file(path) as file:
        file.write("ne")
        raise KeyboardInterrupt
    assert path.read_text() == "old" and halves(tmp_path) == []


def test_half_a_file_of_a_killed_program_goes_with_the_next_writing(tmp_path):
    path = tmp_path / "t.csv"
    for name, age_s in ((".t.csv.1.a.part", 7200), (".t.csv.2.b.part", 0), (".other.1.a.part", 7200)):
        (tmp_path / name).write_text("ha")
        os.utime(tmp_path / name, (time.time() - age_s,) * 2)
    write_whole(path, "new")
    assert sorted(half.name for half in halves(tmp_path)) == [".other.1.a.part", ".t.csv.2.b.part"]


@needs_posix
def test_a_link_stays_one_and_a_files_rights_stay(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o600)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "new"
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/dev/full is Linux's")
def test_a_device_is_written_to_and_not_replaced(tmp_path):
    from pathlib import Path

    with pytest.raises(OSError, match="No space"), whole_text_file(Path("/dev/full")) as file:
        file.write("x" * 100_000)
    with half_file(Path("/dev/null")) as half:
        assert half == Path("/dev/null")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A session of two raters, simulated, aligned."""
    session = tmp_path_factory.mktemp("s")
    raters = ["client", "therapist"]
    for rater in raters:
        folder = session / rater
        folder.mkdir()
        dial = SimulatedDial(drift_ppm=20)
        dial.rating_at = staircase
        write_alignment(record(folder, dial, seconds=60.0, rater=rater))
    header = json.loads((session / "client" / "alignment.json").read_text())["video"]
    content = {"format": 1, "session": "s", "video": header, "raters": raters, "synthetic": True}
    (session / "session.json").write_text(json.dumps(content))
    return session


@pytest.fixture
def session(recorded, tmp_path):
    shutil.copytree(recorded, tmp_path / "s")
    return tmp_path / "s"


def cut(path):
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b"\n", 0, len(data) // 4) + 1])


def change(path):
    path.write_bytes(path.read_bytes().replace(b"\n7,", b"\n8,", 1))


def empty(path):
    path.write_bytes(b"")


def remove(path):
    path.unlink()


@pytest.mark.parametrize("spoil", [cut, change, empty, remove])
def test_a_trace_that_is_not_what_its_alignment_says_is_made_again_and_said(session, spoil):
    whole = (session / "client" / "trace.csv").read_bytes()
    ratings = read_trace(session / "client" / "trace.csv").rated
    spoil(session / "client" / "trace.csv")
    analysis = analyze([session])
    (trace, _) = analysis.traces
    assert np.array_equal(trace.rating, ratings, equal_nan=True) and trace.rater == "client"
    assert any("client: trace.csv was made again" in remark for remark in analysis.as_json()["remarks"])
    assert (session / "client" / "trace.csv").read_bytes() == whole
    assert not any("made again" in remark for remark in analyze([session]).as_json()["remarks"])


@pytest.mark.parametrize("spoil", [cut, change, empty])
def test_two_bare_traces_in_recordings_folders_are_looked_at_likewise(session, spoil):
    paths = [session / rater / "trace.csv" for rater in ("client", "therapist")]
    n = len(read_trace(paths[0]).rating)
    spoil(paths[0])
    assert [len(trace.rating) for trace in analyze(paths).traces] == [n, n]


@pytest.mark.parametrize("spoil", [cut, empty, remove])
def test_an_alignments_report_that_is_spoilt_is_made_again(session, spoil):
    spoil(session / "client" / "alignment.json")
    assert read_derived(session / "client", "client").remade
    assert not read_derived(session / "client", "client").remade


def test_a_cut_trace_without_its_journal_is_refused(session):
    (session / "client" / "journal.tdj").unlink()
    assert read_derived(session / "client", "client").report
    cut(session / "client" / "trace.csv")
    with pytest.raises(RecordingError, match=r"trace\.csv cannot be used: it has \d+ bytes"):
        analyze([session])


def test_a_study_makes_cut_traces_again(session):
    from tracedial.analysis.settings import AnalysisSettings
    from tracedial.analysis.study_analysis import analyze_study

    cut(session / "client" / "trace.csv")
    analysis = analyze_study(str(session.parent), AnalysisSettings(), out=session.parent / "out", jobs=1)
    assert [rater["n"] + rater["unmoved"] for rater in analysis.sessions[0]["raters"]] == [60, 60]
    assert any("made again" in remark for remark in analysis.sessions[0]["remarks"])


@needs_posix
@pytest.mark.parametrize("limit", [0, 100, 1000, 3000])
def test_a_disk_too_small_for_a_file_leaves_every_derived_file_as_it_was(session, limit):
    """As `prlimit --fsize` does it: no file of this process may grow beyond the limit."""
    import subprocess

    program = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from tracedial.alignment.align import align_folder, write_alignment\n"
        "from tracedial.analysis.result_files import write_tables\n"
        "from tracedial.analysis.session_analysis import analyze\n"
        "from tracedial.errors import TracedialError\n"
        "from tracedial.report.session_report import write_report\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))\n"
        "s, refused = Path(sys.argv[1]), 0\n"
        "for work in (lambda: write_alignment(align_folder(s / 'client')),\n"
        "             lambda: write_tables(analyze([s]), s / 'out'), lambda: write_report(analyze([s]), s / 'out')):\n"
        "    try:\n"
        "        work()\n"
        "    except TracedialError:\n"
        "        refused += 1\n"
        "assert refused == 3, refused\n"
    )
    write_tables(analyze([session]), session / "out")
    # Of a file that is smaller than the limit a new version is as good as the old.
    before = {path: path.read_bytes() for path in session.rglob("*") if path.is_file()}
    run = subprocess.run([sys.executable, "-c", program, session], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    after = {path: path.read_bytes() for path in session.rglob("*") if path.is_file()}
    assert {path for path in before if after.get(path) != before[path]} == set()
    assert not any(path.suffix == ".part" for path in after)


def test_the_fingerprint_is_of_the_whole_file(tmp_path):
    write_whole(tmp_path / "f", b"abc")
    assert fingerprint(tmp_path / "f") == {
        "bytes": 3,
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    }


def test_an_error_of_the_disk_is_a_sentence(session, monkeypatch):
    def refuse(handle):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(TracedialError, match="cannot be written: No space"):
        write_tables(analyze([session]), session / "out")
