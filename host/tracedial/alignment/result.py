"""The result of aligning a recording."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracedial.alignment.placing import Floats, Rows
from tracedial.alignment.video_time import VideoTime
from tracedial.measures.trace import Trace
from tracedial.recording.findings import Finding
from tracedial.recording.recording import Recording
from tracedial.recording.samples import Samples
from tracedial.timing.clock_fit import ClockFit
from tracedial.timing.player import Stretch


@dataclass(frozen=True)
class Alignment:
    """A recording's trace, its samples on all clocks, and the findings about both.

    The sample arrays have shape (n_samples,), in the order of dial time; `stretch` is the index of the stretch in which
    a sample was taken, or `STOOD_STILL`; then `video_s` is NaN.
    """

    recording: Recording
    trace: Trace
    samples: Samples
    host_s: Floats
    bound_s: Floats
    video_s: Floats
    stretch: NDArray[np.int32]
    video: VideoTime
    rows: Rows
    fits: dict[int, ClockFit]
    findings: list[Finding] = field(default_factory=list[Finding])
    report: dict[str, Any] = field(default_factory=dict[str, Any])
    parts: list["Alignment"] = field(default_factory=list)
    """For a resumed recording: the alignment of each journal. The arrays above are then those of the last one."""

    @property
    def stretches(self) -> list[Stretch]:
        """The stretches in which the video ran."""
        return self.video.stretches
