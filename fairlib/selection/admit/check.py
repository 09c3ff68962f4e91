"""Is the choice right? Each is worked out again by a route that shares nothing with the first but the bounds.

Up to twelve submissions: all sets. A greedy choice: the descent and the programmes of `exact.py`. An exact
one: plain integer programmes, one variable a submission and no shortcut.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
import scipy

from fairlib.errors import SelectionError
from fairlib.selection.admit.exact import admit_exact
from fairlib.selection.admit.greedy import is_greedy
from fairlib.selection.admit.programme import Rows, rows_of
from fairlib.selection.choose import Choice
from fairlib.selection.rule.compiled import Problem

FEW = 12


@dataclass(frozen=True)
class Check:
    """The route that was taken (`all_sets`, `descent`, `programme`) and whether it found the same choice."""

    route: str
    agrees: bool
    differ: tuple[str, ...]


def verify_choice(problem: Problem, choice: Choice) -> Check:
    """Work a choice out again by an independent route; `differ` lists the ids on which they disagree.

    Manual decisions are outside the rule and not looked at; unbroken ties are compared in their working
    order.

    Raises SelectionError if the choice is of other submissions than the problem.
    """
    if list(problem.submissions) != list(choice.problem.submissions):
        raise SelectionError("The choice is of other submissions than the problem.")
    who = problem.order.line()
    who = who[problem.admissible[who] & (problem.order.key[who] >= problem.least)]
    route, again = _again(problem, who)
    full = np.zeros(len(problem.submissions), dtype=bool)
    full[who] = again
    full[choice.undecided] = False
    wrong = np.flatnonzero(full != choice.admitted)
    return Check(route, len(wrong) == 0, tuple(str(s) for s in problem.submissions[wrong]))


def _again(problem: Problem, who: np.ndarray) -> tuple[str, np.ndarray]:
    rows = rows_of(problem, who)
    keys = problem.order.key[who]
    stops = problem.budget is not None and problem.policy == "stop" and problem.in_order
    if len(who) <= FEW and not stops:
        return "all_sets", _all_sets(problem, rows, keys)
    if is_greedy(problem, who):
        again = admit_exact(problem, keys[None, :].astype(float), who, relax=False, first=True)[0]
        return "descent", again
    return "programme", _plain(problem, rows, keys, stops)


def _all_sets(problem: Problem, rows: Rows, keys: np.ndarray) -> np.ndarray:
    """The best of all 2^n sets that keep the rows; sets come in order, the first down the line first."""
    table = np.array(list(product([1, 0], repeat=len(keys))), dtype=np.int64)
    table = table.reshape(2 ** len(keys), len(keys))
    total = table @ rows.matrix.T
    table = table[((total >= rows.lower) & (total <= rows.upper)).all(axis=1)]
    if problem.in_order:
        return table[0].astype(bool)
    return table[np.argmax(table @ np.maximum(keys, 0))].astype(bool)


def _plain(problem: Problem, rows: Rows, keys: np.ndarray, stops: bool) -> np.ndarray:
    """Fix one submission after the other; for `best_total` among the sets with the largest sum."""
    matrix, lower, upper = (a.astype(float) for a in (rows.matrix, rows.lower, rows.upper))
    fixed = np.full(len(keys), -1)
    if not problem.in_order:
        worth = np.maximum(keys, 0).astype(float)
        best = _solve(matrix, lower, upper, fixed, -worth)
        matrix, lower = np.vstack([matrix, worth]), np.append(lower, round(worth @ best))
        upper = np.append(upper, np.inf)
    for i in range(len(keys)):
        fixed[i] = 1
        if _solve(matrix, lower, upper, fixed) is None:
            only_money = stops and _solve(matrix[:-1], lower[:-1], upper[:-1], fixed) is not None
            fixed[i] = 0
            if only_money:
                stops = False
                fewest = _solve(matrix, lower, upper, fixed, np.ones(len(keys)))
                assert fewest is not None, "what was fixed before could be completed"
                upper[0] = round(fewest.sum())
    return fixed == 1


def _solve(matrix, lower, upper, fixed, objective=None) -> np.ndarray | None:
    low, high = np.where(fixed == 1, 1, 0), np.where(fixed == 0, 0, 1)
    found = scipy.optimize.milp(
        np.zeros(len(fixed)) if objective is None else objective,
        constraints=scipy.optimize.LinearConstraint(matrix, lower, upper),
        bounds=scipy.optimize.Bounds(low, high),
        integrality=np.ones(len(fixed)),
        options={"mip_rel_gap": 0},
    )
    return None if found.status == 2 else np.rint(found.x)
