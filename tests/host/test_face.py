"""The printed face: for any scale, no text touches another or leaves the face, or else a sentence says why."""

import math
import re
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest
from click.testing import CliRunner
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialwire.errors import WireError
from dialwire.scale import ALLIANCE, MAX_DETENTS, Scale
from tracedial.cli.face import command
from tracedial.errors import FaceError
from tracedial.face.drawing import draw_face
from tracedial.face.layout import LEAST_EM_MM, lay_out
from tracedial.face.lettering import CAP_HEIGHT_EM, advance_em, font_path
from tracedial.face.shapes import Arc, Circle, Letter, Line
from tracedial.face.sheets import PAPERS_MM, centres, make_sheets
from tracedial.study.study_file import init_study

WORDS = st.text("abcdefghijklmnopqrstuvwxyzäöüßÄÖÜÉñçŁ ", min_size=1, max_size=13).filter(str.strip)

LONG_WORDS = Scale(
    0, 10, 1, [(5, "Donaudampfschifffahrtsgesellschaftskap"), (6, "Unverbundenheit"), (7, "Verbundenheit und mehr")]
)


@st.composite
def scales(draw):
    """Scales that a dial can hold, with up to as many detents as it can."""
    step = draw(st.sampled_from([1, 2, 5, 10]))
    positions = draw(st.integers(2, 256))
    low = draw(st.integers(-5000, 5000))
    indices = draw(st.sets(st.integers(0, positions - 1), max_size=MAX_DETENTS))
    detents = [(low + i * step, draw(WORDS)) for i in sorted(indices)]
    try:
        return Scale(low, low + (positions - 1) * step, step, detents)
    except WireError:
        return Scale(low, low + (positions - 1) * step, step)


def ink_boxes():
    from fontTools.ttLib import TTFont

    fonts = {}
    for weight in ("regular", "bold"):
        font = TTFont(font_path(weight))
        fonts[weight] = (font["glyf"], font.getBestCmap(), font["head"].unitsPerEm)
    return fonts


FONTS = ink_boxes()


def corners(letter):
    """The corners of a letter's ink, from the font itself."""
    table, cmap, per_em = FONTS[letter.weight]
    glyph = table[cmap[ord(letter.letter)]]
    if not glyph.numberOfContours:
        return None
    scale = letter.em_mm / per_em
    turn = math.radians(letter.turn_deg)
    box = [(glyph.xMin, glyph.yMin), (glyph.xMax, glyph.yMin), (glyph.xMax, glyph.yMax), (glyph.xMin, glyph.yMax)]
    return [
        (
            letter.x_mm + scale * (x * math.cos(turn) + y * math.sin(turn)),
            letter.y_mm + scale * (x * math.sin(turn) - y * math.cos(turn)),
        )
        for x, y in box
    ]


def apart(a, b):
    """Whether two convex polygons do not overlap: some side of one has all of the other beyond it."""
    for polygon, other in ((a, b), (b, a)):
        for (x1, y1), (x2, y2) in zip(polygon, polygon[1:] + polygon[:1], strict=True):
            normal = (y2 - y1, x1 - x2)
            own = [normal[0] * x + normal[1] * y for x, y in polygon]
            others = [normal[0] * x + normal[1] * y for x, y in other]
            if max(own) < min(others) or max(others) < min(own):
                return True
    return False


def check_free(layout):
    shapes = draw_face(layout)
    inked = [(s.of, box) for s in shapes if isinstance(s, Letter) and (box := corners(s))]
    for of, box in inked:
        assert all(math.hypot(x, y) < layout.diameter_mm / 2 - 1 for x, y in box), f"{of} leaves the face"
        # The ticks end inside of every text.
        assert all(math.hypot(x, y) > layout.arc_mm + 4.5 for x, y in box), f"{of} touches the ticks"
    for (of_a, a), (of_b, b) in combinations(inked, 2):
        assert of_a == of_b or math.dist(a[0], b[0]) > 25 or apart(a, b), f"{of_a} touches {of_b}"
    written = {}
    for s in shapes:
        if isinstance(s, Letter):
            written[s.of] = written.get(s.of, "") + s.letter
            assert s.em_mm >= LEAST_EM_MM - 1e-9
    for rating, label in layout.scale.detents:
        assert sorted(written[f"label {rating}"].replace(" ", "")) == sorted("".join(label.split()))
        assert f"number {rating}" in written
    assert f"number {layout.scale.low}" in written and f"number {layout.scale.high}" in written


