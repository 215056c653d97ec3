"""Prepares traces before anything is measured: one length, one scale, no unmoved seconds, no reaction lag.

Each step is requested by the settings or reported in a remark.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial.analysis.settings import DEFAULT_SCALE, AnalysisSettings, LagCorrection, RatingScale
from tracedial.errors import AnalysisError
from tracedial.files.counted import counted
from tracedial.files.shape import is_number
from tracedial.measures.lag import corrected, lag_of
from tracedial.measures.start_up import settled_s, start_up
from tracedial.measures.trace import Trace
from tracedial.recording.folder import PRACTICE_FILE
from tracedial.recording.journal import read_journal
from tracedial.recording.session import Session

Floats = NDArray[np.float64]


def without_unmoved(traces: list[Trace], *, keep: bool) -> tuple[list[Trace], dict[str, int]]:
    """Traces without the seconds before the knob was first moved, which nobody rated, and the number of such seconds by
    rater. With `keep` they stay as ratings."""
    counts = {trace.rater: int(np.count_nonzero(trace.unmoved)) for trace in traces}
    if keep:
        return [Trace(trace.rater, trace.rating) for trace in traces], {}
    return [Trace(trace.rater, trace.rated) for trace in traces], {name: n for name, n in counts.items() if n}


def unmoved_remarks(traces: list[Trace], left_out: dict[str, int]) -> list[str]:
    """A sentence for each rater with seconds left out as unmoved; `traces` are already without them."""
    said = []
    for trace in traces:
        if n := left_out.get(trace.rater):
            if trace.missing == len(trace.rating):
                said.append(f"No ratings of {trace.rater}: the dial never moved ({counted(n, 'second')} left out).")
            else:
                first_s = int(np.flatnonzero(~np.isnan(trace.rating))[0])
                said.append(
                    f"{counted(n, 'second')} of {trace.rater}, before the dial was first moved at second {first_s}, "
                    f"{'is no rating' if n == 1 else 'are no ratings'} and left out everywhere (--keep-unmoved keeps "
                    f"{'it' if n == 1 else 'them'})."
                )
    return said


def agreement_from_s(ratings: list[Floats], settings: AnalysisSettings) -> int:
    """The second from which traces are compared: after the seconds that the settings trim, and after the start-up."""
    trim_s = settings.trim_agreement_s
    if settings.keep_start:
        return trim_s
    return trim_s + settled_s(start_up(rating[trim_s:]) for rating in ratings)


def on_scale(a: Floats, b: Floats, scale: RatingScale) -> bool:
    """Whether all ratings of two traces lie on the scale."""
    known = np.concatenate([a[~np.isnan(a)], b[~np.isnan(b)]])
    return bool(len(known)) and bool(known.min() >= scale.low - 1e-9 and known.max() <= scale.high + 1e-9)


def to_one_length(traces: list[Trace], *, common_only: bool) -> tuple[list[Trace], dict[str, int]]:
    """Cut all traces to the same number of seconds; also return how many seconds were cut from each rater's trace.
    Raises `AnalysisError` if traces differ in length and `common_only` is not set."""
    lengths = {trace.rater: len(trace.rating) for trace in traces}
    shortest = min(lengths.values())
    if len(set(lengths.values())) == 1:
        return traces, {}
    if not common_only:
        said = ", ".join(f"{name} ends at second {length - 1}" for name, length in lengths.items())
        raise AnalysisError(
            f"The traces do not cover the same seconds ({said}): were they made from the same video? "
            "To compare only the seconds that all have, add --common."
        )
    cut = {name: length - shortest for name, length in lengths.items() if length > shortest}
    return [Trace(trace.rater, trace.rating[:shortest], flags=trace.flags[:shortest]) for trace in traces], cut


def scale_of(settings: AnalysisSettings, alignments: dict[str, dict[str, Any]]) -> RatingScale:
    """The scale from the settings or the study, else the dial's, else an assumed one."""
    if settings.scale:
        return settings.scale
    for alignment in alignments.values():
        if scale := (alignment.get("dial") or {}).get("scale"):
            detents = tuple((at, label) for at, label in scale.get("detents", ()))
            return RatingScale(scale["low"], scale["high"], scale["step"], "the dial's", detents)
    return DEFAULT_SCALE


