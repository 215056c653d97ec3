"""Finds a command's one session and its video, which the study names or the user gives."""

from pathlib import Path

from tracedial.cli.reporting import say_problems
from tracedial.errors import ExchangeError
from tracedial.exchange.contents import Dyad, read_source
from tracedial.study.study_sessions import check_hash, find_video
from tracedial.video import Video, read_video


def session_and_video(session: Path, video_path: Path | None) -> tuple[Dyad, Video]:
    """The session and its video. Raises `ExchangeError` if PATH holds several sessions or has no ratings, `StudyError`
    if the video is missing or is not the one that was rated."""
    source = read_source(session)
    if len(source.sessions) != 1:
        raise ExchangeError(session, f"{session} holds {len(source.sessions)} sessions: give the folder of one.")
    (known,) = source.sessions.values()
    if video_path is None:
        if source.study is None:
            raise ExchangeError(session, f"{session} belongs to no study, which knows its videos: give --video FILE.")
        video_path = find_video(source.study, known)
    video = read_video(video_path)
    if known.video["sha256"]:
        check_hash(known, video)
    dyads = list(source.dyads())
    say_problems(source.problems)
    if not dyads:
        raise ExchangeError(session, f"Nobody has rated {session} yet.")
    return dyads[0], video
