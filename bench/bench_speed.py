"""Speed of the statistics, beside the peers' in the same run: a dyad, ICCs, Krippendorff's alpha, a study of 500
dyads."""

import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

SECONDS = 3000
DYADS = 500


def run() -> None:
    """Print each time with its limit or its ratio to the peer's."""
    _dyad()
    _icc()
    _alpha()
    _study()


def _dyad() -> None:
    from tracedial.emulation.synthetic import dyad
    from tracedial.measures.agreement import congruence, discrepancy
    from tracedial.measures.coincidence import overlap
    from tracedial.measures.lag import lag_of
    from tracedial.measures.reliability import reliability
    from tracedial.measures.ruptures import find_events

    a, b = dyad(SECONDS, seed=1).values()

    def full() -> None:
        events = [[(r.onset_s, r.end_s) for r in find_events(x).ruptures] for x in (a, b)]
        congruence(a, b)
        discrepancy(a, b, name_a="a", name_b="b")
        lag_of(a, b, name_a="a", name_b="b")
        overlap(*events, n_seconds=SECONDS, ratings=(a, b))
        reliability(np.stack([a, b], axis=1), options=101)

    print(
        f"  full set for a dyad of {SECONDS:,} s, surrogates in their exact distribution: {_median_ms(full):.1f} ms "
        "(limit 50)"
    )


def _icc() -> None:
    import pandas as pd
    import pingouin

    from tracedial.measures.reliability import iccs

    rng = np.random.default_rng(1)
    table = rng.normal(size=(SECONDS, 1)) + rng.normal(size=(SECONDS, 4))
    long = pd.DataFrame(
        {
            "second": np.repeat(np.arange(SECONDS), 4),
            "rater": np.tile(np.arange(4), SECONDS),
            "rating": table.ravel(),
        }
    )
    own_ms = _median_ms(lambda: iccs(table))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer_ms = _median_ms(lambda: pingouin.intraclass_corr(long, "second", "rater", "rating"), times=5)
    print(
        f"  six ICCs with intervals, 4 raters x {SECONDS:,} s: {own_ms:.2f} ms, pingouin "
        f"{peer_ms:.0f} ms: {peer_ms / own_ms:.0f} times (limit 20)"
    )


def _alpha() -> None:
    import krippendorff

    from tracedial.measures.reliability import krippendorff_alpha

    rng = np.random.default_rng(2)
    table = np.round(20 * rng.normal(size=(SECONDS, 1)) + 10 * rng.normal(size=(SECONDS, 10)))
    table[rng.random(table.shape) < 0.05] = np.nan
    for level in ("interval", "ordinal"):
        own_ms = _median_ms(lambda level=level: krippendorff_alpha(table, level))
        peer_ms = _median_ms(
            lambda level=level: krippendorff.alpha(reliability_data=table.T, level_of_measurement=level), times=5
        )
        limit = " (limit 10)" if level == "interval" else ""
        print(
            f"  alpha ({level}), 10 raters x {SECONDS:,} s: {own_ms:.2f} ms, krippendorff {peer_ms:.1f} ms: "
            f"{peer_ms / own_ms:.0f} times{limit}"
        )


def _study() -> None:
    from tracedial.analysis.settings import AnalysisSettings
    from tracedial.analysis.study_analysis import analyze_study, write_study
    from tracedial.emulation.synthetic import dyad
    from tracedial.measures.trace import Trace, write_trace

    with tempfile.TemporaryDirectory() as name:
        study = Path(name) / "study"
        for number in range(DYADS):
            folder = study / f"dyad-{number:03d}"
            folder.mkdir(parents=True)
            for rater, rating in dyad(SECONDS, seed=number).items():
                write_trace(Trace(rater, rating), folder / f"{rater}.csv")
        began_s = time.perf_counter()
        analysis = analyze_study(str(study), AnalysisSettings(), out=Path(name) / "out", jobs=2)
        write_study(analysis, Path(name) / "out")
        took_s = time.perf_counter() - began_s
        began_s = time.perf_counter()
        again = analyze_study(str(study), AnalysisSettings(), out=Path(name) / "out", jobs=2)
        print(
            f"  a study of {len(analysis.sessions)} dyads of {SECONDS:,} s, full set, 2 processes: {took_s:.1f} s "
            f"(limit 60); again, with {again.reused} known: {time.perf_counter() - began_s:.1f} s"
        )


def _median_ms(work: Callable[[], object], times: int = 15) -> float:
    work()
    took = []
    for _ in range(times):
        began_s = time.perf_counter()
        work()
        took.append(time.perf_counter() - began_s)
    return statistics.median(took) * 1e3
