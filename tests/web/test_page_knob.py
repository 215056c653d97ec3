"""The page's knob and the dial's give the same ratings for the same turns: the page's code on node, the dial's here."""

import hypothesis
from hypothesis import strategies as st

from dial.calibrate import Calibration, Settler
from dialwire.scale import ALLIANCE, Scale
from page_code import answers

RAW_TOP = 65535


def of_the_page(turns):
    """The ratings of the page's dial for `turns`: (scale, raw readings of a knob from 0 to 65535)."""
    told = [
        {
            "scale": {"low": s.low, "high": s.high, "step": s.step, "detents": s.detents},
            "positions": [raw / RAW_TOP for raw in raws],
        }
        for s, raws in turns
    ]
    return answers("page_knob.mjs", told)


def of_the_dial(scale, raws):
    settler = Settler(scale)
    calibration = Calibration(0, RAW_TOP)
    # Where a page's knob begins.
    begins = min(max(0, scale.low), scale.high)
    settler.settle(calibration.position_64(raw_of(scale, begins), scale.positions)[0])
    return [scale.rating_at(settler.settle(calibration.position_64(raw, scale.positions)[0])) for raw in raws]


def raw_of(scale, rating):
    return round(RAW_TOP * (rating - scale.low) / (scale.high - scale.low))


def every_value(scale):
    return [*range(scale.low, scale.high + 1, scale.step), *range(scale.high, scale.low - 1, -scale.step)]


@st.composite
def scales(draw):
    size = draw(st.integers(2, 256))
    step = draw(st.integers(1, 10))
    low = step * draw(st.integers(-size, size))
    places = sorted(draw(st.sets(st.integers(0, size - 1), max_size=16)))
    return Scale(low, low + step * (size - 1), step, tuple((low + step * place, "x") for place in places))


def turns():
    one = st.tuples(scales(), st.lists(st.integers(0, RAW_TOP), max_size=200))
    return st.lists(one, min_size=1, max_size=60)


@hypothesis.settings(max_examples=10)
@hypothesis.given(turns())
def test_turned_anyhow_they_agree(turns):
    assert of_the_page(turns) == [of_the_dial(scale, raws) for scale, raws in turns]


def test_turned_slowly_they_agree():
    slowly = [*range(0, RAW_TOP + 1, 64), *range(RAW_TOP, -1, -64)]
    turns = [(scale, slowly) for scale in (ALLIANCE, Scale(0, 10), Scale(1, 7), Scale(-50, 50, 10), Scale(0, 255))]
    assert of_the_page(turns) == [of_the_dial(scale, raws) for scale, raws in turns]


@hypothesis.settings(max_examples=5)
@hypothesis.given(st.lists(scales(), min_size=1, max_size=40))
def test_each_value_is_given_by_both_where_the_knob_rests_on_it(scales):
    turns = [(scale, [raw_of(scale, rating) for rating in every_value(scale)]) for scale in scales]
    assert of_the_page(turns) == [of_the_dial(*turn) for turn in turns] == [every_value(scale) for scale in scales]
