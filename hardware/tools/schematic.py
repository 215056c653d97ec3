"""Schematic drawings of whole dials, and the net list that a drawing's own lines make.

Each part is placed by coordinates, so that the net list can be read back from the geometry: what touches is joined. A
test compares it with `wiring.toml`.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Literal

import schemdraw
from schemdraw import elements as elm

from wiring import BOARD, BoardWiring, Nets

Point = tuple[float, float]
Backend = Literal["svg", "matplotlib"]
PIN_X = 6.0
BOARD_WIDTH = 5.0
DECIMALS = 3


class Sheet:
    """One drawing: its elements, and where each terminal, wire and net's name lies."""

    def __init__(self, *, backend: Backend, values: dict[str, str]) -> None:
        schemdraw.use(backend)
        self.drawing = schemdraw.Drawing(show=False)
        self.drawing.config(fontsize=11, font="DejaVu Sans" if backend == "matplotlib" else "sans-serif", lw=1.4)
        self.values = values
        self.terminals: list[tuple[str, Point]] = []
        self.wires: list[tuple[Point, Point]] = []
        self.names: list[tuple[str, Point]] = []

    def add(self, element: elm.Element) -> elm.Element:
        """Draw what is no part and no wire."""
        return self.drawing.add(element)

    def terminal(self, name: str, at: Point) -> None:
        """Note that a part's terminal lies at `at`."""
        self.terminals.append((name, at))

    def wire(self, *points: Point) -> None:
        """A wire from point to point."""
        for start, end in pairwise(points):
            self.drawing.add(elm.Line().endpoints(start, end))
            self.wires.append((start, end))

    def dot(self, at: Point) -> None:
        """The mark of a junction."""
        self.drawing.add(elm.Dot().at(at))

    def part(
        self, element: type, ref: str, ends: tuple[Point, Point], names: tuple[str, str], loc: str = "top"
    ) -> None:
        """A part of two terminals, `names`, at the points `ends`, with its reference and value beside it."""
        label = "\n".join(text for text in (ref, self.values.get(ref, "")) if text)
        self.drawing.add(element().endpoints(*ends).label(label, loc=loc, fontsize=10))
        for name, end in zip(names, ends, strict=True):
            self.terminal(f"{ref}.{name}", end)

    def supply(self, net: str, at: Point) -> None:
        """The symbol of a net that is joined by its name."""
        symbol = elm.Vdd() if net == "3V3" else elm.GroundSignal() if net == "AGND" else elm.Ground()
        symbol = symbol.theta(0).at(at)
        side = "right" if net == "AGND" else "top"
        self.drawing.add(symbol if net == "GND" else symbol.label(net, side, fontsize=10))
        self.names.append((net, at))

    def nets(self) -> set[frozenset[str]]:
        """The sets of terminals that this drawing joins."""
        owner: dict[Point, Point] = {}

        def root(point: Point) -> Point:
            owner.setdefault(point, point)
            while owner[point] != point:
                point = owner[point]
            return point

        points = [rounded(p) for _, p in self.terminals + self.names] + [rounded(p) for w in self.wires for p in w]
        for start, end in self.wires:
            for point in points:
                if touches(point, rounded(start), rounded(end)):
                    owner[root(point)] = root(rounded(start))
        by_name: dict[str, Point] = {}
        for name, at in self.names + self.terminals:
            # A jack's contact has two sides, a supply many symbols: the same name is the same net.
            first = by_name.setdefault(name, rounded(at))
            owner[root(rounded(at))] = root(first)
        joined: dict[Point, set[str]] = defaultdict(set)
        for name, at in self.terminals:
            joined[root(rounded(at))].add(name)
        return {frozenset(names) for names in joined.values()}


def rounded(point: Iterable[float]) -> Point:
    """The point on a grid of 1/1000, so that equal places are equal."""
    x, y = point
    return round(x, 3), round(y, 3)


def touches(point: Point, start: Point, end: Point) -> bool:
    """Whether a point lies on an upright or level wire."""
    (x, y), (x1, y1), (x2, y2) = point, start, end
    return min(x1, x2) <= x <= max(x1, x2) and min(y1, y2) <= y <= max(y1, y2)


