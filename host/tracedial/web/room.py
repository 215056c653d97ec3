"""The room: one study, its sessions and videos, and the one sitting (or the one group) that is going on in it."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tracedial.answers import AnswerBook, questions_for, read_answers, unanswered
from tracedial.errors import PageError, StudyError, VideoError
from tracedial.link.discover import find_dials, list_ports
from tracedial.link.stream import EmulatorProcess, emulator_arguments
from tracedial.progress import chosen_clips, progress, rating_of, write_tables
from tracedial.segments import Choice, begin_choice, change, clips
from tracedial.session import Session
from tracedial.study import CODES, CODES_BETWEEN, Study, check_hash, find_video, read_study
from tracedial.trace import Trace
from tracedial.video import Video, read_video
from tracedial.web.page_link import KNOB, PORTS
from tracedial.web.sitting import Sitting

KNOB_KINDS = ("slider", "keyboard", "gamepad", "dial")


class Room:
    """What the pages of a study are about. `ports` are dials that were named; others are looked for."""

    def __init__(self, folder: Path, ports: list[str]) -> None:
        self.study: Study = read_study(folder)
        self.sitting: Sitting | None = None
        self._emulators: list[EmulatorProcess] = []
        self.ports = [self._started(port) for port in ports]
        self._videos: dict[tuple[str, int, int], Video] = {}
        self._hashing: dict[str, asyncio.Lock] = {}
        self._books: dict[Path, AnswerBook] = {}
        self._hashing_all: asyncio.Task[None] | None = None

    async def video(self, session: Session) -> Video:
        """The session's video, once it is known to be the one that was added. Its hash is taken once, and again when
        the file has changed."""
        path = find_video(self.study, session)
        stat = path.stat()
        key = (str(path), stat.st_size, stat.st_mtime_ns)
        async with self._hashing.setdefault(session.folder.name, asyncio.Lock()):
            if key not in self._videos:
                self._videos[key] = await asyncio.to_thread(read_video, path)
        video = self._videos[key]
        check_hash(session, video)
        return video

    @property
    def language(self) -> str:
        """The language of the pages."""
        return self.study.language

    async def begin(self) -> None:
        """Take the hashes of all videos in the background, so that none has to be waited for."""
        self._hashing_all = asyncio.create_task(self._know_videos())

    async def _know_videos(self) -> None:
        for session in self.study.sessions():
            try:
                await self.video(session)
            except (StudyError, VideoError):
                # Said when somebody asks for that session.
                continue

    def overview(self) -> dict[str, Any]:
        """What the first page shows."""
        sitting = self.sitting
        return {
            "study": study_json(self.study),
            "sessions": [
                {
                    "name": session.folder.name,
                    "video": {key: session.video[key] for key in ("name", "duration_s")},
                    "raters": [
                        {"name": rater, **asdict(progress(self.study, session, rater))} for rater in session.raters
                    ],
                }
                for session in self.study.sessions()
            ],
            "sitting": sitting.state() if sitting else None,
        }

    async def dials(self) -> list[dict[str, Any]]:
        """The dials that answer: those that were named, and those that are found."""
        if self.sitting and not self.sitting.is_page_knob:
            # Its port is taken, and must not be disturbed.
            return []
        ports = list(dict.fromkeys([*self.ports, *await asyncio.to_thread(list_ports)]))
        found = await asyncio.to_thread(find_dials, ports)
        return [
            {
                "port": candidate.port,
                "name": candidate.hello.name if candidate.hello else None,
                "board": candidate.hello.board if candidate.hello else None,
                "knob": candidate.hello.knob if candidate.hello else None,
                "problem": candidate.problem,
            }
            for candidate in found
            if candidate.hello or candidate.port in self.ports
        ]

    async def open_sitting(self, session_name: str, rater: str, *, port: str, knob_kind: str) -> Sitting:
        """Begin (or take up) a rater's sitting. Raises `PageError` while another one is recorded."""
        if knob_kind not in KNOB_KINDS:
            raise PageError(f"{knob_kind!r} is no way of rating: {', '.join(KNOB_KINDS)} are.")
        session = self.study.session(session_name)
        self.study.rater_folder(session_name, rater)
        port = PORTS[KNOB] if knob_kind != "dial" else port
        old = self.sitting
        if old:
            same = old.session.folder.name == session_name and old.rater == rater
            if old.step == "rating" and not same:
                raise PageError(
                    f"{old.rater} is rating {old.session.folder.name} just now: end that sitting before another begins."
                )
            if same and old.step == "rating":
                return old
            await self.end_sitting()
        self.sitting = Sitting(
            self.study, session, rater, port=port, video=await self.video(session), knob_kind=knob_kind
        )
        return self.sitting

    async def end_sitting(self) -> None:
        """End the sitting that goes on, if any."""
        sitting, self.sitting = self.sitting, None
        if sitting:
            await sitting.close()

    def review(self, session_name: str, rater: str) -> dict[str, Any]:
        """What a researcher chooses segments from: the trace, the automatic segments, what holds now. Other raters'
        traces are there only where the study does not blind the choice."""
        session, folder = self._place(session_name, rater)
        trace = rating_of(self.study, session, rater)
        choice = begin_choice(folder, self.study, trace.rating)
        return {
            **self._choice_json(session, rater, choice),
            "rating": _ratings(trace),
            "scale": study_json(self.study)["scale"],
            "others": {}
            if self.study.segments.blind
            else {
                other: _ratings(rating_of(self.study, session, other))
                for other in session.raters
                if other != rater and progress(self.study, session, other).step not in ("open", "begun")
            },
        }

    def change_segments(self, session_name: str, rater: str, said: dict[str, Any]) -> dict[str, Any]:
        """Carry out a researcher's change."""
        session, folder = self._place(session_name, rater)
        fields = {key: said[key] for key in ("id", "kind", "start_s", "end_s", "rank") if key in said}
        choice = change(
            folder,
            action=str(said.get("action")),
            who=str(said.get("who", "")),
            why=str(said.get("why", "")),
            end_of_video_s=float(session.video["duration_s"]),
            **fields,
        )
        write_tables(self.study, session, rater)
        return self._choice_json(session, rater, choice)

    def together(self, session_name: str) -> dict[str, Any]:
        """All raters' traces of a session, once all of them have rated it to its end and, where the choice is blind,
        all choices are made."""
        session = self.study.session(session_name)
        plan = self.study.segments
        waiting = []
        for rater in session.raters:
            step = progress(self.study, session, rater).step
            if step in ("open", "begun") or (plan.blind and plan.count and step == "rated"):
                waiting.append(rater)
        if waiting:
            return {"waiting": waiting, "session": session_name}
        return {
            "waiting": [],
            "session": session_name,
            "duration_s": session.video["duration_s"],
            "scale": study_json(self.study)["scale"],
            "traces": {rater: _ratings(rating_of(self.study, session, rater)) for rater in session.raters},
        }

    def clips(self, session_name: str, rater: str) -> dict[str, Any]:
        """The clips that a rater is shown, with the questions and the answers so far."""
        session, folder = self._place(session_name, rater)
        where = progress(self.study, session, rater)
        answers = read_answers(folder)
        made = chosen_clips(self.study, session, rater) if where.step in ("chosen", "done") else []
        return {
            "step": where.step,
            "done": answers.done,
            "codes": list(self.study.clips.codes),
            "clips": [
                {
                    "segment": clip.segment.id,
                    "kind": clip.segment.kind,
                    "start_s": clip.start_s,
                    "end_s": clip.end_s,
                    "cut": clip.cut,
                    "watched": clip.segment.id in answers.watched,
                    "questions": [
                        {"id": q.id, "text": q.text, "answer": answers.texts.get((clip.segment.id, q.id), "")}
                        for q in questions_for(self.study, clip.segment)
                    ],
                    "codes": answers.texts.get((clip.segment.id, CODES), ""),
                }
                for clip in made
            ],
            "unanswered": unanswered(self.study, made, answers),
        }

    def answer(self, session_name: str, rater: str, said: dict[str, Any]) -> dict[str, Any]:
        """Keep what a rater typed, watched or ended. Raises where there is no such clip or question."""
        session, folder = self._place(session_name, rater)
        if progress(self.study, session, rater).step not in ("chosen", "done"):
            raise PageError("There is nothing to answer yet: the segments have not been chosen.")
        asked = {clip.segment.id: clip for clip in chosen_clips(self.study, session, rater)}
        if folder not in self._books:
            self._books[folder] = AnswerBook(folder)
        book = self._books[folder]
        what, segment = said.get("what"), str(said.get("segment"))
        if what == "done":
            book.done()
        elif segment not in asked:
            raise PageError(f"There is no clip {segment!r}: the choice was changed; load the page again.")
        elif what == "watched":
            book.watched(segment)
        elif what == "answer":
            question, text = said.get("question"), said.get("text")
            known = {q.id for q in questions_for(self.study, asked[segment].segment)}
            if (question not in known and question != CODES) or not isinstance(text, str):
                raise PageError(f"There is no question {question!r} after that clip.")
            if question == CODES and not set(filter(None, text.split(CODES_BETWEEN))) <= set(self.study.clips.codes):
                raise PageError(f"The study has no such codes: {text!r}; load the page again.")
            book.answer(segment, str(question), text)
        else:
            raise PageError(f"{what!r} is nothing that can be kept.")
        if book.problem:
            raise PageError(book.problem)
        write_tables(self.study, session, rater)
        return {"kept": True}

    async def close(self) -> None:
        """End the sitting and let everything go."""
        if self._hashing_all:
            self._hashing_all.cancel()
        await self.end_sitting()
        for book in self._books.values():
            book.close()
        for emulator in self._emulators:
            await asyncio.to_thread(emulator.close)

    def _place(self, session_name: str, rater: str) -> tuple[Session, Path]:
        folder = self.study.rater_folder(session_name, rater)
        return self.study.session(session_name), folder

    def _choice_json(self, session: Session, rater: str, choice: Choice) -> dict[str, Any]:
        duration_s = float(session.video["duration_s"])
        made = clips(choice.segments.values(), length_s=self.study.clips.length_s, end_of_video_s=duration_s)
        return {
            "session": session.folder.name,
            "rater": rater,
            "duration_s": duration_s,
            "segments": [
                {**asdict(clip.segment), "clip_start_s": clip.start_s, "clip_end_s": clip.end_s, "clip_cut": clip.cut}
                for clip in made
            ],
            "automatic": [asdict(segment) for segment in choice.automatic],
            "sought": [
                *(["rupture"] if "lowest" in self.study.segments.kinds else []),
                *(["repair"] if "lowest" in self.study.segments.kinds and self.study.segments.repairs else []),
                *(["peak"] if "highest" in self.study.segments.kinds else []),
            ],
            "accepted_by": choice.accepted_by,
            "parameters": choice.parameters,
        }

    def _started(self, port: str) -> str:
        """A port that can be opened: `emulated:` is started here."""
        if not port.startswith("emulated:"):
            return port
        emulator = EmulatorProcess(["--name", "emulated", *emulator_arguments(port)])
        self._emulators.append(emulator)
        return emulator.urls[0]


def study_json(study: Study) -> dict[str, Any]:
    """A study as the pages know it."""
    scale = study.scale
    return {
        "title": study.title,
        "language": study.language,
        "scale": {
            "low": scale.low,
            "high": scale.high,
            "step": scale.step,
            "detents": [list(d) for d in scale.detents],
        },
        "rating": asdict(study.rating),
        "practice": asdict(study.practice),
        "segments": asdict(study.segments),
        "clips": asdict(study.clips),
    }


def _ratings(trace: Trace) -> list[float | None]:
    return [None if rating != rating else float(rating) for rating in trace.rating]
