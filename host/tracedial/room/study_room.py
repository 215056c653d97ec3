"""The room: one study, its sessions and videos, and the one sitting (or the one group) that is going on in it."""

import asyncio
import contextlib
import threading
from collections import defaultdict
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from tracedial.emulation.process import EmulatorProcess, emulator_arguments
from tracedial.errors import PageError, StudyError, TracedialError, VideoError
from tracedial.files.folder_lock import FolderInUseError, FolderLock, NoLocksError
from tracedial.files.safe_text import whole_text
from tracedial.link.discover import find_dials, list_ports
from tracedial.measures.trace import Trace
from tracedial.recording.session import Session, scale_to_json
from tracedial.room.page_link import KNOB, PORTS
from tracedial.room.page_playback import number
from tracedial.room.seat import Seat
from tracedial.room.sitting import Sitting
from tracedial.study.answers import Answer, AnswerBook, place_of, questions_for, read_answers, unanswered
from tracedial.study.progress import Progress, progress, survey
from tracedial.study.rating import Rating
from tracedial.study.segments import Choice, Clip, all_clips, begin_choice, change, clips, planned_choice, read_choice
from tracedial.study.study import CODES, CODES_BETWEEN, Study
from tracedial.study.study_file import read_study
from tracedial.study.study_sessions import check_hash, find_video
from tracedial.study.tables import write_tables
from tracedial.study.verdicts import KEEP, VOID, checked_author, keep, void
from tracedial.study.waveform import waveform
from tracedial.video import Video, describe_format, read_video

LOCK_FILE = ".room.lock"
UNRATED = ("open", "begun")
KNOB_KINDS = ("slider", "keyboard", "gamepad", "dial")


