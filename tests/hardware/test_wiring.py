"""The wiring: `hardware/wiring.toml` matches the boards' files, and the drawings and tables match it."""

import math
import re
import xml.etree.ElementTree as ET

import pytest

import make
import parts
import pdf_look
import schematic
import sync_input
from port import boards
from wiring import HARDWARE, KNOBS, board_nets, load_wiring

SIGNALS = ["wiper", "encoder_a", "encoder_b", "button", "lamp", "feedback", "sync_in", "sync_out"]
WIRING = load_wiring()
PARTS = parts.read_parts()
DRAWINGS = [(name, knob) for name in make.DRAWN_BOARDS for knob in KNOBS]


@pytest.mark.parametrize("name", boards.BOARDS)
def test_the_wiring_has_each_boards_pins(name):
    _, data = boards.find_board("", name)
    for signal, pin in data.PINS:
        told = WIRING.boards[name]
        assert told.pins[signal] == pin, (
            f"{name}: wiring.toml has {signal} on {told.pins[signal]}, the firmware on {pin}"
        )
        # Where it is, in the board's own words for the same pin.
        assert re.match(rf"(GP|IO){pin}\b", told.at[signal]) or (pin, told.at[signal]) == ("LED", "on the board")
    assert list(WIRING.boards[name].pins) == [signal for signal, _ in data.PINS]


def test_the_wiring_has_the_firmwares_boards_and_no_other():
    assert tuple(WIRING.boards) == boards.BOARDS


# Raspberry Pi Pico data sheet, pinout of the header.
PICO_HEADER = {26: 31, 14: 19, 15: 20, 13: 17, 16: 21, 17: 22, 18: 24}


@pytest.mark.parametrize("name", [name for name in boards.BOARDS if name.startswith("pico")])
def test_a_picos_pins_are_where_its_header_has_them(name):
    board = WIRING.boards[name]
    for signal, pin in board.pins.items():
        if pin != "LED":
            assert board.at[signal] == f"GP{pin}, header pin {PICO_HEADER[pin]}"


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
    # A board that finds no cut wiper by its pulls has the resistors that do.
    assert (WIRING.boards[name].circuits["potentiometer"] == "potentiometer") == data.PULLS


def test_each_board_is_found_by_its_own_machine_alone():
    for name in boards.BOARDS:
        _, data = boards.find_board("", name)
        assert boards.find_board(data.MACHINE + " with ANYTHING")[0] == name
    with pytest.raises(boards.UnknownBoardError):
        boards.find_board("Somebody's board with RP2040")


def constant(path, name):
    """A constant of the firmware, read from its source: boards' modules cannot be imported here."""
    text = (HARDWARE.parent / "firmware" / path).read_text(encoding="utf-8")
    return int(re.search(rf"^{name} = const\((\d+)\)", text, re.MULTILINE)[1])


def test_the_wirings_times_and_limits_are_the_firmwares():
    text = " ".join((HARDWARE / "wiring.md").read_text(encoding="utf-8").split())
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


@pytest.mark.parametrize("name", boards.BOARDS)
@pytest.mark.parametrize("knob", KNOBS)
def test_no_terminal_is_on_two_nets_and_each_part_is_in_the_parts_list(name, knob):
    nets = WIRING.nets(WIRING.boards[name], knob)
    terminals = [terminal for joined in nets.values() for terminal in joined]
    assert len(terminals) == len(set(terminals))
    assert {terminal.split(".")[0] for terminal in terminals} <= {part.ref for part in PARTS}
    assert set(nets) <= set(WIRING.purposes)
    for net in board_nets(nets):
        assert f"A1.{net}" in nets[net] and WIRING.colours[net]
    assert all(len(joined) > 1 for joined in nets.values())


@pytest.mark.parametrize(("name", "knob"), DRAWINGS)
def test_a_drawings_lines_join_what_the_wiring_says(name, knob):
    board = WIRING.boards[name]
    nets = WIRING.nets(board, knob)
    assert schematic.draw(board, knob, nets, parts.values(PARTS)).nets() == set(nets.values())


@pytest.mark.parametrize(("name", "knob"), DRAWINGS)
def test_every_pin_of_a_drawing_is_in_the_table_and_back(name, knob):
    board = WIRING.boards[name]
    wanted = {re.split(r"[;,]| \(also", board.at[net])[0] for net in board_nets(WIRING.nets(board, knob))}
    tree = ET.parse(HARDWARE / "schematics" / f"{name}-{knob}.svg")
    texts = [text.strip() for element in tree.iter() if (text := element.text)]
    shown = {text.split(" · ")[-1] for text in texts if re.search(r"^(GP|IO)\d+$|^\w+ · (GP|IO)\d+$", text)}
    supplies = {text for text in texts if text in ("3V3(OUT)", "3V3", "AGND", "GND")}
    assert shown == {place for place in wanted if re.match("GP|IO", place)}
    assert {place for place in wanted if not re.match("GP|IO", place)} <= supplies
    text = (HARDWARE / "wiring.md").read_text(encoding="utf-8")
    section = text.split(f"\n## {name}\n")[1].split("\n## ")[0]
    assert all(re.search(rf"\| {re.escape(place)}\b|\| {re.escape(place)}[,;(]", section) for place in wanted)


def test_the_made_files_are_the_committed_ones():
    for path, text in make.documents().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run python hardware/tools/make.py"
    for name, svg in make.schematics().items():
        path = HARDWARE / "schematics" / f"{name}.svg"
        assert path.read_text(encoding="utf-8") == svg, f"{path.name}: run python hardware/tools/make.py"
        # A PDF's bytes depend on the libraries that write it; what it was drawn from does not.
        assert pdf_look.keywords(path.with_suffix(".pdf")) == schematic.digest(svg), f"{name}.pdf: run make.py"


def test_a_wire_that_is_missing_in_a_drawing_is_found():
    board = WIRING.boards["pico"]
    nets = WIRING.nets(board, "potentiometer")
    sheet = schematic.draw(board, "potentiometer", nets, {})
    sheet.wires.pop(next(i for i, wire in enumerate(sheet.wires) if wire[0][0] == schematic.PIN_X))
    assert sheet.nets() != set(nets.values())


def test_the_sync_input_keeps_every_source_within_what_a_pin_bears():
    for source_v in (3.3, 5.0, 5.25):
        result = sync_input.at_the_pin(PARTS, source_v)
        for family, largest_v in sync_input.LARGEST_V.items():
            assert sync_input.HIGH_V[family] < result.pin_v <= largest_v, (source_v, family)
    # A source of 12 V by mistake: a Pico bears it.
    assert sync_input.at_the_pin(PARTS, 12.0).pin_v <= sync_input.LARGEST_V["Pico boards"]


def test_the_sync_inputs_other_limits_hold():
    assert sync_input.ohms(PARTS, "R7") + sync_input.ohms(PARTS, "R9") <= sync_input.RP2350_E9_LARGEST_OHM
    # The sensor saturates above what is surely high: R10, R9 and 0.3 V across the transistor.
    drawn_a = (sync_input.SUPPLY_V - 0.3) / (sync_input.ohms(PARTS, "R9") + sync_input.ohms(PARTS, "R10"))
    assert all(drawn_a > sync_input.light_current_a(PARTS, family) for family in sync_input.HIGH_V)
    assert sync_input.shorted_supply_a(PARTS) == pytest.approx(0.015)
