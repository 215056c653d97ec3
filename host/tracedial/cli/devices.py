"""`tracedial devices`."""

import json
import time

import click

from dialwire import message
from tracedial.dial_setup.dial_settings import DialSettingsClient
from tracedial.link.discover import Candidate, find_dials, list_ports

IDENTIFY_S = 4


@click.command()
@click.option("--port", "ports", multiple=True, metavar="PORT", help="Ask this port or URL too; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
@click.option("--identify", is_flag=True, help="Flash the lamp of each dial in turn, and name it.")
@click.option("--all", "show_all", is_flag=True, help="Show ports that are not dials as well, and why.")
def command(ports: tuple[str, ...], as_json: bool, identify: bool, show_all: bool) -> None:
    """List the dials that answer, with port, board, firmware, scale and rate."""
    candidates = find_dials(list(dict.fromkeys([*list_ports(), *ports])))
    if as_json:
        click.echo(json.dumps([describe(c) for c in candidates if c.hello or show_all or c.port in ports], indent=2))
        return
    shown = 0
    for candidate in candidates:
        if candidate.hello:
            shown += 1
            hello = candidate.hello
            scale = hello.scale
            click.echo(f"{candidate.port}  {hello.name}  ({hello.board}, id {hello.unique_id})")
            click.echo(
                f"    firmware {hello.firmware} on {hello.interpreter}, "
                f"protocol {hello.protocol[0]}.{hello.protocol[1]}, knob {hello.knob}, "
                f"{hello.min_rate_hz} to {hello.max_rate_hz} Hz"
            )
            labels = ", ".join(f"{rating:+d} {label}" if rating else f"0 {label}" for rating, label in scale.detents)
            click.echo(f"    scale {scale.low} to {scale.high} in steps of {scale.step}: {labels or 'no labels'}")
        elif show_all or candidate.port in ports:
            click.echo(f"{candidate.port}  not a dial: {candidate.problem}")
        if candidate.hello and identify:
            _identify(candidate)
    if not shown:
        click.echo("No dial answers. Plug one in, or start one with `tracedial emulate`.")
        if candidates and not show_all:
            click.echo(f"{len(candidates)} other ports: `tracedial devices --all` says why each is none.")


def _identify(candidate: Candidate) -> None:
    with DialSettingsClient(candidate.port) as dial:
        dial.identify(IDENTIFY_S)
        has_lamp = dial.hello.pins & message.HAS_LAMP
        click.echo(f"    its lamp flashes for {IDENTIFY_S} s" if has_lamp else "    it has no lamp to flash")
        if has_lamp:
            time.sleep(IDENTIFY_S)


def describe(candidate: Candidate) -> dict[str, object]:
    """A candidate as JSON; `problem` is null if it is a dial."""
    hello = candidate.hello
    if hello is None:
        return {"port": candidate.port, "problem": candidate.problem}
    return {
        "port": candidate.port,
        "problem": None,
        "name": hello.name,
        "board": hello.board,
        "unique_id": hello.unique_id,
        "firmware": hello.firmware,
        "interpreter": hello.interpreter,
        "protocol": f"{hello.protocol[0]}.{hello.protocol[1]}",
        "boot": hello.boot,
        "knob": hello.knob,
        "scale": {
            "low": hello.scale.low,
            "high": hello.scale.high,
            "step": hello.scale.step,
            "detents": [{"rating": rating, "label": label} for rating, label in hello.scale.detents],
        },
        "rate_hz": [hello.min_rate_hz, hello.max_rate_hz],
    }
