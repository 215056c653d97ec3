"""Ruptures and repairs as people chose them: the same numbers for them as for those that the rule finds."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tracedial.measures.ruptures import Events, EventSettings, Repair, Rupture, least_rise, repaired_fraction, smoothed

Floats = NDArray[np.float64]

NOT_CONFIRMED = "no repair was confirmed after it"
KINDS = ("rupture", "repair", "peak")


@dataclass(frozen=True)
class Stretch:
    """Seconds `start_s` (included) to `end_s` (excluded) that somebody chose, of a kind of `KINDS`; `clip` is what is
    replayed of it, `source` one of `ruptures.SOURCES`."""

    segment: str
    kind: str
    rank: int
    start_s: float
    end_s: float
    source: str
    clip: tuple[float, float]
    clip_cut: bool


def chosen_events(
    rating: Floats, stretches: Sequence[Stretch], found: Events, settings: EventSettings, *, step: float
) -> Events:
    """The ruptures and repairs among `stretches`, measured on `rating`, an array of shape (n_seconds,).

    What was left as the rule has it in `found` keeps the rule's numbers: its `onset_s` is that of the lowest segment,
    and `begins_s` where the stretch begins. A stretch that people gave has one beginning. Each repair carries the rank
    of the rupture that it follows (0: of none), and a rupture that no repair follows has one without an onset. Ranks
    are the people's where no two are the same, otherwise they are counted anew, the lowest first.
    """
    notes: list[str] = []
    if np.isnan(rating).all():
        return Events([], [], None, ["Nothing was rated."])
    smooth = smoothed(rating, settings.smooth_s)
    known = [one for one in stretches if one.kind != "peak" and _is_rated(one, rating)]
    notes += [
        f"Nothing was rated of the confirmed {one.kind} from second {one.start_s:g} to {one.end_s:g}: it is left out."
        for one in stretches
        if one.kind != "peak" and one not in known
    ]
    low = [_low(one, rating, smooth, found.ruptures) for one in known if one.kind == "rupture"]
    ruptures = _ranked(sorted(low, key=lambda one: one.onset_s), notes)
    rise = least_rise(rating, settings, step=step)
    repairs = []
    for one in (one for one in known if one.kind == "repair"):
        earlier = [rupture for rupture in ruptures if rupture.begins_s <= one.start_s]
        repairs.append(
            _repair(
                stretch=one,
                rupture=earlier[-1] if earlier else None,
                ruptures=ruptures,
                rating=rating,
                smooth=smooth,
                settings=settings,
                rise=rise,
                found=found,
            )
        )
    followed = {repair.rank for repair in repairs}
    repairs += [
        Repair(
            rank=r.rank,
            onset_s=None,
            end_s=None,
            nadir_s=r.nadir_s,
            mean=None,
            rise=rise,
            repaired_fraction=None,
            clip=None,
            clip_cut=False,
            reason=NOT_CONFIRMED,
        )
        for r in ruptures
        if r.rank not in followed
    ]
    places = {rupture.rank: at for at, rupture in enumerate(ruptures)}
    repairs.sort(key=lambda one: (places.get(one.rank, -1), one.onset_s or 0))
    return Events(ruptures, repairs, rise, notes)


def chosen_peaks(
    rating: Floats, stretches: Sequence[Stretch], found: Sequence[Rupture], *, smooth_s: int
) -> list[Rupture]:
    """The peaks among `stretches`, as ruptures of the rating turned over; `found` are the rule's."""
    smooth = smoothed(-rating, smooth_s)
    peaks = [_low(one, -rating, smooth, found) for one in stretches if one.kind == "peak" and _is_rated(one, rating)]
    return sorted(peaks, key=lambda one: one.onset_s)


def _low(stretch: Stretch, rating: Floats, smooth: Floats, found: Sequence[Rupture]) -> Rupture:
    """A chosen rupture with its numbers."""
    if stretch.source == "rule":
        same = next((r for r in found if (r.clip[0], r.end_s) == (stretch.start_s, stretch.end_s)), None)
        if same:
            return replace(
                same,
                rank=stretch.rank,
                begins_s=int(stretch.start_s),
                clip=stretch.clip,
                clip_cut=stretch.clip_cut,
                same_trough_as=None,
                segment=stretch.segment,
                source=stretch.source,
            )
    onset_s, end_s = _seconds(stretch, len(rating))
    part = rating[onset_s:end_s]
    nadir_s = onset_s + int(np.nanargmin(smooth[onset_s:end_s]))
    return Rupture(
        rank=stretch.rank,
        onset_s=onset_s,
        end_s=end_s,
        nadir_s=nadir_s,
        nadir=float(smooth[nadir_s]),
        mean=float(np.nanmean(part)),
        valid_share=float(np.mean(~np.isnan(part))),
        clip=stretch.clip,
        clip_cut=stretch.clip_cut,
        begins_s=onset_s,
        same_trough_as=None,
        p=None,
        segment=stretch.segment,
        source=stretch.source,
    )


def _repair(
    stretch: Stretch,
    rupture: Rupture | None,
    ruptures: list[Rupture],
    rating: Floats,
    smooth: Floats,
    settings: EventSettings,
    rise: float,
    found: Events,
) -> Repair:
    rank = rupture.rank if rupture else 0
    if stretch.source == "rule" and rupture and rupture.source == "rule":
        same = next((r for r in found.repairs if (r.onset_s, r.end_s) == (stretch.start_s, stretch.end_s)), None)
        if same:
            return replace(
                same,
                rank=rank,
                clip=stretch.clip,
                clip_cut=stretch.clip_cut,
                segment=stretch.segment,
                source=stretch.source,
            )
    onset_s, end_s = _seconds(stretch, len(rating))
    nadir_s, fraction = onset_s, None
    if rupture:
        until_s = min((r.onset_s for r in ruptures if r.onset_s > rupture.onset_s), default=len(rating))
        before = smooth[rupture.nadir_s : max(onset_s, rupture.nadir_s) + 1]
        nadir_s = rupture.nadir_s + int(np.nanargmin(before))
        fraction = repaired_fraction(
            smooth, onset_s=rupture.onset_s, nadir_s=nadir_s, until_s=until_s, level_s=settings.level_s
        )
    mean = float(np.nanmean(rating[onset_s:end_s]))
    return Repair(
        rank=rank,
        onset_s=onset_s,
        end_s=end_s,
        nadir_s=nadir_s,
        mean=mean,
        rise=rise,
        repaired_fraction=fraction,
        clip=stretch.clip,
        clip_cut=stretch.clip_cut,
        reason="",
        segment=stretch.segment,
        source=stretch.source,
    )


def _seconds(stretch: Stretch, n_seconds: int) -> tuple[int, int]:
    """The whole seconds that a stretch touches."""
    return max(int(np.floor(stretch.start_s)), 0), min(int(np.ceil(stretch.end_s)), n_seconds)


def _is_rated(stretch: Stretch, rating: Floats) -> bool:
    return bool(np.any(~np.isnan(rating[slice(*_seconds(stretch, len(rating)))])))


def _ranked(ruptures: list[Rupture], notes: list[str]) -> list[Rupture]:
    ranks = [rupture.rank for rupture in ruptures]
    if len(set(ranks)) == len(ranks):
        return ruptures
    notes.append("Two confirmed ruptures had one rank: they are ranked anew, the lowest first.")
    ordered = sorted(ruptures, key=lambda rupture: (rupture.rank, rupture.mean))
    return [replace(rupture, rank=1 + ordered.index(rupture)) for rupture in ruptures]