@settings(max_examples=40, deadline=None)
@given(scales(), st.floats(72, 190), st.floats(60, 340), st.sampled_from(["", "7", "128"]))
@example(ALLIANCE, 100.0, 180.0, "30")
@example(ALLIANCE, 100.0, 320.0, "30")
def test_no_text_touches_another_or_leaves_the_face_or_a_sentence_says_what_to_change(scale, diameter, travel, mark):
    try:
        layout = lay_out(scale, diameter_mm=diameter, travel_deg=travel, mark=mark)
    except FaceError as error:
        sentence = str(error)
        assert "\n" not in sentence and sentence.endswith(".") and "do not fit side by side" in sentence
        if wider := re.search(r"--diameter (\d+) or more", sentence):
            check_free(lay_out(scale, diameter_mm=float(wider[1]), travel_deg=travel, mark=mark))
    else:
        check_free(layout)


@pytest.mark.parametrize("travel_deg", [180, 270, 320])
def test_the_scale_of_the_article_fits_a_common_face(travel_deg):
    check_free(lay_out(ALLIANCE, diameter_mm=100, travel_deg=travel_deg, mark="30"))


def test_the_lowest_rating_is_left_and_ratings_rise_clockwise():
    layout = lay_out(ALLIANCE, diameter_mm=100, travel_deg=270)
    assert (layout.angle_deg(-50), layout.angle_deg(0), layout.angle_deg(50)) == (-135, 0, 135)
    zero = next(s for s in draw_face(layout) if isinstance(s, Line) and s.width_mm == 0.9 and abs(s.x1_mm) < 1e-9)
    # 0 stands at the top, and y points down the page.
    assert zero.y2_mm < zero.y1_mm < 0


def test_letters_can_be_read_at_arms_length():
    # 16 minutes of arc at 600 mm.
    assert pytest.approx(2.79, abs=0.01) == LEAST_EM_MM * CAP_HEIGHT_EM


