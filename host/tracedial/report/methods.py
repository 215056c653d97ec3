"""The methods paragraph of a report, and what an analysis was told and made from."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tracedial import __version__
from tracedial.analysis.result import Analysis
from tracedial.analysis.settings import AnalysisSettings, LagCorrection
from tracedial.measures.ruptures import EventSettings
from tracedial.report.blocks import Table
from tracedial.report.numbers import NO_NUMBER, number_text
from tracedial.timing.clock_fit import drift_words

MOST_NAMED = 4
"""Of more raters the methods paragraph gives a range."""


@dataclass(frozen=True)
class Methods:
    """What a methods paragraph names: the settings, the ends of the scale, the lags that were taken out, and the rise
    of a repair by rater (empty for a study, whose sessions have their own)."""

    settings: AnalysisSettings
    low: float
    high: float
    lag_corrections: list[LagCorrection] = field(default_factory=list)
    rises: dict[str, float | None] = field(default_factory=dict)


def methods_of(analysis: Analysis) -> Methods:
    """What the methods of a session's analysis are."""
    rises = {name: found.rise for name, found in analysis.events.items()}
    return Methods(analysis.settings, analysis.scale.low, analysis.scale.high, analysis.lag_corrections, rises)


def methods_words(methods: Methods) -> str:
    """A methods paragraph with versions and parameters."""
    settings = methods.settings
    events = settings.events
    text = (
        f"Ratings were analysed second by second with Tracedial {__version__} (numpy {np.__version__}) on a scale from "
        f"{_plain(float(methods.low))} to {_plain(float(methods.high))}. "
    )
    if methods.lag_corrections:
        said = ", ".join(
            f"{one.rater} by {abs(one.lag_s)} s {'earlier' if one.lag_s >= 0 else 'later'} ({one.source})"
            for one in methods.lag_corrections
        )
        text += f"Ratings were moved for their reaction lag: {said}. "
    if settings.trim_agreement_s:
        text += f"The first {settings.trim_agreement_s} s were left out of all agreement. "
    text += (
        "Temporal congruence is Pearson's r over the seconds that both rated. Since neighbouring seconds repeat one "
        "another, its p and its interval are by the signs of the traces' cosines: given the size of each cosine of "
        "both traces, r is a sum of their products with signs that are fair for unconnected traces. Where either "
        "trace showed a slow course over the session, it was taken out of both before, as a polynomial. "
    )
    if settings.full:
        text += (
            "Beside it stand the p for the effective N of two AR(1) series (Bretherton et al., 1999; where both traces "
            "pass for such), of Pyper and Peterman (1998), among circular shifts, and among phase-randomized "
            "surrogates (Theiler et al., 1992). Intervals of all other measures are by the slow cosines of what "
            "each second adds to the measure (after Müller & Watson, 2008). "
        )
    text += (
        "Raters were taken for interchangeable: differences are given by their size, without a direction. "
        if settings.interchangeable
        else "Directional discrepancy is the mean difference. "
    )
    return text + (
        f"Ruptures: {rule_words(events)}. Repairs: the first rise of the trace, smoothed over {events.smooth_s} s, "
        f"after a rupture's nadir by at least {_rises(methods)} that lasts {events.hold_s} s, dated back to the last "
        "local minimum."
    )


def rule_words(p: EventSettings) -> str:
    """The rule of ruptures with its own parameters."""
    first = f", none in the first {p.trim_start_s} s" if p.trim_start_s else ""
    match p.rule:
        case "vshape":
            return (
                f"falls of at least {p.drop_sd:g} SD of the trace that regain {p.return_share:.0%} of it, the "
                f"{p.count} deepest at most{first}"
            )
        case "chart":
            return (
                f"segments of {p.segment_s} s (at least {p.min_valid:.0%} rated) whose mean lies below the lower "
                f"limit of an individuals chart of the segments' means, the {p.count} lowest at most{first}"
            )
        case "changepoints":
            return (
                f"stretches between changes of level (PELT with an L2 cost) whose mean lies below the median, the "
                f"{p.count} lowest at most{first}"
            )
        case _:
            how = (
                "one after the other, the lowest first"
                if p.rule == "greedy"
                else "together with the lowest sum (dynamic programming)"
            )
            return (
                f"the {p.count} segments of {p.segment_s} s with the lowest mean rating, chosen {how}, at least "
                f"{p.separation_s} s apart and {p.min_valid:.0%} rated{first}"
            )


