"""Checks before a recording: valid names, one dial for each rater, fast enough dials, known clocks."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tracedial.errors import LinkError, RecordingError
from tracedial.host_clock import HostTime, wait_until
from tracedial.recording.folder import journals
from tracedial.recording.rater_recording import RaterRecording
from tracedial.recording.session import NAME_RULE, is_name
from tracedial.timing.live_clock import NO_CLOCK

FIRST_EXCHANGES = 20
FIRST_SYNC_TIMEOUT_S = 15.0


def check_names(folder: Path, raters: Iterable[str], *, resume: bool = False) -> None:
    """Refuse raters' names that cannot be folder names, names used twice, and a folder that already holds a recording,
    unless the recording is to be resumed."""
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


def refuse_twins(folder: Path, raters: Sequence[RaterRecording]) -> None:
    """Raise `RecordingError` if two raters share one dial."""
    seen: dict[str, str] = {}
    for rater in raters:
        hello = rater.connection.wait_hello()
        # A dial without an id is identified by its boot.
        key = hello.unique_id or f"{hello.boot:08x}"
        if key in seen:
            raise RecordingError(
                folder,
                f"{seen[key]} and {rater.rater} have the same dial ({hello.name}, id {hello.unique_id}): give each "
                "rater one of their own (emulated dials get ids of their own unless --seed says otherwise).",
            )
        seen[key] = rater.rater


def check_rate(rater: RaterRecording, *, rate_hz: float, top_speed: float) -> None:
    """Raise `RecordingError` if a dial cannot take `rate_hz` samples per second of a video that runs at `top_speed`:
    its HELLO states its highest rate."""
    hello = rater.connection.wait_hello()
    needed_hz = rate_hz * top_speed
    if needed_hz <= hello.max_rate_hz:
        return
    at_speed = "" if top_speed == 1 else f", at speed {top_speed:g} {needed_hz:g} in a real second"
    raise RecordingError(
        rater.folder,
        f"The dial {hello.name} on {rater.connection.port} samples at most {hello.max_rate_hz} times a second, and "
        f"{rate_hz:g} samples a second of video were asked for{at_speed}: choose a lower --rate.",
    )


def first_sync(raters: Sequence[RaterRecording], time: HostTime) -> None:
    """Wait until each dial's clock is known. Raises `LinkError` for a dial that does not answer or has no clock."""
    deadline_ns = time.now_ns() + int(FIRST_SYNC_TIMEOUT_S * 1e9)
    for rater in raters:
        connection, clock = rater.connection, rater.clock
        wait_until(
            lambda connection=connection, clock=clock: clock.enough or connection.error,
            timeout_s=max((deadline_ns - time.now_ns()) / 1e9, 0.0),
            time=time,
        )
        if connection.error:
            raise connection.error
        if not clock.enough:
            raise LinkError(
                connection.port,
                f"The dial on {connection.port} answers too few sync pulses ({len(clock.exchanges)} of "
                f"{FIRST_EXCHANGES} in {FIRST_SYNC_TIMEOUT_S:.0f} s): check the cable.",
            )
        rater.refit(time.now_ns())
        if problem := clock.problem or ("" if clock.runs_like_clock() else NO_CLOCK):
            raise LinkError(connection.port, f"The dial on {connection.port} cannot be recorded: {problem}")
