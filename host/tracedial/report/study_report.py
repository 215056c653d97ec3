"""The report of a study: what holds over its dyads, each dyad in a row, the forest of both."""

from pathlib import Path
from typing import Any

import numpy as np

from tracedial.analysis.study_analysis import StudyAnalysis
from tracedial.report.blocks import Block, Heading, Paragraph, Picture, Table
from tracedial.report.figure import COLOURS, STYLE, plain, saved
from tracedial.report.session_report import SYNTHETIC_WORDS, methods_words, sentence_of, two_columns, write_pages
from tracedial.report.wording import NO_NUMBER, number_text, p_value, pooled_words, r_text, resolution_words

PSEUDO_NOTE = (
    "What all sessions share (a start-up, a rise, tiring) makes traces correlate that know nothing of each other. "
    "Pseudo-dyads, raters of different sessions, share it too; the first p is that the dyads' own raters go together "
    "more (or less) than these. The random-effects means beside it have their intervals only if nothing is shared."
)
MAX_NAMED = 75
"""More dyads than this are drawn without their names."""


def write_study_report(analysis: StudyAnalysis, folder: Path) -> Path:
    """Write `report.html`, `report.pdf` and the figures into `folder`."""
    data = analysis.as_json()
    images = {f"forest-{number}": forest(analysis, pair) for number, pair in enumerate(data["pairs"], start=1)}
    return write_pages(title_of(data), blocks(analysis, data), images, folder)


def title_of(data: dict[str, Any]) -> str:
    """The report's title."""
    return f"Study {data['study']}"


def blocks(analysis: StudyAnalysis, data: dict[str, Any]) -> list[Block]:
    """What the report says, in its order."""
    found: list[Block] = [Heading(1, title_of(data))]
    if analysis.synthetic:
        found.append(Paragraph(SYNTHETIC_WORDS, warning=True))
    found.append(Paragraph(f"{data['n_sessions']} session{'s were' if data['n_sessions'] != 1 else ' was'} analysed."))
    for session in analysis.sessions:
        found += [Paragraph(f"{session['session']}: {remark}", warning=True) for remark in session["remarks"]]
    for name, problem in analysis.problems.items():
        found.append(Paragraph(f"Not analysed: {name}: {problem}", warning=True))
    for number, pair in enumerate(data["pairs"], start=1):
        a, b = pair["a"], pair["b"]
        found += [
            Heading(2, f"{a} and {b}"),
            Paragraph(sentence_of(pooled_words(pair))),
            Paragraph(PSEUDO_NOTE),
            Paragraph(_heterogeneity(pair)),
            Picture(
                f"forest-{number}",
                f"Each dyad's temporal congruence and directional discrepancy ({b} minus {a}) with 95 % intervals that "
                "account for autocorrelation, and their random-effects means (diamonds)."
                + (" Synthetic raters." if analysis.synthetic else ""),
            ),
            _dyads(analysis, pair),
        ]
    found.append(Heading(2, "Ruptures and their repairs"))
    found += [Paragraph(f"{role}: {resolution_words(one)}") for role, one in data["resolution"].items()]
    found += [
        Heading(2, "Methods"),
        Paragraph(
            methods_words({"parameters": data["parameters"], "software": data["software"]})
            + " Over dyads, Fisher's z of r (its own interval's variance) and mean differences (SD²/effective N) were "
            "pooled by a random-effects model with Paule and Mandel's between-dyad variance and Hartung and Knapp's "
            "interval (statsmodels). Before that, each measure's mean over the dyads was set beside those of all "
            "pairings of raters of different dyads (pseudo-dyads; Ramseyer & Tschacher, 2010; Moulder et al., 2018) "
            "as a permutation test."
        ),
        Heading(2, "Parameters"),
        two_columns(data["parameters"].items()),
    ]
    return found


