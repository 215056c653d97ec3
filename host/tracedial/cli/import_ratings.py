"""`tracedial import`."""

import sys
from pathlib import Path

import click

from tracedial.alignment.align import align_recordings
from tracedial.cli.reporting import say_alignments
from tracedial.exchange.importing import FORMATS, Columns, Source, checked, import_ratings, read_incoming
from tracedial.exchange.incoming import AUTO, TIME_UNITS
from tracedial.files.counted import counted
from tracedial.files.safe_text import terminal_text
from tracedial.recording.folder import SESSION_FILE
from tracedial.recording.session import read_session
from tracedial.study.study_sessions import check_place
from tracedial.video import read_video

PLACE = click.Path(path_type=Path)
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
MOST_LISTED = 50


class Ends(click.ParamType):
    """The ends of a scale."""

    name = "LOW:HIGH"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        """Two numbers, the lower one first."""
        try:
            low, high = map(float, value.split(":"))
        except ValueError:
            self.fail(f"{value!r} is not LOW:HIGH, as in -50:50.", param, ctx)
        if not -1e6 <= low < high <= 1e6:
            self.fail(f"{value!r}: LOW must be below HIGH.", param, ctx)
        return low, high


class Where(click.ParamType):
    """A column, and the text that rows must have in it."""

    name = "COLUMN=TEXT"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Column and text."""
        column, sign, text = value.partition("=")
        if not (column and sign):
            self.fail(f"{value!r} is not COLUMN=TEXT.", param, ctx)
        return column, text


@click.command(name="import")
@click.argument("session", type=PLACE)
@click.argument("file", type=PLACE)
@click.option("--rater", required=True, metavar="NAME", help="Whose ratings they are: client, therapist, …")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Its format, if its beginning does not show it.")
@click.option("--video", "video_path", type=PLACE, help="The session video; needed once for a session, for its length "
              "and hash. Without it nothing says which video was rated.")  # fmt: skip
@click.option("--time", default="", metavar="COLUMN", help="Of a CSV: the column of times, by name or number.")
@click.option("--value", default="", metavar="COLUMN", help="Of a CSV: the column of ratings. Of DARMA: the axis. Of "
              "XDF: the channel.")  # fmt: skip
@click.option("--time-unit", "unit", type=click.Choice(TIME_UNITS), default=AUTO, show_default=True,
              help="Seconds, milliseconds, or h:mm:ss.")  # fmt: skip
@click.option("--delimiter", type=click.Choice([*DELIMITERS]), help="Between cells, if it is not found by itself.")
@click.option("--stamps-at-end", is_flag=True, help="Of a CSV: each time is the end of the bin that its rating is of "
              "(CARMA's and DARMA's always are).")  # fmt: skip
@click.option("--changes", is_flag=True, help="Of a CSV: each rating holds until the next, as PAGAN's do.")
@click.option("--where", "chosen", type=Where(), multiple=True, help="Only rows with this text; may be repeated.")
@click.option("--scale", type=Ends(), help="The ends of the file's scale, if it does not say them.")
@click.option("--stream", default="", metavar="NAME", help="Of XDF: the stream, if there are several.")
@click.option("--zero", default="", metavar="TEXT", help="Of XDF: the marker at which the video began.")
@click.option("--skip-malformed", is_flag=True, help="Leave out rows that cannot be read, and say which.")
@click.option("--synthetic", is_flag=True, help="The ratings were made up by a program.")
def command(
    session: Path, file: Path, rater: str, form: str | None, video_path: Path | None, time: str, value: str, unit: str,
    delimiter: str | None, stamps_at_end: bool, changes: bool, chosen: tuple[tuple[str, str], ...],
    scale: tuple[float, float] | None, stream: str, zero: str, skip_malformed: bool, synthetic: bool,
) -> None:  # fmt: skip
    """Take in ratings that another program recorded: FILE becomes a rater's recording in the folder SESSION.

    Files of CARMA, DARMA, PAGAN and XDF are known by their beginning; of any other table name the columns of times and
    ratings. Nothing is rescaled.

    Example: tracedial import s1 annotations.csv --rater client --video session.mp4

    Example: tracedial import s1 table.csv --rater client --time Zeit --value Wert --scale -100:100
    """
    check_place(session, [rater])
    columns = Columns(
        time=time,
        value=value,
        unit=unit,
        delimiter=DELIMITERS[delimiter] if delimiter else "",
        at_end=stamps_at_end,
        held=changes,
        where=dict(chosen),
    )
    source = Source(path=file, format=form or "", columns=columns, scale=scale, stream=stream, zero=zero)
    found, sha256 = read_incoming(source)
    video = read_video(video_path) if video_path else None
    duration_s = video.duration_s if video else _known_duration_s(session)
    found = checked(found, file, duration_s=duration_s, skip=skip_malformed)
    folder = import_ratings(found, sha256, source, session, rater, video=video, synthetic=synthetic)
    problems = say_alignments(*align_recordings([folder]))
    if found.malformed:
        click.echo(f"{counted(len(found.malformed), 'row')} left out:")
        for one in found.malformed[:MOST_LISTED]:
            click.echo(f"    row {one.row}: {terminal_text(one.why)}")
        if more := len(found.malformed) - MOST_LISTED:
            click.echo(f"    and {more} more: all are in {folder / 'alignment.json'}" if more > 0 else "", nl=more > 0)
    sys.exit(1 if problems else 0)


def _known_duration_s(session: Path) -> float | None:
    return read_session(session).video["duration_s"] if (session / SESSION_FILE).exists() else None
