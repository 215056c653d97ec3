"""The parts list: the cost of a dial by the list's own dated prices."""

import re
from datetime import date
from decimal import Decimal

import parts
from wiring import HARDWARE, KNOBS, load_wiring

PARTS = parts.read_parts()


def test_each_part_has_a_build_and_a_dated_price():
    assert len({part.ref for part in PARTS}) == len(PARTS)
    for part in PARTS:
        assert part.builds and part.builds <= {*parts.TIERS, *parts.OPTIONS}, part.ref
        assert part.qty > 0 and part.unit_usd > 0 and date(2026, 1, 1) <= part.priced, part.ref
        # No invented precision: typical prices, in steps of 5 cents.
        assert part.unit_usd % Decimal("0.05") == 0, part.ref


def test_the_box_costs_no_more_than_25_dollars():
    assert parts.cost_usd(PARTS, "breadboard") < parts.cost_usd(PARTS, "box") <= parts.BOX_TIER_LIMIT_USD
    assert parts.cost_usd(PARTS, "box") < parts.cost_usd(PARTS, "wireless")


def test_every_part_of_a_drawing_can_be_bought_in_some_build():
    wiring = load_wiring()
    used = {
        terminal.split(".")[0]
        for board in wiring.boards.values()
        for knob in KNOBS
        for joined in wiring.nets(board, knob).values()
        for terminal in joined
    }
    electric = {part.ref for part in PARTS if re.fullmatch(r"[RDQJM]\d+|A1|RV1|ENC1|SW1", part.ref)}
    assert used == electric


def test_the_guide_gives_the_costs_that_the_list_adds_up_to():
    text = (HARDWARE.parent / "docs" / "build.md").read_text(encoding="utf-8")
    for tier in parts.TIERS:
        assert f"| {tier} | about {parts.cost_usd(PARTS, tier):.0f} USD |" in text
