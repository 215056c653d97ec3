"""False positives at 5 % of two independent traces, by each p value; power beside an oracle's; and how often the
intervals hold the truth.

`first` is the p that is shown first, `before` what version 0.1 showed first (AR(1)'s effective N). A row ends with !
where the first is outside .035 to .065; 2,000 pairs give a rate to ± .01 (two SE). The oracle knows the distribution
of r of unconnected traces of the kind. `python bench/run.py chance` takes an hour; TRACEDIAL_PAIRS=300 makes it
quicker, and `chance:attacks,events` runs these pieces alone.
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
EVENT_RUNS = max(RUNS // 4, 100)
EVENT_KINDS = (
    "AR(1) 0.95",
    "AR(1) 0.99",
    "slow signal plus noise, ARMA (.98, -.8)",
    "held in steps of 1.5 SD, phi .95",
)
METHODS = ("p_eff", "p_pp", "p_shift", "p_surrogate")
LOW, HIGH = 0.035, 0.065


def run(*pieces: str) -> None:
    """Print a line for each kind of trace; `pieces`, if any, of first, attacks, events, lag, studies, power, coverage
    and coverage600 (the short sessions alone)."""
    print(f"  {RUNS} pairs each ({BESIDE_RUNS} for all but first and before); rate of p < .05 (share withheld)")
    parts = {
        "first": _all_rows, "attacks": _attacks, "events": _events, "lag": _estimated_lags, "studies": _studies,
        "power": _power, "coverage": lambda: _coverage(2900, 600), "coverage600": lambda: _coverage(600),
    }  # fmt: skip
    for piece in pieces or [name for name in parts if name != "coverage600"]:
        parts[piece]()


def _all_rows() -> None:
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


def _attacks() -> None:
    """The first p alone, of pairs of unlike traces and of what shared rhythms do to it."""
    from tracedial.measures.agreement import congruence
    from tracedial.measures.start_up import settled_s, start_up

    print("  the first p under attack, at 300, 450, 600 and 900 s")
    for name in kinds.attacks(300):
        said = []
        for n in (300, 450, 600, 900):
            make_a, make_b = kinds.attacks(n)[name]
            rng = np.random.default_rng(31)
            found: list[float | None] = []
            for _ in range(RUNS):
                a, b = make_a(rng), make_b(rng)
                first_s = settled_s([start_up(a), start_up(b)])
                result = congruence(a[first_s:], b[first_s:], full=False)
                found.append(getattr(result, result.first_p) if result.first_p else None)
            said.append(_rate(found))
        print(f"    {name:40} {', '.join(said)}", flush=True)


def _events() -> None:
    """The p of coinciding ruptures, also where each rater's own course brings them together."""
    from tracedial.measures.coincidence import overlap
    from tracedial.measures.ruptures import find_events
    from tracedial.measures.start_up import settled_s, start_up

    print(f"  p of coinciding ruptures, {EVENT_RUNS} pairs: now, before (circular shifts)")
    for n in (2900, 600, 300):
        print(f"   {n} s")
        chosen = {name: make for name, make in kinds.stationary(n).items() if name in EVENT_KINDS}
        chosen |= kinds.short(n) | kinds.with_course(n) | kinds.starting(n) | kinds.profiles(n)
        for name, make in chosen.items():
            rng = np.random.default_rng(3)
            now: list[float | None] = []
            before: list[float | None] = []
            for _ in range(EVENT_RUNS):
                a, b = make(rng), make(rng)
                first_s = settled_s([start_up(a), start_up(b)])
                events = [[(r.onset_s, r.end_s) for r in find_events(x).ruptures] for x in (a, b)]
                later = [[(max(s - first_s, 0), e - first_s) for s, e in one if e > first_s] for one in events]
                now.append(overlap(*later, n_seconds=n - first_s, ratings=(a[first_s:], b[first_s:])).p)
                before.append(overlap(*later, n_seconds=n - first_s).p)
            print(f"    {name:40} {_rate(now)}, {_rate(before)}", flush=True)


