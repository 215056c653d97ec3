"""A report as one HTML page that holds everything it shows."""

import html
from collections.abc import Iterable

from tracedial.report.blocks import Block, Heading, Paragraph, Picture, Table


def render_html(title: str, blocks: Iterable[Block], svgs: dict[str, bytes]) -> str:
    """The page; `svgs` are the pictures by name."""
    return _PAGE.format(title=_text(title), body="\n".join(_block(block, svgs) for block in blocks))


def _block(block: Block, svgs: dict[str, bytes]) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{_text(block.text)}</h{block.level}>"
    if isinstance(block, Paragraph):
        kind = ' class="synthetic"' if block.warning else ""
        return f"<p{kind}>{_text(block.text)}</p>"
    if isinstance(block, Picture):
        svg = svgs[block.name].decode()
        caption = _text(block.caption)
        return (
            f'<figure role="img" aria-label="{caption}">{svg[svg.index("<svg") :]}'
            f"<figcaption>{caption}</figcaption></figure>"
        )
    return _table(block)


def _table(table: Table) -> str:
    head = "".join(f"<th>{_text(name)}</th>" for name in table.columns)
    head = f"<thead><tr>{head}</tr></thead>" if head else ""
    # On a narrow page each row becomes lines of name and value, which the cells bring along.
    names = [f' data-name="{_text(name)}"' for name in table.columns]
    body = "".join(f"<tr>{_cells(row, names or [''] * len(row))}</tr>" for row in table.rows)
    kind = "words" if table.words else "numbers"
    return f'<div class="wide {kind}"><table>{head}<tbody>{body}</tbody></table></div>'


def _cells(row: tuple[str, ...], names: list[str]) -> str:
    return "".join(f"<td{name}>{_text(cell)}</td>" for name, cell in zip(names, row, strict=True))


def _text(value: object) -> str:
    return html.escape(str(value))


_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; color: #1a1a1a; background: #fff;
  max-width: 68rem; margin: 2rem auto; padding: 0 1.25rem; overflow-wrap: anywhere; }}
h1 {{ font-size: 1.6rem; margin-bottom: .5rem; }}
h2 {{ font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid #ccc; padding-bottom: .2rem; }}
h3 {{ font-size: 1rem; margin-bottom: .4rem; }}
p {{ max-width: 46rem; }}
figure {{ margin: 1rem 0; }}
figure svg {{ width: 100%; height: auto; font-family: inherit; }}
figcaption {{ color: #555; font-size: .9rem; }}
table {{ border-collapse: collapse; max-width: 100%; font-size: .92rem; font-variant-numeric: tabular-nums; }}
th, td {{ text-align: left; vertical-align: top; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid #e2e2e2; }}
th {{ font-weight: 600; border-bottom-color: #999; overflow-wrap: normal; }}
.words td:first-child {{ min-width: 13rem; max-width: 20rem; }}
@media (max-width: 60rem) {{
  .numbers table, .numbers tbody, .numbers tr, .numbers td {{ display: block; }}
  .numbers thead {{ display: none; }}
  .numbers tr {{ border-bottom: 2px solid #999; padding: .4rem 0; }}
  .numbers td {{ display: flex; gap: 1rem; justify-content: space-between; padding: .1rem 0; border: 0; }}
  .numbers td::before {{ content: attr(data-name); color: #555; flex: 0 0 45%; }}
  .words td:first-child {{ min-width: 6rem; max-width: 9rem; }}
}}
@media print {{ .wide, tr {{ break-inside: avoid; }} }}
.synthetic {{ background: #fff3cd; border: 2px solid #8a6d00; padding: .5rem .8rem; font-weight: 600; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""
