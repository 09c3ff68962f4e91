"""A small contest as offices send it: files typed in a test, read as a round is read. All people are invented."""

import csv
from pathlib import Path

import xlsxwriter
from received import received

from fairlib.intake.sheets.read import Scoresheets, read_scores
from fairlib.params import check_params
from fairlib.rules import Contest
from fairlib.stage.handed_on import roster

FORM = [["ID", "Title"], ["P1", "Moss"], ["P2", "Rust"], ["P3", "Snow"]]
TWO = {"innovation": "Innovation", "impact": "Impact"}


def contest(criteria=TWO, scale=(1, 10), form=None, name="Contest", **round_keys) -> Contest:
    """A contest of one round; `round_keys` go into the round, those of `scores` by their own names."""
    scores = {
        "files": "e*",
        **{k: round_keys.pop(k) for k in ("files", "layout", "columns") if k in round_keys},
    }
    return check_params({
        "year": 2024,
        "contest": {
            "name": name, "data": "data", "seed": 1,
            "submissions": {"file": "form.csv", **(form or {})},
            "criteria": [{"id": c, "name": name} for c, name in criteria.items()],
            "rounds": [{"id": "jury", "name": "Jury", "scores": scores, "scale": {"min": scale[0], "max": scale[1]},
                        "select": {"seats": 1}, **round_keys}],
        },
    }).contest  # fmt: skip


def write(folder: Path, files: dict[str, object], sent=FORM) -> None:
    """Files by name: rows for a csv, sheets of rows for a workbook."""
    for name, content in {"form.csv": sent, **files}.items():
        if name.endswith(".csv"):
            with (folder / name).open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows(content)
            continue
        with xlsxwriter.Workbook(folder / name, {"in_memory": True}) as book:
            for title, rows in content.items():
                page = book.add_worksheet(title)
                for at, row in enumerate(rows):
                    page.write_row(at, 0, row)


def read(folder: Path, files: dict[str, object], sent=FORM, **keys) -> Scoresheets:
    """The round of the contest, read from these files."""
    write(folder, files, sent)
    rules = contest(**keys)
    intake, r = received(rules, folder), rules.rounds[0]
    known = roster(rules, r, folder, intake.submissions, intake.submissions["eligible"], intake.versions)
    return read_scores(rules, r, folder, known)


def by_juror(result: Scoresheets) -> dict[str, list[float]]:
    """The marks of each juror, in the order of submissions and criteria."""
    return {str(j): t["score"].tolist() for j, t in result.ratings.groupby("juror")}


def told(result: Scoresheets, code: str, *columns: str) -> list[list[str]]:
    """What the findings of a code say."""
    return result.findings.loc[result.findings["code"] == code, list(columns)].values.tolist()
