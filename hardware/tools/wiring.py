"""`wiring.toml` as boards, nets and wires."""

import tomllib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

HARDWARE = Path(__file__).resolve().parent.parent
BOARD = "A1"
KNOBS = ("potentiometer", "encoder")
COMMON_CIRCUITS = ("button", "lamp", "feedback", "sync_in", "sync_out")

Nets = dict[str, frozenset[str]]


@dataclass(frozen=True)
class BoardWiring:
    """A board: the firmware's pin of each signal, and where each net is found on it."""

    name: str
    title: str
    pins: dict[str, int | str]
    at: dict[str, str]
    circuits: dict[str, str]

    def circuits_with(self, knob: str) -> list[str]:
        """The circuits of a dial with this board and `knob`, in the order of a drawing."""
        return [name for name in (self.circuits.get(c, c) for c in (knob, *COMMON_CIRCUITS)) if name]


@dataclass(frozen=True)
class Wiring:
    """Everything that `wiring.toml` says."""

    boards: dict[str, BoardWiring]
    colours: dict[str, str]
    purposes: dict[str, str]
    circuits: dict[str, dict[str, list[str]]]

    def nets(self, board: BoardWiring, knob: str) -> Nets:
        """Net to terminals, of the whole dial: all circuits of `board` with `knob`."""
        joined: dict[str, set[str]] = defaultdict(set)
        for circuit in board.circuits_with(knob):
            for net, terminals in self.circuits[circuit].items():
                joined[net].update(terminals)
        return {net: frozenset(terminals) for net, terminals in joined.items()}


def load_wiring(path: Path = HARDWARE / "wiring.toml") -> Wiring:
    """Read `wiring.toml`; a board that is `like` another has that one's pins under a title of its own."""
    told = tomllib.loads(path.read_text(encoding="utf-8"))
    boards = {}
    for name, own in told["boards"].items():
        data = {**told["boards"][own["like"]], **own} if "like" in own else own
        boards[name] = BoardWiring(name, data["title"], data["pins"], data["at"], data["circuits"])
    return Wiring(
        boards=boards,
        colours={net: data["colour"] for net, data in told["nets"].items()},
        purposes={net: data["what"] for net, data in told["nets"].items()} | told["inner_nets"],
        circuits=told["circuits"],
    )


def board_nets(nets: Nets) -> list[str]:
    """The nets that reach a pin of the board."""
    return [net for net, terminals in nets.items() if any(t.startswith(BOARD + ".") for t in terminals)]
