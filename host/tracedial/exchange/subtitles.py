"""WebVTT and SRT: segments and answers as cues over the video, for any player."""

from pathlib import Path
from typing import Any

from tracedial.exchange.contents import Rating, Source
from tracedial.exchange.cues import Cue, answer_cues, file_stem, on_one_line, segment_cues
from tracedial.exchange.libraries import library


def write_vtt(source: Source, folder: Path) -> list[str]:
    """Write a `.vtt` for each rater with segments or answers. Raises `OSError`."""
    return _write(source, folder, "vtt")


def write_srt(source: Source, folder: Path) -> list[str]:
    """Write a `.srt` for each rater with segments or answers. Raises `OSError`."""
    return _write(source, folder, "srt")


def _write(source: Source, folder: Path, form: str) -> list[str]:
    notes = []
    for dyad in source.dyads():
        for rating in dyad.ratings:
            made = _captions(rating, escaped=form == "vtt")
            if not made.captions:
                notes.append(f"{form}: {rating.rater} in {dyad.name} has no segments and no answers: no file.")
                continue
            path = folder / f"{file_stem(dyad.name, rating.rater)}.{form}"
            with path.open("w", encoding="utf-8", newline="\n") as file:
                made.write(file, format=form)
    return notes


def cue_text(cue: Cue) -> str:
    """A cue's text on one line, since a blank line would end the cue."""
    return on_one_line(cue.text).replace("-->", "→")


def _captions(rating: Rating, *, escaped: bool) -> Any:
    webvtt = library("webvtt")
    cues = sorted([*segment_cues(rating), *answer_cues(rating)], key=lambda cue: (cue.start_s, cue.end_s))
    made = webvtt.WebVTT()
    for cue in cues:
        text = cue_text(cue)
        if escaped:
            text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        made.captions.append(webvtt.Caption(clock(cue.start_s), clock(max(cue.end_s, cue.start_s + 0.001)), text))
    return made


def clock(at_s: float) -> str:
    """Seconds as hh:mm:ss.mmm."""
    ms = round(at_s * 1000)
    return f"{ms // 3_600_000:02d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}"
