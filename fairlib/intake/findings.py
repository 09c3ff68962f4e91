"""What was found in the files people sent: one row each, at its cell, with what was done about it."""

from collections.abc import Iterable

import pandas as pd

from fairlib.contract import INTAKE
from fairlib.intake.cells.columns import map_each
from fairlib.intake.cells.identifiers import mask_all

COLUMNS = INTAKE["findings"].names()
SEVERITIES = ("error", "warning", "info")
_ORDER = ["severity", "file", "sheet", "row", "width", "column", "code", "submission", "juror", "found"]
LONGEST = 200  # letters of what was typed or read; the rest stands in the file


def finding(code: str, severity: str, done: str, *, found: str = "", **where: str) -> dict[str, str]:
    """One finding as a row; `where` is any of file, sheet, cell, submission, juror."""
    row = dict.fromkeys(COLUMNS, "") | where
    return row | {"code": code, "severity": severity, "done": done, "found": found}


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
