from dial.outbox import Outbox
from dialwire.message import EVENT_BUTTON, FLAG_EVENT


def fill(outbox, count):
    for k in range(count):
        outbox.add_sample(
            t_us=k * 1000000,
            flags=0,
            index=k % 101,
            low_index=0,
            high_index=100,
            n=50,
            total=(k % 101) * 50,
            raw=k % 65536,
        )


def test_two_hours_at_one_hertz_are_kept():
    outbox = Outbox()
    fill(outbox, 7200)
    assert outbox.oldest_seq == 0
    assert outbox.get(0, 7200 * 1000000) == (0, 0, 0, 0, 100, 50, 0, 0)
    assert outbox.get(7199, 7200 * 1000000)[0] == 7199 * 1000000


def test_the_oldest_goes_first():
    outbox = Outbox(10)
    fill(outbox, 25)
    assert (outbox.oldest_seq, outbox.next_seq) == (15, 25)
    assert outbox.get(15, 30 * 1000000)[0] == 15 * 1000000


def test_times_beyond_the_counters_wraps_come_back_whole():
    outbox = Outbox(4)
    for t_us in ((1 << 30) + 5, (1 << 32) - 1, (1 << 32) + 7, (1 << 40) + 123456):
        seq = outbox.add_event(t_us=t_us, event=EVENT_BUTTON, value=1)
        assert outbox.get(seq, t_us + 7000 * 1000000)[0] == t_us
        assert outbox.get(seq, t_us)[1] == FLAG_EVENT


def test_forgetting_keeps_counting():
    outbox = Outbox(10)
    fill(outbox, 5)
    outbox.forget()
    assert (outbox.oldest_seq, outbox.next_seq) == (5, 5)
    fill(outbox, 12)
    assert outbox.oldest_seq == 7


def test_a_record_a_little_later_than_now_is_not_one_of_twelve_days_ago():
    outbox = Outbox(4)
    seq = outbox.add_event(t_us=5000000, event=EVENT_BUTTON, value=1)
    assert outbox.get(seq, 4999999)[0] == 5000000
