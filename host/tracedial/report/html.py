"""A report as one HTML page that holds everything it shows."""

import html
import json
import re
from collections.abc import Iterable
from pathlib import Path

from tracedial.report.blocks import Block, Chart, Heading, Paragraph, Picture, Quote, Table
from tracedial.report.language import ENGLISH, Words

PAGE = Path(__file__).parent / "page"


def render_html(title: str, blocks: Iterable[Block], svgs: dict[str, bytes], say: Words = ENGLISH) -> str:
    """The page; `svgs` are the pictures by name."""
    blocks = list(blocks)
    has_chart = any(isinstance(block, Chart) for block in blocks)
    sections = [block.text for block in blocks if isinstance(block, Heading) and block.level == 2]
    links = "".join(f'<li><a href="#s{at}">{_text(name)}</a></li>' for at, name in enumerate(sections, start=1))
    contents = f'<nav aria-label="{_text(say("Contents"))}"><ul>{links}</ul></nav>' if sections else ""
    return _PAGE.format(
        language=say.language,
        title=_text(title),
        style=(PAGE / "report.css").read_text(encoding="utf-8"),
        skip=_text(say("To the report")),
        contents=contents,
        body=_Body(svgs, say).render(blocks),
        script=f"<script>\n{(PAGE / 'chart.js').read_text(encoding='utf-8')}</script>\n" if has_chart else "",
        made=_text(say("Made with Tracedial.")),
    )


class _Body:
    """Renders blocks into sections, one to each heading of the second level."""

    def __init__(self, svgs: dict[str, bytes], say: Words) -> None:
        self._svgs = svgs
        self._say = say
        self._number = 0

    def render(self, blocks: list[Block]) -> str:
        parts = []
        for block in blocks:
            if isinstance(block, Heading) and block.level == 2:
                parts.append("</section>" if self._number else "")
                self._number += 1
                name = f"s{self._number}"
                parts.append(f'<section id="{name}" aria-labelledby="{name}-h">')
                parts.append(f'<h2 id="{name}-h">{_text(block.text)}</h2>')
            else:
                parts.append(self._block(block))
        parts.append("</section>" if self._number else "")
        return "\n".join(part for part in parts if part)

    def _block(self, block: Block) -> str:
        match block:
            case Heading():
                return f"<h{block.level}>{_text(block.text)}</h{block.level}>"
            case Paragraph():
                kind = "warning" if block.warning else "lead" if block.lead else ""
                mark = f' class="{kind}"' if kind else ""
                return f"<p{mark}{self._language(block.english)}>{_text(block.text)}</p>"
            case Quote():
                words = _text(block.text).replace("\n", "<br>")
                return f'<p class="question">{_text(block.question)}</p><blockquote><p>{words}</p></blockquote>'
            case Picture():
                return self._picture(block)
            case Chart():
                return self._chart(block)
            case _:
                return self._table(block)

    def _language(self, english: bool) -> str:
        return ' lang="en"' if english and self._say.language != "en" else ""

    def _picture(self, block: Picture) -> str:
        svg = self._svgs[block.name].decode()
        svg = _own_ids(svg[svg.index("<svg") :], block.name)
        name = f"{block.name}-caption"
        svg = svg.replace("<svg", f'<svg role="img" aria-labelledby="{name}"', 1)
        return f'<figure>{svg}<figcaption id="{name}">{_text(block.caption)}</figcaption></figure>'

    def _chart(self, block: Chart) -> str:
        caption, last = _text(block.caption), max(int(block.data["seconds"]) - 1, 0)
        # No text of the data can end the script that holds it.
        data = json.dumps(block.data, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
        return (
            f'<div class="chart" hidden><p>{caption}</p><output for="at"></output>'
            '<svg viewBox="0 0 1000 260" preserveAspectRatio="none" aria-hidden="true"></svg>'
            f'<label for="at">{_text(self._say("Second of the session"))}</label>'
            f'<input id="at" type="range" min="0" max="{last}" value="0">'
            f'<script type="application/json">{data}</script></div>'
        )

    def _table(self, table: Table) -> str:
        if not table.rows:
            return ""
        head = "".join(f'<th scope="col">{_text(name)}</th>' for name in table.columns)
        head = f"<thead><tr>{head}</tr></thead>" if head else ""
        # On a narrow page each row becomes lines of name and value, which the cells bring along.
        names = [f' data-name="{_text(name)}"' for name in table.columns]
        body = "".join(f"<tr>{_cells(row, names or [''] * len(row), first=not head)}</tr>" for row in table.rows)
        kind = "words" if table.words else "numbers"
        caption = f'<caption class="unseen">{_text(table.title)}</caption>' if table.title else ""
        return (
            f'<div class="wide {kind}"><table{self._language(table.english)}>{caption}{head}'
            f"<tbody>{body}</tbody></table></div>"
        )


def _cells(row: tuple[str, ...], names: list[str], *, first: bool) -> str:
    """The cells of a row; `first`: the first one names the row."""
    cells = [f"<td{name}>{_text(cell)}</td>" for name, cell in zip(names, row, strict=True)]
    if first and cells:
        cells[0] = f'<th scope="row">{_text(row[0])}</th>'
    return "".join(cells)


def _own_ids(svg: str, name: str) -> str:
    """A picture whose names are no other's on the page."""
    svg = re.sub(r'\bid="([^"]*)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([^)]*)\)", rf"url(#{name}-\1)", svg)
    return re.sub(r'xlink:href="#([^"]*)"', rf'xlink:href="#{name}-\1"', svg)


def _text(value: object) -> str:
    return html.escape(str(value))


_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
{style}</style>
</head>
<body>
<a class="skip" href="#report">{skip}</a>
{contents}
<main id="report" tabindex="-1">
{body}
</main>
<footer><p>{made}</p></footer>
{script}</body>
</html>
"""
