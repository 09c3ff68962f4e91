"""What does each way at the line give to whom? Chances of all submissions, and how a single mark moves them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from fairlib.errors import ScoringError, SelectionError
from fairlib.scoring.crossed.reml import Fit
from fairlib.scoring.estimators.adjust import Estimates
from fairlib.selection.admit.greedy import admit_many
from fairlib.selection.firm.certainty import Certainty, band_of
from fairlib.selection.firm.draw import down_lots, is_open
from fairlib.selection.firm.twin import core_of
from fairlib.selection.firm.worlds import merits, onto, place_of, replicates
from fairlib.selection.lottery.blocks import apart
from fairlib.selection.lottery.chances import best_chances, work
from fairlib.selection.lottery.intervals import LineUp, line_up
from fairlib.selection.rule.compiled import Problem

MARKS = 8  # that are moved, one at a time
LOTS, DRAWS = 400, 400
MOVED, COMPARED = 150, 500  # kinds open up to which a lottery is worked out again for each mark, and once
STATUS = ("ok", "no_lottery", "too_many_open", "score_not_moved")

Chosen = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class State:
    """A contest as it is, or as one mark would make it: `observed` estimates (I,), the certainty, a line-up or None."""

    problem: Problem
    observed: np.ndarray
    found: Certainty
    line: LineUp | None

    @property
    def openly(self) -> np.ndarray:
        """Who is in the open band (I,)."""
        return is_open(self.problem, self.found)


def now(estimates: Estimates, problem: Problem, found: Certainty) -> State:
    """The contest as it is; without a line-up where a lottery cannot keep the rule."""
    try:
        line = line_up(problem, estimates)
    except SelectionError:
        line = None
    return State(problem, problem.order.key / 10.0**problem.select.decimals, found, line)


def lottery_status(at: State) -> str:
    """Whether the lottery that is best in the worst case can be compared, and if not, why; a code of `STATUS`.

    What decides is how many kinds of submissions are open, a count: it is the same on every machine.
    """
    if at.line is None:
        return "no_lottery"
    n = work(apart(at.line)[1])
    return "too_many_open" if n > COMPARED else "score_not_moved" if n > MOVED else "ok"


def maximin_chances(at: State) -> np.ndarray | None:
    """Chances (I,) of the lottery that is best in the worst case; None where there is none or too many are open."""
    if at.line is None or work(apart(at.line)[1]) > COMPARED:
        return None
    p = np.zeros(len(at.observed))
    p[at.line.who] = best_chances(at.line).p
    return p


def lot_chances(at: State, seed: int) -> np.ndarray:
    """Chances (I,) of a draw in the open band, each submission with the same lots whoever else is in it."""
    n = replicates(at.problem, LOTS)
    lots = np.random.default_rng([seed, 4]).random((n, len(at.observed)))[:, at.openly]
    return down_lots(at.problem, at.found, np.argsort(np.argsort(lots, axis=1), axis=1)).mean(axis=0)


def after_one_mark(estimates: Estimates, fit: Fit, labels, at: State, seed: int) -> list[State]:
    """The contest after one mark of one juror is a step higher or lower: `MARKS` marks, at random, one at a time.

    Ratios of variances stay, so estimates of `severity` move as their formula says; those of an estimator that is not
    linear move as they would from the marks that the model expects. Errors stay as they are.
    """
    p, rng = fit.sums.incidence, np.random.default_rng([seed, 6])
    base = fit.merit[p.owner] + fit.juror_effect[p.who]
    which = rng.choice(p.n, min(MARKS, p.n), replace=False)
    step = at.problem.scale.step if at.problem.scale is not None and at.problem.scale.step else 1.0
    y = np.tile(base, (len(which) + 1, 1))
    y[np.arange(1, len(y)), which] += step * rng.choice([-1, 1], len(which))
    made = core_of(estimates.method, fit)(y)
    shift = onto(made[1:] - made[0], place_of(labels, at.problem), at.problem)
    try:
        draws = np.concatenate(list(merits(estimates, at.problem, replicates(at.problem, DRAWS), seed)))
    except ScoringError:
        return []
    return [_moved(at, row, draws) for row in (np.zeros_like(shift[0]), *shift)]


def _moved(at: State, shift: np.ndarray, draws: np.ndarray) -> State:
    """The same contest with estimates that are `shift` (I,) higher."""
    problem, unit = at.problem, 10.0**at.problem.select.decimals
    observed = np.where(problem.ranked, at.observed + shift, at.observed)
    p = admit_many(problem, draws + shift).mean(axis=0)
    band = np.where(problem.ranked, band_of(p, problem.select.certainty), "clear_out")
    found = replace(at.found, table=at.found.table.assign(p_selected=p, band=band))
    line = at.line
    if line is not None:
        by = np.rint(shift[line.who] * unit).astype(np.int64)
        line = replace(line, low=line.low + by, high=line.high + by)
    return State(problem, observed, found, line)


def places_moved(states: list[State], chances: Callable[[State], np.ndarray | None]) -> float:
    """How many places change hands on average when one mark moves a step: half the sum of changes of chances."""
    if len(states) < 2 or (base := chances(states[0])) is None:
        return np.nan
    found = [chances(s) for s in states[1:]]
    return float(np.mean([np.abs(p - base).sum() / 2 for p in found if p is not None]))


def widest(at: State, p: np.ndarray) -> float:
    """The largest difference of chances `p` (I,) between two whom the rule treats alike and whose intervals overlap."""
    if at.line is None:
        return np.nan
    line, worst = at.line, 0.0
    innermost = np.zeros(len(line.who), dtype=np.int64)
    for k in range(len(line.nodes) - 1, -1, -1):
        innermost[line.nodes[k].start : line.nodes[k].stop] = k
    for k in np.unique(innermost):
        mine = np.flatnonzero(innermost == k)
        low, high, q = line.low[mine], line.high[mine], p[line.who[mine]]
        for some in np.array_split(
            np.arange(len(mine)), len(mine) // 500 + 1
        ):  # all pairs at once are too many
            overlap = (low[some, None] <= high) & (low <= high[some, None])
            worst = max(worst, float(np.where(overlap, q[some, None] - q, 0).max()))
    return worst
