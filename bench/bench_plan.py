"""Whether a planned power is the power that studies have: planned from a pilot, and found in studies that were made in
another way and went through the whole analysis."""

import os
import tempfile
from pathlib import Path

import null_traces as kinds
import numpy as np

STUDIES = int(os.environ.get("TRACEDIAL_STUDIES", "100"))
PILOTS, PILOT_DYADS = 6, 12
DYADS = 12
SECONDS = 900
SD, SPREAD_Z, SPREAD_UNITS = 12.0, 0.1, 6.0


def run() -> None:
    """Print for each kind of traces the planned power and the rate found, for the mean r and the mean difference."""
    cases = {
        "AR(1) .95": (lambda rng: kinds.ar1(rng, 0.95, SECONDS), 0.10, 5.0),
        "slow signal plus noise, ARMA (.95, -.6)": (lambda rng: _unit(kinds.arma(rng, 0.95, -0.6, SECONDS)), 0.08, 5.0),
        "held in steps of 0.5 SD, phi .95": (lambda rng: _unit(kinds.held(rng, 0.95, 0.5, SECONDS)), 0.10, 5.0),
    }
    print(
        f"  {DYADS} dyads of {SECONDS} s; {PILOTS} pilots of {PILOT_DYADS} dyads; {STUDIES} studies analyzed as files"
    )
    for name, (make, r, units) in cases.items():
        planned = [_planned(np.random.default_rng([21, pilot]), make, r, units) for pilot in range(PILOTS)]
        found = _found(make, r, units)
        for question, what in (("r", f"mean r {r:.2f}"), ("difference", f"difference {units:g}")):
            own = [one[question] for one in planned]
            print(
                f"    {name:40} {what:14} planned {np.mean(own):.3f} ({min(own):.3f} to {max(own):.3f}), found "
                f"{found[question]:.3f}",
                flush=True,
            )


def _unit(x: np.ndarray) -> np.ndarray:
    return (x - x.mean()) / x.std()


def _study(rng: np.random.Generator, make: kinds.Make, n_dyads: int, r: float, units: float, place: Path) -> Path:
    from tracedial.measures.trace import Trace, write_trace

    for number in range(n_dyads):
        folder = place / f"dyad-{number:02d}"
        folder.mkdir(parents=True)
        own = np.tanh(np.arctanh(r) + SPREAD_Z * rng.normal())
        a, rest = make(rng), make(rng)
        b = own * a + np.sqrt(1 - own**2) * rest
        write_trace(Trace("a", SD * a), folder / "a.csv")
        write_trace(Trace("b", SD * b + units + SPREAD_UNITS * rng.normal()), folder / "b.csv")
    return place


def _planned(rng: np.random.Generator, make: kinds.Make, r: float, units: float) -> dict[str, float]:
    from tracedial.analysis.pilot import read_pilot
    from tracedial.analysis.plan import PlanSettings, make_plan

    with tempfile.TemporaryDirectory() as name:
        pilot = read_pilot([str(_study(rng, make, PILOT_DYADS, 0.2, 0.0, Path(name) / "pilot"))])
    plan = make_plan(
        PlanSettings(
            r=r, difference=units, dyads=(DYADS,), minutes=(SECONDS / 60,), runs=300, spread_r=SPREAD_Z,
            spread_difference=SPREAD_UNITS,
        ),
        pilot,
    )  # fmt: skip
    return {one.question: one.power for one in plan.powers}


def _found(make: kinds.Make, r: float, units: float) -> dict[str, float]:
    from tracedial.analysis.settings import AnalysisSettings
    from tracedial.analysis.study_analysis import analyze_study

    settings = AnalysisSettings(measures="core")
    hits = {"r": 0, "difference": 0}
    for seed in range(STUDIES):
        rng = np.random.default_rng([22, seed])
        with tempfile.TemporaryDirectory() as name:
            study = _study(rng, make, DYADS, r, units, Path(name) / "study")
            (pair,) = analyze_study(str(study), settings, out=Path(name) / "out", jobs=1).pairs
        test, d = pair.pseudo["r"], pair.discrepancy
        assert test.p is not None and test.value is not None and test.chance is not None
        hits["r"] += test.p < 0.05 and test.value > test.chance
        hits["difference"] += d.ci_low is not None and d.ci_low > 0
    return {name: count / STUDIES for name, count in hits.items()}
