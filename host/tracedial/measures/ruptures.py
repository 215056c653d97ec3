"""Ruptures and repairs in a trace.

A **rupture** is one of the lowest-rated segments of the session (Trusty 2023 chose three by eye; this module states a
rule). A **repair** is where the rating begins to rise again after it. Everything needs only a trace, and the output
lists every parameter. `docs/measures.md` has the definitions with their reasons.
"""

import itertools
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial.errors import AnalysisError
from tracedial.measures import rupture_rules as event_rules
from tracedial.measures.clips import PAIRS, Window, windows
from tracedial.measures.falls import fall_begins
from tracedial.measures.rupture_rules import MAD_TO_SD

Floats = NDArray[np.float64]

MAX_SETTING = 36000

TROUGH_SHARE = 0.5
"""Two ruptures lie in one trough where the rating between them regains less than this share of the fall."""

RULES = {
    "greedy": "lowest mean first, earliest of equals, none nearer than separation_s to another (greedy)",
    "optimal": "the segments, none nearer than separation_s to another, whose means have the lowest sum (dynamic "
    "programming), earliest of equals",
    "vshape": "falls of drop_sd SD or more with their return, deepest first; from the fall's beginning to its nadir",
    "chart": "segments of segment_s whose mean lies below an individuals chart's lower limit, lowest first",
    "changepoints": "stretches between changes of level (ruptures library, PELT, L2), lowest mean first",
}
"""What each rule for ruptures looks for."""


@dataclass(frozen=True)
class EventSettings:
    """The parameters of both rules.

    Ruptures: found by `rule` (see `RULES`). For the lowest segments: `count` segments of `segment_s` seconds, no two
    nearer than `separation_s`, each with at least the share `min_valid` rated; the first `trim_start_s` seconds are
    left out. For the other rules, `count` is how many are kept; `drop_sd` and `return_share` belong to `v_shapes`.
    Repairs: the trace is smoothed by a centred mean over `smooth_s` seconds; a repair is a rise of at least `rise`
    (None: the larger of 2 scale steps and half a robust SD) above the nadir that lasts `hold_s` seconds. The repaired
    fraction compares the levels before and after: the highest smoothed ratings within `level_s` seconds. Clips are
    `clip_s` seconds long or end where the next clip begins; a rupture and its repair have clips of their own or one, by
    `clip_pairs` (see `clips.PAIRS`).
    """

    rule: str = "greedy"
    count: int = 3
    segment_s: int = 30
    separation_s: int = 30
    min_valid: float = 0.8
    trim_start_s: int = 0
    smooth_s: int = 9
    rise: float | None = None
    hold_s: int = 5
    level_s: int = 120
    clip_s: int = 120
    clip_pairs: str = "apart"
    drop_sd: float = 1.0
    return_share: float = 0.5

    def __post_init__(self) -> None:
        for name, least in (("count", 0), ("segment_s", 1), ("separation_s", 0), ("trim_start_s", 0), ("smooth_s", 1),
                            ("hold_s", 1), ("level_s", 1), ("clip_s", 1)):  # fmt: skip
            if getattr(self, name) < least:
                raise AnalysisError(f"The setting {name} is {getattr(self, name)}; it must be at least {least}.")
            if getattr(self, name) > MAX_SETTING:
                raise AnalysisError(f"The setting {name} is {getattr(self, name)}; it must be at most {MAX_SETTING}.")
        if self.rule not in RULES:
            raise AnalysisError(f"The rule of ruptures is {self.rule!r}; it must be one of {', '.join(RULES)}.")
        if self.clip_pairs not in PAIRS:
            raise AnalysisError(f"The setting clip_pairs is {self.clip_pairs!r}; it must be one of {', '.join(PAIRS)}.")
        for name in ("drop_sd", "return_share"):
            if not 0 <= getattr(self, name) <= 10:
                raise AnalysisError(f"The setting {name} is {getattr(self, name)}; it must be within 0 and 10.")
        if not 0 < self.min_valid <= 1:
            raise AnalysisError(f"The setting min_valid is {self.min_valid}; it must be above 0 and at most 1.")
        if self.smooth_s % 2 == 0:
            raise AnalysisError(f"The setting smooth_s is {self.smooth_s}; a centred mean has an odd width.")
        if self.rise is not None and not self.rise > 0:
            raise AnalysisError(f"The setting rise is {self.rise}; it must be above 0.")

    def as_parameters(self) -> dict[str, Any]:
        """The parameters and the wording of the rules, for the output."""
        return {
            "rupture_rule": RULES[self.rule],
            "repair_rule": "first rise of the smoothed trace after the nadir that reaches `rise` and lasts hold_s, "
            "dated back to the last local minimum",
            "begins_rule": "a level, a line down and a low level are fitted to the ratings before the nadir by least "
            "squares: where the line begins",
            **asdict(self),
        }


