"""`tracedial report`."""

from pathlib import Path

import click

from tracedial.analysis import analyze, refuse_to_overwrite
from tracedial.cli.event_options import event_options
from tracedial.events import EventSettings
from tracedial.report import write_report


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--common", "common_only", is_flag=True, help="Compare only the seconds that all traces have.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The report's folder [default: `report` in the session's, or here]."
)
@event_options
def command(paths: tuple[Path, ...], common_only: bool, out: Path | None, settings: EventSettings) -> None:
    """Write the report: one HTML file with the figure, the tables and the provenance, and all of it as CSV beside it.

    PATH is a session's folder, or two or more CSVs that begin with the columns video_s,rating, one for each rater.
    """
    analysis = analyze(list(paths), settings, common_only=common_only)
    if out is None:
        out = paths[0] / "report" if analysis.session else Path("report")
    refuse_to_overwrite(list(paths), out)
    click.echo(f"Report: {write_report(analysis, out)}")
