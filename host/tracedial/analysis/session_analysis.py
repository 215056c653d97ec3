"""From traces to the result: events of each rater, agreement of each pair and of all, all parameters, as one object.

Runs on trace CSVs alone, or on a session folder, whose raters' traces are read from there.
"""

import itertools
import json
import math
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tracedial import __version__
from tracedial.analysis.loading import load
from tracedial.analysis.observer_codes import Observed, codes_of, observed
from tracedial.analysis.preparing import (
    agreement_from_s,
    on_scale,
    rescaled,
    scale_of,
    scale_remarks,
    to_one_length,
    unmoved_remarks,
    without_lag,
    without_unmoved,
)
from tracedial.analysis.settings import DEFAULT_SCALE, AnalysisSettings, LagCorrection, RatingScale
from tracedial.errors import AnalysisError
from tracedial.files.private import make_folder
from tracedial.files.safe_text import write_table
from tracedial.files.whole_file import write_whole
from tracedial.measures import chance, cosines, low_frequency, start_up, unusual
from tracedial.measures.agreement import Congruence, Discrepancy, congruence, discrepancy
from tracedial.measures.autocorrelation import AR1_P
from tracedial.measures.coincidence import EventOverlap, overlap, read_codes
from tracedial.measures.lag import Lag, correlation_at, lag_of
from tracedial.measures.reliability import Estimate, Reliability, mean_trace, reliability
from tracedial.measures.ruptures import Events, Rupture, find_events
from tracedial.measures.trace import Trace
from tracedial.recording.session import Session

if TYPE_CHECKING:
    from pandas import DataFrame

Floats = NDArray[np.float64]


MOST_RATERS_IN_FULL = 12
"""Of more raters each pair has the core measures alone: of 50 there are 1,225 pairs."""


@dataclass(frozen=True)
class Pair:
    """Two raters, in the order of the output; discrepancy is `b` minus `a`. `lag`, `events` and `windows` are there in
    the full set of measures: `windows` are r and the mean difference in windows of the session, one after the other.
    All are from second `agreement_from_s` on.
    """

    a: str
    b: str
    congruence: Congruence
    discrepancy: Discrepancy
    lag: Lag | None = None
    events: EventOverlap | None = None
    windows: list[dict[str, Any]] = field(default_factory=list)
    agreement_from_s: int = 0


@dataclass(frozen=True)
class Analysis:
    """Everything that was computed, with its parameters. `session` is None for bare CSVs; `remarks` are sentences about
    the traces themselves; `peaks`: the highest segments, as the ruptures of the ratings turned over."""

    traces: list[Trace]
    events: dict[str, Events]
    pairs: list[Pair]
    settings: AnalysisSettings
    cut: dict[str, int]
    session: Session | None
    alignments: dict[str, dict[str, Any]]
    scale: RatingScale = DEFAULT_SCALE
    reliability: Reliability | None = None
    lag_corrections: list[LagCorrection] = field(default_factory=list)
    observer: dict[str, Observed] = field(default_factory=dict)
    peaks: dict[str, list[Rupture]] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)
    unmoved: dict[str, int] = field(default_factory=dict)

    @property
    def synthetic(self) -> bool:
        """Whether the ratings were made up by a program."""
        return bool(self.session and self.session.synthetic)

    def as_json(self) -> dict[str, Any]:
        """The object that `tracedial analyze --json` prints: numbers that cannot be had are null."""
        return clean(
            {
                "session": self.session.name if self.session else None,
                "synthetic": self.synthetic,
                "raters": [_rater_json(trace, self.unmoved.get(trace.rater, 0)) for trace in self.traces],
                "pairs": [_pair_json(pair) for pair in self.pairs],
                "reliability": self.reliability.as_json() if self.reliability else None,
                "ruptures": {name: [_event_json(e) for e in found.ruptures] for name, found in self.events.items()},
                "repairs": {name: [_event_json(e) for e in found.repairs] for name, found in self.events.items()},
                "peaks": {name: [_peak_json(e) for e in found] for name, found in self.peaks.items()},
                "observer": {name: found.as_json() for name, found in self.observer.items()},
                "notes": {name: found.notes for name, found in self.events.items() if found.notes},
                "remarks": self.remarks,
                "parameters": {
                    **self.settings.events.as_parameters(),
                    "rise_used": {name: found.rise for name, found in self.events.items()},
                    "common_only": self.settings.common_only,
                    "seconds_cut_for_common": self.cut,
                    "keep_unmoved": self.settings.keep_unmoved,
                    "keep_start": self.settings.keep_start,
                    "measures": self.settings.measures,
                    "alpha_level": self.settings.alpha_level,
                    "trim_agreement_s": self.settings.trim_agreement_s,
                    "scale": asdict(self.scale),
                    "rescaled": {name: list(ends) for name, ends in self.settings.rescale.items()},
                    "lag_corrections": [asdict(one) for one in self.lag_corrections],
                    "max_lag_s": self.settings.max_lag_s,
                    "event_tolerance_s": self.settings.tolerance_s,
                    "window_s": self.settings.window_s,
                    **METHODS,
                },
                "software": {"tracedial": __version__, "numpy": np.__version__},
            }
        )

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """The results as tidy tables, by name: one row for each rater, pair, event, second, lag or window."""
        data = self.as_json()
        mean, sd, n = mean_trace(np.stack([trace.rating for trace in self.traces], axis=1))
        return {
            **tables_of(data),
            "traces": [
                {"video_s": second, "rater": trace.rater, "rating": clean(float(rating))}
                for trace in self.traces
                for second, rating in enumerate(trace.rating)
            ],
            "mean": [
                {"video_s": at, "mean": clean(float(mean[at])), "sd": clean(float(sd[at])), "n": int(n[at])}
                for at in range(len(mean))
            ],
        }

    def frames(self) -> "dict[str, DataFrame]":
        """The same as pandas frames; `frame.attrs["parameters"]` has what they were computed with."""
        import pandas as pd

        parameters = self.as_json()["parameters"]
        made = {name: pd.DataFrame(rows) for name, rows in self.tables().items()}
        for frame in made.values():
            frame.attrs["parameters"] = parameters
        return made


