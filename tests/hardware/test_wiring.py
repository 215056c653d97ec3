"""The printed wiring is the firmware's own: `hardware/wiring.md` against the boards' files."""

import csv
import math
import re
from pathlib import Path

import pytest

from port import boards

ROOT = Path(__file__).resolve().parent.parent.parent
SIGNALS = ["wiper", "encoder_a", "encoder_b", "button", "lamp", "feedback", "sync_in", "sync_out"]


@pytest.mark.parametrize("name", boards.BOARDS)
def test_the_wiring_shows_each_boards_pins(name):
    text = (ROOT / "hardware" / "wiring.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in section.splitlines() if "|" in line][
        2:
    ]
    _, data = boards.find_board("", name)
    assert [row[:2] for row in rows[: len(data.PINS)]] == [(signal, str(pin)) for signal, pin in data.PINS]
    for (_, pin, where), _ in zip(rows, data.PINS, strict=False):
        # Where it is, in the board's own words for the same pin.
        assert where.startswith((f"GP{pin},", f"IO{pin}")) or where == "on the board", where


@pytest.mark.parametrize("name", boards.BOARDS)
def test_each_board_has_each_signal_once_on_pins_of_their_own(name):
    _, data = boards.find_board("", name)
    assert [signal for signal, _ in data.PINS] == SIGNALS
    pins = [pin for _, pin in data.PINS]
    assert len(set(pins)) == len(pins) and data.QUIET not in pins
    if name.startswith("pico"):
        # The counting machine reads two neighbours; the converter has three pins.
        assert boards.pin_of(data, "encoder_b") == boards.pin_of(data, "encoder_a") + 1
        assert boards.pin_of(data, "wiper") in (26, 27, 28)
    assert 0 <= data.WIPER_LOWEST < data.WIPER_HIGHEST <= 65535


def test_each_board_is_found_by_its_own_machine_alone():
    for name in boards.BOARDS:
        _, data = boards.find_board("", name)
        assert boards.find_board(data.MACHINE + " with ANYTHING")[0] == name
    with pytest.raises(boards.UnknownBoardError):
        boards.find_board("Somebody's board with RP2040")


def test_the_parts_list_can_be_read():
    with (ROOT / "hardware" / "bom.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len({row["ref"] for row in rows}) == len(rows) > 5
    assert all(row["value"] and row["needed_for"] for row in rows)


def constant(path, name):
    """A constant of the firmware, read from its source: boards' modules cannot be imported here."""
    text = (ROOT / "firmware" / path).read_text(encoding="utf-8")
    return int(re.search(rf"^{name} = const\((\d+)\)", text, re.MULTILINE)[1])


def test_the_wirings_times_and_limits_are_the_firmwares():
    text = " ".join((ROOT / "hardware" / "wiring.md").read_text(encoding="utf-8").split())
    feedback_ms = constant("port/hardware.py", "_FEEDBACK_US") // 1000
    assert f"The pin rises for {feedback_ms} ms each time the knob lands" in text
    assert f"moves enough in {feedback_ms} ms" in text
    assert f"rises to 3.3 V for {constant('port/hardware.py', '_PULSE_US') // 1000} ms" in text
    look_ms = constant("port/hardware.py", "_LOOK_US") // 1000
    assert f"More than {constant('dial/latch.py', '_FLOOD')} edges within {look_ms} ms" in text
    assert f"More than {round(constant('port/wiper.py', '_BROKEN_SPAN') / 65535 * 100)} % is a broken wire" in text
    assert f"more than 1/{1 << constant('dial/calibrate.py', '_MARGIN_SHIFT')} of the travel beyond" in text
    settle_us = constant("port/wiper.py", "_SETTLE_US")
    assert f"each pull has {settle_us} µs to move it" in text
    # A cut wire of that capacity at the weakest pull (80 kOhm) is still moved by more than the limit.
    capacity_pf = int(re.search(r"more than (\d+) pF of cable", text)[1])
    left = math.exp(-settle_us / (80_000 * capacity_pf * 1e-6))
    assert (1 - left) ** 2 * 65535 > constant("port/wiper.py", "_BROKEN_SPAN")
