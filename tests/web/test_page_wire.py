"""The page's message table equals the firmware's, and its code agrees with the recorded vectors."""

import runpy

from page_code import HERE, JS, ROOT, node


def test_the_pages_table_is_made_from_the_firmwares():
    made = runpy.run_path(str(ROOT / "tools" / "wire_js.py"))["wire_js"]()
    assert (JS / "dial" / "wire.js").read_text(encoding="utf-8") == made, "run `python tools/wire_js.py`"


def test_every_recorded_vector_holds_on_the_page_field_by_field():
    done = node("--test", "--test-reporter=tap", HERE / "wire.test.mjs")
    assert done.returncode == 0, done.stdout
    vectors = (ROOT / "tests" / "vectors" / "wire_v1.jsonl").read_text(encoding="utf-8").splitlines()
    assert f"# pass {len(vectors)}" in done.stdout
