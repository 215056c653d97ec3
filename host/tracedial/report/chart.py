"""The data of the report's chart to point at: ratings by second, and the events that a second lies in."""

from typing import Any

from tracedial.analysis.result import Analysis
from tracedial.analysis.tables import clean
from tracedial.report.blocks import Chart
from tracedial.report.figure import COLOURS, axis_scale
from tracedial.report.language import Words


def chart(analysis: Analysis, say: Words) -> Chart:
    """The chart of a session's traces."""
    scale = axis_scale(analysis)
    colours = {trace.rater: COLOURS[at % len(COLOURS)] for at, trace in enumerate(analysis.traces)}
    data = {
        "seconds": max(len(trace.rating) for trace in analysis.traces),
        "low": scale.low,
        "high": scale.high,
        "series": [
            {"name": trace.rater, "colour": colours[trace.rater], "ratings": clean(trace.rating.tolist())}
            for trace in analysis.traces
        ],
        "events": [
            one for trace in analysis.traces for one in _events(analysis, trace.rater, colours[trace.rater], say)
        ],
    }
    return Chart(say("Point at a second, or move the slider: its ratings and events stand above the chart."), data)


def _events(analysis: Analysis, rater: str, colour: str, say: Words) -> list[dict[str, Any]]:
    events = analysis.events[rater]
    spans = [("rupture", one.rank, one.begins_s, one.end_s) for one in events.ruptures]
    spans += [
        ("repair", one.rank, one.onset_s, one.end_s)
        for one in events.repairs
        if one.onset_s is not None and one.end_s is not None
    ]
    return [
        {"from": start_s, "to": end_s, "colour": colour, "kind": kind,
         "text": say("{kind} {rank} of {rater}", kind=say(kind), rank=rank, rater=rater)}
        for kind, rank, start_s, end_s in spans
    ]  # fmt: skip
