"""Records any number of dials at once: dials in, journals out, ticks kept in step with the video.

Each dial has its own thread that stamps and journals what arrives. The loop in this file advances the player, keeps
each dial's ticks on the video's whole seconds, and makes sure that nothing is missing at the end.
"""

import platform
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tracedial import __version__
from tracedial.errors import JournalError
from tracedial.host_clock import REAL_TIME, HostTime
from tracedial.link.connection import DialConnection, LinkChange
from tracedial.link.discover import other_ports
from tracedial.link.messages import Event
from tracedial.link.stream import Stream, open_stream
from tracedial.link.whereabouts import Whereabouts
from tracedial.recording.ending import Ending
from tracedial.recording.folder import SESSION_FILE
from tracedial.recording.journal_records import player_fields
from tracedial.recording.opening import FIRST_EXCHANGES, check_names, check_rate, first_sync, refuse_twins
from tracedial.recording.rater_lock import RaterLock
from tracedial.recording.rater_recording import DialChoice, RaterRecording
from tracedial.recording.rater_state import RaterState
from tracedial.recording.record_kinds import Kind
from tracedial.recording.resume import Begun, read_begun
from tracedial.recording.session import FORMAT, LIVE, check_live, check_video, video_to_json, write_session
from tracedial.recording.summary import RecordingSummary
from tracedial.recording.tick_keeping import TickKeeper
from tracedial.timing.live_clock import LiveClock
from tracedial.timing.player import Player, PlayerEvent
from tracedial.video import Video

TURN_S = 0.01
DISK_TURN_S = 0.2
AFTER_END_S = 0.25


