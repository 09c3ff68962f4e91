"""What does the form say? The export of the application form as one raw table, each row at its place."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from fairlib.errors import DataError
from fairlib.intake.fields import FIELDS
from fairlib.intake.findings import finding
from fairlib.intake.headings import LOOK, Headings, find_headings
from fairlib.intake.ids import clean_ids
from fairlib.intake.kazakh import fold
from fairlib.intake.tables import Sheet, cell, column_letters
from fairlib.intake.told import read_visible, tell_headings
from fairlib.intake.totals import LONGEST, is_total, tell_total
from fairlib.rules import Submissions


@dataclass(frozen=True)
class Form:
    """The rows of the form as typed: a column for each field of FIELDS (absent ones ""), and where they stand.

    `submission` is the id that the form has from here on. `rows` has besides the fields `file, sheet, row`
    (as a spreadsheet counts rows); `letters` gives the
    column of each field in each sheet, for the address of a finding.
    """

    rows: pd.DataFrame
    letters: dict[tuple[str, str], str]
    present: frozenset[str]

    def at(self, row: Mapping[str, object] | pd.Series, field: str) -> dict[str, str]:
        """Where a field of a row stands: file, sheet, cell and the submission it is about."""
        letters = self.letters.get((row["sheet"], field), "")
        return {
            "file": row["file"],
            "sheet": row["sheet"],
            "cell": f"{letters}{row['row']}" if letters else "",
            "submission": row["submission"],
        }


def read_form(rules: Submissions, data: Path, found: list[dict]) -> Form:
    """Read the form export; appends to `found` what is strange about its sheets and headings.

    Raises DataError if no sheet has a heading row with at least a title column, or none has a row below it.
    """
    path = data / rules.file
    fields = _fields(rules)
    parts, letters, present = [], {}, set()
    for sheet in read_visible(path, found):
        head = find_headings(sheet.rows(last=LOOK), fields, ["title"])
        if head is None:
            found.append(
                finding("sheet_without_form", "warning", "left out", file=sheet.file, sheet=sheet.name)
            )
            continue
        _tell_headings(sheet, head, found)
        letters |= {(sheet.name, f): column_letters(c) for f, c in head.columns.items()}
        present |= head.columns.keys()
        parts.append(_rows(sheet, head, found))
    if not parts:
        raise DataError(
            f"{path}: no sheet has a heading row with the project's title; give that column a heading such as "
            f"«{FIELDS['title'][0]}», or name yours in params under contest.submissions.columns."
        )
    several = len(parts) > 1
    rows = pd.concat(parts, ignore_index=True).fillna("") if several else parts[0].reset_index(drop=True)
    if rows.empty:
        raise DataError(f"{path}: there are headings and no form below them; ask for the filled export.")
    absent = pd.DataFrame("", rows.index, [f for f in FIELDS if f not in rows], dtype="str")
    rows = pd.concat([rows, absent], axis=1)[[*FIELDS, "file", "sheet", "row"]]
    return _with_ids(Form(rows, letters, frozenset(present)), found)


def _fields(rules: Submissions) -> dict[str, tuple[str, ...]]:
    """The headings of each field; one that params give to a field is no heading of another."""
    own = {fold(h) for names in rules.columns.values() for h in names}
    return {
        f: (*rules.columns.get(f, ()), *(name for name in names if fold(name) not in own))
        for f, names in FIELDS.items()
    }


def _with_ids(form: Form, found: list[dict]) -> Form:
    """Every form gets an id of its own: the one typed, else its place; a second form of an id gets a suffix."""
    typed = clean_ids(form.rows["submission"])
    bare = typed == ""
    ids = typed.mask(bare, "row-" + form.rows.loc[bare, "row"].astype(str))
    twice = ids.duplicated()
    again = ids[ids.duplicated(keep=False)]
    times = (again.groupby(again).cumcount() + 1).astype(str)
    ids = ids.mask(twice, again + "#" + times)
    form = replace(form, rows=form.rows.assign(submission=ids))
    nameless = bare & (form.rows["title"] != "") & ("submission" in form.present)
    for code, severity, which in (("id_missing", "warning", nameless), ("id_twice", "error", twice)):
        for i in ids.index[which]:
            where = form.at(form.rows.loc[i], "submission")
            found.append(finding(code, severity, f"called {ids[i]}", found=typed[i], **where))
    return form


def _rows(sheet: Sheet, head: Headings, found: list[dict]) -> pd.DataFrame:
    """The rows below the headings that hold anything, in a known column or not; rows of totals are told."""
    below = [column[head.row + 1 :] for column in sheet.columns]
    kept = np.fromiter(map(any, zip(*below, strict=True)), dtype=bool)
    for at in _totals(below, head):
        if kept[at] and is_total(cells := [column[at] for column in below]):
            kept[at] = False
            text, place = next(filter(None, cells)), cell(head.row + 1 + at, 0)
            tell_total(found, text, file=sheet.file, sheet=sheet.name, cell=place)
    body = pd.DataFrame({field: pd.array(below[at], dtype="str") for field, at in head.columns.items()})
    body["row"] = np.arange(head.row + 2, head.row + 2 + len(body))
    return body[kept].assign(file=sheet.file, sheet=sheet.name)


def _totals(below: list[list[str]], head: Headings) -> list[int]:
    """Rows that may be totals: id, title and organisation are each empty or such a word."""
    naming = [below[head.columns[f]] for f in ("title", "submission", "organisation") if f in head.columns]
    bare = range(len(naming[0]))
    for column in naming:
        bare = [
            at for at in bare if len(column[at]) <= LONGEST and (not column[at] or is_total([column[at]]))
        ]
    return list(bare)


def _tell_headings(sheet: Sheet, head: Headings, found: list[dict]) -> None:
    where = {"file": sheet.file, "sheet": sheet.name}
    tell_headings(sheet, head, found)
    for column in head.unknown:
        row, at = head.place(column)
        text, done = sheet.columns[at][row], "the column is not used"
        found.append(finding("heading_unknown", "info", done, found=text, cell=cell(row, at), **where))
    if "submission" not in head.columns:
        done = "numbered by row; give the column of ids a heading such as «Өтінім №»"
        found.append(finding("id_absent", "warning", done, cell=cell(head.row, 0), **where))
