import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from tracedial.analysis.observer_codes import codes_of, observed
from tracedial.errors import AnalysisError
from tracedial.measures.coincidence import detection, in_event, kappa, match, overlap, read_codes


def test_the_same_events_coincide_beyond_chance_and_others_do_not():
    events = [(300, 330), (900, 930), (1500, 1530)]
    same = overlap(events, events, n_seconds=3000)
    assert (same.overlap, same.f1, same.kappa, same.matched) == (1.0, 1.0, pytest.approx(1.0), 3)
    assert same.p < 0.05 and same.overlap_chance < 0.1
    other = overlap(events, [(600, 630), (1200, 1230), (2000, 2030)], n_seconds=3000)
    assert (other.overlap, other.matched) == (0.0, 0) and other.p == pytest.approx(1.0)


def test_the_overlap_is_seconds_in_both_of_seconds_in_either():
    found = overlap([(100, 130)], [(110, 140)], n_seconds=600)
    assert found.overlap == pytest.approx(20 / 40) and found.matched == 1
    assert overlap([(100, 130)], [(111, 140)], n_seconds=600).matched == 0


def test_chance_is_the_mean_over_all_shifts_by_a_minute_and_more():
    a, b = [(50, 90)], [(200, 260)]
    found = overlap(a, b, n_seconds=400)
    shares = []
    for shift in range(60, 341):
        x, y = in_event(a, 400), np.roll(in_event(b, 400), shift)
        shares.append(np.sum(x * y) / np.sum(np.maximum(x, y)))
    assert found.overlap_chance == pytest.approx(np.mean(shares), abs=1e-12)


@pytest.mark.parametrize(("a", "b", "said"), [([], [], "no events"), ([(0, 5)], [], "one of the two")])
def test_without_events_there_is_no_overlap(a, b, said):
    found = overlap(a, b, n_seconds=500)
    assert found.overlap is None and found.p is None and said in found.reason


def test_each_event_is_matched_once_and_as_many_as_can_be():
    # The first of a could take either; only if it takes the first is the second left for the other.
    assert match([(10, 20), (18, 30)], [(12, 20), (26, 40)], tolerance_s=8) == [(0, 0), (1, 1)]
    assert match([(10, 20)], [(12, 20), (11, 40)], tolerance_s=8) == [(0, 1)]


def test_kappa_is_scikits():
    rng = np.random.default_rng(1)
    a, b = (rng.random((2, 300)) < 0.3).astype(float)
    assert kappa(a, b) == pytest.approx(cohen_kappa_score(a, b), abs=1e-12)
    assert kappa(np.zeros(9), np.zeros(9)) is None


def test_an_observers_sheet_is_compared_with_what_the_rule_found(tmp_path):
    path = tmp_path / "codes.csv"
    path.write_text(
        "onset_s,end_s,code,notes\n100.4,160,withdrawal,x\n\n1000,1030,confrontation,\n2000,2030,withdrawal,\n"
    )
    codes = read_codes(path)
    assert (codes[0].onset_s, codes[0].end_s, codes[0].code) == (100, 160, "withdrawal") and len(codes) == 3
    coded = [(c.onset_s, c.end_s) for c in codes]
    # The first is hit by its seconds, the second by its onset, the third is missed; one is a false alarm.
    found = detection([(150, 180), (991, 1000), (2500, 2530)], coded, n_seconds=3000)
    assert (found.hits, found.misses, found.false_alarms) == (2, 1, 1)
    assert (found.precision, found.recall, found.f1) == (pytest.approx(2 / 3),) * 3
    assert detection([], coded, n_seconds=3000).precision is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("start,end\n1,2\n", "must begin with onset_s,end_s,code"),
        ("onset_s,end_s,code\n1,x,y\n", "Line 2"),
        ("onset_s,end_s,code\n5,3,y\n", "cannot be"),
        ("onset_s,end_s,code\nnan,3,y\n", "cannot be"),
        ("", "must begin"),
    ],
)
def test_an_odd_sheet_is_a_sentence(tmp_path, text, said):
    path = tmp_path / "codes.csv"
    path.write_text(text)
    with pytest.raises(AnalysisError, match=said):
        read_codes(path)


def test_codes_are_compared_by_their_kind_and_their_rater(tmp_path):
    sheet = tmp_path / "codes.csv"
    sheet.write_text(
        "onset_s,end_s,code,rater\n10,20,withdrawal,\n50,60,confrontation,client\n80,90,resolution,\n", "utf-8"
    )
    codes = read_codes(sheet)
    assert [code.kind for code in codes] == ["rupture", "rupture", "repair"]
    client = observed("client", codes, [(12, 20), (80, 90)], [(81, 95)], n_seconds=100, tolerance_s=5)
    assert (client.ruptures.hits, client.ruptures.misses, client.ruptures.false_alarms) == (1, 1, 1)
    assert client.repairs and client.repairs.hits == 1
    assert client.by_code["withdrawal"] == {"kind": "rupture", "coded": 1, "hits": 1}
    assert client.by_code["confrontation"]["hits"] == 0 and client.by_code["resolution"]["kind"] == "repair"
    therapist = observed("therapist", codes, [(12, 20)], [], n_seconds=100, tolerance_s=5)
    assert therapist.ruptures.misses == 0


def test_a_sheet_of_several_sessions_gives_each_its_own_codes(tmp_path):
    sheet = tmp_path / "codes.csv"
    sheet.write_text("onset_s,end_s,code,session,kind\n1,2,x,s1,\n3,4,y,s2,Repair\n", "utf-8")
    codes = read_codes(sheet)
    assert [code.code for code in codes_of(codes, "s2", sheet)] == ["y"] and codes[1].kind == "repair"
    with pytest.raises(AnalysisError, match="several sessions"):
        codes_of(codes, None, sheet)
    sheet.write_text("onset_s,end_s,code,kind\n1,2,x,break\n", "utf-8")
    with pytest.raises(AnalysisError, match="'break'; it must be rupture or repair"):
        read_codes(sheet)
