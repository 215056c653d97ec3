"""The mark of the practice: the page draws it where the room computes it to be."""

import pytest

from page_code import answers
from tracedial.study.practice import target_at


def test_the_pages_mark_stands_where_the_rooms_does():
    seconds = [n / 10 for n in range(600)]
    assert answers("practice_path.mjs", seconds) == pytest.approx([float(target_at(s)) for s in seconds], abs=1e-9)
