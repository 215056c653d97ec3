"""The waveform of a session's sound: what the pages draw where there is no picture."""

from pathlib import Path

import numpy as np

from tracedial.errors import VideoError

RATE_HZ = 8000
"""Enough to see who speaks when."""
COLUMNS = 2000


def waveform(path: Path, *, duration_s: float, columns: int = COLUMNS) -> list[int]:
    """The loudest sample in each of `columns` equal parts of the session, 0 to 100, where 100 is the loudest of all.

    Raises `VideoError` for a file whose sound cannot be decoded.
    """
    import av
    import av.error

    peaks = np.zeros(columns)
    at = 0
    try:
        with av.open(str(path)) as container:
            resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
            for frame in container.decode(container.streams.audio[0]):
                for one in resampler.resample(frame):
                    samples = np.abs(one.to_ndarray().ravel().astype(np.int32))
                    place = (np.arange(at, at + len(samples)) * (columns / (RATE_HZ * duration_s))).astype(int)
                    np.maximum.at(peaks, np.minimum(place, columns - 1), samples)
                    at += len(samples)
    except (av.error.FFmpegError, IndexError, OSError) as error:
        raise VideoError(
            path, f"The sound of {path} cannot be decoded ({error}): add the session with --convert."
        ) from error
    return [int(peak) for peak in np.round(100 * peaks / max(float(peaks.max()), 1.0))]
