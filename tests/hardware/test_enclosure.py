"""The enclosure: its parts can be printed, go together, and fit the face."""

import pytest
import trimesh

import enclosure
import pdf_look
from drilling import template
from enclosure import Box, base, knob, lid, pointer_mm
from tracedial.face.drawing import HOLE_RADIUS_MM
from tracedial.face.layout import KNOB_RADIUS_MM
from tracedial.face.shapes import Circle
from wiring import HARDWARE

BOX = Box()
PRINTER_MM = 200


@pytest.fixture(scope="module")
def stl(tmp_path_factory):
    return {path.stem: trimesh.load_mesh(path) for path in enclosure.write_stl(tmp_path_factory.mktemp("stl"))}


@pytest.mark.parametrize("name", [*(f"base-{board}" for board in enclosure.BOARDS), "lid", "knob"])
def test_each_stl_is_closed_in_one_piece_and_fits_a_small_printer(stl, name):
    mesh = stl[name]
    assert mesh.is_watertight and mesh.is_winding_consistent and mesh.volume > 0
    assert max(mesh.extents) < PRINTER_MM
    assert mesh.body_count == 1


@pytest.mark.parametrize("board", enclosure.BOARDS)
def test_the_lid_goes_into_the_base_and_leaves_room_for_the_potentiometer(board):
    closed = lid(BOX).translate((0, 0, BOX.height))
    assert (base(BOX, board) ^ closed).volume() == pytest.approx(0, abs=1e-3)
    # Bourns PDB18 data sheet: the body is 17 mm wide and less than 12 mm deep, its terminals included in 20 mm.
    body = enclosure.Manifold.cylinder(20.0, 9.0).translate((0, 0, BOX.height - 20.0))
    assert (base(BOX, board) ^ body).volume() == pytest.approx(0, abs=1e-3)


def test_the_knob_points_to_the_faces_ring_and_fits_its_shaft(stl):
    low, high = stl["knob"].bounds
    assert high[1] == pytest.approx(pointer_mm()) and low[1] == pytest.approx(-KNOB_RADIUS_MM, abs=0.05)
    shaft = enclosure.Manifold.cylinder(11.0, 3.0)
    assert (knob() ^ shaft).volume() == pytest.approx(0, abs=1e-3)


def test_holes_lie_within_their_walls_and_apart():
    for along, up, diameter in (*BOX.back_holes, BOX.right_hole):
        assert abs(along) + diameter / 2 < BOX.post_at - BOX.post / 2
        assert BOX.floor + diameter / 2 < up < BOX.height - BOX.lip - diameter / 2
    (a, _, d), (b, _, e), _ = sorted(BOX.back_holes)
    assert b - a > (d + e) / 2


def test_the_drilling_template_has_the_printed_boxs_holes_one_to_one():
    circles = sorted(shape.radius_mm * 2 for shape in template(BOX).shapes if isinstance(shape, Circle))
    wanted = [d for _, _, d in (*BOX.back_holes, BOX.right_hole)]
    assert circles == pytest.approx(sorted([*wanted, 2 * HOLE_RADIUS_MM, enclosure.FACE_MM]))
    path = HARDWARE / "drilling-template.pdf"
    assert pdf_look.page_sizes_mm(path) == [pytest.approx((210, 297), abs=0.1)]
    assert all(f"{diameter:g} mm" in pdf_look.page_texts(path)[0].replace("\r\n", "") for diameter in set(wanted))
