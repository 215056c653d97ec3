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
