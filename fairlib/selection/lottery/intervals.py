"""Who stands surely before whom? Intervals of the estimates, and the groups that the rule counts, for a lottery.

Everything is in whole units of 10^-decimals, as the rule compares estimates, so that equal means equal.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from fairlib.errors import SelectionError
from fairlib.scoring.estimators.adjust import Estimates
from fairlib.selection.admit.greedy import admit, nest
from fairlib.selection.rule.compiled import Problem
from fairlib.selection.rule.ties import rounded


@dataclass(frozen=True, eq=False)
class Node:
    """At least `lower` and at most `upper` of the places `start:stop` of a line-up get a seat."""

    start: int
    stop: int
    lower: int
    upper: int


@dataclass(frozen=True, eq=False)
class LineUp:
    """Those who can be selected, so ordered that each group of the rule is a stretch; within one by id.

    `who` (n,) are positions among the problem's submissions, `low` and `high` (n,) the ends of their intervals.
    `nodes` are the groups, those inside others first; the last is the whole contest with its number of seats. `group`
    (n,) is the code of the innermost rule around each: of one group are those whom the rules treat alike.
    The order hangs on names of groups and ids alone, never on rows or estimates.
    """

    who: np.ndarray
    low: np.ndarray
    high: np.ndarray
    nodes: tuple[Node, ...]
    group: np.ndarray


def line_up(problem: Problem, estimates: Estimates, level: float | None = None) -> LineUp:
    """The intervals of those in the ranking over the thresholds: estimate ± z standard errors, at `level`.

    `level` is the rule's if not given. Ends are rounded to the decimals of the rule.

    Raises SelectionError where no lottery can keep its chances: a budget with unequal grants, groups of the rule
    that overlap, or an estimate without a standard error, which is named.
    """
    who = np.flatnonzero(problem.admissible & (problem.order.key >= problem.least))
    _refuse(problem, who)
    half = _half(problem, estimates, who, problem.select.lottery.interval if level is None else level)
    path = _paths(problem, who)
    ids = [str(s) for s in problem.submissions[who]]
    order = np.array(sorted(range(len(who)), key=lambda k: (path[k], ids[k])), dtype=np.int64)
    who, half = who[order], half[order]
    key = problem.order.key[who].astype(np.int64)
    group = np.array([path[k][-1] if path[k] else "" for k in order], dtype=object)
    return LineUp(who, key - half, key + half, _nodes(problem, who), group)


def _refuse(problem: Problem, who: np.ndarray) -> None:
    if problem.budget is not None and len(np.unique(problem.cost[who])) > 1:
        raise SelectionError(
            "A lottery with chances fixed beforehand cannot keep a budget of unequal grants: which sets fit hangs on "
            "who is in them, and no draw meets chances and budget both. Give every project the same grant (`grant: "
            "fixed`), or take `line: draw`, which goes down the lots as long as the money lasts."
        )
    if nest(problem.counts, who) is None:
        raise SelectionError(
            "A lottery with chances fixed beforehand needs groups that lie inside or beside each other; two rules "
            "of the params overlap (as quotas by nomination and by region do, or a cap per organisation across "
            "nominations), so that chances may fit every quota and no set does. Leave one of them out, or take "
            "`line: draw`."
        )


def _half(problem: Problem, estimates: Estimates, who: np.ndarray, level: float) -> np.ndarray:
    """Half the width of each interval in units (n,)."""
    ids = problem.submissions[who]
    se = estimates.submissions["se"].reindex(ids).to_numpy(dtype=float, na_value=np.nan)
    if not np.isfinite(se).all():
        gone = ids[~np.isfinite(se)]
        more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
        raise SelectionError(
            f"`line: maximin` needs the error of every estimate, and method {estimates.method} has none for "
            f"submission {gone[0]}{more}: without it nobody stands surely before anybody. Take another estimator, "
            "or `line: cut` or `draw`."
        )
    return rounded(norm.ppf((1 + level) / 2) * se, problem.select.decimals).astype(np.int64)


def _paths(problem: Problem, who: np.ndarray) -> list[tuple[str, ...]]:
    """Codes of the groups around each of `who`, from the outside in."""
    around = sorted(problem.counts, key=lambda b: (-np.isin(who, b.members).sum(), b.code))
    inside = [(b.code, np.isin(who, b.members)) for b in around]
    return [tuple(code for code, member in inside if member[k]) for k in range(len(who))]


def _nodes(problem: Problem, who: np.ndarray) -> tuple[Node, ...]:
    """The groups as stretches of the line-up, one for each stretch, the whole contest last."""
    limits: dict[tuple[int, int], tuple[int, int]] = {}
    for b in problem.counts:
        at = np.flatnonzero(np.isin(who, b.members))
        if len(at):
            stretch = (int(at[0]), int(at[-1]) + 1)
            lower, upper = limits.get(stretch, (0, len(at)))
            limits[stretch] = (max(lower, b.lower), min(upper, b.upper))
    seats = int(admit(problem).sum())  # as many as the rules have room for, whatever the estimates
    limits[0, len(who)] = (seats, seats)
    return tuple(Node(*s, *limits[s]) for s in sorted(limits, key=lambda s: (s[1] - s[0], s)))
