"""Ruptures found where they were planted: recall and precision of onsets within 10 s, beside other methods at their
best.

1,000 synthetic sessions of 2,700 s with two to five V-shapes of varied depth and width, in AR(1) noise of varied SD and
autocorrelation, on a drift and a slow wave, in whole ratings. The peers' settings are those of a grid with the best F1
on the first 60 sessions; what they find counts where it can as an onset: for change points those after which the level
is lower, for peaks of the smoothed trace turned over the highest second in the 90 s before.
"""

import itertools

import numpy as np
from null_traces import ar1
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks

SESSIONS = 1000
TO_SET = 60
N = 2700
TOLERANCE_S = 10


def run() -> None:
    """Print recall, precision and F1 of each method."""
    from tracedial.measures.coincidence import match
    from tracedial.measures.rupture_rules import v_shapes

    _clear()
    rng = np.random.default_rng(20262)
    sessions = [planted(rng) for _ in range(SESSIONS)]

    def score(find, some) -> tuple[float, float, float]:
        hits = found_count = true_count = 0
        for rating, onsets in some:
            found = [(int(at), int(at) + 1) for at in find(rating)]
            truth = [(round(at), round(at) + 1) for at in onsets]
            hits += len(match(found, truth, tolerance_s=TOLERANCE_S))
            found_count, true_count = found_count + len(found), true_count + len(truth)
        precision, recall = hits / max(found_count, 1), hits / true_count
        return recall, precision, 2 * hits / (found_count + true_count)

    def say(name: str, figures: tuple[float, float, float]) -> None:
        recall, precision, f1 = figures
        print(f"  {name:58} recall {recall:.3f}, precision {precision:.3f}, F1 {f1:.3f}", flush=True)

    say("V-shapes (tracedial)", score(lambda rating: [v.onset_s for v in v_shapes(rating)], sessions))
    for name, make, grid in (
        ("ruptures, PELT", pelt, [(penalty,) for penalty in (300, 1000, 3000)]),
        ("ruptures, window", window, list(itertools.product((60, 100, 150), (5, 20, 60)))),
        ("scipy.signal.find_peaks", peaks, list(itertools.product((3, 5, 9, 15, 25), (12, 20, 26, 34, 44)))),
    ):
        best = max(grid, key=lambda setting: score(make(*setting), sessions[:TO_SET])[2])
        say(f"{name}, settings {best}", score(make(*best), sessions))


def _clear() -> None:
    """How often the lowest segment of a session is called unusual, without an event and with one of a minute."""
    from tracedial.measures.ruptures import find_events
    from tracedial.measures.unusual import CLEAR_P, depth_p

    print("  lowest segment with p < .05, 200 sessions each, AR(1) .95, SD 6, by the fall of a minute")
    for fall in (0, 15, 20, 30):
        clear = 0
        for seed in range(200):
            rating = np.round(15 + 6 * ar1(np.random.default_rng(seed), 0.95, N)).astype(float)
            rating[1500:1560] -= fall
            lowest = min(find_events(rating).ruptures, key=lambda rupture: rupture.rank)
            (p,) = depth_p(rating, 30, [lowest.mean])
            clear += p is not None and p < CLEAR_P
        print(f"    {fall} units: {clear / 200:.2f}", flush=True)


def planted(rng: np.random.Generator) -> tuple[np.ndarray, list[float]]:
    """A session with V-shapes; returns its ratings and the onsets."""
    seconds = np.arange(N)
    sd = rng.uniform(2, 5)
    noise = sd * ar1(rng, rng.uniform(0.7, 0.95), N)
    drift = rng.uniform(-15, 15) * np.linspace(-0.5, 0.5, N)
    wave = rng.uniform(0, 6) * np.sin(2 * np.pi * (rng.uniform(0.5, 1.5) * seconds / N + rng.uniform()))
    count = rng.integers(2, 6)
    slots = np.linspace(60, N - 260, count + 1)
    rating = 20 + noise + drift + wave
    onsets = []
    for at in range(count):
        fall, rise, depth = rng.uniform(8, 60), rng.uniform(15, 120), rng.uniform(1.5, 6) * sd + 6
        onset = rng.uniform(slots[at], max(slots[at] + 1, slots[at + 1] - fall - rise - 30))
        corners = [onset, onset + fall, onset + fall + rise]
        rating = rating - np.interp(seconds, corners, [0, depth, 0], left=0, right=0)
        onsets.append(onset)
    return np.clip(np.round(rating), -50, 50), onsets


def pelt(penalty: float):
    """Change points by PELT after which the level is lower."""
    import ruptures

    return lambda rating: _falls(rating, ruptures.Pelt(model="l2", min_size=5, jump=5).fit(rating).predict(pen=penalty))


def window(width: int, penalty: float):
    """The same by a sliding window; the penalty in variances of the steps."""
    import ruptures

    return lambda rating: _falls(
        rating,
        ruptures.Window(width=width, model="l2", jump=5).fit(rating).predict(pen=penalty * np.var(np.diff(rating))),
    )


def peaks(smooth: int, prominence: float):
    """The highest second in the 90 s before each prominent low of the smoothed trace."""

    def find(rating):
        slow = uniform_filter1d(rating, smooth)
        lows, _ = find_peaks(-slow, prominence=prominence)
        return [max(low - 90, 0) + int(np.argmax(slow[max(low - 90, 0) : low + 1])) for low in lows]

    return find


def _falls(rating, ends) -> list[int]:
    edges = [0, *map(int, ends)]
    levels = [rating[a:b].mean() for a, b in itertools.pairwise(edges)]
    return [edges[at] for at in range(1, len(levels)) if levels[at] < levels[at - 1]]
