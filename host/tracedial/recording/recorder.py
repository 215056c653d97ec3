"""Records any number of dials at once: dials in, journals out, ticks kept in step with the video.

Each dial has a thread of its own that stamps and journals what arrives; this file's loop advances the player, keeps
each dial's ticks on the video's whole seconds, and sees to it that nothing is missing at the end.
"""

import platform
import random
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from dialwire import message
from dialwire.errors import WireError
from tracedial import __version__
from tracedial.errors import ClockError, JournalError, LinkError, RecordingError
from tracedial.files.private import make_folder
from tracedial.host_clock import REAL_TIME, HostTime, wait_until
from tracedial.link.client import (
    ConfigValue,
    Event,
    Gone,
    Hello,
    Log,
    Mark,
    OtherDial,
    Refused,
    Sample,
    Started,
    Status,
    SyncExchange,
)
from tracedial.link.connection import DialConnection, LinkChange
from tracedial.link.discover import other_ports
from tracedial.link.stream import Stream, open_stream
from tracedial.link.whereabouts import Whereabouts
from tracedial.recording.journal import JournalWriter
from tracedial.recording.on_scale import is_on_scale, sample_is_on_scale
from tracedial.recording.patience import Patience
from tracedial.recording.rater_lock import RaterLock
from tracedial.recording.recording import journals, next_journal
from tracedial.recording.resume import Begun, read_begun
from tracedial.recording.session import (
    FORMAT,
    LIVE,
    NAME_RULE,
    SESSION_FILE,
    check_live,
    check_video,
    is_name,
    video_to_json,
    write_session,
)
from tracedial.recording.summary import RecordingSummary
from tracedial.timing.clock import ClockFit, fit_clock
from tracedial.timing.player import Player, PlayerEvent
from tracedial.timing.tick_grid import TickGrid, tick_grid
from tracedial.video import Video

TURN_S = 0.01
DISK_TURN_S = 0.2
FIRST_EXCHANGES = 20
FIRST_SYNC_TIMEOUT_S = 15.0
LIVE_WINDOW_S = 120.0
PHASE_CHECK_S = 2.0
FIRST_FIT_CHECK_S = 0.1
PHASE_TOLERANCE_S = 100e-6
"""A dial whose ticks have moved this far from the video's seconds is set right."""
AFTER_END_S = 0.25
CUE_TOLERANCE_S = 0.4
"""A video that begins within this of its cue (host time) finds the dials ticking, and only moves their ticks."""
MAX_DRIFT = 0.02
"""A dial whose clock runs this much faster or slower than the host's has none; the wire's periods allow as much."""
NO_CLOCK = f"The dial sends times that are no clock's: they run more than {MAX_DRIFT:.0%} off the computer's."
OFF_SCALE = "The dial sends ratings outside its scale: they are no ratings."


@dataclass(frozen=True)
class DialChoice:
    """A rater and the port of the dial in that rater's hand."""

    rater: str
    port: str


@dataclass
class RaterState:
    """What there is to see of one rater while recording."""

    rater: str
    hello: Hello
    rating: int | None = None
    label: str = ""
    samples: int = 0
    missing: int = 0
    recovered: int = 0
    lost: int = 0
    bound_s: float | None = None
    link_up: bool = True
    breaks: int = 0
    marks: int = 0
    problem: str = ""