def tables_of(data: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The tables that follow from the object of `Analysis.as_json` alone."""
    return {
        "raters": data["raters"],
        "pairs": [_flat_pair(pair) for pair in data["pairs"]],
        "events": _event_rows(data),
        "reliability": [
            {"measure": name, **estimate}
            for name, estimate in (data["reliability"] or {}).items()
            if isinstance(estimate, dict)
        ],
        "lags": [
            {"a": pair["a"], "b": pair["b"], "lag_s": lag_s, "r": r}
            for pair in data["pairs"]
            for lag_s, r in (pair["lag"] or {"curve": []})["curve"]
        ],
        "peaks": [{"rater": rater, **_flat_clip(peak)} for rater, found in data["peaks"].items() for peak in found],
        "windows": [{"a": pair["a"], "b": pair["b"], **window} for pair in data["pairs"] for window in pair["windows"]],
    }


METHODS = {
    "p_naive": "Student t of r with n - 2 degrees of freedom, as if seconds were independent",
    "p_cosine": "by the signs of the traces' cosines: r has the distribution of a sum of products of their amplitudes "
    "with fair signs",
    "p_detrended": "the same without the slow course of both traces (a polynomial of detrended_order); first where "
    f"either trace shows one, of its first two cosines p < {cosines.SLOW_P:g} or its third and fourth p < "
    f"{cosines.SLOWER_P:g}",
    "p_eff": "the same as p_naive for n_eff = n (1 - r1a r1b) / (1 + r1a r1b), at most n (Bretherton et al. 1999); "
    f"withheld unless both traces pass for AR(1) series (Ljung-Box p of {AR1_P:g} and more)",
    "p_pp": "the same for the effective N of Pyper & Peterman (1998), autocorrelations up to n / 5",
    "p_shift": f"among all circular shifts by {chance.MIN_SHIFT_S} s and more, counted as independent ones",
    "p_surrogate": "among phase-randomized surrogates, their exact distribution",
    "p_lag": f"of the largest |r| of all lags, {cosines.DRAWS} draws of signs, seed {cosines.SEED}",
    "interval": "95 %; of r as far as r must lie from 0 to be told from chance, on Fisher's z; of all else by the "
    f"first {low_frequency.COSINES} cosines of what each second adds to the measure (after Mueller & Watson 2008)",
    "start_up": f"where two begin more than {start_up.TOGETHER_SD:g} SD off the level of minutes 2 to 6, or one "
    f"{start_up.ALONE_SD:g}: until within {start_up.NEAR_SD:g} SD of it",
    "sd_divisor": "n - 1",
}


def analyze(paths: list[Path], settings: AnalysisSettings | None = None) -> Analysis:
    """Analyze a session folder, or two or more trace CSVs. Raises `AnalysisError` where they cannot be compared.

    Traces must cover the same seconds; with `common_only` the longer ones are cut to the shortest, and the output says
    by how much. Nothing else is cut, filled or rescaled unless the settings say so, and the output repeats them.
    """
    settings = settings or AnalysisSettings()
    session, traces, alignments, first_remarks = load(paths)
    names = [trace.rater for trace in traces]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise AnalysisError(f"Two traces are named {twice}: rename one of the files, they name the raters.")
    settings.refuse_unknown(names)
    if settings.order:
        # One direction for all sessions of a study, in whatever order their raters came.
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
    events = {trace.rater: find_events(trace.rating, settings.events, step=scale.step) for trace in traces}
    full = settings.full
    if full:
        events = {trace.rater: _with_p(trace.rating, events[trace.rater]) for trace in traces}
    ratings = {trace.rater: trace.rating for trace in traces}
    crowd = full and len(names) > MOST_RATERS_IN_FULL
    of_pairs = replace(settings, measures="core") if crowd else settings
    pairs = [_pair(a, b, ratings, events, of_pairs, scale) for a, b in itertools.combinations(names, 2)]
    first_s = agreement_from_s(list(ratings.values()), settings)
    found = reliability(np.stack([ratings[name][first_s:] for name in names], axis=1), options=scale.options, full=full,
                        alpha_level=settings.alpha_level)  # fmt: skip
    remarks = scale_remarks(traces, scale, settings)
    if remarks:
        found = replace(found, estimates={**found.estimates, "rwg": Estimate(None, reason=remarks[0])})
    remarks += unmoved_said + _start_remarks(pairs, settings)
    if crowd:
        remarks.append(
            f"Of {len(names)} raters each pair has the core measures alone (no lags, surrogates, coincidence of "
            "ruptures)."
        )
    observer: dict[str, Observed] = {}
    if settings.codes is not None:
        observer = _against_observer(settings, session, events, len(traces[0].rating), remarks)
    # The highest segments are the lowest of the ratings turned over, by the same rule.
    peaks = (
        {trace.rater: find_events(-trace.rating, settings.events, step=scale.step).ruptures for trace in traces}
        if full
        else {}
    )
    return Analysis(
        traces, events, pairs, settings, cut, session, alignments, scale, found, corrections, observer, peaks,
        [*first_remarks, *remarks], unmoved,
    )  # fmt: skip


def _pair(
    a: str, b: str, ratings: dict[str, Floats], events: dict[str, Events], settings: AnalysisSettings,
    scale: RatingScale,
) -> Pair:  # fmt: skip
    first_s = agreement_from_s([ratings[a], ratings[b]], settings)
    x, y = ratings[a][first_s:], ratings[b][first_s:]
    span = scale.high - scale.low if on_scale(x, y, scale) else None
    pair = Pair(
        a,
        b,
        congruence(x, y, full=settings.full),
        discrepancy(x, y, name_a=a, name_b=b, span=span),
        agreement_from_s=first_s,
    )
    if not settings.full:
        return pair
    return replace(
        pair,
        lag=lag_of(x, y, name_a=a, name_b=b, max_lag_s=settings.max_lag_s),
        events=overlap(
            _after(_stretches(events[a]), first_s),
            _after(_stretches(events[b]), first_s),
            n_seconds=len(x),
            tolerance_s=settings.tolerance_s,
        ),
        windows=_windows(x, y, settings.window_s, first_s),
    )


def _against_observer(
    settings: AnalysisSettings, session: Session | None, events: dict[str, Events], n_seconds: int, remarks: list[str]
) -> dict[str, Observed]:
    """Each rater's events beside the observer's codes, from the first second that agreement uses on."""
    assert settings.codes is not None
    name = settings.codes_session or (session.folder.resolve().name if session else None)
    codes = codes_of(read_codes(settings.codes), name, settings.codes)
    trim_s = settings.trim_agreement_s
    if not codes:
        remarks.append(f"{settings.codes} has no codes of this session.")
    late = [code for code in codes if code.onset_s >= n_seconds]
    if late:
        remarks.append(
            f"{len(late)} of {len(codes)} codes in {settings.codes} begin after the last second that was rated "
            f"({n_seconds - 1}): they count as missed."
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
    """Stretches counted from second `trim_s` on, without what lies before."""
    return [(max(onset - trim_s, 0), end - trim_s) for onset, end in stretches if end > trim_s]


def _windows(a: Floats, b: Floats, window_s: int, first_s: int) -> list[dict[str, Any]]:
    """r and the mean of b − a in windows of the session that overlap by half; `first_s` is the first second's own."""
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


def _with_p(rating: Floats, events: Events) -> Events:
    """The events with how unusual each rupture is, and a note on those that are not."""
    # Segments of one length share the draws that they stand beside.
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


def write_tables(analysis: Analysis, folder: Path) -> None:
    """`analysis.json`, and as CSV: raters, pairs, events, traces (long: second, rater), mean, reliability, lags and
    windows."""
    data = analysis.as_json()
    try:
        make_folder(folder)
        text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
        write_whole(folder / "analysis.json", text + "\n")
        for name, rows in analysis.tables().items():
            columns = EVENT_COLUMNS if name == "events" else None
            write_csv(folder / f"{name}.csv", rows, columns=columns)
    except OSError as error:
        raise AnalysisError(f"The tables in {folder} cannot be written: {error.strerror}.") from error


RESULT_FILES = (
    "analysis.json", "raters.csv", "pairs.csv", "events.csv", "traces.csv", "mean.csv", "reliability.csv", "lags.csv",
    "windows.csv", "peaks.csv", "figure.svg", "figure.png", "report.html", "report.pdf",
)  # fmt: skip


def refuse_to_overwrite(paths: list[Path], folder: Path) -> None:
    """Raise where a result would be written over one of the traces that it is made from."""
    for path in paths:
        if path.name in RESULT_FILES and path.resolve().parent == folder.resolve():
            raise AnalysisError(f"The results would be written over {path}: choose another folder with --out.")


EVENT_COLUMNS = (
    "rater", "kind", "rank", "onset_s", "end_s", "nadir_s", "mean", "valid_share", "p", "repaired_fraction",
    "clip_start_s", "clip_end_s", "clip_cut", "reason",
)  # fmt: skip


def clean(value: Any) -> Any:
    """A value as JSON can hold it: NaN and infinities are null, numbers are Python's own."""
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _rater_json(trace: Trace, unmoved: int) -> dict[str, Any]:
    valid = trace.rating[~np.isnan(trace.rating)]
    return {
        "name": trace.rater,
        "n": len(valid),
        "mean": float(valid.mean()) if len(valid) else None,
        "sd": float(valid.std(ddof=1)) if len(valid) > 1 else None,
        "missing": trace.missing,
        "unmoved": unmoved,
    }


def _event_json(event: Any) -> dict[str, Any]:
    fields = asdict(event)
    clip = fields.pop("clip")
    fields["clip"] = None if clip is None else {"start_s": clip[0], "end_s": clip[1], "cut": fields["clip_cut"]}
    del fields["clip_cut"]
    if fields.get("reason") == "":
        fields["reason"] = None
    return fields


def _peak_json(peak: Rupture) -> dict[str, Any]:
    """A highest segment, which was found in the ratings turned over."""
    fields = _event_json(replace(peak, mean=-peak.mean, nadir=-peak.nadir))
    del fields["nadir"]
    return {**fields, "peak_s": fields.pop("nadir_s")}


def _pair_json(pair: Pair) -> dict[str, Any]:
    return {
        "a": pair.a,
        "b": pair.b,
        "congruence": pair.congruence.as_json(),
        "discrepancy": pair.discrepancy.as_json(),
        "lag": pair.lag.as_json() if pair.lag else None,
        "events": pair.events.as_json() if pair.events else None,
        "windows": pair.windows,
        "agreement_from_s": pair.agreement_from_s,
    }


def _flat_pair(pair: dict[str, Any]) -> dict[str, Any]:
    """One row: nested names joined by _, without the curve and the windows, which are tables of their own."""
    flat: dict[str, Any] = {name: pair[name] for name in ("a", "b", "agreement_from_s")}
    for measure in ("congruence", "discrepancy", "lag", "events"):
        for key, value in (pair[measure] or {}).items():
            if isinstance(value, dict):
                flat.update({f"{measure}_{key}_{inner}": one for inner, one in value.items()})
            elif not isinstance(value, list):
                flat[f"{measure}_{key}"] = value
    return flat


def _flat_clip(event: dict[str, Any]) -> dict[str, Any]:
    """An event as a row: its clip in columns of its own."""
    fields = {key: value for key, value in event.items() if key != "clip"}
    clip = event["clip"] or {"start_s": None, "end_s": None, "cut": None}
    return {**fields, **{f"clip_{key}": value for key, value in clip.items()}}


def _event_rows(data: dict[str, Any]) -> list[dict[str, Any]]:
    """One row for each rupture and repair, with the columns of `EVENT_COLUMNS`."""
    rows = []
    for kind in ("ruptures", "repairs"):
        for rater, events in data[kind].items():
            for event in events:
                flat = _flat_clip(event)
                rows.append({**{key: flat.get(key) for key in EVENT_COLUMNS}, "rater": rater, "kind": kind[:-1]})
    return rows


def write_csv(path: Path, rows: list[dict[str, Any]], columns: tuple[str, ...] | None = None) -> None:
    """Rows as a CSV: the columns given, or all that the rows have."""
    names = columns or tuple(dict.fromkeys(name for row in rows for name in row))
    write_table(path, names, ([row.get(name) for name in names] for row in rows))
