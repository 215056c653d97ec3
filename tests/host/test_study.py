import itertools

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from test_journal import FullDisk
from tracedial.emulation.synthetic import dyad, write_video
from tracedial.errors import StudyError, VideoError
from tracedial.files.safe_text import safe_cell, whole_text
from tracedial.recording.journal import JournalWriter, read_journal
from tracedial.study.answers import AnswerBook, answer_rows, read_answers, unanswered, write_answers
from tracedial.study.segments import (
    KINDS,
    Segment,
    all_clips,
    automatic_segments,
    begin_choice,
    change,
    clips,
    read_choice,
    write_segments,
)
from tracedial.study.study import PRESETS
from tracedial.study.study_file import init_study, read_study
from tracedial.study.study_sessions import add_session, find_video


@pytest.fixture
def study(tmp_path):
    init_study(tmp_path / "study", preset="alliance", title="A test")
    return read_study(tmp_path / "study")


@pytest.fixture
def rating():
    return dyad(900, seed=3)["client"]


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_is_a_study_that_can_be_read(tmp_path, preset):
    init_study(tmp_path / preset, preset=preset, title="A test")
    study = read_study(tmp_path / preset)
    assert study.title == "A test" and study.rating.roles and study.scale.detents[0][1]


def test_the_alliance_preset_asks_the_articles_questions_word_for_word(study):
    asked = [(q.after, q.text) for q in study.questions]
    assert asked == [
        ("rupture", "What was happening during this segment?"),
        ("rupture", "Why was the working alliance weak during this segment?"),
        ("repair", "What was happening during this segment?"),
        ("repair", "Just prior to this segment, you rated the working alliance more negatively. "
                   "What led to this improvement?"),
    ]  # fmt: skip
    assert (study.segments.count, study.clips.length_s) == (3, 120)


@pytest.mark.parametrize(
    "old, new, said",
    [
        ("count = 3", 'count = "three"', "segments.count is 'three'; it must be a whole number"),
        ("count = 3", "count = 99", "within 0 and 20"),
        ("repairs = true", "repair = true", "is repairs meant?"),
        ('kinds = ["lowest"]', 'kinds = ["deepest"]', "lowest, highest"),
        ('language = "en"', 'language = "xx"', "one of en, de"),
        ("format = 1", "format = 7", "format 1"),
        ("[[0, ", "[[", "pairs"),
        ("step = 1", "step = 7", "steps of 7"),
        ('roles = ["client", "therapist"]', 'roles = ["Jane Doe"]', "'Jane Doe', which cannot name a rater"),
        ('id = "repair_why"', 'id = "repair_what"', "used twice"),
        ('id = "repair_why"', 'id = "codes"', "codes of a clip are filed"),
        ("codes = []", 'codes = ["goal; task"]', "a code is a word"),
        ('after = "repair"', 'after = "lunch"', "rupture, repair, peak"),
        ("[scale]", "[scale", "TOML"),
        ("low = -50", "low = 60", "does not divide"),
    ],
)
def test_a_study_that_does_not_hold_together_is_refused_in_one_sentence(study, old, new, said):
    path = study.folder / "study.toml"
    text = path.read_text()
    old = old if old in text else "[[-50, "
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(StudyError) as error:
        read_study(study.folder)
    assert said in str(error.value) and "study.toml" in str(error.value) and "\n" not in str(error.value)


def test_a_session_finds_its_video_when_the_study_is_moved(study, tmp_path):
    write_video(study.folder / "v.mp4", 12)
    add_session(study, "s1", video_file=study.folder / "v.mp4", raters=["client"])
    with pytest.raises(StudyError, match="already"):
        add_session(study, "s1", video_file=study.folder / "v.mp4", raters=["client"])
    with pytest.raises(StudyError, match="cannot name"):
        add_session(study, "Jane Doe", video_file=study.folder / "v.mp4", raters=["client"])
    study.folder.rename(tmp_path / "moved")
    moved = read_study(tmp_path / "moved")
    assert find_video(moved, moved.session("s1")) == tmp_path / "moved" / "v.mp4"
    (tmp_path / "moved" / "v.mp4").unlink()
    with pytest.raises(StudyError, match="put it back"):
        find_video(moved, moved.session("s1"))


