"""What players and annotation programs show beside the video: a rater's segments and answers with their times."""

from dataclasses import dataclass

from tracedial.exchange.contents import Rating
from tracedial.files.safe_text import is_control, whole_text

WORDS = {
    "en": {"rupture": "rupture", "repair": "repair", "peak": "peak", "mean": "mean"},
    "de": {"rupture": "Ruptur", "repair": "Reparatur", "peak": "Höhepunkt", "mean": "Mittel"},
}
"""What a viewer reads, in the study's language."""


@dataclass(frozen=True)
class Cue:
    """Seconds `start_s` to `end_s` of the video. `kind` is `rupture`, `repair`, `peak` or `answer`, `name` says which
    one, `text` is what was said about it."""

    kind: str
    name: str
    start_s: float
    end_s: float
    text: str


def segment_cues(rating: Rating) -> list[Cue]:
    """A cue for each chosen segment, in the order of the video."""
    made = []
    for clip in rating.chosen:
        one = clip.segment
        mean = rating.mean_of(one)
        words = WORDS[rating.language]
        text = f"{words[one.kind]} {one.rank}" + ("" if mean != mean else f", {words['mean']} {mean:.1f}")
        made.append(Cue(one.kind, one.id, one.start_s, one.end_s, text))
    return made


def answer_cues(rating: Rating) -> list[Cue]:
    """A cue for each answered question, over the clip that was shown, in the order in which the clips were shown."""
    return [
        Cue("answer", f"{row['segment']} {row['question']}", row["clip_start_s"], row["clip_end_s"],
            f"{row['question_text']} {row['answer']}".strip())
        for row in rating.answers
        if row["answer"].strip()
    ]  # fmt: skip


def on_one_line(text: str) -> str:
    """A text without tabs, line ends and controls, for formats that have one line for each entry."""
    return " ".join("".join(" " if is_control(sign) else sign for sign in whole_text(text)).split(" ")).strip()


def without_overlaps(cues: list[Cue]) -> list[list[Cue]]:
    """The cues in as few rows as possible, so that no two in a row overlap."""
    rows: list[list[Cue]] = []
    for cue in sorted(cues, key=lambda one: (one.start_s, one.end_s)):
        row = next((row for row in rows if row[-1].end_s <= cue.start_s), None)
        if row is None:
            rows.append([cue])
        else:
            row.append(cue)
    return rows


def file_stem(dyad: str, rater: str = "") -> str:
    """The name of a dyad's or a rater's file, without its extension."""
    safe = (
        "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in on_one_line(dyad)).strip(".") or "session"
    )
    return f"{safe}_{rater}" if rater else safe
