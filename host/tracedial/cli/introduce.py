"""`tracedial introduce`."""

import platform

import click

from dialwire import hosts, message
from tracedial.dial_setup import introduction
from tracedial.dial_setup.dial_settings import DialSettingsClient
from tracedial.errors import TracedialError
from tracedial.link.discover import the_only_dial


@click.command()
@click.argument("port", required=False)
@click.option("--as", "computer", metavar="NAME", help="What the dial lists this computer as, at most 20 bytes "
              "[default: its own name].")  # fmt: skip
@click.option("--list", "list_only", is_flag=True, help="Show which computers the dial knows, and change nothing.")
@click.option("--forget", "forgotten", metavar="NAME", help="Have the dial forget this computer (its name or id).")
@click.option("--forget-all", is_flag=True, help="Have the dial forget all computers: before it goes to another lab.")
@click.option("--radio", type=click.Choice(list(introduction.RADIO_MODES)), help="When the radio is on: never; where "
              "the board can encrypt; or also where it cannot, and anyone near can read the ratings.")  # fmt: skip
def command(
    port: str | None, computer: str | None, list_only: bool, forgotten: str | None, forget_all: bool, radio: str | None
) -> None:
    """Introduce a dial to this computer over USB, so that it can be used without a cable.

    The dial and this computer keep a key that nobody else has; each later link over the air proves it on both sides.
    The radio of a dial that knows no computer is off.
    """
    if sum((list_only, forgotten is not None, forget_all)) > 1:
        raise click.UsageError("--list, --forget and --forget-all are given one at a time.")
    with DialSettingsClient(port or the_only_dial()) as dial:
        introduction.check_can_introduce(dial)
        if radio:
            introduction.set_radio(dial, radio)
        if forgotten is not None:
            introduction.forget(dial, forgotten)
        elif forget_all:
            introduction.forget_all(dial)
        elif computer or not (list_only or radio):
            introduction.introduce(dial, computer or _own_name())
        if not list_only:
            _start_again(dial)
        _show(dial)


def _own_name() -> str:
    """This computer's name, cut to the length that a dial stores."""
    name = platform.node().partition(".")[0] or "computer"
    while len(name.encode()) > hosts.MAX_HOST_NAME_BYTES:
        name = name[:-1]
    return name


def _start_again(dial: DialSettingsClient) -> None:
    """Restart the dial, since it switches the radio on or off only at the start."""
    before = dial.get(message.CONFIG_HOSTS)
    dial.restart(message.INTO_DIAL)
    if dial.get(message.CONFIG_HOSTS) != before:
        raise TracedialError(
            f"The dial on {dial.port} restarted, and has forgotten which computers it knows: nothing was kept. An "
            "emulated dial keeps its settings if it is started with `tracedial emulate --ble` or `--keep FOLDER`."
        )


def _show(dial: DialSettingsClient) -> None:
    hello = dial.hello
    for host_id, name in introduction.known_computers(dial):
        click.echo(f"knows   {name}  (id {host_id.hex()})")
    if hello.radio & message.RADIO_ON:
        secret = hello.radio & message.RADIO_CIPHER
        how = "encrypted" if secret else "READABLE BY ANYONE NEAR: this board cannot encrypt"
        click.echo(f"radio   on, {how}; use it as ble:{hello.name}")
    elif hello.radio & message.RADIO_CIPHER:
        click.echo("radio   off")
    else:
        click.echo("radio   off: this board cannot encrypt; `--radio readable` switches it on nevertheless")
