"""`tracedial flash`."""

import click

from tracedial.dial_setup.flash import flash
from tracedial.errors import AmbiguousDialError, NotADialError
from tracedial.link.discover import find_dials


@click.command()
@click.option("--port", metavar="PORT", help="The board's port; may be left out where there is one.")
@click.option("--board", metavar="BOARD", help="Which board it is, where it cannot tell by itself.")
@click.option("--replace", is_flag=True, help="Write over another program that is on the board.")
def command(port: str | None, board: str | None, replace: bool) -> None:
    """Put the dial's firmware on a board that runs MicroPython (1.26 or newer), and start it.

    Interrupted half-way it can be run again. docs/build.md says how MicroPython gets onto a board.
    """
    hello = flash(port or _the_only_port(), board=board, replace=replace, say=click.echo)
    click.echo(f"{hello.name} runs: {hello.board}, firmware {hello.firmware}, {hello.interpreter}, knob {hello.knob}.")
    click.echo("Next: `tracedial calibrate`, then `tracedial check`.")


def _the_only_port() -> str:
    from serial.tools import list_ports

    # Boards are on USB; a computer's own serial ports, and those of radios, are not.
    ports = [port.device for port in list_ports.comports() if port.vid is not None]
    emulated = {c.port for c in find_dials(ports) if c.hello and c.hello.board == "emulated"}
    ports = [port for port in ports if port not in emulated]
    if not ports:
        raise NotADialError("", "No board was found: plug one in with a cable that carries data, or name its --port.")
    if len(ports) > 1:
        raise AmbiguousDialError(ports, f"{len(ports)} boards may be meant, {' and '.join(ports)}: name one by --port.")
    return ports[0]
