"""Which marks may be used? Known submission, juror and criterion; one mark a cell; no conflict.

A mark that names something unknown is rejected with a finding; a mark under a declared conflict is
recused; two different marks in one cell stop the run, because choosing one would be guessing.
"""

from dataclasses import dataclass

import pandas as pd

from fairlib.errors import DataError
from fairlib.intake.findings import finding
from fairlib.intake.identifiers import mask

CELL = ["submission", "juror", "criterion"]
RATINGS = ["round", *CELL, "score", "status", "source"]


@dataclass(frozen=True)
class Roster:
    """Who may mark what.

    `jurors` (index juror) or None where the contest keeps no list; `conflicts` (juror, submission) as
    declared; `submissions` (index submission) of the contest with `in_round` (bool) and, if known,
    `organisation_id`; `versions` maps the ids of earlier sent versions to the id that was kept.
    """

    jurors: pd.DataFrame | None
    conflicts: pd.DataFrame
    submissions: pd.DataFrame
    versions: dict[str, str]


def check_marks(
    raw: pd.DataFrame, roster: Roster, criteria: list[str], found: list[dict]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split raw marks into ratings and rejected ones; every row goes one way. Appends to `found`.

    Raises DataError where one juror gave a submission two different marks on a criterion.
    """
    raw = _follow_versions(raw, roster, found)
    reason = _reasons(raw, roster, criteria)
    _tell_rejected(raw, reason, found)
    reason = reason.mask(_repeated(raw, reason, found), "repeated")
    kept = _recuse(raw[reason == ""], roster, found)
    _tell_own_organisation(kept, roster, found)
    _tell_unmarked(kept, roster, found)
    rejected = raw.assign(reason=reason).loc[reason != "", ["source", *CELL, "typed", "reason"]]
    rejected["typed"] = rejected["typed"].map(mask)
    return kept[[*RATINGS, *(c for c in ("day", "slot") if c in kept)]], rejected


def at_mark(row: dict, code: str, severity: str, done: str, found: str = "") -> dict[str, str]:
    """A finding at the cell of a mark."""
    where = {k: row[k] for k in ("file", "sheet", "cell", "submission", "juror")}
    return finding(code, severity, done, found=found, **where)


def _follow_versions(raw: pd.DataFrame, roster: Roster, found: list[dict]) -> pd.DataFrame:
    old = raw["submission"].isin(roster.versions)
    for _, group in raw[old].groupby(["juror", "submission"], sort=True):
        row = group.iloc[0].to_dict()
        kept = roster.versions[row["submission"]]
        found.append(at_mark(row, "earlier_version", "warning", f"counted for {kept}", row["submission"]))
    return raw.assign(submission=raw["submission"].where(~old, raw["submission"].map(roster.versions)))


def _reasons(raw: pd.DataFrame, roster: Roster, criteria: list[str]) -> pd.Series:
    here = roster.submissions.index[roster.submissions["in_round"]]
    reason = pd.Series("", index=raw.index, dtype=object)
    reason = reason.mask(~raw["submission"].isin(here), "not_in_round")
    reason = reason.mask(~raw["submission"].isin(roster.submissions.index), "unknown_submission")
    if roster.jurors is not None:
        reason = reason.mask((reason == "") & ~raw["juror"].isin(roster.jurors.index), "unknown_juror")
    reason = reason.mask((reason == "") & (raw["juror"] == ""), "unknown_juror")
    return reason.mask((reason == "") & ~raw["criterion"].isin(criteria), "unknown_criterion")


def _tell_rejected(raw: pd.DataFrame, reason: pd.Series, found: list[dict]) -> None:
    unknown = {"unknown_juror": "juror", "unknown_criterion": "criterion"}
    rows = raw.assign(reason=reason)[reason != ""]
    for (why, _, _), group in rows.groupby(["reason", "submission", "juror"], sort=True):
        row = group.iloc[0].to_dict()
        severity = "warning" if why == "not_in_round" else "error"
        done = f"{len(group)} mark(s) left out"
        found.append(at_mark(row, why, severity, done, row[unknown.get(why, "submission")]))


def _repeated(raw: pd.DataFrame, reason: pd.Series, found: list[dict]) -> pd.Series:
    """Second and later cells of the same mark. Raises DataError where they differ."""
    live = raw[reason == ""]
    twins = live[live.duplicated(CELL, keep=False)]
    for _, group in twins.groupby(CELL, sort=True):
        if len(set(zip(group["score"].fillna(-1), group["status"], strict=True))) > 1:
            places = " and ".join(
                f"{s} ({mask(t) or 'empty'})" for s, t in zip(group["source"], group["typed"], strict=True)
            )
            row = group.iloc[0]
            raise DataError(
                f"{places}: juror {row['juror']} gave submission {row['submission']} two different marks on "
                f"{row['criterion']}; ask which one is meant and empty the other."
            )
    again = live.duplicated(CELL)
    for _, group in live[again].groupby(["submission", "juror"], sort=True):
        found.append(
            at_mark(group.iloc[0].to_dict(), "repeated", "info", "the same mark again: counted once")
        )
    return again.reindex(raw.index, fill_value=False)


def _recuse(ratings: pd.DataFrame, roster: Roster, found: list[dict]) -> pd.DataFrame:
    pairs = pd.MultiIndex.from_frame(ratings[["juror", "submission"]])
    declared = pairs.isin(pd.MultiIndex.from_frame(roster.conflicts[["juror", "submission"]]))
    marked = ratings[declared & (ratings["status"] == "scored")]
    for _, group in marked.groupby(["submission", "juror"], sort=True):
        row = group.iloc[0].to_dict()
        found.append(at_mark(row, "marked_despite_conflict", "warning", "recused: a conflict is declared"))
    return ratings.assign(
        status=ratings["status"].mask(declared, "recused"), score=ratings["score"].mask(declared)
    )


def _tell_own_organisation(ratings: pd.DataFrame, roster: Roster, found: list[dict]) -> None:
    if roster.jurors is None or not {"organisation_id"} <= set(roster.jurors) & set(roster.submissions):
        return
    theirs = ratings["submission"].map(roster.submissions["organisation_id"])
    own = (ratings["juror"].map(roster.jurors["organisation_id"]) == theirs) & theirs.notna() & (theirs != "")
    for _, group in ratings[own & (ratings["status"] == "scored")].groupby(
        ["submission", "juror"], sort=True
    ):
        row = group.iloc[0].to_dict()
        done = "the marks count; add the pair to the conflicts file to leave them out"
        found.append(at_mark(row, "own_organisation", "error", done))


def _tell_unmarked(ratings: pd.DataFrame, roster: Roster, found: list[dict]) -> None:
    here = roster.submissions.index[roster.submissions["in_round"]]
    scored = set(ratings.loc[ratings["status"] == "scored", "submission"].unique())
    for submission in sorted(set(here) - scored):
        found.append(finding("no_marks", "error", "it has no estimate", submission=submission))
