"""Output that several commands share."""

import click

from tracedial.alignment.result import Alignment
from tracedial.errors import TracedialError
from tracedial.files.safe_text import terminal_text
from tracedial.timing.clock_fit import drift_words


def say_alignments(alignments: list[Alignment], problems: list[TracedialError]) -> list[TracedialError]:
    """Print all alignments, then the problems of recordings that could not be aligned; returns those problems."""
    for alignment in alignments:
        say_alignment(alignment)
    for problem in problems:
        click.echo(f"tracedial: {problem}", err=True)
    return problems


def say_alignment(alignment: Alignment) -> None:
    """Print a recording's alignment in a few lines: what was rated, how exactly it is placed, and the findings."""
    report = alignment.report
    offset = report["offset_ms"]
    rows = f"{report['samples']} samples ({report['resent']} resent, {report['records_missing']} missing)"
    if report.get("imported"):
        rows = f"imported from {terminal_text(report['imported']['file'])}"
    click.echo(f"{report['rater']}: {report['rated_seconds']} of {report['seconds']} seconds rated, {rows}")
    for clock in report["clocks"]:
        click.echo(
            f"    clock: {clock['exchanges']} sync exchanges, {drift_words(clock['drift_ppm'])}, "
            f"within ±{clock['bound_ms']['max']:.2f} ms"
        )
    if offset["median"] is not None and not report.get("imported"):
        click.echo(
            f"    samples minus whole seconds of video: median {offset['median']:+.2f} ms, "
            f"99 % within {offset['p99_abs']:.2f} ms"
        )
    for finding in report["findings"]:
        click.echo(f"    note: {terminal_text(finding)}")
    click.echo(f"    {alignment.recording.folder / 'trace.csv'}")


def say_problems(problems: list[str]) -> None:
    """Print a sentence for each thing that could not be read, to standard error."""
    for problem in problems:
        click.echo(f"tracedial: {terminal_text(problem)}", err=True)
