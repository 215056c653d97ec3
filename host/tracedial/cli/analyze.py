"""`tracedial analyze`."""

import json
from pathlib import Path

import click

from tracedial.analysis import Analysis, analyze, refuse_to_overwrite, write_tables
from tracedial.analysis_settings import AnalysisSettings
from tracedial.cli.analysis_options import analysis_options


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a summary.")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Also write analysis.json and CSV tables into this folder."
)
@analysis_options
def command(paths: tuple[Path, ...], as_json: bool, out: Path | None, settings: AnalysisSettings) -> None:
    """Find ruptures and repairs and measure the raters' agreement.

    PATH is a session's folder, or two or more CSVs that begin with the columns video_s,rating, one for each rater.
    """
    analysis = analyze(list(paths), settings)
    if out:
        refuse_to_overwrite(list(paths), out)
        write_tables(analysis, out)
    if as_json:
        click.echo(json.dumps(analysis.as_json(), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        say_analysis(analysis)


def say_analysis(analysis: Analysis) -> None:
    """The result in a few lines."""
    from tracedial.words import (
        congruence_words,
        discrepancy_words,
        lag_words,
        number_text,
        overlap_words,
        r_text,
        reliability_words,
        time_text,
        withheld_words,
    )

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
        c = pair["congruence"]
        if c["r"] is None:
            click.echo(f"{pair['a']} and {pair['b']}: no correlation, {c['reason']}")
        else:
            click.echo(f"{pair['a']} and {pair['b']}: temporal congruence r = {r_text(c['r'])}, N = {c['n']}")
            click.echo(f"    {congruence_words(pair)}")
        if withheld := withheld_words(pair):
            click.echo(f"    {withheld}")
        d = pair["discrepancy"]
        if d["mean"] is not None:
            click.echo(f"    directional discrepancy: {discrepancy_words(pair)}")
        if (lag := pair["lag"]) and lag["best_s"] is not None:
            click.echo(f"    {lag_words(pair)}")
        if (events := pair["events"]) and events["overlap"] is not None:
            click.echo(f"    {overlap_words(pair)}")
    if data["reliability"] and data["reliability"]["icc_a_1"]["value"] is not None:
        click.echo(reliability_words(data["reliability"]))
    for rater, found in data["observer"].items():
        click.echo(
            f"{rater} and the observer: {found['hits']} hits, {found['misses']} misses, {found['false_alarms']} false "
            f"alarms, F1 = {r_text(found['f1'])}, kappa by second = {r_text(found['kappa'])}"
        )
    for remark in data["remarks"]:
        click.echo(f"note: {remark}")
