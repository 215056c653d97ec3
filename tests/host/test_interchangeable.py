import itertools

import numpy as np
import pytest

from commands import tracedial_here
from tracedial.analysis.session_analysis import analyze
from tracedial.analysis.settings import AnalysisSettings
from tracedial.analysis.study_analysis import analyze_study, write_study
from tracedial.emulation.synthetic import dyad
from tracedial.errors import AnalysisError
from tracedial.measures.pseudo_dyads import regrouping_test
from tracedial.measures.trace import Trace, write_trace
from tracedial.report.study_report import write_study_report

pytestmark = pytest.mark.thorough("analyzes a study of six dyads, over and over")

ALIKE = AnalysisSettings(interchangeable=True)


def write_raters(folder, **ratings):
    folder.mkdir(parents=True, exist_ok=True)
    for name, rating in ratings.items():
        write_trace(Trace(name, rating), folder / f"{name}.csv")


@pytest.fixture
def study(tmp_path):
    for number in range(6):
        a, b = dyad(400, seed=number).values()
        first, second = (a, b) if number % 2 else (b, a)
        write_raters(tmp_path / "study" / f"s{number}", rater1=first, rater2=second)
    return tmp_path / "study"


def swapped(study, place):
    for number, folder in enumerate(sorted(study.iterdir())):
        ratings = [(folder / f"rater{one}.csv").read_text() for one in (1, 2)]
        (place / folder.name).mkdir(parents=True)
        names = ("rater1", "rater2") if number in (0, 3) else (f"anna{number}", f"ben{number}")
        for name, text in zip(names, ratings[::-1], strict=True):
            (place / folder.name / f"{name}.csv").write_text(text)
    return place


def test_a_study_of_interchangeable_raters_is_the_same_whoever_is_called_what(study, tmp_path):
    one = analyze_study(str(study), ALIKE, out=tmp_path / "one", jobs=1)
    two = analyze_study(str(swapped(study, tmp_path / "other")), ALIKE, out=tmp_path / "two", jobs=1)
    (first,), (second,) = one.pairs, two.pairs
    assert len(first.dyads) == len(second.dyads) == 6
    assert first.congruence.value == pytest.approx(second.congruence.value, abs=1e-9) and first.congruence.k == 6
    for measure, test in first.pseudo.items():
        other = second.pseudo[measure]
        assert test.value == pytest.approx(other.value, abs=1e-9), measure
        assert test.chance == pytest.approx(other.chance, abs=1e-9) and test.p == other.p
    assert one.resolution.keys() == {"all raters"}
    assert one.resolution["all raters"].ruptures == two.resolution["all raters"].ruptures


def test_differences_have_a_size_and_no_direction(study, tmp_path):
    found = analyze_study(str(study), ALIKE, out=tmp_path / "out", jobs=1)
    (pair,) = found.as_json()["pairs"]
    assert pair["discrepancy"]["value"] is None and "interchangeable" in pair["discrepancy"]["reason"]
    for data in found.sessions:
        d = data["pairs"][0]["discrepancy"]
        assert d["mean"] > 0 and 0 <= d["ci_low"] <= d["mean"] <= d["ci_high"] and "apart" in d["in_words"]
        assert d["loa_low"] is None and data["pairs"][0]["congruence"]["truth_bias"] is None
        assert data["parameters"]["interchangeable"]
    write_study(found, tmp_path / "out")
    page = write_study_report(found, tmp_path / "out").read_text(encoding="utf-8")
    assert "Interchangeable raters" in page and "higher than" not in page and "lower than" not in page


def test_both_orders_of_one_session_give_the_same(tmp_path):
    a, b = dyad(400, seed=1).values()
    write_raters(tmp_path, x=a, y=b)
    one, two = (
        analyze([tmp_path / f"{name}.csv" for name in names], ALIKE).pairs[0] for names in (("x", "y"), ("y", "x"))
    )
    assert one.discrepancy.mean == pytest.approx(two.discrepancy.mean)
    assert one.discrepancy.ci_low == pytest.approx(two.discrepancy.ci_low)
    assert one.congruence.r == pytest.approx(two.congruence.r)
    assert [w["difference"] for w in one.windows] == pytest.approx([w["difference"] for w in two.windows])


def test_groups_drawn_from_all_raters_hold_their_rate_and_find_what_is_there():
    below = found = 0
    for seed in range(80):
        rng = np.random.default_rng(seed)
        values = rng.normal(size=(20, 20))
        table = (values + values.T) / 2
        groups = np.repeat(np.arange(10), 2)
        below += regrouping_test(table, groups).p < 0.05
        for at in range(10):
            table[2 * at, 2 * at + 1] = table[2 * at + 1, 2 * at] = table[2 * at, 2 * at + 1] + 1
        found += regrouping_test(table, groups).p < 0.05
    assert below <= 10 and found >= 76


def test_a_sessions_value_is_the_mean_of_its_pairs():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(13, 13))
    table = (values + values.T) / 2
    groups = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4])
    means = [
        np.mean([table[i, j] for i, j in itertools.combinations(np.flatnonzero(groups == g), 2)]) for g in range(5)
    ]
    test = regrouping_test(table, groups)
    assert test.value == pytest.approx(np.mean(means)) and len(test.ranks) == 5
    assert test.chance == pytest.approx(table[np.triu_indices(13, 1)].mean())


def test_the_studys_own_file_or_an_option_says_it(study):
    assert "One-way" not in tracedial_here("analyze", study).out
    said = tracedial_here("analyze", study, "--interchangeable")
    assert said.code == 0 and "interchangeable raters: " in said.out, said.err
    with pytest.raises(AnalysisError, match="leave --surrogates out"):
        AnalysisSettings(interchangeable=True, surrogates="sliding")


def test_study_toml_says_it_for_its_sessions_too(tmp_path):
    from studies import make_study

    folder = make_study(tmp_path / "s", sessions=("s1",))
    path = folder / "study.toml"
    path.write_text(path.read_text("utf-8").replace("interchangeable = false", "interchangeable = true"), "utf-8")
    for place in (folder, folder / "sessions" / "s1"):
        done = tracedial_here("analyze", place, "--json")
        assert '"interchangeable": true' in done.out, done.err