SOURCES = ("rule", "moved", "added")
"""Where an event comes from: as the rule found it; found by the rule and moved by a person; added by a person."""


@dataclass(frozen=True)
class Rupture:
    """A lowest-rated segment: seconds `onset_s` (included) to `end_s` (excluded) of the video.

    `rank` 1 is the lowest; `mean` of its ratings; `nadir_s` the second of its lowest smoothed rating; `valid_share` of
    its seconds rated. `begins_s`: where the fall into the segment begins (`falls.py`), before its edge or after.
    `same_trough_as`: the rank of a lower rupture in the same trough, where the rating did not return in between.
    `clip`: the window to replay, cut where the next window begins and at the video's end (`clip_cut` says so). `p`, if
    computed: how often noise like the trace's own has any segment as low (`unusual.py`). `segment` is its name in a
    study, `source` one of `SOURCES`.
    """

    rank: int
    onset_s: int
    end_s: int
    nadir_s: int
    nadir: float
    mean: float
    valid_share: float
    clip: tuple[float, float]
    clip_cut: bool
    begins_s: int
    same_trough_as: int | None = None
    p: float | None = None
    segment: str = ""
    source: str = "rule"


@dataclass(frozen=True)
class Repair:
    """What followed the rupture of that `rank`. If the rating does not rise before the next rupture (or the end),
    `onset_s` is None and `reason` says so.

    `end_s` is one segment's length after the onset, cut at the next rupture or the video's end. `repaired_fraction`:
    how much of the fall from the level before the rupture was regained: (highest smoothed rating within `level_s` after
    the nadir, and before the next rupture, minus nadir) / (highest within `level_s` before the onset minus nadir); None
    where there was no fall.
    """

    rank: int
    onset_s: int | None
    end_s: int | None
    nadir_s: int
    mean: float | None
    rise: float
    repaired_fraction: float | None
    clip: tuple[float, float] | None
    clip_cut: bool
    reason: str
    segment: str = ""
    source: str = "rule"


@dataclass(frozen=True)
class Events:
    """Ruptures in the order of the video, the repair after each, and sentences about what could not be found."""

    ruptures: list[Rupture]
    repairs: list[Repair]
    rise: float | None
    notes: list[str]


def find_events(rating: Floats, settings: EventSettings | None = None, *, step: float = 1.0) -> Events:
    """Ruptures and repairs in `rating`, an array of shape (n_seconds,) with NaN where nothing was rated; `step` is that
    of the scale.

    Source: Trusty (2023) for the idea; the rules are our own, `docs/measures.md`.
    """
    settings = settings or EventSettings()
    rating = np.asarray(rating, dtype=float)
    notes: list[str] = []
    valid = ~np.isnan(rating)
    if not valid.any():
        return Events([], [], None, ["Nothing was rated."])
    if np.ptp(rating[valid]) == 0:
        return Events([], [], None, ["The rating never changes: no segment is lower than another."])
    found = _by_rule(rating, settings)
    if len(found) < settings.count and settings.rule in ("greedy", "optimal"):
        notes.append(
            f"Only {len(found)} of {settings.count} segments of {settings.segment_s} s fit with "
            f"{settings.separation_s} s between them and {settings.min_valid:.0%} of their seconds rated."
        )
    elif not found:
        notes.append(f"The rule found nothing: {RULES[settings.rule]}.")
    smooth = smoothed(rating, settings.smooth_s)
    rise = least_rise(rating, settings, step=step)
    ruptures = []
    for rank, (onset, end) in enumerate(found, start=1):
        own = rating[onset:end]
        if np.isnan(own).all():
            continue
        mean, share = float(np.nanmean(own)), float(np.mean(~np.isnan(own)))
        nadir = onset + int(np.nanargmin(smooth[onset:end]))
        nowhere = (onset, end)
        ruptures.append(
            Rupture(
                rank=rank,
                onset_s=onset,
                end_s=end,
                nadir_s=nadir,
                nadir=float(smooth[nadir]),
                mean=mean,
                valid_share=share,
                clip=nowhere,
                clip_cut=False,
                begins_s=onset,
            )
        )
    ruptures.sort(key=lambda rupture: rupture.onset_s)
    limits = [*[rupture.onset_s for rupture in ruptures], len(rating)][1:]
    repairs = [
        _repair_after(rupture, rating=rating, smooth=smooth, until=until, rise=rise, settings=settings)
        for rupture, until in zip(ruptures, limits, strict=True)
    ]
    ruptures = _with_troughs(_with_beginnings(ruptures, repairs, rating, settings), smooth, settings)
    return Events(*_with_clips(ruptures, repairs, len(rating), settings), rise, notes + _trough_notes(ruptures))


