"""Short films of any codec, as labs bring them."""

import av
import numpy as np
import pytest

FORMATS = [
    # file, codec of the picture, its pixels, the word in the refusal (empty: it is taken)
    ("a.mp4", "libx264", "yuv420p", ""),
    ("a.mov", "libx264", "yuv420p", ""),
    ("a.webm", "libvpx", "yuv420p", ""),
    ("a.webm", "libvpx-vp9", "yuv420p", ""),
    ("a.mp4", "libx264", "yuv420p10le", "yuv420p10le"),
    ("a.mp4", "libx264", "yuv444p", "yuv444p"),
    ("a.mp4", "libx265", "yuv420p", "hevc"),
    ("a.mkv", "libx264", "yuv420p", "matroska"),
    ("a.avi", "libx264", "yuv420p", "avi"),
    ("a.mov", "prores_ks", "yuv422p10le", "prores"),
    ("a.mpg", "mpeg2video", "yuv420p", "mpeg2video"),
    ("a.mp4", "mpeg4", "yuv420p", "mpeg4"),
    ("a.mov", "mjpeg", "yuvj420p", "mjpeg"),
    ("a.avi", "wmv2", "yuv420p", "wmv2"),
]


def write_film(path, codec="libx265", pixels="yuv420p", *, steps=(1,) * 30, size=(320, 240), sound_from_s=None):
    """Frames that grow brighter, each `steps` of 1/25 s after the one before; perhaps a tone that begins later."""
    if codec not in av.codecs_available:
        pytest.skip(f"this build of PyAV cannot write {codec}")
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        tone = container.add_stream("mp3", rate=44100) if sound_from_s is not None else None
        at = 0
        for number, step in enumerate(steps):
            shade = np.full((size[1], size[0], 3), 20 + number % 40 * 5, np.uint8)
            frame = av.VideoFrame.from_ndarray(shade, format="rgb24").reformat(format=pixels)
            frame.pts = at
            at += step
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if tone is not None:
            for block in range(20):
                samples = np.zeros((2, 1152), np.float32)
                one = av.AudioFrame.from_ndarray(samples, format="fltp", layout="stereo")
                one.sample_rate, one.pts = 44100, round(sound_from_s * 44100) + block * 1152
                container.mux(tone.encode(one))
            container.mux(tone.encode())
    return path
