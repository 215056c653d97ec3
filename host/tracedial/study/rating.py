"""One rater's rating of one session of a study: where its files are, and what is in them."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tracedial.alignment.derived import read_derived
from tracedial.errors import NothingRatedError, StudyError
from tracedial.measures.trace import Trace
from tracedial.recording.folder import TRACE_FILE, journals
from tracedial.recording.journal import read_journal
from tracedial.recording.session import Session, scale_to_json
from tracedial.study.segments import Clip, clips, read_choice
from tracedial.study.study import STUDY_FILE, Study
from tracedial.study.verdicts import is_kept


@dataclass(frozen=True)
class Rating:
    """A rater of a session, whether anything was rated yet or not."""

    study: Study
    session: Session
    rater: str

    @property
    def session_name(self) -> str:
        """The session's name in the study: its folder's."""
        return self.session.folder.name

    @property
    def folder(self) -> Path:
        """Where the rater's files are."""
        return self.study.session_folder(self.session_name) / self.rater

    @property
    def duration_s(self) -> float:
        """The length of the session's video. Raises `StudyError` for a session without one (a group, live)."""
        duration_s = self.session.video["duration_s"]
        if not self.session.video["sha256"] or duration_s is None:
            raise StudyError(
                self.session.folder,
                f"{self.session.folder} is a session without a video, as no session of a study is: take it out of the "
                "study.",
            )
        return float(duration_s)

    def trace(self) -> Trace:
        """What was rated. Raises `StudyError` where nothing was yet."""
        if not journals(self.folder):
            raise StudyError(
                self.folder, f"{self.rater} has not rated {self.session_name} yet: {self.folder} has no journal."
            )
        return read_derived(self.folder, self.rater).trace

    def rated_share(self) -> float:
        """The share (0 to 1) of the video's seconds that have a rating; seconds before the knob was moved have none."""
        stamps = tuple(_stamp(self.folder / name) for name in (*journals(self.folder), TRACE_FILE))
        if self.folder not in _SHARES or _SHARES[self.folder][0] != stamps:
            try:
                rated = int(np.count_nonzero(~np.isnan(self.trace().rated)))
            except NothingRatedError:
                rated = 0
            stamps = tuple(_stamp(self.folder / name) for name in (*journals(self.folder), TRACE_FILE))
            # A trace has a row for each whole second, the one at 0 and the last that began included.
            _SHARES[self.folder] = (stamps, min(rated / max(math.ceil(self.duration_s), 1), 1.0))
        return _SHARES[self.folder][1]

    def has_enough(self) -> bool:
        """Whether enough seconds have a rating, or somebody decided that it stands as it is."""
        return 100 * self.rated_share() >= self.study.rating.enough_percent or is_kept(self.folder)

    def chosen_clips(self) -> list[Clip]:
        """The clips of the segments that hold, in the order in which they are shown."""
        choice = read_choice(self.folder)
        if choice is None:
            return []
        plan = self.study.clips
        return clips(choice.chosen, length_s=plan.length_s, end_of_video_s=self.duration_s, pairs=plan.pairs)

    def check_same_scale(self) -> None:
        """Refuse to resume a rating that was begun on another scale than the study has now."""
        scale = self.study.scale
        now = scale_to_json(scale)
        for name in journals(self.folder):
            for record in read_journal(self.folder / name, samples_apart=True).records:
                if record["kind"] == "hello" and record["scale"] != now:
                    was = record["scale"]
                    raise StudyError(
                        self.folder,
                        f"This rating was begun on a scale from {was['low']} to {was['high']}, and the study's is from "
                        f"{scale.low} to {scale.high} now (or its labels differ): put it back in {STUDY_FILE}, or add "
                        "the session again under another name.",
                    )


# A trace is read once: how far everybody is is asked for every few seconds.
_SHARES: dict[Path, tuple[tuple[tuple[int, int], ...], float]] = {}


def _stamp(path: Path) -> tuple[int, int]:
    """What tells a file from what it was before; of one that is not there, nothing."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return 0, 0
    return stat.st_size, stat.st_mtime_ns
