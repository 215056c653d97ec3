"""The wiring tables of `wiring.md` and `docs/build.md`, written between marks in those files."""

import re

from wiring import BOARD, KNOBS, BoardWiring, Wiring

TERMINALS = {
    "RV1.low": "potentiometer, left terminal",
    "RV1.wiper": "potentiometer, **middle** terminal",
    "RV1.high": "potentiometer, right terminal",
    "SW1.1": "button, one side",
    "SW1.2": "button, other side",
}
FIRST_BUILD = ("pico", ("potentiometer", "button"))


def pin_table(wiring: Wiring, board: BoardWiring) -> str:
    """Signal, pin, place and wire of each signal of a board."""
    rows = ["| signal | pin | where | wire |", "| --- | --- | --- | --- |"]
    for net in (*board.pins, "3V3", "AGND", "GND"):
        if net in board.at:
            colour = "–" if board.pins.get(net) == "LED" else wiring.colours[net]
            rows.append(f"| {net} | {board.pins.get(net, '–')} | {board.at[net]} | {colour} |")
    return "\n".join(rows)


def net_table(wiring: Wiring, board: BoardWiring, knob: str) -> str:
    """Every net of a drawing and the terminals that it joins."""
    rows = ["| net | wire | joins |", "| --- | --- | --- |"]
    nets = wiring.nets(board, knob)
    for net, purpose in wiring.purposes.items():
        if net in nets:
            ends = [f"{board.at[net]}" if t.startswith(BOARD + ".") else f"`{t}`" for t in sorted(nets[net])]
            rows.append(f"| {net}: {purpose} | {wiring.colours.get(net, '–')} | {', '.join(ends)} |")
    return "\n".join(rows)


def first_build_table(wiring: Wiring) -> str:
    """The wires of the smallest dial, from terminal to pin."""
    name, circuits = FIRST_BUILD
    board = wiring.boards[name]
    ends = {
        terminal: net
        for circuit in circuits
        for net, terminals in wiring.circuits[circuit].items()
        for terminal in terminals
        if not terminal.startswith(BOARD + ".")
    }
    rows = ["| from | to | wire |", "| --- | --- | --- |"]
    for terminal, words in TERMINALS.items():
        net = ends[terminal]
        place, _, pin = board.at[net].split(" (also")[0].partition(", header ")
        rows.append(f"| {words} | {pin} ({place}) | {wiring.colours[net]} |")
    return "\n".join(rows)


def tables(wiring: Wiring) -> dict[str, str]:
    """Mark to table: what is written between `<!-- MARK -->` and `<!-- end -->`."""
    made = {f"pins of {name}": pin_table(wiring, board) for name, board in wiring.boards.items()}
    for name in ("pico", "esp32"):
        for knob in KNOBS:
            made[f"nets of {name} with {knob}"] = net_table(wiring, wiring.boards[name], knob)
    made["first build"] = first_build_table(wiring)
    return made


def filled(text: str, made: dict[str, str]) -> str:
    """`text` with each marked table replaced by the one that `made` has; a mark that it lacks is a KeyError."""

    def fill(match: re.Match[str]) -> str:
        return f"<!-- {match[1]} -->\n\n{made[match[1]]}\n\n<!-- end -->"

    return re.sub(r"<!-- ((?!end)[^\n]+?) -->\n.*?<!-- end -->", fill, text, flags=re.DOTALL)
