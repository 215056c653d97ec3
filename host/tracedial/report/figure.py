"""The figure of the article: all traces over the session's minutes, ruptures and repairs marked and numbered."""

import io
import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from tracedial.analysis.result import Analysis, Pair
from tracedial.analysis.settings import DEFAULT_SCALE
from tracedial.measures.agreement import Discrepancy
from tracedial.measures.reliability import mean_trace
from tracedial.measures.ruptures import Rupture
from tracedial.report.language import ENGLISH, Words

# Okabe and Ito's colours, which colour-blind readers tell apart, in an order of falling darkness so that they differ in
# grey as well; line widths differ too.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
BAND_ALPHA = 0.22
MAX_LEGEND = 24
MOST_TICKS = 13
MOST_RATERS_BY_PAIRS = 4
STYLE: Any = {"svg.hashsalt": "tracedial", "svg.fonttype": "none", "font.size": 10, "axes.spines.top": False,
              "axes.spines.right": False}  # fmt: skip
WIDTHS = (1.5, 1.9, 1.3, 1.3, 1.1, 1.1)


@dataclass(frozen=True)
class AxisScale:
    """The ends of the rating axis and the labels of the detents, None where no dial said them."""

    low: float
    high: float
    detents: tuple[tuple[float, str], ...]


def axis_scale(analysis: Analysis) -> AxisScale:
    """The scale of the analysis, or for bare CSVs of an unknown one the range of the ratings."""
    scale = analysis.scale
    if scale.source != DEFAULT_SCALE.source:
        return AxisScale(scale.low, scale.high, scale.detents)
    values = np.concatenate([trace.rating for trace in analysis.traces])
    values = values[~np.isnan(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (-50.0, 50.0)
    return AxisScale(low, high if high > low else low + 1, ())


def draw(analysis: Analysis, say: Words = ENGLISH) -> dict[str, bytes]:
    """The figure as `{"svg": …, "png": …}`."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10.5, 4.9), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        scale = axis_scale(analysis)
        span = scale.high - scale.low
        axes.set_ylim(scale.low - 0.06 * span, scale.high + 0.03 * span)
        minutes_axis(axes, max(len(trace.rating) for trace in analysis.traces), say)
        if scale.low < 0 < scale.high:
            axes.axhline(0, color="0.75", linewidth=0.8, zorder=0)
        if is_group(analysis):
            _draw_mean(axes, analysis, say)
        else:
            for number, trace in enumerate(analysis.traces):
                _draw_trace(axes, number, trace.rater, trace.rating, analysis)
        _label_axis(axes, scale)
        axes.set_ylabel(say("Rating"))
        handles, labels = axes.get_legend_handles_labels()
        if not is_group(analysis):
            marks = _legend_of_marks(analysis, say)
            handles, labels = [*handles, *marks], [*labels, *marks.values()]
        figure.legend(
            handles,
            labels,
            loc="outside upper center",
            ncols=max(1, min(len(labels), int(120 / (max(map(len, labels)) + 7)))),
            frameon=False,
        )
        if analysis.synthetic:
            axes.text(0.995, 0.985, say("SYNTHETIC RATERS"), transform=axes.transAxes, ha="right", va="top",
                      color="0.35", fontsize=9, weight="bold")  # fmt: skip
        return saved(figure)


def minutes_axis(axes, n_seconds: int, say: Words) -> None:
    """The axis of a session's minutes, with ticks at whole ones: each, or at 5, 10, 20 …"""
    from matplotlib.ticker import MultipleLocator

    minutes = max(n_seconds / 60, 1e-3)
    step = next((step for step in (1, 5, 10, 20, 60) if minutes / step <= MOST_TICKS), math.ceil(minutes / MOST_TICKS))
    axes.set_xlim(0, minutes)
    axes.xaxis.set_major_locator(MultipleLocator(step if minutes >= 1 else minutes))
    axes.set_xlabel(say("Session time (minutes)"))


def lettered(axes, letter: str) -> None:
    """A panel's letter, by which the caption names it."""
    axes.set_title(letter, loc="left", weight="bold", fontsize=12)


def _legend_of_marks(analysis: Analysis, say: Words) -> dict[Any, str]:
    """The marks of events and what they mean."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    marks: dict[Any, str] = {
        Patch(facecolor="0.25", alpha=BAND_ALPHA): say("rupture (1: lowest)"),
        Line2D([], [], color="0.6", marker="^", linestyle="none", markersize=8, markeredgecolor="black"): say(
            "its repair begins"
        ),
    }
    if any(_beside(analysis, trace.rater) for trace in analysis.traces):
        marks[Patch(facecolor="none", edgecolor="0.25", linestyle="--")] = say("the rule's own, not confirmed")
    return marks


def _beside(analysis: Analysis, rater: str) -> list[Rupture]:
    """The rule's own ruptures where confirmed ones are used and differ from them."""
    sets = analysis.sets.get(rater)
    if sets is None or sets.confirmed is None or sets.used is not sets.confirmed:
        return []
    used = {(one.onset_s, one.end_s) for one in sets.used.events.ruptures}
    return [one for one in sets.by_rule.events.ruptures if (one.onset_s, one.end_s) not in used]


def is_group(analysis: Analysis) -> bool:
    """Whether so many raters were compared that each pair cannot have a section of its own."""
    return len(analysis.traces) > MOST_RATERS_BY_PAIRS


def figures(analysis: Analysis, say: Words = ENGLISH) -> dict[str, dict[str, bytes]]:
    """`figure`, and for each pair (full set) `pair-1` …, or for a group `matrices`, each as `{"svg": …, "png": …}`."""
    images = {"figure": draw(analysis, say)}
    if is_group(analysis):
        return {**images, "matrices": draw_matrices(analysis, say)}
    for number, pair in enumerate(analysis.pairs, start=1):
        if analysis.settings.full and pair.congruence.r is not None:
            images[f"pair-{number}"] = draw_pair(analysis, pair, say)
    return images


def draw_matrices(analysis: Analysis, say: Words = ENGLISH) -> dict[str, bytes]:
    """r and mean difference (column minus row) of each pair of raters, as heat maps."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [trace.rater for trace in analysis.traces]
    place = {name: at for at, name in enumerate(names)}
    r, difference = (np.full((len(names), len(names)), np.nan) for _ in range(2))
    for pair in analysis.pairs:
        row, column = place[pair.a], place[pair.b]
        r[row, column] = r[column, row] = np.nan if pair.congruence.r is None else pair.congruence.r
        if pair.discrepancy.mean is not None:
            difference[row, column], difference[column, row] = pair.discrepancy.mean, -pair.discrepancy.mean
    largest = max(float(np.nanmax(np.abs(difference))) if np.isfinite(difference).any() else 0.0, 1e-9)
    with mpl.rc_context({**STYLE, "font.size": 8 if len(names) <= 20 else 6}):
        figure = Figure(figsize=(10.5, 5.2), layout="constrained")
        FigureCanvasAgg(figure)
        titles = (say("Temporal congruence r"), say("Mean difference, column minus row"))
        for axes, matrix, reach, title, letter in zip(
            figure.subplots(1, 2), (r, difference), (1.0, largest), titles, "AB", strict=True
        ):
            lettered(axes, letter)
            image = axes.imshow(matrix, cmap="RdBu", vmin=-reach, vmax=reach)
            axes.set_title(title)
            ticks = range(0, len(names), max(1, len(names) // 25))
            axes.set_xticks(ticks, [plain(names[at]) for at in ticks], rotation=90)
            axes.set_yticks(ticks, [plain(names[at]) for at in ticks])
            figure.colorbar(image, ax=axes, shrink=0.8)
        if analysis.synthetic:
            figure.suptitle(say("SYNTHETIC RATERS"), fontsize=9, color="0.35", weight="bold")
        return saved(figure)


def _draw_mean(axes, analysis: Analysis, say: Words) -> None:
    """The mean trace with a band of one SD to both sides, and every rater's trace faintly."""
    mean, sd, _ = mean_trace(np.stack([trace.rating for trace in analysis.traces], axis=1))
    minutes = np.arange(len(mean)) / 60
    for trace in analysis.traces:
        axes.plot(minutes, trace.rating, color="0.6", linewidth=0.4, alpha=0.5, zorder=1)
    axes.fill_between(
        minutes, mean - sd, mean + sd, color=COLOURS[0], alpha=0.25, linewidth=0, label="± 1 SD", zorder=2
    )
    axes.plot(
        minutes,
        mean,
        color=COLOURS[0],
        linewidth=1.8,
        label=say("mean of {n} raters", n=len(analysis.traces)),
        zorder=3,
    )


def draw_pair(analysis: Analysis, pair: Pair, say: Words = ENGLISH) -> dict[str, bytes]:
    """Four panels of a pair: the difference over time, r in windows, r by lag, and Bland and Altman's plot."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    ratings = {trace.rater: trace.rating for trace in analysis.traces}
    a, b = ratings[pair.a], ratings[pair.b]
    difference = b - a
    minutes = np.arange(len(a)) / 60
    d = pair.discrepancy
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10.5, 6.4), layout="constrained")
        FigureCanvasAgg(figure)
        (over_time, windows), (lags, bland_altman) = figure.subplots(2, 2)
        over_time.plot(minutes, difference, color=COLOURS[0], linewidth=1.0)
        _limits(over_time, d)
        for axes, letter in zip((over_time, windows, lags, bland_altman), "ABCD", strict=True):
            lettered(axes, letter)
        over_time.set(ylabel=f"{plain(pair.b)}\n− {plain(pair.a)}")
        minutes_axis(over_time, len(a), say)
        middle = [(w["start_s"] + w["end_s"]) / 120 for w in pair.windows]
        windows.plot(middle, [np.nan if w["r"] is None else w["r"] for w in pair.windows], color=COLOURS[2], marker=".")
        windows.axhline(0, color="0.75", linewidth=0.8, zorder=0)
        windows.set(ylabel=say("r in {window_s} s", window_s=analysis.settings.window_s), ylim=(-1.05, 1.05))
        minutes_axis(windows, len(a), say)
        if pair.lag:
            curve = pair.lag.curve
            lags.plot(
                [s for s, _ in curve], [np.nan if r is None else r for _, r in curve], color=COLOURS[5], marker="."
            )
            if pair.lag.best_s is not None:
                lags.axvline(pair.lag.best_s, color="0.4", linewidth=0.8, linestyle="--")
        lags.axhline(0, color="0.75", linewidth=0.8, zorder=0)
        lags.set(xlabel=say("Lag (s; positive: {b} follows)", b=plain(pair.b)), ylabel="r", ylim=(-1.05, 1.05))
        bland_altman.scatter((a + b) / 2, difference, s=5, color=COLOURS[0], alpha=0.25, linewidths=0)
        _limits(bland_altman, d)
        bland_altman.set(xlabel=say("Mean of both"), ylabel=say("Difference"))
        if analysis.synthetic:
            figure.suptitle(say("SYNTHETIC RATERS"), fontsize=9, color="0.35", weight="bold")
        return saved(figure)


def _limits(axes, d: Discrepancy) -> None:
    for value, style in ((d.mean, "-"), (d.loa_low, "--"), (d.loa_high, "--")):
        if value is not None:
            axes.axhline(value, color="0.25", linewidth=0.9, linestyle=style)


def saved(figure) -> dict[str, bytes]:
    """A figure as `{"svg": …, "png": …}`."""
    out = {}
    for kind in ("svg", "png"):
        buffer = io.BytesIO()
        metadata = {"Date": None} if kind == "svg" else {}
        with warnings.catch_warnings():
            # A letter that the PNG's font lacks; the SVG leaves the letters to the reader's fonts.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure.savefig(buffer, format=kind, dpi=160, metadata=metadata)
        out[kind] = buffer.getvalue()
    return out


def _draw_trace(axes, number: int, rater: str, rating, analysis: Analysis) -> None:
    colour, width = COLOURS[number % len(COLOURS)], WIDTHS[number % len(WIDTHS)]
    minutes = np.arange(len(rating)) / 60
    # More raters than colours: the line tells them apart.
    style = ("-", "--", ":", "-.")[number // len(COLOURS) % 4]
    axes.plot(minutes, rating, color=colour, linewidth=width, linestyle=style, label=plain(rater), zorder=3 + number)
    events = analysis.events[rater]
    for rupture in events.ruptures:
        part = slice(rupture.onset_s, rupture.end_s)
        axes.axvspan(
            rupture.begins_s / 60, rupture.end_s / 60, facecolor=colour, alpha=BAND_ALPHA, linewidth=0, zorder=1
        )
        axes.plot(minutes[part], rating[part], color=colour, linewidth=2 * width, solid_capstyle="butt", zorder=2)
        axes.annotate(
            str(rupture.rank), (rupture.nadir_s / 60, rating[part][~np.isnan(rating[part])].min()), (0, -13),
            textcoords="offset points", ha="center", va="center", fontsize=9, weight="bold", color="black", zorder=12,
            bbox={"boxstyle": "circle,pad=0.22", "facecolor": "white", "edgecolor": colour, "linewidth": 1.6},
        )  # fmt: skip
    for own in _beside(analysis, rater):
        axes.axvspan(own.onset_s / 60, own.end_s / 60, facecolor="none", edgecolor=colour, linestyle="--", zorder=1)
    for repair in events.repairs:
        if repair.onset_s is None or np.isnan(rating[repair.onset_s]):
            continue
        at = (repair.onset_s / 60, rating[repair.onset_s])
        axes.plot(
            *at, marker="^", color=colour, markersize=8.5, markeredgecolor="black", markeredgewidth=0.9, zorder=10
        )
        axes.annotate(str(repair.rank), at, (8, 1), textcoords="offset points", ha="left", va="center", fontsize=8.5,
                      zorder=11)  # fmt: skip


def plain(name: str) -> str:
    """A rater's name as text: dollar signs would set it as mathematics, a leading underscore hide it."""
    half = MAX_LEGEND // 2
    name = name if len(name) <= MAX_LEGEND else f"{name[:half]}…{name[-half + 1 :]}"
    return (" " if name.startswith("_") else "") + name.replace("$", r"\$")


def _label_axis(axes, scale: AxisScale) -> None:
    if not scale.detents:
        return
    labels = {rating: f"{label}  {_signed(rating)}" for rating, label in scale.detents}
    step = (scale.high - scale.low) / 4
    ticks = sorted({*labels, *(round(scale.low + step * i) for i in range(5))})
    axes.set_yticks(ticks, [labels.get(tick, _signed(tick)) for tick in ticks])


def _signed(value: float) -> str:
    return f"−{-value:g}" if value < 0 else f"+{value:g}" if value else "0"
