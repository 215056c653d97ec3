"""The correlation of two traces that is reported first: r itself, or r without the traces' slow course."""

from dataclasses import dataclass

from tracedial.measures.agreement import Congruence


@dataclass(frozen=True)
class First:
    """r with the p that goes with it, its 95 % interval, how many independent observations it rests on (`n_eff`), and
    the least r that the session could have told from chance. `detrended`: without the slow course. None where the
    session gives none."""

    r: float | None
    p: float | None
    n_eff: float | None
    needed: float | None
    low: float | None
    high: float | None
    detrended: bool


def first_of(c: Congruence) -> First:
    """What of a pair's temporal congruence comes first."""
    if c.first_p == "p_detrended":
        low, high = c.ci_detrended_low, c.ci_detrended_high
        return First(c.r_detrended, c.p_detrended, c.n_eff_detrended, c.r_needed_detrended, low, high, True)
    return First(c.r, c.p_cosine, c.n_eff_cosine, c.r_needed, c.ci_low, c.ci_high, False)
