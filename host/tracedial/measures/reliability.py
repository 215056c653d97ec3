"""Agreement of any number of raters: intraclass correlations, Lin's CCC, Krippendorff's α, r_wg, and the mean trace.

Ratings are an array of shape (n_seconds, k_raters) with NaN where nobody rated. The seconds are the rated "targets".
Textbook intervals treat them as independent, which seconds of a trace are not. So each measure also has an interval by
drawn tables (`drawn_tables.py`; by slow cosines, `low_frequency.py`, where there are too many raters for that), which
does not. That interval is the one to report; the textbook's stands beside it.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial.errors import AnalysisError
from tracedial.files.counted import counted
from tracedial.measures.drawn_tables import drawn_intervals
from tracedial.measures.low_frequency import fisher_z, interval_of, reach_of_mean

Floats = NDArray[np.float64]

LEVELS = ("nominal", "ordinal", "interval", "ratio")
ICC_FORMS = ("1_1", "a_1", "c_1", "1_k", "a_k", "c_k")
BELOW_ZERO = "The ratio level of alpha needs ratings from 0 on, and some are below: use the interval level."
MAX_VALUES = 4000
"""A table of pairs of ratings is made of at most this many distinct ratings; a dial has about a hundred."""


@dataclass(frozen=True)
class Estimate:
    """A measure. `ci_low`, `ci_high`: its 95 % interval, which accounts for autocorrelation (`block_low` and
    `block_high` are the same, for readers of earlier output); `textbook_low`, `textbook_high`: the interval of the
    ICCs' papers, which treats seconds as independent and is far too narrow. `n`: the number of seconds used. A number
    that does not exist is None, and `reason` says why."""

    value: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    block_low: float | None = None
    block_high: float | None = None
    textbook_low: float | None = None
    textbook_high: float | None = None
    n: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Reliability:
    """All measures. `n_complete` seconds were rated by all `k` raters (the ICCs, CCC and r_wg use these), `n_paired` by
    two or more (α uses these). `block_s` belongs to the bootstrap of earlier versions and is None."""

    k: int
    n_complete: int
    n_paired: int
    block_s: int | None
    estimates: dict[str, Estimate]

    def as_json(self) -> dict[str, Any]:
        """As the output of `tracedial analyze --json` holds it."""
        named = {name: asdict(estimate) for name, estimate in self.estimates.items()}
        return {
            "k": self.k,
            "n_complete": self.n_complete,
            "n_paired": self.n_paired,
            "block_s": self.block_s,
            **named,
        }


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares of a table of targets by raters: between targets (BMS), within targets (WMS), between raters (JMS)
    and the rest (EMS), in Shrout and Fleiss's names; arrays for several tables."""

    bms: Any
    wms: Any
    jms: Any
    ems: Any
    n: int
    k: int


def reliability(
    ratings: Floats, *, options: int | None, full: bool = True, alpha_level: str = "interval"
) -> Reliability:
    """All measures of `ratings`, shape (n_seconds, k). `options`: how many ratings the scale has, for r_wg (None: not
    known). Without `full`, only the textbook's intervals are computed. `alpha_level`: the level of measurement for α,
    which has a confidence interval at the interval level only."""
    k = ratings.shape[1]
    complete: NDArray[np.bool_] = ~np.any(np.isnan(ratings), axis=1)
    paired = np.count_nonzero(~np.isnan(ratings), axis=1) >= 2
    n_complete, n_paired = int(complete.sum()), int(paired.sum())
    table = ratings[complete]
    if k < 2:
        reason = "one rater agrees with nobody"
    elif n_complete < 3:
        reason = f"only {counted(n_complete, 'second was', 'seconds were')} rated by all, at least 3 are needed"
    elif np.ptp(table) == 0:
        reason = "all ratings are the same: nothing varies"
    else:
        reason = None
    found: dict[str, Estimate] = {}
    drawn: dict[str, tuple[float, float]] = {}
    if reason:
        found = dict.fromkeys([*(f"icc_{form}" for form in ICC_FORMS), "ccc"], Estimate(None, reason=reason))
    else:
        drawn = (drawn_intervals(table) if full else None) or {}
        found = _icc_and_ccc(table, drawn, full=full)
    if alpha_level == "interval" or not paired.any():
        found["alpha"] = _alpha_estimate(ratings, paired, drawn, full=full)
    else:
        found["alpha"] = _alpha_at(ratings, alpha_level)
    found["rwg"] = _rwg_estimate(table, options, full=full)
    sizes = {name: n_paired if name == "alpha" else n_complete for name in found}
    return Reliability(
        k, n_complete, n_paired, None, {name: replace(one, n=sizes[name]) for name, one in found.items()}
    )


