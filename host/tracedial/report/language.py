"""The report's own words in the study's language: `words/*.json` has them by the English ones."""

import json
from functools import cache
from pathlib import Path
from typing import Any

WORDS = Path(__file__).parent / "words"


@cache
def _table(language: str) -> dict[str, str]:
    path = WORDS / f"{language}.json"
    return {} if language == "en" else json.loads(path.read_text(encoding="utf-8"))


class Words:
    """Says a sentence in a language: the English one is the key, with its fields in braces."""

    def __init__(self, language: str = "en") -> None:
        self.language = language

    def __call__(self, english: str, **values: Any) -> str:
        """The sentence with its fields filled in."""
        return _table(self.language).get(english, english).format(**values)

    def listed(self, texts: list[str]) -> str:
        """`a`, `a and b`, `a, b and c`."""
        if len(texts) < 2:
            return "".join(texts)
        return self("{first} and {last}", first=", ".join(texts[:-1]), last=texts[-1])


ENGLISH = Words()
