from tracedial.emulation.simulated_time import TURN_NS, SimulatedTime
from tracedial.host_clock import wait_until


def test_time_passes_only_when_somebody_waits():
    time = SimulatedTime()
    began_ns = time.now_ns()
    assert time.now_ns() == began_ns
    time.sleep(1.5)
    assert time.now_ns() == began_ns + 1_500_000_000


def test_events_come_at_their_time_and_in_their_order():
    time, seen = SimulatedTime(), []
    began_ns = time.now_ns()

    def note(name):
        return lambda: seen.append((name, time.now_ns() - began_ns))

    time.at(began_ns + 30, note("late"))
    time.at(began_ns + 20, note("first of two"))
    time.at(began_ns + 20, note("second of two"))
    time.at(began_ns - 5, note("past"))
    time.at(began_ns + 10, lambda: time.at(began_ns + 15, note("told meanwhile")))
    time.sleep(25e-9)
    assert seen == [("past", 0), ("told meanwhile", 15), ("first of two", 20), ("second of two", 20)]
    time.sleep(25e-9)
    assert seen[-1] == ("late", 30)


def test_a_turn_is_repeated_after_its_pause_or_when_it_is_woken_until_it_is_done():
    time, seen = SimulatedTime(), []
    began_ns = time.now_ns()
    pauses = iter([0.0, 0.5, 0.0, None])

    def turn():
        seen.append(time.now_ns() - began_ns)
        return next(pauses)

    turning = time.repeat(turn, "test")
    time.at(began_ns + TURN_NS + 100_000_000, turning.wake)
    time.sleep(2)
    assert seen == [0, TURN_NS, TURN_NS + 100_000_000, 2 * TURN_NS + 100_000_000]


def test_a_turn_that_was_ended_is_not_repeated():
    time, seen = SimulatedTime(), []
    turning = time.repeat(lambda: seen.append(1) or 0.0, "test")
    time.sleep(TURN_NS / 1e9)
    turning.end(1.0)
    time.sleep(1)
    assert len(seen) == 2


def test_waiting_for_a_condition_ends_with_it_or_with_its_time():
    time = SimulatedTime()
    began_ns = time.now_ns()
    assert wait_until(lambda: time.now_ns() >= began_ns + 300_000_000, timeout_s=1.0, time=time)
    assert time.now_ns() - began_ns < 310_000_000
    assert not wait_until(lambda: False, timeout_s=1.0, time=time)
