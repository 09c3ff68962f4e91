"""Blocks as plain text: for a terminal, and for a notebook that shows no HTML."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from textwrap import wrap

from fairlib.report.blocks import Block, Cell, Heading, Links, Numbers, Picture, Rule, Table, Text, Twin

WIDTH = 110  # letters in a line of prose
CELL, HEAD = 44, 16  # letters in a line of a cell, and in the heading over a number


def to_text(blocks: Iterable[Block]) -> str:
    """Blocks as plain text; of a folded table its caption and how long it is, of a figure the numbers behind it."""
    return "\n\n".join(filter(None, map(_told, blocks)))


def _told(block: Block) -> str:
    match block:
        case Heading():
            return f"{block.text}\n{'-' * len(block.text)}"
        case Text():
            return _prose(block.text)
        case Table():
            return _table(block)
        case Picture():
            return _table(block.data)
        case Rule():
            return _prose(f"{block.text} ({block.key}: {block.value})")
        case Numbers():
            return "\n".join(f"{n.value} {n.label}" for n in block.items)
        case Twin():
            return "\n".join(_prose(t) for t in (block.title, block.headline, block.text))
        case Links():
            return "\n".join(f"{link.text}: {link.href}" for link in block.items)


def _prose(text: str) -> str:
    return "\n".join(wrap(text, WIDTH))


def _table(t: Table) -> str:
    if t.folded:
        return f"{t.caption} ({len(t.rows)})"
    right = [c.style == "number" for c in t.columns]
    heads = [wrap(c.label, HEAD if number else CELL) for c, number in zip(t.columns, right, strict=True)]
    grid = [heads, *([_lines(cell) for cell in row] for row in t.rows)]
    widths = [max((len(line) for row in grid for line in row[k]), default=0) for k in range(len(t.columns))]
    lines = [line for row in grid for line in _row(row, widths, right)]
    lines.insert(len(_row(heads, widths, right)), "  ".join("-" * width for width in widths))
    return "\n".join([_prose(t.caption), *lines, *filter(None, [_prose(t.note)])])


def _lines(cell: Cell) -> list[str]:
    return [*wrap(cell.text, CELL), *wrap(cell.under, CELL)]


def _row(cells: Sequence[list[str]], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    """A row of cells with one or several lines each."""
    return [
        "  ".join(
            line.rjust(width) if to_right else line.ljust(width)
            for line, width, to_right in zip(lines, widths, right, strict=True)
        ).rstrip()
        for lines in zip_longest(*cells, fillvalue="")
    ]