def other_scales(alignments: dict[str, dict[str, Any]], scale: RatingScale) -> list[str]:
    """Sentences about ratings that were recorded on another scale than the one that is used."""
    said = []
    for rater, alignment in alignments.items():
        was = (alignment.get("dial") or {}).get("scale")
        if was and (was["low"], was["high"], was["step"]) != (scale.low, scale.high, scale.step):
            said.append(
                f"{rater} rated on a scale from {was['low']:g} to {was['high']:g} in steps of {was['step']:g}; the "
                f"scale here ({scale.source}) goes from {scale.low:g} to {scale.high:g} in steps of {scale.step:g}."
            )
    return said


def rescaled(trace: Trace, settings: AnalysisSettings, scale: RatingScale) -> Trace:
    """A trace on `scale`, from the ends that the settings name for its rater."""
    if trace.rater not in settings.rescale:
        return trace
    low, high = settings.rescale[trace.rater]
    rating = scale.low + (trace.rating - low) / (high - low) * (scale.high - scale.low)
    return Trace(trace.rater, rating, flags=trace.flags)


def scale_remarks(traces: list[Trace], scale: RatingScale, settings: AnalysisSettings) -> list[str]:
    """Sentences about ratings that are not on the scale."""
    said = []
    for trace in traces:
        known = trace.rating[~np.isnan(trace.rating)]
        if not len(known) or (known.min() >= scale.low - 1e-9 and known.max() <= scale.high + 1e-9):
            continue
        text = (
            f"The ratings of {trace.rater} go from {known.min():g} to {known.max():g}, beyond the scale from "
            f"{scale.low:g} to {scale.high:g} ({scale.source})"
        )
        if ends := settings.rescale.get(trace.rater):
            said.append(f"{text}, though they were brought from {ends[0]:g}:{ends[1]:g} onto it: check --rescale.")
        else:
            said.append(
                f"{text}: give the scale with --scale LOW:HIGH:STEP, or bring this rater's onto it with --rescale "
                f"{trace.rater}=LOW:HIGH. Nothing was rescaled."
            )
    return said


def without_lag(
    traces: list[Trace], settings: AnalysisSettings, session: Session | None
) -> tuple[list[Trace], list[LagCorrection]]:
    """Shift traces by their reaction lags, if the settings ask for it."""
    corrections = []
    moved = []
    for trace in traces:
        asked = settings.lags.get(trace.rater, settings.lags.get("*"))
        if asked is None:
            moved.append(trace)
            continue
        if asked == "practice":
            correction = LagCorrection(trace.rater, round(_practice_lag_s(trace.rater, session)), "practice task")
        elif asked == "estimate":
            # The lag behind the first rater's trace after its own correction.
            first = moved[0] if moved else trace
            found = lag_of(
                first.rating, trace.rating, name_a=first.rater, name_b=trace.rater, max_lag_s=settings.max_lag_s
            )
            correction = LagCorrection(trace.rater, found.best_s or 0, estimated_behind(first.rater))
        else:
            correction = LagCorrection(trace.rater, int(asked), "given")
        corrections.append(correction)
        moved.append(Trace(trace.rater, corrected(trace.rating, correction.lag_s)))
    return moved, corrections


def estimated_behind(rater: str) -> str:
    """The source of a lag that was estimated relative to `rater`."""
    return f"estimated, behind {rater}"


def _practice_lag_s(rater: str, session: Session | None) -> float:
    path = session.folder / rater / PRACTICE_FILE if session else None
    if path is None or not path.is_file():
        raise AnalysisError(f"{rater} has no practice task whose lag could be taken out: say --lag {rater}=SECONDS.")
    results = [record.get("result") for record in read_journal(path).records if record["kind"] == "practice"]
    lag_s = results[-1].get("lag_s") if results and isinstance(results[-1], dict) else None
    if not is_number(lag_s):
        raise AnalysisError(f"The practice task of {rater} measured no lag: say --lag {rater}=SECONDS.")
    return float(lag_s)