def _with_beginnings(
    ruptures: list[Rupture], repairs: list[Repair], rating: Floats, settings: EventSettings
) -> list[Rupture]:
    """The ruptures, each with the second in which its fall begins: after the repair of the previous rupture, or after
    that rupture's nadir."""
    found: list[Rupture] = []
    from_s = 0
    for rupture, repair in zip(ruptures, repairs, strict=True):
        if settings.rule == "vshape":
            begins_s = rupture.onset_s
        else:
            begins_s = fall_begins(rating, nadir_s=rupture.nadir_s, from_s=from_s)
        found.append(replace(rupture, begins_s=begins_s))
        from_s = rupture.nadir_s if repair.onset_s is None else max(repair.onset_s, rupture.nadir_s)
    return found


def _with_troughs(ruptures: list[Rupture], smooth: Floats, settings: EventSettings) -> list[Rupture]:
    """Mark ruptures of one trough: those between which the rating regains less than half of the fall into the first."""
    troughs: list[list[Rupture]] = []
    for rupture in ruptures:
        if troughs:
            first, last = troughs[-1][0], troughs[-1][-1]
            before = smooth[max(0, first.begins_s - settings.smooth_s) : first.begins_s + settings.smooth_s]
            low = min(*(one.nadir for one in troughs[-1]), rupture.nadir)
            between = smooth[last.nadir_s : rupture.nadir_s + 1]
            if np.any(~np.isnan(before)) and np.nanmax(between) - low < TROUGH_SHARE * (np.nanmax(before) - low):
                troughs[-1].append(rupture)
                continue
        troughs.append([rupture])
    found: list[Rupture] = []
    for trough in troughs:
        lowest = min(rupture.rank for rupture in trough)
        found += [replace(one, same_trough_as=lowest if one.rank != lowest else None) for one in trough]
    return found


def _trough_notes(ruptures: list[Rupture]) -> list[str]:
    return [
        f"Rupture {rupture.rank} lies in the same trough as rupture {rupture.same_trough_as}: between them the rating "
        "does not regain half of its fall."
        for rupture in ruptures
        if rupture.same_trough_as is not None
    ]


def _with_clips(
    ruptures: list[Rupture], repairs: list[Repair], n_seconds: int, settings: EventSettings
) -> tuple[list[Rupture], list[Repair]]:
    """Ruptures and repairs with the windows to replay. A rupture's window begins where its fall does, but not so early
    that its lowest segment would lie beyond the window."""
    starts: list[tuple[float, int, str]] = []
    for rupture in ruptures:
        latest_s = min(rupture.end_s, rupture.onset_s + settings.clip_s)
        starts.append((max(rupture.begins_s, latest_s - settings.clip_s, 0), rupture.rank, "rupture"))
    starts += [(repair.onset_s, repair.rank, "repair") for repair in repairs if repair.onset_s is not None]
    made: dict[tuple[int, str], Window] = {}
    for window in windows(
        [start_s for start_s, *_ in starts],
        pair_of=[rank for _, rank, _ in starts],
        length_s=settings.clip_s,
        end_of_video_s=n_seconds,
        pairs=settings.clip_pairs,
    ):
        made |= {starts[at][1:]: window for at in window.segments}
    span = {key: ((int(window.start_s), int(window.end_s)), window.cut) for key, window in made.items()}
    with_clip = [
        replace(one, clip=span[one.rank, "rupture"][0], clip_cut=span[one.rank, "rupture"][1]) for one in ruptures
    ]
    after = [
        one if one.onset_s is None
        else replace(one, clip=span[one.rank, "repair"][0], clip_cut=span[one.rank, "repair"][1])
        for one in repairs
    ]  # fmt: skip
    return with_clip, after


