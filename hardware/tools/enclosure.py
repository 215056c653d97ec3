"""The enclosure as solids: base, lid and knob, from a few numbers. All lengths in mm.

Made with Manifold, the kernel of today's OpenSCAD, through its Python wheel: the same numbers serve the drilling
template and the tests, nothing else has to be installed, and its solids are closed by construction.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import trimesh
from manifold3d import CrossSection, Manifold, set_circular_segments

from dialwire.scale import ALLIANCE
from tracedial.face.drawing import HOLE_RADIUS_MM
from tracedial.face.layout import KNOB_RADIUS_MM, lay_out

FACE_MM, TRAVEL_DEG = 100.0, 270.0
BOARDS = ("pico", "esp32")
SEGMENTS = 96


@dataclass(frozen=True)
class Box:
    """The numbers of the enclosure; the outside is `side` × `side` × (`height` + `lid`)."""

    side: float = 112.0
    height: float = 34.0
    wall: float = 2.4
    floor: float = 2.4
    lid: float = 3.0
    corner: float = 8.0
    lip: float = 3.0
    play: float = 0.3
    post: float = 8.0
    screw: float = 2.6
    screw_through: float = 3.4
    face_recess: float = 0.6
    button: float = 12.2
    jack: float = 6.2
    cable: float = 12.0
    # Pico data sheet: board 51 × 21, holes of 2.1 at 47 × 11.4.
    pico_holes: tuple[float, float] = (47.0, 11.4)
    pico_peg: float = 1.8
    # ESP32-DevKitC boards differ by a millimetre: they lie in a cradle under a cable tie.
    esp32_board: tuple[float, float] = (56.0, 28.6)
    standoff: float = 5.0

    @property
    def post_at(self) -> float:
        """Where the posts stand, from the centre along both sides."""
        return self.side / 2 - self.wall - self.post / 2 + 0.6

    @property
    def back_holes(self) -> tuple[tuple[float, float, float], ...]:
        """Holes in the back wall: along it from the middle, height, diameter: cable, sync in, sync out."""
        return ((0.0, 12.0, self.cable), (-30.0, 18.0, self.jack), (30.0, 18.0, self.jack))

    @property
    def right_hole(self) -> tuple[float, float, float]:
        """The button's hole in the right wall: along it from the middle, height, diameter."""
        return (-20.0, 18.0, self.button)


def _slab(side: float, corner: float, height: float) -> Manifold:
    square = CrossSection.square((side - 2 * corner, side - 2 * corner), True)
    return Manifold.extrude(square.offset(corner, circular_segments=SEGMENTS), height)


def _rod(diameter: float, height: float, at: tuple[float, float, float]) -> Manifold:
    return Manifold.cylinder(height, diameter / 2).translate(at)


def _block(size: tuple[float, float, float], at: tuple[float, float, float]) -> Manifold:
    """A block that stands on the middle of its lowest side."""
    return Manifold.cube(size, True).translate((at[0], at[1], at[2] + size[2] / 2))


def _corners(distance: float) -> list[tuple[float, float]]:
    return [(x, y) for x in (-distance, distance) for y in (-distance, distance)]


def base(box: Box, board: str) -> Manifold:
    """The base with the mounts of `board`; y points to the back."""
    set_circular_segments(SEGMENTS)
    inner = _slab(box.side - 2 * box.wall, box.corner - box.wall, box.height)
    solid = _slab(box.side, box.corner, box.height) - inner.translate((0, 0, box.floor))
    for x, y in _corners(box.post_at):
        solid += _rod(box.post, box.height - box.lip - 0.5, (x, y, 0)) ^ _slab(box.side, box.corner, box.height)
        solid -= _rod(box.screw, box.height, (x, y, box.floor + 4))
    solid += _pico_mount(box) if board == "pico" else _esp32_mount(box)
    solid += _strain_relief(box)
    for along, up, diameter in box.back_holes:
        solid -= (
            _rod(diameter, 3 * box.wall, (0, 0, 0)).rotate((90, 0, 0)).translate((along, box.side / 2 + box.wall, up))
        )
    along, up, diameter = box.right_hole
    hole = _rod(diameter, 3 * box.wall, (0, 0, 0)).rotate((0, 90, 0))
    return solid - hole.translate((box.side / 2 - 2 * box.wall, along, up))