class _Rater:
    """One dial being recorded."""

    def __init__(self, choice: DialChoice, recorder: "SessionRecorder") -> None:
        self.rater = choice.rater
        self.folder = recorder.folder / choice.rater
        self.disk_said = ""
        self._spill = recorder.spill / recorder.folder.resolve().name / choice.rater if recorder.spill else None
        self._observers = recorder.observers
        self.cued: PlayerEvent | None = None
        self.exchanges: list[SyncExchange] = []
        self.state: RaterState | None = None
        self.journal: JournalWriter | None = None
        self._early: list[Event | LinkChange] = []
        self._early_lock = threading.Lock()
        self.boot: int | None = None
        self.fit: ClockFit | None = None
        self.clock_problem = ""
        self.grid: TickGrid | None = None
        self.phase_due_ns = 0
        self.connection = DialConnection(
            choice.port, self.on_event, time=recorder.time, rng=recorder.rng, open_port=recorder.open_port,
            whereabouts=recorder.whereabouts,
        )  # fmt: skip

    def on_event(self, event: Event | LinkChange) -> None:
        """Journal an event, in the thread that heard it."""
        if isinstance(event, SyncExchange):
            self.exchanges.append(event)
        elif isinstance(event, Hello):
            self._note_boot(event)
        for observer in self._observers:
            observer(self.rater, event)
        with self._early_lock:
            if self.journal is None:
                self._early.append(event)
                return
        self._write(event)

    def _write(self, event: Event | LinkChange) -> None:
        assert self.journal is not None
        fields = asdict(event)
        match event:
            case Hello():
                fields["scale"] = scale_to_json(event)
                self.journal.append("hello", **fields)
            case SyncExchange():
                self.journal.append("sync", **fields)
            case Sample():
                self.journal.append("sample", **fields)
                if self.state:
                    self.state.samples += 1
                    self._show(event)
            case Mark():
                self.journal.append("event", **fields)
                if self.state:
                    self.state.marks += 1
            case Started():
                self.journal.append("started", **fields)
            case Gone():
                self.journal.append("gone", **fields)
            case Refused():
                self.journal.append("refused", message=fields.pop("kind"), **fields)
                if self.state:
                    self.state.problem = f"The dial refused {event.kind}: {event.text}."
            case Log():
                self.journal.append("log", **fields)
            case LinkChange():
                self.journal.append("link", **fields)
                if self.state:
                    self.state.link_up = event.up
                    if event.up and self.state.problem.startswith("Another dial"):
                        self.state.problem = ""
            case OtherDial():
                self.journal.append("other_dial", **fields)
                if self.state:
                    self.state.problem = (
                        f"Another dial ({event.name}, id {event.unique_id}) is on {event.port}: this one is looked for "
                        "on all ports."
                    )
            case Status():
                if self.state:
                    known = event.knob_state == message.KNOB_OK and is_on_scale(self.state.hello.scale, event.rating)
                    self.state.rating = event.rating if known else None
            case ConfigValue():
                pass

    def _show(self, sample: Sample) -> None:
        assert self.state is not None
        on_scale = sample_is_on_scale(self.state.hello.scale, sample)
        self.state.rating = sample.rating if on_scale and not sample.flags & message.NO_RATING else None
        if sample.flags & message.FLAG_FAULT:
            self.state.problem = "The knob's wire is broken: nothing is being rated."
        elif sample.flags & message.FLAG_UNHOMED:
            self.state.problem = "The dial is not homed: set the knob to its zero and hold the button for two seconds."
        elif not on_scale:
            self.state.problem = OFF_SCALE
        elif self.state.problem.startswith(("The knob's wire", "The dial is not homed", OFF_SCALE)):
            self.state.problem = ""

    def open_journal(self, header: dict[str, Any]) -> None:
        """Create the recording's folder and journal, and write what was heard before."""
        hello = self.connection.wait_hello()
        self.state = RaterState(self.rater, hello)
        try:
            make_folder(self.folder)
        except OSError as error:
            raise RecordingError(self.folder, f"{self.folder} cannot be made a folder: {error.strerror}.") from error
        name = next_journal(self.folder)
        journal = JournalWriter(self.folder / name, spill=self._spill / name if self._spill else None)
        journal.append("recording", **header)
        # Under the lock, so that what is heard just now is neither left behind in the old list nor written before it.
        with self._early_lock:
            self.journal = journal
            for event in self._early:
                self._write(event)
            self._early.clear()

    def say_disk(self, *, waits: bool) -> None:
        """Keep `state.problem` to what is wrong with the disk now, and to nothing when it is well again."""
        if self.state is None or self.journal is None:
            return
        if self.state.problem == self.disk_said:
            self.state.problem = ""
        said = self.journal.problem
        if said and waits:
            said += " The recording is over and waits for that; Ctrl-C has all of it written elsewhere."
        # What happened to the journal is said while nothing worse is.
        self.disk_said = said or ("" if self.state.problem else self.journal.notice)
        self.state.problem = self.disk_said or self.state.problem

    def refit(self, now_ns: int, origin_ns: int) -> ClockFit | None:
        """The clock as of now, from the exchanges of the last two minutes and of this boot."""
        since_ns = now_ns - int(LIVE_WINDOW_S * 1e9)
        recent = [e for e in self.exchanges[-400:] if e.boot == self.boot and e.host_sent_ns >= since_ns]
        if len(recent) < FIRST_EXCHANGES:
            return self.fit
        try:
            self.fit = fit_clock(recent, origin_ns=origin_ns)
            self.clock_problem = "" if is_clock(self.fit) else NO_CLOCK
        except ClockError as error:
            self.clock_problem = str(error)
        if self.clock_problem:
            self.fit = None
            if self.state:
                self.state.problem = self.clock_problem
        if self.fit and self.fit.boot != self.boot:
            # The dial was reset while its clock was being fitted.
            self.fit = None
        if self.fit and self.state:
            dial_s = self.fit.dial_s((now_ns - origin_ns) / 1e9)
            self.state.bound_s = float(self.fit.bound_at(dial_s))
        return self.fit

    def set_ticks(self, grid: TickGrid, *, correction: bool) -> None:
        """Have the dial tick on a grid: from its tick 0 on, or as a small correction of the one that it ticks on."""
        self.grid = grid
        try:
            with self.connection.lock:
                self.connection.client.start(tick0_us=grid.tick0_us, period_ns=grid.period_ns, correction=correction)
        except WireError as error:
            # Another rater's recording does not end because this dial's clock is none.
            self.grid = None
            if self.state:
                self.state.problem = f"The dial sends times by which it cannot tick ({error})."

    def _note_boot(self, hello: Hello) -> None:
        if self.boot is not None and hello.boot != self.boot:
            self.exchanges.clear()
            self.fit = None
            self.grid = None
            if self.state:
                self.state.breaks += 1
        self.boot = hello.boot


