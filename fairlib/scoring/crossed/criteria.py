"""Criteria drawn together: what one juror gives one submission on several criteria shares an error (halo).

The model of `reml` for all C criteria at once: marks of juror j for submission i are x_iᵀB + a_i + b_j + e_ij, all
of length C, a_i ~ N(0, Σ_a), b_j ~ N(0, Σ_b), e_ij ~ N(0, Σ_e), with covariances between criteria that the marks
alone say: submission × criterion, juror × criterion, and halo in Σ_e. Each entry comes from the exact likelihood of
`reml`: variances of a criterion and of the sum of two. Given these all is normal, and drawn exactly:
jurors and levels from one normal of (J + P)·C numbers, submissions given them.

Henderson & Quaas (1976) J. Anim. Sci. 43:1188 (several traits); Thorndike (1920) J. Appl. Psychol. 4:25 (halo).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import scipy

from fairlib.errors import ScoringError
from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.reml import fit_sums
from fairlib.scoring.crossed.sums import sums_of

MOST = 8000  # numbers of jurors and levels that are drawn from one normal
_PILOT, _CELLS = 4000, 4_000_000
_LEAST = 1e-8  # of the error's variance: what a variance of 0 counts as


@dataclass(frozen=True)
class Covariances:
    """Between criteria, in squared points, each (C, C): of submissions, of jurors, of one reading."""

    submission: np.ndarray
    juror: np.ndarray
    residual: np.ndarray


def covariances(design: Incidence, y: np.ndarray) -> Covariances:
    """Covariances between criteria of marks y (n, C), in the order in which the design was made.

    Cov = (V(x + y) − V(x) − V(y))/2 with REML variances; what is then no covariance matrix is brought to the nearest.
    """
    c = y.shape[1]
    found = np.zeros((3, c, c))
    for k in range(c):
        found[:, k, k] = _variances(design, y[:, k])
    for k, m in combinations(range(c), 2):
        both = _variances(design, y[:, k] + y[:, m])
        found[:, k, m] = found[:, m, k] = (both - found[:, k, k] - found[:, m, m]) / 2
    least = _LEAST * max(float(np.diag(found[2]).max()), float(y.var()) * _LEAST, 1e-30)
    return Covariances(*(_nearest(v, least) for v in found))


def _variances(design: Incidence, y: np.ndarray) -> np.ndarray:
    """REML variances (submission, juror, residual); zeros where marks do not differ."""
    try:
        fit = fit_sums(sums_of(design, y))
    except ScoringError:
        return np.zeros(3)
    return np.array([fit.submission, fit.juror, fit.residual])


def _nearest(v: np.ndarray, least: float) -> np.ndarray:
    value, axes = np.linalg.eigh(v)
    return (axes * np.maximum(value, least)) @ axes.T


class Together:
    """The posterior of C criteria of I submissions, variances held: marks y (n, C) as for `covariances`."""

    def __init__(self, design: Incidence, y: np.ndarray):
        self.design, self.centre = design, y.mean(axis=0)
        self.cov = covariances(design, y)
        self.parts = [sums_of(design, column) for column in y.T]

    @property
    def fits(self) -> bool:
        """Whether jurors and levels can be drawn from one normal."""
        return (self.design.n_jurors + self.design.n_levels) * len(self.centre) <= MOST

    @cached_property
    def _error(self) -> np.ndarray:
        """Σ_e⁻¹."""
        return np.linalg.inv(self.cov.residual)

    def _given(self, d: float) -> np.ndarray:
        """Covariance (C, C) of a submission's part read d times, jurors and levels known."""
        return np.linalg.inv(np.linalg.inv(self.cov.submission) + d * self._error)

    @cached_property
    def _solved(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean (J+P, C) of jurors and levels, and the lower Cholesky factor of their precision."""
        p, e = self.design, self._error
        width, c = p.n_jurors + p.n_levels, len(self.centre)
        system = np.kron(p.border(), e)
        right = np.column_stack([s.ysum for s in self.parts]) @ e
        nt = np.stack([s.nt for s in self.parts], axis=2)
        for k, d in enumerate(p.sizes):
            pulled = e @ self._given(d) @ e
            system -= np.kron(p.gram(np.eye(len(p.sizes))[k]), pulled)
            right -= nt[k] @ pulled
        jurors = np.zeros(width)
        jurors[: p.n_jurors] = 1
        system += np.kron(np.diag(jurors), np.linalg.inv(self.cov.juror))
        factor = np.linalg.cholesky((system + system.T) / 2)
        mean = scipy.linalg.cho_solve((factor, True), right.ravel()).reshape(width, c)
        return mean, factor

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """`n` joint draws of the worth of every submission on every criterion: (n, I, C)."""
        p, c = self.design, len(self.centre)
        mean, factor = self._solved
        noise = rng.standard_normal((mean.size, n))
        u = scipy.linalg.solve_triangular(factor, noise, lower=True, trans=1).T.reshape(n, -1, c) + mean
        total = np.column_stack([s.total for s in self.parts])
        juror, level = u[:, : p.n_jurors], u[:, p.n_jurors :]
        read = p.over_readers(juror.transpose(1, 0, 2).reshape(p.n_jurors, -1)).reshape(-1, n, c)
        read = read.transpose(1, 0, 2) + np.einsum("ip,npc->nic", p.by_level, level)
        out = np.einsum("ip,npc->nic", p.levels.columns, level) + self.centre
        for d in np.unique(p.readers):
            own = p.readers == d
            given = self._given(float(d))
            root = np.linalg.cholesky(given)
            out[:, own] += (total[own] - read[:, own]) @ (self._error @ given)
            out[:, own] += rng.standard_normal((n, int(own.sum()), c)) @ root.T
        return out


class Given:
    """Draws of criteria where the composites are drawn already, from whatever posterior these have.

    `Together` is drawn from; what a draw's composite is off from the one wanted is shared out by the regression of each
    criterion of a submission on its composite, found once by a pilot of draws.
    """

    def __init__(self, together: Together, weights: np.ndarray, seed: int):
        self.together, self.weights, self.seed = together, weights / weights.sum(), seed
        n = min(_PILOT, max(200, _CELLS // max(together.design.n_submissions * len(weights), 1)))
        pilot = together.draw(n, np.random.default_rng([seed, 0]))
        off = pilot - pilot.mean(axis=0)
        composite = off @ self.weights
        self.slope = (
            np.einsum("nic,ni->ic", off, composite) / np.maximum((composite**2).sum(axis=0), 1e-300)[:, None]
        )

    def draw(self, composite: np.ndarray, wanted: Sequence[int], block: int) -> np.ndarray:
        """Criteria `wanted` (n, I, len) where composites are (n, I); `block` counts calls, so that draws differ."""
        n, i = composite.shape
        out, step = np.empty((n, i, len(wanted))), max(1, _CELLS // (i * len(self.weights)))
        for k, start in enumerate(range(0, n, step)):
            rows = slice(start, min(start + step, n))
            rng = np.random.default_rng([self.seed, 1 + block, k])
            drawn = self.together.draw(rows.stop - start, rng)
            off = composite[rows] - drawn @ self.weights
            out[rows] = drawn[..., wanted] + self.slope[:, wanted] * off[..., None]
        return out
