"""Analyzes one session: events of each rater, agreement of each pair and of all raters, and all parameters, as one
object.

Works on trace CSVs alone, or on a session folder with its raters' traces.
"""

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial.analysis.confirmed import Sets, sets_of
from tracedial.analysis.interchangeable import without_direction
from tracedial.analysis.loading import load
from tracedial.analysis.observer_codes import Observed, codes_of, observed
from tracedial.analysis.preparing import (
    agreement_from_s,
    estimated_behind,
    on_scale,
    other_scales,
    rescaled,
    scale_of,
    scale_remarks,
    to_one_length,
    unmoved_remarks,
    without_lag,
    without_unmoved,
)
from tracedial.analysis.result import Analysis, Pair
from tracedial.analysis.settings import AnalysisSettings, LagCorrection, RatingScale
from tracedial.analysis.told import settings_for
from tracedial.errors import AnalysisError
from tracedial.measures import unusual
from tracedial.measures.agreement import congruence, discrepancy
from tracedial.measures.coincidence import EventOverlap, overlap, read_codes
from tracedial.measures.lag import correlation_at, lag_of
from tracedial.measures.reliability import Estimate, reliability
from tracedial.measures.ruptures import Events
from tracedial.recording.session import Session

Floats = NDArray[np.float64]

MOST_RATERS_IN_FULL = 12
"""With more raters than this, each pair gets only the core measures: 50 raters make 1,225 pairs."""


def analyze(paths: list[Path], settings: AnalysisSettings | None = None) -> Analysis:
    """Analyze a session folder, or two or more trace CSVs. Raises `AnalysisError` if they cannot be compared.

    Without `settings`, those of the session's study apply (`told.settings_for`).

    Traces must cover the same seconds; with `common_only` longer ones are cut to the shortest, and the output says by
    how much. Nothing else is cut, filled or rescaled unless the settings say so, and the output repeats them.
    """
    settings = settings_for(paths, {}) if settings is None else settings
    session, traces, alignments, first_remarks = load(paths)
    names = [trace.rater for trace in traces]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise AnalysisError(f"Two traces are named {twice}: rename one of the files, they name the raters.")
    settings.refuse_unknown(names)
    if settings.order:
        # One direction for all sessions of a study, whatever the order of their raters.
        traces = sorted(
            traces, key=lambda t: settings.order.index(t.rater) if t.rater in settings.order else len(names)
        )
        names = [trace.rater for trace in traces]
    traces, cut = to_one_length(traces, common_only=settings.common_only)
    scale = scale_of(settings, alignments)
    traces = [rescaled(trace, settings, scale) for trace in traces]
    traces, unmoved = without_unmoved(traces, keep=settings.keep_unmoved)
    unmoved_said = unmoved_remarks(traces, unmoved)
    traces, corrections = without_lag(traces, settings, session)
    lags = {one.rater: one.lag_s for one in corrections}
    full = settings.full
    sets = {
        trace.rater: sets_of(trace, settings, session, step=scale.step, lag_s=lags.get(trace.rater, 0))
        for trace in traces
    }
    if full:
        sets = {trace.rater: _all_with_p(trace.rating, sets[trace.rater]) for trace in traces}
    events = {rater: both.used.events for rater, both in sets.items()}
    ratings = {trace.rater: trace.rating for trace in traces}
    crowd = full and len(names) > MOST_RATERS_IN_FULL
    of_pairs = replace(settings, measures="core") if crowd else settings
    pairs = [
        _pair(a, b=b, ratings=ratings, events=events, settings=of_pairs, scale=scale, corrections=corrections)
        for a, b in itertools.combinations(names, 2)
    ]
    if settings.interchangeable:
        pairs = [without_direction(pair) for pair in pairs]
    first_s = agreement_from_s(list(ratings.values()), settings)
    # Among three or more raters, one who rated nothing would leave no second that all rated.
    who = [name for name in names if not np.isnan(ratings[name]).all()]
    who = who if len(who) > 1 else names
    found = reliability(np.stack([ratings[name][first_s:] for name in who], axis=1), options=scale.options, full=full,
                        alpha_level=settings.alpha_level)  # fmt: skip
    remarks = scale_remarks(traces, scale, settings)
    said = [
        *settings.overrides,
        *other_scales(alignments, scale),
        *(text for both in sets.values() for text in both.remarks),
    ]
    if remarks:
        found = replace(found, estimates={**found.estimates, "rwg": Estimate(None, reason=remarks[0])})
    if len(who) < len(names):
        silent = " and ".join(name for name in names if name not in who)
        remarks.append(f"ICCs, CCC, alpha and r_wg are without {silent}, of whom there are no ratings.")
    remarks += unmoved_said + _start_remarks(pairs, settings)
    if crowd:
        remarks.append(
            f"Of {len(names)} raters each pair has the core measures alone (no lags, surrogates, coincidence of "
            "ruptures)."
        )
    observer: dict[str, Observed] = {}
    if settings.codes is not None:
        observer = _against_observer(settings, session, events, len(traces[0].rating), remarks)
    remarks += [f"{pair.a} and {pair.b}: {pair.discrepancy.caution}" for pair in pairs if pair.discrepancy.caution]
    peaks = {rater: both.used.peaks for rater, both in sets.items()} if full else {}
    return Analysis(
        traces=traces,
        events=events,
        pairs=pairs,
        settings=settings,
        cut=cut,
        session=session,
        alignments=alignments,
        scale=scale,
        reliability=found,
        lag_corrections=corrections,
        observer=observer,
        peaks=peaks,
        remarks=[*first_remarks, *said, *remarks],
        unmoved=unmoved,
        sets=sets,
    )


