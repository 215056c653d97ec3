"""False positives at 5 % of two independent traces, by each p value; power beside an oracle's; and how often the
intervals hold the truth.

`first` is the p that is shown first, `before` what version 0.1 showed first (AR(1)'s effective N). A row ends with !
where the first is outside .035 to .065; 2,000 pairs give a rate to ± .01 (two SE). The oracle knows the distribution
of r of unconnected traces of the kind. `python bench/run.py chance` takes about 15 minutes; TRACEDIAL_PAIRS=300 makes
it quicker.
"""

import os

import null_traces as kinds
import numpy as np
from scipy.special import stdtrit

RUNS = int(os.environ.get("TRACEDIAL_PAIRS", "2000"))
BESIDE_RUNS = max(RUNS // 5, 100)
"""What stands beside the first p is computed for so many of the pairs."""
COVERAGE_RUNS = max(RUNS // 5, 50)
STUDIES = max(RUNS // 10, 40)
METHODS = ("p_eff", "p_pp", "p_shift", "p_surrogate")
LOW, HIGH = 0.035, 0.065


def run() -> None:
    """Print a line for each kind of trace."""
    print(f"  {RUNS} pairs each ({BESIDE_RUNS} for all but first and before); rate of p < .05 (share withheld)")
    outside = 0
    for n, made in (
        (2900, kinds.stationary(2900)), (600, kinds.short(600)), (300, kinds.short(300)),
        (2900, kinds.with_course(2900)), (600, kinds.with_course(600)),
        (2900, kinds.starting(2900)), (600, kinds.starting(600)), (300, kinds.starting(300)),
    ):  # fmt: skip
        print(f"   {n} s")
        for name, make in made.items():
            outside += _line(name, make)
    print(f"  rows whose first p is outside {LOW} to {HIGH}: {outside}")
    _studies()
    _power()
    _coverage()


def _studies() -> None:
    """How often a study's mean r has p < .05 beside pseudo-dyads: without any connection, and with one."""
    from tracedial.measures.pseudo_dyads import correlations, permutation_test

    n, dyads = kinds.N, 18
    shared = {
        "nothing shared": lambda x: x,
        "common arc of 0.5 SD": lambda x: x + 0.5 * kinds.arc(n),
        "common line of 2 SD": lambda x: x + 2 * np.linspace(0, 1, n),
        "all start at 0, level 3 SD": lambda x: (3 + x) * (1 - np.exp(-np.arange(n) / 20)),
    }
    print(f"  {STUDIES} studies of {dyads} dyads of {n} s each, phi .95: p < .05 with r = 0, .05, .10")
    for name, made in shared.items():
        below = np.zeros(3)
        for seed in range(STUDIES):
            rng = np.random.default_rng(seed)
            a, rest = (np.stack([kinds.ar1(rng, 0.95, n) for _ in range(dyads)]) for _ in range(2))
            for at, r in enumerate((0.0, 0.05, 0.1)):
                p = permutation_test(correlations(made(a), made(r * a + rest)), fisher=True).p
                below[at] += p is not None and p < 0.05
        print(f"    {name:40} {', '.join(f'{rate:.3f}' for rate in below / STUDIES)}", flush=True)


def _line(what: str, make: kinds.Make) -> int:
    from tracedial.measures.agreement import congruence
    from tracedial.measures.coincidence import overlap
    from tracedial.measures.lag import lag_of
    from tracedial.measures.ruptures import find_events
    from tracedial.measures.start_up import settled_s, start_up

    rng = np.random.default_rng(20261)
    found: dict[str, list[float | None]] = {name: [] for name in ("first", "before", *METHODS, "lag", "events")}
    for number in range(RUNS):
        a, b = make(rng), make(rng)
        first_s = settled_s([start_up(a), start_up(b)])
        x, y = a[first_s:], b[first_s:]
        beside = number < BESIDE_RUNS
        result = congruence(x, y, full=beside)
        found["first"].append(getattr(result, result.first_p) if result.first_p else None)
        found["before"].append(_ar1_p(a, b))
        if not beside:
            continue
        for name in METHODS:
            found[name].append(getattr(result, name))
        found["lag"].append(lag_of(x, y, name_a="a", name_b="b").p)
        events = [[(r.onset_s, r.end_s) for r in find_events(z).ruptures] for z in (a, b)]
        later = [[(s - first_s, e - first_s) for s, e in one if s >= first_s] for one in events]
        found["events"].append(overlap(*later, n_seconds=len(x)).p)
    said = []
    outside = False
    for name, values in found.items():
        given = [p for p in values if p is not None]
        rate = float(np.mean([p < 0.05 for p in given])) if len(given) >= len(values) / 10 else None
        if name == "first":
            outside = rate is None or not LOW <= rate <= HIGH
        withheld = 1 - len(given) / len(values)
        said.append(
            f"{name.removeprefix('p_')} {'–' if rate is None else f'{rate:.3f}'}"
            + (f" ({withheld:.0%})" if withheld > 0.005 else "")
        )
    print(f"    {what:40} {', '.join(said)}{' !' if outside else ''}", flush=True)
    return outside


def _ar1_p(a: np.ndarray, b: np.ndarray) -> float | None:
    from tracedial.measures.autocorrelation import effective_n, p_of_r

    both = ~np.isnan(a) & ~np.isnan(b)
    n_eff = effective_n(a, b).bretherton
    return None if n_eff is None or n_eff < 3 else p_of_r(float(np.corrcoef(a[both], b[both])[0, 1]), n_eff)


def _power() -> None:
    from tracedial.measures.agreement import congruence

    print(f"  power at the r that the oracle finds in about half of {COVERAGE_RUNS} pairs: first, oracle")
    for name, make in kinds.stationary(2900).items():
        if "missing" in name:
            continue
        rng = np.random.default_rng(5)
        null = np.array([abs(np.corrcoef(make(rng), make(rng))[0, 1]) for _ in range(2 * COVERAGE_RUNS)])
        critical = float(np.quantile(null, 0.95))
        first, oracle = [], []
        for _ in range(COVERAGE_RUNS):
            a, rest = make(rng), make(rng)
            b = critical * a + np.sqrt(1 - critical**2) * rest
            result = congruence(a, b, full=False)
            first.append(getattr(result, result.first_p) < 0.05 if result.first_p else False)
            oracle.append(abs(float(np.corrcoef(a, b)[0, 1])) > critical)
        print(f"    {name:40} r = {critical:.2f}: {np.mean(first):.3f}, {np.mean(oracle):.3f}", flush=True)


def _coverage() -> None:
    from tracedial.measures.agreement import congruence, discrepancy
    from tracedial.measures.reliability import reliability

    print(f"  95 % intervals that hold the truth, {COVERAGE_RUNS} pairs each with r = .50; before: AR(1)'s of the mean")
    for n in (2900, 600):
        print(f"   {n} s")
        for name, make in kinds.stationary(n).items():
            truth_rng = np.random.default_rng(8)
            long = np.stack([_coupled(truth_rng, make) for _ in range(60)])
            pooled = reliability(long.transpose(0, 2, 1).reshape(-1, 2), options=None, full=False)
            truth = {key: one.value for key, one in pooled.estimates.items()}
            rng = np.random.default_rng(7)
            held: dict[str, list[bool]] = {key: [] for key in ("before", "mean", "b1", "r", "ICC(A,1)", "CCC", "alpha")}
            for _ in range(COVERAGE_RUNS):
                a, b = _coupled(rng, make)
                d, c = discrepancy(a, b, name_a="a", name_b="b"), congruence(a, b)
                found = reliability(np.stack([a, b], axis=1), options=None).estimates
                held["before"].append(_before_holds(b - a))
                held["mean"].append(_holds(d.ci_low, d.ci_high, 0.0))
                held["b1"].append(c.truth_bias is not None and _holds(c.truth_bias.b1_low, c.truth_bias.b1_high, 0.5))
                of_r = (c.ci_low, c.ci_high) if c.first_p == "p_cosine" else (c.ci_detrended_low, c.ci_detrended_high)
                held["r"].append(_holds(*of_r, 0.5))
                for key, label in (("icc_a_1", "ICC(A,1)"), ("ccc", "CCC"), ("alpha", "alpha")):
                    held[label].append(_holds(found[key].ci_low, found[key].ci_high, truth[key]))
            said = ", ".join(f"{key} {np.mean(values):.3f}" for key, values in held.items())
            print(f"    {name:40} {said}", flush=True)


def _coupled(rng: np.random.Generator, make: kinds.Make) -> np.ndarray:
    a, rest = make(rng), make(rng)
    return np.stack([a, 0.5 * a + np.sqrt(0.75) * rest])


def _before_holds(difference: np.ndarray) -> bool:
    """Whether the mean's interval for the effective N of an AR(1) series holds 0."""
    from tracedial.measures.autocorrelation import bretherton_n, lag1_autocorrelation, unbiased_r1

    known = difference[~np.isnan(difference)]
    n_eff = bretherton_n(len(known), unbiased_r1(lag1_autocorrelation(difference) or 0.0, len(known)), 1.0)
    if n_eff < 2:
        return False
    return abs(float(known.mean())) <= float(stdtrit(n_eff - 1, 0.975)) * known.std() / np.sqrt(n_eff - 1)


def _holds(low: float | None, high: float | None, truth: float | None) -> bool:
    return low is not None and high is not None and truth is not None and low <= truth <= high
