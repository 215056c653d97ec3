import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studies import tracedial_here
from tracedial.analysis.pilot import read_pilot
from tracedial.analysis.plan import PlanSettings, make_plan
from tracedial.errors import AnalysisError
from tracedial.measures.agreement import discrepancy
from tracedial.measures.planning import Power, finds_difference, finds_r, needed
from tracedial.measures.pooling import pool, variance_of_difference
from tracedial.measures.pseudo_dyads import correlations, permutation_test
from tracedial.measures.simulated_dyads import Truth, simulate, spectrum_of, spectrum_of_ar1
from tracedial.measures.trace import Trace, write_trace

pytestmark = pytest.mark.thorough("simulates the studies whose power is planned")

SECONDS = 600


def ar1(rng, n=SECONDS, phi=0.9, sd=10.0):
    out = np.empty(n)
    out[0] = rng.normal()
    for at in range(1, n):
        out[at] = phi * out[at - 1] + np.sqrt(1 - phi**2) * rng.normal()
    return sd * out


def write_dyad(folder, a, b, flags=()):
    folder.mkdir(parents=True)
    write_trace(Trace("client", a), folder / "client.csv")
    write_trace(Trace("therapist", b, flags=list(flags)), folder / "therapist.csv")


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pilot") / "study"
    for number in range(8):
        rng = np.random.default_rng(number)
        a, apart = ar1(rng), 4 * rng.normal() - 3
        write_dyad(folder / f"d{number}", a, 0.3 * a + 0.95 * ar1(rng) + apart)
    return folder


def test_planned_power_is_the_rate_in_studies_that_were_made_in_another_way(pilot):
    """By AR(1) recursions second by second, with the analysis's own p and interval."""
    r, units, dyads, runs = 0.12, 5.0, 10, 150
    asked = PlanSettings(r=r, difference=units, dyads=(dyads,), minutes=(SECONDS / 60,), runs=runs, spread_r=0.0,
                         spread_difference=4.0)  # fmt: skip
    planned = {one.question: one.power for one in make_plan(asked, read_pilot([str(pilot)])).powers}
    hits = {"r": 0, "difference": 0}
    for seed in range(runs):
        rng = np.random.default_rng([7, seed])
        x = np.stack([ar1(rng) for _ in range(dyads)])
        y = r * x + np.sqrt(1 - r**2) * np.stack([ar1(rng) for _ in range(dyads)])
        y += units + 4 * rng.normal(size=(dyads, 1))
        test = permutation_test(correlations(x, y), fisher=True)
        hits["r"] += test.p < 0.05 and test.value > test.chance
        found = [discrepancy(a, b, name_a="a", name_b="b") for a, b in zip(x, y, strict=True)]
        low = pool([d.mean for d in found], [variance_of_difference(d.sd, d.n_eff) for d in found]).ci_low
        hits["difference"] += low > 0
    for question, count in hits.items():
        found = count / runs
        # Three standard errors of the difference of two rates.
        assert abs(planned[question] - found) <= 3 * np.sqrt(2 * 0.25 / runs)
        assert 0.15 < found < 0.98


def test_the_answers_are_those_of_the_analysis():
    rng = np.random.default_rng(3)
    truth = Truth(0.2, 0.1, 3.0, 2.0)
    flat = spectrum_of_ar1(0.9, 10)
    x, y = simulate(rng, 12, 300, a=flat, b=flat, truth=truth)
    for count, (r, difference) in zip(
        (6, 12), zip(finds_r(x, y, [6, 12], 0.2), finds_difference(x, y, [6, 12], truth), strict=True), strict=True
    ):
        test = permutation_test(correlations(x[:count], y[:count]), fisher=True)
        assert r == (test.p < 0.05 and test.value > test.chance)
        found = [discrepancy(a, b, name_a="a", name_b="b") for a, b in zip(x[:count], y[:count], strict=True)]
        low = pool([d.mean for d in found], [variance_of_difference(d.sd, d.n_eff) for d in found]).ci_low
        assert difference == (low > 0)


