"""`tracedial analyze`."""

import json
from pathlib import Path

import click

from tracedial.analysis.result import Analysis, Pair
from tracedial.analysis.result_files import refuse_to_overwrite, write_tables
from tracedial.analysis.session_analysis import analyze
from tracedial.analysis.settings import BY_RULE, CONFIRMED, AnalysisSettings
from tracedial.cli.analysis_options import analysis_options
from tracedial.cli.study_run import is_study, refuse_for_a_session, run_study, say_study, study_options, study_out


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a summary.")
@click.option("--out", type=click.Path(path_type=Path),
              help="Also write the tables into this folder [default for a study: `analysis` in it].")  # fmt: skip
@study_options
@analysis_options
def command(
    paths: tuple[str, ...],
    as_json: bool,
    out: Path | None,
    jobs: int | None,
    dask: str | None,
    traces: bool,
    settings: AnalysisSettings,
) -> None:
    """Find ruptures and repairs and measure the raters' agreement.

    PATH is a session's folder, or two or more CSVs that begin with the columns video_s,rating, one for each rater. Or a
    study: a folder of session folders (or of folders of such CSVs), here or at a URL; its results go to --out as they
    come, and what is there already is not done again.
    """
    if is_study(paths):
        analysis = run_study(paths[0], settings, out=out, jobs=jobs, dask=dask, traces=traces)
        if as_json:
            click.echo(json.dumps(analysis.as_json(), indent=2, ensure_ascii=False, allow_nan=False))
        else:
            say_study(analysis, out or study_out(paths[0]))
        return
    refuse_for_a_session(jobs=jobs, dask=dask, traces=traces)
    places = [Path(path) for path in paths]
    session = analyze(places, settings)
    if out:
        refuse_to_overwrite(places, out)
        write_tables(session, out)
    if as_json:
        click.echo(json.dumps(session.as_json(), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        say_analysis(session)


def say_analysis(analysis: Analysis) -> None:
    """Print the result in a few lines."""
    from tracedial.files.counted import counted
    from tracedial.report.numbers import number_text, r_text, span_text, time_text
    from tracedial.report.wording import reliability_words

    if analysis.synthetic:
        click.echo("SYNTHETIC raters: these are no observations.")
    for rater in analysis.as_json()["raters"]:
        click.echo(
            f"{rater['name']}: {counted(rater['n'], 'second')}, mean {number_text(rater['mean'], 2)}, "
            f"SD {number_text(rater['sd'], 2)}, {rater['missing']:,} missing"
        )
        events = analysis.events[rater["name"]]
        used = analysis.as_json()["segments"].get(rater["name"], {})
        if used.get("used") == CONFIRMED:
            click.echo(
                f"    confirmed by {used['confirmed_by']} (the rule's own are in the tables, as events_by_rule):"
            )
        for rupture in events.ruptures:
            after = "; ".join(
                f"repair from {time_text(one.onset_s)}" if one.onset_s is not None else one.reason
                for one in events.repairs
                if one.rank == rupture.rank
            )
            source = "" if rupture.source == BY_RULE else f" ({rupture.source})"
            click.echo(
                f"    rupture {rupture.rank}{source}: {span_text(rupture.onset_s, rupture.end_s)}, "
                f"falling from {time_text(rupture.begins_s)}, mean {number_text(rupture.mean, 1)}"
                + (f"; {after}" if after else "")
            )
        for note in events.notes:
            click.echo(f"    note: {note}")
    for pair in analysis.pairs:
        _say_pair(pair)
    reliability = analysis.reliability
    if reliability and reliability.estimates["icc_a_1"].value is not None:
        click.echo(reliability_words(reliability, interchangeable=analysis.settings.interchangeable))
    for rater, found in analysis.observer.items():
        one = found.ruptures
        click.echo(
            f"{rater} and the observer: {counted(one.hits, 'hit')}, {counted(one.misses, 'miss', 'misses')}, "
            f"{counted(one.false_alarms, 'false alarm')}, F1 = {r_text(one.f1)}, kappa by second = {r_text(one.kappa)}"
        )
        for code, counts in found.by_code.items():
            click.echo(f"    {code} ({counts['kind']}): {counts['hits']} of {counts['coded']} found")
    for remark in analysis.remarks:
        click.echo(f"note: {remark}")


def _say_pair(pair: Pair) -> None:
    from tracedial.report.numbers import r_text
    from tracedial.report.wording import (
        congruence_words,
        discrepancy_name,
        discrepancy_words,
        lag_words,
        overlap_words,
        withheld_words,
    )

    c = pair.congruence
    if c.r is None:
        click.echo(f"{pair.a} and {pair.b}: no correlation, {c.reason}")
    else:
        click.echo(f"{pair.a} and {pair.b}: temporal congruence r = {r_text(c.r)}, N = {c.n}")
        click.echo(f"    {congruence_words(pair)}")
    if withheld := withheld_words(pair):
        click.echo(f"    {withheld}")
    if pair.discrepancy.mean is not None:
        name = discrepancy_name(pair.discrepancy)
        click.echo(f"    {name[0].lower()}{name[1:]}: {discrepancy_words(pair)}")
    for words in (lag_words(pair), overlap_words(pair)):
        if words:
            click.echo(f"    {words}")
