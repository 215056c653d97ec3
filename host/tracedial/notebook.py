"""Tracedial for notebooks: `import tracedial as td`, then sessions, traces as data frames, each measure as a function.

These names are the package's public interface and stay stable; everything else may change with any version.
Each function states its arguments and results with unit and shape, its errors, and the source of its formula;
`docs/measures.md` has the definitions. Ratings are arrays (or Series) with one number for each second of video, NaN
where there is no rating. Every error is a `TracedialError` with one sentence.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tracedial.errors import AnalysisError, TracedialError

if TYPE_CHECKING:
    import pandas as pd

    from tracedial.analysis.result import Analysis
    from tracedial.measures.agreement import Congruence, Discrepancy
    from tracedial.measures.coincidence import EventOverlap
    from tracedial.measures.lag import Lag
    from tracedial.measures.reliability import Reliability
    from tracedial.measures.ruptures import Events
    from tracedial.recording.session import Session
    from tracedial.study.study import Study

__all__ = [
    "TracedialError", "alpha", "analyze", "ccc", "congruence", "discrepancy", "figures", "icc", "kappa", "lag",
    "overlap", "r_wg", "read_session", "read_study", "reliability", "ruptures", "trace",
]  # fmt: skip

Floats = NDArray[np.float64]


def read_session(folder: str | Path) -> Session:
    """A session: one video, and the raters who rated it.

    Args:
        folder: the session's folder, created by `tracedial record`, `demo` or the rating room.

    Returns:
        `name`, `raters` (their names), `video` (its name, sha256, `duration_s`, frame rate and size), `synthetic`
        (whether a program generated the ratings) and `folder`.

    Raises:
        TracedialError: the folder is not a session, or its file cannot be read.

    Examples:
        >>> session = td.read_session("my-session")
        >>> session.raters
        ['client', 'therapist']
    """
    from tracedial.recording.session import read_session

    return read_session(Path(folder))


def read_study(folder: str | Path) -> Study:
    """A study: its settings, and the sessions in it.

    Args:
        folder: the study's folder, created by `tracedial study init`.

    Returns:
        The settings of `study.toml`, and `sessions()`, a list of sessions as `read_session` returns them.

    Raises:
        TracedialError: the folder is not a study, or an entry of its `study.toml` is wrong.

    Examples:
        >>> study = td.read_study("my-study")
        >>> study.scale.low, study.scale.high
        (-50, 50)
        >>> [session.name for session in study.sessions()]
        []
    """
    from tracedial.study.study_file import read_study

    return read_study(Path(folder))


def trace(place: Session | str | Path, rater: str = "") -> pd.DataFrame:
    """The ratings of one rater at each second of the video, as a data frame.

    If the trace is older than its journal, it is first made again, as by every command.

    Args:
        place: a session or its folder, with the name of the rater; or a trace's CSV alone.
        rater: which of the session's raters.

    Returns:
        A row for each second of the video, indexed by `video_s`. For a CSV alone: its own columns and `rated`.

        * `rating`: the knob's position at that second, in units of the scale; NaN where nothing was sampled
        * `rated`: the same without the seconds before the knob was first moved, which are not ratings; every measure
            uses this column
        * `mean`, `min`, `max`: of the dial's finer readings in the second that ends there, in units of the scale
        * `n`: the number of those readings
        * `offset_ms`: the sample's video time minus the row's second, in milliseconds: positive if it came later
        * `bound_ms`: the largest error, in milliseconds, that the clocks can have caused in the sample's time
        * `flags`: words such as `unmoved` or `paused`, separated by `|` (see `docs/recording.md`)

        `attrs` has `rater`, `session`, `video`, `duration_s`, `synthetic` and `software`, if known.

    Raises:
        TracedialError: there is no such rater, there are no ratings yet, or a file cannot be read.

    Examples:
        >>> client = td.trace("my-session", "client")
        >>> client.attrs["rater"], client.index.name
        ('client', 'video_s')
        >>> bool(client["rated"].notna().any())
        True
    """
    from tracedial import __version__
    from tracedial.alignment.derived import read_derived
    from tracedial.measures.trace import read_trace
    from tracedial.recording.folder import TRACE_FILE
    from tracedial.recording.session import Session, read_session

    if not isinstance(place, Session) and Path(place).is_file():
        path = Path(place)
        found = read_trace(path, rater or None)
        return _frame(path, found.rated, {"rater": found.rater, "software": f"tracedial {__version__}"})
    session = place if isinstance(place, Session) else read_session(Path(place))
    if rater not in session.raters:
        known = " or ".join(session.raters)
        raise AnalysisError(f"The session {session.name} has no rater {rater!r}: name {known}.")
    folder = session.folder / rater
    found = read_derived(folder, rater).trace
    attrs = {
        "rater": rater, "session": session.name, "video": session.video["name"],
        "duration_s": session.video.get("duration_s"), "synthetic": session.synthetic,
        "software": f"tracedial {__version__}",
    }  # fmt: skip
    return _frame(folder / TRACE_FILE, found.rated, attrs)


def _frame(path: Path, rated: Floats, attrs: dict[str, Any]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.read_csv(path, index_col="video_s", keep_default_na=True, encoding="utf-8-sig")
    # A second that the file omits is a second without a rating.
    frame = frame.reindex(pd.RangeIndex(len(rated), name="video_s"))
    frame.insert(1, "rated", rated)
    if "flags" in frame:
        frame["flags"] = frame["flags"].fillna("").astype(str)
    frame.attrs.update(attrs)
    return frame


def analyze(*places: str | Path, **settings: Any) -> Analysis:
    """Everything that `tracedial analyze` computes: ruptures, repairs, agreement of each pair, reliability.

    Args:
        places: one session's folder, or two or more CSVs that begin with the columns `video_s,rating`.
        settings: the settings of `tracedial analyze`, named as in `AnalysisSettings` and `EventSettings`, for example
            `max_lag_s=5`, `keep_unmoved=True`, `segment_s=20`. For a session of a study, its study.toml supplies the
            settings that you do not give; `remarks` name those that you give against it.

    Returns:
        `traces`, `events` (by rater), `pairs` (each with `congruence`, `discrepancy`, `lag` …), `reliability`,
        `remarks` (sentences about what was left out), and `as_json()`, the object that
        `tracedial analyze --json` prints.

    Raises:
        TracedialError: the traces cannot be compared, or a setting is wrong.

    Examples:
        >>> analysis = td.analyze("my-session")
        >>> [pair.a + "–" + pair.b for pair in analysis.pairs]
        ['client–therapist']
    """
    from tracedial.analysis.session_analysis import analyze
    from tracedial.analysis.told import settings_for

    return analyze([Path(place) for place in places], settings_for(places, settings))


def figures(analysis: Analysis) -> dict[str, dict[str, bytes]]:
    """The report's figures.

    Args:
        analysis: the result of `analyze`.

    Returns:
        By name: `figure` (all traces with ruptures and repairs), then `pair-1` … for each pair, or `matrices` for a
        group; each as `{"png": …, "svg": …}`, the bytes of a file.

    Examples:
        >>> sorted(td.figures(td.analyze("my-session"))["figure"])
        ['png', 'svg']
    """
    from tracedial.report.figure import figures

    return figures(analysis)


def ruptures(rating: ArrayLike, *, step: float = 1.0, **settings: Any) -> Events:
    """The lowest-rated segments of a trace, and the repair after each.

    Args:
        rating: shape (n_seconds,), in units of the scale, NaN where there is no rating.
        step: the step of the scale.
        settings: the rule's parameters, named as in `EventSettings`: `rule`, `count`, `segment_s` …

    Returns:
        `ruptures` and `repairs` with their seconds (`onset_s` included, `end_s` excluded), and `notes`, sentences about
        what was not found. Source: the idea is from Trusty (2023); the rules are Tracedial's own.

    Examples:
        >>> rating = np.r_[np.full(100, 20.0), np.full(40, -30.0), np.full(100, 20.0)]
        >>> [(one.onset_s, one.end_s, one.mean) for one in td.ruptures(rating, count=1).ruptures]
        [(100, 130, -30.0)]
    """
    from tracedial.measures.ruptures import EventSettings, find_events

    return find_events(_trace(rating), _settings(EventSettings, settings), step=step)


def congruence(a: ArrayLike, b: ArrayLike) -> Congruence:
    """Temporal congruence: Pearson's r of two traces, with a p value and interval that allow for the dependence of
    neighbouring seconds.

    Args:
        a: shape (n_seconds,), NaN where there is no rating.
        b: the same seconds of the other rater.

    Returns:
        `r` (−1 to 1), `n` seconds rated by both, the p values, and `first_p`, the name of the one to report (`p_cosine`
        or `p_detrended`). An unavailable number is None, and `reason` or `withheld` says why.

    Raises:
        TracedialError: the traces differ in length.

    Examples:
        >>> t = np.arange(600.0)
        >>> round(td.congruence(np.sin(t / 9), np.sin(t / 9 + 0.5)).r, 2)
        0.88
    """
    from tracedial.measures.agreement import congruence

    return congruence(*_pair(a, b))


def discrepancy(a: ArrayLike, b: ArrayLike, *, name_a: str, name_b: str, span: float | None = None) -> Discrepancy:
    """Directional discrepancy: the mean of b minus a, with its interval and Bland and Altman's limits of agreement.

    Args:
        a: shape (n_seconds,), NaN where there is no rating.
        b: the same seconds of the other rater.
        name_a: who rated a, for the words of the result.
        name_b: who rated b.
        span: highest minus lowest value of the scale, if the words should say how large the difference is.

    Returns:
        `mean` in units of the scale (positive: b rated higher), `sd` (divisor n − 1), the interval `ci_low` to
        `ci_high`, the limits, and `definition`, the direction in words.

    Examples:
        >>> td.discrepancy([0.0, 1, 2, 3], [2.0, 3, 4, 5], name_a="client", name_b="therapist").mean
        2.0
    """
    from tracedial.measures.agreement import discrepancy

    x, y = _pair(a, b)
    return discrepancy(x, y, name_a=name_a, name_b=name_b, span=span)


def lag(a: ArrayLike, b: ArrayLike, *, name_a: str, name_b: str, max_lag_s: int = 10) -> Lag:
    """By how many seconds b follows a: the lag with the largest correlation.

    Args:
        a: shape (n_seconds,), NaN where there is no rating.
        b: the same seconds of the other rater.
        name_a: who rated a, for the words of the result.
        name_b: who rated b.
        max_lag_s: lags from minus to plus this many seconds are tried.

    Returns:
        `best_s` in seconds (positive: b follows a), `r` at that lag, `p` of a correlation this large at any of the
        lags, `curve`.

    Examples:
        >>> t = np.arange(600.0)
        >>> td.lag(np.sin(t / 9), np.sin((t - 3) / 9), name_a="client", name_b="therapist").best_s
        3
    """
    from tracedial.measures.lag import lag_of

    x, y = _pair(a, b)
    return lag_of(x, y, name_a=name_a, name_b=name_b, max_lag_s=max_lag_s)


def reliability(table: ArrayLike, *, options: int | None = None, alpha_level: str = "interval") -> Reliability:
    """All measures of agreement among raters: ICCs, CCC, Krippendorff's α, r_wg.

    Args:
        table: shape (n_seconds, n_raters), NaN where there is no rating.
        options: the number of different ratings on the scale, for r_wg.
        alpha_level: the level of α: nominal, ordinal, interval or ratio.

    Returns:
        `estimates` by name, each with `value` and its interval, or a `reason` why there is none.

    Examples:
        >>> found = td.reliability([[1.0, 2], [2, 2], [3, 4], [4, 4], [5, 6]], options=7)
        >>> sorted(found.estimates)[:2]
        ['alpha', 'ccc']
    """
    from tracedial.measures.reliability import reliability

    return reliability(_table(table), options=options, alpha_level=alpha_level)


def icc(table: ArrayLike, form: str = "a_1") -> float:
    """An intraclass correlation (Shrout and Fleiss 1979; McGraw and Wong 1996).

    Args:
        table: shape (n_seconds, n_raters). Seconds without the rating of a rater are left out.
        form: `1_1`, `a_1` (absolute agreement of single raters), `c_1` (consistency), or `1_k`, `a_k`, `c_k` of the
            mean of k raters; see `docs/measures.md`.

    Returns:
        The coefficient, at most 1.

    Examples:
        >>> round(td.icc([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]), 2)
        0.29
    """
    from tracedial.measures.reliability import ICC_FORMS, icc, mean_squares

    if form not in ICC_FORMS:
        raise AnalysisError(f"There is no form {form} of the ICC: the forms are {', '.join(ICC_FORMS)}.")
    return float(icc(mean_squares(_complete(table)), form))


def ccc(table: ArrayLike) -> float:
    """The concordance correlation coefficient (Lin 1989; for more than two raters Barnhart, Haber and Song 2002).

    Args:
        table: shape (n_seconds, n_raters). Seconds without the rating of a rater are left out.

    Returns:
        The coefficient, from −1 to 1.

    Examples:
        >>> td.ccc([[1, 1], [2, 2], [3, 3]])
        1.0
    """
    from tracedial.measures.reliability import ccc

    return ccc(_complete(table))


def alpha(table: ArrayLike, *, level: str = "interval") -> float | None:
    """Krippendorff's α (Krippendorff 2019, chapter 12), missing ratings allowed.

    Args:
        table: shape (n_seconds, n_raters), NaN where there is no rating.
        level: nominal, ordinal, interval or ratio.

    Returns:
        α, at most 1; None where no two ratings can be compared or all are the same.

    Examples:
        >>> td.alpha([[1, 1], [2, 2], [3, np.nan]])
        1.0
    """
    from tracedial.measures.reliability import LEVELS, krippendorff_alpha

    if level not in LEVELS:
        raise AnalysisError(f"There is no level {level} of α: the levels are {', '.join(LEVELS)}.")
    return krippendorff_alpha(_table(table), level)


def r_wg(table: ArrayLike, *, options: int) -> float:
    """Within-group agreement, the mean over seconds (James, Demaree and Wolf 1984).

    Args:
        table: shape (n_seconds, n_raters). Seconds without the rating of a rater are left out.
        options: the number of different ratings on the scale; 101 for −50 to +50 in steps of 1.

    Returns:
        1 for raters who agree completely; below 0 if they differ by more than expected by chance.

    Examples:
        >>> td.r_wg([[3, 3], [5, 5], [2, 2]], options=7)
        1.0
    """
    from tracedial.measures.reliability import r_wg

    return float(r_wg(_complete(table), options))


def overlap(
    a: list[tuple[int, int]], b: list[tuple[int, int]], *, n_seconds: int, tolerance_s: int = 10
) -> EventOverlap:
    """Whether the ruptures (or any events) of two raters coincide more often than expected by chance.

    Args:
        a: (onset, end) of each event in whole seconds, the end excluded.
        b: the same of the other rater.
        n_seconds: how long the session is.
        tolerance_s: onsets at most this far apart count as the same event.

    Returns:
        The share of seconds in common, its value under circular shifts, its p value, matched events, κ.

    Examples:
        >>> td.overlap([(100, 130)], [(105, 135)], n_seconds=600).matched
        1
    """
    from tracedial.measures.coincidence import overlap

    return overlap(a, b, n_seconds=n_seconds, tolerance_s=tolerance_s)


def kappa(a: ArrayLike, b: ArrayLike) -> float | None:
    """Cohen's κ of two codings (Cohen 1960).

    Args:
        a: 1 for each second that was coded, else 0; shape (n_seconds,).
        b: the same seconds by the other coder.

    Returns:
        κ, from −1 to 1; None if both coded every second with the same one code.

    Examples:
        >>> td.kappa([0, 0, 1, 1], [0, 1, 1, 1])
        0.5
    """
    from tracedial.measures.coincidence import kappa

    x, y = _pair(a, b)
    if not np.isin([x, y], [0, 1]).all():
        raise AnalysisError("κ is of two codings by 0 and 1: these hold other numbers.")
    return kappa(x, y)


def _trace(rating: ArrayLike) -> Floats:
    array = np.asarray(rating, dtype=float)
    if array.ndim != 1:
        raise AnalysisError(f"A trace has one number a second, shape (n_seconds,): this has the shape {array.shape}.")
    return array


def _pair(a: ArrayLike, b: ArrayLike) -> tuple[Floats, Floats]:
    x, y = _trace(a), _trace(b)
    if len(x) != len(y):
        raise AnalysisError(f"One trace has {len(x)} seconds and the other {len(y)}: cut both to the same ones.")
    return x, y


def _table(table: ArrayLike) -> Floats:
    array = np.asarray(table, dtype=float)
    if array.ndim != 2 or array.shape[1] < 2:
        raise AnalysisError(
            f"A table has a row a second and a column for each of two or more raters: this has the shape {array.shape}."
        )
    return array


def _complete(table: ArrayLike) -> Floats:
    array = _table(table)
    array = array[~np.isnan(array).any(axis=1)]
    if len(array) < 2:
        raise AnalysisError("Fewer than two seconds were rated by all raters.")
    return array


def _settings(kind: type, given: dict[str, Any]) -> Any:
    from dataclasses import fields

    known = [field.name for field in fields(kind)]
    for name in given:
        if name not in known:
            raise AnalysisError(f"There is no setting {name}: the settings are {', '.join(known)}.")
    return kind(**given)
