"""Whether a rating lies on its scale. A rating that does not never enters a trace, whoever sent it."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from dialwire.scale import Scale

Number = TypeVar("Number", int, NDArray[np.int64])

OFF_SCALE = 0x100
"""The host's own flag for a sample, beyond the eight of the wire: its numbers are not on the dial's scale."""
BLOCK = 200_000
"""How many samples are checked together, so that a recording of hours needs little extra memory."""


def is_on_scale(scale: Scale, rating: int) -> bool:
    """Whether a dial of this scale can stand at `rating`."""
    return bool(is_position(rating, low=scale.low, high=scale.high, step=scale.step))


def sample_is_on_scale(scale: Scale, sample: Any) -> bool:
    """Whether a sample's rating and finer readings (`rating`, `min`, `max`, `mean_milli`) are on the scale."""
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
    """Whether samples (numbers, or arrays of one shape) can come from a scale: the rating is one of its positions, and
    the finer readings lie within it in the right order."""
    return (
        is_position(rating, low=low, high=high, step=step)
        & (low <= lowest)
        & (lowest <= highest)
        & (highest <= high)
        & (lowest * 1000 <= mean_milli)
        & (mean_milli <= highest * 1000)
    )


def with_off_scale_flagged(rows: NDArray[Any], hellos: list[dict[str, Any]]) -> NDArray[Any]:
    """Samples (`samples.ROW`, shape (n_samples,)), with `OFF_SCALE` set on those with numbers that are not on their
    boot's scale. If that boot's HELLO is lost, any scale of the recording will do; if its scale was changed, any of the
    boot's scales."""
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
