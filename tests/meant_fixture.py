"""Small contests typed in a test: a form of ids and titles, sheets of jurors by file and sheet."""

import openpyxl
import pandas as pd
from received import received

from fairlib.intake.sheets.read import Scoresheets, read_scores
from fairlib.intake.sheets.usable import Roster
from fairlib.params import check_params
from fairlib.stage.handed_on import roster as roster_of

FORM = {
    "P1": "Moss",
    "P2": "Rust",
    "P3": "Snow",
    "P4": "Dune",
    "P5": "Fern",
    "P6": "Clay",
    "P7": "Reed",
    "P8": "Salt",
}
HEAD = ("ID", "Title", "Innovation", "Impact")
J1 = dict(zip(FORM, [(9, 9), (8, 9), (6, 6), (7, 6), (5, 5), (5, 5), (4, 3), (2, 2)], strict=True))
J2 = dict(zip(FORM, [(3, 1), (2, 3), (3, 4), (4, 5), (7, 7), (8, 8), (9, 8), (9, 8)], strict=True))
J4 = dict(zip(FORM, [(9, 8), (8, 8), (7, 6), (5, 7), (6, 4), (4, 3), (4, 3), (1, 2)], strict=True))


def contest(layout="sheets", **more):
    files = "e*.csv" if layout == "long" else "e*.xlsx"
    return check_params({"year": 2024, "contest": {
        "name": "Contest", "data": "data", "seed": 1, "submissions": {"file": "form.csv"},
        "criteria": [{"id": "innovation", "name": "Innovation"}, {"id": "impact", "name": "Impact"}],
        "rounds": [{"id": "jury", "name": "Jury", "scores": {"files": files, "layout": layout},
                    "scale": {"min": 1, "max": 10}, "select": {"seats": 2}, **more}],
    }}).contest  # fmt: skip


def rows_of(marks, titles=FORM, ids=None):
    """Rows of a sheet: id, title and two marks of each submission."""
    return [((ids or {}).get(i, i), titles.get(i, ""), *given) for i, given in marks.items()]


def book(path, sheets):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        for row in rows:
            page.append(list(row))
    made.save(path)


def write(folder, files, form=FORM):
    """The form, and a workbook for each file: its rows below HEAD, or its sheets with their headings by name."""
    lines = ["ID,Title", *(f"{i},{title}" for i, title in form.items())]
    (folder / "form.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, rows in files.items():
        book(folder / f"{name}.xlsx", rows if isinstance(rows, dict) else {"A": [HEAD, *rows]})


def read(folder, layout="sheets", **more) -> Scoresheets:
    c = contest(layout, **more)
    r, intake = c.rounds[0], received(c, folder)
    here = intake.submissions["eligible"]
    known: Roster = roster_of(c, r, folder, intake.submissions, here, intake.versions)
    return read_scores(c, r, folder, known)


def given(result: Scoresheets) -> dict:
    """The marks that count, as a pair for each juror and submission."""
    scored = result.ratings.set_index(["juror", "submission", "criterion"])["score"].unstack()
    return {key: tuple(pair) for key, pair in scored[["innovation", "impact"]].iterrows()}


def told(result: Scoresheets, *columns: str) -> list:
    """Findings but for submissions without marks: code, severity and other columns."""
    found: pd.DataFrame = result.findings[result.findings["code"] != "no_marks"]
    return found[["code", "severity", *columns]].values.tolist()
