"""Whole studies on the command line: the options, the progress, and the result in a few lines."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import click

from tracedial.analysis.settings import AnalysisSettings
from tracedial.recording.folder import SESSION_FILE

if TYPE_CHECKING:
    from tracedial.analysis.study_result import StudyAnalysis


def study_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a study's run."""

    @click.option("--jobs", type=click.IntRange(min=1), help="A study: how many sessions at once [default: the cores].")
    @click.option("--dask", metavar="ADDRESS", help="A study: do the work on the Dask cluster at this scheduler.")
    @click.option(
        "--traces", is_flag=True, help="A study: also write all ratings into one long traces.csv, for mixed models."
    )
    @functools.wraps(function)
    def wrapped(**values: Any) -> Any:
        return function(**values)

    return wrapped


def is_study(paths: tuple[str, ...]) -> bool:
    """Whether the paths are one study: a URL, or a folder that is not a session's folder."""
    from tracedial.analysis.places import is_remote

    if len(paths) != 1:
        return False
    return is_remote(paths[0]) or (Path(paths[0]).is_dir() and not (Path(paths[0]) / SESSION_FILE).is_file())


def refuse_for_a_session(*, jobs: int | None, dask: str | None, traces: bool) -> None:
    """Refuse options that only studies have when the command is about one session."""
    for name, given in (("--jobs", jobs), ("--dask", dask), ("--traces", traces)):
        if given:
            raise click.UsageError(f"{name} is for a study, a folder of session folders.")


def study_out(study: str) -> Path:
    """The default folder for a study's results: inside the study, or for a remote study in the current folder."""
    from tracedial.analysis.places import is_remote

    if is_remote(study):
        return Path(f"{PurePosixPath(study.split('::')[0].split('://')[-1]).stem or 'study'}-analysis")
    return Path(study) / "analysis"


def run_study(
    study: str, settings: AnalysisSettings, *, out: Path | None, jobs: int | None, dask: str | None, traces: bool
) -> "StudyAnalysis":
    """Analyze a study with a progress bar, and write its tables."""
    from tracedial.analysis.study_analysis import analyze_study, write_long_traces, write_study

    target = out or study_out(study)
    with progress_bar("sessions") as on_progress:
        analysis = analyze_study(study, settings, out=target, jobs=jobs, dask=dask, on_progress=on_progress)
    write_study(analysis, target)
    if traces:
        write_long_traces(analysis, target)
    return analysis


def say_study(analysis: "StudyAnalysis", out: Path) -> None:
    """Print the result in a few lines."""
    from tracedial.files.counted import counted
    from tracedial.report.study_wording import pooled_words, resolution_words

    if analysis.synthetic:
        click.echo("SYNTHETIC raters: these are no observations.")
    reused = f", {analysis.reused} of them from an earlier run" if analysis.reused else ""
    click.echo(f"{counted(len(analysis.sessions), 'session')}{reused}.")
    for pair in analysis.pairs:
        who = "interchangeable raters" if analysis.settings.interchangeable else f"{pair.a} and {pair.b}"
        click.echo(f"{who}: {pooled_words(pair)}")
    for role, resolution in analysis.resolution.items():
        click.echo(f"{role}: {resolution_words(resolution)}")
    for said in analysis.settings.overrides:
        click.echo(f"note: {said}")
    for data in analysis.sessions:
        for remark in data["remarks"]:
            if remark in analysis.settings.overrides:
                continue
            click.echo(f"note: {data['session']}: {remark}")
    for name, problem in analysis.problems.items():
        click.echo(f"not analyzed: {name}: {problem}")
    click.echo(f"Tables: {out}")


@contextlib.contextmanager
def progress_bar(of_what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on the terminal: yields a function that takes the numbers done and in all."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(of_what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(of_what, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
