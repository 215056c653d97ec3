import ast
import json
import string
from pathlib import Path

import pytest

from tracedial.report import event_blocks, language
from tracedial.report.language import WORDS, Words
from tracedial.study.study import LANGUAGES

REPORT = Path(event_blocks.__file__).parent


def sentences():
    """Each sentence that the report says, as it stands in its code."""
    return {
        call.args[0].value
        for path in REPORT.glob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "say" and call.args
        if isinstance(call.args[0], ast.Constant)
    }


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("other", [name for name in LANGUAGES if name != "en"])
def test_each_sentence_of_the_report_is_there_in_each_language_with_the_same_fields(other):
    table = json.loads((WORDS / f"{other}.json").read_text(encoding="utf-8"))
    assert sentences() <= set(table)
    for english, said in table.items():
        assert fields(english) == fields(said), english


def test_a_list_reads_as_a_list():
    assert Words("de").listed(["a", "b", "c"]) == "a, b und c"
    assert language.ENGLISH.listed(["a"]) == "a" and language.ENGLISH.listed([]) == ""
