"""Turns readings at the marks of a knob into its calibration, or says why that is impossible. Pure: readings in, ends
out."""

import math
from dataclasses import dataclass

import numpy as np

from dialwire import message
from dialwire.scale import Scale
from tracedial.errors import TracedialError
from tracedial.link.messages import Sample

RAW_TOP = 65535
MIN_SPAN = 8192
"""An eighth of the converter's range: with a smaller span, a scale of 101 positions would be noise."""
END_MARGIN = 0.005
"""Share of the travel by which each end is moved inwards, so that the knob surely reaches the ends of the scale."""
MAX_NOISE_STEPS = 0.2
"""Standard deviation of a still knob's readings, in steps of the scale. Up to this limit the dial steadies the knob by
the measured noise; beyond it, the dial would follow the knob too slowly."""
CENTRE_TOLERANCE = 0.06
"""How far the centre may lie from the middle between the ends, as a share of the travel: potentiometers are linear to
5 %, a hand finds a mark to 1 %; a logarithmic potentiometer is off by 30 %."""


class CalibrationError(TracedialError):
    """The readings do not allow a calibration; `what` names the problem: `wire`, `still`, `ends`, `noise`, `centre`."""

    def __init__(self, what: str, text: str) -> None:
        super().__init__(text)
        self.what = what


@dataclass(frozen=True)
class StillReading:
    """The knob held still: the median of its raw readings (0 .. 65535) and their standard deviation."""

    raw: float
    noise: float


@dataclass(frozen=True)
class Calibration:
    """What the dial stores: the raw readings for the lowest and the highest rating and the noise of a still knob
    (standard deviation in raw counts). Also how these were found."""

    raw_low: int
    raw_high: int
    noise_counts: int
    noise_steps: float
    centre_error_share: float

    @property
    def reversed(self) -> bool:
        """Whether readings fall while ratings rise."""
        return self.raw_low > self.raw_high


def still_reading(samples: list[Sample]) -> StillReading:
    """The knob's reading while it was held still. Raises `CalibrationError` for a broken wire or a moving knob."""
    if len(samples) < 10:
        raise CalibrationError("still", f"Only {len(samples)} readings came in: check the cable.")
    if any(sample.flags & message.FLAG_FAULT for sample in samples):
        raise CalibrationError(
            "wire",
            "The wiper's wire is broken or not connected: look at the potentiometer's middle pin (hardware/wiring.md).",
        )
    raw = np.array([sample.raw for sample in samples], dtype=float)
    half = len(raw) // 2
    moved = abs(float(np.median(raw[:half]) - np.median(raw[half:])))
    noise = float(np.std(raw))
    if moved > max(4 * noise / math.sqrt(half), RAW_TOP * 0.004):
        raise CalibrationError("still", "The knob was moving: hold it still on its mark and press Enter again.")
    return StillReading(float(np.median(raw)), noise)


def calibrate(low: StillReading, high: StillReading, centre: StillReading, scale: Scale) -> Calibration:
    """The calibration from the knob held on its lowest mark, its highest, and the middle between them.

    Raises `CalibrationError` if the readings make no sense.
    """
    span = high.raw - low.raw
    if abs(span) < MIN_SPAN:
        raise CalibrationError(
            "ends",
            f"The two ends read {low.raw:.0f} and {high.raw:.0f}, too close together: was the knob turned from mark to "
            "mark, and is the wiper the potentiometer's middle pin?",
        )
    step = abs(span) / (scale.positions - 1)
    noise = max(low.noise, high.noise, centre.noise)
    noise_steps = noise / step
    if noise_steps > MAX_NOISE_STEPS:
        raise CalibrationError(
            "noise",
            f"The readings are too noisy: {noise_steps:.2f} of a step (at most {MAX_NOISE_STEPS} is steady). Shorten "
            "the wires, check the solder joints, use a potentiometer of 10 kOhm, or choose a larger step.",
        )
    centre_error = (centre.raw - (low.raw + high.raw) / 2) / span
    if abs(centre_error) > CENTRE_TOLERANCE:
        raise CalibrationError(
            "centre",
            f"The centre lies {abs(centre_error):.0%} of the travel beside the middle of the two ends: set the knob on "
            "its centre mark; if it is there, the potentiometer is not linear (taper A or C): use a linear one (B).",
        )
    margin = span * END_MARGIN
    ends = [round(min(max(raw, 0), RAW_TOP)) for raw in (low.raw + margin, high.raw - margin)]
    return Calibration(ends[0], ends[1], math.ceil(noise), noise_steps, centre_error)
