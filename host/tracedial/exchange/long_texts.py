"""Splits texts that are too long for a format's cells: the rest goes into further columns, and nothing is cut off."""

from collections.abc import Callable, Iterable

from tracedial.exchange.tables import TEXT, Block, Column, Table
from tracedial.files.safe_text import whole_text


def with_long_texts_split(
    table: Table, *, most: int, length: Callable[[str], int]
) -> tuple[list[Column], Iterable[Block]]:
    """The columns and blocks of a table, with texts longer than `most` split: `answer` continues in `answer_2`,
    `answer_3`. `length` measures a text; a part must not measure more than the whole. Only tables with free texts are
    held in memory for this."""
    if table.name not in ("answers", "segments"):
        return list(table.columns), table.blocks()
    blocks = list(table.blocks())
    columns: list[Column] = []
    for column in table.columns:
        columns.append(column)
        if column.kind != TEXT:
            continue
        n_parts = 1
        for block in blocks:
            parts = [split(whole_text(text), most=most, length=length) for text in block[column.name]]
            widest = max(map(len, parts), default=1)
            for at in range(max(widest, n_parts)):
                block[_part(column.name, at)] = [part[at] if at < len(part) else "" for part in parts]
            n_parts = max(n_parts, widest)
        columns += [Column(_part(column.name, at), f"{column.label} (goes on)") for at in range(1, n_parts)]
        for block in blocks:
            for at in range(1, n_parts):
                block.setdefault(_part(column.name, at), [""] * len(block[column.name]))
    return columns, blocks


def split(text: str, *, most: int, length: Callable[[str], int]) -> list[str]:
    """A text in parts of at most `most`; joined, they give the text again."""
    if length(text) <= most:
        return [text]
    parts = []
    while text:
        # A character takes at most four bytes, so this many always fit; then add as many more as fit.
        end = min(most // 4, len(text))
        step = end
        while step:
            if end + step <= len(text) and length(text[: end + step]) <= most:
                end += step
            else:
                step //= 2
        parts.append(text[:end])
        text = text[end:]
    return parts


def _part(name: str, at: int) -> str:
    return name if at == 0 else f"{name}_{at + 1}"
