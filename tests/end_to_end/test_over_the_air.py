"""A dial over the air, in a simulated time: from the firmware's radio, proof and seal to a recorded trace."""

import numpy as np
import pytest

from air import KEY, AirLine, air_dial, record_over_air
from dialwire import frame, message
from simulated_recording import stands
from tracedial.errors import LinkError
from tracedial.link.connection import DialConnection


def test_a_trace_is_recorded_and_nobody_near_can_read_it(tmp_path):
    script, ratings = stands(61)
    with AirLine(air_dial(tmp_path, script=script, drift_ppm=40.0)) as line:
        (summary,), (alignment,) = record_over_air(tmp_path / "s", line, end_s=60)
        heard = line.airs["simulated"].heard
    assert summary.complete
    assert alignment.trace.rating[:61].tolist() == ratings
    kinds = {payload[0] for payload in frame.Decoder().feed(heard)}
    # Of both directions one after the other, so that some frames are cut; none is of the plain wire.
    assert kinds <= set(message.OF_THE_AIR) and message.SEALED_TO_HOST in kinds
    assert b"Weakest" not in heard and KEY not in heard


def test_a_link_lost_ten_times_leaves_no_sample_missing(tmp_path):
    script, ratings = stands(401)
    with AirLine(air_dial(tmp_path, script=script)) as line:
        air = line.airs["simulated"]
        acts = [(10.0 + 40 * lost + part, act) for lost in range(9) for part, act in ((0, air.lose), (20, air.find))]
        # Ten: once the dial itself ends the connection.
        acts.append((385.0, air.end))
        (summary,), (alignment,) = record_over_air(tmp_path / "s", line, end_s=400, acts=acts)
    assert summary.complete and summary.link_losses == 10 and summary.recovered > 150
    assert alignment.trace.rating[:401].tolist() == ratings


def test_notifications_held_up_for_seconds_arrive_bunched_and_are_all_taken(tmp_path):
    script, ratings = stands(41)
    with AirLine(air_dial(tmp_path, script=script)) as line:
        air = line.airs["simulated"]

        def hold(held_up):
            air.held_up = held_up

        acts = [(at + part, lambda on=on: hold(on)) for at in (8.0, 20.0) for part, on in ((0, True), (2.5, False))]
        (summary,), (alignment,) = record_over_air(tmp_path / "s", line, end_s=40, acts=acts)
    assert summary.complete and summary.link_losses == 0
    assert alignment.trace.rating[:41].tolist() == ratings


@pytest.mark.parametrize("interval_s", [0.015, 0.045])
def test_the_stated_bound_holds_at_any_interval(tmp_path, interval_s):
    script, ratings = stands(121)
    settings = air_dial(tmp_path, script=script, drift_ppm=60.0)
    with AirLine(settings, interval_s=interval_s, seed=3) as line:
        (summary,), (alignment,) = record_over_air(tmp_path / "s", line, end_s=120)
    assert summary.complete and alignment.trace.rating[:121].tolist() == ratings
    # The ticks are on the seconds of the video as the host's fit has them: off by at most half a round trip.
    assert np.nanmax(np.abs(alignment.trace.offset_s[:121])) < 2 * interval_s


def test_two_dials_at_once(tmp_path):
    script, ratings = stands(31)
    dials = [air_dial(tmp_path, name, script=script) for name in ("a", "b")]
    with AirLine(*dials, interval_s=0.045) as line:
        summaries, alignments = record_over_air(tmp_path / "s", line, end_s=30, rate_hz=10.0)
    assert all(summary.complete for summary in summaries)
    assert [alignment.trace.rating[:31].tolist() for alignment in alignments] == [ratings, ratings]


def refused(line, name="simulated"):
    connection = DialConnection(f"ble:{name}", lambda event: None, time=line.time, open_port=line.open_port)
    with pytest.raises(LinkError) as caught:
        connection.wait_hello()
    connection.close()
    return str(caught.value)


def test_a_computer_that_is_not_introduced_is_told_what_to_do(tmp_path):
    with AirLine(air_dial(tmp_path)) as line:
        line.known.host_id = b"stranger"
        line.time.sleep(1.0)
        said = refused(line)
    assert "refused this computer" in said and "`tracedial introduce PORT`" in said


def test_a_device_with_another_key_is_not_taken_for_the_dial(tmp_path):
    with AirLine(air_dial(tmp_path, key=bytes(32))) as line:
        line.time.sleep(1.0)
        said = refused(line)
    assert "does not have the key of the dial" in said and "introduce" in said


def test_a_computer_that_lost_its_keys_is_told_what_to_do(tmp_path):
    with AirLine(air_dial(tmp_path)) as line:
        line.known.dials.clear()
        line.time.sleep(1.0)
        said = refused(line)
    assert "no key of the dial" in said and "introduce" in said


def test_a_dial_that_is_used_by_cable_says_so_over_the_air(tmp_path):
    with AirLine(air_dial(tmp_path)) as line:
        line.time.sleep(1.0)
        cable = DialConnection("simulated:1", lambda event: None, time=line.time, open_port=line.open_port)
        cable.wait_hello()
        said = refused(line)
        assert cable.client.connected
        cable.close()
        line.time.sleep(4.0)
        over_air = DialConnection("ble:simulated", lambda event: None, time=line.time, open_port=line.open_port)
        assert over_air.wait_hello().name == "simulated"
        over_air.close()
    assert "is in use (another program uses this dial over its cable now)" in said


def test_a_dial_that_knows_no_computer_has_its_radio_off(tmp_path):
    settings = air_dial(tmp_path)
    (tmp_path / "flash-simulated" / "settings_0.bin").unlink()
    with AirLine(settings) as line:
        line.time.sleep(1.0)
        with pytest.raises(LinkError, match="No dial was found"):
            line.open_port("ble:simulated")
