"""Clock: error of mapped sample times over a simulated hour of a USB serial link, 20 hours in all.

The models are in `tests/host/link_model.py`; the last lines are of recordings over links that change at any time.
LSL's method as its documentation has it: bursts of 8 exchanges every 5 s, the
quickest of each kept, straight lines between. "Mean of midpoints": the average of each such burst.
"""

import numpy as np

from link_model import any_recording, dial_time, exchanges, irregular
from tracedial.link.pulses import SYNC_INTERVAL_S
from tracedial.timing.clock import fit_stamps

HOURS = 20
CHANGING_LINKS = 10_000
HOUR_S = 3600.0
LSL_BURST = 8
LSL_EVERY_S = 5.0
LSL_WITHIN_S = 0.1


def run() -> None:
    """Print p99 and worst error of each method, and whether our own bound ever failed."""
    errors: dict[str, list[np.ndarray]] = {"ours": [], "LSL": [], "mean of midpoints": []}
    counts = {"ours": 0, "LSL": 0}
    broken, bounds = 0, []
    for seed in range(HOURS):
        rng = np.random.default_rng(seed)
        host_s = np.arange(0.0, HOUR_S, 1.0)
        dial_s = dial_time(host_s)
        stamps = exchanges(rng, irregular(rng, HOUR_S, SYNC_INTERVAL_S))
        fit = fit_stamps(*stamps, origin_ns=0, boot=1)
        error = fit.host_s(dial_s) - host_s
        bound = fit.bound_at(dial_s)
        broken += int(np.count_nonzero(np.abs(error) > bound))
        bounds.append(bound)
        errors["ours"].append(error)
        counts["ours"] += len(stamps[0])
        sent = (np.arange(0, HOUR_S, LSL_EVERY_S)[:, None] + np.arange(LSL_BURST) * LSL_WITHIN_S).ravel()
        burst = exchanges(rng, sent)
        counts["LSL"] += len(sent)
        for name, mapped in (("LSL", _lsl(burst, dial_s)), ("mean of midpoints", _means(burst, dial_s))):
            errors[name].append(mapped - host_s)
    print(f"  {'':22s}{'exchanges/h':>12s}{'p99':>10s}{'worst':>10s}")
    worst = {}
    for name, parts in errors.items():
        error = np.abs(np.concatenate(parts))
        worst[name] = (np.quantile(error, 0.99), error.max())
        count = counts.get(name, counts["LSL"]) / HOURS
        print(f"  {name:22s}{count:12.0f}{worst[name][0] * 1e3:7.3f} ms{worst[name][1] * 1e3:7.3f} ms")
    ratios = [worst["ours"][i] / worst["LSL"][i] for i in (0, 1)]
    print(f"  {'ours / LSL':34s}{ratios[0]:10.2f}{ratios[1]:10.2f}   (limit 0.50)")
    bound = np.concatenate(bounds)
    print(
        f"  stated bound {bound.min() * 1e3:.2f} to {bound.max() * 1e3:.2f} ms; errors beyond it: {broken}  (limit 0)"
    )
    broken, wider = changing_links()
    print(
        f"  {CHANGING_LINKS:,} recordings over links that change latency, asymmetry and load at any time: with an "
        f"error beyond the bound {broken}  (limit 0)\n"
        f"    bound beside half the quickest round trip: median {np.median(wider):.2f} times, "
        f"90 % within {np.quantile(wider, 0.9):.1f} times"
    )


def changing_links() -> tuple[int, list[float]]:
    """How many recordings over links that change at any time have an error beyond the bound; and of each, the bound's
    median beside half its quickest round trip."""
    broken, wider = 0, []
    for seed in range(CHANGING_LINKS):
        seconds, dial_of, stamps = any_recording(np.random.default_rng(seed))
        fit = fit_stamps(*stamps, origin_ns=0, boot=1)
        host_s = np.arange(0.0, seconds, 0.5)
        dial_s = dial_of(host_s)
        bound_s = fit.bound_at(dial_s)
        broken += bool(np.any(np.abs(fit.host_s(dial_s) - host_s) > bound_s))
        wider.append(float(np.median(bound_s)) / (float(fit.round_trip_s.min()) / 2))
    return broken, wider


def _lsl(burst: tuple, dial_s: np.ndarray) -> np.ndarray:
    offset, middle, round_trip = _midpoints(burst)
    quickest = np.argmin(round_trip, axis=1)
    rows = np.arange(len(quickest))
    return dial_s + np.interp(dial_s, middle[rows, quickest], offset[rows, quickest])


def _means(burst: tuple, dial_s: np.ndarray) -> np.ndarray:
    offset, middle, _ = _midpoints(burst)
    return dial_s + np.interp(dial_s, middle.mean(axis=1), offset.mean(axis=1))


def _midpoints(burst: tuple) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    sent, received, answered, back = (stamps.reshape(-1, LSL_BURST) for stamps in burst)
    offset = ((sent - received) + (back - answered)) / 2
    return offset, (received + answered) / 2, (back - sent) - (answered - received)
