"""Whole ratings that are voided, repeated, or kept although much is missing: none of their data is lost."""

import shutil
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studies import change_records, make_study, rate, tracedial_here
from tracedial.alignment.align import align_folder, write_alignment
from tracedial.errors import RecordingError, StudyError
from tracedial.recording.rater_lock import RaterLock
from tracedial.recording.session import is_name
from tracedial.study.progress import progress
from tracedial.study.rating import Rating
from tracedial.study.study_file import read_study
from tracedial.study.verdicts import VOIDED, is_kept, keep, verdicts, void, voided_ratings


@pytest.fixture(scope="module")
def rated(tmp_path_factory):
    return make_study(tmp_path_factory.mktemp("rated") / "study")


@pytest.fixture
def study(rated, tmp_path):
    shutil.copytree(rated, tmp_path / "study")
    return read_study(tmp_path / "study")


def rating_of(study, rater="client"):
    return Rating(study, study.session("s1"), rater)


def contents(folder):
    return {
        path.relative_to(folder): sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("verdicts.tdj", ".recording.lock")
    }


def test_a_voided_rating_lies_whole_beside_the_next_one(study):
    rating = rating_of(study)
    before = contents(rating.folder)
    assert progress(rating).step == "done"
    place = void(rating.folder, who="res-1", why="rated the wrong way round")
    assert contents(place) == before and not rating.folder.exists()
    assert progress(rating).step == "open" and progress(rating).voided == 1
    rate(study, "s1", "client", seed=5)
    assert progress(rating).step == "done"
    (first,) = voided_ratings(rating.folder.parent, "client")
    assert first.folder == place and (first.verdict.who, first.verdict.why) == ("res-1", "rated the wrong way round")
    said = tracedial_here("study", "status", study.folder)
    assert "void: client-1, by res-1: rated the wrong way round" in said.out and said.code == 0
    assert progress(rating_of(study, "therapist")).voided == 0
    analyzed = tracedial_here("analyze", study.folder / "sessions" / "s1", "--json")
    assert analyzed.code == 0 and VOIDED not in analyzed.out


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raters=st.lists(st.sampled_from(["a", "a-1", "a-1-1", "1", "b_2"]), max_size=8))
def test_no_voided_rating_takes_anothers_place(tmp_path_factory, raters):
    session = tmp_path_factory.mktemp("s")
    for number, rater in enumerate(raters):
        folder = session / rater
        folder.mkdir()
        (folder / "journal.tdj").write_text(str(number))
        void(folder, who="r", why=str(number))
    for rater in set(raters):
        found = voided_ratings(session, rater)
        mine = [str(number) for number, other in enumerate(raters) if other == rater]
        assert [one.verdict.why for one in found] == mine
        assert [(one.folder / "journal.tdj").read_text() for one in found] == mine
    assert not is_name(VOIDED)


@pytest.mark.parametrize("who, why, said", [("", "x", "Say who"), ("r", " \n", "Say why"), ("r" * 41, "x", "Say who")])
@pytest.mark.parametrize("decide", [void, keep])
def test_a_decision_needs_who_and_why(study, decide, who, why, said):
    folder = rating_of(study).folder
    before = contents(folder)
    with pytest.raises(StudyError, match=said):
        decide(folder, who=who, why=why)
    assert contents(folder) == before and verdicts(folder) == []


def test_nothing_is_voided_where_nothing_was_rated_or_while_it_is(study, tmp_path):
    with pytest.raises(StudyError, match="no rating"):
        void(tmp_path / "nobody", who="r", why="x")
    folder = rating_of(study).folder
    lock = RaterLock(folder)
    lock.acquire()
    with pytest.raises(RecordingError, match="being recorded"):
        void(folder, who="r", why="x")
    lock.release()
    assert folder.exists() and not verdicts(folder)


def unplug_after(folder, seconds):
    """Take the dial's samples after a while out of the journal: a dial that was unplugged, a video that ran on."""
    origin = 0

    def without(record):
        nonlocal origin
        origin = record.get("origin_ns", origin)
        late = record["kind"] == "sample" and record["host_ns"] > origin + seconds * 1_000_000_000
        return {"kind": "nothing"} if late else record

    change_records(folder / "journal.tdj", without)
    write_alignment(align_folder(folder))
    for name in ("segments.tdj", "answers.tdj", "segments.csv", "answers.csv"):
        (folder / name).unlink()


def test_rated_means_that_enough_seconds_have_a_rating(study):
    rating = rating_of(study)
    unplug_after(rating.folder, 20)
    where = progress(rating)
    assert where.step == "lacking" and 0.1 < where.rated_share < 0.45
    said = tracedial_here("study", "status", study.folder)
    assert "% of the seconds have a rating" in said.out
    keep(rating.folder, who="res-1", why="the end of the session was taped over")
    assert progress(rating).step == "rated" and is_kept(rating.folder)
    void(rating.folder, who="res-1", why="after all")
    # What was decided about one rating says nothing of the next.
    rate(study, "s1", "client", seed=2)
    unplug_after(rating.folder, 20)
    assert progress(rating).step == "lacking"
    done = tracedial_here("study", "keep", study.folder, "s1", "client", "--who", "r", "--why", "x")
    assert done.code == 0 and progress(rating).step == "rated"
    done = tracedial_here("study", "void", study.folder, "s1", "client", "--who", "r", "--why", "x")
    assert done.code == 0 and progress(rating).step == "open" and progress(rating).voided == 2
