"""The model of a USB serial link that the clock is measured on (also by `make bench`).

1 ms each way, an exponential tail of 0.4 ms, one leg in a hundred late by 10 ms on average (so one exchange in fifty);
a dial 100 ppm off whose clock swings by ±2 ms over 30 minutes.
"""

import numpy as np

LATENCY_S = 1e-3
TAIL_S = 0.4e-3
LATE_SHARE = 0.01
LATE_S = 10e-3
DIAL_TURNAROUND_S = 50e-6


def dial_time(host_s, *, drift=100e-6, wander_s=2e-3, wander_period_s=1800.0, start_s=1000.0):
    """The dial's clock at a host time."""
    return start_s + host_s * (1 + drift) + wander_s * np.sin(2 * np.pi * host_s / wander_period_s)


def exchanges(rng, sent_s, **clock):
    """The four timestamps of exchanges sent at `sent_s`: arrays host sent, dial received, dial sent, host received."""
    there, back = (_leg(rng, len(sent_s)) for _ in range(2))
    received = sent_s + there
    answered = received + DIAL_TURNAROUND_S
    return sent_s, _whole_us(dial_time(received, **clock)), _whole_us(dial_time(answered, **clock)), answered + back


def irregular(rng, seconds, gaps):
    """Send times of our own scheme: a gap drawn evenly from `gaps` before each."""
    times = np.cumsum(rng.uniform(*gaps, int(seconds / np.mean(gaps) * 1.2) + 10))
    return times[times < seconds]


def _leg(rng, n):
    return LATENCY_S + rng.exponential(TAIL_S, n) + (rng.random(n) < LATE_SHARE) * rng.exponential(LATE_S, n)


def _whole_us(seconds):
    return np.floor(seconds * 1e6) / 1e6


def any_recording(rng):
    """A recording over a link that may change at any time: `(seconds, dial_of_host, stamps)`.

    Each direction has up to three phases that add latency, jitter, bunching by a busy machine, and may overlap; the
    link may be lost meanwhile; an exchange that takes longer than 2 s is given up, as the host does. The dial is up to
    200 ppm off, and its rate swings by up to 9 ppm.
    """
    while True:
        seconds = float(rng.choice([10.0, 60.0, 90.0, 300.0, 900.0]))
        first = np.cumsum(rng.uniform(0.02, 0.06, 30))
        sent = np.concatenate([first, first[-1] + irregular(rng, seconds, (0.35, 0.95))])
        sent = sent[sent < seconds]
        if rng.random() < 0.3:
            lost = rng.uniform(0, seconds)
            sent = sent[(sent < lost) | (sent > lost + rng.exponential(seconds / 3))]
        drift, period_s, phase = rng.uniform(-200e-6, 200e-6), rng.uniform(300, 3600), rng.uniform(0, 2 * np.pi)
        swing_s = rng.uniform(0, 9e-6) * period_s / (2 * np.pi)

        def dial_of(host_s, drift=drift, swing_s=swing_s, period_s=period_s, phase=phase):
            return 1000 + host_s * (1 + drift) + swing_s * np.sin(2 * np.pi * host_s / period_s + phase)

        latency_s, tail_s = 10 ** rng.uniform(-4, -1.5), 10 ** rng.uniform(-5, -2)
        # Bytes do not overtake each other.
        received = np.maximum.accumulate(sent + _changing_leg(rng, sent, latency_s, tail_s, seconds))
        answered = received + DIAL_TURNAROUND_S
        back = np.maximum.accumulate(answered + _changing_leg(rng, answered, latency_s, tail_s, seconds))
        kept = back - sent < 2.0
        if np.count_nonzero(kept) >= 3:
            dial_in, dial_out = (_whole_us(dial_of(at)[kept]) for at in (received, answered))
            return seconds, dial_of, (sent[kept], dial_in, dial_out, back[kept])


def _changing_leg(rng, at_s, latency_s, tail_s, seconds):
    leg = latency_s + rng.exponential(tail_s, len(at_s))
    for _ in range(rng.integers(0, 4)):
        begins_s = rng.uniform(-5, seconds)
        own = (at_s >= begins_s) & (at_s < begins_s + rng.exponential(seconds / 2))
        added_s, jitter_s, late_share = (
            rng.choice([0, 0.01, 0.1, 0.5]),
            rng.choice([0, 1e-3, 0.05, 0.3]),
            rng.choice([0, 0.02, 0.5]),
        )
        n = len(at_s)
        late = (rng.random(n) < late_share) * rng.exponential(10 ** rng.uniform(-4, -0.3), n)
        leg += own * (added_s * rng.random() + rng.random(n) * jitter_s * rng.random() + late)
    return leg
