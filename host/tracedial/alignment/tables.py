"""The tables beside a trace: `samples.csv` and `marks.csv`, all clocks side by side."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dialwire import message
from tracedial.alignment.placing import EDGE_S, FLAG_WORDS, STOOD_STILL, place
from tracedial.alignment.result import Alignment
from tracedial.files.safe_text import digits, write_table
from tracedial.files.whole_file import whole_text_file
from tracedial.link.messages import Mark

EVENT_WORDS = {
    message.EVENT_DETENT: "detent",
    message.EVENT_BUTTON: "button",
    message.EVENT_FAULT: "fault",
    message.EVENT_HOME: "home",
    message.EVENT_SYNC_IN: "sync_in",
    message.EVENT_SYNC_OUT: "sync_out",
    message.EVENT_SYNC_FLOOD: "sync_flood",
}
"""The dial's events as `marks.csv` spells them."""
SAMPLE_COLUMNS = ("boot", "seq", "dial_us", "host_s", "video_s", "rating", "mean", "min", "max", "n", "raw", "bound_ms",
                  "flags", "part")  # fmt: skip
SAMPLE_LINE = "%08x,%d,%d,%.6f,%s,%d,%r,%d,%d,%d,%d,%.3f,%s,%d\n"
"""Our own numbers and words need no quotes, so millions of rows can be written in blocks."""
BLOCK = 8192
MARK_COLUMNS = ("video_s", "host_s", "event", "value", "label", "dial_us", "bound_ms", "part")


def write_samples(alignment: Alignment, path: Path) -> None:
    """Write every sample, in the order of its time. Raises `OSError`."""
    with whole_text_file(path) as file:
        file.write(",".join(SAMPLE_COLUMNS) + "\n")
        for number, part in enumerate(alignment.parts or [alignment], start=1):
            for begin in range(0, len(part.samples), BLOCK):
                file.writelines(_sample_lines(part, slice(begin, begin + BLOCK), number))


def _sample_lines(part: Alignment, block: slice, number: int) -> Iterator[str]:
    rows = part.samples.rows[block]
    still = part.stretch[block] == STOOD_STILL
    kinds = (rows["flags"].astype(np.int64) << 1) | still
    words = {int(kind): _flag_words(int(kind) >> 1, stood_still=bool(kind & 1)) for kind in np.unique(kinds)}
    video = ["" if stands else f"{at_s:.6f}" for at_s, stands in zip(part.video_s[block].tolist(), still, strict=True)]
    columns = (
        rows["boot"].tolist(), rows["seq"].tolist(), rows["t_us"].tolist(), part.host_s[block].tolist(), video,
        rows["rating"].tolist(), (rows["mean_milli"] / 1e3).tolist(), rows["min"].tolist(), rows["max"].tolist(),
        rows["n"].tolist(), rows["raw"].tolist(), (part.bound_s[block] * 1e3).tolist(),
        [words[kind] for kind in kinds.tolist()], [number] * len(rows),
    )  # fmt: skip
    return (SAMPLE_LINE % row for row in zip(*columns, strict=True))


def _flag_words(flags: int, *, stood_still: bool) -> str:
    return "|".join([word for bit, word in FLAG_WORDS if flags & bit] + ["paused"] * stood_still)


def write_marks(alignment: Alignment, path: Path) -> None:
    """Write the dial's events, on video time where the video ran: presses of the button, detents landed on, pulses of
    the sync pins, wires that broke. Raises `OSError`."""
    parts = enumerate(alignment.parts or [alignment], start=1)
    write_table(path, MARK_COLUMNS, ((*row, number) for number, part in parts for row in _mark_rows(part)))


def _mark_rows(alignment: Alignment) -> Iterator[tuple[Any, ...]]:
    labels = {hello["boot"]: hello["scale"]["detents"] for hello in alignment.recording.hellos}
    for boot, fit in sorted(alignment.fits.items()):
        marks = sorted((m for m in alignment.recording.marks if m.boot == boot), key=lambda mark: mark.seq)
        dial_s = np.array([mark.t_us for mark in marks]) / 1e6
        host_s, bound_s = fit.host_s(dial_s), fit.bound_at(dial_s)
        video_s, _ = place(host_s, EDGE_S + bound_s, alignment.stretches)
        for mark, at_s, shown_s, within_s in zip(marks, host_s, video_s, bound_s, strict=True):
            name = EVENT_WORDS.get(mark.event, str(mark.event))
            yield (
                digits(shown_s, 6), digits(at_s, 6), name, mark.value, _label(mark, labels.get(boot, [])), mark.t_us,
                digits(within_s * 1e3, 3),
            )  # fmt: skip


def _label(mark: Mark, detents: list[Any]) -> str:
    return detents[mark.value][1] if mark.event == message.EVENT_DETENT and mark.value < len(detents) else ""