def potentiometer(s: Sheet, y: float) -> None:
    """A potentiometer whose ends are on 3.3 V and the quiet ground."""
    _pot(s, y, 10.0)
    s.wire((10, y + 1.5), (10, y + 1.8))
    s.supply("3V3", (10, y + 1.8))
    s.wire((10, y - 1.5), (10, y - 1.8))
    s.supply("AGND", (10, y - 1.8))
    s.wire((PIN_X, y), (9.28, y))


def potentiometer_with_resistors(s: Sheet, y: float) -> None:
    """A potentiometer kept away from both ends of an ESP32's range."""
    _pot(s, y, 10.0)
    s.part(elm.Resistor, "R3", ((10, y + 3.5), (10, y + 1.5)), ("1", "2"), "bottom")
    s.supply("3V3", (10, y + 3.5))
    s.part(elm.Resistor, "R2", ((10, y - 1.5), (10, y - 3.5)), ("1", "2"), "bottom")
    s.supply("GND", (10, y - 3.5))
    s.wire((PIN_X, y), (7, y), (9.28, y))
    s.dot((7, y))
    s.part(elm.Resistor, "R4", ((7, y), (7, y - 2.2)), ("1", "2"), "bottom")
    s.supply("GND", (7, y - 2.2))


def _pot(s: Sheet, y: float, x: float) -> None:
    s.part(elm.Potentiometer, "RV1", ((x, y - 1.5), (x, y + 1.5)), ("low", "high"), "bottom")
    s.terminal("RV1.wiper", (x - 0.72, y))


def encoder(s: Sheet, y: float) -> None:
    """An encoder's two switches."""
    s.add(elm.Rect(corner1=(0, 0), corner2=(2.6, 3.4)).at((9, y - 2.7)).theta(0))
    s.add(elm.Label().theta(0).at((10.5, y - 1)).label(f"ENC1\n{s.values.get('ENC1', '')}", fontsize=10))
    for name, at_y in (("A", y), ("B", y - 1), ("C", y - 2)):
        s.add(elm.Label().theta(0).at((9.3, at_y - 0.17)).label(name, fontsize=10))
        s.terminal(f"ENC1.{name}", (9, at_y))
    s.wire((PIN_X, y), (9, y))
    s.wire((PIN_X, y - 1), (9, y - 1))
    s.wire((9, y - 2), (8.2, y - 2), (8.2, y - 2.3))
    s.supply("GND", (8.2, y - 2.3))


def button(s: Sheet, y: float) -> None:
    """A button to ground."""
    s.wire((PIN_X, y), (7, y))
    s.part(elm.Button, "SW1", ((7, y), (9.5, y)), ("1", "2"))
    s.wire((9.5, y), (10, y), (10, y - 0.3))
    s.supply("GND", (10, y - 0.3))


def lamp(s: Sheet, y: float) -> None:
    """An LED."""
    s.wire((PIN_X, y), (6.8, y))
    s.part(elm.Resistor, "R1", ((6.8, y), (9.2, y)), ("1", "2"))
    s.wire((9.2, y), (9.6, y))
    s.part(elm.LED, "D1", ((9.6, y), (12, y)), ("anode", "cathode"), "bottom")
    s.wire((12, y), (12.5, y), (12.5, y - 0.3))
    s.supply("GND", (12.5, y - 0.3))


def feedback(s: Sheet, y: float) -> None:
    """A motor or buzzer behind a transistor."""
    s.wire((PIN_X, y), (6.8, y))
    s.part(elm.Resistor, "R5", ((6.8, y), (9.2, y)), ("1", "2"))
    s.wire((9.2, y), (9.8, y), (10.8, y))
    s.dot((9.8, y))
    s.part(elm.Resistor, "R6", ((9.8, y), (9.8, y - 2)), ("1", "2"), "bottom")
    s.supply("GND", (9.8, y - 2))
    transistor = s.add(
        elm.BjtNpn().theta(0).at((10.8, y)).anchor("base").label(f"Q1\n{s.values.get('Q1', '')}", "right", fontsize=10)
    )
    collector, emitter = rounded(transistor.absanchors["collector"]), rounded(transistor.absanchors["emitter"])
    for name, at in (("base", (10.8, y)), ("collector", collector), ("emitter", emitter)):
        s.terminal(f"Q1.{name}", at)
    x = collector[0]
    s.wire(emitter, (x, y - 2))
    s.supply("GND", (x, y - 2))
    s.wire(collector, (x, y + 1.2), (13.6, y + 1.2))
    s.part(elm.Motor, "M1", ((x, y + 3.6), (x, y + 1.2)), ("plus", "minus"), "top")
    s.part(elm.Diode, "D2", ((13.6, y + 1.2), (13.6, y + 3.6)), ("anode", "cathode"), "bottom")
    s.wire((13.6, y + 3.6), (x, y + 3.6))
    s.dot((x, y + 1.2))
    s.dot((x, y + 3.6))
    s.supply("3V3", (x, y + 3.6))


