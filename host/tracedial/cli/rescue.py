"""`tracedial rescue`."""

import click

from dialwire import message
from tracedial.dial_setup.dial_settings import DialSettingsClient
from tracedial.errors import TracedialError
from tracedial.link.discover import the_only_dial


@click.command()
@click.argument("port", required=False)
@click.option("--bootloader", is_flag=True, help="Restart into the board's own loader instead (to renew MicroPython).")
def command(port: str | None, bootloader: bool) -> None:
    """Give a board's prompt back, so that `mpremote` works: until its next reset it is no dial.

    A dial that does not answer is rescued by holding its button while it is plugged in.
    """
    port = port or the_only_dial()
    with DialSettingsClient(port) as dial:
        if dial.hello.board == "emulated":
            raise TracedialError(f"{dial.hello.name} is an emulated dial: it has no prompt to give back.")
        if bootloader and not dial.hello.board.startswith("pico"):
            raise TracedialError(
                f"A {dial.hello.board} has no loader to restart into: use esptool as docs/build.md says."
            )
        dial.restart(message.INTO_BOOTLOADER if bootloader else message.INTO_REPL)
        what = "its loader" if bootloader else "the prompt of MicroPython"
        click.echo(f"{dial.hello.name} on {port} restarts into {what}. Unplug it and plug it in to have the dial back.")
