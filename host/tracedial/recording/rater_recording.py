"""One dial being recorded: its connection, its clock, its journal, and its state for display."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialwire import message
from dialwire.errors import WireError
from tracedial.errors import RecordingError
from tracedial.files.private import make_folder
from tracedial.link.connection import DialConnection, LinkChange
from tracedial.link.messages import Event, Hello, Mark, OtherDial, Refused, Sample, Started, Status, SyncExchange
from tracedial.recording.folder import next_journal
from tracedial.recording.journal_records import record_of
from tracedial.recording.journal_writer import JournalWriter
from tracedial.recording.on_scale import is_on_scale, sample_is_on_scale
from tracedial.recording.rater_state import RaterState, Trouble
from tracedial.recording.record_kinds import Kind
from tracedial.timing.clock_fit import ClockFit
from tracedial.timing.live_clock import LiveClock
from tracedial.timing.tick_grid import TickGrid


@dataclass(frozen=True)
class DialChoice:
    """A rater and the port of the dial in that rater's hand."""

    rater: str
    port: str


class RaterRecording:
    """Stamps and journals what one dial sends, in the link's thread; everything else is called in the recorder's
    thread.

    `state` and `journal` exist once the journal is open. `grid` is the last grid that the dial was set to; None if it
    has no ticks in this boot.
    """

    def __init__(
        self,
        rater: str,
        folder: Path,
        *,
        spill: Path | None,
        observers: Sequence[Callable[[str, Event | LinkChange], None]],
        clock: LiveClock,
        connect: Callable[[Callable[[Event | LinkChange], None]], DialConnection],
    ) -> None:
        """`folder` is the rater's own; the recording continues in `spill` if the disk is full. `connect` opens the
        dial's connection and passes its events to the given listener."""
        self.rater = rater
        self.folder = folder
        self.clock = clock
        self._spill = spill
        self._observers = observers
        self.state: RaterState | None = None
        self.journal: JournalWriter | None = None
        self._early: list[Event | LinkChange] = []
        self._early_lock = threading.Lock()
        self.grid: TickGrid | None = None
        self.connection = connect(self.on_event)

    def on_event(self, event: Event | LinkChange) -> None:
        """Journal an event, in the thread that heard it."""
        if isinstance(event, Hello | SyncExchange) and self.clock.hear(event):
            self.grid = None
            if self.state:
                self.state.breaks += 1
        for observer in self._observers:
            observer(self.rater, event)
        with self._early_lock:
            if self.journal is None:
                self._early.append(event)
                return
        self._take(event)

    def open_journal(self, header: dict[str, Any]) -> None:
        """Create the recording's folder and journal, and write the events received so far."""
        hello = self.connection.wait_hello()
        self.state = RaterState(self.rater, hello)
        try:
            make_folder(self.folder)
        except OSError as error:
            raise RecordingError(self.folder, f"{self.folder} cannot be made a folder: {error.strerror}.") from error
        name = next_journal(self.folder)
        journal = JournalWriter(self.folder / name, spill=self._spill / name if self._spill else None)
        journal.append(Kind.RECORDING, **header)
        # Under the lock, so that an event that arrives now is neither left behind in the old list nor written before
        # it.
        with self._early_lock:
            self.journal = journal
            for event in self._early:
                self._take(event)
            self._early.clear()

    def note(self, kind: str, **fields: Any) -> None:
        """Write a record into the journal, if it is open."""
        if self.journal:
            self.journal.append(kind, **fields)

    def refit(self, now_ns: int) -> ClockFit | None:
        """The dial's clock as of now, None while it is unknown."""
        fit = self.clock.refit(now_ns)
        if self.state:
            self.state.keep(Trouble.NO_CLOCK, self.clock.problem)
            if fit:
                self.state.bound_s = self.clock.bound_s(now_ns)
        return fit

    def set_ticks(self, grid: TickGrid, *, correction: bool) -> None:
        """Have the dial tick on a grid: from its tick 0 on, or as a small correction of its present grid."""
        self.grid = grid
        try:
            with self.connection.lock:
                self.connection.client.start(tick0_us=grid.tick0_us, period_ns=grid.period_ns, correction=correction)
        except WireError as error:
            # A fault of this dial's clock must not end another rater's recording.
            self.grid = None
            if self.state:
                self.state.keep(Trouble.CANNOT_TICK, str(error))
        else:
            if self.state:
                self.state.clear(Trouble.CANNOT_TICK)

    def look(self, *, waits_for_disk: bool) -> RaterState | None:
        """The state to show now; `waits_for_disk`: the recording is over and waits for room on the disk."""
        state, client = self.state, self.connection.client
        if state is None or self.journal is None:
            return state
        state.missing = client.missing
        if client.tracker:
            state.recovered = client.tracker.recovered
            state.lost = client.tracker.gone
        state.label = "" if state.rating is None else state.hello.scale.label_of(state.rating)
        said = self.journal.problem
        if said and waits_for_disk:
            said += " The recording is over and waits for that; Ctrl-C has all of it written elsewhere."
        state.keep(Trouble.DISK, said)
        state.keep(Trouble.JOURNAL_MOVED, self.journal.notice)
        state.keep(Trouble.LINK_ENDED, str(self.connection.error or ""))
        if client.over_budget:
            state.set(Trouble.FLOOD, messages=client.over_budget)
        return state

    def _take(self, event: Event | LinkChange) -> None:
        """Write an event into the journal, and update the state."""
        assert self.journal is not None
        record = record_of(event)
        if record:
            self.journal.append(record[0], **record[1])
        if self.state:
            _show(self.state, event)


def _show(state: RaterState, event: Event | LinkChange) -> None:
    """Update the state with an event."""
    match event:
        case Sample():
            state.samples += 1
            _show_sample(state, event)
        case Mark():
            state.marks += 1
        case Status():
            known = event.knob_state == message.KNOB_OK and is_on_scale(state.hello.scale, event.rating)
            state.rating = event.rating if known else None
        case Refused():
            state.set(Trouble.REFUSED, kind=event.kind, text=event.text)
        case Started():
            state.clear(Trouble.REFUSED)
        case LinkChange():
            state.link_up = event.up
            if event.up:
                state.clear(Trouble.OTHER_DIAL)
        case OtherDial():
            state.set(Trouble.OTHER_DIAL, name=event.name, unique_id=event.unique_id, port=event.port)
        case _:
            pass


def _show_sample(state: RaterState, sample: Sample) -> None:
    on_scale = sample_is_on_scale(state.hello.scale, sample)
    state.rating = sample.rating if on_scale and not sample.flags & message.NO_RATING else None
    state.clear(Trouble.BROKEN_WIRE, Trouble.NOT_HOMED, Trouble.OFF_SCALE)
    if sample.flags & message.FLAG_FAULT:
        state.set(Trouble.BROKEN_WIRE)
    elif sample.flags & message.FLAG_UNHOMED:
        state.set(Trouble.NOT_HOMED)
    elif not on_scale:
        state.set(Trouble.OFF_SCALE)