def sync_in(s: Sheet, y: float) -> None:
    """The protected input: a jack for a source of 3.3 V or 5 V, or for the light sensor."""
    s.wire((PIN_X, y), (7.4, y), (8.4, y))
    s.dot((7.4, y))
    s.part(elm.Schottky, "D3", ((7.4, y), (7.4, y + 2.2)), ("middle", "cathode"), "bottom")
    s.supply("3V3", (7.4, y + 2.2))
    s.add(elm.Schottky().endpoints((7.4, y - 2.2), (7.4, y)))
    s.terminal("D3.anode", (7.4, y - 2.2))
    s.supply("GND", (7.4, y - 2.2))
    s.part(elm.Resistor, "R7", ((8.4, y), (10.8, y)), ("1", "2"), "bottom")
    s.wire((10.8, y), (11.6, y), (14, y))
    s.dot((11.6, y))
    s.part(elm.Resistor, "R9", ((11.6, y), (11.6, y - 2.2)), ("1", "2"), "bottom")
    s.supply("GND", (11.6, y - 2.2))
    s.wire((10.6, y + 1.5), (10.6, y + 1.2), (11.2, y + 1.2))
    s.supply("3V3", (10.6, y + 1.5))
    s.part(elm.Resistor, "R10", ((11.2, y + 1.2), (13.6, y + 1.2)), ("1", "2"))
    s.wire((13.6, y + 1.2), (14, y + 1.2))
    _jack(s, "J1", 14, (("ring", y + 1.2), ("tip", y), ("sleeve", y - 1.2)))
    s.wire((14, y - 1.2), (13.6, y - 1.2), (13.6, y - 2.2))
    s.supply("GND", (13.6, y - 2.2))
    sensor = s.add(elm.NpnPhoto().theta(0).at((17.6, y + 0.6)).anchor("base").label("Q2", "right", fontsize=10))
    top, low = rounded(sensor.absanchors["collector"]), rounded(sensor.absanchors["emitter"])
    s.wire((15.6, y + 1.2), (17.0, y + 1.2), (17.0, y + 1.9), (top[0], y + 1.9), top)
    s.wire((15.6, y), (17.0, y), (17.0, y - 0.7), (low[0], y - 0.7), low)
    s.terminal("Q2.collector", top)
    s.terminal("Q2.emitter", low)
    for name, at_y in (("ring", y + 1.2), ("tip", y)):
        s.terminal(f"J1.{name}", (15.6, at_y))
    s.add(elm.Label().theta(0).at((17.2, y - 1.9)).label("on a plug, for the\nscreen check only", fontsize=9))


def sync_out(s: Sheet, y: float) -> None:
    """The output, limited."""
    s.wire((PIN_X, y), (8.4, y))
    s.part(elm.Resistor, "R8", ((8.4, y), (10.8, y)), ("1", "2"))
    s.wire((10.8, y), (14, y))
    _jack(s, "J2", 14, (("tip", y), ("sleeve", y - 1.2)))
    s.wire((14, y - 1.2), (13.6, y - 1.2), (13.6, y - 1.5))
    s.supply("GND", (13.6, y - 1.5))


def _jack(s: Sheet, ref: str, x: float, contacts: tuple[tuple[str, float], ...]) -> None:
    top, low = contacts[0][1], contacts[-1][1]
    s.add(elm.Rect(corner1=(0, 0), corner2=(1.6, top - low + 1)).at((x, low - 0.5)).theta(0))
    s.add(elm.Label().theta(0).at((x + 0.8, top + 0.6)).label(ref, fontsize=10))
    for name, y in contacts:
        s.add(elm.Label().theta(0).at((x + 0.8, y - 0.17)).label(name, fontsize=9))
        s.terminal(f"{ref}.{name}", (x, y))


