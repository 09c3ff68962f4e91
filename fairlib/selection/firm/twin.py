"""The twin commission: would an equally qualified second commission have chosen the same?

A world is drawn from the posterior; new jurors, as different from each other as these, give new marks in
the same design; the same estimator and the same rule follow. The overlap with what was selected here says how
much of the choice is the submissions' and how much is the luck of the jurors.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fairlib.scoring.estimators import simple
from fairlib.scoring.estimators.adjust import Estimates
from fairlib.scoring.estimators.inverse import symmetric_inverse
from fairlib.scoring.estimators.panels import Panels
from fairlib.scoring.estimators.reml import Fit, Point
from fairlib.scoring.estimators.twoway import components_of, laplacian, pseudo_inverse
from fairlib.selection.admit.greedy import admit, admit_many
from fairlib.selection.firm.worlds import CELLS, Worlds, onto, place_of, replicates, worlds
from fairlib.selection.rule.compiled import Problem

LEVEL = 0.95
ONE_BY_ONE = 400  # replicates of estimators that are not linear in the marks
LINEAR = ("severity", "additive", "raw")
STATUS = {
    "ok": "",
    "as_severity": "marks of a second commission are drawn as composites, so its estimates are those of severity",
    "no_error": "the marks leave no error from which a second commission could be drawn",
    "no_model": "the twin commission needs the severity estimates of the same marks",
    "no_line": "nobody was selected, or everybody who could be, whatever the marks",
}
Core = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Twin:
    """Overlap of the selected with a second commission's.

    `overlap` is the expected number of submissions that both select, `low` and `high` hold 95 % of the
    replicates, `shared` (index submission) is the share of second commissions that select each. Without
    an answer the numbers are None, `shared` is empty and `status` names the reason in `STATUS`.
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
    commission has its own jurors, residuals and marks, and the same readers per submission. Its estimates
    are linear in its marks for severity (BLUP at the estimated ratios of variances; Henderson 1975),
    additive and raw; median, trimmed and zscore are worked out one by one, at most 400 times; rasch is
    read as severity (`as_severity`). Thresholds on single criteria are as observed.
    """
    source = estimates if estimates.fit is not None else model
    if source is None or source.fit is None:
        return no_twin("no_model")
    mine = admit(problem)
    if not mine.any():
        return no_twin("no_line")
    fit, n = source.fit, n or replicates(problem, problem.select.certainty.draws)
    method = estimates.method if estimates.method != "rasch" else "severity"
    if method not in LINEAR:
        n = min(n, ONE_BY_ONE)
    place = place_of(source.submissions.index, problem)
    core, drawn = core_of(method, fit), []
    step = max(1, CELLS // max(1, fit.sums.panels.n))
    for block, start in enumerate(range(0, n, step)):
        own = int(np.random.SeedSequence([seed, 1, block]).generate_state(1)[0])
        there = worlds(fit, min(step, n - start), own)
        merit = core(second_marks(fit.sums.panels, there, own))
        drawn.append(admit_many(problem, onto(merit, place, problem)))
    return _counted(problem, mine, np.concatenate(drawn), estimates.method)


def _counted(problem: Problem, mine: np.ndarray, chosen: np.ndarray, method: str) -> Twin:
    both = np.sort((chosen & mine).sum(axis=1))
    cut = int(np.floor((1 - LEVEL) / 2 * len(both) + 1e-9))
    shared = pd.Series(chosen.mean(axis=0), index=problem.submissions, name="p_twin")
    status = "as_severity" if method == "rasch" else "ok"
    low, high = int(both[cut]), int(both[len(both) - 1 - cut])
    return Twin(float(both.mean()), low, high, int(mine.sum()), shared, len(both), status)


def second_marks(p: Panels, there: Worlds, seed: int) -> np.ndarray:
    """Marks (D, n) of a new commission in each world, in the sorted order of the design."""
    rng = np.random.default_rng([seed, 2])
    y = rng.standard_normal((len(there.merit), p.n)) * there.residual_sd[:, None]
    y += there.merit[:, p.owner]
    y += (rng.standard_normal(there.juror.shape) * there.juror_sd[:, None])[:, p.who]
    return y


def core_of(method: str, fit: Fit) -> Core:
    """Marks (D, n) in sorted order to estimates (D, I), with what depends on the design done once."""
    p = fit.sums.panels
    if method not in LINEAR:
        return lambda y: _one_by_one(getattr(simple, method), p, y)
    of_submission = sp.csr_array((np.ones(p.n), p.owner, np.arange(p.n + 1)), shape=(p.n, p.n_submissions))
    of_juror = sp.csr_array((np.ones(p.n), p.who, np.arange(p.n + 1)), shape=(p.n, p.n_jurors))
    if method == "severity":
        return lambda y: _blup(fit, y @ of_submission, y @ of_juror)
    mean = 1 / np.maximum(p.readers, 1)
    if method == "raw":
        return lambda y: (y @ of_submission) * mean
    inverse = pseudo_inverse(laplacian(p), components_of(p)[2])

    def additive(y: np.ndarray) -> np.ndarray:
        total = y @ of_submission
        b = (y @ of_juror - _over_submissions(p, total * mean)) @ inverse
        return (total - p.over_readers(b.T).T) * mean

    return additive


def _blup(fit: Fit, total: np.ndarray, by_juror: np.ndarray) -> np.ndarray:
    """level_g(i) + a_i (D, I) at the ratios of a fit from sums over submissions (D, I) and jurors (D, J)."""
    p, at = fit.sums.panels, Point(fit.sums, fit.ratios)
    j, own = p.n_jurors, (p.level[:, None] == np.arange(p.n_levels)).astype(float)
    shrink = at.la / (1 + at.la * p.readers)
    by_juror = by_juror - _over_submissions(p, total * shrink)
    by_level = total @ own - (total * shrink) @ p.by_level
    u = np.column_stack([by_juror, by_level]) @ (symmetric_inverse(at.chol) * np.outer(at.scale, at.scale))
    if p.n_levels > 1:
        u += (u[:, j:] @ (at.levels.pull.T - np.eye(p.n_levels))) @ at.along.T
    read = p.over_readers(u[:, :j].T).T + u[:, j:] @ p.by_level.T
    return u[:, j:] @ own.T + shrink * (total - read)


def _over_submissions(p: Panels, values: np.ndarray) -> np.ndarray:
    """Sum of values (D, I) over the submissions that each juror read: (D, J)."""
    shape = (p.n_submissions, p.n_jurors)
    return values @ sp.csr_array((np.ones(p.n), p.who, np.append(p.start, p.n)), shape=shape)


def _one_by_one(method: Callable, p: Panels, y: np.ndarray) -> np.ndarray:
    """Estimates of each row of marks; one without a usable mark gets the mean of its row."""
    found = np.array([method(p, row).estimate for row in y])
    return np.where(np.isfinite(found), found, y.mean(axis=1, keepdims=True))
