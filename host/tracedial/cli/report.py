"""`tracedial report`."""

from pathlib import Path

import click

from tracedial.analysis.result_files import refuse_to_overwrite
from tracedial.analysis.session_analysis import analyze
from tracedial.analysis.settings import AnalysisSettings
from tracedial.cli.analysis_options import analysis_options
from tracedial.cli.study_run import is_study, refuse_for_a_session, run_study, study_options, study_out
from tracedial.report.session_report import write_report


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The report's folder [default: `report` in a session, `analysis` in a study, or here].",
)
@study_options
@analysis_options
def command(
    paths: tuple[str, ...],
    out: Path | None,
    jobs: int | None,
    dask: str | None,
    traces: bool,
    settings: AnalysisSettings,
) -> None:
    """Write the report, as a page and a PDF, with the figures, and all of it as CSV beside it.

    PATH is a session's folder, or two or more CSVs that begin with the columns video_s,rating, one for each rater; or a
    study (see `tracedial analyze`), whose report is about all its sessions.
    """
    if is_study(paths):
        from tracedial.report.study_report import write_study_report

        analysis = run_study(paths[0], settings, out=out, jobs=jobs, dask=dask, traces=traces)
        click.echo(f"Report: {write_study_report(analysis, out or study_out(paths[0]))}")
        return
    refuse_for_a_session(jobs=jobs, dask=dask, traces=traces)
    places = [Path(path) for path in paths]
    session = analyze(places, settings)
    if out is None:
        out = places[0] / "report" if session.session else Path("report")
    refuse_to_overwrite(places, out)
    click.echo(f"Report: {write_report(session, out)}")
