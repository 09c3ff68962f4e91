"""What is there to say of a sheet before its rows are read? Findings about headings."""

from fairlib.intake.findings import finding
from fairlib.intake.headings import Headings
from fairlib.intake.tables import Sheet, cell


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