@dataclass
class SessionRecorder:
    """Records dials against a player into a session folder.

    `rate_hz` is samples a second of video; `video` is None for what happens before the raters' eyes. `listeners` hear
    each player event too (an emulated rater that watches the video does), `observers` each rater's name with everything
    that its dial says, in the link's thread. With `resume` a recording that was broken off goes on in one more journal,
    with the dial that it began with, or with another one if `another_dial` says so. Whoever holds the raters' locks
    already says `locked`. A journal that the disk takes no more of goes on in a session folder in `spill`. `time` is
    the clock of all stamps and waits, `rng` what spreads the sync exchanges: a simulation gives its own. Call `open`,
    then `run`; `stop` may be called from another thread or a signal.
    """

    folder: Path
    dials: list[DialChoice]
    video: Video | None
    rate_hz: float = 1.0
    synthetic: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    listeners: list[Callable[[PlayerEvent], None]] = field(default_factory=list)
    observers: list[Callable[[str, Event | LinkChange], None]] = field(default_factory=list)
    resume: bool = False
    another_dial: bool = False
    locked: bool = False
    spill: Path | None = None
    open_port: Callable[[str], Stream] = open_stream
    other_ports: Callable[[str], list[str]] = other_ports
    time: HostTime = REAL_TIME
    rng: random.Random | None = None

    def __post_init__(self) -> None:
        self._locks = [] if self.locked else [RaterLock(self.folder / choice.rater) for choice in self.dials]
        self.origin_ns = self.time.now_ns()
        self.whereabouts = Whereabouts([choice.port for choice in self.dials], self.other_ports)
        self._raters: list[_Rater] = []
        self._current: PlayerEvent | None = None
        self._stopping = self._waits_for_disk = False
        self.player: Player | None = None
        check_names(self.folder, [choice.rater for choice in self.dials], resume=self.resume)

    @property
    def states(self) -> list[RaterState]:
        """What there is to see now."""
        states = []
        for rater in self._raters:
            if state := rater.state:
                client = rater.connection.client
                state.missing = client.missing
                if client.tracker:
                    state.recovered = client.tracker.recovered
                    state.lost = client.tracker.gone
                state.label = "" if state.rating is None else state.hello.scale.label_of(state.rating)
                rater.say_disk(waits=self._waits_for_disk)
                if not rater.disk_said and rater.connection.error:
                    state.problem = str(rater.connection.error)
                elif not rater.disk_said and client.over_budget:
                    state.problem = f"The dial floods its link: {client.over_budget} messages were not taken."
                states.append(state)
        return states

    def open(self) -> None:
        """Take the raters' locks, connect all dials, open their journals, and fit their clocks a first time."""
        try:
            for lock in self._locks:
                lock.acquire()
            # Once more: another recorder may have been here until a moment ago.
            check_names(self.folder, [choice.rater for choice in self.dials], resume=self.resume)
            begun = {choice.rater: read_begun(self.folder / choice.rater) for choice in self.dials}
            for choice in self.dials:
                self._raters.append(_Rater(choice, self))
            for rater in self._raters:
                begun[rater.rater].check_dial(rater.connection.wait_hello(), another_dial=self.another_dial)
            self._refuse_twins()
            self._first_sync()
            if self.video:
                check_video(self.folder, self.video)
            else:
                check_live(self.folder)
            for rater in self._raters:
                rater.open_journal(self._header(rater, begun[rater.rater]))
        except BaseException:
            self.close()
            raise

    def run(self, player: Player, on_turn: Callable[[], None] = lambda: None) -> list[RecordingSummary]:
        """Play the video to its end (or to `stop`) and record; returns how each recording ended."""
        try:
            write_session(self.folder, self.video, [c.rater for c in self.dials], synthetic=self.synthetic)
            self.player = player
            player.play(self.time.now_ns())
            while not player.ended:
                now_ns = self.time.now_ns()
                if self._stopping:
                    player.stop(now_ns)
                player.advance(now_ns)
                for rater in self._raters:
                    self._keep_phase(rater, now_ns)
                on_turn()
                self.time.sleep(TURN_S)
            summaries = self._finish(on_turn)
            self._wait_for_disk(on_turn)
            for summary, rater in zip(summaries, self._raters, strict=True):
                if rater.journal:
                    summary.folder = rater.journal.path.parent
                    self._keep_session(summary.folder.parent)
            return summaries
        finally:
            self.close()

    def stop(self) -> None:
        """End the recording where the video stands; what was recorded is complete."""
        self._stopping = True

    def on_player_event(self, event: PlayerEvent) -> None:
        """Hear the player: journal the event with every recording, and set the ticks."""
        for rater in self._raters:
            if rater.journal:
                rater.journal.append("player", event=event.kind, **_without_kind(event))
        self._current = event if event.kind in ("play", "rate") else None
        for listener in self.listeners:
            listener(event)
        if self._current:
            for rater in self._raters:
                self._set_phase(rater)

    def cue(self, event: PlayerEvent) -> None:
        """Have the dials tick for a video that is to play from `event` on, before it does: when it really began, the
        player tells, and the ticks that run by then are only moved."""
        for rater in self._raters:
            rater.cued = None
            if rater.fit is not None:
                rater.set_ticks(tick_grid(event, rater.fit, rate_hz=self.rate_hz), correction=False)
                rater.cued = event

    @property
    def ready(self) -> bool:
        """Whether each dial's clock is known, so that its ticks can be set."""
        return all(rater.fit is not None and rater.fit.boot == rater.boot for rater in self._raters)

    def follow(self, event: PlayerEvent) -> None:
        """Take where the running video is found to be now for where its ticks belong: they are moved there with the
        next look at their phase."""
        if self._current:
            self._current = event

    def note(self, kind: str, **fields: Any) -> None:
        """Write a record into each journal."""
        for rater in self._raters:
            if rater.journal:
                rater.journal.append(kind, **fields)

    def ask_status_every(self, seconds: float) -> None:
        """How often the dials say where their knobs stand, beside their samples."""
        for rater in self._raters:
            with rater.connection.lock:
                rater.connection.client.status_interval_s = seconds

    def close(self) -> None:
        """Close ports and journals. Raises `JournalError` if some records could not be written."""
        problem: JournalError | None = None
        for rater in self._raters:
            rater.connection.close()
        for rater in self._raters:
            if rater.journal:
                try:
                    rater.journal.close()
                except JournalError as error:
                    problem = error
                if self.player is None:
                    # Nothing was played: an empty recording would stand in the way of the next try.
                    rater.journal.path.unlink(missing_ok=True)
        for lock in self._locks:
            lock.release()
        if problem:
            raise problem

    def _header(self, rater: _Rater, begun: Begun) -> dict[str, Any]:
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

    def _refuse_twins(self) -> None:
        seen: dict[str, str] = {}
        for rater in self._raters:
            hello = rater.connection.wait_hello()
            # A dial without an id is known by its boot.
            key = hello.unique_id or f"{hello.boot:08x}"
            if key in seen:
                raise RecordingError(
                    self.folder,
                    f"{seen[key]} and {rater.rater} have the same dial ({hello.name}, id "
                    f"{hello.unique_id}): give each rater one of "
                    "their own (emulated dials get ids of their own unless --seed says otherwise).",
                )
            seen[key] = rater.rater

    def _first_sync(self) -> None:
        deadline_ns = self.time.now_ns() + int(FIRST_SYNC_TIMEOUT_S * 1e9)
        for rater in self._raters:
            left_s = max((deadline_ns - self.time.now_ns()) / 1e9, 0.0)
            wait_until(
                lambda rater=rater: len(rater.exchanges) >= FIRST_EXCHANGES or rater.connection.error,
                timeout_s=left_s,
                time=self.time,
            )
            if rater.connection.error:
                raise rater.connection.error
            if len(rater.exchanges) < FIRST_EXCHANGES:
                raise LinkError(
                    rater.connection.port,
                    f"The dial on {rater.connection.port} answers too few sync pulses ({len(rater.exchanges)} of "
                    f"{FIRST_EXCHANGES} in {FIRST_SYNC_TIMEOUT_S:.0f} s): check the cable.",
                )
            rater.refit(self.time.now_ns(), self.origin_ns)
            problem = rater.clock_problem or ("" if runs_like_clock(rater.exchanges) else NO_CLOCK)
            if problem:
                raise LinkError(
                    rater.connection.port, f"The dial on {rater.connection.port} cannot be recorded: {problem}"
                )

    def _keep_phase(self, rater: _Rater, now_ns: int) -> None:
        if now_ns < rater.phase_due_ns:
            return
        fit = rater.refit(now_ns, self.origin_ns)
        rater.phase_due_ns = now_ns + int((PHASE_CHECK_S if fit else FIRST_FIT_CHECK_S) * 1e9)
        if self._current is None or fit is None:
            return
        if rater.grid is None:
            self._set_phase(rater)
            return
        # From here on: reckoned from where the video began, a doubt about the drift would grow with the hours.
        wanted = tick_grid(self._current.seen_from(now_ns), fit, rate_hz=self.rate_hz)
        ahead_s = float(fit.dial_s((now_ns - self.origin_ns) / 1e9 + PHASE_CHECK_S))
        if abs(wanted.ahead_of(rater.grid, at_s=ahead_s)) > PHASE_TOLERANCE_S:
            rater.set_ticks(wanted, correction=True)

    def _set_phase(self, rater: _Rater) -> None:
        if self._current is not None and rater.fit is not None:
            cued, rater.cued = rater.cued, None
            near = cued is not None and abs(self._current.host_ns - cued.host_ns) < CUE_TOLERANCE_S * 1e9
            rater.set_ticks(tick_grid(self._current, rater.fit, rate_hz=self.rate_hz), correction=near)

    def _finish(self, on_turn: Callable[[], None]) -> list[RecordingSummary]:
        """Let the last tick come, stop the dials, and wait for what is still missing while any of it comes."""
        self._wait(AFTER_END_S, on_turn)
        for rater in self._raters:
            with rater.connection.lock:
                rater.connection.client.stop()
        waits = [(rater, Patience(self.time.now_ns())) for rater in self._raters]
        while waits:
            waits = [(rater, patience) for rater, patience in waits if self._is_awaited(rater, patience)]
            self._wait(TURN_S, on_turn)
        summaries = []
        for rater in self._raters:
            client = rater.connection.client
            tracker = client.tracker
            assert rater.state is not None
            summary = RecordingSummary(
                rater=rater.rater,
                folder=rater.folder,
                samples=rater.state.samples,
                recovered=tracker.recovered if tracker else 0,
                missing=len(tracker.missing) if tracker else 0,
                gone=tracker.gone if tracker else 0,
                breaks=rater.state.breaks,
                link_losses=rater.connection.link_losses,
                complete=self._is_complete(rater) and not rater.state.breaks and not (tracker and tracker.gone),
            )
            if rater.journal:
                rater.journal.append(
                    "end",
                    host_ns=self.time.now_ns(),
                    **{key: value for key, value in asdict(summary).items() if key != "folder"},
                    bad_frames=client.bad_frames,
                    dropped_bytes=client.dropped_bytes,
                    unknown_kinds=client.unknown_kinds,
                    malformed=client.malformed,
                    over_budget=client.over_budget,
                    foreign_boot=client.foreign_boot,
                    exchanges_lost=client.exchanges_lost,
                    lost_in_resets=client.lost_in_resets,
                    missed_ticks=client.status.missed_ticks if client.status else 0,
                    boot=rater.boot,
                    next_seq=tracker.next_seq if tracker else 0,
                )
            summaries.append(summary)
        return summaries

    def _is_awaited(self, rater: _Rater, patience: Patience) -> bool:
        """Whether a dial has something yet that is missing, and goes on sending it."""
        client = rater.connection.client
        if rater.connection.error or self._is_complete(rater):
            return False
        return patience.waits(
            self.time.now_ns(),
            # What a flood promises is not waited for.
            missing=0 if client.over_budget else client.missing,
            answered=client.tracker.answered if client.tracker else 0,
            stopped=client.is_stopped(),
        )

    def _is_complete(self, rater: _Rater) -> bool:
        client = rater.connection.client
        status = client.status
        return (
            client.is_stopped()
            and client.missing == 0
            and (client.tracker is None or (status is not None and status.next_seq <= client.tracker.next_seq))
        )

    def _wait_for_disk(self, on_turn: Callable[[], None]) -> None:
        """Wait until every record is on a disk, or somebody asks once more for an end: then `close` finds a place."""
        self._stopping = False
        while not all(rater.journal is None or rater.journal.try_again() for rater in self._raters):
            if self._stopping:
                return
            self._waits_for_disk = True
            self._wait(DISK_TURN_S, on_turn)
        self._waits_for_disk = False

    def _keep_session(self, folder: Path) -> None:
        """See to it that the session's own file is there, also where the folder was deleted or the journals moved."""
        if not (folder / SESSION_FILE).exists():
            write_session(folder, self.video, [c.rater for c in self.dials], synthetic=self.synthetic)

    def _wait(self, seconds: float, on_turn: Callable[[], None]) -> None:
        deadline_ns = self.time.now_ns() + int(seconds * 1e9)
        while self.time.now_ns() < deadline_ns:
            on_turn()
            self.time.sleep(TURN_S)