def _pair(
    a: str, b: str, ratings: dict[str, Floats], events: dict[str, Events], settings: AnalysisSettings,
    scale: RatingScale, corrections: list[LagCorrection],
) -> Pair:  # fmt: skip
    first_s = agreement_from_s([ratings[a], ratings[b]], settings)
    x, y = ratings[a][first_s:], ratings[b][first_s:]
    span = scale.high - scale.low if on_scale(x, y, scale) else None
    chosen_s = _lag_chosen_s(a, b, corrections)
    searched = None
    if chosen_s is not None:
        searched = range(-settings.max_lag_s - chosen_s, settings.max_lag_s - chosen_s + 1)
    pair = Pair(
        a,
        b,
        congruence(x, y, full=settings.full, chosen_of_s=searched),
        discrepancy(x, y, name_a=a, name_b=b, span=span),
        agreement_from_s=first_s,
    )
    if not settings.full:
        return pair
    return replace(
        pair,
        lag=lag_of(x, y, name_a=a, name_b=b, max_lag_s=settings.max_lag_s, taken_out_s=chosen_s or 0),
        events=_coincidence(events[a], events[b], (x, y), first_s, settings, chosen=chosen_s is not None),
        windows=_windows(x, y, settings.window_s, first_s),
    )


def _lag_chosen_s(a: str, b: str, corrections: list[LagCorrection]) -> int | None:
    """The lag that was corrected in b because b agrees best with a there; None if there was no such correction."""
    return next((one.lag_s for one in corrections if one.rater == b and one.source == estimated_behind(a)), None)


def _coincidence(
    a: Events, b: Events, ratings: tuple[Floats, Floats], first_s: int, settings: AnalysisSettings, *, chosen: bool
) -> EventOverlap:
    found = overlap(
        _after(_stretches(a), first_s), _after(_stretches(b), first_s), n_seconds=len(ratings[0]),
        tolerance_s=settings.tolerance_s, ratings=ratings, apart_s=settings.events.separation_s,
    )  # fmt: skip
    if not chosen or found.p is None:
        return found
    reason = "no p: the lag of one rater was estimated so that the two agree best, which brings their events together"
    return replace(found, p=None, reason=reason)


def _against_observer(
    settings: AnalysisSettings, session: Session | None, events: dict[str, Events], n_seconds: int, remarks: list[str]
) -> dict[str, Observed]:
    """Compare each rater's events with the observer's codes, from the first second that agreement uses."""
    assert settings.codes is not None
    name = settings.codes_session or (session.folder.resolve().name if session else None)
    codes = codes_of(read_codes(settings.codes), name, settings.codes)
    trim_s = settings.trim_agreement_s
    if not codes:
        remarks.append(f"{settings.codes} has no codes of this session.")
    late = [code for code in codes if code.onset_s >= n_seconds]
    if late:
        remarks.append(
            f"Codes in {settings.codes} that begin after the last second that was rated ({n_seconds - 1}) count as "
            f"missed: {len(late)} of {len(codes)}."
        )
    kept = [
        replace(code, onset_s=max(code.onset_s - trim_s, 0), end_s=code.end_s - trim_s)
        for code in codes
        if code.end_s > trim_s
    ]
    return {
        rater: observed(
            rater, kept, _after(_stretches(found), trim_s), _after(_repair_stretches(found), trim_s),
            n_seconds=max(n_seconds - trim_s, 1), tolerance_s=settings.tolerance_s,
        )
        for rater, found in events.items()
    }  # fmt: skip


