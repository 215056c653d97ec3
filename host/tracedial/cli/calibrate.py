"""`tracedial calibrate`."""

import contextlib
import struct
import sys
import threading
from collections.abc import Iterator

import click
import numpy as np

from dialwire import message
from dialwire.scale import Scale
from tracedial.dial_setup.calibration import MIN_SPAN, CalibrationError, StillReading, calibrate, still_reading
from tracedial.dial_setup.dial_settings import DialSettingsClient
from tracedial.dial_setup.knob_watch import KnobWatch
from tracedial.errors import TracedialError
from tracedial.link.discover import the_only_dial

STILL_S = 1.5
TRIES = 5


@click.command()
@click.argument("port", required=False)
def command(port: str | None) -> None:
    """Fit a dial's potentiometer to its scale: hold the knob on its lowest mark, its highest and its centre.

    The raw reading and its noise are shown live. Nothing is stored on the dial before all three make sense.
    """
    with DialSettingsClient(port or the_only_dial()) as dial:
        if dial.options().knob == message.ENCODER:
            raise TracedialError(
                "This dial has an encoder, which is not calibrated but homed: set the knob to its zero mark and hold "
                "the button for two seconds after each start."
            )
        scale = dial.scale()
        step = 0xFFFF / (scale.positions - 1)
        with KnobWatch(dial) as watch, _said_when_ended():
            low = _ask(watch, f"lowest mark ({_mark(scale, scale.low)})", step)
            high = _ask(watch, f"highest mark ({_mark(scale, scale.high)})", step)
            if abs(high.raw - low.raw) < MIN_SPAN:
                # Report an error before asking for a third mark.
                calibrate(low, high, low, scale)
            centre = _ask(watch, _centre(scale), step)
        found = calibrate(low, high, centre, scale)
        dial.set(message.CONFIG_CALIBRATION, struct.pack("<HH", found.raw_low, found.raw_high))
        try:
            dial.set(message.CONFIG_NOISE, struct.pack("<H", found.noise_counts))
        except TracedialError as error:
            # An older firmware does not have this setting.
            click.echo(f"The noise was not stored, `tracedial flash` brings the firmware that keeps it. {error}")
        click.echo(f"Stored: raw {found.raw_low} at {scale.low}, raw {found.raw_high} at {scale.high}.")
        if found.reversed:
            click.echo("The readings fall while the ratings rise: the dial turns that round.")
        click.echo(
            f"Noise {found.noise_steps:.2f} of a step; the centre lies {abs(found.centre_error_share):.1%} of the "
            "travel beside the middle. `tracedial check` tests the whole travel."
        )


@contextlib.contextmanager
def _said_when_ended() -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        raise TracedialError(
            "The calibration was ended before all marks were set: the dial keeps its old one."
        ) from None


def _ask(watch: KnobWatch, where: str, step: float) -> StillReading:
    for _ in range(TRIES):
        click.echo(f"Set the knob to its {where}, hold it still, and press Enter.")
        entered = threading.Event()
        line: list[str] = []

        def wait_for_enter(entered: threading.Event = entered, line: list[str] = line) -> None:
            line.append(sys.stdin.readline())
            entered.set()

        threading.Thread(target=wait_for_enter, daemon=True).start()
        while not entered.is_set():
            watch.for_seconds(0.2)
            _show(watch, step)
        if sys.stdout.isatty():
            click.echo()
        if not line[0]:
            raise TracedialError("The calibration was ended before all marks were set: the dial keeps its old one.")
        try:
            reading = still_reading(watch.for_seconds(STILL_S))
        except CalibrationError as error:
            if error.what != "still":
                raise
            click.echo(str(error))
            continue
        click.echo(f"    raw {reading.raw:.0f}, noise {reading.noise:.0f} counts")
        return reading
    raise TracedialError("The knob was never held still: the dial keeps its old calibration.")


def _show(watch: KnobWatch, step: float) -> None:
    if not sys.stdout.isatty():
        return
    recent = watch.samples()[-50:]
    if recent:
        raw = np.array([sample.raw for sample in recent])
        text = f"raw {raw[-1]:5d}   noise {raw.std():5.0f} counts ({raw.std() / step:.2f} of a step)"
        if recent[-1].flags & message.FLAG_FAULT:
            text = "no reading: the wiper's wire is broken"
        click.echo(f"\r    {text:<60}", nl=False)


def _centre(scale: Scale) -> str:
    if scale.positions % 2:
        return f"centre ({_mark(scale, (scale.low + scale.high) // 2)})"
    below = scale.rating_at(scale.positions // 2 - 1)
    return f"centre (half-way between {below} and {below + scale.step})"


def _mark(scale: Scale, rating: int) -> str:
    label = scale.label_of(rating)
    return f"{rating:+d} {label}".strip() if rating else f"0 {label}".strip()
