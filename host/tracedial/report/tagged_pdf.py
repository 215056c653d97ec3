"""A PDF whose parts say what they are: headings, paragraphs, quotations, pictures with their words."""

import contextlib
from collections.abc import Iterator
from typing import Any

from fpdf import FPDF


class TaggedPdf(FPDF):
    """Marks what is written within `tag`, also where it goes on over a page's end. fpdf2 tags pictures alone; the two
    methods of it that write a mark are not public, and `tests/host/test_report_page.py` holds them to what they do."""

    _open: str = ""
    cells: str = ""
    """The tag of each cell of a table that is being written."""

    @contextlib.contextmanager
    def tag(self, kind: str, *, words: str = "") -> Iterator[None]:
        """Mark what is written here as `kind` (`/H1`, `/P`, `/Figure` …), `words` saying what a picture shows."""
        self._begin(kind, words)
        yield
        self._end()

    def _begin(self, kind: str, words: str = "") -> None:
        mcid = self.struct_builder.next_mcid_for_page(self.page)
        self._add_marked_content(struct_type=kind, mcid=mcid, alt_text=words or None)
        self._out(f"{kind} <</MCID {mcid}>> BDC")
        self._open = kind

    def _end(self) -> None:
        self._out("EMC")
        self._open = ""

    def _perform_page_break(self) -> None:
        # A mark ends with its page; what it marks goes on in one more on the next.
        kind = self._open
        if kind:
            self._end()
        super()._perform_page_break()
        if kind:
            self._begin(kind)

    def multi_cell(self, *args: Any, **fields: Any) -> Any:
        """A text; as a cell of a table it has a mark of its own."""
        if not self.cells or self._open or fields.get("dry_run") or fields.get("split_only"):
            return super().multi_cell(*args, **fields)
        with self.tag(self.cells):
            return super().multi_cell(*args, **fields)
