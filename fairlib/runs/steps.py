"""What each step reads from the steps before it, and what it hands on: files ↔ tables of one run."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from fairlib.errors import DataError
from fairlib.intake.sheets.jurors import read_conflicts, read_jurors
from fairlib.intake.sheets.read import Scoresheets, read_scores
from fairlib.intake.sheets.refusals import nothing_scored
from fairlib.intake.sheets.rows_meant import match_conflicts
from fairlib.intake.sheets.usable import Roster
from fairlib.intake.submissions import COLUMNS, Intake
from fairlib.rules import Contest, Round
from fairlib.runs.place import Run
from fairlib.store import read_table, write_bytes, write_table

if TYPE_CHECKING:  # 01 and 02 need nothing of selection
    from fairlib.selection.firm.draw import Drawn

_VALUES = {"requested", "own_funds", "duration_months", "monotown", "eligible"}
TEXT = tuple(c for c in COLUMNS if c not in _VALUES)


def save_intake(run: Run, intake: Intake) -> None:
    """Write the three tables of intake."""
    folder = run.folder("intake")
    write_table(intake.submissions, folder / "submissions.csv")
    write_table(intake.set_aside, folder / "set_aside.csv")
    write_table(intake.findings, folder / "findings.csv")


def read_submissions(run: Run) -> pd.DataFrame:
    """Accepted submissions, index submission, as intake wrote them."""
    table = read_table(run.folder("intake") / "submissions.csv", "submission", TEXT)
    return table.fillna(dict.fromkeys(table.columns[table.dtypes == "str"], ""))


def in_round(run: Run, round_id: str, submissions: pd.DataFrame) -> pd.Series:
    """Which submissions a round is about: the eligible ones, or those selected in the round before."""
    before = run.contest.before(round_id)
    if before is None:
        return submissions["eligible"].astype(bool)
    decisions = read_table(run.folder(before.id) / "decisions.csv", "submission")
    return (
        submissions.index.isin(decisions.index[decisions["decision"] == "selected"]) & submissions["eligible"]
    )


def roster(
    contest: Contest,
    r: Round,
    data: Path,
    submissions: pd.DataFrame,
    here: pd.Series,
    versions: dict,
    set_aside: dict | None = None,
) -> Roster:
    """Who may mark what in a round; conflicts name the ids that are meant, of an earlier version the kept one's."""
    none = pd.DataFrame(columns=["juror", "submission"], dtype="str")
    found: list[dict[str, str]] = []
    own, of_form = r.scores.columns, contest.submissions.columns.get("submission", ())
    jurors = read_jurors(data / r.jurors, found, own) if r.jurors else None
    conflicts = read_conflicts(data / r.conflicts, found, own, of_form) if r.conflicts else none
    known = Roster(jurors, conflicts, submissions.assign(in_round=here), versions, set_aside or {})
    meant = match_conflicts(known, (), Path(r.conflicts or "").name, found)
    return replace(known, conflicts=meant, findings=tuple(found))


def read_roster(run: Run, round_id: str) -> Roster:
    """Who may mark what in a round of a run, from what the steps before have written."""
    r, submissions = run.round(round_id), read_submissions(run)
    aside = read_table(run.folder("intake") / "set_aside.csv", text=("kept",))
    resent = aside[aside["reason"] == "resent"]
    versions = dict(zip(resent["submission"], resent["kept"], strict=True))
    here = in_round(run, round_id, submissions)
    why = dict(zip(aside["submission"], aside["reason"], strict=True))
    return roster(run.contest, r, run.data, submissions, here, versions, why)


def with_levels(contest: Contest, r: Round, ratings: pd.DataFrame, submissions: pd.DataFrame) -> pd.DataFrame:
    """Ratings with the `level` of each submission, its nomination or what the round names; unchanged without any."""
    column = contest.levels(r.id)
    if column is None:
        return ratings
    level = submissions[column].astype(object).where(submissions[column].notna(), "").astype(str)
    return ratings.assign(level=ratings["submission"].map(level).fillna(""))


def read_round(run: Run, round_id: str) -> Scoresheets:
    """The score files of a round, read against what the steps before have written.

    Raises DataError where the steps before left nobody for the round, or no mark can be used; see also `read_scores`.
    """
    known = read_roster(run, round_id)
    if not known.submissions["in_round"].any():
        raise DataError(
            f"There is nothing to score in the round {round_id}: {len(known.submissions)} submissions were accepted "
            "and none is left for it; look at intake/set_aside.csv and the rules under contest.submissions."
        )
    r = run.round(round_id)
    sheets = read_scores(run.contest, r, run.data, known)
    if refusal := nothing_scored(sheets.ratings, r):
        raise refusal
    return replace(sheets, ratings=with_levels(run.contest, r, sheets.ratings, known.submissions))


def save_scoring(run: Run, round_id: str, sheets: Scoresheets, tables: dict[str, pd.DataFrame]) -> None:
    """Write what a round's scoring made: the sheets as read, and `tables` by file name."""
    folder = run.folder(round_id)
    write_table(sheets.ratings, folder / "ratings.csv")
    write_table(sheets.comments, folder / "comments.csv")
    write_table(sheets.rejected, folder / "rejected.csv")
    write_table(sheets.findings, folder / "findings.csv")
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")


def read_estimates(run: Run, round_id: str) -> pd.DataFrame:
    """Estimates of a round, index submission, as scoring wrote them."""
    return read_table(run.folder(round_id) / "estimates.csv", "submission")


def read_ratings(run: Run, round_id: str) -> pd.DataFrame:
    """The ratings table of a round, as scoring wrote it."""
    return read_table(run.folder(round_id) / "ratings.csv", text=("day", "slot", "level"))


def save_selection(
    run: Run,
    round_id: str,
    decisions: pd.DataFrame,
    tables: dict[str, pd.DataFrame],
    lots: "Drawn | None" = None,
) -> None:
    """Write the decisions of a round in the order of their ranks, and `tables` by file name.

    Where lots were drawn: also what anybody needs to draw them again (`docs/verify_draw.py`).
    """
    folder = run.folder(round_id)
    order = decisions.reset_index().sort_values(["rank", "submission"], na_position="last", kind="stable")
    write_table(order, folder / "decisions.csv")
    if lots is not None:
        tables = tables | {"draw": lots.table, "draw_summary": lots.summary}
        write_bytes(lots.text.encode(), folder / "draw_list.txt")
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")
