"""What each step reads from the steps before it, and what it hands on: files ↔ tables of one run."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from fairlib.intake.sheets.jurors import read_conflicts, read_jurors
from fairlib.intake.sheets.rows_meant import match_conflicts
from fairlib.intake.sheets.usable import Roster
from fairlib.intake.submissions import COLUMNS
from fairlib.rules import Contest, Round
from fairlib.store import read_table, write_table

_VALUES = {"requested", "own_funds", "duration_months", "monotown", "eligible"}
TEXT = tuple(c for c in COLUMNS if c not in _VALUES)


@dataclass(frozen=True, eq=False)
class Scored:
    """What scoring handed on: the marks, who may mark what, and `table`, the estimates (index submission)."""

    ratings: pd.DataFrame
    roster: Roster
    table: pd.DataFrame


def save_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write tables by the names of their files."""
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")


def read_submissions(run_dir: Path) -> pd.DataFrame:
    """Accepted submissions, index submission, as intake wrote them."""
    table = read_table(run_dir / "intake" / "submissions.csv", "submission", TEXT)
    return table.fillna(dict.fromkeys(table.columns[table.dtypes == "str"], ""))


def in_round(contest: Contest, r: Round, run_dir: Path, submissions: pd.DataFrame) -> pd.Series:
    """Which submissions a round is about: the eligible ones, or those selected in the round before."""
    before = contest.before(r.id)
    if before is None:
        return submissions["eligible"].astype(bool)
    decisions = read_table(run_dir / before.id / "decisions.csv", "submission")
    chosen = decisions.index[decisions["decision"] == "selected"]
    return submissions.index.isin(chosen) & submissions["eligible"]


def roster(
    contest: Contest,
    r: Round,
    data: Path,
    submissions: pd.DataFrame,
    here: pd.Series,
    versions: dict,
    set_aside: dict | None = None,
) -> Roster:
    """Who may mark what in a round; conflicts name the ids meant, for an earlier version the kept one's."""
    none = pd.DataFrame(columns=["juror", "submission"], dtype="str")
    found: list[dict[str, str]] = []
    own, of_form = r.scores.columns, contest.submissions.columns.get("submission", ())
    jurors = read_jurors(data / r.jurors, found, own) if r.jurors else None
    conflicts = read_conflicts(data / r.conflicts, found, own, of_form) if r.conflicts else none
    known = Roster(jurors, conflicts, submissions.assign(in_round=here), versions, set_aside or {})
    meant = match_conflicts(known, (), Path(r.conflicts or "").name, found)
    return replace(known, conflicts=meant, findings=tuple(found))


def read_roster(contest: Contest, r: Round, data: Path, run_dir: Path) -> Roster:
    """Who may mark what in a round of a run, from what the steps before have written."""
    submissions = read_submissions(run_dir)
    aside = read_table(run_dir / "intake" / "set_aside.csv", text=("kept",))
    resent = aside[aside["reason"] == "resent"]
    versions = dict(zip(resent["submission"], resent["kept"], strict=True))
    here = in_round(contest, r, run_dir, submissions)
    why = dict(zip(aside["submission"], aside["reason"], strict=True))
    return roster(contest, r, data, submissions, here, versions, why)


def with_levels(contest: Contest, r: Round, ratings: pd.DataFrame, submissions: pd.DataFrame) -> pd.DataFrame:
    """Ratings with the groups of each submission that have levels of their own, in the columns of `level_columns`."""
    found = {}
    for name, level in level_names(contest, r).items():
        group = submissions[level].astype(object).where(submissions[level].notna(), "").astype(str)
        found[name] = ratings["submission"].map(group).fillna("")
    return ratings.assign(**found)


def level_names(contest: Contest, r: Round) -> dict[str, str]:
    """The columns of levels in the ratings of a round, with what each is of: `level` where there is one."""
    levels = contest.levels(r.id)
    if len(levels) == 1 and not levels[0].fixed:
        return {"level": levels[0].column}
    return {f"{'fixed' if x.fixed else 'level'}:{x.column}": x.column for x in levels}
