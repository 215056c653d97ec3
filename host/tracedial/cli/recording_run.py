"""Records a session from beginning to end: finds or emulates dials, plays the video, aligns the journals.

`tracedial record` and `tracedial demo` share this code.
"""

import contextlib
import math
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from tracedial.cli.live_view import LiveView
from tracedial.emulation.process import EmulatorProcess, emulator_arguments
from tracedial.emulation.simulated_line import SimulatedDial, SimulatedLine
from tracedial.errors import RecordingError
from tracedial.firmware_files import note_on_interpreter
from tracedial.host_clock import REAL_TIME, HostTime
from tracedial.link.discover import the_only_dial
from tracedial.link.stream import open_stream
from tracedial.recording.folder import journals
from tracedial.recording.opening import check_names
from tracedial.recording.rater_recording import DialChoice
from tracedial.recording.recorder import SessionRecorder
from tracedial.recording.resume import read_begun
from tracedial.recording.summary import RecordingSummary
from tracedial.study.played import rated_until
from tracedial.timing.player import Cue, PlayerEvent, VirtualPlayer
from tracedial.video import Video


@dataclass(frozen=True)
class SessionPlan:
    """What to record. `dials` are raters and ports; a port may be empty (the only dial there is) or `emulated:`.

    `begin_s` is the second of the video at which to begin. `resume`: continue existing recordings there (`resumed`
    makes such a plan), if necessary with `another_dial`. `spill` is the folder in which journals continue when the disk
    is full.
    """

    folder: Path
    dials: list[DialChoice]
    video: Video
    rate_hz: float = 1.0
    speed: float = 1.0
    cues: tuple[Cue, ...] = ()
    begin_s: float = 0.0
    end_s: float | None = None
    synthetic: bool = False
    resume: bool = False
    another_dial: bool = False
    spill: Path | None = None


def top_speed(speed: float, cues: Sequence[Cue]) -> float:
    """The highest speed that a video reaches if it begins at `speed`."""
    return speed * max([1.0, *(cue.value for cue in cues if cue.act == "rate")])


def resumed(plan: SessionPlan) -> SessionPlan:
    """The plan that resumes interrupted recordings from the last whole second that all of them reached.

    Raises `RecordingError` if there is none, if one has reached the video's end, or if video or rate differ.
    """
    raters = [choice.rater for choice in plan.dials]
    check_names(plan.folder, raters, resume=True)
    reached_s = plan.video.duration_s
    for rater in raters:
        folder = plan.folder / rater
        if not journals(folder):
            raise RecordingError(
                folder, f"There is no recording of {rater} in {plan.folder} to go on with: leave out --resume."
            )
        begun = read_begun(folder)
        begun.check_video(plan.video)
        begun.check_rate(plan.rate_hz)
        played = rated_until(folder)
        if played.ended:
            others = ", or name the other raters alone" if len(raters) > 1 else ""
            raise RecordingError(
                folder, f"{rater} rated to the video's end in {plan.folder}: there is nothing to go on with{others}."
            )
        reached_s = min(reached_s, played.at_s)
    begin_s = float(math.floor(reached_s))
    if plan.end_s is not None and plan.end_s <= begin_s:
        raise RecordingError(
            plan.folder, f"The recording had reached second {begin_s:g}: it cannot end at second {plan.end_s:g}."
        )
    return replace(plan, begin_s=begin_s, resume=True)


class EmulatedRater:
    """Turns an emulated dial's knob like a rater who watches the video: the script runs only while the video runs."""

    def __init__(self, emulator: EmulatorProcess | SimulatedDial, time: HostTime = REAL_TIME) -> None:
        self._emulator = emulator
        self._time = time

    def on_player_event(self, event: PlayerEvent) -> None:
        """Follow the player; `play` is announced ahead of its time."""
        if event.kind in ("play", "rate"):
            delay_s = max((event.host_ns - self._time.now_ns()) / 1e9, 0.0)
            self._emulator.command(f"play {event.video_s:.6f} {event.speed:.6f} {delay_s:.6f}")
        else:
            self._emulator.command("hold")


def record_session(plan: SessionPlan, line: SimulatedLine | None = None) -> list[RecordingSummary]:
    """Record all dials of a plan and show the progress; Ctrl-C ends it cleanly. Returns how each recording ended.

    With `line`, the dials' ports belong to it, and the recording runs in its simulated time.
    """
    time = line.time if line else REAL_TIME
    with contextlib.ExitStack() as stack:
        dials: list[DialChoice] = []
        watchers = [EmulatedRater(dial, time) for dial in line.dials.values() if dial.settings.script] if line else []
        for choice in plan.dials:
            port = choice.port or the_only_dial()
            if port.startswith("emulated:"):
                if not dials and "interpreter=" not in port and (note := note_on_interpreter()):
                    click.echo(note, err=True)
                arguments = ["--name", choice.rater, "--seed", str(len(dials) + 1), *emulator_arguments(port)]
                emulator = stack.enter_context(EmulatorProcess(arguments))
                port = emulator.urls[0]
                if any(argument.startswith("--knob") for argument in arguments):
                    watchers.append(EmulatedRater(emulator))
            dials.append(DialChoice(choice.rater, port))
        recorder = SessionRecorder(
            folder=plan.folder,
            dials=dials,
            video=plan.video,
            rate_hz=plan.rate_hz,
            top_speed=top_speed(plan.speed, plan.cues),
            synthetic=plan.synthetic,
            settings={**_settings(plan), "time": "simulated" if line else "real"},
            listeners=[watcher.on_player_event for watcher in watchers],
            resume=plan.resume,
            another_dial=plan.another_dial,
            spill=plan.spill,
            open_port=line.open_port if line else open_stream,
            time=time,
            rng=line.rng if line else None,
        )
        recorder.open()
        player = VirtualPlayer(
            plan.video, recorder.on_player_event, speed=plan.speed, cues=plan.cues, begin_s=plan.begin_s,
            end_s=plan.end_s,
        )  # fmt: skip
        stack.enter_context(_ctrl_c(recorder.stop))
        view = LiveView(
            lambda: recorder.states,
            lambda: player.video_s(time.now_ns()),
            end_s=player.end_s,
            synthetic=plan.synthetic,
        )
        with view:
            return recorder.run(player, view.turn)


def _settings(plan: SessionPlan) -> dict[str, Any]:
    return {
        "player": "virtual",
        "speed": plan.speed,
        "cues": [f"{cue.act}@{cue.at_video_s:g}:{cue.value:g}" for cue in plan.cues],
        "end_s": plan.end_s,
        "resumed_at_s": plan.begin_s if plan.resume else None,
    }


@contextlib.contextmanager
def _ctrl_c(stop: Callable[[], None]):
    """Make Ctrl-C request a clean end; a second Ctrl-C interrupts as usual."""

    def once(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop()

    before = signal.signal(signal.SIGINT, once)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