def _estimated_lags() -> None:
    """r's p after `--lag estimate`, and the lag's own; before: r's p as if the lag had been given."""
    from tracedial.measures.agreement import congruence
    from tracedial.measures.lag import corrected, lag_of

    print(f"  after --lag estimate, {EVENT_RUNS} pairs: r now, r before, lag")
    for n in (2900, 600, 300):
        for name in ("AR(1) 0.9", "AR(1) 0.95", "AR(1) 0.98", "held in steps of 1.5 SD, phi .95", "oscillation, 30 s"):
            rng = np.random.default_rng(9)
            make = kinds.stationary(n)[name]
            found: dict[str, list[float | None]] = {"now": [], "before": [], "lag": []}
            for _ in range(EVENT_RUNS):
                a, b = make(rng), make(rng)
                lag = lag_of(a, b, name_a="a", name_b="b")
                lag_s = lag.best_s or 0
                moved = corrected(b, lag_s)
                found["lag"].append(lag.p)
                searched = range(-10 - lag_s, 11 - lag_s)
                for label, lags_s in (("now", searched), ("before", None)):
                    result = congruence(a, moved, full=False, chosen_of_s=lags_s)
                    found[label].append(getattr(result, result.first_p) if result.first_p else None)
            print(f"    {n:5} s {name:34} {', '.join(_rate(one) for one in found.values())}", flush=True)


def _rate(values: list[float | None]) -> str:
    given = [p for p in values if p is not None]
    rate = f"{np.mean([p < 0.05 for p in given]):.3f}" if len(given) >= len(values) / 10 else "–"
    withheld = 1 - len(given) / len(values)
    return rate + (f" ({withheld:.0%})" if withheld > 0.005 else "")


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
        later = [[(max(s - first_s, 0), e - first_s) for s, e in one if e > first_s] for one in events]
        found["events"].append(overlap(*later, n_seconds=len(x), ratings=(x, y)).p)
    said = [f"{name.removeprefix('p_')} {_rate(values)}" for name, values in found.items()]
    first = [p < 0.05 for p in found["first"] if p is not None]
    outside = not first or not LOW <= float(np.mean(first)) <= HIGH
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


def _coverage(*lengths_s: int) -> None:
    from tracedial.measures.agreement import congruence, discrepancy
    from tracedial.measures.reliability import reliability

    print(
        f"  95 % intervals that hold the truth (median width; the mean's in SD), {COVERAGE_RUNS} pairs each with r = "
        ".50; before: AR(1)'s of the mean. Said to be long memory; p and interval of r, of b1 that disagree"
    )
    for n in lengths_s:
        print(f"   {n} s")
        for name, make in kinds.stationary(n).items():
            rng = np.random.default_rng(7)
            held: dict[str, list[bool]] = {}
            widths: dict[str, list[float]] = {}
            said_long = disagree = disagree_b1 = 0

            def judge(
                key: str, low: float | None, high: float | None, truth: float, unit: float = 1.0,
                held: dict[str, list[bool]] = held, widths: dict[str, list[float]] = widths,
            ) -> bool:  # fmt: skip
                held.setdefault(key, []).append(_holds(low, high, truth))
                widths.setdefault(key, []).append(np.nan if low is None or high is None else (high - low) / unit)
                return low is not None and high is not None and not low <= 0 <= high

            for _ in range(COVERAGE_RUNS):
                a, b = _coupled(rng, make)
                d, c = discrepancy(a, b, name_a="a", name_b="b"), congruence(a, b)
                found = reliability(np.stack([a, b], axis=1), options=None).estimates
                held.setdefault("before", []).append(_before_holds(b - a))
                widths.setdefault("before", []).append(np.nan)
                judge("mean", d.ci_low, d.ci_high, 0.0, d.sd or 1.0)
                said_long += d.caution is not None
                t = c.truth_bias
                whole = c.first_p == "p_cosine"
                of_b1 = (t.b1_low, t.b1_high) if t and whole else (t and t.b1_detrended_low, t and t.b1_detrended_high)
                of_r = (c.ci_low, c.ci_high) if whole else (c.ci_detrended_low, c.ci_detrended_high)
                told_b1, told_r = judge("b1", *of_b1, 0.5), judge("r", *of_r, 0.5)
                below = c.first_p is not None and getattr(c, c.first_p) < 0.05
                disagree += told_r != below
                disagree_b1 += told_b1 != below
                for key, label in (
                    ("icc_a_1", "ICC(A,1)"),
                    ("icc_c_1", "ICC(C,1)"),
                    ("ccc", "CCC"),
                    ("alpha", "alpha"),
                ):
                    judge(label, found[key].ci_low, found[key].ci_high, 0.5)
            said = ", ".join(
                f"{key} {np.mean(one):.3f}"
                + ("" if np.isnan(widths[key]).all() else f" ({np.nanmedian(widths[key]):.2f})")
                for key, one in held.items()
            )
            shares = [one / COVERAGE_RUNS for one in (said_long, disagree, disagree_b1)]
            rest = f"long {shares[0]:.2f}; {shares[1]:.3f}, {shares[2]:.3f}"
            print(f"    {name:40} {said}; {rest}", flush=True)


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
