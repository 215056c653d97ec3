"""The result of analyzing a session, as one object, as JSON and as tables."""

from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tracedial import __version__
from tracedial.analysis.confirmed import Found, Sets
from tracedial.analysis.observer_codes import Observed
from tracedial.analysis.settings import (
    BY_RULE,
    CONFIRMED,
    DEFAULT_SCALE,
    AnalysisSettings,
    LagCorrection,
    RatingScale,
)
from tracedial.analysis.tables import clean, tables_of
from tracedial.measures import chance, cosines, drawn_tables, event_chance, lag_chance, low_frequency, start_up
from tracedial.measures.agreement import Congruence, Discrepancy, TruthBias
from tracedial.measures.autocorrelation import AR1_P
from tracedial.measures.coincidence import EventOverlap
from tracedial.measures.lag import Lag
from tracedial.measures.reliability import Reliability, mean_trace
from tracedial.measures.ruptures import Events, Rupture
from tracedial.measures.trace import Trace
from tracedial.recording.session import Session

if TYPE_CHECKING:
    from pandas import DataFrame

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
    "p_lag": f"of the largest |r| of all lags, {lag_chance.DRAWS} draws of signs, seed {lag_chance.SEED}; the p of r "
    "itself where the lag was estimated",
    "p_events": f"among {event_chance.DRAWS} traces drawn beside each rater's, with its {event_chance.COURSE} slowest "
    f"cosines, seed {event_chance.SEED}",
    "interval": "95 %; of r as far as r must lie from 0 to be told from chance, on Fisher's z; of b1 all slopes that "
    "leave a rest with no more correlation than chance; of ICCs, CCC and alpha by drawn tables (seed "
    f"{drawn_tables.SEED}); of means by the first {low_frequency.COSINES} cosines of what each second adds (after "
    "Mueller & Watson 2008)",
    "start_up": f"where two begin more than {start_up.TOGETHER_SD:g} SD off the level of minutes 2 to 6, or one "
    f"{start_up.ALONE_SD:g}: until within {start_up.NEAR_SD:g} SD of it",
    "sd_divisor": "n - 1",
}


@dataclass(frozen=True)
class Pair:
    """Two raters, in the order of the output; discrepancy is `b` minus `a`. `lag`, `events` and `windows` belong to the
    full set of measures; `windows` has r and the mean difference in successive windows of the session. All values cover
    the seconds from `agreement_from_s` on.
    """

    a: str
    b: str
    congruence: Congruence
    discrepancy: Discrepancy
    lag: Lag | None = None
    events: EventOverlap | None = None
    windows: list[dict[str, Any]] = field(default_factory=list)
    agreement_from_s: int = 0


def pair_of(data: dict[str, Any]) -> Pair:
    """Rebuild a pair from its object in `Analysis.as_json`."""
    c, d, lag, events = (data[name] for name in ("congruence", "discrepancy", "lag", "events"))
    limits = {name: d[name] and tuple(d[name]) for name in ("loa_low_ci", "loa_high_ci")}
    return Pair(
        a=data["a"],
        b=data["b"],
        congruence=Congruence(**{**c, "truth_bias": c["truth_bias"] and TruthBias(**c["truth_bias"])}),
        discrepancy=Discrepancy(**{**d, **limits}),
        lag=lag and Lag(**lag),
        events=events and EventOverlap(**events),
        windows=data["windows"],
        agreement_from_s=data["agreement_from_s"],
    )


@dataclass(frozen=True)
class Analysis:
    """Everything that was computed, with its parameters. `session` is None for bare CSVs; `remarks` are sentences about
    the traces themselves; `peaks`: the highest segments, found as ruptures of the inverted ratings. `events` and
    `peaks` are the ones in use; `sets` has, by rater, both the rule's own and the confirmed ones."""

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
    sets: dict[str, Sets] = field(default_factory=dict)

    @property
    def synthetic(self) -> bool:
        """Whether a program generated the ratings."""
        return bool(self.session and self.session.synthetic)

    def as_json(self) -> dict[str, Any]:
        """The object that `tracedial analyze --json` prints: numbers that cannot be computed are null."""
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
                "segments": {name: _used_json(sets) for name, sets in self.sets.items()},
                "by_rule": {name: _found_json(sets.by_rule) for name, sets in self.sets.items()},
                "confirmed": {n: _found_json(sets.confirmed) for n, sets in self.sets.items() if sets.confirmed},
                "observer": {name: found.as_json() for name, found in self.observer.items()},
                "notes": {name: found.notes for name, found in self.events.items() if found.notes},
                "remarks": self.remarks,
                "parameters": {
                    **self.settings.events.as_parameters(),
                    "segments": self.settings.segments,
                    "study": asdict(self.settings.study) if self.settings.study else None,
                    "rise_used": {name: found.rise for name, found in self.events.items()},
                    "common_only": self.settings.common_only,
                    "seconds_cut_for_common": self.cut,
                    "keep_unmoved": self.settings.keep_unmoved,
                    "keep_start": self.settings.keep_start,
                    "interchangeable": self.settings.interchangeable,
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
        """The same as pandas frames; `frame.attrs["parameters"]` has the parameters of the analysis."""
        import pandas as pd

        parameters = self.as_json()["parameters"]
        made = {name: pd.DataFrame(rows) for name, rows in self.tables().items()}
        for frame in made.values():
            frame.attrs["parameters"] = parameters
        return made


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


def _used_json(sets: Sets) -> dict[str, Any]:
    """Which of a rater's two sets of events is used, and who confirmed the other one."""
    confirmed = sets.confirmed
    used = CONFIRMED if confirmed is not None and sets.used is confirmed else BY_RULE
    return {"used": used, "confirmed_by": confirmed.confirmed_by if confirmed else None}


def _found_json(found: Found) -> dict[str, Any]:
    return {
        "ruptures": [_event_json(event) for event in found.events.ruptures],
        "repairs": [_event_json(event) for event in found.events.repairs],
        "peaks": [_peak_json(event) for event in found.peaks],
        "notes": found.events.notes,
    }


def _peak_json(peak: Rupture) -> dict[str, Any]:
    """A highest segment, which was found in the inverted ratings."""
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
