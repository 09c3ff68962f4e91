"""Levels of nominations, pulled together as far as the marks say that they differ little.

In y_ij = level_g(i) + a_i + b_j + e_ij the levels are first taken as they are (flat prior), which gives
estimates β̂ with covariance σ²H. Then level_g ~ N(μ, τ²), μ flat, with a half-Cauchy prior on τ, and
everything is averaged over τ. Where jurors read in their own nomination alone, a panel's severity looks like
a level: taken as they are, levels cost hits if nominations are equal; without levels, severities swallow the
difference of nominations. The average loses little either way (docs/lab/accuracy.md).

Gelman (2006) Bayesian Anal. 1:515 (half-Cauchy prior); Lindley & Smith (1972) J. R. Stat. Soc. B 34:1
(exchangeable levels).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

_SCALE = 0.5  # of the prior on τ, in residual standard deviations of a mark
RATIOS = np.exp(np.linspace(-10, 6, 65))  # τ²/σ²: from levels that are one to levels as they are


@dataclass(frozen=True)
class Levels:
    """The posterior of G levels at given variances, a mixture over T values of τ.

    `weight` (T,); given τ: normal with `mean` (T, G), covariance `cov` (T, G, G) over σ², and `s2` (T,) for
    σ², which has `dof` degrees of freedom. `depth` is −2 log of the density of the marks, τ averaged out, up
    to what levels do not touch; `pull` (G, G) turns levels as they are into their posterior mean, weights
    held.
    """

    weight: np.ndarray
    mean: np.ndarray
    cov: np.ndarray
    s2: np.ndarray
    dof: int
    depth: float
    pull: np.ndarray

    @cached_property
    def value(self) -> np.ndarray:
        """Posterior mean (G,)."""
        return self.weight @ self.mean

    @property
    def residual(self) -> float:
        """Posterior mean of σ²."""
        return float(self.weight @ self.s2) * self.dof / max(self.dof - 2, 1)

    @cached_property
    def covariance(self) -> np.ndarray:
        """Posterior covariance (G, G), in squared points."""
        scale = self.weight * self.s2 * self.dof / max(self.dof - 2, 1)
        off = self.mean - self.value
        return np.tensordot(scale, self.cov, 1) + (self.weight[:, None] * off).T @ off

    def draw(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """`n` draws of the levels (n, G) and of σ² (n,)."""
        picks = np.zeros(n, dtype=np.int64)
        if len(self.weight) > 1:
            picks = rng.choice(len(self.weight), n, p=self.weight)
        s2 = self.s2[picks] * self.dof / rng.chisquare(self.dof, n)
        roots = np.linalg.cholesky(self.cov)
        noise = rng.standard_normal((n, self.mean.shape[1])) * np.sqrt(s2)[:, None]
        return self.mean[picks] + np.einsum("ngh,nh->ng", roots[picks], noise), s2


def shrunken(flat: np.ndarray, h: np.ndarray, r2: float, n: int) -> Levels:
    """Levels from their estimates `flat` (G,), covariance `h` (G, G) over σ², and r² of `n` marks.

    With P = h⁻¹ and C the centring matrix: given λ = τ²/σ² the precision is P + C/λ, r² grows by
    β̂ᵀ(P − P(P + C/λ)⁻¹P)β̂, and −2 log density is log|λ(P + C/λ)| + (n − 1) log r² on the G − 1 contrasts.
    """
    if len(flat) == 1:
        one, s2 = np.ones(1), np.array([r2 / (n - 1)])
        return Levels(one, flat[None, :], h[None], s2, n - 1, (n - 1) * np.log(r2), np.eye(1))
    root = np.linalg.cholesky(h)
    tied, axes = np.linalg.eigh((root - root.mean(axis=0)).T @ (root - root.mean(axis=0)))
    tied[0] = 0.0  # the common mean is free
    axes, back = root @ axes, axes.T @ np.linalg.inv(root)
    along = back @ flat
    kept = RATIOS[:, None] / (RATIOS[:, None] + tied)
    total = r2 + (1 - kept) @ along**2
    depth = np.log(RATIOS[:, None] + tied[1:]).sum(axis=1) + (n - 1) * np.log(total) + _prior(RATIOS)
    density = np.exp(-(depth - depth.min()) / 2)
    weight = density / density.sum()
    return Levels(
        weight,
        (kept * along) @ axes.T,
        np.einsum("gk,tk,hk->tgh", axes, kept, axes),
        total / (n - 1),
        n - 1,
        float(depth.min() - 2 * np.log(density.sum())),
        (axes * (weight @ kept)) @ back,
    )


def _prior(ratio: np.ndarray) -> np.ndarray:
    """−2 log density of log λ when √λ is half-Cauchy(`_SCALE`)."""
    return 2 * np.log1p(ratio / _SCALE**2) - np.log(ratio)
