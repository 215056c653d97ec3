"""A sitting: one rater in front of one page, from the instructions to the last second of the video.

The page tells, the sitting decides: it holds the dial, keeps the recorder's thread, and says what the page shows. What
was done stands in files, so that a page (or this program) that was closed goes on where it was.
"""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np

from dialwire import message
from tracedial.dial_setup.dial_settings import DialSettingsClient
from tracedial.errors import LinkError, PageError, TracedialError
from tracedial.files.private import make_folder
from tracedial.host_clock import host_clock_ns
from tracedial.link.connection import LinkChange
from tracedial.link.messages import Event, Sample, Status
from tracedial.recording.folder import PRACTICE_FILE, journals
from tracedial.recording.journal import JournalWriter
from tracedial.recording.on_scale import is_on_scale
from tracedial.recording.rater_lock import RaterLock
from tracedial.recording.rater_recording import DialChoice
from tracedial.recording.recorder import SessionRecorder
from tracedial.room.knob_feed import STATUS_S, KnobFeed, knob_words
from tracedial.room.page_link import KNOB, PORTS
from tracedial.room.page_playback import MAX_PAGE_US, PagePlayback, number
from tracedial.room.recording_thread import RecordingEnd, RecordingThread
from tracedial.study.played import rated_until
from tracedial.study.practice import measure
from tracedial.study.progress import progress
from tracedial.study.rating import Rating
from tracedial.study.segments import begin_choice
from tracedial.study.tables import write_tables
from tracedial.study.verdicts import voided_ratings
from tracedial.video import Video


