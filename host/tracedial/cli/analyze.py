"""`tracedial analyze`."""

import json
from pathlib import Path

import click

from tracedial.analysis import Analysis, analyze, refuse_to_overwrite, write_tables
from tracedial.cli.event_options import event_options
from tracedial.events import EventSettings


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a summary.")
@click.option("--common", "common_only", is_flag=True, help="Compare only the seconds that all traces have.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Also write analysis.json and CSV tables into this folder."
)
@event_options
def command(
    paths: tuple[Path, ...], as_json: bool, common_only: bool, out: Path | None, settings: EventSettings
) -> None:
    """Find ruptures and repairs and measure the raters' agreement.

    PATH is a session's folder, or two or more CSVs that begin with the columns video_s,rating, one for each rater.
    """
    analysis = analyze(list(paths), settings, common_only=common_only)
    if out:
        refuse_to_overwrite(list(paths), out)
        write_tables(analysis, out)
    if as_json:
        click.echo(json.dumps(analysis.as_json(), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        say_analysis(analysis)


def say_analysis(analysis: Analysis) -> None:
    """The result in a few lines."""
    from tracedial.report import number_text, p_text, r_text, time_text

    data = analysis.as_json()
    if analysis.synthetic:
        click.echo("SYNTHETIC raters: these are no observations.")
    for rater in data["raters"]:
        click.echo(
            f"{rater['name']}: {rater['n']} seconds, mean {number_text(rater['mean'], 2)}, "
            f"SD {number_text(rater['sd'], 2)}, {rater['missing']} missing"
        )
        for rupture, repair in zip(data["ruptures"][rater["name"]], data["repairs"][rater["name"]], strict=True):
            after = f"repair from {time_text(repair['onset_s'])}" if repair["onset_s"] is not None else repair["reason"]
            click.echo(
                f"    rupture {rupture['rank']}: {time_text(rupture['onset_s'])} to {time_text(rupture['end_s'])}, "
                f"mean {number_text(rupture['mean'], 1)}; {after}"
            )
        for note in data["notes"].get(rater["name"], []):
            click.echo(f"    note: {note}")
    for pair in data["pairs"]:
        c, d = pair["congruence"], pair["discrepancy"]
        if c["r"] is None:
            click.echo(f"{pair['a']} and {pair['b']}: no correlation, {c['reason']}")
        else:
            p_eff = f"effective N {c['n_eff']:.0f}, {p_text(c['p_eff'])}" if c["p_eff"] is not None else c["reason"]
            click.echo(
                f"{pair['a']} and {pair['b']}: temporal congruence r = {r_text(c['r'])}, N = {c['n']}; {p_eff} "
                f"(naive {p_text(c['p_naive'])})"
            )
        if d["mean"] is not None:
            click.echo(f"    directional discrepancy: {d['in_words']} (SD {number_text(d['sd'], 2)})")
