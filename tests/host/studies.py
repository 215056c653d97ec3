"""Studies on a disk, made without a dial: two raters' recordings, a choice of segments, answers."""

from binascii import crc32
from pathlib import Path

import numpy as np

from commands import Ran, tracedial_here
from simulated import SimulatedDial
from test_align import record
from tracedial.alignment.align import write_alignment
from tracedial.emulation.synthetic import write_video
from tracedial.files.private import make_folder
from tracedial.measures.trace import read_trace
from tracedial.recording.folder import SESSION_FILE
from tracedial.recording.journal import JournalWriter, encode_line, read_journal
from tracedial.study.answers import AnswerBook
from tracedial.study.rating import Rating
from tracedial.study.segments import begin_choice, change
from tracedial.study.study_file import init_study, read_study
from tracedial.study.study_sessions import add_session
from tracedial.study.tables import write_tables

SECONDS = 60
SHORT = {"length_s = 30": "length_s = 8", "separation_s = 30": "separation_s = 4", "length_s = 120": "length_s = 5"}


def make_study(folder: Path, *, sessions=("s1",), raters=("client", "therapist"), rated=None) -> Path:
    """A study whose `rated` raters (all of them, if not given) have rated to the end, chosen and answered."""
    init_study(folder, preset="alliance", title="A test")
    path = folder / "study.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in SHORT.items():
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    write_video(folder / "video.mp4", SECONDS)
    study = read_study(folder)
    for name in sessions:
        add_session(study, name, video_file=folder / "video.mp4", raters=list(raters))
        for seed, rater in enumerate(raters):
            if rated is None or rater in rated:
                rate(study, name, rater, seed=seed)
    return folder


def rate(study, session: str, rater: str, *, seed=0) -> None:
    """Have a simulated dial rate a session to its end, and choose and answer by hand."""
    folder = study.session_folder(session) / rater
    make_folder(folder)
    dial = SimulatedDial(seed=seed + 1)
    dial.rating_at = lambda at_s: 20 * np.sin(at_s / (6 + seed)) + 10 * np.cos(at_s / 3)
    write_alignment(record(folder, dial, seconds=float(SECONDS)))
    video = study.session(session).video
    change_records(folder / "journal.tdj", lambda r: r | {"video": video, "rater": rater} if "origin_ns" in r else r)
    begin_choice(folder, study, read_trace(folder / "trace.csv").rating)
    change(folder, action="accept", who="res-1", why="", end_of_video_s=float(SECONDS))
    known = study.session(session)
    book = AnswerBook(folder)
    rating = Rating(study, known, rater)
    for clip in rating.chosen_clips():
        book.answer(clip, "rupture_what", study.questions[0].text, "=1+1\rnothing")
        book.watched(clip)
    book.done(rating.chosen_clips())
    book.close()
    with JournalWriter(folder / "practice.tdj") as journal:
        journal.append("practice", result={"lag_s": 1.2, "gain": 0.9, "r": 0.8, "readings": 200, "ok": True})
    write_tables(rating)


def change_records(path: Path, change_one) -> None:
    """Rewrite a journal's records, each with its checksum: as another version might have written them."""
    path.write_bytes(b"".join(encode_line(change_one(record)) for record in read_journal(path).records))


def raw_line(body: bytes) -> bytes:
    """A journal's line of any bytes, with its checksum."""
    return b"%08x " % crc32(body) + body + b"\n"


__all__ = ["SESSION_FILE", "Ran", "change_records", "make_study", "rate", "raw_line", "tracedial_here"]
