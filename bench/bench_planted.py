"""Ruptures found where they were planted, beside other methods at their best; falls found where none was planted; how
much of a repair's clip its rupture's has shown already.

Synthetic sessions of 2,700 s with two to five ruptures of a shape, of varied depth and width, in AR(1) noise of varied
SD and autocorrelation, on a drift and a slow wave, in whole ratings. Every peer has its best pipeline: smoothing,
settings and definition of an onset are those of a grid with the best F1 on tuning sessions of the shape that are not
counted. `TRACEDIAL_SESSIONS` is how many sessions of V's are counted (500); of each other shape a quarter.
"""

import itertools
import os
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from null_traces import ar1, attacks, held_for, stationary
from scipy.ndimage import uniform_filter1d
from scipy.signal import find_peaks

SESSIONS = int(os.environ.get("TRACEDIAL_SESSIONS", "500"))
TO_TUNE = 12
N = 2700
TOLERANCE_S = 10
SHAPES = ("V", "step, slow recovery", "double dip", "plateau", "box", "slow fall", "held knob")
CLIP_S = 120

Find = Callable[[np.ndarray], list[int]]
Session = tuple[np.ndarray, list[float]]


def run() -> None:
    """Print F1 of each method for each shape, falls found in noise, clips, and how often a low is called unusual."""
    from tracedial.measures.ruptures import EventSettings, find_events
    from tracedial.measures.v_shapes import v_shapes

    def lowest(rating: np.ndarray) -> list[int]:
        return [rupture.begins_s for rupture in find_events(rating, EventSettings()).ruptures]

    def edges(rating: np.ndarray) -> list[int]:
        return [rupture.onset_s for rupture in find_events(rating, EventSettings()).ruptures]

    sessions_of_vs: list[Session] = []
    for number, shape in enumerate(SHAPES):
        rng = np.random.default_rng([20262, number])
        tuning = [planted(rng, shape) for _ in range(TO_TUNE)]
        sessions = [planted(rng, shape) for _ in range(SESSIONS if shape == "V" else SESSIONS // 4)]
        sessions_of_vs = sessions_of_vs or sessions
        print(f"  {shape}: onsets within {TOLERANCE_S} s in {len(sessions)} sessions")
        _say(
            "falls with a return (tracedial, --rule vshape)",
            lambda rating: [v.onset_s for v in v_shapes(rating)],
            sessions,
        )
        for name, make, grid in PEERS:
            best = max(grid, key=lambda setting, make=make: _score(make(*setting), tuning)[2])
            _say(f"{name} {best}", make(*best), sessions)
        _say("three lowest segments, where the fall begins", lowest, sessions)
        _say("three lowest segments, their edges", edges, sessions)
    _in_noise()
    _clips([rating for rating, _ in sessions_of_vs[:200]])
    _clear()


def _score(find: Find, sessions: list[Session]) -> tuple[float, float, float]:
    from tracedial.measures.coincidence import match

    hits = found_count = true_count = 0
    for rating, onsets in sessions:
        found = [(int(at), int(at) + 1) for at in find(rating)]
        truth = [(round(at), round(at) + 1) for at in onsets]
        hits += len(match(found, truth, tolerance_s=TOLERANCE_S))
        found_count, true_count = found_count + len(found), true_count + len(truth)
    return hits / true_count, hits / max(found_count, 1), 2 * hits / (found_count + true_count)


def _say(name: str, find: Find, sessions: list[Session]) -> None:
    recall, precision, f1 = _score(find, sessions)
    print(f"    {name:64} recall {recall:.3f}, precision {precision:.3f}, F1 {f1:.3f}", flush=True)


def _in_noise() -> None:
    """Falls found in sessions without any rupture."""
    from tracedial.measures.v_shapes import v_shapes

    count = max(SESSIONS // 25, 4)
    print(f"  falls found in a session of noise, mean of {count} sessions of 2,900 s")
    kinds = stationary(2900) | {
        f"attack: {name}": make for name, (make, _) in attacks(2900).items() if "steps" not in name
    }
    for name, make in kinds.items():
        found = 0
        for seed in range(count):
            noise = make(np.random.default_rng(1000 + seed))
            in_units = name.startswith(("whole", "held in", "attack: clipped"))
            found += len(v_shapes(noise if in_units else np.round(15 + 10 * noise / np.nanstd(noise))))
        print(f"    {name:44} {found / count:.2f}", flush=True)


def _clips(ratings: list[np.ndarray]) -> None:
    """How much of a repair's clip its rupture's showed already."""
    from tracedial.measures.ruptures import find_events

    before, now, together, pairs = [], [], 0, 0
    for rating in ratings:
        found = find_events(rating)
        for rupture, repair in zip(found.ruptures, found.repairs, strict=True):
            if repair.onset_s is None or repair.clip is None:
                continue
            pairs += 1
            before.append(max(rupture.onset_s + CLIP_S - repair.onset_s, 0) / CLIP_S)
            if repair.clip == rupture.clip:
                together += 1
            else:
                now.append(max(rupture.clip[1] - repair.clip[0], 0) / CLIP_S)
    print(
        f"  of a repair's clip its rupture's had shown already: {np.median(before):.0%} (median of {pairs} pairs) in "
        f"version 0.1, {max(now, default=0.0):.0%} at most now; {together / max(pairs, 1):.0%} of pairs are one clip"
    )


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


def planted(rng: np.random.Generator, shape: str) -> Session:
    """A session with ruptures of a shape; returns its ratings and the onsets."""
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
        depth = rng.uniform(1.5, 6) * sd + 6
        corners, heights = corners_of(rng, shape)
        onset = rng.uniform(slots[at], max(slots[at] + 1, slots[at + 1] - corners[-1] - 30))
        rating = rating - depth * np.interp(seconds - onset, corners, heights, left=0, right=0)
        onsets.append(onset)
    if shape == "held knob":
        rating = held_for(rng, rating, 3, 15)
    return np.clip(np.round(rating), -50, 50), onsets


def corners_of(rng: np.random.Generator, shape: str) -> tuple[np.ndarray, list[float]]:
    """Seconds after the onset, and the share of the depth at each."""
    match shape:
        case "step, slow recovery":
            lengths, heights = [0.5, rng.uniform(90, 200)], [0, 1, 0]
        case "double dip":
            lengths = [rng.uniform(8, 40), rng.uniform(10, 30), rng.uniform(10, 30), rng.uniform(15, 80)]
            heights = [0, 1, rng.uniform(0.4, 0.7), 1, 0]
        case "plateau":
            lengths, heights = [rng.uniform(8, 40), rng.uniform(20, 90), rng.uniform(15, 60)], [0, 1, 1, 0]
        case "box":
            lengths, heights = [0.5, rng.uniform(20, 120), 0.5], [0, 1, 1, 0]
        case "slow fall":
            lengths, heights = [rng.uniform(60, 150), rng.uniform(10, 40)], [0, 1, 0]
        case _:
            lengths, heights = [rng.uniform(8, 60), rng.uniform(15, 120)], [0, 1, 0]
    return np.concatenate([[0.0], np.cumsum(lengths)]), list(map(float, heights))


@lru_cache(maxsize=4096)
def _changes(rating: bytes, model: str, smooth: int, penalty: float) -> list[int]:
    """Seconds of the changes that PELT finds on means of five seconds."""
    import ruptures

    slow = uniform_filter1d(np.frombuffer(rating), smooth)
    fives = slow[: len(slow) // 5 * 5].reshape(-1, 5).mean(axis=1)
    signal = (fives - fives.mean()) / max(float(fives.std()), 1e-9)
    ends = ruptures.Pelt(model=model, min_size=2, jump=1).fit(signal).predict(pen=penalty)
    return [5 * int(end or 0) for end in ends]


def pelt(model: str, smooth: int, penalty: float, drop_sd: float, crossing: float) -> Find:
    """Changes to lower levels, a run of them one fall, where it falls by a share of the trace's SD; the onset is where
    the smoothed trace last lay above a share of the fall before its lowest level."""

    def find(rating: np.ndarray) -> list[int]:
        edges = [0, *_changes(rating.tobytes(), model, smooth, penalty)]
        slow = uniform_filter1d(rating, 9)
        levels = [float(rating[a:b].mean()) for a, b in itertools.pairwise(edges) if b > a]
        onsets, at = [], 1
        while at < len(levels):
            first = at
            while at < len(levels) and levels[at] < levels[at - 1]:
                at += 1
            if at > first:
                fall = levels[first - 1] - levels[at - 1]
                above = np.flatnonzero(slow[: edges[at - 1] + 1] >= levels[at - 1] + crossing * fall)
                if fall >= drop_sd * rating.std():
                    onsets.append(int(above[-1]) if len(above) and crossing else edges[first])
            at = max(at, first + 1)
        return onsets

    return find


def window(width: int, penalty: float) -> Find:
    """The same by a sliding window; the penalty in variances of the steps."""
    import ruptures

    def find(rating: np.ndarray) -> list[int]:
        fitted = ruptures.Window(width=width, model="l2", jump=5).fit(rating)
        return _falls(rating, [int(end or 0) for end in fitted.predict(pen=penalty * np.var(np.diff(rating)))])

    return find


def peaks(smooth: int, prominence: float, unit: str, crossing: float) -> Find:
    """Prominent lows of the smoothed trace, a minute apart; the onset is where it last lay above a share of the
    prominence before. The prominence in scale units or in SD of the trace."""

    def find(rating: np.ndarray) -> list[int]:
        slow = uniform_filter1d(rating, smooth)
        least = prominence * float(rating.std()) if unit == "SD" else prominence
        lows, found = find_peaks(-slow, prominence=least, distance=60)
        onsets = []
        for low, depth in zip(lows, found["prominences"], strict=True):
            above = np.flatnonzero(slow[:low] >= slow[low] + crossing * depth)
            onsets.append(int(above[-1]) if len(above) else int(low))
        return onsets

    return find


HEIGHTS = [(least, "units") for least in (6, 9, 12, 16, 20)] + [(least, "SD") for least in (0.8, 1.2, 1.6, 2.0, 2.5)]
PENALTIES = [("l2", 1, 3), ("l2", 1, 8), ("l2", 1, 20), ("rbf", 1, 2), ("rbf", 1, 4), ("rbf", 1, 8), ("rbf", 15, 4)]
PEERS: list[tuple[str, Callable[..., Find], list[tuple]]] = [
    ("scipy.signal.find_peaks (smooth, prominence, crossing)", peaks,
     [(smooth, *height, crossing) for smooth in (9, 15, 25, 41, 61) for height in HEIGHTS
      for crossing in (0.5, 0.7, 0.8, 0.9)]),
    ("ruptures, PELT (model, smooth, penalty, drop, crossing)", pelt,
     [(*penalty, drop, crossing) for penalty in PENALTIES for drop in (0.0, 0.8, 1.2, 1.6)
      for crossing in (0.0, 0.5, 0.7, 0.8, 0.9)]),
    ("ruptures, window (width, penalty)", window, list(itertools.product((60, 100, 150), (5, 20, 60)))),
]  # fmt: skip


def _falls(rating: np.ndarray, ends: list[int]) -> list[int]:
    """The first of the changes to a lower level that follow one another."""
    edges = [0, *ends]
    levels = [float(rating[a:b].mean()) for a, b in itertools.pairwise(edges) if b > a]
    down = [False, *(levels[at] < levels[at - 1] for at in range(1, len(levels)))]
    return [edges[at] for at in range(1, len(levels)) if down[at] and not down[at - 1]]