def _start_remarks(pairs: list[Pair], settings: AnalysisSettings) -> list[str]:
    found = {f"{p.a} and {p.b}": p.agreement_from_s for p in pairs if p.agreement_from_s > settings.trim_agreement_s}
    if not found:
        return []
    said = ", ".join(f"{names} until second {first_s}" for names, first_s in found.items())
    return [
        "The start-up, in which ratings move from where the dials stood to the session's level, is left out of the "
        f"agreement: {said} (--keep-start keeps it)."
    ]


def _after(stretches: list[tuple[int, int]], trim_s: int) -> list[tuple[int, int]]:
    """Stretches counted from second `trim_s`, without the seconds before it."""
    return [(max(onset - trim_s, 0), end - trim_s) for onset, end in stretches if end > trim_s]


def _windows(a: Floats, b: Floats, window_s: int, first_s: int) -> list[dict[str, Any]]:
    """r and the mean of b − a in windows of the session that overlap by half; `first_s` is the second of the session at
    which the arrays begin."""
    found = []
    for start in range(0, max(len(a) - window_s, 0) + 1, max(window_s // 2, 1)):
        x, y = a[start : start + window_s], b[start : start + window_s]
        both = ~np.isnan(x) & ~np.isnan(y)
        n = int(np.count_nonzero(both))
        found.append(
            {
                "start_s": first_s + start,
                "end_s": first_s + min(start + window_s, len(a)),
                "n": n,
                "r": correlation_at(x, y, 0),
                "difference": float(np.mean(y[both] - x[both])) if n else None,
            }
        )
    return found


def _all_with_p(rating: Floats, sets: Sets) -> Sets:
    """Both sets, with a p for how unusual each rupture is."""
    rule = replace(sets.by_rule, events=_with_p(rating, sets.by_rule.events))
    if sets.confirmed is None:
        return replace(sets, by_rule=rule, used=rule)
    confirmed = replace(sets.confirmed, events=_with_p(rating, sets.confirmed.events))
    return replace(sets, by_rule=rule, confirmed=confirmed, used=confirmed if sets.used is sets.confirmed else rule)


def _with_p(rating: Floats, events: Events) -> Events:
    """The events, with a p for how unusual each rupture is and a note on those that are not unusual."""
    # Segments of one length are compared with the same draws.
    p: dict[int, float | None] = {}
    lengths = {rupture.rank: rupture.end_s - rupture.onset_s for rupture in events.ruptures}
    for length_s in set(lengths.values()):
        alike = [rupture for rupture in events.ruptures if lengths[rupture.rank] == length_s]
        found = unusual.depth_p(rating, length_s, [rupture.mean for rupture in alike])
        p |= {rupture.rank: one for rupture, one in zip(alike, found, strict=True)}
    ruptures = [replace(rupture, p=p[rupture.rank]) for rupture in events.ruptures]
    usual = sorted(r.rank for r in ruptures if r.p is not None and r.p >= unusual.CLEAR_P)
    if not usual:
        return replace(events, ruptures=ruptures)
    ranks = ", ".join(map(str, usual))
    note = (
        f"No clear rupture: rank {ranks} lies no lower than a segment of such a session may by itself (p of "
        f"{unusual.CLEAR_P:g} and more)."
    )
    return replace(events, ruptures=ruptures, notes=[*events.notes, note])


def _stretches(events: Events) -> list[tuple[int, int]]:
    return [(rupture.onset_s, rupture.end_s) for rupture in events.ruptures]


def _repair_stretches(events: Events) -> list[tuple[int, int]]:
    return [(r.onset_s, r.end_s) for r in events.repairs if r.onset_s is not None and r.end_s is not None]
