"""The figure of the article: all traces over the session's minutes, ruptures and repairs marked and numbered."""

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from tracedial.analysis.result import Analysis, Pair
from tracedial.measures.agreement import Discrepancy
from tracedial.measures.reliability import mean_trace

# Okabe and Ito's colours, which colour-blind readers tell apart, in an order of falling darkness so that they differ in
# grey as well; line widths differ too.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
MAX_LEGEND = 24
MOST_RATERS_BY_PAIRS = 4
STYLE: Any = {"svg.hashsalt": "tracedial", "svg.fonttype": "none", "font.size": 10, "axes.spines.top": False,
              "axes.spines.right": False}  # fmt: skip
WIDTHS = (1.5, 1.9, 1.3, 1.3, 1.1, 1.1)


@dataclass(frozen=True)
class AxisScale:
    """The ends of the rating axis and the labels of the detents, None where no dial said them."""

    low: float
    high: float
    detents: tuple[tuple[int, str], ...]


def axis_scale(analysis: Analysis) -> AxisScale:
    """The dial's scale, or for bare CSVs the range of the ratings."""
    for alignment in analysis.alignments.values():
        if scale := (alignment.get("dial") or {}).get("scale"):
            return AxisScale(scale["low"], scale["high"], tuple((d[0], d[1]) for d in scale["detents"]))
    values = np.concatenate([trace.rating for trace in analysis.traces])
    values = values[~np.isnan(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (-50.0, 50.0)
    return AxisScale(low, high if high > low else low + 1, ())


def draw(analysis: Analysis) -> dict[str, bytes]:
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
        n_seconds = max(len(trace.rating) for trace in analysis.traces)
        axes.set_xlim(0, max(n_seconds / 60, 1e-3))
        if scale.low < 0 < scale.high:
            axes.axhline(0, color="0.75", linewidth=0.8, zorder=0)
        if is_group(analysis):
            _draw_mean(axes, analysis)
        else:
            for number, trace in enumerate(analysis.traces):
                _draw_trace(axes, number, trace.rater, trace.rating, analysis)
        _label_axis(axes, scale)
        axes.set_xlabel("Session time (minutes)")
        axes.set_ylabel("Rating")
        handles, labels = axes.get_legend_handles_labels()
        from matplotlib.lines import Line2D

        handles += (
            []
            if is_group(analysis)
            else [
                Line2D([], [], color="0.25", linewidth=8, alpha=0.35, solid_capstyle="butt"),
                Line2D([], [], color="0.6", marker="^", linestyle="none", markersize=8, markeredgecolor="black"),
            ]
        )
        labels += [] if is_group(analysis) else ["rupture (1: lowest)", "its repair begins"]
        figure.legend(
            handles,
            labels,
            loc="outside upper center",
            ncols=max(1, min(len(labels), int(120 / (max(map(len, labels)) + 7)))),
            frameon=False,
        )
        if analysis.synthetic:
            axes.text(0.995, 0.985, "SYNTHETIC RATERS", transform=axes.transAxes, ha="right", va="top", color="0.35",
                      fontsize=9, weight="bold")  # fmt: skip
        return saved(figure)


def is_group(analysis: Analysis) -> bool:
    """Whether so many raters were compared that each pair cannot have a section of its own."""
    return len(analysis.traces) > MOST_RATERS_BY_PAIRS


def figures(analysis: Analysis) -> dict[str, dict[str, bytes]]:
    """`figure`, and for each pair (full set) `pair-1` …, or for a group `matrices`, each as `{"svg": …, "png": …}`."""
    images = {"figure": draw(analysis)}
    if is_group(analysis):
        return {**images, "matrices": draw_matrices(analysis)}
    for number, pair in enumerate(analysis.pairs, start=1):
        if analysis.settings.full and pair.congruence.r is not None:
            images[f"pair-{number}"] = draw_pair(analysis, pair)
    return images


def draw_matrices(analysis: Analysis) -> dict[str, bytes]:
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
        for axes, matrix, reach, title in zip(
            figure.subplots(1, 2), (r, difference), (1.0, largest),
            ("Temporal congruence r", "Mean difference, column minus row"), strict=True,
        ):  # fmt: skip
            image = axes.imshow(matrix, cmap="RdBu", vmin=-reach, vmax=reach)
            axes.set_title(title)
            ticks = range(0, len(names), max(1, len(names) // 25))
            axes.set_xticks(ticks, [plain(names[at]) for at in ticks], rotation=90)
            axes.set_yticks(ticks, [plain(names[at]) for at in ticks])
            figure.colorbar(image, ax=axes, shrink=0.8)
        if analysis.synthetic:
            figure.suptitle("SYNTHETIC RATERS", fontsize=9, color="0.35", weight="bold")
        return saved(figure)


def _draw_mean(axes, analysis: Analysis) -> None:
    """The mean trace with a band of one SD to both sides, and every rater's trace faintly."""
    mean, sd, _ = mean_trace(np.stack([trace.rating for trace in analysis.traces], axis=1))
    minutes = np.arange(len(mean)) / 60
    for trace in analysis.traces:
        axes.plot(minutes, trace.rating, color="0.6", linewidth=0.4, alpha=0.5, zorder=1)
    axes.fill_between(
        minutes, mean - sd, mean + sd, color=COLOURS[0], alpha=0.25, linewidth=0, label="± 1 SD", zorder=2
    )
    axes.plot(minutes, mean, color=COLOURS[0], linewidth=1.8, label=f"mean of {len(analysis.traces)} raters", zorder=3)


def draw_pair(analysis: Analysis, pair: Pair) -> dict[str, bytes]:
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
        over_time.set(
            xlabel="Session time (minutes)",
            ylabel=f"{plain(pair.b)}\n− {plain(pair.a)}",
            xlim=(0, max(minutes[-1], 1e-3)),
        )
        middle = [(w["start_s"] + w["end_s"]) / 120 for w in pair.windows]
        windows.plot(middle, [np.nan if w["r"] is None else w["r"] for w in pair.windows], color=COLOURS[2], marker=".")
        windows.axhline(0, color="0.75", linewidth=0.8, zorder=0)
        windows.set(xlabel="Session time (minutes)", ylabel=f"r in {analysis.settings.window_s} s", ylim=(-1.05, 1.05),
                    xlim=(0, max(minutes[-1], 1e-3)))  # fmt: skip
        if pair.lag:
            curve = pair.lag.curve
            lags.plot(
                [s for s, _ in curve], [np.nan if r is None else r for _, r in curve], color=COLOURS[5], marker="."
            )
            if pair.lag.best_s is not None:
                lags.axvline(pair.lag.best_s, color="0.4", linewidth=0.8, linestyle="--")
        lags.axhline(0, color="0.75", linewidth=0.8, zorder=0)
        lags.set(xlabel=f"Lag (s; positive: {plain(pair.b)} follows)", ylabel="r")
        bland_altman.scatter((a + b) / 2, difference, s=5, color=COLOURS[0], alpha=0.25, linewidths=0)
        _limits(bland_altman, d)
        bland_altman.set(xlabel="Mean of both", ylabel="Difference")
        if analysis.synthetic:
            figure.suptitle("SYNTHETIC RATERS", fontsize=9, color="0.35", weight="bold")
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
        axes.plot(minutes[part], rating[part], color=colour, linewidth=8, alpha=0.35, solid_capstyle="butt", zorder=2)
        axes.annotate(
            str(rupture.rank), (rupture.nadir_s / 60, rating[part][~np.isnan(rating[part])].min()), (0, -13),
            textcoords="offset points", ha="center", va="center", fontsize=9, weight="bold", color="black", zorder=12,
            bbox={"boxstyle": "circle,pad=0.22", "facecolor": "white", "edgecolor": colour, "linewidth": 1.6},
        )  # fmt: skip
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