def is_clock(fit: ClockFit) -> bool:
    """Whether a fit is of something that runs like a clock."""
    rates = (fit.drift_first, fit.drift_last)
    return bool(np.isfinite(fit.offset_s).all()) and all(abs(rate) <= MAX_DRIFT for rate in rates)


def runs_like_clock(exchanges: list[SyncExchange]) -> bool:
    """Whether as much of the dial's time passed between the first exchange and the last of one boot as can have, by the
    host's clock: exactly how much that was nobody knows who did not see the bytes arrive."""
    boot = [exchange for exchange in exchanges if exchange.boot == exchanges[-1].boot]
    first, last = boot[0], boot[-1]
    dial_ns = (last.dial_received_us - first.dial_received_us) * 1000
    shortest_ns = last.host_sent_ns - first.host_received_ns
    longest_ns = last.host_received_ns - first.host_sent_ns
    return (1 - MAX_DRIFT) * shortest_ns <= dial_ns <= (1 + MAX_DRIFT) * longest_ns


def check_names(folder: Path, raters: Iterable[str], *, resume: bool = False) -> None:
    """Refuse raters' names that are no folder names, names used twice, and a folder that holds a recording already,
    unless that is to go on."""
    seen: set[str] = set()
    for rater in raters:
        if not is_name(rater):
            raise RecordingError(folder, f"{rater!r} cannot name a rater: use {NAME_RULE}.")
        if rater.lower() in seen:
            raise RecordingError(folder, f"The rater {rater} is given twice.")
        seen.add(rater.lower())
        if not resume and journals(folder / rater):
            raise RecordingError(
                folder,
                f"{folder} already holds a recording of {rater}, and none is ever written over: choose another folder "
                "or rater, or go on with it (`tracedial record --resume`).",
            )


def scale_to_json(hello: Hello) -> dict[str, Any]:
    """A dial's scale as the journal holds it."""
    scale = hello.scale
    return {"low": scale.low, "high": scale.high, "step": scale.step, "detents": [list(d) for d in scale.detents]}


def _without_kind(event: PlayerEvent) -> dict[str, Any]:
    fields = asdict(event)
    del fields["kind"]
    return {key: value for key, value in fields.items() if value is not None}
