"""Is there a set that keeps every bound, and which is best? Integer programmes solved to gap 0 by HiGHS.

Each programme is tried as a linear one first: where its optimum is whole, it is the integer optimum.
What HiGHS returns is rounded and checked against the bounds in whole numbers before it is believed.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from scipy.sparse import csc_array

from fairlib.errors import SelectionError
from fairlib.selection.rule.compiled import Problem

CORE = 24  # variables the first core programme leaves open


@dataclass(frozen=True, eq=False)
class Rows:
    """Bounds on n variables as whole numbers: `lower ≤ matrix @ x ≤ upper`, arrays (R, n), (R,), (R,).

    Row 0 counts everybody, the last row is money where there is a budget (`money`), in the
    largest unit of which every cost is a multiple.
    """

    matrix: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    money: bool

    def keeps(self, total: np.ndarray) -> np.ndarray:
        """Whether totals (R,) or (R, k) of the rows are within the bounds."""
        wide = total.ndim > 1
        low, high = (self.lower[:, None], self.upper[:, None]) if wide else (self.lower, self.upper)
        return np.all((total >= low) & (total <= high), axis=0)

    def columns(self, kept: np.ndarray) -> "Rows":
        """The same bounds on some of the variables."""
        return Rows(self.matrix[:, kept], self.lower, self.upper, self.money)


def rows_of(problem: Problem, who: np.ndarray) -> Rows:
    """The bounds of a problem on the positions `who` (n,)."""
    place = np.full(len(problem.submissions), -1)
    place[who] = np.arange(len(who))
    matrix = np.zeros((len(problem.counts) + 1, len(who)), dtype=np.int64)
    matrix[0] = 1
    lower, upper = [0], [len(who)]
    for k, b in enumerate(problem.counts, start=1):
        members = place[b.members]
        matrix[k, members[members >= 0]] = 1
        lower.append(b.lower)
        upper.append(min(b.upper, len(who)))
    if problem.budget is not None:
        unit = max(1, int(np.gcd.reduce(problem.cost[who], initial=0)))
        matrix = np.vstack([matrix, problem.cost[who] // unit])
        lower.append(0)
        upper.append(problem.budget // unit)
    return Rows(matrix, np.array(lower, np.int64), np.array(upper, np.int64), problem.budget is not None)


def solve(objective: np.ndarray, rows: Rows, most: np.ndarray, whole: bool = False) -> np.ndarray | None:
    """Whole numbers 0 ≤ x ≤ `most` (n,) within the rows with the least `objective @ x`; None if there are none.

    `whole` skips the linear programme. Raises SelectionError if HiGHS fails to decide.
    """
    most = most.astype(np.int64)
    free = (most > 0) & (rows.matrix <= rows.upper[:, None]).all(axis=0)
    x = np.zeros(len(most), dtype=np.int64)
    if rows.keeps(np.zeros(len(rows.lower), np.int64)) and not (objective[free] < 0).any():
        return x
    matrix, limit = rows.matrix[:, free], most[free]
    if not free.any() or (rows.upper < 0).any() or (matrix @ limit < rows.lower).any():
        return None
    binds = (rows.lower > 0) | (matrix @ limit > rows.upper)
    part = Rows(matrix[binds], rows.lower[binds], rows.upper[binds], rows.money)
    found = _highs(objective[free], part, limit, [1] if whole else [0, 1])
    if found is None:
        return None
    x[free] = found
    return x


def _highs(objective: np.ndarray, rows: Rows, most: np.ndarray, kinds: list[int]) -> np.ndarray | None:
    """Ask HiGHS, as a linear programme (0) or an integer one (1), and believe what holds in whole numbers."""
    within = scipy.optimize.LinearConstraint(csc_array(rows.matrix.astype(float)), rows.lower, rows.upper)
    for integral in kinds:
        found = scipy.optimize.milp(
            objective,
            constraints=within if len(rows.lower) else None,
            bounds=scipy.optimize.Bounds(np.zeros(len(most)), most),
            integrality=np.full(len(most), integral),
            options={"mip_rel_gap": 0},
        )
        if found.status == 2:
            return None
        if found.status != 0:
            raise SelectionError(f"The integer programme could not be decided: {found.message}")
        x = np.clip(np.rint(found.x).astype(np.int64), 0, most)
        near = np.abs(found.x - x).max() < 1e-5
        if near and rows.keeps(rows.matrix @ x):
            return x
    return _without(x, objective, rows, most)


def _without(x: np.ndarray, objective: np.ndarray, rows: Rows, most: np.ndarray) -> np.ndarray | None:
    """Ask again without `x`, which HiGHS took for possible and which is over the budget by a rounding.

    Whatever contains an impossible set is impossible: that is one more row (a cover inequality).
    """
    one = np.repeat(np.arange(len(most)), most)
    first = np.arange(len(one)) - np.repeat(np.cumsum(most) - most, most) < x[one]
    cover = Rows(
        np.vstack([rows.matrix[:, one], first]),
        np.append(rows.lower, 0),
        np.append(rows.upper, first.sum() - 1),
        rows.money,
    )
    found = _highs(objective[one], cover, np.ones(len(one), np.int64), [1])
    return None if found is None else np.bincount(one, weights=found, minlength=len(most)).astype(np.int64)


def largest(worth: np.ndarray, rows: Rows) -> tuple[np.ndarray, np.ndarray] | None:
    """The set (n,) of 0 and 1 with the largest sum of `worth` (whole numbers), and what may vary (n,).

    The linear programme gives an upper limit and reduced costs. The variables with the smallest ones (the
    core) are decided by an integer programme, the others held; those whose reduced cost exceeds the gap
    cannot change in any optimum, and the core grows until that is all others (Balas & Zemel 1980).
    `may vary` is True where the reduced cost does not rule out another value in a set as good.
    None if no set keeps the rows.
    """
    n = len(worth)
    if n == 0:
        return (np.zeros(0, np.int64), np.zeros(0, bool)) if rows.keeps(np.zeros(len(rows.lower))) else None
    above, below = rows.matrix.sum(axis=1) > rows.upper, rows.lower > 0
    matrix = csc_array(np.vstack([rows.matrix[above], -rows.matrix[below]]).astype(float))
    edge = np.concatenate([rows.upper[above], -rows.lower[below]])
    limit = scipy.optimize.linprog(-worth.astype(float), matrix, edge, bounds=(0, 1))
    if limit.status == 2:
        return None
    if limit.status != 0:
        raise SelectionError(f"The linear programme could not be decided: {limit.message}")
    held = np.rint(limit.x).astype(np.int64)
    reduced = np.abs(limit.lower.marginals + limit.upper.marginals)
    reduced[np.abs(limit.x - held) > 1e-7] = 0
    tolerance = 1e-9 * max(1.0, abs(limit.fun)) + 0.5
    if (np.abs(limit.x - held) < 1e-7).all() and rows.keeps(rows.matrix @ held):
        return held, reduced <= -limit.fun - int(worth @ held) + tolerance
    core = np.zeros(n, dtype=bool)
    core[np.argsort(reduced, kind="stable")[:CORE]] = True
    while True:
        x = _core(worth, rows, held, core)
        gap = np.inf if x is None else -limit.fun - int(worth @ x) + tolerance
        vary = reduced <= gap
        if not (vary & ~core).any():
            return None if x is None else (x, vary)
        core |= vary


def _core(worth: np.ndarray, rows: Rows, held: np.ndarray, core: np.ndarray) -> np.ndarray | None:
    """The best set that differs from `held` only on the core."""
    fixed = rows.matrix[:, ~core] @ held[~core]
    part = Rows(rows.matrix[:, core], rows.lower - fixed, rows.upper - fixed, rows.money)
    found = solve(-worth[core].astype(float), part, np.ones(int(core.sum())), whole=True)
    if found is None:
        return None
    x = held.copy()
    x[core] = found
    return x
