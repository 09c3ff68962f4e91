"""The distribution of merits as the marks show it, where it is not normal: many near equals, a few far below.

The severity model draws merits from a normal distribution. A choice hangs on how densely they lie at the line: where
most lie close together above a long tail of weak ones, normal draws set the best too far apart, and a second commission
seems to agree better than it would.

The prior is estimated by smoothing by roughening: from the normal one a few rounds of EM towards the non-parametric
maximum (Laird & Louis 1991, Comput. Stat. Data Anal. 12:27; Laird 1978, J. Am. Stat. Assoc. 73:805), so that few or
noisy marks leave it normal.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from scipy.special import ndtr

_ROUNDS = 10  # of EM; benchmarks/misfit.py
_GRID = np.linspace(-5, 5, 121)  # merits about their level, in standard deviations
_ZS = np.linspace(-4.5, 4.5, 61)
_KNOWN = 0.2  # error of a merit, in standard deviations of merits, below which no prior tells more of it
_ENOUGH = 20  # submissions below which their merits show no shape
_MOST = 4000  # submissions that the prior is estimated from
_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class Shape:
    """What is added to draws of a normal posterior: by submission and place in its distribution (I, Z), in points.

    `mean, se` (I,) are those of the normal posterior.
    """

    mean: np.ndarray
    se: np.ndarray
    moves: np.ndarray

    def moved(self, draws: np.ndarray) -> np.ndarray:
        """Draws (D, I), each at the same place of its distribution under the estimated prior."""
        z = (draws - self.mean) / np.where(self.se > 0, self.se, 1.0)
        at = np.clip((z - _ZS[0]) / (_ZS[1] - _ZS[0]), 0, len(_ZS) - 1.000001)
        low = at.astype(np.int64)
        column, part = np.arange(draws.shape[1]), at - low
        return draws + self.moves[column, low] * (1 - part) + self.moves[column, low + 1] * part


def is_skewed(merit: np.ndarray) -> bool:
    """Whether estimated merits about their levels (I,) lean to a side by more than chance, at 5 %.

    D'Agostino (1970) Biometrika 57:679; fewer than twenty are not asked.
    """
    return len(merit) >= _ENOUGH and np.ptp(merit) > 1e-9 and float(scipy.stats.skewtest(merit).pvalue) < 0.05


def shape_of(mean: np.ndarray, se: np.ndarray, level: np.ndarray, variance: float) -> Shape:
    """The prior that normal posteriors (I,) about their levels (I,) show, and what it moves.

    `variance` is that of merits under the model. A merit that is known, or of which marks say nothing, is not moved.
    """
    moves, share = np.zeros((len(mean), len(_ZS))), se**2 / max(variance, 1e-300)
    told = (share > _KNOWN**2) & (share < 1 - 1e-6)
    if not told.any():
        return Shape(mean, se, moves)
    sd, share = np.sqrt(variance), share[told]
    noise = share / (1 - share)  # of the marks alone, in variances of merits
    alone = (mean - level)[told] / sd * (1 + noise)
    g = _prior(alone, noise)
    rows, step = np.flatnonzero(told), max(1, _CELLS // len(_GRID))
    for start in range(0, len(rows), step):
        part = slice(start, start + step)
        after = _likelihood(alone[part], noise[part]) * g
        total = np.cumsum(after, axis=1)
        middle = (total - after / 2) / total[:, -1:]
        drawn = np.array([np.interp(ndtr(_ZS), row, _GRID) for row in middle])
        normal = (alone[part] / (1 + noise[part]))[:, None] + np.sqrt(share[part])[:, None] * _ZS
        moves[rows[part]] = (drawn - normal) * sd
    return Shape(mean, se, moves)


def _prior(alone: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """Weights of the grid, from what the marks say of each submission alone (I,) with their noise (I,)."""
    some = slice(None, None, -(-len(alone) // _MOST))
    likelihood, g = _likelihood(alone[some], noise[some]), np.exp(-(_GRID**2) / 2)
    for _ in range(_ROUNDS):
        after = likelihood * g
        g = (after / after.sum(axis=1, keepdims=True)).mean(axis=0)
    return np.maximum(g, 1e-300)


def _likelihood(alone: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """How likely what the marks say is at each merit of the grid (I, points), the largest 1."""
    far = (alone[:, None] - _GRID) ** 2 / (2 * noise[:, None])
    return np.exp(far.min(axis=1, keepdims=True) - far)
