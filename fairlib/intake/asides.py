"""Which rows below the headings are no rows of marks? Signatures, names of blocks, and headings that come again.

Asked only of rows that name no known submission, and never true of one in which something can be read as a mark.
"""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from fairlib.errors import DataError
from fairlib.intake.findings import finding
from fairlib.intake.headings import Headings
from fairlib.intake.kazakh import fold
from fairlib.intake.scorecheck import Roster
from fairlib.intake.tables import Sheet, cell
from fairlib.intake.values import marks

_SIGNED = re.compile(
    r"[\W_]*(?:подпис\w*|председател\w*|секретар\w*|член\w* (?:жюри|комиссии)|эксперт\w*|дата|м[.\s]*п\.?|фио|"
    r"ф\.\s*и\.\s*о|қол\w*|төраға\w*|хатшы\w*|сарапшы\w*|қазы\w*|күні|м\.\s*о\.?|аты-жөні|"
    r"signature|signed|chair\w*|secretary|juror|judge|expert|date|name)\b",
    re.IGNORECASE,
)
_Body = tuple[Sheet, Headings]


def without_asides(
    rows: pd.DataFrame, bodies: Sequence[_Body], marked: Sequence[str], roster: Roster, found: list[dict]
) -> pd.DataFrame:
    """The rows of marks; the others are told, by their rows' first cell.

    `rows` as `meant.match_rows` gives them, `marked` the columns of marks among them (categories).
    Raises DataError where headings come again in another order, as marks below them would change columns.
    """
    known = [*roster.submissions.index, *roster.versions, *roster.set_aside]
    unknown = ~rows["submission"].isin(known).to_numpy()
    for column in marked if unknown.any() else ():
        unknown &= ~_holds(rows[column], ["scored", "abstained", "recused"])
    aside = np.zeros(len(rows), dtype=bool)
    for at in np.flatnonzero(unknown):
        part, row = rows[["part", "row"]].iloc[at]
        aside[at] = _is_aside(*bodies[part], row, [c for c in marked if c in bodies[part][1].columns], found)
    return rows[~aside].reset_index(drop=True)


def _holds(column: pd.Series, statuses: Sequence[str]) -> np.ndarray:
    """Where a column of categories can be read as one of the statuses."""
    read = marks(pd.Series(column.cat.categories, dtype="str"))["status"].isin(statuses)
    return np.append(read.to_numpy(bool), False)[column.cat.codes]


def _is_aside(sheet: Sheet, head: Headings, row: int, marked: Sequence[str], found: list[dict]) -> bool:
    """Whether a row of unknown id without marks is none of marks at all; if so it is told."""
    cells = sheet.rows(row - 1, row)[0]
    if again := _is_heading(sheet, head, cells):
        _refuse_moved(sheet, head, row, cells)
    first = next((at for at, text in enumerate(cells) if text.strip()), 0)
    filled = [at for at, text in enumerate(cells) if re.search(r"[^\W_]", text)]
    named = cells[head.columns["submission"]].strip() or cells[first]
    signed = _SIGNED.match(named) is not None
    if not (again or len(filled) <= 1 or signed):
        return False
    code = "heading_again" if again else "row_without_marks"
    where = {"file": sheet.file, "sheet": sheet.name, "cell": cell(row - 1, first)}
    found.append(finding(code, "info", "left out", found=cells[first].strip(), **where))
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
                f"{sheet.file}, sheet {sheet.name}: the headings come again in row {row}, and «{text}» ({field}) "
                f"stands in {cell(row - 1, moved[0])}, above in {cell(*place)}. Put that block on a sheet or into a "
                "file of its own, or give its columns the order of the first."
            )