class Room:
    """What the pages of a study are about. `ports` are dials that were named; others are looked for. `another_dial`: a
    rating may go on with another dial than it began with."""

    def __init__(self, folder: Path, ports: list[str], *, another_dial: bool = False) -> None:
        self.study: Study = read_study(folder)
        self._another_dial = another_dial
        self.sitting: Sitting | None = None
        self._emulators: list[EmulatorProcess] = []
        self.ports = [self._started(port) for port in ports]
        self._videos: dict[tuple[str, int, int], Video] = {}
        self._found_ports: set[str] = set()
        self._waveforms: dict[str, list[int]] = {}
        self._hashing: dict[str, asyncio.Lock] = {}
        self._books: dict[Path, AnswerBook] = {}
        self._hashing_all: asyncio.Task[None] | None = None
        self._sitting_lock = asyncio.Lock()
        self._choosing: defaultdict[Path, threading.RLock] = defaultdict(threading.RLock)
        self._lock = FolderLock(folder, LOCK_FILE)
        try:
            self._lock.acquire()
        except FolderInUseError:
            raise StudyError(
                folder, f"The study in {folder} is open in another room on this computer: close that one first."
            ) from None
        except NoLocksError:
            raise StudyError(
                folder,
                f"The disk of {folder} cannot lock files, which keeps two rooms apart: move it to another.",
            ) from None
        except OSError as error:
            raise StudyError(folder, f"The study in {folder} cannot be written to: {error.strerror}.") from error

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

    async def waveform(self, session_name: str) -> list[int]:
        """How loud a session is along its time; see `waveform.py`. Reckoned once."""
        video = await self.video(self.study.session(session_name))
        if video.sha256 not in self._waveforms:
            task = asyncio.to_thread(waveform, video.path, duration_s=video.duration_s)
            self._waveforms[video.sha256] = await task
        return self._waveforms[video.sha256]

    @property
    def language(self) -> str:
        """The language of the pages."""
        return self.study.language

    async def begin(self) -> None:
        """Take the hashes of all videos in the background, so that none has to be waited for."""
        self._hashing_all = asyncio.create_task(self._know_videos())

    async def _know_videos(self) -> None:
        for session in self.study.readable_sessions()[0]:
            # What is wrong is said when somebody asks for that session.
            with contextlib.suppress(StudyError, VideoError, OSError):
                await self.video(session)

    def overview(self, seat: Seat | None = None) -> dict[str, Any]:
        """What the first page shows; a seat is shown itself alone."""
        sitting = self.sitting
        if seat:
            rating = self._rating(seat.session, seat.rater)
            sessions, problems = [(rating.session, {seat.rater: progress(rating)})], []
            if sitting and (sitting.session_name, sitting.rater) != (seat.session, seat.rater):
                sitting = None
        else:
            sessions, problems = survey(self.study)
        return {
            "study": study_json(self.study),
            "problems": problems,
            "sessions": [
                {
                    "name": session.folder.name,
                    "video": {key: session.video[key] for key in ("name", "duration_s")},
                    "raters": [{"name": rater, **asdict(where)} for rater, where in raters.items()],
                }
                for session, raters in sessions
            ],
            "sitting": sitting.state() if sitting else None,
        }

    async def dials(self) -> list[dict[str, Any]]:
        """The dials that answer: those that were named, and those that are found."""
        ports = list(dict.fromkeys([*self.ports, *await asyncio.to_thread(list_ports)]))
        if self.sitting and self.sitting.holds_dial:
            # Taken, and not to be disturbed.
            ports = [port for port in ports if port != self.sitting.port]
        found = await asyncio.to_thread(find_dials, ports)
        self._found_ports = {candidate.port for candidate in found if candidate.hello}
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

    async def open_sitting(
        self, session_name: str, rater: str, *, port: str, knob_kind: str, seat: Seat | None = None
    ) -> Sitting:
        """Begin (or take up) a rater's sitting. Raises `PageError` while another one is recorded, and to a participant
        while anybody else sits."""
        if seat and knob_kind == "dial" and port not in self._found_ports:
            raise PageError("That dial does not answer: look for dials again.")
        if knob_kind not in KNOB_KINDS:
            raise PageError(f"{knob_kind!r} is no way of rating: {', '.join(KNOB_KINDS)} are.")
        rating = self._rating(session_name, rater)
        port = PORTS[KNOB] if knob_kind != "dial" else port
        async with self._sitting_lock:
            old = self.sitting
            if old:
                same = (old.session_name, old.rater) == (session_name, rater)
                if seat and not same and old.is_attended:
                    raise PageError("Somebody else is using the room just now. Please wait, then try again.")
                if old.step == "rating" and not same:
                    raise PageError(
                        f"{old.rater} is rating {old.session.folder.name} just now: end that sitting before another "
                        "begins."
                    )
                if same and old.step == "rating":
                    return old
                await self._end_sitting()
            video = await self.video(rating.session)
            described = await asyncio.to_thread(describe_format, video.path)
            self.sitting = Sitting(
                rating,
                port=port,
                video=video,
                has_sound=described.has_sound,
                knob_kind=knob_kind,
                another_dial=self._another_dial,
            )
            return self.sitting

    async def end_sitting(self) -> None:
        """End the sitting that goes on, if any."""
        async with self._sitting_lock:
            await self._end_sitting()

    async def _end_sitting(self) -> None:
        sitting, self.sitting = self.sitting, None
        if sitting:
            sitting.playback.push({"none": True})
            await sitting.close()

    def review(self, session_name: str, rater: str) -> dict[str, Any]:
        """What a researcher chooses segments from: the trace, the automatic segments, what holds now. Other raters'
        traces are there only where the study does not blind the choice."""
        rating = self._rating(session_name, rater)
        folder = rating.folder
        with self._choosing[folder]:
            where = self._refuse_unrated(rating)
            trace = rating.trace()
            if where.step == "lacking":
                # A choice is begun only from a rating that stands.
                choice = Choice(*planned_choice(self.study))
            else:
                choice = begin_choice(folder, self.study, trace.rated)
        return {
            **self._choice_json(rating, choice),
            "step": where.step,
            "rated_share": where.rated_share,
            "picture": _has_picture(rating.session),
            "rating": _ratings(trace),
            "scale": study_json(self.study)["scale"],
            "others": {}
            if self.study.segments.blind
            else {
                other: _ratings(Rating(self.study, rating.session, other).trace())
                for other in rating.session.raters
                if other != rater and progress(Rating(self.study, rating.session, other)).step not in UNRATED
            },
        }

    def change_segments(self, session_name: str, rater: str, said: dict[str, Any]) -> dict[str, Any]:
        """Carry out a researcher's change."""
        rating = self._rating(session_name, rater)
        folder = rating.folder
        fields = {key: said[key] for key in ("id", "kind", "start_s", "end_s", "rank") if key in said}
        with self._choosing[folder]:
            if self._refuse_unrated(rating).step == "lacking":
                raise PageError("Too few seconds of this session have a rating: keep the rating first, or void it.")
            choice = change(
                folder,
                action=str(said.get("action")),
                who=str(said.get("who", "")),
                why=str(said.get("why", "")),
                end_of_video_s=rating.duration_s,
                **fields,
            )
            warning = self._write_tables(rating)
        return {**self._choice_json(rating, choice), "warning": warning}

    async def decide(self, session_name: str, rater: str, said: dict[str, Any]) -> dict[str, Any]:
        """Carry out what a researcher decides about a whole rating: `void` or `keep`, with who and why."""
        rating = self._rating(session_name, rater)
        action, who, why = said.get("action"), str(said.get("who", "")), str(said.get("why", ""))
        if action not in (VOID, KEEP):
            raise PageError(f"{action!r} is nothing that can be decided about a rating.")
        async with self._sitting_lock:
            sitting = self.sitting
            if sitting and (sitting.session_name, sitting.rater) == (session_name, rater):
                if sitting.step == "rating":
                    raise PageError(f"{rater} is rating {session_name} just now: end that sitting first.")
                checked_author(rating.folder, who=who, why=why)
                await self._end_sitting()
            return await asyncio.to_thread(self._decide, rating, action=str(action), who=who, why=why)

    def _decide(self, rating: Rating, *, action: str, who: str, why: str) -> dict[str, Any]:
        with self._choosing[rating.folder]:
            if action == KEEP:
                keep(rating.folder, who=who, why=why)
                return {"step": progress(rating).step, "warning": self._write_tables(rating)}
            checked_author(rating.folder, who=who, why=why)
            if book := self._books.pop(rating.folder, None):
                book.close()
            void(rating.folder, who=who, why=why)
        return {"step": progress(rating).step, "warning": ""}

    def together(self, session_name: str) -> dict[str, Any]:
        """All raters' traces of a session, once all of them have rated it to its end and, where the choice is blind,
        all choices are made."""
        session = self.study.session(session_name)
        plan = self.study.segments
        waiting = []
        for rater in session.raters:
            step = progress(Rating(self.study, session, rater)).step
            if step in (*UNRATED, "lacking") or (plan.blind and plan.count and step == "rated"):
                waiting.append(rater)
        if waiting:
            return {"waiting": waiting, "session": session_name}
        return {
            "waiting": [],
            "session": session_name,
            "duration_s": session.video["duration_s"],
            "picture": _has_picture(session),
            "scale": study_json(self.study)["scale"],
            "traces": {rater: _ratings(Rating(self.study, session, rater).trace()) for rater in session.raters},
        }

    def clips(self, session_name: str, rater: str) -> dict[str, Any]:
        """The clips that a rater is shown, with the questions and the answers so far."""
        rating = self._rating(session_name, rater)
        folder = rating.folder
        where = progress(rating)
        answers = read_answers(folder)
        made = rating.chosen_clips() if where.step in ("chosen", "done") else []
        return {
            "step": where.step,
            "duration_s": rating.duration_s,
            "picture": _has_picture(rating.session),
            "done": answers.is_done(made),
            "codes": list(self.study.clips.codes),
            "clips": [
                {
                    "segment": clip.segment.id,
                    "kind": clip.segment.kind,
                    "start_s": clip.start_s,
                    "end_s": clip.end_s,
                    "shown_with": list(clip.shown_with),
                    "segment_start_s": clip.segment.start_s,
                    "segment_end_s": clip.segment.end_s,
                    "cut": clip.cut,
                    "watched": place_of(clip.segment) in answers.watched,
                    "questions": [
                        {"id": q.id, "text": q.text, "answer": _text(answers.to(clip.segment, q.id, q.text))}
                        for q in questions_for(self.study, clip.segment)
                    ],
                    "codes": _text(answers.to(clip.segment, CODES, "")),
                }
                for clip in made
            ],
            "unanswered": unanswered(self.study, made, answers),
        }

    def answer(
        self, session_name: str, rater: str, said: dict[str, Any], *, is_raters_own: bool = False
    ) -> dict[str, Any]:
        """Keep what a rater typed, watched or ended, for the clips as the page showed them: the choice may have been
        changed meanwhile. Raises where there is no such clip or question, and for an answer of somebody who has
        finished: that is changed by a researcher alone, with who and why (`is_raters_own` false)."""
        rating = self._rating(session_name, rater)
        folder = rating.folder
        with self._choosing[folder]:
            choice = read_choice(folder)
            if choice is None:
                raise PageError("There is nothing to answer yet: the segments have not been chosen.")
            if folder not in self._books:
                self._books[folder] = AnswerBook(folder)
            book = self._books[folder]
            what = said.get("what")
            if what == "done":
                book.done(rating.chosen_clips() if choice.accepted_by else [])
            elif what == "watched":
                book.watched(self._shown_clip(rating, choice, said))
            elif what == "answer":
                clip = self._shown_clip(rating, choice, said)
                question, text = said.get("question"), said.get("text")
                asked = {q.id: q.text for q in questions_for(self.study, clip.segment)} | {CODES: ""}
                if not isinstance(question, str) or question not in asked or not isinstance(text, str):
                    raise PageError(f"There is no question {question!r} after that clip: load the page again.")
                if question == CODES and not set(filter(None, text.split(CODES_BETWEEN))) <= set(
                    self.study.clips.codes
                ):
                    raise PageError(f"The study has no such codes: {text!r}; load the page again.")
                author = self._author_of_change(
                    rating, clip, said, question=question, words=asked[question], is_raters_own=is_raters_own
                )
                book.answer(clip, question, asked[question], text, **author)
            else:
                raise PageError(f"{what!r} is nothing that can be kept.")
            if book.problem:
                raise PageError(book.problem)
            return {"kept": True, "warning": self._write_tables(rating)}

    def _author_of_change(
        self,
        rating: Rating,
        clip: Clip,
        said: dict[str, Any],
        *,
        question: str,
        words: str,
        is_raters_own: bool,
    ) -> dict[str, str]:
        """Who changes an answer of somebody who has finished, and why; empty for what a rater writes."""
        answers = read_answers(rating.folder)
        given = answers.to(clip.segment, question, words)
        if not (given and given.text.strip() and answers.is_done(rating.chosen_clips())):
            return {}
        if given.text == whole_text(str(said.get("text"))):
            return {}
        if is_raters_own:
            raise PageError("You have finished: your answers are saved, and nobody changes them from here.")
        return checked_author(rating.folder, who=str(said.get("who", "")), why=str(said.get("why", "")))

    def _shown_clip(self, rating: Rating, choice: Choice, said: dict[str, Any]) -> Clip:
        """The clip that a page showed: of a segment that there is or was, with the seconds that the page says."""
        segment = choice.segments.get(str(said.get("segment")))
        if segment is None:
            raise PageError(f"There is no segment {said.get('segment')!r}: load the page again.")
        end_of_video_s = rating.duration_s
        start_s = number(said.get("segment_start_s", said.get("start_s")), 0.0, end_of_video_s)
        end_s = number(said.get("segment_end_s"), start_s, end_of_video_s)
        for clip in self._all_clips(rating, choice):
            if clip.segment.chosen and place_of(clip.segment) == (segment.id, start_s, end_s):
                return clip
        # It was moved or taken away since: its clip is the one that the page shows until it is loaded again.
        shown = replace(segment, start_s=start_s, end_s=end_s)
        (clip,) = clips([shown], length_s=self.study.clips.length_s, end_of_video_s=end_of_video_s)
        if "start_s" in said and "end_s" in said:
            clip_start_s = number(said["start_s"], 0.0, start_s)
            clip_end_s = number(said["end_s"], start_s, end_of_video_s)
            clip = replace(clip, start_s=clip_start_s, end_s=clip_end_s, cut=clip.cut or clip_end_s < clip.end_s)
        return clip

    def _all_clips(self, rating: Rating, choice: Choice) -> list[Clip]:
        plan = self.study.clips
        return all_clips(
            choice.segments.values(), length_s=plan.length_s, end_of_video_s=rating.duration_s, pairs=plan.pairs
        )

    def _refuse_unrated(self, rating: Rating) -> Progress:
        where = progress(rating)
        if where.step in UNRATED:
            raise PageError(f"{rating.rater} has not rated {rating.session_name} to its end yet.")
        return where

    def _write_tables(self, rating: Rating) -> str:
        """Write what is derived; returns what was in the way, in a sentence: the journals have everything."""
        try:
            write_tables(rating)
        except TracedialError as error:
            return str(error)
        return ""

    async def close(self) -> None:
        """End the sitting and let everything go."""
        if self._hashing_all:
            self._hashing_all.cancel()
        await self.end_sitting()
        for book in self._books.values():
            book.close()
        for emulator in self._emulators:
            await asyncio.to_thread(emulator.close)
        self._lock.release()

    def _rating(self, session_name: str, rater: str) -> Rating:
        """A rater's rating. Raises `StudyError` for a session or a rater that the study does not have."""
        self.study.rater_folder(session_name, rater)
        return Rating(self.study, self.study.session(session_name), rater)

    def _choice_json(self, rating: Rating, choice: Choice) -> dict[str, Any]:
        duration_s = rating.duration_s
        return {
            "session": rating.session_name,
            "rater": rating.rater,
            "duration_s": duration_s,
            "segments": [
                {**asdict(clip.segment), "clip_start_s": clip.start_s, "clip_end_s": clip.end_s, "clip_cut": clip.cut}
                for clip in self._all_clips(rating, choice)
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
    return {
        "title": study.title,
        "language": study.language,
        "scale": scale_to_json(study.scale),
        "rating": asdict(study.rating),
        "practice": asdict(study.practice),
        "segments": asdict(study.segments),
        "clips": asdict(study.clips),
    }


def _has_picture(session: Session) -> bool:
    return session.video["width"] is not None or session.video["frame_rate_hz"] is not None


def _text(answer: Answer | None) -> str:
    return answer.text if answer else ""


def _ratings(trace: Trace) -> list[float | None]:
    return [None if rating != rating else float(rating) for rating in trace.rated]