def _pico_mount(box: Box) -> Manifold:
    solid = Manifold()
    long, short = box.pico_holes
    for x in (-short / 2, short / 2):
        for y in (-long / 2, long / 2):
            solid += _rod(4.0, box.standoff + 0.2, (x, y - 10, box.floor - 0.2))
            solid += _rod(box.pico_peg, box.standoff + 2.5, (x, y - 10, box.floor - 0.2))
    return solid


def _esp32_mount(box: Box) -> Manifold:
    solid = Manifold()
    long, wide = box.esp32_board
    for side in (-1, 1):
        x = side * (wide / 2 + 1)
        for y in (-long / 3, long / 3):
            solid += _block((2.0, 10.0, box.standoff + 4.2), (x, y - 10, box.floor - 0.2))
            solid += _block((4.0, 10.0, box.standoff + 0.2), (x - side * 2, y - 10, box.floor - 0.2))
    return solid


def _strain_relief(box: Box) -> Manifold:
    """A bridge behind the cable's hole: a cable tie goes under it and around the cable."""
    y = box.side / 2 - box.wall - 9
    bridge = _block((14.0, 5.0, 5.2), (0, y, box.floor - 0.2))
    return bridge - _block((8.0, 7.0, 2.4), (0, y, box.floor))


def lid(box: Box) -> Manifold:
    """The lid, its upper side up, its lip below 0."""
    set_circular_segments(SEGMENTS)
    outer = box.side - 2 * box.wall - 2 * box.play
    solid = _slab(box.side, box.corner, box.lid)
    ring = _slab(outer, box.corner - box.wall, box.lip) - _slab(outer - 3.2, box.corner - box.wall - 1.6, box.lip)
    for x, y in _corners(box.post_at):
        ring -= _rod(box.post + 2 * box.play, box.lip, (x, y, 0))
    solid += ring.translate((0, 0, -box.lip))
    solid -= _rod(FACE_MM + 1, box.face_recess, (0, 0, box.lid - box.face_recess))
    solid -= _rod(2 * HOLE_RADIUS_MM, 3 * box.lid, (0, 0, -box.lid))
    for x, y in _corners(box.post_at):
        solid -= _rod(box.screw_through, 3 * box.lid, (x, y, -box.lid))
    return solid


def pointer_mm() -> float:
    """How far the knob's pointer reaches from the shaft: to the ring of the face that `tracedial face` draws."""
    return lay_out(ALLIANCE, diameter_mm=FACE_MM, travel_deg=TRAVEL_DEG).arc_mm - 1.0


def knob() -> Manifold:
    """The knob for a shaft of 6 mm, its pointer along y; it stands on its lower side."""
    set_circular_segments(SEGMENTS)
    reach = pointer_mm()
    solid = Manifold.cylinder(4.0, KNOB_RADIUS_MM) + Manifold.cylinder(18.0, KNOB_RADIUS_MM - 3, KNOB_RADIUS_MM - 5)
    nose = CrossSection([np.array([(-6.0, 0.0), (6.0, 0.0), (0.6, reach), (-0.6, reach)])])
    solid += Manifold.extrude(nose, 2.5)
    for i in range(12):
        groove = Manifold.cylinder(20.0, 1.6).translate((KNOB_RADIUS_MM - 3.2, 0, 4.0)).rotate((0, 0, 15 + 30 * i))
        solid -= groove
    solid -= _block((1.2, 10.0, 1.2), (0, 8.5, 17.0))
    return solid - _rod(6.1, 13.0, (0, 0, -1.0))


def solids(box: Box | None = None) -> dict[str, Manifold]:
    """Name to solid of everything that is printed."""
    box = box or Box()
    return {**{f"base-{board}": base(box, board) for board in BOARDS}, "lid": lid(box), "knob": knob()}


def mesh(solid: Manifold) -> trimesh.Trimesh:
    """The solid's surface."""
    raw = solid.to_mesh()
    return trimesh.Trimesh(np.asarray(raw.vert_properties)[:, :3], np.asarray(raw.tri_verts), process=False)


def write_stl(folder: Path) -> list[Path]:
    """Write each solid as STL; returns the files."""
    folder.mkdir(exist_ok=True)
    written = []
    for name, solid in solids().items():
        path = folder / f"{name}.stl"
        mesh(solid).export(path)
        written.append(path)
    return written