def _rises(methods: Methods) -> str:
    if methods.settings.events.rise is not None:
        return number_text(methods.settings.events.rise, 1)
    if not methods.rises:
        return "the larger of 2 steps of the scale and half a robust SD of each trace"
    used = {name: rise for name, rise in methods.rises.items() if rise is not None}
    how = "the larger of 2 steps of the scale and half a robust SD"
    if not used:
        return how
    if len(used) > MOST_NAMED:
        return f"{how} ({number_text(min(used.values()), 1)} to {number_text(max(used.values()), 1)})"
    return f"{how}: {', '.join(f'{number_text(rise, 1)} ({name})' for name, rise in used.items())}"


def two_columns(rows: Iterable[tuple[str, Any]], *, title: str = "") -> Table:
    """Names and what they stand for."""
    return Table((), [(str(name), _plain(value)) for name, value in rows], words=True, title=title, english=True)


def provenance(analysis: Analysis) -> list[tuple[str, str]]:
    """What a session's results were made from: versions, the video, each rater's dial, clock and samples."""
    rows: list[tuple[str, str]] = [("software", f"tracedial {__version__}, numpy {np.__version__}")]
    if analysis.session:
        video = analysis.session.video
        if video["sha256"]:
            rate_hz = video["frame_rate_hz"]
            shown = f"{number_text(rate_hz, 2)} frames a second" if rate_hz else "sound alone"
            rows.append(("video", f"{video['name']}, {number_text(video['duration_s'], 3)} s, {shown}"))
            rows.append(("video sha256", video["sha256"]))
        else:
            imported = any(report.get("imported") for report in analysis.alignments.values())
            rows.append(("video", f"{video['name']}, whose file was not at hand" if imported else "none: live"))
    for rater, report in analysis.alignments.items():
        if source := report.get("imported"):
            rows += _import_rows(rater, source, report["findings"])
            continue
        dial = report["dial"]
        rows.append(
            (
                f"{rater}: dial",
                f"{dial['name']} ({dial['board']}, id {dial['unique_id']}), firmware {dial['firmware']} on "
                f"{dial['interpreter']}, protocol {'.'.join(map(str, dial['protocol'] or ()))}",
            )
        )
        rows.append((f"{rater}: recorded", f"{report['recorded_at']} with {report['recorded_with']}"))
        offset = report["offset_ms"]
        for clock in report["clocks"]:
            rows.append(
                (
                    f"{rater}: clock",
                    f"{clock['exchanges']} sync exchanges, {drift_words(clock['drift_ppm'])}, host time "
                    f"within ±{clock['bound_ms']['max']:.2f} ms",
                )
            )
        rows.append(
            (
                f"{rater}: samples",
                f"{report['samples']} ({report['resent']} resent, {report['records_missing']} missing, "
                f"{report['samples_while_video_stood_still']} while the video stood still); 99 % within "
                f"{number_text(offset['p99_abs'], 2)} ms of video of their second",
            )
        )
        rows += [(f"{rater}: note", finding) for finding in report["findings"]]
    return rows


def _import_rows(rater: str, source: dict[str, Any], findings: list[str]) -> list[tuple[str, str]]:
    return [
        (f"{rater}: imported", f"{source['file']} of {source['program']}, at {source['imported_at']}"),
        (f"{rater}: source sha256", source["sha256"]),
        *((f"{rater}: note", finding) for finding in findings),
    ]


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items()) or NO_NUMBER
    if isinstance(value, list):
        return "; ".join(map(_plain, value)) or NO_NUMBER
    if isinstance(value, float):
        # What was chosen is shown as it was; what was computed loses digits that mean nothing.
        return (f"{value:.2f}".rstrip("0").rstrip(".") if 0.1 <= abs(value) < 1e6 else f"{value:.3g}").replace("-", "−")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NO_NUMBER if value is None else str(value)
