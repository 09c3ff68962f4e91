"""What is a report made of? Chapters of blocks, written once and set twice: as HTML and as PDF.

A block holds finished text in one language and never markup, so that nothing a stranger typed into a
form can become any.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Audience = Literal["public", "internal"]


@dataclass(frozen=True)
class Text:
    """A paragraph: plain, a lead under a heading, a note, or a warning."""

    text: str
    style: Literal["plain", "lead", "note", "warning", "formula"] = "plain"
    kind: str = "text"


@dataclass(frozen=True)
class Heading:
    """A heading inside a chapter."""

    text: str
    kind: str = "heading"


@dataclass(frozen=True)
class Rule:
    """A rule in words, with the key in the params file and the value that it quotes."""

    text: str
    key: str
    value: str
    ours: bool = False
    kind: str = "rule"


@dataclass(frozen=True)
class Number:
    """A number as an announcement would quote it."""

    value: str
    label: str
    note: str = ""


@dataclass(frozen=True)
class Numbers:
    """A group of numbers side by side."""

    items: tuple[Number, ...]
    kind: str = "numbers"


@dataclass(frozen=True)
class Twin:
    """The second commission: seats that would be kept, with an interval, and how sure each seat is."""

    title: str
    headline: str
    text: str
    dots: tuple[tuple[str, int, str], ...]
    kind: str = "twin"


Style = Literal["text", "number", "badge", "name", "code"]


@dataclass(frozen=True)
class Column:
    """A column: its heading and whether it holds text, numbers, a verdict in a badge, or signs of a file."""

    label: str
    style: Style = "text"
    width: float = 1.0


@dataclass(frozen=True)
class Cell:
    """A value as shown, with a smaller line under it, and as sorted."""

    text: str
    sort: Any = None
    badge: str = ""
    under: str = ""


Row = Sequence[Cell | str]  # of a table: a plain text is a cell where nothing else is needed


@dataclass(frozen=True)
class Table:
    """A table with a caption; `folded` ones wait behind a line that opens them."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    searchable: bool = False
    folded: bool = False
    kind: str = "table"

    @property
    def head(self) -> int:
        """The column that names a row: the first `name`, else the first text, else the first."""
        styles = [c.style for c in self.columns]
        return next((styles.index(s) for s in ("name", "text") if s in styles), 0)


@dataclass(frozen=True)
class Picture:
    """A figure: how to draw it, what it shows in words, and the numbers behind it."""

    id: str
    caption: str
    alt: str
    draw: "Callable[[Axes], object]"
    data: Table
    size: tuple[float, float] = (7.2, 3.6)
    kind: str = "picture"


@dataclass(frozen=True)
class Link:
    """A file that belongs to the report, beside it."""

    href: str
    text: str


@dataclass(frozen=True)
class Links:
    """A list of links."""

    items: tuple[Link, ...]
    kind: str = "links"


Block = Text | Heading | Rule | Numbers | Twin | Table | Picture | Links


@dataclass(frozen=True)
class Chapter:
    """A chapter with its anchor; `blocks` in reading order."""

    id: str
    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Report:
    """One report: a language and an audience of one contest year."""

    lang: str
    audience: Audience
    title: str
    year: int
    subtitle: str
    synthetic: str
    front: tuple[Block, ...]
    chapters: tuple[Chapter, ...]

    def blocks(self) -> Iterable[Block]:
        """Every block, front page first."""
        yield from self.front
        for chapter in self.chapters:
            yield from chapter.blocks

    def pictures(self) -> list[Picture]:
        """Every figure, in reading order."""
        return [b for b in self.blocks() if isinstance(b, Picture)]


def table(
    id: str,
    caption: str,
    columns: Sequence[Column | str],
    rows: Iterable[Row],
    **options: Any,
) -> Table:
    """A table from plain texts where nothing else is needed; short rows are a ValueError."""
    heads = tuple(c if isinstance(c, Column) else Column(c) for c in columns)
    body = tuple(tuple(v if isinstance(v, Cell) else Cell(v) for v in row) for row in rows)
    if any(len(row) != len(heads) for row in body):
        raise ValueError(f"table {id}: a row has not {len(heads)} cells")
    return Table(id, caption, heads, body, **options)
