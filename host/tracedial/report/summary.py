"""The paragraph that opens a session's report, for whoever reads no statistics.

What was rated, whether the ratings went together, where they were low, what came of it.
"""

import math

from tracedial.analysis.first import first_of
from tracedial.analysis.result import Analysis, Pair
from tracedial.analysis.settings import CONFIRMED
from tracedial.measures.ruptures import Events
from tracedial.report.blocks import Paragraph
from tracedial.report.figure import is_group
from tracedial.report.language import Words
from tracedial.report.numbers import number_text, time_text

STRONG_R, MODERATE_R, WEAK_R = 0.5, 0.3, 0.1
"""Cohen's (1988) conventions for the size of a correlation."""
CLEAR_P = 0.05


def summary(analysis: Analysis, say: Words) -> Paragraph:
    """The opening paragraph."""
    sentences = [_who(analysis, say)]
    if is_group(analysis):
        sentences.append(say("The sections below have what holds over all of them."))
    else:
        for pair in analysis.pairs:
            sentences += _pair(pair, analysis, say)
        for rater, events in analysis.events.items():
            sentences += _events(rater, events, analysis, say)
    return Paragraph(" ".join(sentences), lead=True)


def _who(analysis: Analysis, say: Words) -> str:
    rated = [trace.rater for trace in analysis.traces]
    minutes = math.ceil(max(len(trace.rating) for trace in analysis.traces) / 60)
    study = analysis.settings.study
    what = study.what if study and study.what else ""
    many = len(rated) > 1
    length = say("{n} minutes", n=minutes) if minutes > 1 else say("a minute")
    words = {"names": say.listed(rated), "minutes": length, "what": what,
             "low": number_text(analysis.scale.low, 0), "high": number_text(analysis.scale.high, 0)}  # fmt: skip
    if is_group(analysis):
        words["names"] = say("{n} raters", n=len(rated))
    if what and many:
        return say(
            "{names} each rated {what}, moment by moment, over {minutes} of video, from {low} to {high}.",
            **words,
        )
    if what:
        return say("{names} rated {what}, moment by moment, over {minutes} of video, from {low} to {high}.", **words)
    if many:
        return say("{names} each rated {minutes} of video, moment by moment, from {low} to {high}.", **words)
    return say("{names} rated {minutes} of video, moment by moment, from {low} to {high}.", **words)


def _pair(pair: Pair, analysis: Analysis, say: Words) -> list[str]:
    found = []
    first = first_of(pair.congruence)
    names = {"a": pair.a, "b": pair.b}
    if first.r is None or first.p is None:
        found.append(say("Whether the ratings of {a} and {b} went together cannot be said.", **names))
    elif first.p >= CLEAR_P:
        found.append(say("The ratings of {a} and {b} did not go together more than chance would have it.", **names))
    elif first.r < 0:
        found.append(
            say("The ratings of {a} and {b} went against each other: where one rose, the other fell.", **names)
        )
    elif first.r >= STRONG_R:
        found.append(say("The ratings of {a} and {b} rose and fell together, closely.", **names))
    elif first.r >= MODERATE_R:
        found.append(say("The ratings of {a} and {b} rose and fell together in part.", **names))
    else:
        found.append(say("The ratings of {a} and {b} went together a little, more than by chance.", **names))
    d = pair.discrepancy
    if d.mean is not None:
        found.append(_difference(pair, analysis, say))
    return found


def _difference(pair: Pair, analysis: Analysis, say: Words) -> str:
    d = pair.discrepancy
    assert d.mean is not None
    size = number_text(abs(d.mean), 0)
    if analysis.settings.interchangeable:
        return say("On average they lay {size} points apart.", size=size)
    if d.ci_low is not None and d.ci_high is not None and d.ci_low <= 0 <= d.ci_high:
        return say("Neither rated clearly higher than the other.")
    higher, lower = (pair.b, pair.a) if d.mean > 0 else (pair.a, pair.b)
    return say("On average {higher} rated {size} points higher than {lower}.", higher=higher, lower=lower, size=size)


def _events(rater: str, events: Events, analysis: Analysis, say: Words) -> list[str]:
    study = analysis.settings.study
    if study and ("lowest" not in study.kinds or not analysis.settings.events.count):
        return []
    if not events.ruptures:
        return [say("No rupture was found in the ratings of {rater}.", rater=rater)]
    at = say.listed([time_text(one.begins_s) for one in events.ruptures])
    used = analysis.sets.get(rater)
    confirmed = used is not None and used.confirmed is not None and used.used is used.confirmed
    words = {"rater": rater, "at": at, "n": len(events.ruptures)}
    if confirmed and analysis.settings.segments == CONFIRMED:
        text = say("For {rater} the ruptures that were confirmed begin at {at}.", **words)
    else:
        text = say("{rater} rated lowest from {at} on.", **words)
    found = [text]
    if study and not study.repairs:
        return found
    repaired = {one.rank for one in events.repairs if one.onset_s is not None}
    n = sum(one.rank in repaired for one in events.ruptures)
    if n == len(events.ruptures):
        found.append(say("After each of these the rating rose again."))
    elif n:
        found.append(say("After {n} of these {of} the rating rose again.", n=n, of=len(events.ruptures)))
    else:
        found.append(say("After none of these did the rating rise again."))
    return found
