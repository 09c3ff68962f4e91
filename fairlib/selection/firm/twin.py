"""The twin commission: would an equally qualified second commission have chosen the same?

A world is drawn from the posterior, its merits leaning to a side where those seen do (`shape`); new jurors, as
different from each other as these, give new marks in the same design; the same estimator and the same rule follow. The
overlap with what was selected here says how much of the choice is the submissions' and how much the luck of the jurors.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.reml import Fit
from fairlib.scoring.estimators.adjust import Estimates
from fairlib.scoring.estimators.estimator import Many
from fairlib.scoring.estimators.table import drawn_as, estimator
from fairlib.scoring.misfit.shape import Shape, is_skewed, shape_of
from fairlib.selection.admit.greedy import admit, admit_many
from fairlib.selection.firm.worlds import CELLS, Worlds, onto, place_of, replicates, worlds
from fairlib.selection.rule.compiled import Problem

LEVEL = 0.95
ONE_BY_ONE = 400  # replicates of estimators that are not linear in the marks
STATUS = {"ok", "as_severity", "no_error", "no_model", "no_line"}


@dataclass(frozen=True, eq=False)
class Twin:
    """Overlap of the selected with a second commission's.

    `overlap` is the expected number of submissions that both select, `low` and `high` hold 95 % of the
    replicates, `shared` (index submission) is the share of second commissions that select each. Without
    an answer the numbers are None, `shared` is empty and `status`, one of `STATUS`, says why.
    """

    overlap: float | None
    low: int | None
    high: int | None
    n_selected: int
    shared: pd.Series
    replicates: int
    status: str


def no_twin(status: str) -> Twin:
    """A twin commission that cannot be drawn, and why."""
    return Twin(None, None, None, 0, pd.Series(dtype=float, name="p_twin"), 0, status)


def twin(
    estimates: Estimates, problem: Problem, *, seed: int, n: int | None = None, model: Estimates | None = None
) -> Twin:
    """Draw second commissions and count the overlap: `n`, or as many as the rule's draws (`worlds.replicates`).

    Merits and variances come from the posterior of the severity model, `model` or `estimates` itself; each
    commission has its own jurors, residuals and marks, and the same readers per submission. Estimates that
    are linear in the marks (`Estimator.many`; severity at the estimated ratios of variances, Henderson 1975)
    are made at once, others one by one, at most 400 times; one that reads single marks is read as severity
    (`as_severity`), and one with a model of its own (`ordinal`) draws worlds and marks from that, in its steps.
    Thresholds on single criteria are as observed.
    """
    source = estimates if estimates.has_second or estimates.fit is not None else model
    if source is None or not (source.has_second or source.fit):
        return no_twin("no_model")
    mine = admit(problem)
    if not mine.any():
        return no_twin("no_line")
    n = n or replicates(problem, problem.select.certainty.draws)
    if source.has_second or estimator(drawn_as(estimates.method)).many is None:
        n = min(n, ONE_BY_ONE)
    place = place_of(source.submissions.index, problem)
    drawn = [
        admit_many(problem, onto(merit, place, problem))
        for merit in _seconds(source, estimates.method, n, seed)
    ]
    by_itself = source.has_second or drawn_as(estimates.method) == estimates.method
    return _counted(problem, mine, np.concatenate(drawn), "ok" if by_itself else "as_severity")


def _seconds(source: Estimates, method: str, n: int, seed: int) -> Iterator[np.ndarray]:
    """Estimates of `n` second commissions, in blocks (D, I) of the submissions of `source`."""
    if source.fit is None:
        yield source.second(n, int(np.random.SeedSequence([seed, 1]).generate_state(1)[0]))
        return
    p, core, shape = source.fit.sums.incidence, core_of(method, source.fit), as_shown(source)
    step = max(1, CELLS // max(1, p.n))
    for block, start in enumerate(range(0, n, step)):
        own = int(np.random.SeedSequence([seed, 1, block]).generate_state(1)[0])
        there = worlds(source.fit, min(step, n - start), own)
        if shape is not None:
            there = replace(there, merit=shape.moved(there.merit))
        yield core(second_marks(p, there, own))


def as_shown(source: Estimates) -> Shape | None:
    """The distribution of merits that the marks of severity estimates show; None: a normal one will do."""
    fit = source.fit
    if fit is None or not is_skewed((fit.merit - fit.level)[fit.sums.incidence.readers > 0]):
        return None
    se = source.submissions["se"].to_numpy(dtype=float, na_value=0.0)
    return shape_of(fit.merit, se, fit.level, fit.submission)


def _counted(problem: Problem, mine: np.ndarray, chosen: np.ndarray, status: str) -> Twin:
    both = np.sort((chosen & mine).sum(axis=1))
    cut = int(np.floor((1 - LEVEL) / 2 * len(both) + 1e-9))
    shared = pd.Series(chosen.mean(axis=0), index=problem.submissions, name="p_twin")
    low, high = int(both[cut]), int(both[len(both) - 1 - cut])
    return Twin(float(both.mean()), low, high, int(mine.sum()), shared, len(both), status)


def second_marks(p: Incidence, there: Worlds, seed: int) -> np.ndarray:
    """Marks (D, n) of a new commission in each world, in the sorted order of the design.

    Severities are new; where jurors differ in reliability, each seat keeps the noise and slope of its world.
    """
    rng = np.random.default_rng([seed, 2])
    merit, noise = there.seen(p)
    y = rng.standard_normal((len(there.merit), p.n)) * noise
    y += merit
    y += (rng.standard_normal(there.juror.shape) * there.juror_sd[:, None])[:, p.who]
    return y


def core_of(method: str, fit: Fit) -> Many:
    """Marks (D, n) in sorted order to estimates (D, I), with what depends on the design done once.

    One without a usable mark gets the mean of its row of marks.
    """
    serves = estimator(drawn_as(method))
    if serves.many is not None:
        return serves.many(fit)
    again = serves.again(fit.sums.incidence, None)

    def one_by_one(y: np.ndarray) -> np.ndarray:
        found = np.array([again(row)[0] for row in y])
        return np.where(np.isfinite(found), found, y.mean(axis=1, keepdims=True))

    return one_by_one