def test_the_automatic_segments_stay_beside_what_a_researcher_made_of_them(study, rating, tmp_path):
    folder = tmp_path / "client"
    folder.mkdir()
    first = begin_choice(folder, study, rating)
    assert [s.kind for s in first.automatic].count("rupture") == 3 and not first.accepted_by
    who = {"who": "res-1", "why": "seen on the video", "end_of_video_s": 900.0}
    change(folder, action="move", id="rupture-1", start_s=10, end_s=40, **who)
    change(folder, action="rank", id="rupture-1", rank=3, **who)
    change(folder, action="delete", id="rupture-2", **who)
    added = change(folder, action="add", kind="rupture", start_s=100, end_s=130, **who)
    assert (added.segments["rupture-1"].start_s, added.segments["rupture-1"].rank) == (10, 3)
    assert {s.id for s in added.chosen if s.kind == "rupture"} == {"rupture-1", "rupture-3", "rupture-added-1"}
    assert added.automatic == first.automatic
    change(folder, action="accept", **who)
    with pytest.raises(StudyError, match="made already"):
        change(folder, action="delete", id="rupture-3", **who)
    again = change(folder, action="reopen", **who)
    assert again.segments == read_choice(folder).segments == begin_choice(folder, study, rating * 0).segments
    write_segments(folder, again, rating, clip_s=120, end_of_video_s=900)
    assert (folder / "segments.csv").read_text(encoding="utf-8-sig").count("res-1") >= 3


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"who": ""}, "who"),
        ({"why": " "}, "why"),
        ({"action": "move", "id": "rupture-9"}, "no segment"),
        ({"action": "move", "id": "rupture-1", "start_s": 20, "end_s": 10}, "within the video"),
        ({"action": "move", "id": "rupture-1", "start_s": 0, "end_s": 9e9}, "within the video"),
        ({"action": "move", "id": "rupture-1", "start_s": "x", "end_s": 1}, "in seconds"),
        ({"action": "add", "kind": "lunch", "start_s": 0, "end_s": 9}, "no kind"),
        ({"action": "rank", "id": "rupture-1", "rank": 0}, "no rank"),
        ({"action": "eat", "id": "rupture-1"}, "no change"),
    ],
)
def test_a_change_that_cannot_be_is_refused_and_changes_nothing(study, rating, tmp_path, fields, said):
    before = begin_choice(tmp_path, study, rating)
    with pytest.raises(StudyError, match=said):
        usual = {"action": "accept" if "who" in fields else "delete", "id": "rupture-1", "who": "r", "why": "w"}
        change(tmp_path, **{**usual, "end_of_video_s": 900.0, **fields})
    assert read_choice(tmp_path) == before


def test_highest_segments_are_found_as_the_lowest_of_the_rating_turned_over(tmp_path, rating):
    init_study(tmp_path / "study", preset="helpfulness", title="A test")
    study = read_study(tmp_path / "study")
    found, _, _ = automatic_segments(study, rating)
    turned, _, _ = automatic_segments(study, -rating)
    spans = [(s.start_s, s.rank) for s in found if s.kind == "peak"]
    assert spans == [(s.start_s, s.rank) for s in turned if s.kind == "rupture"] and len(spans) == 3


def test_no_rupture_at_all_is_said_and_leaves_nothing_to_show(study, tmp_path, rating):
    choice = begin_choice(tmp_path, study, rating * 0)
    assert not choice.segments and "never changes" in choice.notes[0]


def test_clips_come_in_the_articles_order_and_end_with_the_video():
    made = [
        Segment("rupture-2", "rupture", 2, 10, 40), Segment("repair-1", "repair", 1, 520, 550),
        Segment("rupture-1", "rupture", 1, 500, 530), Segment("repair-2", "repair", 2, 60, 90),
    ]  # fmt: skip
    found = clips(made, length_s=120, end_of_video_s=600)
    assert [clip.segment.id for clip in found] == ["rupture-2", "repair-2", "rupture-1", "repair-1"]
    assert [(clip.start_s, clip.end_s, clip.cut) for clip in found[2:]] == [(500, 520, True), (520, 600, True)]


