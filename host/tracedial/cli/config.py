"""`tracedial config`."""

from dataclasses import replace

import click

from dialwire import message
from dialwire.errors import WireError
from dialwire.scale import Scale
from tracedial.dial_setup.dial_settings import DialSettingsClient, Options
from tracedial.errors import TracedialError
from tracedial.link.discover import the_only_dial

KNOBS = {"potentiometer": message.POTENTIOMETER, "encoder": message.ENCODER}


@click.command()
@click.argument("port", required=False)
@click.option("--name", help="The dial's name, at most 32 bytes.")
@click.option("--scale", "scale_text", metavar="LOW:HIGH[:STEP]", help="The scale, for example -50:50.")
@click.option("--detent", "detents", multiple=True, metavar="RATING=LABEL", help="A labelled position of a new scale; "
              "repeat for several, lowest first.")  # fmt: skip
@click.option("--knob", type=click.Choice(list(KNOBS)), help="What is built in; restarts the dial.")
@click.option("--counts-per-step", type=click.IntRange(1, message.MAX_COUNTS_PER_STEP),
              help="Counts of the encoder in a step of the scale (four to a full cycle of its pins).")  # fmt: skip
@click.option("--reverse/--no-reverse", default=None, help="Turn the encoder's direction round.")
@click.option("--feedback/--no-feedback", default=None, help="Tick the feedback pin when the knob lands on a detent.")
@click.option("--sync-edge", type=click.Choice(["rising", "falling"]), help="Edge of the sync input that is stamped.")
def command(
    port: str | None,
    name: str | None,
    scale_text: str | None,
    detents: tuple[str, ...],
    knob: str | None,
    counts_per_step: int | None,
    reverse: bool | None,
    feedback: bool | None,
    sync_edge: str | None,
) -> None:
    """Show a dial's settings, or change them. PORT may be left out where there is one dial.

    A dial takes no settings while it records, and keeps them in its flash. The emulated dial forgets them when it ends,
    unless it was started with --keep.
    """
    if detents and not scale_text:
        raise click.UsageError("--detent belongs to a new --scale.")
    changes = []
    if name is not None:
        if not name.strip() or not name.isprintable():
            raise click.UsageError("A dial's name must have letters that can be printed, and nothing else.")
        changes.append((message.CONFIG_NAME, name.encode()))
    if scale_text is not None:
        scale = _parse_scale(scale_text, detents)
        changes.append((message.CONFIG_SCALE, message.pack_scale(scale.low, scale.high, scale.step, scale.detents)))
    with DialSettingsClient(port or the_only_dial()) as dial:
        old = dial.options()
        if (reverse is not None or counts_per_step) and KNOBS.get(knob or "", old.knob) != message.ENCODER:
            raise click.UsageError(
                "--reverse and --counts-per-step are an encoder's; a potentiometer's direction is found by "
                "`tracedial calibrate`."
            )
        new = _changed(
            old, knob=knob, counts_per_step=counts_per_step, reverse=reverse, feedback=feedback, sync_edge=sync_edge
        )
        if new != old:
            changes.append((message.CONFIG_OPTIONS, new.pack()))
        for key, value in changes:
            dial.set(key, value)
        if new != old:
            # The pins are set up only at the start.
            dial.restart(message.INTO_DIAL)
            if any(dial.get(key) != value for key, value in changes):
                raise TracedialError(
                    f"The dial on {dial.port} restarted to take its new knob, and has forgotten it: nothing was kept. "
                    "An emulated dial keeps its settings if it is started with `tracedial emulate --keep FOLDER`."
                )
        _show(dial)


def _show(dial: DialSettingsClient) -> None:
    scale = dial.scale()
    options = dial.options()
    raw_low, raw_high = dial.calibration()
    click.echo(f"name         {dial.name()}")
    click.echo(f"scale        {scale.low} to {scale.high} in steps of {scale.step}")
    for rating, label in scale.detents:
        click.echo(f"detent       {rating:+d} {label}" if rating else f"detent       0 {label}")
    kind = next(word for word, number in KNOBS.items() if number == options.knob)
    if options.knob == message.ENCODER:
        way = ", direction reversed" if options.switches & message.REVERSE else ""
        click.echo(f"knob         {kind}, {options.counts_per_step} counts in a step{way}")
    else:
        click.echo(f"knob         {kind}")
        click.echo(f"calibration  raw {raw_low} at {scale.low}, raw {raw_high} at {scale.high}")
    click.echo(f"feedback     {'on' if options.switches & message.FEEDBACK else 'off'}")
    click.echo(f"sync input   {'falling' if options.switches & message.SYNC_FALLING else 'rising'} edges")


def _changed(
    old: Options,
    knob: str | None,
    counts_per_step: int | None,
    reverse: bool | None,
    feedback: bool | None,
    sync_edge: str | None,
) -> Options:
    switches = old.switches
    falling = None if sync_edge is None else sync_edge == "falling"
    for bit, wanted in ((message.REVERSE, reverse), (message.FEEDBACK, feedback), (message.SYNC_FALLING, falling)):
        if wanted is not None:
            switches = switches | bit if wanted else switches & ~bit
    return replace(
        old,
        knob=old.knob if knob is None else KNOBS[knob],
        counts_per_step=counts_per_step or old.counts_per_step,
        switches=switches,
    )


def _parse_scale(text: str, detents: tuple[str, ...]) -> Scale:
    try:
        numbers = [int(part) for part in text.split(":")]
        low, high, step = numbers if len(numbers) == 3 else (*numbers, 1)
        labelled = []
        for detent in detents:
            rating, _, label = detent.partition("=")
            labelled.append((int(rating), label))
    except ValueError:
        raise click.UsageError("Write --scale LOW:HIGH or LOW:HIGH:STEP and --detent RATING=LABEL.") from None
    try:
        return Scale(low, high, step, tuple(labelled))
    except WireError as error:
        raise click.UsageError(f"{str(error)[0].upper()}{str(error)[1:]}.") from None
