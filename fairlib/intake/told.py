"""What is there to say of a file before its rows are read? Hidden sheets, notes of the reader, headings."""

from collections.abc import Container
from pathlib import Path

from fairlib.errors import DataError
from fairlib.intake.findings import finding
from fairlib.intake.headings import Headings
from fairlib.intake.tables import Sheet, cell, read_tables


def read_visible(path: Path, found: list[dict], quiet: Container[str] = ()) -> list[Sheet]:
    """The sheets of a file that a person sees when opening it; says what there is to say of each, and of the others.

    Notes with a code in `quiet` are not told. Raises DataError as `read_tables` does, and if nothing is visible.
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
            rows, done = sum(map(any, sheet.rows())), "not read; unhide the sheet to have it read"
            found.append(finding("sheet_hidden", "warning", done, found=f"{rows} row(s)", **where))
            continue
        for n in (n for n in sheet.notes if n.code not in quiet):
            unsaved = "taken as empty; open the file in a spreadsheet program, save it and send it again"
            done = unsaved if n.code == "formula_without_value" else "look at it"
            found.append(finding(n.code, "warning", done, found=n.found, cell=n.cell, **where))
    return [sheet for sheet in sheets if not sheet.hidden]


def tell_headings(sheet: Sheet, head: Headings, found: list[dict], juror: str = "") -> None:
    """Say which headings were only nearly right, stand in two rows, or name what another column names too."""
    where = {"file": sheet.file, "sheet": sheet.name, "juror": juror}
    for field, text in head.near.items():
        at = cell(*head.place(head.columns[field]))
        found.append(finding("heading_near", "warning", f"taken as {field}", found=text, cell=at, **where))
    for column in head.repeated:
        row, at = head.place(column)
        text, done = sheet.columns[at][row], "the column is not used"
        found.append(finding("heading_repeated", "warning", done, found=text, cell=cell(row, at), **where))
    if head.above is not None:
        text = next(filter(None, sheet.rows(head.row - 1, head.row)[0]), "")
        at, done = cell(head.row - 1, 0), "both rows are read as one heading"
        found.append(finding("heading_two_rows", "info", done, found=text, cell=at, **where))