def test_a_rupture_and_its_repair_are_one_clip_where_the_study_says_so(study):
    made = [
        Segment("rupture-1", "rupture", 1, 100, 130), Segment("repair-1", "repair", 1, 160, 190),
        Segment("rupture-2", "rupture", 2, 250, 280), Segment("repair-2", "repair", 2, 500, 530),
    ]  # fmt: skip
    found = clips(made, length_s=120, end_of_video_s=600, pairs="together")
    assert [(clip.start_s, clip.end_s, clip.shown_with) for clip in found] == [
        (100, 250, ("repair-1",)), (100, 250, ("rupture-1",)), (250, 370, ()), (500, 600, ())
    ]  # fmt: skip
    path = study.folder / "study.toml"
    path.write_text(path.read_text().replace('pairs = "apart"', 'pairs = "twice"'))
    with pytest.raises(StudyError, match=r"clips.pairs.*apart, together"):
        read_study(study.folder)


def test_a_segment_that_was_taken_away_cuts_no_clip(study, rating, tmp_path):
    choice = begin_choice(tmp_path, study, rating)
    first, *_ = (s for s in choice.chosen if s.kind == "rupture")
    who = {"who": "res-1", "why": "seen", "end_of_video_s": 900.0}
    change(tmp_path, action="add", kind="rupture", start_s=first.start_s + 0.5, end_s=first.end_s, **who)
    plan = {"length_s": 120, "end_of_video_s": 900, "pairs": "apart"}
    shared = {clip.segment.id: clip for clip in all_clips(read_choice(tmp_path).segments.values(), **plan)}
    assert "rupture-added-1" in shared[first.id].shown_with
    gone = change(tmp_path, action="delete", id="rupture-added-1", **who)
    alone = {clip.segment.id: clip for clip in all_clips(gone.segments.values(), **plan)}
    assert "rupture-added-1" not in alone[first.id].shown_with and alone["rupture-added-1"].shown_with == ()


@given(
    segments=st.lists(
        st.tuples(st.sampled_from(KINDS), st.integers(0, 1190), st.integers(1, 80)), min_size=1, max_size=12
    ),
    length_s=st.integers(1, 300),
    pairs=st.sampled_from(["apart", "together"]),
)
def test_whatever_a_researcher_chose_no_second_is_shown_twice(segments, length_s, pairs):
    made = [
        Segment(f"{kind}-{at}", kind, at, start / 2, start / 2 + length)
        for at, (kind, start, length) in enumerate(segments)
    ]
    found = clips(made, length_s=length_s, end_of_video_s=600, pairs=pairs)
    assert sorted(clip.segment.id for clip in found) == sorted(segment.id for segment in made)
    spans = sorted({(clip.start_s, clip.end_s) for clip in found})
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(spans))
    for clip in found:
        assert 0 <= clip.start_s <= clip.segment.start_s < clip.end_s <= 600
        assert clip.cut or clip.end_s - clip.start_s >= length_s
        others = {other.segment.id for other in found if (other.start_s, other.end_s) == (clip.start_s, clip.end_s)}
        assert {clip.segment.id, *clip.shown_with} == others


def test_free_text_is_safe_in_tables_and_whole_in_the_journal(study, tmp_path):
    assert safe_cell("=cmd()") == "'=cmd()" and safe_cell("fine") == "fine"
    assert whole_text("half \ud83d end") == "half \ufffd end" and whole_text("whole 🙂") == "whole 🙂"
    clip = clips([Segment("rupture-1", "rupture", 1, 0, 30)], length_s=120, end_of_video_s=600)
    book = AnswerBook(tmp_path)
    book.answer(clip[0], "rupture_what", study.questions[0].text, '=1+1\n"quoted", with; all 🙂')
    book.close()
    answers = read_answers(tmp_path)
    write_answers(tmp_path / "answers.csv", answer_rows(study, "s1", "client", clip, answers))
    data = (tmp_path / "answers.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf") and b"\"'=1+1\n" in data


def test_a_journal_that_was_cut_goes_on_on_a_line_of_its_own(tmp_path):
    path = tmp_path / "j.tdj"
    with JournalWriter(path, append=True) as journal:
        journal.append("one")
    path.write_bytes(path.read_bytes() + b"0badcafe {half")
    with JournalWriter(path, append=True) as journal:
        journal.append("two")
    content = read_journal(path)
    assert [r["kind"] for r in content.records] == ["one", "two"] and content.damaged_lines == [2]


