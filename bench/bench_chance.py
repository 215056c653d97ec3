"""False positives at 5 % of two independent traces of 2,900 s, by each p value; and how often the intervals hold the
truth.

Traces are AR(1); AR(1) that a knob follows in steps of half a SD or of one and a half (held still between, whole
ratings); with a trend common to both. `withheld`: the share of pairs for which the method gives no p and says why.
Beside each: the naive p. The limits of the others are .035 and .065; 2,000 pairs give a rate to ± .01 (two SE).
"""

import numpy as np
from scipy.signal import lfilter

N = 2900
RUNS = 2000
COVERAGE_RUNS = 400
METHODS = ("p_naive", "p_eff", "p_pp", "p_shift", "p_surrogate")
LOW, HIGH = 0.035, 0.065


def run() -> None:
    """Print a line for each kind of trace."""
    print(f"  {RUNS} pairs each; rate of p < .05 where one is given (share withheld)")
    outside = 0
    for phi in (0.80, 0.90, 0.95, 0.98, 0.99):
        outside += _line(f"AR(1), phi = {phi:.2f}", lambda rng, phi=phi: ar1(rng, phi))
    for phi in (0.95, 0.99):
        for step_sd in (0.5, 1.5):
            outside += _line(
                f"held still, phi = {phi:.2f}, steps of {step_sd} SD",
                lambda rng, phi=phi, step_sd=step_sd: held(rng, phi, step_sd),
            )
    for rise_sd in (1.0, 2.0, 4.0):
        line = rise_sd * np.linspace(0, 1, N)
        outside += _line(f"common trend of {rise_sd:.0f} SD, phi = 0.95", lambda rng, line=line: ar1(rng, 0.95) + line)
    print(f"  rates outside .035 to .065 (naive aside): {outside}")
    _coverage()


def ar1(rng: np.random.Generator, phi: float, n: int = N) -> np.ndarray:
    """An AR(1) series of unit variance."""
    steps = rng.normal(size=n) * np.sqrt(1 - phi**2)
    steps[0] /= np.sqrt(1 - phi**2)
    return np.asarray(lfilter([1.0], [1.0, -phi], steps))


def held(rng: np.random.Generator, phi: float, step_sd: float) -> np.ndarray:
    """A knob that follows an AR(1) series only once it is `step_sd` away; whole ratings, SD 15."""
    wanted = ar1(rng, phi)
    out = np.empty(N)
    knob = wanted[0]
    for at, value in enumerate(wanted):
        if abs(value - knob) > step_sd:
            knob = value
        out[at] = knob
    return np.round(15 * out)


def _line(what: str, make) -> int:
    from tracedial.agreement import congruence

    rng = np.random.default_rng(20261)
    found = {name: [] for name in (*METHODS, "p_detrended")}
    for _ in range(RUNS):
        result = congruence(make(rng), make(rng))
        for name, values in found.items():
            values.append(getattr(result, name))
    said = []
    outside = 0
    for name, values in found.items():
        given = [p for p in values if p is not None]
        withheld = 1 - len(given) / RUNS
        rate = np.mean([p < 0.05 for p in given]) if len(given) >= RUNS / 10 else None
        mark = ""
        if rate is not None and name != "p_naive" and not LOW <= rate <= HIGH:
            outside += 1
            mark = "!"
        rest = f" ({withheld:.0%})" if withheld > 0.005 else ""
        said.append(f"{name[2:]} {'–' if rate is None else f'{rate:.3f}'}{mark}{rest}")
    print(f"    {what:38} {', '.join(said)}", flush=True)
    return outside


def _coverage() -> None:
    from tracedial.agreement import congruence, discrepancy

    print(f"  95 % intervals that hold the truth, {COVERAGE_RUNS} pairs each")
    for phi in (0.80, 0.95, 0.99):
        rng = np.random.default_rng(7)
        held_r, held_d = [], []
        for _ in range(COVERAGE_RUNS):
            a, rest = ar1(rng, phi), ar1(rng, phi)
            b = 0.5 * a + np.sqrt(0.75) * rest
            c, d = congruence(a, b), discrepancy(a, b, name_a="a", name_b="b")
            held_r.append(_holds(c.ci_low, c.ci_high, 0.5))
            held_d.append(_holds(d.ci_low, d.ci_high, 0.0))
        print(f"    phi = {phi:.2f}: r = .50 in {np.mean(held_r):.3f}, mean difference in {np.mean(held_d):.3f}")


def _holds(low: float | None, high: float | None, truth: float) -> bool:
    return low is not None and high is not None and low <= truth <= high
