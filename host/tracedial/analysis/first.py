"""The correlation of two traces that is reported first: r itself, or r with the traces' slow course removed."""

from dataclasses import dataclass

from tracedial.measures.agreement import Congruence


@dataclass(frozen=True)
class First:
    """r with its p, its 95 % interval, the number of independent observations behind it (`n_eff`), and the smallest r
    that the session could have told from chance. `detrended`: without the slow course. Values that the session does not
    give are None."""

    r: float | None
    p: float | None
    n_eff: float | None
    needed: float | None
    low: float | None
    high: float | None
    detrended: bool


def first_of(c: Congruence) -> First:
    """The part of a pair's temporal congruence that is reported first."""
    if c.first_p == "p_detrended":
        low, high = c.ci_detrended_low, c.ci_detrended_high
        return First(
            r=c.r_detrended,
            p=c.p_detrended,
            n_eff=c.n_eff_detrended,
            needed=c.r_needed_detrended,
            low=low,
            high=high,
            detrended=True,
        )
    return First(
        r=c.r, p=c.p_cosine, n_eff=c.n_eff_cosine, needed=c.r_needed, low=c.ci_low, high=c.ci_high, detrended=False
    )