def mean_squares(table: Floats) -> MeanSquares:
    """Mean squares of a table without NaN, shape (n, k)."""
    moments = _moments(table - table.mean(), np.ones(len(table), bool))
    return _squares(moments.sum(axis=0)[None, :], *table.shape, of_one=True)


def icc(squares: MeanSquares, form: str) -> Any:
    """ICC of a `form` of `ICC_FORMS`: one-way, agreement (two-way random), consistency (two-way), of one rater or of
    the mean of k (Shrout & Fleiss 1979, Psychol. Bull. 86; names after McGraw & Wong 1996). NaN for 0/0."""
    # Arrays, because dividing a plain number by 0 raises.
    bms, wms, jms, ems = (np.asarray(one, dtype=float) for one in (squares.bms, squares.wms, squares.jms, squares.ems))
    n, k = squares.n, squares.k
    with np.errstate(invalid="ignore", divide="ignore"):
        match form:
            case "1_1":
                value = (bms - wms) / (bms + (k - 1) * wms)
            case "a_1":
                value = _where_above_0(bms - ems, bms + (k - 1) * ems + k * (jms - ems) / n)
            case "c_1":
                value = (bms - ems) / (bms + (k - 1) * ems)
            case "1_k":
                value = (bms - wms) / bms
            case "a_k":
                value = _where_above_0(bms - ems, bms + (jms - ems) / n)
            case _:
                value = (bms - ems) / bms
    return value


def _where_above_0(above: Any, below: Any) -> Any:
    """above / below, NaN where `below` is not positive: for raters who move in opposite directions, agreement is not a
    share of variance."""
    return np.where(np.asarray(below) > 0, above / below, np.nan)


def icc_interval(squares: MeanSquares, form: str, level: float = 0.95) -> tuple[float, float] | None:
    """The textbook's interval of an ICC (Shrout & Fleiss 1979; McGraw & Wong 1996, Table 7), as if the targets were
    independent; None where a mean square is 0."""
    from scipy.special import fdtri

    bms, wms, jms, ems, n, k = (
        float(x) for x in (squares.bms, squares.wms, squares.jms, squares.ems, squares.n, squares.k)
    )
    upper = 0.5 + level / 2
    if form in ("a_1", "a_k"):
        value = float(icc(squares, "a_1"))
        if ems <= 0 or bms <= 0 or not np.isfinite(value) or value >= 1:
            return None
        a = k * value / (n * (1 - value))
        b = 1 + k * value * (n - 1) / (n * (1 - value))
        v = (a * jms + b * ems) ** 2 / ((a * jms) ** 2 / (k - 1) + (b * ems) ** 2 / ((n - 1) * (k - 1)))
        f_low, f_high = float(fdtri(n - 1, v, upper)), float(fdtri(v, n - 1, upper))
        rest = k * jms + (k * n - k - n) * ems
        low = n * (bms - f_low * ems) / (f_low * rest + n * bms)
        high = n * (f_high * bms - ems) / (rest + n * f_high * bms)
        if form == "a_1":
            return low, high
        if 1 + (k - 1) * min(low, high) <= 0:
            return None
        return _stepped_up(low, k), _stepped_up(high, k)
    error, df = (wms, n * (k - 1)) if form.startswith("1") else (ems, (n - 1) * (k - 1))
    if error <= 0 or bms <= 0:
        return None
    ratio = bms / error
    low, high = ratio / float(fdtri(n - 1, df, upper)), ratio * float(fdtri(df, n - 1, upper))
    if form.endswith("1"):
        return (low - 1) / (low + k - 1), (high - 1) / (high + k - 1)
    return 1 - 1 / low, 1 - 1 / high


