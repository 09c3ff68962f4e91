"""Blocks as plain text: for a terminal, and for a notebook that shows no HTML."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from textwrap import wrap

from fairlib.report.blocks import Cell, Heading, Table, Text

WIDTH = 110  # letters in a line of prose
CELL, HEAD = 44, 16  # letters in a line of a cell, and in the heading over a number


def to_text(blocks: Iterable[Text | Heading | Table]) -> str:
    """Paragraphs, headings and tables as plain text; of a folded table only its caption and how long it is."""
    return "\n\n".join(filter(None, map(_told, blocks)))


def _told(block: Text | Heading | Table) -> str:
    if isinstance(block, Heading):
        return f"{block.text}\n{'-' * len(block.text)}"
    return _table(block) if isinstance(block, Table) else _prose(block.text)


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
