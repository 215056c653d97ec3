"""`tracedial plan`."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from tracedial.analysis.plan import PlanSettings, make_plan
from tracedial.cli.study_run import progress_bar
from tracedial.errors import AnalysisError

DEFAULTS = PlanSettings(r=0.1)


@click.command()
@click.argument("pilot", nargs=-1, metavar="[PILOT]...")
@click.option("--r", type=float, help="The mean r (temporal congruence) that the study is to find.")
@click.option("--difference", type=float, metavar="UNITS",
              help="The mean difference (second rater minus first) that it is to find.")  # fmt: skip
@click.option("--dyads", default=",".join(map(str, DEFAULTS.dyads)), show_default=True, metavar="N,N,…",
              help="Numbers of dyads to try.")  # fmt: skip
@click.option("--minutes", default=",".join(f"{one:g}" for one in DEFAULTS.minutes), show_default=True, metavar="M,M,…",
              help="Lengths of a session to try.")  # fmt: skip
@click.option("--power", default=DEFAULTS.power, show_default=True, help="The power that is wanted.")
@click.option("--autocorrelation", type=float, help="Without a pilot: of a rater's neighbouring seconds, such as .95.")
@click.option("--sd", type=float, metavar="UNITS", help="Without a pilot: SD of a rater's ratings.")
@click.option("--spread-r", type=float, help="SD of r between dyads [default: the pilot's; .1 without one].")
@click.option("--spread-difference", type=float, metavar="UNITS",
              help="SD of the difference between dyads [default: the pilot's].")  # fmt: skip
@click.option("--runs", default=DEFAULTS.runs, show_default=True, help="Simulated studies for each length.")
@click.option("--seed", type=click.IntRange(min=0), default=DEFAULTS.seed, show_default=True,
              help="The same seed gives the same plan.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path), default=Path("plan"), show_default=True,
              help="Folder for the table (CSV) and the figure (PNG, PDF).")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of the table.")
def command(pilot: tuple[str, ...], dyads: str, minutes: str, out: Path, as_json: bool, **values: Any) -> None:
    """Say how many dyads and minutes a study needs, by simulation.

    PILOT is a pilot study (a study's folder or URL, session folders, or two CSVs): simulated ratings vary as its
    ratings do. Without one, state --autocorrelation. What is counted is what `tracedial analyze` would report of the
    study: the p of the mean r beside pseudo-dyads, the interval of the mean difference.
    """
    from tracedial.analysis.pilot import read_pilot
    from tracedial.report.plan_report import plan_lines, write_plan

    try:
        settings = PlanSettings(
            dyads=_numbers("--dyads", dyads, int), minutes=_numbers("--minutes", minutes, float), **values
        )
    except AnalysisError as error:
        raise click.UsageError(str(error)) from None
    found = read_pilot(list(pilot)) if pilot else None
    with progress_bar("simulated studies") as on_progress:
        plan = make_plan(settings, found, on_progress)
    write_plan(plan, out)
    if as_json:
        click.echo(json.dumps(plan.as_json(), indent=2, ensure_ascii=False, allow_nan=False))
        return
    for line in plan_lines(plan):
        click.echo(line)
    click.echo(f"Table and figure: {out}")


def _numbers(option: str, text: str, kind: Callable[[str], Any]) -> tuple[Any, ...]:
    try:
        return tuple(sorted({kind(part) for part in text.split(",") if part.strip()}))
    except ValueError:
        raise click.UsageError(f"{option} takes numbers with commas between them, not {text!r}.") from None
