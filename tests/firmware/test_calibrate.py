from dial.calibrate import FINE, Calibration, Settler
from dial.direct import Direct
from dial.settings import Settings
from dialwire.errors import WireError
from dialwire.scale import ALLIANCE, Scale
from plain import raises


def test_the_ends_of_the_travel_are_the_ends_of_the_scale():
    calibration = Calibration(1000, 60000)
    assert calibration.position_64(1000, 101) == (0, False)
    assert calibration.position_64(60000, 101) == (100 * FINE, False)
    assert calibration.position_64(30500, 101) == (50 * FINE, False)


def test_a_knob_wired_the_other_way_is_turned_round():
    calibration = Calibration(60000, 1000)
    assert calibration.position_64(60000, 101)[0] == 0
    assert calibration.position_64(1000, 101)[0] == 100 * FINE


def test_beyond_the_ends_is_held_and_said():
    calibration = Calibration(10000, 50000)
    assert calibration.position_64(9900, 101) == (0, False)
    assert calibration.position_64(5000, 101) == (0, True)
    assert calibration.position_64(65535, 101) == (100 * FINE, True)


def test_homing_puts_the_knob_where_it_is_said_to_stand():
    for ends in ((0, 65535), (65535, 0), (3000, 60000), (64000, 300)):
        for index in (0, 30, 50, 100):
            for move in (-1200, -40, 0, 40, 1200):
                knob = Direct(lambda: 0, None)
                knob.follow(Settings("t", ALLIANCE, Calibration(*ends)))
                knob.raw = max(0, min(65535, ends[0] + (ends[1] - ends[0]) * index // 100 + move))
                ends_at_home = knob.home(index)
                assert ends_at_home is not None
                low, high = ends_at_home
                assert 0 <= low <= 65535 and 0 <= high <= 65535
                position, _ = Calibration(low, high).position_64(knob.raw, 101)
                assert abs(position - index * FINE) <= 1, (ends, index, move)
        knob.raw = (ends[0] + ends[1]) // 2 + 5000
        assert knob.home(50) is None
    # Nor may stretching the other side move an end far: the zero of this scale lies near its lowest mark.
    knob = Direct(lambda: 0, None)
    knob.follow(Settings("t", Scale(-10, 90), Calibration(0, 65535)))
    knob.raw = 2500
    assert knob.home(10) is None


def test_every_reading_fits_a_small_int():
    calibration = Calibration(0, 65535)
    for raw in (0, 1, 32768, 65535):
        assert 65535 * 255 * FINE < 1 << 30
        assert 0 <= calibration.position_64(raw, 256)[0] <= 255 * FINE


def test_nonsense_is_refused():
    raises(WireError, Calibration, 100, 200)
    raises(WireError, Calibration, -1, 60000)
    raises(WireError, Calibration, 0, 70000)


def test_a_still_knob_at_an_edge_does_not_flicker():
    settler = Settler(ALLIANCE)
    edge = 30 * FINE + FINE // 2
    seen = set()
    for step in range(200):
        seen.add(settler.settle(edge + (7 if step % 2 else -7)))
    assert len(seen) == 1


def test_a_knob_moved_by_one_step_is_followed():
    settler = Settler(ALLIANCE)
    settler.settle(20 * FINE)
    assert settler.settle(21 * FINE) == 21
    assert settler.settle(20 * FINE) == 20


def test_a_detent_is_landed_on_and_left():
    settler = Settler(ALLIANCE)
    settler.settle(99 * FINE)
    assert settler.detent_number() is None
    settler.settle(100 * FINE)
    assert settler.detent_number() == 2
    settler.settle(100 * FINE - 40)
    assert settler.detent_number() == 2
    settler.settle(99 * FINE)
    assert settler.detent_number() is None


def test_scales_that_a_dial_cannot_hold_are_refused():
    raises(WireError, Scale, 0, 0)
    raises(WireError, Scale, 0, 10, 3)
    raises(WireError, Scale, 0, 1000)
    raises(WireError, Scale, -50, 50, 1, ((-60, "x"),))
    raises(WireError, Scale, -50, 50, 1, ((0, "a"), (0, "b")))
    raises(WireError, Scale, -50, 50, 1, ((0, ""),))
    raises(WireError, Scale, -50, 50, 1, ((0, "ä" * 21),))
    raises(WireError, Scale, 0, 15, 1, tuple((i, "label of thirty bytes in all 01") for i in range(10)))
    assert Scale(-1000, 1000, 10).positions == 201


def test_positions_and_ratings_are_each_others_reverse():
    scale = Scale(-100, 100, 2)
    for index in range(scale.positions):
        assert scale.index_of(scale.rating_at(index)) == index
    raises(WireError, scale.index_of, 1)
    assert ALLIANCE.label_of(0) == "Neutral"
    assert ALLIANCE.label_of(1) == ""
