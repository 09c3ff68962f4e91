"""What is there to say of a file before its rows are read? Hidden sheets, notes of the reader, headings."""

from collections.abc import Container
from pathlib import Path

from fairlib.errors import DataError
from fairlib.intake.files.tables import DELIMITED, Sheet, cell, read_tables
from fairlib.intake.findings import Evidence, Remedy, finding, first_of
from fairlib.intake.headings.find import Headings

_DONE = {  # what is done about a note; a person looks at any other
    "formula_without_value": "save_again",
    "rows_hidden": "rows_not_read",
    "columns_hidden": "columns_not_read",
    "mojibake": "repaired",
}


def read_visible(path: Path, found: list[dict], quiet: Container[str] = ()) -> list[Sheet]:
    """The sheets of a file that a person sees when opening it; tells of each, and of the others.

    Notes with a code in `quiet` are not told. Raises DataError as `read_tables` does, and if nothing is
    visible.
    """
    sheets = list(read_tables(path).values())
    if all(sheet.hidden for sheet in sheets):
        names = ", ".join(sheet.name for sheet in sheets)
        raise DataError(
            f"{path}: all that is in it stands on hidden sheets ({names}); unhide the one that counts."
        )
    for sheet in sheets:
        where = {"file": sheet.file, "sheet": sheet.name}
        if sheet.hidden:
            rows, done = sum(map(any, sheet.rows())), Remedy("sheet_not_read")
            found.append(
                finding("sheet_hidden", "warning", done, found=Evidence("sheet_hidden", n=rows), **where)
            )
            continue
        for n in (n for n in sheet.notes if n.code not in quiet):
            done = Remedy(_DONE.get(n.code, "look"))
            # a hidden sheet lies apart; what is hidden among rows that are read, a person must know of
            severity = "error" if n.code in ("rows_hidden", "columns_hidden") else "warning"
            found.append(finding(n.code, severity, done, found=n.found, cell=n.cell, **where))
    return [sheet for sheet in sheets if not sheet.hidden]


def tell_headings(sheet: Sheet, head: Headings, found: list[dict], juror: str = "") -> None:
    """Say which headings were only nearly right, stand in two rows, or name what another column names too.

    Says also where something stands under no heading, and raises DataError where that shows a row torn apart.
    """
    _tell_without_heading(sheet, head, found, juror)
    where = {"file": sheet.file, "sheet": sheet.name, "juror": juror}
    for field, text in head.near.items():
        place, done = cell(*head.place(head.columns[field])), Remedy("taken_as", what=field)
        found.append(finding("heading_near", "warning", done, found=text, cell=place, **where))
    for column in head.repeated:
        row, at = head.place(column)
        text, done = sheet.columns[at][row], Remedy("column_not_used")
        found.append(finding("heading_repeated", "warning", done, found=text, cell=cell(row, at), **where))
    if head.above is not None:
        text = next(filter(None, sheet.rows(head.row - 1, head.row)[0]), "")
        place, done = cell(head.row - 1, 0), Remedy("one_heading")
        found.append(finding("heading_two_rows", "info", done, found=text, cell=place, **where))


def _tell_without_heading(sheet: Sheet, head: Headings, found: list[dict], juror: str) -> None:
    """Say which columns have cells and no heading. Raises DataError for a csv with rows too long."""
    first = head.row - (head.above is not None)
    headed = [any(text.strip() for text in column[first : head.row + 1]) for column in sheet.columns]
    if Path(sheet.file).suffix.lower() in DELIMITED:
        _refuse_torn(sheet, head.row, 1 + max(at for at, has in enumerate(headed) if has))
    for at, column in enumerate(sheet.columns):
        if headed[at] or not (rows := [n for n in range(head.row + 1, len(column)) if column[n].strip()]):
            continue
        where = {"file": sheet.file, "sheet": sheet.name, "juror": juror, "cell": cell(rows[0], at)}
        text = Evidence("column_without_heading", **first_of(column[rows[0]], len(rows)))
        done = Remedy("column_not_used")
        found.append(finding("column_without_heading", "warning", done, found=text, **where))


def _refuse_torn(sheet: Sheet, heading: int, width: int) -> None:
    """Raise DataError if a row below the headings has more cells than there are headings.

    A comma inside a mark or a text was then read as the end of a cell, and every cell after it is another's.
    """
    rows = sheet.rows(heading + 1)
    torn = [n for n, row in enumerate(rows) if any(text.strip() for text in row[width:])]
    if torn:
        at = heading + 2 + torn[0]
        raise DataError(
            f"{sheet.file}, row {at}: more cells than the {width} headings of row {heading + 1}: "
            f"«{' | '.join(rows[torn[0]]).strip(' |')}», and so in {len(torn)} row(s). A comma inside a "
            "number or a text was probably taken for the end of a cell: put such cells into quotation "
            "marks, or save the table as .xlsx. If the last column is one more, give it a heading."
        )
