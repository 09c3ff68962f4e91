"""Where would one more reading help most? The submission–juror pairs by what they add to right decisions.

A new mark is one more linear observation of merit and severity: the posterior moves by a matrix of rank one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from fairlib.errors import SelectionError
from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.likelihood import Point
from fairlib.scoring.crossed.reml import Fit
from fairlib.scoring.estimators.adjust import Estimates
from fairlib.selection.admit.greedy import admit, admit_many
from fairlib.selection.firm.worlds import onto, place_of, replicates
from fairlib.selection.rule.compiled import Problem

_DRAWS = 2000
_SCREENED = 40  # submissions that the full calculation looks at, where the rule is quickly applied
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()
_CLEAR = 1e-6  # probabilities this close to 0 or 1 are as good as certain


@dataclass(frozen=True, eq=False)
class Posterior:
    """Merits and jurors given the marks at the estimated variances, all normal.

    `merit` (I,) and `juror` (J,) are the means; `lift` (I, J+G) and `own` (I,) give the merits as
    lift @ (b, β) + independent errors of variance `own`; `h` (J+G, J+G) is the covariance of (b, β), β the levels.
    """

    merit: np.ndarray
    juror: np.ndarray
    lift: np.ndarray
    own: np.ndarray
    h: np.ndarray
    residual: float


@dataclass(frozen=True, eq=False)
class _Drawn:
    """Draws of what is so, given the marks: `merit` (D, I) and `juror` (D, J), and `place`, see `place_of`."""

    problem: Problem
    place: np.ndarray
    after: Posterior
    merit: np.ndarray
    juror: np.ndarray

    @cached_property
    def belongs(self) -> np.ndarray:
        """Whom the rule on the true merits selects (D, I)."""
        return self._chosen(self.merit)

    @cached_property
    def now(self) -> np.ndarray:
        """Whom the rule selects on the marks that there are (I,)."""
        return self._back(admit(self.problem)[None, :])[0]

    def gain(self, i: int, j: int) -> float:
        """Expected increase of the number of rightly chosen by one mark of juror `j` for submission `i`."""
        after = self.after
        through = after.lift @ after.h
        column = through @ after.lift[i] + through[:, j]
        column[i] += after.own[i]
        level = self.merit[:, i] + self.juror[:, j]
        centre = after.merit[i] + after.juror[j]
        mark = column[i] + through[i, j] + after.h[j, j] + after.residual
        then = self._chosen(after.merit + np.multiply.outer(_NODES, column / np.sqrt(mark)))
        log = -((centre + _NODES[:, None] * np.sqrt(mark) - level) ** 2) / (2 * after.residual)
        weight = np.exp(log - log.max(axis=1, keepdims=True))
        weight /= weight.sum(axis=1, keepdims=True)
        change = then.astype(float) - self.now
        touched = np.flatnonzero(change.any(axis=0))
        right = weight @ self.belongs[:, touched]
        return float(_WEIGHTS @ (change[:, touched] * right).sum(axis=1))

    def _chosen(self, merits: np.ndarray) -> np.ndarray:
        return self._back(admit_many(self.problem, onto(merits, self.place, self.problem)))

    def _back(self, chosen: np.ndarray) -> np.ndarray:
        """Choices (D, I of the problem) in the order of the fit."""
        out = np.zeros((len(chosen), len(self.after.merit)), dtype=bool)
        out[:, self.place[self.place >= 0]] = chosen[:, self.place >= 0]
        return out


def readings(
    model: Estimates,
    problem: Problem,
    *,
    seed: int,
    conflicts: pd.DataFrame | Iterable[tuple] | None = None,
    k: int = 10,
) -> pd.DataFrame:
    """The `k` submissions for which one more reading is worth most, each with its best free juror.

    `model` are `severity` estimates, `conflicts` pairs (juror, submission) that are left out, as are
    readings that exist. Columns: `submission, juror, p_selected, se, se_after` (standard error of the
    merit before and after), `gain` (expected increase of the number of rightly chosen: of selected
    submissions that the rule on the true merits would select), falling. Each row is for one reading
    alone; gains do not add up. Variances are held at their estimates.

    For every mark that could come (9 nodes of the predictive normal) the estimates move by the rank-one update,
    the whole rule is applied, and who belongs is read from draws of the posterior weighted by that mark.
    Pairs are screened by the same gain for a single submission against a line that stays, in closed form.

    Raises SelectionError where `model` is not of the severity model, or no free pair is left.
    """
    if model.fit is None:
        raise SelectionError("Where to read next is worked out from severity estimates.")
    p, after = model.fit.sums.incidence, given(model.fit)
    free = _free(p, model, problem, conflicts)
    if not free.any():
        raise SelectionError(
            "Every juror has read every submission in the ranking or has a conflict with it."
        )
    rng = np.random.default_rng([seed, 6])
    n = replicates(problem, _DRAWS)
    merit, juror = _draw(after, p, n, rng)
    drawn = _Drawn(problem, place_of(model.submissions.index, problem), after, merit, juror)
    belongs = drawn.belongs.mean(axis=0)
    learnt, spread = _learnt(after, p)
    screen = np.where(free, _alone(belongs, learnt, spread), -np.inf)
    looked_at, rows = max(k, _SCREENED if n == _DRAWS else 0), []
    for i in np.argsort(-screen.max(axis=1), kind="stable")[:looked_at]:
        j = int(np.argmax(screen[i]))
        if free[i, j]:
            rows.append((i, j, drawn.gain(i, j), np.sqrt(max(spread[i] - learnt[i, j] ** 2, 0))))
    table = pd.DataFrame(rows, columns=["i", "j", "gain", "se_after"]).sort_values("gain", ascending=False)
    i, j = table["i"].to_numpy(), table["j"].to_numpy()
    table.insert(0, "submission", model.submissions.index[i])
    table.insert(1, "juror", model.jurors.index[j])
    table.insert(2, "p_selected", belongs[i])
    table.insert(3, "se", np.sqrt(spread[i]))
    kept = ["submission", "juror", "p_selected", "se", "se_after", "gain"]
    return table[kept].head(k).reset_index(drop=True)


def given(fit: Fit) -> Posterior:
    """The joint normal of merits and jurors given the marks (Henderson 1975), variances at their estimates."""
    p, at = fit.sums.incidence, Point(fit.sums, fit.ratios)
    shrink = at.la / (1 + at.la * p.readers)
    lift = np.zeros((p.n_submissions, p.n_jurors + p.n_levels))
    lift[p.owner, p.who] = -shrink[p.owner]
    lift[:, p.n_jurors :] = p.levels.columns - shrink[:, None] * p.by_level
    return Posterior(fit.merit, fit.juror_effect, lift, at.residual * shrink, at.covariance, at.residual)


def _free(p: Incidence, model: Estimates, problem: Problem, conflicts) -> np.ndarray:
    """Pairs (I, J) that may still be read: in the ranking, not read, no conflict."""
    free = np.zeros((p.n_submissions, p.n_jurors), dtype=bool)
    free[model.submissions.index.isin(problem.submissions[problem.admissible])] = True
    free[p.owner, p.who] = False
    pairs = (
        conflicts[["juror", "submission"]].to_numpy() if isinstance(conflicts, pd.DataFrame) else conflicts
    )
    for juror, submission in () if pairs is None else pairs:
        i = model.submissions.index.get_indexer([submission])[0]
        j = model.jurors.index.get_indexer([juror])[0]
        if i >= 0 and j >= 0:
            free[i, j] = False
    return free


def _draw(after: Posterior, p: Incidence, n: int, rng) -> tuple[np.ndarray, np.ndarray]:
    """Draws of merits (n, I) and juror effects (n, J)."""
    value, axes = np.linalg.eigh(after.h)
    u = (rng.standard_normal((n, len(value))) * np.sqrt(np.maximum(value, 0))) @ axes.T
    noise = rng.standard_normal((n, p.n_submissions)) * np.sqrt(after.own)
    return after.merit + u @ after.lift.T + noise, after.juror + u[:, : p.n_jurors]


def _learnt(after: Posterior, p: Incidence) -> tuple[np.ndarray, np.ndarray]:
    """Standard deviation of the move of each merit's mean by each juror's mark (I, J), and variances (I,)."""
    through = after.lift @ after.h
    variance = (through * after.lift).sum(axis=1) + after.own
    with_juror, own = through[:, : p.n_jurors], np.diag(after.h)[: p.n_jurors]
    shared = variance[:, None] + with_juror
    mark = variance[:, None] + 2 * with_juror + own + after.residual
    return shared / np.sqrt(mark), variance


def _alone(p_selected: np.ndarray, learnt: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Gain (I, J) of a reading where only its own submission moves against a line that stays."""
    at = ndtri(np.clip(p_selected, _CLEAR, 1 - _CLEAR))[:, None]
    share = np.minimum(np.abs(learnt) / np.sqrt(np.maximum(variance[:, None], 1e-300)), 1 - 1e-9)
    total = np.zeros(share.shape)
    for z, w in zip(_NODES, _WEIGHTS, strict=True):
        moved = (at + share * z) / np.sqrt(1 - share**2)
        total += w * np.where(np.sign(moved) != np.sign(at), ndtr(np.abs(moved)) - 0.5, 0.0)
    return total
