"""`tracedial config`."""

import struct
import time

import click

from dialwire import message
from dialwire.errors import WireError
from dialwire.scale import Scale
from tracedial.errors import LinkError, TracedialError
from tracedial.link.client import ConfigValue, Event, Refused
from tracedial.link.connection import DialConnection, LinkChange
from tracedial.link.discover import the_only_dial

ANSWER_TIMEOUT_S = 3.0


@click.command()
@click.argument("port", required=False)
@click.option("--name", help="The dial's name, at most 32 bytes.")
@click.option("--scale", "scale_text", metavar="LOW:HIGH[:STEP]", help="The scale, for example -50:50.")
@click.option("--detent", "detents", multiple=True, metavar="RATING=LABEL", help="A labelled position of a new scale; "
              "repeat for several, lowest first.")  # fmt: skip
def command(port: str | None, name: str | None, scale_text: str | None, detents: tuple[str, ...]) -> None:
    """Show a dial's settings, or change them. PORT may be left out where there is one dial.

    A dial takes no settings while it records. The emulated dial forgets them when it ends.
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
    asker = _Asker(port or the_only_dial())
    try:
        for key, value in changes:
            asker.ask(message.CONFIG_SET, key=key, value=value)
        low, high, step, set_detents = message.unpack_scale(asker.ask(message.CONFIG_GET, key=message.CONFIG_SCALE))
        raw_low, raw_high = struct.unpack("<HH", asker.ask(message.CONFIG_GET, key=message.CONFIG_CALIBRATION))
        click.echo(f"name         {asker.ask(message.CONFIG_GET, key=message.CONFIG_NAME).decode()}")
        click.echo(f"scale        {low} to {high} in steps of {step}")
        for rating, label in set_detents:
            click.echo(f"detent       {rating:+d} {label}" if rating else f"detent       0 {label}")
        click.echo(f"calibration  raw {raw_low} at {low}, raw {raw_high} at {high}")
    finally:
        asker.close()


class _Asker:
    """Asks a dial for one setting at a time."""

    def __init__(self, port: str) -> None:
        self._answers: list[ConfigValue | Refused] = []
        self._port = port
        self._connection = DialConnection(port, self._hear)
        self._connection.wait_hello()

    def _hear(self, event: Event | LinkChange) -> None:
        if isinstance(event, ConfigValue | Refused):
            self._answers.append(event)

    def ask(self, kind: int, *, key: int, value: bytes | None = None) -> bytes:
        """Send, and wait for the answer; raises on a refusal or silence."""
        self._answers.clear()
        with self._connection.lock:
            fields = {"key": key} if value is None else {"key": key, "value": value}
            try:
                self._connection.client.send(kind, **fields)
            except WireError as error:
                raise TracedialError(f"The dial cannot hold that: {error}.") from None
        deadline_s = time.monotonic() + ANSWER_TIMEOUT_S
        while time.monotonic() < deadline_s:
            for answer in list(self._answers):
                if isinstance(answer, Refused):
                    raise TracedialError(f"The dial refused: {answer.text}.")
                if answer.key == key:
                    return answer.value
            time.sleep(0.01)
        raise LinkError(self._port, f"The dial on {self._port} does not answer; try again.")

    def close(self) -> None:
        """Close the port."""
        self._connection.close()


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
