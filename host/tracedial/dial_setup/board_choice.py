"""Tells which of the boards that Tracedial knows a board is, and what each of them needs first."""

from tracedial.dial_setup.board_prompt import BoardIdentity
from tracedial.errors import FlashError
from tracedial.firmware_files import board_machines

OLDEST_MICROPYTHON = (1, 26)
MPY_FORMAT = 6

GET_MICROPYTHON = {
    "rp2": "hold the board's BOOTSEL button while you plug it in, and copy the UF2 file of your board from "
    "micropython.org/download (RPI_PICO, RPI_PICO_W, RPI_PICO2 or RPI_PICO2_W) onto the drive that appears",
    "esp32": "get the .bin file of your board from micropython.org/download (ESP32_GENERIC, ESP32_GENERIC_S3 or "
    "ESP32_GENERIC_C3), and write it with esptool as that page says",
}


def choose_board(port: str, identity: BoardIdentity, wanted: str | None) -> str:
    """The name of the board's file. Raises `FlashError` for a board or a MicroPython that cannot become a dial."""
    version = ".".join(map(str, identity.version))
    oldest = ".".join(map(str, OLDEST_MICROPYTHON))
    if identity.platform not in GET_MICROPYTHON:
        raise FlashError(
            port, f"{port} is no board that a dial can be made of: its program runs on {identity.platform!r}."
        )
    remedy = f"{GET_MICROPYTHON[identity.platform]}; then run this again."
    if identity.interpreter != "micropython":
        raise FlashError(port, f"The board on {port} runs {identity.interpreter}, not MicroPython: {remedy}")
    if identity.version[:2] < OLDEST_MICROPYTHON or identity.mpy_format != MPY_FORMAT:
        raise FlashError(
            port, f"The board on {port} has MicroPython {version}, the dial needs {oldest} or newer: {remedy}"
        )
    machines = board_machines()
    found = [name for name, machine in machines.items() if identity.machine.startswith(machine + " with ")]
    if wanted and wanted not in machines:
        raise FlashError(port, f"There is no board {wanted!r}: choose one of {', '.join(machines)}.")
    if wanted and found and wanted not in found:
        raise FlashError(
            port, f"The board on {port} is a {found[0]} ({identity.machine}), not a {wanted}: is this the right port?"
        )
    if not wanted and not found:
        raise FlashError(
            port,
            f"The board on {port} is {identity.machine!r}, which Tracedial does not know. If it has the pins of one of "
            f"{', '.join(machines)}, name that board with --board.",
        )
    return wanted or found[0]
