"""What does a person see in a sheet that the values of its cells do not say?

Decoders give values: 0.85 where the screen shows 85 %, nothing for an error, and cells that are hidden like
any other. Each kind of workbook has a reader of the rest (`xlsx`, `ods`, `xls`); what it found is put over
the values here.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from fairlib.errors import DataError
from fairlib.intake.files.addresses import cell, column_letters, spans
from fairlib.intake.findings import Evidence, first_of

MOST_CELLS = 10_000_000  # of a sheet's rectangle; a decoder fills it whole, empty or not
ERROR = "#ERROR!"  # an error cell that does not say which error it is
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')  # of a number format: what is shown as it stands
_ZEROS = re.compile("0{2,}")
_WHOLE = re.compile("[0-9]+")
_BUILT_IN = {9: "%", 10: "%"}

Cells = list[tuple[int, int, str]]  # row and column, counted from 0, and what stands there
Columns = tuple[list[str], ...]


@dataclass(frozen=True)
class Note:
    """Something about a file that a person should know: where (cell or ""), a code, what was found."""

    cell: str
    code: str
    found: str


@dataclass
class Seen:
    """What there is on a sheet besides values; rows and columns count from 0.

    `errors`: cells with an error such as #DIV/0!. `unsaved`: formulas without a value. `formats`: cells whose
    number is shown otherwise than it is (see `number_format`). `hidden_rows`, `hidden_columns`: first and
    last.
    """

    errors: Cells = field(default_factory=list)
    unsaved: Cells = field(default_factory=list)
    formats: Cells = field(default_factory=list)
    notes: Cells = field(default_factory=list)
    hidden_rows: list[tuple[int, int]] = field(default_factory=list)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)


@dataclass
class Extent:
    """The rectangle that a decoder fills, and the cell that makes it so large (counted from 0)."""

    rows: int = 0
    columns: int = 0
    far: tuple[int, int] = (0, 0)

    def reach(self, row: int, column: int) -> None:
        """Widen it to hold a cell."""
        if row >= self.rows or column >= self.columns:
            self.rows, self.columns = max(self.rows, row + 1), max(self.columns, column + 1)
            self.far = max(self.far, (row, column), key=lambda at: (at[0] + 1) * (at[1] + 1))

    def refuse_far(self, where: str) -> None:
        """Raise DataError, naming the cell, if the rectangle is too large to decode."""
        if self.rows * self.columns > MOST_CELLS:
            raise DataError(
                f"{where}: something stands in cell {cell(*self.far)}, far from the table: {self.rows} rows "
                f"and {self.columns} columns are more than is read here ({MOST_CELLS} cells). Delete the "
                "rows and columns beyond the table, save the file and send it again."
            )


def number_format(code: str, built_in: int = 0) -> str:
    """How a format shows another number than the cell has: "%", zeros for a fixed number of digits, or "".

    `built_in` is its number where the workbook gives no code (ECMA-376 part 1, 18.8.30: 9 and 10 are
    percent).

    >>> number_format("0.0%"), number_format("0000"), number_format('0" %"'), number_format("", 9)
    ('%', '0000', '', '%')
    """
    if not code:
        return _BUILT_IN.get(built_in, "")
    bare = _LITERAL.sub("", code)
    if "%" in bare:
        return "%"
    first = bare.split(";")[0]
    return first if _ZEROS.fullmatch(first) and first == code.split(";")[0] else ""


def shown(text: str, how: str) -> str:
    """A number as the format shows it; a text is left as it is.

    >>> shown("0.07", "%"), shown("12", "00000"), shown("7.5", "00000"), shown("б/о", "%")
    ('7%', '00012', '7.5', 'б/о')
    """
    if how != "%":
        return text.zfill(len(how)) if _WHOLE.fullmatch(text) else text
    try:
        return f"{float(text) * 100:.13g}%"  # two digits fewer than a spreadsheet keeps: 0.07 * 100 is 7
    except ValueError:
        return text


def as_seen(columns: Columns, seen: Seen) -> tuple[Columns, list[Note]]:
    """The columns as a person sees them, and what there is to tell of them.

    What is hidden is blank, as on the screen, so that every other cell keeps its address.
    """
    columns = _with_room(columns, [(row, column) for row, column, _ in seen.errors])
    for row, column, text in seen.errors:
        columns[column][row] = text
    for row, column, how in seen.formats:
        if column < len(columns) and row < len(columns[0]):
            columns[column][row] = shown(columns[column][row], how)
    columns, notes, hidden = _without_hidden(columns, seen)
    notes += [Note(cell(r, c), "error_cell", text) for r, c, text in seen.errors if not hidden(r, c)]
    notes += [Note(cell(r, c), "cell_note", text) for r, c, text in seen.notes if not hidden(r, c)]
    return columns, notes + list(_first_of_columns([f for f in seen.unsaved if not hidden(*f[:2])]))


def _with_room(columns: Columns, places: list[tuple[int, int]]) -> Columns:
    """The columns, with blanks added where one of the places lies beyond them."""
    rows = len(columns[0]) if columns else 0
    more_rows = max((row + 1 for row, _ in places), default=0) - rows
    more_columns = max((column + 1 for _, column in places), default=0) - len(columns)
    if more_rows > 0:
        columns = tuple([*column, *[""] * more_rows] for column in columns)
    return (*columns, *([""] * max(rows, rows + more_rows) for _ in range(more_columns)))


def _without_hidden(columns: Columns, seen: Seen) -> tuple[Columns, list[Note], Callable[[int, int], bool]]:
    """The columns without what is hidden, notes that tell of it, and whether a cell is hidden."""
    height = len(columns[0]) if columns else 0
    rows, across = _numbers(seen.hidden_rows, height), _numbers(seen.hidden_columns, len(columns))
    filled_rows = [row for row in sorted(rows) if any(column[row] for column in columns)]
    filled_columns = [at for at in sorted(across) if any(columns[at])]
    notes = []
    if filled_rows:
        told = ", ".join(_span(str(a + 1), str(b + 1)) for a, b in spans(filled_rows))
        notes.append(Note(cell(filled_rows[0], 0), "rows_hidden", told))
    if filled_columns:
        told = ", ".join(_span(column_letters(a), column_letters(b)) for a, b in spans(filled_columns))
        notes.append(Note(cell(0, filled_columns[0]), "columns_hidden", told))
    for row in filled_rows:
        for column in columns:
            column[row] = ""
    blank = [""] * height
    columns = tuple(blank if at in across else column for at, column in enumerate(columns))
    return columns, notes, lambda row, column: row in rows or column in across


def _numbers(ranges: Iterable[tuple[int, int]], end: int) -> set[int]:
    return {n for first, last in ranges for n in range(first, min(last + 1, end))}


def _span(first: str, last: str) -> str:
    return first if first == last else f"{first}–{last}"


def _first_of_columns(formulas: Cells) -> Iterable[Note]:
    """One note for each column with formulas that came without a value, at the first of them."""
    columns: dict[int, list[tuple[int, str]]] = {}
    for row, column, formula in formulas:
        columns.setdefault(column, []).append((row, formula))
    for column, cells in columns.items():
        row, formula = min(cells)
        told = Evidence("formula_without_value", **first_of(f"={formula}", len(cells)))
        yield Note(cell(row, column), "formula_without_value", str(told))