@pytest.mark.parametrize(
    ("scale", "options", "words"),
    [
        (
            Scale(
                0,
                10,
                1,
                [(5, "Donaudampfschifffahrtsgesellschaftskap"), (6, "Unverbundenheit"), (7, "Verbundenheit und mehr")],
            ),
            {"diameter_mm": 72},
            "Donaudampf",
        ),
        (Scale(0, 100, 1, [(i, f"label {i}") for i in range(0, 16)]), {}, "label fewer positions"),
        (ALLIANCE, {"diameter_mm": 71}, "--diameter from 72"),
        (ALLIANCE, {"diameter_mm": 500}, "190"),
        (ALLIANCE, {"travel_deg": 360}, "--travel from 60 to 340"),
        (Scale(0, 10, 1, [(5, "强")]), {}, "cannot print"),
        (Scale(0, 10, 1, [(5, "a\tb\x07")]), {}, "cannot print"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_a_sentence(scale, options, words):
    with pytest.raises(FaceError, match=re.escape(words)):
        lay_out(scale, **{"diameter_mm": 100, "travel_deg": 270, **options})


def test_twenty_one_detents_are_more_than_a_dial_holds(tmp_path):
    init_study(tmp_path, preset="alliance", title="Trial")
    file = tmp_path / "study.toml"
    detents = "detents = [" + ", ".join(f'[{i}, "{i}"]' for i in range(21)) + "]"
    file.write_text(re.sub(r"detents = .*", detents, file.read_text(encoding="utf-8")), encoding="utf-8")
    result = CliRunner().invoke(command, ["--study", str(file), "--out", str(tmp_path / "face.svg")])
    assert "21 detents, a dial holds 16" in str(result.exception)


@given(st.floats(60, 190), st.sampled_from(sorted(PAPERS_MM)))
def test_faces_on_a_sheet_neither_overlap_nor_leave_it(diameter, paper):
    width, height = PAPERS_MM[paper]
    placed = centres(width - 10, height - 26, diameter)
    for x, y in placed:
        assert diameter / 2 <= x + 1e-6 and x + diameter / 2 <= width - 10 + 1e-6
        assert diameter / 2 <= y + 1e-6 and y + diameter / 2 <= height - 26 + 1e-6
    assert all(math.dist(a, b) >= diameter - 1e-6 for a, b in combinations(placed, 2))
    # Not fewer than in plain rows.
    assert len(placed) >= int((width - 10) / diameter) * int((height - 26) / diameter)


@pytest.mark.parametrize("paper", sorted(PAPERS_MM))
def test_thirty_dials_get_thirty_numbered_faces_on_few_sheets(paper):
    options = {"travel_deg": 270, "paper": paper, "count": 30, "first": 1, "language": "en"}
    sheets = make_sheets(ALLIANCE, diameter_mm=95, **options)
    # Five in staggered rows on A4, four on Letter.
    assert len(sheets) == {"A4": 6, "Letter": 8}[paper]
    marks = [s.letter for sheet in sheets for s in sheet.shapes if isinstance(s, Letter) and s.of == "mark"]
    assert "".join(marks) == "".join(str(i) for i in range(1, 31))


def test_the_check_line_is_100_mm_long_and_all_is_one_to_one():
    (sheet,) = make_sheets(ALLIANCE, diameter_mm=100, travel_deg=270, paper="A4", count=1, first=1, language="de")
    longest = max((s for s in sheet.shapes if isinstance(s, Line)), key=lambda s: s.x2_mm - s.x1_mm)
    assert longest.x2_mm - longest.x1_mm == 100
    assert any(isinstance(s, Circle) and s.radius_mm == 50 for s in sheet.shapes)
    words = "".join(s.letter for s in sheet.shapes if isinstance(s, Letter) and s.of == "check line")
    assert words.startswith("Diese Linie ist 100 mm lang")
    assert advance_em("ß", "regular") > 0


@pytest.mark.parametrize("paper", sorted(PAPERS_MM))
def test_the_files_have_the_papers_size(tmp_path, paper):
    width, height = PAPERS_MM[paper]
    for name in ("face.svg", "face.pdf"):
        result = CliRunner().invoke(command, ["--paper", paper, "--out", str(tmp_path / name)])
        assert result.exit_code == 0, result.output
    svg = ET.parse(tmp_path / "face.svg").getroot()
    assert (svg.get("width"), svg.get("height")) == (f"{width:g}mm", f"{height:g}mm")
    assert svg.get("viewBox") == f"0 0 {width:g} {height:g}"
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", (tmp_path / "face.pdf").read_bytes())
    assert [float(side) * 25.4 / 72 for side in box.groups()] == pytest.approx([width, height], abs=0.01)


def test_the_same_face_is_the_same_svg(tmp_path):
    for name in ("a.svg", "b.svg"):
        CliRunner().invoke(command, ["--out", str(tmp_path / name)])
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_svg_sheets_are_numbered_and_a_strange_name_is_refused(tmp_path):
    result = CliRunner().invoke(command, ["--count", "9", "--out", str(tmp_path / "face.svg")])
    assert result.exit_code == 0, result.output
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"face-{i}.svg" for i in range(1, len(names) + 1)] and len(names) > 1
    result = CliRunner().invoke(command, ["--out", str(tmp_path / "face.png")])
    assert isinstance(result.exception, FaceError) and "neither an .svg nor a .pdf" in str(result.exception)


def test_a_studys_scale_and_language_are_the_faces(tmp_path):
    init_study(tmp_path / "study", preset="affect", title="Trial")
    out = tmp_path / "face.svg"
    result = CliRunner().invoke(command, ["--study", str(tmp_path / "study"), "--out", str(out)])
    assert result.exit_code == 0, result.output
    # `very negative` and `very positive` need letters that the alliance scale's face has not.
    assert f"g{ord('y'):x}r" in out.read_text(encoding="utf-8")


def test_the_arc_runs_from_the_lowest_to_the_highest_mark():
    (arc,) = [s for s in draw_face(lay_out(ALLIANCE, diameter_mm=100, travel_deg=200)) if isinstance(s, Arc)]
    assert (arc.from_deg, arc.to_deg) == (-100, 100)
