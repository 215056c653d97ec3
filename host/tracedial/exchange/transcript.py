"""Time-stamped text for qualitative programs: MAXQDA, ATLAS.ti and f4 read one form, NVivo another."""

from pathlib import Path

from tracedial.exchange.contents import Source
from tracedial.exchange.cues import answer_cues, file_stem, on_one_line, segment_cues
from tracedial.files.safe_text import safe_cell
from tracedial.files.whole_file import write_whole


def write(source: Source, folder: Path) -> list[str]:
    """Write two files for each rater: `….txt` (a paragraph for each entry, preceded by `#hh:mm:ss-d#`) and
    `…_nvivo.txt` (a table of time span, content and speaker, separated by tabs). Raises `OSError`."""
    for dyad in source.dyads():
        for rating in dyad.ratings:
            cues = sorted([*segment_cues(rating), *answer_cues(rating)], key=lambda cue: (cue.start_s, cue.end_s))
            stem = file_stem(dyad.name, rating.rater)
            lines = [f"{stamp(cue.start_s)} {rating.rater}: {on_one_line(cue.text)}" for cue in cues]
            write_whole(folder / f"{stem}.txt", "".join(f"{line}\n" for line in lines))
            rows = [("Timespan", "Content", "Speaker")]
            rows += [
                (f"{span(cue.start_s)} - {span(cue.end_s)}", safe_cell(on_one_line(cue.text)), rating.rater)
                for cue in cues
            ]
            write_whole(folder / f"{stem}_nvivo.txt", "".join("\t".join(row) + "\n" for row in rows))
    return []


def stamp(at_s: float) -> str:
    """A moment in the form of MAXQDA, ATLAS.ti and f4, to a tenth of a second."""
    tenths = round(at_s * 10)
    return f"#{tenths // 36000:02d}:{tenths // 600 % 60:02d}:{tenths // 10 % 60:02d}-{tenths % 10}#"


def span(at_s: float) -> str:
    """A moment in the form of NVivo, to a tenth of a second."""
    tenths = round(at_s * 10)
    return f"{tenths // 36000}:{tenths // 600 % 60:02d}:{tenths // 10 % 60:02d}.{tenths % 10}"