@dataclass
class SessionRecorder:
    """Records dials against a player into a session folder.

    `rate_hz`: samples per second of video; `top_speed`: the highest speed of the video; `video` is None for a live
    event. `listeners` also receive each player event (for example an emulated rater that watches the video);
    `observers` receive each rater's name with everything that its dial sends, in the link's thread. With `resume`, an
    interrupted recording continues in another journal, with the same dial, or with another one if `another_dial`
    permits it. `locked`: the caller already holds the raters' locks. If the disk is full, a journal continues in a
    session folder in `spill`. `time` is the clock of all stamps and waits; `rng` spreads the sync exchanges; a
    simulation passes its own. Call `open`, then `run`; `stop` may be called from another thread or a signal.
    """

    folder: Path
    dials: list[DialChoice]
    video: Video | None
    rate_hz: float = field(default=1.0, kw_only=True)
    top_speed: float = field(default=1.0, kw_only=True)
    synthetic: bool = field(default=False, kw_only=True)
    settings: dict[str, Any] = field(default_factory=dict[str, Any], kw_only=True)
    listeners: list[Callable[[PlayerEvent], None]] = field(
        default_factory=list[Callable[[PlayerEvent], None]], kw_only=True
    )
    observers: list[Callable[[str, Event | LinkChange], None]] = field(
        default_factory=list[Callable[[str, Event | LinkChange], None]], kw_only=True
    )
    resume: bool = field(default=False, kw_only=True)
    another_dial: bool = field(default=False, kw_only=True)
    locked: bool = field(default=False, kw_only=True)
    spill: Path | None = field(default=None, kw_only=True)
    open_port: Callable[[str], Stream] = field(default=open_stream, kw_only=True)
    other_ports: Callable[[str], list[str]] = field(default=other_ports, kw_only=True)
    time: HostTime = field(default=REAL_TIME, kw_only=True)
    rng: random.Random | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        self._locks = [] if self.locked else [RaterLock(self.folder / choice.rater) for choice in self.dials]
        self.origin_ns = self.time.now_ns()
        self.whereabouts = Whereabouts([choice.port for choice in self.dials], self.other_ports)
        self.raters: list[RaterRecording] = []
        self._ticks = TickKeeper(rate_hz=self.rate_hz)
        self._stopping = self._waits_for_disk = False
        self.player: Player | None = None
        check_names(self.folder, [choice.rater for choice in self.dials], resume=self.resume)

    @property
    def states(self) -> list[RaterState]:
        """The present state of each rater."""
        looks = (rater.look(waits_for_disk=self._waits_for_disk) for rater in self.raters)
        return [state for state in looks if state]

    @property
    def ready(self) -> bool:
        """Whether each dial's clock is known, so that its ticks can be set."""
        return all(rater.clock.fit is not None for rater in self.raters)

    def open(self) -> None:
        """Take the raters' locks, connect all dials, open their journals, and fit their clocks a first time."""
        try:
            for lock in self._locks:
                lock.acquire()
            # Check again: another recorder may have been active until a moment ago.
            check_names(self.folder, [choice.rater for choice in self.dials], resume=self.resume)
            begun = {choice.rater: read_begun(self.folder / choice.rater) for choice in self.dials}
            for choice in self.dials:
                self.raters.append(self._connected(choice))
            for rater in self.raters:
                begun[rater.rater].check_dial(rater.connection.wait_hello(), another_dial=self.another_dial)
                check_rate(rater, rate_hz=self.rate_hz, top_speed=self.top_speed)
            refuse_twins(self.folder, self.raters)
            first_sync(self.raters, self.time)
            if self.video:
                check_video(self.folder, self.video)
            else:
                check_live(self.folder)
            for rater in self.raters:
                rater.open_journal(self._header(rater, begun[rater.rater]))
            self._ticks.keep(self.raters)
        except BaseException:
            self.close()
            raise

    def run(self, player: Player, on_turn: Callable[[], None] = lambda: None) -> list[RecordingSummary]:
        """Play the video to its end (or to `stop`) and record; returns how each recording ended."""
        try:
            self._write_session(self.folder)
            self.player = player
            player.play(self.time.now_ns())
            while not player.ended:
                now_ns = self.time.now_ns()
                if self._stopping:
                    player.stop(now_ns)
                player.advance(now_ns)
                self._ticks.turn(now_ns)
                on_turn()
                self.time.sleep(TURN_S)
            summaries = self._finish(on_turn)
            self._wait_for_disk(on_turn)
            for summary, rater in zip(summaries, self.raters, strict=True):
                if rater.journal:
                    summary.folder = rater.journal.path.parent
                    self._keep_session(summary.folder.parent)
            return summaries
        finally:
            self.close()

    def stop(self) -> None:
        """End the recording at the video's present position; what was recorded is complete."""
        self._stopping = True

    def on_player_event(self, event: PlayerEvent) -> None:
        """Take in a player's event: journal it in every recording, and set the ticks."""
        self.note(Kind.PLAYER, **player_fields(event))
        for listener in self.listeners:
            listener(event)
        self._ticks.on_player_event(event)

    def cue(self, event: PlayerEvent) -> None:
        """See `TickKeeper.cue`."""
        self._ticks.cue(event)

    def follow(self, event: PlayerEvent) -> None:
        """See `TickKeeper.follow`."""
        self._ticks.follow(event)

    def note(self, kind: str, **fields: Any) -> None:
        """Write a record into each journal."""
        for rater in self.raters:
            rater.note(kind, **fields)

    def ask_status_every(self, seconds: float) -> None:
        """Set how often the dials report their knobs' positions, besides their samples."""
        for rater in self.raters:
            with rater.connection.lock:
                rater.connection.client.status_interval_s = seconds

    def close(self) -> None:
        """Close ports and journals. Raises `JournalError` if some records could not be written."""
        problem: JournalError | None = None
        for rater in self.raters:
            rater.connection.close()
        for rater in self.raters:
            if rater.journal:
                try:
                    rater.journal.close()
                except JournalError as error:
                    problem = error
                if self.player is None:
                    # Nothing was played: an empty recording would block the next try.
                    rater.journal.path.unlink(missing_ok=True)
        for lock in self._locks:
            lock.release()
        if problem:
            raise problem

    def _connected(self, choice: DialChoice) -> RaterRecording:
        def connect(on_event: Callable[[Event | LinkChange], None]) -> DialConnection:
            return DialConnection(
                choice.port, on_event, time=self.time, rng=self.rng, open_port=self.open_port,
                whereabouts=self.whereabouts,
            )  # fmt: skip

        return RaterRecording(
            choice.rater,
            self.folder / choice.rater,
            spill=self.spill / self.folder.resolve().name / choice.rater if self.spill else None,
            observers=self.observers,
            clock=LiveClock(origin_ns=self.origin_ns, first_exchanges=FIRST_EXCHANGES),
            connect=connect,
        )

    def _header(self, rater: RaterRecording, begun: Begun) -> dict[str, Any]:
        other = begun.dials and not begun.is_same_dial(rater.connection.wait_hello())
        return {
            "format": FORMAT,
            "rater": rater.rater,
            "synthetic": self.synthetic,
            "origin_ns": self.origin_ns,
            "wall_clock": datetime.now(UTC).isoformat(timespec="seconds"),
            "software": f"tracedial {__version__}",
            "python": platform.python_version(),
            "system": platform.system(),
            "rate_hz": self.rate_hz,
            "video": video_to_json(self.video) if self.video else LIVE,
            "settings": self.settings,
            **({"another_dial": True} if other else {}),
        }

    def _finish(self, on_turn: Callable[[], None]) -> list[RecordingSummary]:
        """Let the last tick pass, stop the dials, and wait for missing records as long as some arrive."""
        self._wait(AFTER_END_S, on_turn)
        endings = [Ending(rater, self.time.now_ns()) for rater in self.raters]
        waits = endings
        while waits:
            waits = [ending for ending in waits if ending.waits(self.time.now_ns())]
            self._wait(TURN_S, on_turn)
        return [ending.write(self.time.now_ns()) for ending in endings]

    def _wait_for_disk(self, on_turn: Callable[[], None]) -> None:
        """Wait until every record is on a disk, or until somebody asks again to end: then `close` finds another
        place."""
        self._stopping = False
        while not all(rater.journal is None or rater.journal.try_again() for rater in self.raters):
            if self._stopping:
                return
            self._waits_for_disk = True
            self._wait(DISK_TURN_S, on_turn)
        self._waits_for_disk = False

    def _keep_session(self, folder: Path) -> None:
        """Make sure that the session's own file exists, even if the folder was deleted or the journals moved."""
        if not (folder / SESSION_FILE).exists():
            self._write_session(folder)

    def _write_session(self, folder: Path) -> None:
        write_session(folder, self.video, [choice.rater for choice in self.dials], synthetic=self.synthetic)

    def _wait(self, seconds: float, on_turn: Callable[[], None]) -> None:
        deadline_ns = self.time.now_ns() + int(seconds * 1e9)
        while self.time.now_ns() < deadline_ns:
            on_turn()
            self.time.sleep(TURN_S)
