"""The findings: each code has a sentence, and each sentence gets the values that it names."""

import json
import string

import pytest

from tracedial.recording.finding_words import ENGLISH, WAYS, sentence
from tracedial.recording.findings import Code, Finding, finding

VALUES = {
    "text": "The disk was full.", "line": [7, 3], "edits": ["a mark"], "count": 3, "lines": [1, 2, 3, 4, 5, 6],
    "gaps": [[4, 1], [7, 3]], "dials": ["left", "right"], "ports": ["COM3"], "resent": 2, "boots": ["boot 1: none"],
    "second": 31, "total_s": 1.25, "of": 60, "goal_ms": 45.0, "worst_ms": 137.3, "seconds": [[4, 9], [12, 12]],
    "action": "pause", "file": "a.csv", "program": "CARMA", "rows": [3, 9], "step_s": 2.0, "video_s": 4.0,
    "then_s": 9.0,
}  # fmt: skip
"""A value for each name that a sentence may use."""


def _fields(template):
    return [(name, form) for _, name, form, _ in string.Formatter().parse(template) if name]


@pytest.mark.parametrize("code", Code)
def test_each_code_has_a_sentence_of_known_values(code):
    template = ENGLISH[code]
    for one in (template,) if isinstance(template, str) else template:
        for name, form in _fields(one):
            assert name in VALUES, (code, name)
            assert form in WAYS or form in ("", ".1f", ".0f", "g"), (code, form)
        assert one == "{text}" or one.endswith((".", "{seconds:ranges}.")), code
    for count in (1, 3):
        said = sentence(Finding(code=code, values={**VALUES, "count": count}))
        assert "{" not in said and (said[0].isupper() or said[0].isdigit()), said
        json.dumps(Finding(code=code, values=VALUES).entry)


def test_one_and_more_have_their_own_sentence():
    assert sentence(finding(Code.RECORDS_MISSING, count=1)) == "1 record of the dial never arrived."
    assert sentence(finding(Code.RECORDS_MISSING, count=2)) == "2 records of the dial never arrived."
    assert "reset once" in sentence(finding(Code.DIAL_RESET, count=1))
    assert "reset 2 times" in sentence(finding(Code.DIAL_RESET, count=2))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ([], "no second of the trace was rated then"),
        ([[4, 4]], "second 4 is in doubt"),
        ([[4, 9]], "seconds 4 to 9 are in doubt"),
        ([[4, 4], [6, 6]], "seconds 4 and 6 are in doubt"),
        ([[1, 1], [4, 9], [12, 12]], "seconds 1, 4 to 9 and 12 are in doubt"),
    ],
)
def test_the_seconds_in_doubt_are_listed(seconds, words):
    said = sentence(finding(Code.DOUBT_PLAYER_LINES, line=[7, 1], count=1, seconds=seconds))
    assert said.startswith("Line 7 of the journal is damaged or missing") and words in said
    assert "Lines 7 to 9 of the journal are" in sentence(
        finding(Code.DOUBT_PLAYER_LINES, line=[7, 3], count=3, seconds=seconds)
    )


def test_a_text_from_a_journal_is_not_read_as_a_template():
    assert sentence(finding(Code.JOURNAL_NOTE, text="{count} of {x!r}")) == "{count} of {x!r}"


def test_the_journals_name_stands_before_its_finding():
    said = sentence(Finding(code=Code.NOT_ENDED, journal="journal-2.tdj"))
    assert said.startswith("journal-2.tdj: The recording did not end properly")
