"""`tracedial report`."""

from pathlib import Path

import click

from tracedial.analysis import analyze, refuse_to_overwrite
from tracedial.analysis_settings import AnalysisSettings
from tracedial.cli.analysis_options import analysis_options
from tracedial.report import write_report


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The report's folder [default: `report` in the session's, or here]."
)
@analysis_options
def command(paths: tuple[Path, ...], out: Path | None, settings: AnalysisSettings) -> None:
    """Write the report: one HTML file with the figure, the tables and the provenance, and all of it as CSV beside it.

    PATH is a session's folder, or two or more CSVs that begin with the columns video_s,rating, one for each rater.
    """
    analysis = analyze(list(paths), settings)
    if out is None:
        out = paths[0] / "report" if analysis.session else Path("report")
    refuse_to_overwrite(list(paths), out)
    click.echo(f"Report: {write_report(analysis, out)}")
