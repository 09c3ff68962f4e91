"""From marks to estimates by the rules of one round; tables are on the contest's own scale."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from fairlib.contract import nothing
from fairlib.errors import Disconnected, ScoringError
from fairlib.rules import Contest, Round
from fairlib.scoring.crossed.twoway import components_of
from fairlib.scoring.estimators.adjust import (
    Estimates,
    estimate,
    one_mark_for_all,
    per_criterion,
    rank_changes,
    refuse_pooled,
)
from fairlib.scoring.estimators.table import estimator
from fairlib.scoring.ratings import composite_of, level_columns, scored
from fairlib.stage.direction import oriented, turned, turned_estimates
from fairlib.stage.handed_on import level_names

_MOVED = {
    "rank": "rank",
    "raw_rank": "rank_raw",
    "change": "change",
    "by_readers": "moved_by_readers",
    "by_shrinkage": "moved_by_shrinkage",
    "cause": "moved_mainly_by",
}


@dataclass(frozen=True, eq=False)
class Found:
    """Estimates of a round: `table` on the contest's scale, as in the contract; `estimates` higher is better.

    `levels` is what is known of each two nominations or other groups, `level_means` how high each stands,
    `groupings` how far the groups of each grouping lie apart: the tables of `scoring.crossed.level_tables`
    on the contest's scale. They have no rows where all have one level. `reliability` (index juror) has the noise
    and slope of each juror; no rows where the estimator does not look for them.
    """

    estimates: Estimates
    table: pd.DataFrame
    levels: pd.DataFrame
    level_means: pd.DataFrame
    groupings: pd.DataFrame
    reliability: pd.DataFrame

    @property
    def jurors(self) -> pd.DataFrame:
        """Severity of each juror (index juror): `severity, se, n_submissions, component, status`."""
        return self.estimates.jurors

    @property
    def components(self) -> Mapping[str, float | str]:
        """Variances of the severity model and its mean level; empty for other estimators."""
        return self.estimates.components or {}


def estimate_by(contest: Contest, r: Round, ratings: pd.DataFrame, method: str) -> Found:
    """Estimate a round by `method`.

    A submission with fewer jurors than the round's `min_scores` keeps its raw numbers and has no
    estimate: its status is `too_few_jurors`.

    Raises ScoringError where the marks cannot support the estimator, and where nominations that no juror
    links would be compared without `levels` in the rules of the round.
    """
    marks, weights = oriented(r, ratings), contest.weights(r.id)
    try:
        if estimator(method).has_levels and level_columns(marks) and r.levels is None:
            _refuse_undeclared(marks, weights, method)
        found = one_mark_for_all(marks, method, weights) or estimate(marks, method, weights)
    except Disconnected as why:
        raise ScoringError(f"{why.parts} {_remedies(r, bool(level_columns(marks)))}") from None
    found = _with_enough(found, r.min_scores)
    table = found.submissions.join(found.intervals())
    table = table.join(rank_changes(found)[list(_MOVED)].rename(columns=_MOVED))
    gaps = marks[marks["status"].isin(["missing", "invalid"])].groupby("submission").size()
    table["n_missing"] = gaps.reindex(table.index, fill_value=0)
    table = table.join(_by_criterion(contest, marks, method))
    noises = nothing("reliability", "juror") if found.reliability is None else found.reliability
    levels, level_means, groupings = _levels(contest, r, found)
    return Found(found, turned_estimates(r, table), levels, level_means, groupings, noises)


def _refuse_undeclared(marks: pd.DataFrame, weights: dict[str, float], method: str) -> None:
    """Refuse to compare nominations that no juror links, unless the rules said beforehand to do it."""
    pairs = composite_of(scored(marks), weights)
    n_parts, of_submission, of_juror = components_of(pairs.incidence())
    if n_parts > 1:
        refuse_pooled(of_submission, of_juror, pairs, method)


def _remedies(r: Round, with_levels: bool) -> str:
    """What those who hold the contest can do about jurors whom nothing links."""
    told = (
        "Let some jurors read in another part too (the scoring notebook lists the readings that link them "
        "best), or, where all jurors are taken as equally strict, say so: `estimator: raw` under "
        f"rounds.{r.id}."
    )
    if with_levels and r.levels is None:
        told += (
            " If the parts are nominations and their panels are taken as equally strict on the whole, "
            "`levels: nomination` in the round says so: they are then compared, and every error has the "
            "difference of panels in it."
        )
    return told


def _levels(contest: Contest, r: Round, found: Estimates) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Contrasts, means and spreads of levels, groupings by the name of their column."""
    names = level_names(contest, r)

    def told(name: str, table: pd.DataFrame | None) -> pd.DataFrame:
        if table is None:
            return nothing(name)
        named = table.assign(grouping=table["grouping"].replace(names))
        return turned(r, named, marks=["mean"], gaps=["difference", "alike"])

    return (
        told("levels", found.contrasts),
        told("level_means", found.levels),
        told("groupings", found.groupings),
    )


def _by_criterion(contest: Contest, marks: pd.DataFrame, method: str) -> pd.DataFrame:
    """`by_CRITERION`, the estimate of each criterion alone, then `status_CRITERION`: why one is missing."""
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
