"""What was found in the files people sent: one row each, at its cell, with what was done about it.

What was done is data, and its sentence in a table is told here alone; so is what was found where it is not what
somebody typed.
"""

from collections.abc import Iterable

import pandas as pd

from fairlib.contract import INTAKE
from fairlib.facts import Fact, Value
from fairlib.intake.cells.columns import map_each
from fairlib.intake.cells.identifiers import mask_all

COLUMNS = INTAKE["findings"].names()
SEVERITIES = ("error", "warning", "info")
_ORDER = ["severity", "file", "sheet", "row", "width", "column", "code", "submission", "juror", "found"]
LONGEST = 200  # letters of what was typed or read; the rest stands in the file


class Remedy(Fact):
    """What was done about a finding, and what a person can do.

    >>> str(Remedy("read_as", what="7.5", n=3)), Remedy.of("read as 8")["what"]
    ('read as 7.5 (the first of 3 in this column)', '8')
    """

    forms = {
        "left_out": ("left out",),
        "not_used": ("not used",),
        "no_value": ("no value",),
        "repaired": ("repaired",),
        "look": ("look at it",),
        "no_line": ("no line is drawn",),
        "column_not_used": ("the column is not used",),
        "no_estimate": ("it has no estimate",),
        "marks_missing": ("its marks are missing",),
        "counted_once": ("the same mark again: counted once",),
        "recused": ("recused: a conflict is declared",),
        "marks_of_own": ("the marks count; add the pair to the conflicts file to leave them out",),
        "whose_marks": ("the marks count; ask whose they are",),
        "both_kept": ("both kept; decide whether they are one project",),
        "two_jurors": (
            "both count as jurors; if they are one, write the name alike, or give a list of jurors",
        ),
        "no_conflict": ("the conflict has no effect; correct the id",),
        "sheet_not_read": ("not read; unhide the sheet to have it read",),
        "rows_not_read": ("not read; unhide the rows, or take off the filter, to have them read",),
        "columns_not_read": ("not read; unhide the columns to have them read",),
        "one_heading": ("both rows are read as one heading",),
        "in_time": ("taken to be in time",),
        "all_in_time": (
            "all forms of the sheet are taken to be in time; correct the column, or name another one",
        ),
        "counted_unsent": ("counted like every form; leave its row out if it was never sent",),
        "save_again": ("taken as empty; open the file in a spreadsheet program, save it and send it again",),
        "as_typed": ("read as typed; were they percent?",),
        "layout": ("read as {layout}: {what}",),
        "read_as": ("read as {what}[ (the first of {n} in this column)]",),
        "taken_as": ("taken as {what}[ (the first of {n} in this column)]",),
        "called": ("called {what}",),
        "counted_for": ("counted for {what}",),
        "numbered": ("numbered by row; give the column of ids a heading such as {what}",),
        "marks_out": (
            "{n} mark(s) left out[, set aside: {why}][; perhaps {perhaps}]"
            "[; this juror did not mark: {mine}][; nobody marked: {nobody}]",
        ),
    }
    numbers = frozenset({"n"})
    bare = {"": ".+?", "n": r"\d+", "layout": "sheets|rows|long|wide"}


class Evidence(Fact):
    """What was found, where it is no typed text: how much of it, or which two; the kind is the finding's code."""

    forms = {
        "sheet_hidden": ("{n} row(s)",),
        "formula_without_value": ("{what}[ ({n} cells in this column)]",),
        "column_without_heading": ("{what}[ ({n} cells in this column)]",),
        "seats_over_submissions": ("seats: {seats}, eligible: {eligible}",),
        "encoding_uncertain": ("read as {encoding}, on the evidence of few letters",),
        "stray_quotes": ("quotation marks inside a cell, first at line {line}",),
        "perhaps_resent": ("{first} and {second}, titles {percent} % alike[, organisations by {same}]",),
    }
    numbers = frozenset({"n", "seats", "eligible", "percent", "line"})
    bare = {"": ".+?", "n": r"\d+", "percent": r"[\d.]+"}
    apart = True


def first_of(what: str, n: int) -> dict[str, Value]:
    """The values of the first of `n` alike, told by itself if it is the only one."""
    return {"what": what, "n": n} if n > 1 else {"what": what}


def finding(
    code: str, severity: str, done: Remedy, *, found: str | Evidence = "", **where: str
) -> dict[str, str]:
    """One finding as a row; `where` is any of file, sheet, cell, submission, juror."""
    row = dict.fromkeys(COLUMNS, "") | where
    return row | {"code": code, "severity": severity, "done": str(done), "found": str(found)}


def counted(findings: pd.DataFrame) -> pd.DataFrame:
    """How many findings there are of each severity and code: `severity, code, findings`, gravest first."""
    counts = findings.groupby(["severity", "code"]).size().rename("findings").reset_index()
    order = counts["severity"].map({s: k for k, s in enumerate(SEVERITIES)})
    return counts.iloc[order.argsort(kind="stable")].reset_index(drop=True)


def as_table(found: Iterable[dict[str, str]]) -> pd.DataFrame:
    """Findings as a table in a stated order: gravest first, then by file, sheet and cell.

    Personal numbers in what was typed or read are masked here, whoever found them.
    """
    table = pd.DataFrame(list(found), columns=COLUMNS, dtype="str").fillna("")
    if table.empty:
        return table
    for told in ("found", "done"):
        table[told] = map_each(table[told], _shown)
    place = table["cell"].str.extract(r"^([A-Z]*)(\d*)$").fillna("")
    keys = table.assign(
        severity=table["severity"].map(SEVERITIES.index),
        row=pd.to_numeric(place[1], errors="coerce").fillna(0),
        width=place[0].str.len(),
        column=place[0],
    )
    return table.loc[keys.sort_values(_ORDER, kind="stable").index].reset_index(drop=True)


def _shown(texts: list[str]) -> list[str]:
    return [text if len(text) <= LONGEST else text[: LONGEST - 1] + "…" for text in mask_all(texts)]