def test_simulated_traces_vary_as_those_that_they_are_made_from():
    rng = np.random.default_rng(5)
    traces = [ar1(rng, phi=0.95, sd=8) for _ in range(12)]
    gappy = [np.where(rng.random(SECONDS) < 0.05, np.nan, trace) for trace in traces]
    for known in (traces, gappy):
        role = spectrum_of(known)
        x, y = simulate(np.random.default_rng(1), 60, 2 * SECONDS, a=role, b=role, truth=Truth(0.4, 0, 5, 0))
        lag1 = np.mean([np.corrcoef(one[1:], one[:-1])[0, 1] for one in x])
        assert lag1 == pytest.approx(0.95, abs=0.03)
        assert x.std(axis=1).mean() == pytest.approx(8, rel=0.25)
        assert np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(x, y, strict=True)]) == pytest.approx(0.4, abs=0.06)
        assert (y - x).mean() == pytest.approx(5, abs=1.5)


def test_a_course_that_all_sessions_share_is_simulated_and_is_no_r_beside_pseudo_dyads():
    rng = np.random.default_rng(6)
    arc = 15 * np.linspace(-1, 1, SECONDS) ** 2
    role = spectrum_of([ar1(rng) + arc for _ in range(10)])
    assert role.shared[1] != 0
    found = 0
    for seed in range(60):
        x, y = simulate(np.random.default_rng(seed), 10, SECONDS, a=role, b=role, truth=Truth(1e-9, 0, 0, 0))
        test = permutation_test(correlations(x, y), fisher=True)
        assert test.chance > 0.02
        found += test.p < 0.05
    assert found <= 8


def test_the_same_seed_gives_the_same_plan_and_progress_is_said(pilot):
    asked = PlanSettings(r=0.3, dyads=(4, 8), minutes=(3, 5), runs=20)
    seen = []
    one = make_plan(asked, read_pilot([str(pilot)]), lambda done, total: seen.append((done, total)))
    assert one.as_json() == make_plan(asked, read_pilot([str(pilot)])).as_json()
    assert seen[-1] == (40, 40) and len(seen) == 40


@settings(max_examples=60, deadline=None)
@given(powers=st.lists(st.floats(0, 1), min_size=1, max_size=6), wanted=st.floats(0.06, 0.99))
def test_the_dyads_that_are_needed_lie_where_the_power_is_reached(powers, wanted):
    cells = [Power("r", 20, 4 + 4 * at, power, 0.01) for at, power in enumerate(powers)]
    (found,) = needed(cells, wanted=wanted)
    enough = [one.dyads for one in cells if one.power >= wanted]
    assert (found.dyads is None) == (not enough)
    if found.dyads is not None:
        assert enough[0] - 4 <= found.dyads <= enough[0] and found.dyads >= 4


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"r": 0.0}, "not be 0"), ({"r": 1.0}, "between −1 and 1"), ({"r": float("nan")}, "between −1 and 1"),
        ({"r": None}, "Say what the study is to find"), ({"r": 0.1, "power": 1.0}, "with certainty"),
        ({"r": 0.1, "power": 0.01}, "above .05"), ({"r": 0.1, "dyads": (3, 8)}, "within 4"),
        ({"r": 0.1, "dyads": ()}, "within 4"), ({"r": 0.1, "minutes": (0,)}, "minutes of a session"),
        ({"difference": 0.0}, "not 0"), ({"r": 0.1, "autocorrelation": 1.0}, "below 1"),
        ({"r": 0.1, "runs": 1}, "20 to"),
        ({"r": 0.1, "sd": 0.0}, "above 0"), ({"r": 0.1, "spread_r": -1.0}, "0 or more"),
    ],
)  # fmt: skip
def test_wrong_use_is_a_sentence(wrong, said):
    with pytest.raises(AnalysisError, match=said):
        PlanSettings(**wrong)


