"""From ratings to estimates to a choice, by the rules of one round.

In the library higher is better; a contest where low is best is turned round here, once on the way in
(`Scale.orient`) and once on the way out, so that every table is on the contest's own scale.
"""

from dataclasses import replace

import pandas as pd
from scipy.special import ndtri

from fairlib.rules import Contest, Round, Selection
from fairlib.scoring.adjust import Estimates, estimate, per_criterion, rank_changes
from fairlib.selection.choose import Choice, choose

Z95 = ndtri(0.975)
_MOVED = {"rank": "rank", "raw_rank": "rank_raw", "change": "change", "by_readers": "moved_by_readers",
          "by_shrinkage": "moved_by_shrinkage", "cause": "moved_mainly_by"}  # fmt: skip
_MARKS = ("estimate", "raw_mean", "raw_median", "low", "high")


def oriented(r: Round, ratings: pd.DataFrame) -> pd.DataFrame:
    """Ratings with higher marks better, whatever the scale of the round says."""
    return ratings.assign(score=r.scale.orient(ratings["score"]))


def turned(r: Round, table: pd.DataFrame) -> pd.DataFrame:
    """A table of estimates turned round: from higher-is-better to the contest's own scale, or back."""
    if r.scale.best == "high":
        return table
    turn = [c for c in table if c in _MARKS or c.startswith("by_")]
    back = table.assign(**{c: r.scale.orient(table[c]) for c in turn})
    return back.rename(columns={"low": "high", "high": "low"})[list(table.columns)]


def estimates_of(
    contest: Contest, r: Round, ratings: pd.DataFrame, method: str | None = None
) -> tuple[Estimates, pd.DataFrame]:
    """Estimates of a round by its estimator, and the contract's table of them on the contest's scale.

    A submission with fewer jurors than the round's `min_scores` keeps its raw numbers and has no
    estimate: its status is `too_few_jurors`.

    Raises ScoringError where the marks cannot support the estimator.
    """
    marks = oriented(r, ratings)
    method = method or r.estimator
    found = _with_enough(estimate(marks, method, contest.weights(r.id)), r.min_scores)
    table = found.submissions
    half = Z95 * table["se"]
    table = table.assign(low=table["estimate"] - half, high=table["estimate"] + half)
    table = table.join(rank_changes(found)[list(_MOVED)].rename(columns=_MOVED))
    gaps = marks[marks["status"].isin(["missing", "invalid"])].groupby("submission").size()
    table["n_missing"] = gaps.reindex(table.index, fill_value=0)
    return found, turned(r, table.join(_by_criterion(contest, marks, method)))


def _by_criterion(contest: Contest, marks: pd.DataFrame, method: str) -> pd.DataFrame:
    """`by_CRITERION`, the estimate of each criterion alone, then `status_CRITERION`, which says why one is missing."""
    by = per_criterion(marks, method)[["estimate", "status"]].unstack("criterion")
    order = [c.id for c in contest.criteria if c.id in by["estimate"]]
    status = by["status"][order].fillna("no_scored_mark")
    return by["estimate"][order].add_prefix("by_").join(status.add_prefix("status_"))


def _with_enough(found: Estimates, least: int) -> Estimates:
    table = found.submissions.copy()
    few = (table["n_jurors"] > 0) & (table["n_jurors"] < least)
    table["status"] = table["status"].mask(few, "too_few_jurors")
    table.loc[few, "estimate"] = pd.NA
    return replace(found, submissions=table)


def candidates(
    contest: Contest, r: Round, submissions: pd.DataFrame, here: pd.Series, table: pd.DataFrame
) -> pd.DataFrame:
    """What selection decides on: every submission of the contest in its first round, later those of the round."""
    about = submissions if contest.before(r.id) is None else submissions[here]
    joined = about.join(turned(r, table))
    joined["status"] = joined["status"].astype(object).where(joined["status"].notna(), "no_marks")
    return joined


def select_from(
    contest: Contest,
    r: Round,
    submissions: pd.DataFrame,
    here: pd.Series,
    table: pd.DataFrame,
    rule: Selection | None = None,
) -> Choice:
    """Carry out the rule of a round (or another one, to see what it would do) on a table of estimates.

    Raises SelectionError where the rule cannot be carried out.
    """
    return choose(
        candidates(contest, r, submissions, here, table), rule or r.select, seed=contest.seed, scale=r.scale
    )
