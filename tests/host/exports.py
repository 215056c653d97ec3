"""Export sources in memory that were never recorded: any traces, any texts."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from hypothesis import strategies as st

from tracedial.exchange.contents import Dyad, Rating, Scale, Source, role_of
from tracedial.exchange.formats import FORMATS
from tracedial.measures.trace import Trace
from tracedial.study.answers import COLUMNS
from tracedial.study.segments import Clip, Segment

HOSTILE = (
    '=HYPERLINK("http://example.org","x")', "a\tb", 'say "so"', "two\nlines", "two\r\nlines\rand", "🙂🏳️‍🌈",
    "שלום, مرحبا", "\u202eright", " blank ends ", "-->", "<b>&amp;</b>", "]]>", "'", ",;", "@SUM(1)", "\x00\x07\x0b",
    "\ud83d", "", "NA",
)  # fmt: skip
SCALE = Scale(-50, 50, 1, {-50.0: "Weakest Possible", 0.0: "Neutral", 50.0: "Strongest Possible"})
VIDEO = {
    "name": "session=1.mp4",
    "sha256": "ab" * 32,
    "duration_s": 40.0,
    "frame_rate_hz": 25.0,
    "width": 2,
    "height": 2,
}

texts = st.sampled_from(HOSTILE) | st.text(max_size=12)
ratings = st.lists(st.floats(-50, 50).map(lambda v: round(v, 3)) | st.integers(-50, 50) | st.just(float("nan")),
                   min_size=1, max_size=30)  # fmt: skip


@dataclass
class MadeSource(Source):
    """A source whose dyads are given."""

    made: list[Dyad] = field(default_factory=list)

    @property
    def raters(self):
        return list(dict.fromkeys(one.rater for dyad in self.made for one in dyad.ratings))

    def dyads(self):
        for dyad in self.made:
            self.scales += [one.scale for one in dyad.ratings if one.scale not in self.scales]
            yield dyad


def made_rating(dyad: str, rater: str, values, typed=(), *, scale: Scale | None = SCALE, unmoved=0, why="") -> Rating:
    """A rating with a segment and an answer for each text of `typed`."""
    values = np.array(values, float)
    flags = ["unmoved" if at < unmoved else "" for at in range(len(values))]
    end_s = float(min(len(values), 5))
    clips, answers = [], []
    for number, text in enumerate(typed, start=1):
        segment = Segment(f"rupture-{number}", "rupture", number, 0.0, end_s, "rule", "res-1", why, True)
        clips.append(Clip(segment, 0.0, float(len(values)), False))
        row = dict.fromkeys(COLUMNS, "") | {
            "session": dyad, "rater": rater, "segment": segment.id, "kind": "rupture", "rank": number, "start_s": 0.0,
            "end_s": end_s, "clip_start_s": 0.0, "clip_end_s": float(len(values)), "clip_cut": 0, "current": 1,
            "question": "what", "question_text": "What was happening?", "answer": text,
            "answered_at": "2026-02-03T10:00:00+00:00",
        }  # fmt: skip
        answers.append(row)
    return Rating(dyad, rater, role_of(rater), Trace(rater, values, flags=flags), scale, clips, answers,
                  "2026-02-03T09:00:00+00:00", "tracedial 0", "")  # fmt: skip


def made_source(*dyads: Dyad) -> MadeSource:
    return MadeSource(Path("study"), "A study", None, {}, made=list(dyads))


def written(source: Source, name: str, out: Path) -> Path:
    """A folder with the files of a format."""
    FORMATS[name].write(source, out)
    return out


@st.composite
def sources(draw):
    """Dyads with one, two or three recordings, also of one role, with gaps and any texts."""
    dyads = []
    for number in range(draw(st.integers(1, 2))):
        raters = draw(st.sampled_from([["client"], ["client", "therapist"], ["client", "client-2", "therapist"]]))
        name = f"s{number}"
        made = [
            made_rating(name, rater, draw(ratings), draw(st.lists(texts, max_size=2)), unmoved=draw(st.integers(0, 2)),
                        why=draw(texts), scale=draw(st.sampled_from([SCALE, None])))
            for rater in raters
        ]  # fmt: skip
        dyads.append(Dyad(name, VIDEO, True, made))
    return made_source(*dyads)
