"""Who follows whom: the correlation of two traces when one is shifted against the other, and the correction of a
rater's reaction lag.

Sign: a lag of +3 s says that rater b follows rater a by three seconds: b's rating at second t goes with a's at t − 3.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial.measures.agreement import MIN_N, pearson
from tracedial.measures.lag_chance import largest_test

Floats = NDArray[np.float64]

MAX_LAG_S = 10


@dataclass(frozen=True)
class Lag:
    """The lag of b behind a with the largest |r|, among −`max_lag_s` … +`max_lag_s` seconds.

    `r`: the correlation there; `p`: how often chance alone gives an r this large at *any* of these lags (the largest
    among them, with random signs of b's cosines, without the slow course where there is one). Otherwise picking the
    best lag would pass for a finding. `r_zero`: the correlation without a lag. `curve`: (lag in seconds, r) for each.
    """

    best_s: int | None
    r: float | None
    p: float | None
    r_zero: float | None
    max_lag_s: int
    definition: str
    curve: list[tuple[int, float | None]] = field(default_factory=list[tuple[int, float | None]])
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As the output of `tracedial analyze --json` holds it."""
        return asdict(self)


def lag_of(a: Floats, b: Floats, *, name_a: str, name_b: str, max_lag_s: int = MAX_LAG_S, taken_out_s: int = 0) -> Lag:
    """The lag of trace b behind trace a, both of shape (n_seconds,). `taken_out_s`: a lag that was found and corrected
    before; the p then counts all lags that were tried both times."""
    definition = f"positive: {name_b} follows {name_a} by so many seconds"
    curve = [(lag_s, correlation_at(a, b, lag_s)) for lag_s in range(-max_lag_s, max_lag_s + 1)]
    known = [(lag_s, r) for lag_s, r in curve if r is not None]
    at_zero = dict(curve)[0]
    if not known:
        return Lag(
            best_s=None,
            r=None,
            p=None,
            r_zero=at_zero,
            max_lag_s=max_lag_s,
            definition=definition,
            curve=curve,
            reason="the traces have no correlation at any lag",
        )
    # Among equal correlations, the lag nearest to 0.
    best_s, r = max(known, key=lambda entry: (round(abs(float(entry[1])), 12), -abs(entry[0])))
    reach_s = max_lag_s + abs(taken_out_s)
    test = largest_test(a, b, range(-reach_s, reach_s + 1), r=r if taken_out_s else None)
    p = test.p if test else None
    reason = None if test else "the session is too short, or varies too slowly, for a p value of the lag"
    return Lag(
        best_s=best_s, r=r, p=p, r_zero=at_zero, max_lag_s=max_lag_s, definition=definition, curve=curve, reason=reason
    )


def correlation_at(a: Floats, b: Floats, lag_s: int) -> float | None:
    """Pearson's r of a(t) and b(t + lag) over the seconds that both then rate; None where it cannot be computed."""
    n = len(a) - abs(lag_s)
    if n < MIN_N:
        return None
    x, y = (a[:n], b[lag_s:]) if lag_s >= 0 else (a[-lag_s:], b[:n])
    both = ~np.isnan(x) & ~np.isnan(y)
    x, y = x[both], y[both]
    if len(x) < MIN_N or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    return pearson(x, y)


def corrected(rating: Floats, lag_s: int) -> Floats:
    """A trace with each rating moved `lag_s` seconds earlier, to the moment that it answers; the last seconds become
    NaN.

    A negative lag moves ratings later, and the first seconds become NaN. The length stays.
    """
    moved = np.full(len(rating), np.nan)
    if lag_s >= 0:
        moved[: max(len(rating) - lag_s, 0)] = rating[lag_s:]
    else:
        moved[-lag_s:] = rating[:lag_s]
    return moved