def least_rise(rating: Floats, settings: EventSettings, *, step: float) -> float:
    """The smallest rise of a repair in scale units: from the settings, or the larger of 2 steps and half a robust SD of
    the rating. At least one second of the rating must be known."""
    if settings.rise is not None:
        return settings.rise
    known = rating[~np.isnan(rating)]
    return max(2.0 * step, 0.5 * MAD_TO_SD * float(np.median(np.abs(known - np.median(known)))))


def repaired_fraction(smooth: Floats, *, onset_s: int, nadir_s: int, until_s: int, level_s: int) -> float | None:
    """How much of the fall into a rupture was regained before `until_s`: see `Repair`. None if there was no fall, or if
    nothing was rated before or after."""
    before, after = smooth[max(0, onset_s - level_s) : onset_s], smooth[nadir_s : min(nadir_s + level_s, until_s)]
    if np.isnan(before).all() or np.isnan(after).all():
        return None
    nadir = float(smooth[nadir_s])
    fall = float(np.nanmax(before)) - nadir
    return (float(np.nanmax(after)) - nadir) / fall if fall > 0 else None


def smoothed(rating: Floats, width_s: int) -> Floats:
    """Centred mean of the ratings over `width_s` seconds (odd); NaN where the second itself is not rated."""
    valid = ~np.isnan(rating)
    kernel = np.ones(width_s)
    total = np.convolve(np.where(valid, rating, 0.0), kernel, mode="full")
    count = np.convolve(valid.astype(float), kernel, mode="full")
    half = len(kernel) // 2
    total, count = total[half : half + len(rating)], count[half : half + len(rating)]
    return np.where(valid, total / np.maximum(count, 1), np.nan)


def _by_rule(rating: Floats, settings: EventSettings) -> list[tuple[int, int]]:
    """The ruptures as stretches of seconds, the lowest (or deepest) first."""
    match settings.rule:
        case "greedy" | "optimal":
            score = _segment_means(rating, settings)
            choose = _greedy if settings.rule == "greedy" else _optimal
            onsets = choose(score, settings.count, settings.segment_s + settings.separation_s)
            return [(onset, onset + settings.segment_s) for onset in onsets]
        case "vshape":
            # It imports scipy's filters, which the rating room does not need.
            from tracedial.measures.v_shapes import v_shapes

            shapes = v_shapes(rating, drop_sd=settings.drop_sd, return_share=settings.return_share)
            shapes = sorted((v for v in shapes if v.returned), key=lambda v: -v.depth)
            found = [(v.onset_s, v.nadir_s + 1) for v in shapes]
        case "chart":
            chart = event_rules.control_chart(rating, segment_s=settings.segment_s, min_valid=settings.min_valid)
            found = sorted(chart.below if chart else [], key=lambda part: float(np.nanmean(rating[slice(*part)])))
        case _:
            edges = [0, *event_rules.change_points(rating), len(rating)]
            median = float(np.nanmedian(rating))
            parts = [(a, b) for a, b in itertools.pairwise(edges) if not np.isnan(rating[a:b]).all()]
            parts = [(a, b) for a, b in parts if float(np.nanmean(rating[a:b])) < median]
            found = sorted(parts, key=lambda part: float(np.nanmean(rating[slice(*part)])))
    apart: list[tuple[int, int]] = []
    for onset, end in found:
        # Of two that overlap, keep the first: it is the lower or deeper one.
        if onset >= settings.trim_start_s and all(end <= a or onset >= b for a, b in apart):
            apart.append((onset, end))
    return apart[: settings.count]


