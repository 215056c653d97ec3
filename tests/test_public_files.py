"""Files for visitors to the repository: they state its current version, and every page is on the site."""

import re
from pathlib import Path

import tracedial

ROOT = Path(__file__).resolve().parent.parent


def test_the_citation_names_this_version():
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {tracedial.__version__}\n" in text


def test_every_page_is_on_the_site_and_every_entry_of_it_is_a_page():
    listed = re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "hardware").glob("*.md")]
    assert sorted(listed) == sorted(path.relative_to(ROOT).as_posix() for path in pages)
