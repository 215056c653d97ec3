"""What several commands print."""

import click

from tracedial.alignment.result import Alignment
from tracedial.errors import TracedialError
from tracedial.files.safe_text import terminal_text
from tracedial.timing.clock_fit import drift_words


def say_alignments(alignments: list[Alignment], problems: list[TracedialError]) -> list[TracedialError]:
    """All alignments, then what could not be aligned; returns the latter."""
    for alignment in alignments:
        say_alignment(alignment)
    for problem in problems:
        click.echo(f"tracedial: {problem}", err=True)
    return problems


def say_alignment(alignment: Alignment) -> None:
    """A recording's alignment in a few lines: what was rated, how well it is placed, what was found."""
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
    """What could not be read, a sentence each, where errors go."""
    for problem in problems:
        click.echo(f"tracedial: {terminal_text(problem)}", err=True)