def iccs(table: Floats) -> dict[str, tuple[float, tuple[float, float] | None]]:
    """All ICC forms for a table without NaN, each with the textbook's interval."""
    squares = mean_squares(table)
    return {form: (float(icc(squares, form)), icc_interval(squares, form)) for form in ICC_FORMS}


def ccc(table: Floats) -> float:
    """Lin's concordance correlation coefficient with divisor n (Lin 1989, Biometrics 45); for more than two raters, the
    overall coefficient of Barnhart, Haber & Song (2002, Biometrics 58); a table without NaN."""
    return float(
        _ccc(_moments(table - table.mean(), np.ones(len(table), bool)).sum(axis=0)[None, :], table.shape[1])[0]
    )


def krippendorff_alpha(ratings: Floats, level: str = "interval") -> float | None:
    """Krippendorff's α of ratings (units, raters) with NaN where one is missing, at a `level` of `LEVELS`; None where
    fewer than two ratings can be paired or all are the same (Krippendorff 2019, Content Analysis, 4th ed., ch. 12).
    Raises `AnalysisError` at levels other than interval for more distinct ratings than a table of pairs can hold, and
    at the ratio level for ratings below 0, because that level needs a true zero."""
    if level == "interval":
        return _alpha_of(_alpha_moments(ratings).sum(axis=0)[None, :])[0]
    counts, values = _value_counts(ratings)
    if level == "ratio" and len(values) and values[0] < 0:
        raise AnalysisError(BELOW_ZERO)
    sizes = counts.sum(axis=1)
    counts, sizes = counts[sizes >= 2], sizes[sizes >= 2]
    if not len(counts):
        return None
    coincidences = (counts / (sizes - 1)[:, None]).T @ counts - np.diag((counts / (sizes - 1)[:, None]).sum(axis=0))
    totals = coincidences.sum(axis=0)
    n = totals.sum()
    distance = _distance(values, totals, level)
    expected = float(totals @ distance @ totals) / (n - 1)
    if expected == 0:
        return None
    return 1 - float(np.sum(coincidences * distance)) / expected


def r_wg(ratings: Floats, options: int) -> float:
    """Within-group agreement 1 − s²/σ²_E, averaged over seconds, with σ²_E = (A² − 1)/12 for A equally likely ratings
    (James, Demaree & Wolf 1984, J. Appl. Psychol. 69); a table without NaN. It is below 0 where raters differ by more
    than expected by chance, and is not cut at 0."""
    return 1 - float(np.mean(ratings.var(axis=1, ddof=1))) / ((options**2 - 1) / 12)


def mean_trace(ratings: Floats) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """The mean, SD (divisor n − 1, NaN for fewer than two raters) and number of raters of each second, arrays of shape
    (n_seconds,)."""
    known = ~np.isnan(ratings)
    n = known.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, ratings, 0.0).sum(axis=1) / n
        squares = np.where(known, (ratings - mean[:, None]) ** 2, 0.0).sum(axis=1)
        sd = np.sqrt(squares / (n - 1))
    return mean, np.where(n >= 2, sd, np.nan), n


def _stepped_up(single: float, k: float) -> float:
    """The Spearman–Brown reliability of the mean of k raters."""
    return k * single / (1 + (k - 1) * single)


def _moments(centred: Floats, use: NDArray[np.bool_]) -> Floats:
    """For each second: 1, each rating, the square of their sum, the sum of their squares; zeros where not `use`d."""
    x = np.where(use[:, None], centred, 0.0)
    return np.column_stack([use.astype(float), x, x.sum(axis=1) ** 2, (x * x).sum(axis=1)])


def _squares(sums: Floats, n: int, k: int, *, of_one: bool = False) -> MeanSquares:
    """Mean squares from sums of `_moments`, shape (draws, k + 3)."""
    count, columns, of_sums, of_squares = sums[:, 0], sums[:, 1 : k + 1], sums[:, k + 1], sums[:, k + 2]
    with np.errstate(invalid="ignore", divide="ignore"):
        correction = columns.sum(axis=1) ** 2 / (count * k)
        rows = of_sums / k - correction
        raters = (columns**2).sum(axis=1) / count - correction
        within = of_squares - of_sums / k
        bms, wms, jms = rows / (count - 1), within / (count * (k - 1)), raters / (k - 1)
        ems = np.maximum(within - raters, 0.0) / ((count - 1) * (k - 1))
    if of_one:
        return MeanSquares(bms=float(bms[0]), wms=float(wms[0]), jms=float(jms[0]), ems=float(ems[0]), n=n, k=k)
    return MeanSquares(bms=bms, wms=wms, jms=jms, ems=ems, n=n, k=k)


