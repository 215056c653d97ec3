"""`tracedial check`."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from dialwire import message
from tracedial import __version__
from tracedial.cli.devices import describe
from tracedial.cli.numbers import FiniteRange
from tracedial.dial_setup.dial_settings import DialSettingsClient
from tracedial.dial_setup.knob_watch import KnobWatch
from tracedial.dial_setup.selftest import (
    Check,
    check_clock,
    check_knob,
    check_memory,
    check_noise,
    check_ticks,
    check_travel,
)
from tracedial.errors import TracedialError
from tracedial.files.whole_file import write_whole
from tracedial.host_clock import host_clock_ns
from tracedial.link.discover import Candidate, the_only_dial
from tracedial.link.messages import Status, SyncExchange
from tracedial.timing.clock import fit_clock


@click.command()
@click.argument("port", required=False)
@click.option("--json", "json_path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write the results to this file, for the study's records.")  # fmt: skip
@click.option("--no-turn", is_flag=True, help="Leave out the turn of the knob (travel, dead zones, monotony).")
@click.option("--seconds", type=FiniteRange(5, 600), default=20.0, show_default=True,
              help="How long the knob is watched at rest, and the clock.")  # fmt: skip
def command(port: str | None, json_path: Path | None, no_turn: bool, seconds: float) -> None:
    """Test a dial: wires, noise, travel, tick jitter, sync, drift, memory.

    Exit code 1 if a check fails. What could not be measured is said and counts as neither.
    """
    if json_path:
        _check_writable(json_path)
    with DialSettingsClient(port or the_only_dial()) as dial:
        scale = dial.scale()
        options = dial.options()
        raw_low, raw_high = dial.calibration()
        with dial.connection.lock:
            dial.connection.client.burst()
        with KnobWatch(dial) as watch:
            click.echo(f"Let go of the knob: it is watched at rest for {seconds:.0f} s.")
            still = watch.for_seconds(seconds)
            turn = []
            if not no_turn:
                turn = _turn(watch, scale.low, scale.high)
            started = watch.started
        hello = dial.connection.client.hello or dial.hello
        exchanges = [e for e in dial.events if isinstance(e, SyncExchange) and e.boot == hello.boot]
        status = next(event for event in reversed(dial.events) if isinstance(event, Status))
        port = dial.port
    if not still or started is None:
        raise TracedialError(f"No samples came from the dial on {port}: check the cable and try again.")
    encoder = options.knob == message.ENCODER
    span_counts = (scale.positions - 1) * options.counts_per_step if encoder else raw_high - raw_low
    checks = check_knob([*still, *turn])
    checks += check_noise(still, span_counts=span_counts, scale=scale)
    checks += [] if no_turn else check_travel(turn, scale=scale)
    checks += check_ticks(still, started)
    checks += check_clock(fit_clock(exchanges, origin_ns=host_clock_ns()))
    checks.append(check_memory(status))
    _print(checks)
    failed = [check for check in checks if check.passed is False]
    if json_path:
        report = {
            "software": f"tracedial {__version__}",
            "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "dial": describe(Candidate(port, hello)),
            "calibration": None if encoder else {"raw_low": raw_low, "raw_high": raw_high},
            "passed": not failed,
            "checks": [check.to_json() for check in checks],
        }
        try:
            write_whole(json_path, json.dumps(report, indent=2, ensure_ascii=False) + "\n")
        except OSError as error:
            raise TracedialError(f"{json_path} cannot be written: {error.strerror}.") from error
        click.echo(f"Written: {json_path}")
    if failed:
        raise TracedialError(f"{len(failed)} of {len(checks)} checks failed: {', '.join(c.name for c in failed)}.")
    click.echo(f"All {sum(check.passed is True for check in checks)} checks passed.")


def _check_writable(path: Path) -> None:
    """Refuse a file that cannot be written before the measurement, not after it. Leaves no new file behind."""
    there = path.exists()
    try:
        with path.open("ab"):
            pass
        if not there:
            path.unlink()
    except OSError as error:
        raise TracedialError(f"{path} cannot be written: {error.strerror}.") from error


def _turn(watch: KnobWatch, low: int, high: int) -> list:
    click.echo(f"Set the knob to its lowest mark ({low}) and press Enter.")
    if not sys.stdin.readline():
        raise TracedialError("The check was ended before the knob was turned: use --no-turn to leave that out.")
    click.echo(f"Now turn it slowly, in about ten seconds, up to its highest mark ({high}), and press Enter there.")
    watch.for_seconds(0.5)
    mark = watch.mark()
    if not sys.stdin.readline():
        raise TracedialError("The check was ended before the knob was turned: use --no-turn to leave that out.")
    watch.for_seconds(0.3)
    return watch.samples(mark)


def _print(checks: list[Check]) -> None:
    words = {True: "pass", False: "FAIL", None: "?"}
    names = max(len(check.name) for check in checks)
    measured = max(len(check.measured) for check in checks)
    for check in checks:
        click.echo(f"{words[check.passed]:4}  {check.name:{names}}  {check.measured:{measured}}  ({check.limit})")
