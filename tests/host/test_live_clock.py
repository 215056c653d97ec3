"""The clock that is fitted while exchanges arrive: from this boot, from the last minutes, and only if a clock fits."""

import pytest

from tracedial.link.messages import Hello, SyncExchange
from tracedial.timing.live_clock import LiveClock, fit_boots

BEGAN_NS = 5_000_000_000


def hello(boot):
    return Hello(0, (1, 0), boot, "", "", "", "", "", "", 0, 1, 200, None)


def exchange(at_s, *, boot=1, dial_ahead_s=3.0, rate=1.0, way_s=1e-3):
    """An exchange that sets out `at_s` after the beginning; the dial reads `dial_ahead_s` more then."""
    sent_ns = BEGAN_NS + round(at_s * 1e9)
    dial_us = round(((at_s + way_s) * rate + dial_ahead_s) * 1e6)
    return SyncExchange(boot, 0, sent_ns, dial_us, dial_us, sent_ns + round(2 * way_s * 1e9))


def heard(*exchanges, first_exchanges=5):
    clock = LiveClock(origin_ns=BEGAN_NS, first_exchanges=first_exchanges)
    clock.hear(hello(1))
    for one in exchanges:
        clock.hear(one)
    return clock


def test_the_offset_is_added_to_dial_time_to_get_host_time():
    clock = heard(*(exchange(0.1 * n) for n in range(10)))
    fit = clock.refit(BEGAN_NS + 10**9)
    assert fit is not None and float(fit.host_s(4.0)) == pytest.approx(1.0, abs=1e-4)
    bound_s = clock.bound_s(BEGAN_NS + 10**9)
    assert bound_s is not None and 0 < bound_s < 2e-3


def test_too_few_exchanges_make_no_clock_and_unmake_none():
    clock = heard(*(exchange(0.1 * n) for n in range(4)))
    assert not clock.enough and clock.refit(BEGAN_NS + 10**9) is None and clock.bound_s(BEGAN_NS) is None
    clock.hear(exchange(0.5))
    fit = clock.refit(BEGAN_NS + 10**9)
    assert clock.enough and fit is not None
    # Ten minutes later none of them counts any more; what was known still does.
    assert clock.refit(BEGAN_NS + 600 * 10**9) is fit


def test_a_reset_begins_anew():
    clock = heard(*(exchange(0.1 * n) for n in range(10)))
    assert clock.refit(BEGAN_NS + 10**9)
    assert not clock.hear(hello(1)) and clock.fit
    assert clock.hear(hello(2))
    assert clock.fit is None and clock.exchanges == [] and clock.refit(BEGAN_NS + 10**9) is None


def test_an_exchange_of_the_boot_before_is_not_of_this_clock():
    clock = heard(first_exchanges=3)
    clock.hear(hello(2))
    for n in range(6):
        clock.hear(exchange(0.1 * n, boot=1 if n < 3 else 2, dial_ahead_s=100.0 if n < 3 else 3.0))
    fit = clock.refit(BEGAN_NS + 10**9)
    assert fit is not None and fit.boot == 2 and float(fit.host_s(4.0)) == pytest.approx(1.0, abs=1e-3)


def test_what_runs_at_no_clocks_rate_is_refused_in_a_sentence():
    clock = heard(*(exchange(0.5 * n, rate=1.5) for n in range(20)))
    assert clock.refit(BEGAN_NS + 10 * 10**9) is None or not clock.runs_like_clock()
    assert not clock.runs_like_clock()
    assert heard(*(exchange(0.5 * n, rate=1.0001) for n in range(20))).runs_like_clock()


def test_a_fit_is_used_again_for_two_seconds():
    clock = heard(*(exchange(0.1 * n) for n in range(10)))
    fit = clock.fit_at(BEGAN_NS + 10**9)
    clock.hear(exchange(1.1))
    assert clock.fit_at(BEGAN_NS + 2 * 10**9) is fit
    assert clock.fit_at(BEGAN_NS + 4 * 10**9) is not fit


def test_each_boot_has_its_clock_or_its_reason():
    exchanges = [exchange(0.1 * n, boot=1) for n in range(10)] + [exchange(0.1 * n, boot=2) for n in range(2)]
    fits, unfitted = fit_boots(exchanges, [1, 2], origin_ns=BEGAN_NS)
    assert list(fits) == [1] and list(unfitted) == [2] and "too few" in str(unfitted[2])
