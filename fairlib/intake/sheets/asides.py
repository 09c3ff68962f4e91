"""Which rows below the headings have no marks? Signatures, names of blocks, headings that come again.

Asked only of rows that name no known submission, and never true of one in which something can be read as a
mark.
"""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from fairlib.errors import DataError
from fairlib.intake.cells.values import marks
from fairlib.intake.files.tables import Sheet, cell
from fairlib.intake.findings import Remedy, finding
from fairlib.intake.headings.find import Headings
from fairlib.intake.sheets.layouts import Body
from fairlib.intake.sheets.usable import Roster
from fairlib.intake.texts import fold
from fairlib.rules import Scale

_SIGNED = re.compile(
    r"[\W_]*(?:подпис\w*|председател\w*|секретар\w*|член\w* (?:жюри|комиссии)|эксперт\w*|дата|"
    r"м[.\s]*п\.?|фио|ф\.\s*и\.\s*о|қол\w*|төраға\w*|хатшы\w*|сарапшы\w*|қазы\w*|күні|м\.\s*о\.?|аты-жөні|"
    r"signature|signed|chair\w*|secretary|juror|judge|expert|date|name)\b",
    re.IGNORECASE,
)


def without_asides(
    rows: pd.DataFrame, bodies: Sequence[Body], scale: Scale, roster: Roster, found: list[dict]
) -> pd.DataFrame:
    """The rows of marks, of those that `match_rows` gives; the others are told, by their first cell.

    Raises DataError where headings come again in another order, as marks below them would change columns.
    """
    known = [*roster.submissions.index, *roster.versions, *roster.set_aside]
    unknown = ~rows["submission"].isin(known).to_numpy()
    aside = np.zeros(len(rows), dtype=bool)
    for at in np.flatnonzero(unknown):
        part, row = rows[["part", "row"]].iloc[at]
        aside[at] = not _holds_marks(bodies[part], row, scale) and _is_aside(bodies[part], row, found)
    return rows[~aside].reset_index(drop=True)


def _holds_marks(body: Body, row: int, scale: Scale) -> bool:
    """Whether something in a row can be read as a mark, or as the word of a juror who gives none."""
    typed = pd.Series([body.sheet.columns[mark.column][row - 1] for mark in body.marks], dtype="str")
    return bool(marks(typed, scale)["status"].isin(["scored", "abstained", "recused"]).any())


def _is_aside(body: Body, row: int, found: list[dict]) -> bool:
    """Whether a row of unknown id without marks is none of marks at all; if so it is told."""
    sheet, head = body.sheet, body.head
    cells = sheet.rows(row - 1, row)[0]
    if again := _is_heading(sheet, head, cells):
        _refuse_moved(sheet, head, row, cells)
    first = next((at for at, text in enumerate(cells) if text.strip()), 0)
    filled = [at for at, text in enumerate(cells) if re.search(r"[^\W_]", text)]
    named = cells[body.fields["submission"]].strip() or cells[first]
    signed = _SIGNED.match(named) is not None
    if not (again or len(filled) <= 1 or signed):
        return False
    code = "heading_again" if again else "row_without_marks"
    where = {"file": sheet.file, "sheet": sheet.name, "cell": cell(row - 1, first)}
    found.append(finding(code, "info", Remedy("left_out"), found=cells[first].strip(), **where))
    return True


def _is_heading(sheet: Sheet, head: Headings, cells: Sequence[str]) -> bool:
    """Whether all that a row says, two cells at least, are headings of this sheet."""
    headings = set(_headings(sheet, head))
    said = [fold(text) or text.strip() for text in cells if text.strip()]
    return len(said) > 1 and headings.issuperset(said)


def _headings(sheet: Sheet, head: Headings) -> list[str]:
    rows = sheet.rows(head.row - (head.above is not None), head.row + 1)
    return [fold(text) or text.strip() for texts in rows for text in texts if text.strip()]


def _refuse_moved(sheet: Sheet, head: Headings, row: int, cells: Sequence[str]) -> None:
    for field, at in head.columns.items():
        place = head.place(at)
        text = sheet.columns[at][place[0]]
        moved = [n for n, said in enumerate(cells) if said.strip() and fold(said) == fold(text)]
        if moved and at not in moved:
            raise DataError(
                f"{sheet.file}, sheet {sheet.name}: the headings come again in row {row}, and «{text}» "
                f"({field}) stands in {cell(row - 1, moved[0])}, above in {cell(*place)}. Put that block on "
                "a sheet or into a file of its own, or give its columns the order of the first."
            )