def _ccc(sums: Floats, k: int) -> Floats:
    count, columns, of_sums, of_squares = sums[:, 0], sums[:, 1 : k + 1], sums[:, k + 1], sums[:, k + 2]
    with np.errstate(invalid="ignore", divide="ignore"):
        means = columns / count[:, None]
        variances = of_squares / count - (means**2).sum(axis=1)
        covariances = of_sums / count - means.sum(axis=1) ** 2 - variances
        apart = k * (means**2).sum(axis=1) - means.sum(axis=1) ** 2
        return covariances / ((k - 1) * variances + apart)


def _icc_and_ccc(table: Floats, drawn: dict[str, tuple[float, float]], *, full: bool) -> dict[str, Estimate]:
    n, k = table.shape
    columns = _moments(table - table.mean(), np.ones(n, bool))
    found = {}
    for form, (value, textbook) in iccs(table).items():
        if not np.isfinite(value):
            reason = "nothing varies between the seconds, or the raters run against one another"
            found[f"icc_{form}"] = Estimate(None, reason=reason)
            continue
        even, back = (_log_of_ratio, _of_log) if form.endswith("k") else (fisher_z, np.tanh)

        def measure(means: Floats, form: str = form) -> Floats:
            return np.asarray(icc(_squares(means * n, n, k), form))

        ci = _around(value, drawn.get(f"icc_{form}"))
        if full and ci is None:
            ci = interval_of(value, columns, measure, to_even=even, back=back)
        found[f"icc_{form}"] = _estimate(value, ci, full=full, textbook=textbook)
    value = ccc(table)
    ci = _around(value, drawn.get("ccc"))
    if full and ci is None:
        ci = interval_of(value, columns, lambda means: _ccc(means * n, k), to_even=fisher_z, back=np.tanh)
    found["ccc"] = _estimate(value, ci, full=full)
    return found


def _log_of_ratio(x: Floats) -> Floats:
    """The log transform of measures that are 1 minus a ratio of variances: the ICCs of a mean of raters, and α.
    `_of_log` transforms back."""
    return -np.log(np.maximum(1 - x, 1e-12))


def _of_log(x: Floats) -> Floats:
    return 1 - np.exp(-x)


def _alpha_moments(ratings: Floats) -> Floats:
    """For each unit of two or more ratings: their number, sum, sum of squares, and 2 m SS/(m − 1); else zeros."""
    known = ~np.isnan(ratings)
    m = known.sum(axis=1)
    use = m >= 2
    centred = np.where(known, ratings - np.nanmean(ratings), 0.0)
    total, squares = centred.sum(axis=1), (centred**2).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = np.where(use, 2 * m * (squares - total**2 / m) / (m - 1), 0.0)
    return np.column_stack([np.where(use, column, 0.0) for column in (m, total, squares, spread)])


def _alpha_of(sums: Floats) -> list[float | None]:
    n, total, squares, observed = sums.T
    with np.errstate(invalid="ignore", divide="ignore"):
        expected = 2 * (squares - total**2 / n) / (n - 1)
        values = 1 - observed / n / expected
    return [float(v) if np.isfinite(v) and e > 1e-12 else None for v, e in zip(values, expected, strict=True)]


def _around(value: float, ends: tuple[float, float] | None) -> tuple[float, float] | None:
    """The interval, widened if needed to hold the value itself."""
    return None if ends is None else (min(ends[0], value), max(ends[1], value))


