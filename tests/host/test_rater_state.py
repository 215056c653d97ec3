"""The state shown for a rater during a recording: the worst current problem, and no past one."""

import itertools

import hypothesis.strategies as st
from hypothesis import given

from lines import Bench
from tracedial.recording.rater_state import WORDS, RaterState, Trouble

TROUBLES = st.sampled_from(list(Trouble))
VALUES = {"said": "x", "messages": 3, "name": "n", "unique_id": "i", "port": "p", "kind": "k", "text": "t"}


def test_each_trouble_has_its_sentence():
    assert set(WORDS) == set(Trouble)


@given(st.lists(st.tuples(st.booleans(), TROUBLES)))
def test_the_worst_of_what_is_wrong_now_is_shown(changes):
    state = RaterState("client", None)
    wrong = set()
    for begins, trouble in changes:
        if begins:
            state.set(trouble, **VALUES)
            wrong.add(trouble)
        else:
            state.clear(trouble)
            wrong.discard(trouble)
        assert state.problem == (WORDS[min(wrong)].format(**VALUES) if wrong else "")


@given(st.permutations(list(Trouble)))
def test_what_ends_shows_what_goes_on_behind_it(order):
    state = RaterState("client", None)
    for trouble in order:
        state.set(trouble, **VALUES)
    for trouble, after in itertools.pairwise(sorted(order)):
        state.clear(trouble)
        assert state.problem == WORDS[after].format(**VALUES)


def test_a_wire_that_breaks_and_is_mended_is_said_and_then_no_more(tmp_path):
    bench = Bench(tmp_path)
    stream = bench.add("client")
    said = []

    def look():
        (state,) = bench.recorder.states
        if not said or said[-1] != state.problem:
            said.append(state.problem)

    stream.is_broken = lambda: 4 < stream.seconds() < 8
    bench.record(on_turn=look)
    assert said == ["", "The knob's wire is broken: nothing is being rated.", ""]
