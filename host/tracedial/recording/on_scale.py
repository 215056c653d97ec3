"""Whether a rating is one of its scale's. One that is not never enters a trace, whoever sent it."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dialwire.scale import Scale

Number = TypeVar("Number", int, NDArray[np.int64])

OFF_SCALE = 0x100
"""The host's own flag of a sample, beyond the eight of the wire: its numbers are none of the dial's scale."""
BLOCK = 200_000
"""Samples looked at together, so that hours of them take no memory of their own."""


def is_on_scale(scale: Scale, rating: int) -> bool:
    """Whether a dial of this scale can stand at `rating`."""
    return bool(is_position(rating, low=scale.low, high=scale.high, step=scale.step))


def sample_is_on_scale(scale: Scale, sample: Any) -> bool:
    """Whether a sample's rating and finer readings (`rating`, `min`, `max`, `mean_milli`) are of the scale."""
    fits = are_ratings(
        sample.rating, sample.min, sample.max, sample.mean_milli, low=scale.low, high=scale.high, step=scale.step
    )
    return bool(fits)


def is_position(rating: Number, *, low: int, high: int, step: int) -> Any:
    """Whether ratings (a number or an array) are positions of a scale."""
    return (rating >= low) & (rating <= high) & ((rating - low) % step == 0)


def are_ratings(
    rating: Number, lowest: Number, highest: Number, mean_milli: Number, *, low: int, high: int, step: int
) -> Any:
    """Whether samples (numbers, or arrays of one shape) can be of a scale: the rating one of its positions, the finer
    readings within it and in their order."""
    return (
        is_position(rating, low=low, high=high, step=step)
        & (low <= lowest)
        & (lowest <= highest)
        & (highest <= high)
        & (lowest * 1000 <= mean_milli)
        & (mean_milli <= highest * 1000)
    )


def with_off_scale_flagged(rows: NDArray[Any], hellos: list[dict[str, Any]]) -> NDArray[Any]:
    """Samples (`samples.ROW`, shape (n_samples,)), those whose numbers are none of their boot's scale flagged
    `OFF_SCALE`. Where that boot's HELLO is lost, or its scale was changed, any of the recording's, or its, will do."""
    scales: dict[int, list[dict[str, int]]] = {}
    for hello in hellos:
        limits = {name: int(hello["scale"][name]) for name in ("low", "high", "step")}
        scales.setdefault(hello["boot"], []).append(limits)
    known = [limits for own in scales.values() for limits in own]
    if not known:
        return rows
    flagged = rows
    for begin in range(0, len(rows), BLOCK):
        block = rows[begin : begin + BLOCK]
        columns = [block[name].astype(np.int64) for name in ("rating", "min", "max", "mean_milli")]
        fits = np.zeros(len(block), dtype=bool)
        for boot in np.unique(block["boot"]):
            own = block["boot"] == boot
            for limits in {tuple(one.items()): one for one in scales.get(int(boot), known)}.values():
                fits |= own & are_ratings(*columns, **limits)
        if not fits.all():
            flagged = flagged if flagged is not rows else rows.copy()
            flagged["flags"][begin : begin + BLOCK][~fits] |= OFF_SCALE
    return flagged