def _alpha_estimate(
    ratings: Floats, paired: NDArray[np.bool_], drawn: dict[str, tuple[float, float]], *, full: bool
) -> Estimate:
    if not paired.any():
        return Estimate(None, reason="no second was rated by two or more")
    moments = _alpha_moments(ratings)[paired]
    n = len(moments)
    value = _alpha_of(moments.sum(axis=0)[None, :])[0]
    if value is None:
        return Estimate(None, reason="all ratings are the same: nothing varies")

    def measure(means: Floats) -> Floats:
        return np.array([np.nan if one is None else one for one in _alpha_of(means * n)])

    ci = _alpha_drawn(value, ratings, n, drawn.get("alpha"))
    if full and ci is None:
        ci = interval_of(value, moments, measure, to_even=_log_of_ratio, back=_of_log)
    return _estimate(value, ci, full=full)


def _alpha_drawn(
    value: float, ratings: Floats, n_paired: int, ends: tuple[float, float] | None
) -> tuple[float, float] | None:
    """The drawn interval for the seconds that all rated, shifted to α of all seconds."""
    complete = ratings[~np.any(np.isnan(ratings), axis=1)]
    if ends is None or len(complete) < n_paired / 2:
        return None
    own = _alpha_of(_alpha_moments(complete).sum(axis=0)[None, :])[0]
    if own is None:
        return None
    moved = _log_of_ratio(np.array([*ends, value])) - _log_of_ratio(np.array([own, own, own]))
    low, high = _of_log(_log_of_ratio(np.array([value]))[0] + moved[:2])
    return _around(value, (float(low), float(high)))


def _alpha_at(ratings: Floats, level: str) -> Estimate:
    """α at a level of measurement other than interval; it has no confidence interval."""
    if level == "ratio" and float(np.nanmin(ratings)) < 0:
        return Estimate(None, reason=BELOW_ZERO)
    value = krippendorff_alpha(ratings, level)
    if value is None:
        return Estimate(None, reason="all ratings are the same: nothing varies")
    return Estimate(value, reason="an interval is given at the interval level only")


def _rwg_estimate(table: Floats, options: int | None, *, full: bool) -> Estimate:
    if options is None:
        return Estimate(None, reason="how many ratings the scale has is not known: give it with --scale LOW:HIGH:STEP")
    if options < 2 or table.shape[1] < 2 or not len(table):
        return Estimate(None, reason="no second was rated by all of two or more raters")
    value = r_wg(table, options)
    reach = reach_of_mean(table.var(axis=1, ddof=1) / ((options**2 - 1) / 12)) if full else None
    # α is never above 1, the value where nobody differs from anybody.
    return _estimate(value, None if reach is None else (value - reach, min(value + reach, 1.0)), full=full)


def _estimate(
    value: float, ci: tuple[float, float] | None, *, full: bool, textbook: tuple[float, float] | None = None
) -> Estimate:
    low, high = ci or (None, None)
    book_low, book_high = textbook or (None, None)
    reason = None
    if ci is None:
        reason = (
            "no interval: too few seconds, or the measure is at an end of its range"
            if full
            else "no interval: it needs the full set of measures"
        )
    return Estimate(
        value=value,
        ci_low=low,
        ci_high=high,
        block_low=low,
        block_high=high,
        textbook_low=book_low,
        textbook_high=book_high,
        reason=reason,
    )


def _value_counts(ratings: Floats) -> tuple[Floats, Floats]:
    """How often each unit has each value, shape (units, values), and the values in rising order."""
    known = ~np.isnan(ratings)
    values, places = np.unique(ratings[known], return_inverse=True)
    if len(values) > MAX_VALUES:
        raise AnalysisError(
            f"{len(values)} different ratings are too many for alpha at this level: use the interval level."
        )
    counts = np.zeros((len(ratings), len(values)))
    np.add.at(counts, (np.nonzero(known)[0], places), 1)
    return counts, values


def _distance(values: Floats, totals: Floats, level: str) -> Floats:
    """Krippendorff's squared difference of each pair of values at a level of measurement."""
    across, down = values[:, None], values[None, :]
    match level:
        case "nominal":
            return (across != down).astype(float)
        case "ordinal":
            ranks = np.cumsum(totals) - totals / 2
            return (ranks[:, None] - ranks[None, :]) ** 2
        case "ratio":
            with np.errstate(invalid="ignore", divide="ignore"):
                return np.nan_to_num(((across - down) / (across + down)) ** 2)
        case _:
            return (across - down) ** 2
