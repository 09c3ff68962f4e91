"""How much do jurors differ, where the likelihood is a parabola? Spreads that are best, and what is left open."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from fairlib.scoring.crossed.inverse import symmetric_inverse

CAP = np.array([4.0, 1.0])  # of τ_u², τ_v²: beyond it marks would tell nothing of the next juror
_TINY = 1e-8  # a spread as good as 0 where derivatives are taken


@dataclass(frozen=True)
class Local:
    """−log likelihood of x (2J,) ≈ ½xᵀAx − kᵀx, with x ~ N(0, T²), T² = diag(τ_u² … τ_u², τ_v² … τ_v²).

    `a` (2J, 2J), `k` (2J,). Spreads θ = (τ_u², τ_v²) are given as variances (2,).
    """

    a: np.ndarray
    k: np.ndarray
    n_jurors: int

    def _solved(self, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """T (2J,), the lower Cholesky factor of I + TAT, and (I + TAT)⁻¹Tk."""
        root = np.sqrt(np.repeat(spread, self.n_jurors))
        system = self.a * np.outer(root, root)
        system.flat[:: len(root) + 1] += 1
        chol, _ = lapack.dpotrf(system.T, lower=1, clean=1, overwrite_a=1)
        return root, chol, lapack.dpotrs(chol, root * self.k, lower=1)[0]

    def depth(self, spread: np.ndarray) -> float:
        """−2 log marginal likelihood of the spreads, 0 where jurors are alike."""
        root, chol, inside = self._solved(spread)
        return float(2 * np.log(np.diag(chol)).sum() - (root * self.k) @ inside)

    def mode(self, spread: np.ndarray) -> np.ndarray:
        """The best x (2J,) given the spreads."""
        root, _, inside = self._solved(spread)
        return root * inside

    def root(self, spread: np.ndarray) -> np.ndarray:
        """S (2J, 2J) with SSᵀ the covariance of x given the spreads."""
        root, chol, _ = self._solved(spread)
        return (lapack.dtrtri(chol, lower=1)[0] * root).T

    def nearer(self, spread: np.ndarray) -> np.ndarray:
        """Spreads (2,) within [0, CAP] by one Fisher scoring step from `spread` to the greatest likelihood."""
        grad, info = self._derivatives(spread)
        step = -np.linalg.lstsq(info, grad, rcond=1e-10)[0]
        trial = np.clip(spread + step, 0, CAP)
        for held in np.flatnonzero(trial != spread + step):  # at an edge the other goes on alone
            other, kept = 1 - held, trial[held] - spread[held]
            if info[other, other] > 0:
                alone = spread[other] - (grad[other] + info[other, held] * kept) / info[other, other]
                trial[other] = np.clip(alone, 0, CAP[other])
        return trial

    def _derivatives(self, spread: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Gradient (2,) of `depth` by the spreads, and its expected second derivatives (2 × 2)."""
        j = self.n_jurors
        root, chol, inside = self._solved(np.maximum(spread, _TINY))
        q = (np.eye(len(root)) - symmetric_inverse(chol)) / np.outer(root, root)
        rest = inside / root
        parts = slice(0, j), slice(j, None)
        grad = np.array([np.trace(q[s, s]) - rest[s] @ rest[s] for s in parts])
        return grad, np.array([[(q[s, t] ** 2).sum() for t in parts] for s in parts])