def test_what_a_pilot_cannot_tell_must_be_stated(tmp_path):
    rng = np.random.default_rng(1)
    write_dyad(tmp_path / "one" / "d1", ar1(rng), ar1(rng))
    alone = read_pilot([str(tmp_path / "one" / "d1" / "client.csv"), str(tmp_path / "one" / "d1" / "therapist.csv")])
    assert alone.dyads == 1 and read_pilot([str(tmp_path / "one")]).dyads == 1
    few = {"dyads": (4,), "minutes": (3,), "runs": 20}
    with pytest.raises(AnalysisError, match="A pilot of 1 dyad does not say how much dyads differ in r"):
        make_plan(PlanSettings(r=0.1, **few), alone)
    with pytest.raises(AnalysisError, match="--spread-difference"):
        make_plan(PlanSettings(difference=3, **few), alone)
    assert make_plan(PlanSettings(r=0.1, spread_r=0.1, **few), alone).powers
    with pytest.raises(AnalysisError, match="state --autocorrelation"):
        make_plan(PlanSettings(r=0.1, **few))
    with pytest.raises(AnalysisError, match="leave --autocorrelation"):
        make_plan(PlanSettings(r=0.1, autocorrelation=0.9, **few), alone)
    with pytest.raises(AnalysisError, match="needs --sd"):
        make_plan(PlanSettings(difference=3, autocorrelation=0.9, **few))


def test_sessions_of_a_pilot_that_tell_nothing_are_named(pilot, tmp_path):
    rng = np.random.default_rng(2)
    study = tmp_path / "study"
    a, b = ar1(rng), ar1(rng)
    write_dyad(study / "good", a, b)
    write_dyad(study / "same", a, a)
    write_dyad(study / "still", a, np.full(SECONDS, 3.0))
    write_dyad(study / "never-moved", a, b, flags=["unmoved"] * SECONDS)
    write_dyad(study / "short", a[:60], b[:60])
    (study / "broken").mkdir()
    (study / "broken" / "client.csv").write_text("video_s,rating\n0,1\n0,1\n")
    (study / "broken" / "therapist.csv").write_text("video_s,rating\n0,1\n1,1\n")
    found = read_pilot([str(study)])
    said = " ".join(found.remarks)
    assert found.dyads == 1
    for words in ("same is left out: both traces are the same", "still is left out: the ratings of therapist never",
                  "never-moved is left out: therapist rated nothing", "short is left out: both rated 60 seconds only",
                  "broken is left out"):  # fmt: skip
        assert words in said, words
    for name in ("good", "short", "broken"):
        for path in (study / name).glob("*.csv"):
            path.unlink()
        (study / name).rmdir()
    with pytest.raises(AnalysisError, match="Nothing in the pilot can be used"):
        read_pilot([str(study)])


def test_the_command_writes_table_and_figure_and_says_what_it_assumes(pilot, tmp_path):
    out = tmp_path / "grant"
    arguments = ("plan", pilot, "--r", 0.2, "--difference", -5, "--dyads", "6,12", "--minutes", "5,10", "--runs", 20)
    done = tracedial_here(*arguments, "--out", out)
    assert done.code == 0, done.err
    assert "Power to find a mean r of .20" in done.out and "a mean difference of −5.0 units" in done.out
    assert "Ratings of client and therapist vary as in 8 dyads of the pilot" in done.out and "lower" in done.out
    assert {path.name for path in out.iterdir()} == {"plan.csv", "plan.json", "plan.pdf", "plan.png", "plan.txt"}
    assert len((out / "plan.csv").read_text().splitlines()) == 1 + 2 * 2 * 2
    data = json.loads(tracedial_here(*arguments, "--out", out, "--json").out)
    assert len(data["power"]) == 8 and data["needed"][0]["question"] == "r" and data["pilot"]["dyads"] == 8
    assert tracedial_here("plan", "--r", 0).code == 2
    assert "--dyads takes numbers" in tracedial_here("plan", "--r", 0.1, "--dyads", "a").err
    assert "There is no" in tracedial_here("plan", tmp_path / "nowhere", "--r", 0.1, "--out", out).err
