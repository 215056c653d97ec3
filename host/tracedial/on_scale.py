"""Whether a rating is one of its scale's."""

from typing import Any

from dialwire.scale import Scale


def is_on_scale(scale: Scale, rating: int) -> bool:
    """Whether a dial of this scale can stand at `rating`."""
    return scale.low <= rating <= scale.high and (rating - scale.low) % scale.step == 0


def sample_is_on_scale(scale: Scale, sample: Any) -> bool:
    """Whether a sample's rating and finer readings (`rating`, `min`, `max`, `mean_milli`) are of the scale."""
    return (
        is_on_scale(scale, sample.rating)
        and scale.low <= sample.min <= sample.max <= scale.high
        and sample.min * 1000 <= sample.mean_milli <= sample.max * 1000
    )
