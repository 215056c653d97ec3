"""`tracedial study`: a study's file, its sessions, how far its raters are, its tables."""

import sys
from collections.abc import Callable
from pathlib import Path

import click

from tracedial.cli import study_privacy
from tracedial.cli.reporting import say_problems
from tracedial.shell import command_line
from tracedial.study.study import PRESETS
from tracedial.study.study_file import init_study, read_study
from tracedial.study.study_sessions import add_session
from tracedial.video import check_playable, describe_format, read_video

FOLDER = click.Path(path_type=Path)


@click.group()
def command() -> None:
    """Set up a study, add sessions to it, see who has rated what, export its tables.

    Example: tracedial study init my-study --preset alliance
    """


@command.command()
@click.argument("folder", type=FOLDER)
@click.option(
    "--preset", type=click.Choice(PRESETS), default=PRESETS[0], show_default=True, help="What it begins from."
)
@click.option("--title", help="The study's name, as the pages show it; the folder's if it is not given.")
def init(folder: Path, preset: str, title: str | None) -> None:
    """Write a commented study.toml into FOLDER, from a preset."""
    path = init_study(folder, preset=preset, title=title or folder.resolve().name)
    click.echo(f"{path}: read it, change what you want otherwise, then")
    click.echo(f"{command_line('tracedial', 'study', 'add-session', folder)} NAME --video FILE")


@command.command(name="add-session")
@click.argument("folder", type=FOLDER)
@click.argument("name")
@click.option("--video", "video_file", type=FOLDER, required=True, help="The session's video; it stays where it is.")
@click.option("--raters", help="Who rates it, separated by commas; the study's roles if not given.")
@click.option(
    "--convert",
    "may_convert",
    is_flag=True,
    help="If browsers do not play the video, add a copy that they play, made beside it (H.264, AAC; same frame times).",
)
def add(folder: Path, name: str, video_file: Path, raters: str | None, may_convert: bool) -> None:
    """Add session NAME (a pseudonym) with its video."""
    study = read_study(folder)
    names = [part.strip() for part in raters.split(",")] if raters else list(study.rating.roles)
    original = None
    if video_file.is_file():
        if may_convert and describe_format(video_file).unplayable:
            original = read_video(video_file)
            video_file = _converted(video_file)
        check_playable(video_file)
    session, video = add_session(study, name, video_file=video_file, raters=names, converted_from=original)
    click.echo(
        f"Session {name}: {video.path.name}, {video.duration_s:.0f} s, rated by {', '.join(session.raters)}. "
        f"Next: {command_line('tracedial', 'room', folder)}"
    )


def _converted(path: Path) -> Path:
    """Make the copy of a video that browsers can play."""
    from tracedial.study.conversion import convert, converted_path

    target = converted_path(path)
    click.echo(f"Converting {path.name} to {target.name}; the original stays as it is.")
    with click.progressbar(length=1000, show_percent=True) as bar:
        convert(path, target, lambda share: bar.update(round(1000 * share) - bar.pos))
    return target


@command.command()
@click.argument("folder", type=FOLDER)
def status(folder: Path) -> None:
    """Who has rated what, and what is missing."""
    from tracedial.study.progress import survey
    from tracedial.study.verdicts import voided_ratings

    study = read_study(folder)
    sessions, problems = survey(study)
    if not sessions and not problems:
        add = command_line("tracedial", "study", "add-session", folder)
        click.echo(f"{study.title} has no sessions yet: {add} NAME --video FILE")
    words = {
        "open": "nothing yet",
        "begun": "rated up to second {at_s:.0f} of {duration_s:.0f}",
        "lacking": "played to its end, and only {percent} % of the seconds have a rating: rate it again, or keep it",
        "rated": "rated; segments are to be chosen",
        "chosen": "{clips} clips, {unanswered} of {questions} questions open",
        "unreadable": "cannot be read (see below)",
        "done": "complete: {clips} clips, {unanswered} of {questions} questions without an answer",
    }
    for session, raters in sessions:
        for rater, where in raters.items():
            problems += [where.problem] if where.problem else []
            said = words[where.step].format(**vars(where), percent=int(100 * where.rated_share))
            click.echo(f"{session.folder.name:20} {rater:16} {said}")
            for one in voided_ratings(session.folder, rater) if where.voided else []:
                verdict = one.verdict
                why = f"by {verdict.who}: {verdict.why}" if verdict else "(the reason is damaged)"
                click.echo(f"{'':37} void: {one.folder.name}, {why}")
            if where.damaged_lines:
                click.echo(f"{'':37} {where.damaged_lines} lines of its choice or answers are damaged and not used")
    _end(problems)


def _decision(function: Callable[..., None]) -> Callable[..., None]:
    """Add the arguments of a decision about a whole rating."""
    for part in (
        click.argument("folder", type=FOLDER),
        click.argument("session"),
        click.argument("rater"),
        click.option("--who", required=True, help="Who decides: a code, not a name."),
        click.option("--why", required=True, help="Why; it is kept with the decision."),
    )[::-1]:
        function = part(function)
    return function


@command.command()
@_decision
def void(folder: Path, session: str, rater: str, who: str, why: str) -> None:
    """Void a rating, so that RATER can rate SESSION again. Nothing is deleted."""
    from tracedial.study.verdicts import void as void_rating

    place = void_rating(read_study(folder).rater_folder(session, rater), who=who, why=why)
    click.echo(f"The rating lies in {place} now. Next: {command_line('tracedial', 'room', folder)}")


@command.command()
@_decision
def keep(folder: Path, session: str, rater: str, who: str, why: str) -> None:
    """Let a rating stand of which too few seconds have a rating."""
    from tracedial.study.verdicts import keep as keep_rating

    keep_rating(read_study(folder).rater_folder(session, rater), who=who, why=why)
    click.echo(f"The rating of {session} by {rater} stands. Next: {command_line('tracedial', 'room', folder)}")


@command.command()
@click.argument("folder", type=FOLDER)
@click.option("--out", type=FOLDER, help="Where the tables go; FOLDER/export if not given.")
def export(folder: Path, out: Path | None) -> None:
    """Write answers, segments, traces and status of all sessions as CSV tables."""
    from tracedial.study.tables import export_study

    target = out or folder / "export"
    tables, problems = export_study(read_study(folder), target)
    for name, rows in tables.items():
        click.echo(f"{target / name}: {rows} rows")
    _end(problems)


for _one in (study_privacy.seal, study_privacy.unseal, study_privacy.delete):
    command.add_command(_one)


def _end(problems: list[str]) -> None:
    """Say what could not be read, also by the exit code."""
    say_problems(problems)
    sys.exit(1 if problems else 0)
