"""Sets who may use a dial over the air: over its cable, introduces the dial to this computer or has it forget one."""

import secrets

from dialwire import hosts, message
from dialwire.errors import WireError
from tracedial.dial_setup.dial_settings import DialSettingsClient
from tracedial.errors import LinkError, TracedialError
from tracedial.files.plain_text import plain_text
from tracedial.link.introductions import Introduction, keep_introductions, read_introductions

FIRST_WITH_RADIO = (1, 2)
RADIO_MODES = {"off": message.RADIO_OFF, "secret": message.RADIO_SECRET, "readable": message.RADIO_READABLE}


def check_can_introduce(dial: DialSettingsClient) -> None:
    """Raise `LinkError` if the dial has no radio, its firmware is too old, or it is not on a cable."""
    hello = dial.hello
    if dial.port.startswith("ble:"):
        raise LinkError(dial.port, f"The dial {hello.name} is introduced over its cable: connect it by USB.")
    if hello.protocol < FIRST_WITH_RADIO:
        raise LinkError(
            dial.port,
            f"The firmware {hello.firmware} of the dial on {dial.port} knows no radio: put the present one on it "
            "(`tracedial flash`).",
        )
    if not hello.radio & message.RADIO_FITTED:
        raise LinkError(dial.port, f"The board of the dial on {dial.port} ({hello.board}) has no radio.")


def introduce(dial: DialSettingsClient, computer: str) -> None:
    """Give the dial a new key and store it here. `computer`: this computer's name in the dial's list, 1 to 20 bytes.

    The key is stored here first: if only the dial had it, the two could not use each other.
    """
    check_can_introduce(dial)
    known = read_introductions()
    key = secrets.token_bytes(hosts.KEY_BYTES)
    try:
        host = hosts.pack_host(known.host_id, key, computer)
    except WireError as error:
        raise TracedialError(f"This computer cannot be introduced as {computer!r}: {error}.") from None
    old = known.dials.get(dial.hello.unique_id)
    known.dials[dial.hello.unique_id] = Introduction(dial.hello.unique_id, dial.hello.name, key.hex())
    keep_introductions(known)
    try:
        dial.set(message.CONFIG_HOSTS, bytes((hosts.INTRODUCE,)) + host)
    except TracedialError:
        if old:
            known.dials[old.unique_id] = old
        else:
            del known.dials[dial.hello.unique_id]
        keep_introductions(known)
        raise


def known_computers(dial: DialSettingsClient) -> list[tuple[bytes, str]]:
    """`(id, name)` of each computer that the dial knows, with names that are safe to show on a terminal."""
    try:
        return [(one, plain_text(name)) for one, name in hosts.unpack_list(dial.get(message.CONFIG_HOSTS))]
    except WireError as error:
        text = f"What the dial on {dial.port} says of its computers makes no sense: {error}."
        raise LinkError(dial.port, text) from None


def forget(dial: DialSettingsClient, computer: str) -> None:
    """Have the dial forget a computer by its listed name or id. Raises `TracedialError` if none matches."""
    check_can_introduce(dial)
    found = [one for one, name in known_computers(dial) if computer in (name, one.hex())]
    if len(found) != 1:
        how_many = "no computer" if not found else f"{len(found)} computers"
        raise TracedialError(
            f"The dial {dial.hello.name} knows {how_many} by {computer!r}: see `tracedial introduce {dial.port} --list`"
            " for their names and ids."
        )
    dial.set(message.CONFIG_HOSTS, bytes((hosts.FORGET,)) + found[0])
    _drop_own_key(dial, found)


def forget_all(dial: DialSettingsClient) -> None:
    """Have the dial forget every computer, for example before it goes to another lab."""
    check_can_introduce(dial)
    everyone = [one for one, _ in known_computers(dial)]
    dial.set(message.CONFIG_HOSTS, bytes((hosts.FORGET_ALL,)))
    _drop_own_key(dial, everyone)


def set_radio(dial: DialSettingsClient, mode: str) -> None:
    """Set when the radio is on, one of `RADIO_MODES`; takes effect at the next start."""
    check_can_introduce(dial)
    dial.set(message.CONFIG_RADIO, bytes((RADIO_MODES[mode],)))


def _drop_own_key(dial: DialSettingsClient, forgotten: list[bytes]) -> None:
    known = read_introductions()
    if known.host_id in forgotten and known.dials.pop(dial.hello.unique_id, None):
        keep_introductions(known)