class Sitting:
    """One rater's sitting. `playback` is the page that plays the video; what takes long runs in threads of its own.

    Steps: `connecting`, `instructions`, `practice`, `rating`, then `stopped` (the video was not played to its end) or
    what `progress.py` says of the rating; `failed` where the dial cannot be used.
    """

    def __init__(
        self,
        rating: Rating,
        *,
        port: str,
        video: Video,
        knob_kind: str,
        has_sound: bool = True,
        another_dial: bool = False,
    ) -> None:
        self.rating = rating
        self.study, self.session, self.rater, self.video = rating.study, rating.session, rating.rater, video
        self.folder = rating.folder
        self.port, self._another_dial = port, another_dial
        self._lock = RaterLock(self.folder)
        self.knob_kind, self._has_sound = knob_kind, has_sound
        self.playback = PagePlayback(video.duration_s)
        self.step = "connecting"
        self.problem = ""
        self.link_up = True
        self.dial: dict[str, Any] = {}
        self.practice_result: dict[str, Any] | None = None
        self._rated_share = 0.0
        # How many ratings of this rater are void: what a page kept of one of them is not of this one.
        self._attempt = len(voided_ratings(self.folder.parent, self.rater))
        self._see_what_was_played()
        self._feed: KnobFeed | None = None
        self._recorder: SessionRecorder | None = None
        self._thread: RecordingThread | None = None
        self._practice_began_us: float | None = None
        self._busy = asyncio.Lock()
        self._closed = self._has_page = False
        self._loop = asyncio.get_running_loop()

    @property
    def session_name(self) -> str:
        """The session's name in the study."""
        return self.rating.session_name

    @property
    def is_attended(self) -> bool:
        """Whether somebody sits there just now and has not come to the end."""
        return self._has_page and self.step in ("connecting", "instructions", "practice", "rating")

    @property
    def is_page_knob(self) -> bool:
        """Whether the page itself is the dial."""
        return self.port == PORTS[KNOB]

    @property
    def holds_dial(self) -> bool:
        """Whether a dial's port is open here, so that nobody else can ask it anything."""
        return not self.is_page_knob and not (self._feed is None and self._recorder is None)

    def state(self) -> dict[str, Any]:
        """What the page shows."""
        recorder, player = self._recorder, self.playback.player
        shown = recorder.states[0] if recorder and recorder.states else None
        return {
            "session": self.session.folder.name,
            "rater": self.rater,
            "step": self.step,
            "problem": (shown.problem if shown else "") or self.problem,
            "link_up": self.link_up,
            "page_knob": self.is_page_knob,
            "holds_dial": self.holds_dial,
            "knob_kind": self.knob_kind,
            "dial": self.dial,
            "practice": self.practice_result,
            "resume_s": self.resume_s,
            "attempt": self._attempt,
            "rated_share": self._rated_share,
            "duration_s": self.video.duration_s,
            "picture": self.video.has_picture,
            "sound": self._has_sound,
            "video_s": player.video_s(host_clock_ns()) if player else self.resume_s,
            "playing": self.playback.playing,
            "samples": shown.samples if shown else 0,
            "missing": shown.missing if shown else 0,
            "bound_ms": None if shown is None or shown.bound_s is None else round(shown.bound_s * 1e3, 2),
        }

    async def attach(self, push: Callable[[dict[str, Any]], None], send_bytes: Callable[[bytes], None]) -> None:
        """A page is there (again)."""
        self._has_page = True
        self.playback.push = push
        await self.playback.attach(send_bytes)
        async with self._busy:
            if self.step == "connecting" and not self._closed:
                await self._begin()
        self.tell_state()

    def detach(self) -> None:
        """The page has gone: its video stands still."""
        self._has_page = False
        stood_s = self.playback.detach()
        if stood_s is not None:
            self.resume_s = stood_s

    async def receive(self, said: dict[str, Any]) -> None:
        """Carry out what the page asks for, or take down what it tells."""
        match said.get("do"):
            case "frames":
                self.playback.take_frames(said)
            case "player":
                video_s = self.playback.take_event(said)
                if video_s is not None:
                    self.resume_s = video_s
                self.tell_state()
            case "play":
                if self.link_up:
                    await self.playback.cue(number(said.get("video_s"), 0.0, self.video.duration_s))
                else:
                    self.tell_state()
            case "note":
                self.playback.note("page", what=str(said.get("what"))[:40], text=str(said.get("text", ""))[:400])
            case "next":
                async with self._busy:
                    await self._next(str(said.get("from")))
            case "practice_begin":
                if self._feed:
                    self._feed.clear()
                    self._practice_began_us = number(said.get("at_us"), 0, MAX_PAGE_US)
            case "practice_end":
                async with self._busy:
                    await asyncio.to_thread(self._measure_practice)
                self.tell_state()
            case "stop" if self._recorder:
                self._recorder.stop()

    def tell_state(self) -> None:
        """Have the page show what holds now."""
        self.playback.push({"state": self.state()})

    async def close(self) -> None:
        """End the sitting; a recording that runs is ended properly."""
        self._closed = True
        # A step that is being taken is let come to its end: what it opens would else stay open for nobody.
        async with self._busy:
            if self._thread:
                await self._thread.stop()
            if self._feed:
                await asyncio.to_thread(self._feed.close)
                self._feed = None
            await asyncio.to_thread(self.playback.close)
            self._lock.release()

    async def _begin(self) -> None:
        try:
            if self._finished:
                self._see_progress()
                return
            await asyncio.to_thread(self._listen)
            self.step = "instructions"
        except TracedialError as error:
            self._lock.release()
            self.problem, self.step = str(error), "failed"

    def _listen(self) -> None:
        """Keep other recorders away, put the study's scale on the dial, and listen to its knob."""
        self._lock.acquire()
        self._see_what_was_played()
        if not self.is_page_knob:
            with DialSettingsClient(self.port) as dial:
                scale = self.study.scale
                if dial.hello.scale != scale:
                    value = message.pack_scale(scale.low, scale.high, scale.step, list(scale.detents))
                    dial.set(message.CONFIG_SCALE, value)
        feed = KnobFeed(self.port, self.playback.port.open_port, self._hear_knob)
        try:
            self.dial = knob_words(feed.wait_hello())
        except LinkError:
            feed.close()
            raise
        self._feed = feed

    async def _next(self, step: str) -> None:
        """Go on from a step. A page that says it twice (two clicks, two tabs) goes on once."""
        if step == self.step and not self._closed:
            try:
                if step == "instructions" and self.study.practice.on and not journals(self.folder):
                    self.step = "practice"
                elif step in ("instructions", "practice"):
                    await asyncio.to_thread(self._open_recorder)
                    self.step, self.problem = "rating", ""
                elif step in ("failed", "stopped"):
                    self.step, self.problem = "connecting", ""
                    await self._begin()
            except TracedialError as error:
                self.problem = str(error)
        self.tell_state()

    def _see_what_was_played(self) -> None:
        played = rated_until(self.folder)
        self.resume_s, self._finished = played.at_s, played.ended

    def _see_progress(self) -> None:
        where = progress(self.rating)
        self.step, self._rated_share = where.step, where.rated_share

    def _measure_practice(self) -> None:
        clock = self.playback.clock
        if self._feed is None or clock is None or self._practice_began_us is None:
            return
        began_ns = clock.host_ns(self._practice_began_us)
        if began_ns is None:
            raise PageError("The clocks of this page and this computer cannot be compared: load the page again.")
        plan, scale = self.study.practice, self.study.scale
        times_s, ratings = self._feed.readings()
        times_s = times_s - (began_ns - self._feed.origin_ns) / 1e9
        position = 2 * (ratings - scale.low) / (scale.high - scale.low) - 1
        self.practice_result = measure(times_s, position, duration_s=plan.duration_s).as_json()
        make_folder(self.folder)
        known = ~np.isnan(times_s)
        with JournalWriter(self.folder / PRACTICE_FILE, append=True) as journal:
            journal.append(
                "practice",
                wall_clock=datetime.now(UTC).isoformat(timespec="seconds"),
                dial=self.dial,
                knob_kind=self.knob_kind,
                duration_s=plan.duration_s,
                result=self.practice_result,
                t_s=[round(float(t), 4) for t in times_s[known]],
                rating=[None if np.isnan(r) else int(r) for r in ratings[known]],
            )

    def _open_recorder(self) -> None:
        if self._feed:
            self._feed.close()
            self._feed = None
        resume = bool(journals(self.folder))
        plan = self.study.rating
        if resume:
            self.rating.check_same_scale()
        recorder = SessionRecorder(
            folder=self.session.folder,
            dials=[DialChoice(self.rater, self.port)],
            video=self.video,
            rate_hz=plan.rate_hz,
            settings={
                "player": "page",
                "study": self.study.title,
                "preset": self.study.preset,
                "knob": self.knob_kind,
                "practice": self.practice_result,
                "shown": {"gauge": plan.show_gauge, "trace": plan.show_trace},
                "resumed_at_s": self.resume_s if resume else None,
            },
            observers=[lambda rater, event: self._hear_knob(event)],
            resume=resume,
            another_dial=self._another_dial,
            locked=True,
            open_port=self.playback.port.open_port,
        )
        recorder.open()
        recorder.ask_status_every(STATUS_S)
        self._recorder = recorder
        self._thread = RecordingThread(
            recorder, self.playback.record(recorder), loop=self._loop, on_end=self._after_recording
        )

    def _after_recording(self, end: RecordingEnd) -> None:
        self.problem = end.problem
        self.playback.finish()
        self._recorder = self._thread = None
        self._see_what_was_played()
        self.step = "rated" if self._finished else "stopped"
        if self._finished:
            try:
                if self.rating.has_enough():
                    begin_choice(self.folder, self.study, self.rating.trace().rated)
                    write_tables(self.rating)
                self._see_progress()
            except TracedialError as error:
                self.problem = self.problem or str(error)
        self.tell_state()

    def _hear_knob(self, event: Event | LinkChange) -> None:
        """In the link's thread: what the page's gauge shows, and whether the dial is there."""
        if isinstance(event, Status):
            if not self.is_page_knob:
                known = not event.knob_state and is_on_scale(self.study.scale, event.rating)
                self.playback.push({"gauge": event.rating if known else None})
        elif isinstance(event, Sample):
            known = not event.flags & message.NO_RATING and is_on_scale(self.study.scale, event.rating)
            self.playback.push({"sample": event.rating if known else None})
        elif isinstance(event, LinkChange) and event.up != self.link_up:
            self.link_up = event.up
            self._loop.call_soon_threadsafe(self.tell_state)