def test_an_answer_on_a_full_disk_is_said_and_kept_once_there_is_room(tmp_path):
    segment = Segment("rupture-1", "rupture", 1, 0, 30)
    (clip,) = clips([segment], length_s=120, end_of_video_s=600)
    book = AnswerBook(tmp_path)
    book.answer(clip, "rupture_what", "What?", "before")
    book._journal._file = FullDisk(book._journal._file, 40)
    book.answer(clip, "rupture_what", "What?", "while the disk is full")
    assert "disk is full" in book.problem
    assert read_answers(tmp_path).to(segment, "rupture_what", "What?").text == "before"
    book._journal._file.room = 1 << 20
    book.close()
    assert read_answers(tmp_path).to(segment, "rupture_what", "What?").text == "while the disk is full"
    with pytest.raises(StudyError, match="at most"):
        AnswerBook(tmp_path).answer(clip, "rupture_what", "What?", "x" * 20001)


def test_an_answer_stays_one_to_what_was_shown_and_asked(study, tmp_path):
    first, second = Segment("rupture-1", "rupture", 1, 0, 30), Segment("rupture-2", "rupture", 2, 100, 130)
    shown = clips([first, second], length_s=120, end_of_video_s=600)
    book = AnswerBook(tmp_path)
    what, why = (q for q in study.questions if q.after == "rupture")
    for clip in shown:
        book.answer(clip, what.id, what.text, f"about {clip.segment.id}")
    book.answer(shown[0], why.id, "Another question?", "to another question")
    book.done(shown)
    book.close()
    answers = read_answers(tmp_path)
    assert answers.is_done(shown) and unanswered(study, shown, answers) == 2
    # The first is moved, the second taken away, a third added.
    moved = Segment("rupture-1", "rupture", 1, 50, 80)
    third = Segment("rupture-added-1", "rupture", 3, 300, 330)
    now = clips([moved, third], length_s=60, end_of_video_s=600)
    rows = answer_rows(study, "s1", "client", now, answers)
    assert not answers.is_done(now) and unanswered(study, now, answers) == 4
    assert [(r["segment"], r["start_s"], r["answer"]) for r in rows if r["current"]] == [
        ("rupture-1", 50, ""), ("rupture-1", 50, ""), ("rupture-added-1", 300, ""), ("rupture-added-1", 300, "")
    ]  # fmt: skip
    old = {(r["start_s"], r["clip_end_s"], r["question_text"]): r["answer"] for r in rows if not r["current"]}
    assert old == {
        (0, 100, what.text): "about rupture-1",
        (100, 220, what.text): "about rupture-2",
        (0, 100, "Another question?"): "to another question",
    }
    # Moved back, it is answered again.
    assert unanswered(study, clips([first], length_s=60, end_of_video_s=600), answers) == 1


def test_a_study_file_from_an_editor_that_marks_its_beginning_is_read(study):
    path = study.folder / "study.toml"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert read_study(study.folder).preset == "alliance"


@pytest.mark.parametrize("title", [" ", "a\rb", "a\x01b", 'a"b', "a\\b", "a\ud83db"])
def test_a_title_that_no_file_can_hold_is_refused_before_anything_is_written(tmp_path, title):
    with pytest.raises(StudyError, match="a line of text"):
        init_study(tmp_path / "s", preset="alliance", title=title)
    assert not (tmp_path / "s").exists()


@pytest.mark.parametrize(("sound_s", "kept"), [(6, 0.5), (9, 1.0)], ids=["cut", "sound goes on"])
def test_a_video_that_plays_on_without_a_picture_is_not_added(study, tmp_path, sound_s, kept):
    path = tmp_path / "video.mp4"
    write_with_sound(path, picture_s=6, sound_s=6)
    add_session(study, "whole", video_file=path, raters=["client"])
    write_with_sound(path, picture_s=6, sound_s=sound_s)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    with pytest.raises(VideoError, match="its sound at" if kept == 1 else "its end cannot be read"):
        add_session(study, "s2", video_file=path, raters=["client"])
    assert not (study.folder / "sessions" / "s2").exists()


def write_with_sound(path, *, picture_s, sound_s):
    """A video with its index at the beginning, as those from the web have it: a cut one still says its whole length."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 160, 120, "yuv420p"
        audio = container.add_stream("aac", rate=16000)
        rng = np.random.default_rng(1)
        for _ in range(10 * picture_s):
            picture = rng.integers(0, 255, (120, 160), dtype=np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")))
        container.mux(video.encode(None))
        for at in range(sound_s * 16000 // 1000):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1000), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 16000, at * 1000
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
