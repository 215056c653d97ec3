"""A study's sessions: adding one with its video, recording into one, finding its video again."""

from pathlib import Path

from tracedial.errors import StudyError
from tracedial.recording.folder import SESSION_FILE
from tracedial.recording.session import NAME_RULE, Session, is_name, read_session, write_session
from tracedial.shell import command_line
from tracedial.study.study import SESSIONS, STUDY_FILE, Study
from tracedial.study.study_file import read_study
from tracedial.video import Video, check_whole, read_video


def add_session(
    study: Study, name: str, *, video_file: Path, raters: list[str], converted_from: Video | None = None
) -> tuple[Session, Video]:
    """Add a session with its video (which stays where it is) and its raters; returns it. `converted_from`: the file
    that the video is a copy of."""
    for given in (name, *raters):
        if not is_name(given):
            raise StudyError(study.folder, f"{given!r} cannot name a session or rater: use {NAME_RULE}.")
    lowered = [rater.lower() for rater in raters]
    if len(set(lowered)) < len(lowered):
        raise StudyError(study.folder, f"A rater is given twice: {', '.join(raters)}.")
    folder = study.session_folder(name)
    if (folder / SESSION_FILE).exists():
        raise StudyError(folder, f"The study has a session {name} already: choose another name.")
    video = read_video(video_file)
    check_whole(video)
    where = _portable(video_file, study.folder)
    write_session(folder, video, raters, synthetic=False, video_file=where, converted_from=converted_from)
    return read_session(folder), video


def check_place(folder: Path, raters: list[str]) -> None:
    """Refuse to record where a study would not find it: into its own folder, into a session that it does not have, or
    for a rater whom the session does not have. A session's folder outside any study is its user's own matter."""
    if (folder / STUDY_FILE).is_file():
        names = [session.folder.name for session in read_study(folder).sessions()]
        one = folder / SESSIONS / (names[0] if names else "NAME")
        raise StudyError(
            folder,
            f"{folder} is a study: record into one of its sessions ({', '.join(names) or 'none yet'}), as in "
            f"`{command_line('tracedial', 'record', one)} --video FILE --dial RATER=PORT`.",
        )
    home = folder.absolute().parent
    if home.name != SESSIONS or not (home.parent / STUDY_FILE).is_file():
        return
    if not (folder / SESSION_FILE).is_file():
        add = command_line("tracedial", "study", "add-session", folder.parent.parent, folder.name)
        raise StudyError(folder, f"The study has no session {folder.name}: add it first with `{add} --video FILE`.")
    known = read_session(folder).raters
    for rater in raters:
        if rater not in known:
            raise StudyError(
                folder,
                f"The session {folder.name} has no rater {rater!r}: name one of its own ({', '.join(known)}), as in "
                f"--dial {known[0] if known else 'RATER'}=PORT.",
            )


def study_rate_hz(folder: Path) -> tuple[str, int] | None:
    """The title of the study that a session's folder lies in, and its samples a second; None outside a study."""
    home = folder.absolute().parent
    if home.name != SESSIONS or not (home.parent / STUDY_FILE).is_file():
        return None
    study = read_study(home.parent)
    return study.title, study.rating.rate_hz


def find_video(study: Study, session: Session) -> Path:
    """Where the session's video is now. Raises `StudyError` where it has gone."""
    if not session.video_file:
        raise StudyError(
            session.folder,
            f"{session.folder} does not say where its video is: add the session with `tracedial study add-session`.",
        )
    path = Path(session.video_file)
    path = path if path.is_absolute() else study.folder / path
    if not path.is_file():
        raise StudyError(path, f"The video of session {session.folder.name} is not at {path}: put it back there.")
    return path


def check_hash(session: Session, video: Video) -> None:
    """Refuse a video that is not the one that was added under its name."""
    if video.sha256 != session.video["sha256"]:
        raise StudyError(
            video.path,
            f"{video.path} is not the video of session {session.folder.name} any more: its sha256 is "
            f"{video.sha256[:12]}…, that of the one that was added {str(session.video['sha256'])[:12]}…. "
            "Put the old file back, or add the new one as another session.",
        )


def _portable(video_file: Path, folder: Path) -> str:
    """The path as the session keeps it: relative if the video lies within the study, so that the study can be moved."""
    resolved, base = video_file.resolve(), folder.resolve()
    return resolved.relative_to(base).as_posix() if resolved.is_relative_to(base) else str(resolved)
