"""Moves a potentiometer's calibrated ends when the rater says that its knob stands on a position. Integers only."""


def moved_ends(calibration, raw, index, top):
    """`(raw_low, raw_high)`, moved so that `raw` lies on position `index` of 0 .. `top`; None if that would move an end
    by more than 1/16 of the travel: then the knob cannot be at that position.

    An end that would leave the converter's range stays at its limit, and the other side is stretched to fit.
    """
    old_low, old_high = calibration.raw_low, calibration.raw_high
    low, high = old_low, old_high
    limit = abs(high - low) >> 4
    move = raw - (low + (high - low) * index // top)
    low += move
    high += move
    if not 0 <= low <= 65535:
        low = max(0, min(65535, low))
        high = low + (raw - low) * top // index if index else high
    if not 0 <= high <= 65535:
        high = max(0, min(65535, high))
        low = high - (high - raw) * top // (top - index) if index < top else low
    if abs(low - old_low) > limit or abs(high - old_high) > limit:
        return None
    return low, high
