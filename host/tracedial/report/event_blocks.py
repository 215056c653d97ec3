"""Ruptures, repairs and peaks in a session's report: those that are used, and the rule's own beside confirmed ones."""

from tracedial.analysis.confirmed import Found
from tracedial.analysis.result import Analysis
from tracedial.measures.ruptures import Events, Repair, Rupture
from tracedial.report.blocks import Block, Heading, Paragraph, Table
from tracedial.report.language import Words
from tracedial.report.numbers import NO_NUMBER, number_text, p_value, r_text, share_text, span_text, time_text


def event_blocks(analysis: Analysis, rater: str, say: Words) -> list[Block]:
    """A rater's ruptures with their repairs and clips, and the peaks that a study looks for."""
    sets = analysis.sets.get(rater)
    found: list[Block] = [Heading(3, rater)]
    confirmed = sets.confirmed if sets else None
    if sets and confirmed and sets.used is confirmed:
        by = say("Confirmed by {who}; a moved or added one is marked.", who=confirmed.confirmed_by)
        found.append(Paragraph(by))
        title = say("Confirmed ruptures of {rater}", rater=rater)
    else:
        title = say("Ruptures of {rater}, by the rule", rater=rater)
    found += _tables(Found(analysis.events[rater], analysis.peaks.get(rater, [])), analysis, title, rater, say)
    if sets and confirmed and sets.used is confirmed:
        found.append(Paragraph(say("The rule's own, not confirmed where they differ:")))
        found += _tables(sets.by_rule, analysis, say("Ruptures of {rater}, by the rule", rater=rater), rater, say)
    elif confirmed:
        found.append(Paragraph(say("Confirmed by {who}, not used here:", who=confirmed.confirmed_by)))
        found += _tables(confirmed, analysis, say("Confirmed ruptures of {rater}", rater=rater), rater, say)
    return found


def _tables(found: Found, analysis: Analysis, title: str, rater: str, say: Words) -> list[Block]:
    made: list[Block] = []
    if found.events.ruptures:
        made.append(_rupture_table(found.events, title, say))
    made += [Paragraph(note, english=True) for note in found.events.notes]
    study = analysis.settings.study
    if found.peaks and study and "highest" in study.kinds:
        made.append(_peak_table(found.peaks, say("Peaks of {rater}", rater=rater), say))
    return made


def _rupture_table(events: Events, title: str, say: Words) -> Table:
    rows = []
    for rupture in events.ruptures:
        own = [repair for repair in events.repairs if repair.rank == rupture.rank]
        rows.append(
            (
                _rank(rupture, say), _when(rupture, say), number_text(rupture.mean, 1), p_value(rupture.p),
                time_text(rupture.nadir_s), _clip(rupture, say),
                "; ".join(map(_onset, own)) or NO_NUMBER,
                share_text(own[0].repaired_fraction if own else None),
                "; ".join(_clip(repair, say) for repair in own) or NO_NUMBER,
            )
        )  # fmt: skip
    rows += [
        (say("follows no rupture"), NO_NUMBER, NO_NUMBER, NO_NUMBER, NO_NUMBER, NO_NUMBER, _onset(repair),
         share_text(repair.repaired_fraction), _clip(repair, say))
        for repair in events.repairs
        if repair.rank == 0
    ]  # fmt: skip
    columns = (
        "rank (1 lowest)", "rupture", "mean", "p as low", "nadir", "clip to replay", "repair begins", "regained",
        "clip of the repair",
    )  # fmt: skip
    return Table(tuple(map(say, columns)), rows, title=title)


def _peak_table(peaks: list[Rupture], title: str, say: Words) -> Table:
    rows = [
        (_rank(one, say), span_text(one.onset_s, one.end_s), number_text(-one.mean, 1), _clip(one, say))
        for one in peaks
    ]
    return Table(tuple(map(say, ("rank (1 highest)", "peak", "mean", "clip to replay"))), rows, title=title)


def _rank(event: Rupture, say: Words) -> str:
    return str(event.rank) if event.source == "rule" else f"{event.rank} ({say(event.source)})"


def _onset(repair: Repair) -> str:
    return time_text(repair.onset_s) if repair.onset_s is not None else repair.reason


def _when(rupture: Rupture, say: Words) -> str:
    span = span_text(rupture.onset_s, rupture.end_s)
    if rupture.begins_s == rupture.onset_s:
        return span
    return say("{span}, falling from {begins}", span=span, begins=time_text(rupture.begins_s))


def _clip(event: Rupture | Repair, say: Words) -> str:
    if event.clip is None:
        return NO_NUMBER
    cut = " " + say("(shorter: the next begins, or the video ends)") if event.clip_cut else ""
    return span_text(*event.clip) + cut


def observer_blocks(analysis: Analysis, say: Words) -> list[Block]:
    """The raters' events beside what observers coded."""
    rows = []
    by_code = []
    for rater, found in analysis.observer.items():
        for kind, one in (("ruptures", found.ruptures), ("repairs", found.repairs)):
            if one:
                rows.append(
                    (
                        rater, say(kind), str(one.hits), str(one.misses), str(one.false_alarms), r_text(one.precision),
                        r_text(one.recall), r_text(one.f1), r_text(one.kappa),
                    )
                )  # fmt: skip
        by_code += [
            (rater, code, say(one["kind"]), str(one["coded"]), str(one["hits"])) for code, one in found.by_code.items()
        ]
    columns = ("rater", "events", "hits", "misses", "false alarms", "precision", "recall", "F1", "kappa by second")
    title = say("Events against the observer's codes")
    return [
        Heading(2, title),
        Table(tuple(map(say, columns)), rows, title=title),
        Table(tuple(map(say, ("rater", "code", "of a", "coded", "found"))), by_code, title=say("By code")),
    ]