# Circuit: how to draw it, the space that it needs above and below its pin, and its signals from the top down.
DRAWN: dict[str, tuple[Callable[[Sheet, float], None], float, float, tuple[str, ...]]] = {
    "potentiometer": (potentiometer, 2.4, 2.6, ("wiper",)),
    "potentiometer_with_resistors": (potentiometer_with_resistors, 4.2, 4.4, ("wiper",)),
    "encoder": (encoder, 1.0, 3.4, ("encoder_a", "encoder_b")),
    "button": (button, 1.0, 1.2, ("button",)),
    "lamp": (lamp, 1.2, 1.4, ("lamp",)),
    "feedback": (feedback, 4.4, 2.8, ("feedback",)),
    "sync_in": (sync_in, 3.0, 3.2, ("sync_in",)),
    "sync_out": (sync_out, 1.2, 2.0, ("sync_out",)),
}
SUPPLIES = {"3V3": 1.6, "AGND": 1.4, "GND": 1.4}


def draw(board: BoardWiring, knob: str, nets: Nets, values: dict[str, str], backend: Backend = "svg") -> Sheet:
    """The drawing of a dial with `board` and `knob`; `values` are the parts' by reference."""
    sheet = Sheet(backend=backend, values=values)
    y = 0.0
    for net, room in SUPPLIES.items():
        if net in nets:
            y -= room / 2 + 0.3
            _pin(sheet, board, net, y)
            sheet.wire((PIN_X, y), (PIN_X + 0.8, y))
            sheet.supply(net, (PIN_X + 0.8, y))
            y -= room / 2
    for circuit in board.circuits_with(knob):
        function, above, below, signals = DRAWN[circuit]
        y -= above
        function(sheet, y)
        for i, signal in enumerate(signals):
            _pin(sheet, board, signal, y - i)
        y -= below
    sheet.add(elm.Rect(corner1=(0, 0), corner2=(BOARD_WIDTH, -y)).at((0, y)).theta(0))
    sheet.add(elm.Label().theta(0).at((BOARD_WIDTH / 2, 0.9)).label(f"A1 · {board.title}, {knob}", fontsize=14))
    note = "LED: on the board" if board.pins["lamp"] == "LED" else "A1 · the board"
    sheet.add(elm.Label().theta(0).at((BOARD_WIDTH / 2, y + 0.6)).label(note, fontsize=10))
    return sheet


def _pin(sheet: Sheet, board: BoardWiring, net: str, y: float) -> None:
    sheet.wire((BOARD_WIDTH, y), (PIN_X, y))
    sheet.terminal(f"{BOARD}.{net}", (BOARD_WIDTH, y))
    place, _, header = board.at[net].split(";")[0].split(" (also")[0].split(", an LED")[0].partition(", header pin ")
    sheet.add(
        elm.Label()
        .theta(0)
        .at((BOARD_WIDTH - 0.2, y - 0.17))
        .label(place if place.startswith(net) else f"{net} · {place}", fontsize=10, halign="right")
    )
    if header:
        sheet.add(elm.Label().theta(0).at((BOARD_WIDTH + 0.5, y + 0.15)).label(header, fontsize=9))


def svg_text(sheet: Sheet) -> str:
    """The drawing as SVG, with numbers cut to thousandths: the same on every machine."""
    raw = sheet.drawing.get_imagedata("svg").decode()
    body = re.sub(r"-?\d+\.\d+(?:e-?\d+)?", lambda m: f"{round(float(m[0]), DECIMALS) + 0.0:g}", raw)
    box = re.search(r'viewBox="(\S+) (\S+) (\S+) (\S+)"', body)
    assert box is not None
    x, y, width, height = box.groups()
    paper = f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="white"/>'
    return body.replace(">", ">" + paper, 1) + "\n"


def write_pdf(sheet: Sheet, path: Path, *, svg: str) -> None:
    """The drawing as PDF; its keywords hold the digest of the SVG, so that a test can tell that the two are one."""
    import matplotlib as mpl

    mpl.rcParams["pdf.fonttype"] = 42
    figure = sheet.drawing.draw(show=False)
    assert figure is not None
    figure.getfig().savefig(
        path,
        bbox_inches="tight",
        format="pdf",
        metadata={"CreationDate": None, "Creator": "Tracedial", "Producer": None, "Keywords": digest(svg)},
    )


def digest(text: str) -> str:
    """A short mark of a text."""
    return "drawn-from-" + hashlib.sha256(text.encode()).hexdigest()[:16]