def forest(analysis: StudyAnalysis, pair: dict[str, Any]) -> dict[str, bytes]:
    """The forest plot of a pair of roles: r and the mean difference of each dyad, and both means."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    rows = [
        (data["session"], one) for data in analysis.sessions for one in data["pairs"]
        if (one["a"], one["b"]) == (pair["a"], pair["b"])
    ]  # fmt: skip
    height = max(2.2, min(1.2 + 0.2 * len(rows), 16.0))
    with mpl.rc_context({**STYLE, "font.size": 8.5}):
        figure = Figure(figsize=(10.0, height), layout="constrained")
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2, sharey=True)
        places = np.arange(len(rows), 0, -1)
        _draw_side(left, [_interval(one["congruence"], "r") for _, one in rows], places, pair["congruence"])
        _draw_side(right, [_interval(one["discrepancy"], "mean") for _, one in rows], places, pair["discrepancy"])
        left.set(xlabel="Temporal congruence r", xlim=(-1, 1), ylim=(-0.8, len(rows) + 0.8))
        right.set(xlabel=f"{plain(pair['b'])} − {plain(pair['a'])} (units)")
        if len(rows) <= MAX_NAMED:
            left.set_yticks([*places, 0], [*(plain(name) for name, _ in rows), "mean"])
        else:
            left.set_yticks([0], ["mean"])
        if analysis.synthetic:
            figure.suptitle("SYNTHETIC RATERS", fontsize=8, color="0.35", weight="bold")
        return saved(figure)


def _interval(measure: dict[str, Any], name: str) -> tuple[float, float, float]:
    value, low, high = (np.nan if measure[key] is None else measure[key] for key in (name, "ci_low", "ci_high"))
    return value, low, high


def _draw_side(axes, rows: list[tuple[float, float, float]], places, pooled: dict[str, Any]) -> None:
    values, low, high = (np.array(column) for column in zip(*rows, strict=True))
    axes.hlines(places, low, high, color="0.45", linewidth=1.0)
    axes.plot(values, places, "o", color=COLOURS[0], markersize=3.5)
    axes.axvline(0, color="0.8", linewidth=0.8, zorder=0)
    if pooled["value"] is not None:
        corners = [pooled["ci_low"], pooled["value"], pooled["ci_high"], pooled["value"]]
        axes.fill(corners, [0, 0.35, 0, -0.35], color=COLOURS[5])


def _heterogeneity(pair: dict[str, Any]) -> str:
    said = []
    for measure, label in (("congruence", "r (Fisher's z)"), ("discrepancy", "the difference")):
        one = pair[measure]
        if one["tau2"] is not None:
            said.append(f"{label}: tau² = {number_text(one['tau2'], 3)}, I² = {one['i2']:.0%}")
    return f"Differences between dyads: {'; '.join(said)}." if said else "Too few dyads to compare."


def _dyads(analysis: StudyAnalysis, pair: dict[str, Any]) -> Table:
    rows = []
    ranks = pair["pseudo"].get("r", {"ranks": {}})["ranks"]
    for data in analysis.sessions:
        for one in data["pairs"]:
            if (one["a"], one["b"]) != (pair["a"], pair["b"]):
                continue
            c, d = one["congruence"], one["discrepancy"]
            first = c["first_p"]
            of = "_detrended" if first == "p_detrended" else ""
            rank = ranks.get(data["session"])
            rows.append(
                (
                    data["session"], r_text(c["r"]), r_text(c["r_detrended"] if of else None), f"{c['n']:,}",
                    number_text(c["n_eff_detrended" if of else "n_eff_cosine"], 0),
                    p_value(c[first]) if first else NO_NUMBER, NO_NUMBER if rank is None else f"{rank:.0%}",
                    p_value(c["p_naive"]), number_text(d["mean"], 2), number_text(d["sd"], 2),
                )
            )  # fmt: skip
    columns = (
        "session", "r", "r detrended", "N", "effective N", "p", "above pseudo-dyads", "p (naive)", "mean b − a", "SD",
    )  # fmt: skip
    return Table(columns, rows)