def _segment_means(rating: Floats, settings: EventSettings) -> Floats:
    """The mean of each segment, by its onset; infinite where the segment may not be chosen."""
    length = settings.segment_s
    if len(rating) < length + settings.trim_start_s:
        return np.array([])
    valid = ~np.isnan(rating)
    total = np.concatenate([[0.0], np.cumsum(np.where(valid, rating, 0.0))])
    count = np.concatenate([[0], np.cumsum(valid)])
    n = (count[length:] - count[:-length]).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (total[length:] - total[:-length]) / n
    share = n / length
    open_ = share >= settings.min_valid - 1e-12
    open_[: settings.trim_start_s] = False
    # Sums of whole ratings are exact; rounding makes equal means compare equal where ratings are not whole.
    return np.where(open_, np.round(mean, 9), np.inf)


def _greedy(score: Floats, count: int, reach: int) -> list[int]:
    """The onset of the lowest score, then of the lowest at least `reach` away from those already chosen, and so on."""
    score = score.copy()
    onsets: list[int] = []
    while len(onsets) < count and np.isfinite(score).any():
        onset = int(np.argmin(score))
        onsets.append(onset)
        score[max(0, onset - reach + 1) : onset + reach] = np.inf
    return onsets


def _optimal(score: Floats, count: int, reach: int) -> list[int]:
    """The onsets, at least `reach` apart, with the lowest sum of scores: `count` of them, or as many as fit. The lowest
    comes first; among equals the earlier."""
    n = len(score)
    if not n:
        return []
    # The other onsets before this one lie at least `reach` earlier.
    left = np.maximum(np.arange(n) - reach + 1, 0)
    ending_at: list[Floats] = []
    best_before = np.zeros(n + 1)
    for _ in range(count):
        sums = score + best_before[left]
        if not np.isfinite(sums).any():
            break
        ending_at.append(sums)
        best_before = np.concatenate([[np.inf], np.minimum.accumulate(sums)])
    onsets: list[int] = []
    until = n
    for sums in reversed(ending_at):
        onsets.append(int(np.argmin(sums[:until])))
        until = onsets[-1] - reach + 1
    return sorted(onsets, key=lambda onset: (score[onset], onset))


def _repair_after(
    rupture: Rupture, rating: Floats, smooth: Floats, until: int, rise: float, settings: EventSettings
) -> Repair:
    values = smooth[rupture.nadir_s : until]
    # A segment may end before the fall does, so the rise is measured from the lowest second so far.
    high = values >= np.fmin.accumulate(values) + rise - 1e-9
    held_at = _first_run(high, settings.hold_s)
    nadir_s = rupture.nadir_s + int(np.nanargmin(values[: len(values) if held_at is None else max(held_at, 1)]))
    onset = None if held_at is None else rupture.nadir_s + _rise_begins(values, held_at)
    fraction = repaired_fraction(
        smooth, onset_s=rupture.onset_s, nadir_s=nadir_s, until_s=until, level_s=settings.level_s
    )
    if onset is None:
        limit = "the end of the video" if until == len(rating) else "the next rupture"
        return Repair(
            rank=rupture.rank,
            onset_s=None,
            end_s=None,
            nadir_s=nadir_s,
            mean=None,
            rise=rise,
            repaired_fraction=fraction,
            clip=None,
            clip_cut=False,
            reason=f"no rise of {rise:.1f} that lasts {settings.hold_s} s before {limit}",
        )
    end = min(onset + settings.segment_s, until)
    mean = float(np.nanmean(rating[onset:end]))
    return Repair(
        rank=rupture.rank,
        onset_s=onset,
        end_s=end,
        nadir_s=nadir_s,
        mean=mean,
        rise=rise,
        repaired_fraction=fraction,
        clip=(onset, end),
        clip_cut=False,
        reason="",
    )


def _first_run(holds: NDArray[np.bool_], length: int) -> int | None:
    """Where the first run of at least `length` true values begins, or None."""
    if len(holds) < length:
        return None
    runs = np.convolve(holds, np.ones(length), mode="valid") > length - 0.5
    return int(np.argmax(runs)) if runs.any() else None


def _rise_begins(values: Floats, at: int) -> int:
    """Back from `at` down the slope, over seconds without a rating, to the last local minimum."""
    while at > 0 and (np.isnan(values[at - 1]) or np.isnan(values[at]) or values[at - 1] < values[at] - 1e-9):
        at -= 1
    while np.isnan(values[at]):
        at += 1
    return at
