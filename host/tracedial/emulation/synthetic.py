"""A synthetic dyad and a test video, for the demo and the tests. Both are labelled synthetic wherever they appear.

The dyad has the figures of Trusty (2023) by construction: r = −.05, therapist minus client −18.61 with SD 13.17.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracedial.errors import VideoError
from tracedial.files.safe_text import write_table

R = -0.05
MEAN_DIFFERENCE = -18.61
SD_DIFFERENCE = 13.17
CLIENT_MEAN = 22.0
ARTICLE_SECONDS = 2880

FRAME_RATE_HZ = 5
WIDTH, HEIGHT = 320, 180
STANDS_S = 0.3

Floats = NDArray[np.float64]


def dyad(n_seconds: int, *, seed: int) -> dict[str, Floats]:
    """Ratings of a synthetic client and therapist at each second, whole numbers within −50..+50.

    Each trace wanders slowly and has three falls and recoveries. The part of the therapist's trace that correlates with
    the client's is replaced, so that correlation, mean and SD of the difference match the article.
    """
    rng = np.random.default_rng(seed)
    client = _standard(_wandering(n_seconds, rng) + _falls(n_seconds, rng))
    own = _standard(_wandering(n_seconds, rng) + _falls(n_seconds, rng))
    own = _standard(own - client * (own @ client) / (client @ client))
    therapist = R * client + np.sqrt(1 - R**2) * own
    sd = SD_DIFFERENCE / np.sqrt(2 - 2 * R)
    ratings = {"client": CLIENT_MEAN + sd * client, "therapist": CLIENT_MEAN + MEAN_DIFFERENCE + sd * therapist}
    return {name: np.clip(np.round(values), -50, 50) for name, values in ratings.items()}


def write_knob_script(path: Path, ratings: Floats) -> None:
    """Write a knob script that holds each second's rating from `STANDS_S` before that second to `STANDS_S` after it."""
    write_table(path, ("time_s", "rating"), ((second, int(rating)) for second, rating in enumerate(ratings)))


def write_video(path: Path, n_seconds: int, frame_rate_hz: int = FRAME_RATE_HZ) -> None:
    """Write a test video that shows the time in figures, and again as a row of black and white cells that a program can
    read.

    PyAV encodes it with the encoders that it ships, so that the file is of the same kind everywhere.
    """
    import av
    import av.error

    codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
    try:
        with av.open(str(path), "w") as container:
            stream = container.add_stream(codec, rate=frame_rate_hz)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            if codec == "libx264":
                stream.options = {"preset": "ultrafast", "crf": "28"}
            # Only brightness, with grey colour planes: cheaper than converting each picture.
            planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
            for picture in frames(n_seconds, frame_rate_hz):
                planes[:HEIGHT] = picture
                frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(path, f"The test video {path} cannot be written: {error}.") from error


def frames(n_seconds: int, frame_rate_hz: int = FRAME_RATE_HZ) -> Iterator[NDArray[np.uint8]]:
    """The pictures of the test video, arrays of shape (HEIGHT, WIDTH)."""
    still = np.full((HEIGHT, WIDTH), 40, np.uint8)
    still[100:102, 20 : WIDTH - 20] = 90
    _write(still, "SYNTHETIC", 96, 118, 2)
    for number in range(n_seconds * frame_rate_hz):
        picture = still.copy()
        tenths = number * 10 // frame_rate_hz
        seconds = tenths // 10
        _write(picture, f"{seconds // 60:02d}:{seconds % 60:02d}.{tenths % 10}", 24, 36, 5)
        place = 20 + int((WIDTH - 44) * number / max(n_seconds * frame_rate_hz - 1, 1))
        picture[96:106, place : place + 4] = 235
        for bit in range(20):
            picture[160:176, 4 + 15 * bit : 17 + 15 * bit] = 235 if number >> (19 - bit) & 1 else 16
        yield picture


def read_frame_number(picture: NDArray[np.uint8]) -> int:
    """The number that a frame of the test video carries."""
    number = 0
    for bit in range(20):
        number = number << 1 | int(picture[162:174, 6 + 15 * bit : 15 + 15 * bit].mean() > 125)
    return number


def _standard(values: Floats) -> Floats:
    values = values - values.mean()
    return values / values.std(ddof=1)


def _wandering(n_seconds: int, rng: np.random.Generator) -> Floats:
    """A slow wandering with a quicker one on top: lag-1 autocorrelation near .98 at a session's length."""
    slow, quick = (_autoregressive(n_seconds, phi, rng) for phi in (0.99, 0.8))
    return slow + 0.22 * quick


def _autoregressive(n_seconds: int, phi: float, rng: np.random.Generator) -> Floats:
    """An AR(1) series of unit variance."""
    steps = rng.normal(size=n_seconds)
    out = np.empty(n_seconds)
    last = steps[0]
    for at in range(n_seconds):
        last = phi * last + np.sqrt(1 - phi**2) * steps[at]
        out[at] = last
    return out


def _falls(n_seconds: int, rng: np.random.Generator) -> Floats:
    """Three falls with slower recoveries, one in each third."""
    seconds = np.arange(n_seconds)
    out = np.zeros(n_seconds)
    for third in range(3):
        at = (third + rng.uniform(0.25, 0.7)) * n_seconds / 3
        fall, recover = (n_seconds * share for share in rng.uniform((0.008, 0.02), (0.014, 0.035)))
        depth = rng.uniform(3.6, 4.6)
        out -= depth * np.where(seconds < at, np.exp((seconds - at) / fall), np.exp((at - seconds) / recover))
    return out


# Figures and letters of 3 x 5 cells, rows from the top.
_FONT = {
    "0": "75557", "1": "26227", "2": "71747", "3": "71717", "4": "55711", "5": "74717", "6": "74757", "7": "71111",
    "8": "75757", "9": "75717", ":": "02020", ".": "00002", "S": "74717", "Y": "55222", "N": "65555", "T": "72222",
    "H": "55755", "E": "74647", "I": "72227", "C": "74447",
}  # fmt: skip


def _write(picture: NDArray[np.uint8], text: str, left: int, top: int, size: int) -> None:
    for at, letter in enumerate(text):
        for row, bits in enumerate(_FONT[letter]):
            for column in range(3):
                if int(bits) >> (2 - column) & 1:
                    y, x = top + row * size * 2, left + (at * 4 + column) * size * 2
                    picture[y : y + size * 2, x : x + size * 2] = 235
