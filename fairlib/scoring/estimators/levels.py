"""Levels of groups, drawn together as far as the marks say that they differ little, or taken as they are.

In y_ij = x_iᵀβ + a_i + b_j + e_ij the levels are first taken as they are (flat prior), which gives estimates β̂
with covariance σ²H. Then β = Fφ + Σ_k T_k α_k, φ flat (the common level and groupings that are `fixed`), the
effects of each other grouping α_k ~ N(0, τ_k² I) with a half-Cauchy prior on τ_k, and everything is averaged over
the τ_k. Where jurors read in their own nomination alone, a panel's severity looks like a level: taken as they are,
levels cost hits if nominations are equal; without levels, severities swallow the difference of nominations. The
average loses little either way (docs/lab/accuracy.md).

Gelman (2006) Bayesian Anal. 1:515 (half-Cauchy prior); Lindley & Smith (1972) J. R. Stat. Soc. B 34:1
(exchangeable levels).
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product

import numpy as np

from fairlib.scoring.estimators import groupings

_SCALE = 0.5  # of the prior on τ, in residual standard deviations of a mark
_ENDS = -10, 6  # of log τ²/σ²: from levels that are one to levels as they are
_POINTS = {0: 1, 1: 65, 2: 21, groupings.MOST_DRAWN: 9}  # along the spread of each grouping, by their number
_RATIOS = np.exp(np.linspace(*_ENDS, _POINTS[1]))


@dataclass(frozen=True)
class Levels:
    """The posterior of β (P,) at given variances, a mixture over T values of the τ_k.

    `weight` (T,); given the τ_k: normal with `mean` (T, P), covariance `cov` (T, P, P) over σ², and `s2` (T,) for
    σ², which has `dof` degrees of freedom. `depth` is −2 log of the density of the marks, the τ_k averaged out,
    up to what levels do not touch; `pull` (P, P) turns levels as they are into their posterior mean, weights
    held. `ratios` (T, K) are τ_k²/σ².
    """

    weight: np.ndarray
    mean: np.ndarray
    cov: np.ndarray
    s2: np.ndarray
    dof: int
    depth: float
    pull: np.ndarray
    ratios: np.ndarray

    @cached_property
    def value(self) -> np.ndarray:
        """Posterior mean (P,)."""
        return self.weight @ self.mean

    @property
    def residual(self) -> float:
        """Posterior mean of σ²."""
        return float(self.weight @ self.s2) * self.dof / max(self.dof - 2, 1)

    @cached_property
    def covariance(self) -> np.ndarray:
        """Posterior covariance (P, P), in squared points."""
        scale = self.weight * self.s2 * self.dof / max(self.dof - 2, 1)
        off = self.mean - self.value
        return np.tensordot(scale, self.cov, 1) + (self.weight[:, None] * off).T @ off

    def draw(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """`n` draws of β (n, P) and of σ² (n,)."""
        picks = np.zeros(n, dtype=np.int64)
        if len(self.weight) > 1:
            picks = rng.choice(len(self.weight), n, p=self.weight)
        s2 = self.s2[picks] * self.dof / rng.chisquare(self.dof, n)
        roots = np.linalg.cholesky(self.cov)
        noise = rng.standard_normal((n, self.mean.shape[1])) * np.sqrt(s2)[:, None]
        return self.mean[picks] + np.einsum("ngh,nh->ng", roots[picks], noise), s2


def shrunken(flat: np.ndarray, h: np.ndarray, r2: float, n: int, design: groupings.Levels) -> Levels:
    """Levels from their estimates `flat` (P,), covariance `h` (P, P) over σ², and r² of `n` marks.

    Given λ_k = τ_k²/σ², V = Σ λ_k T_k T_kᵀ and M = H + V: φ̂ by least squares with weights M⁻¹, β = Fφ̂ + VM⁻¹(β̂ − Fφ̂),
    r² grows by (β̂ − Fφ̂)ᵀM⁻¹(β̂ − Fφ̂), and −2 log density is log|M| + log|FᵀM⁻¹F| + (n − f) log r² with f columns of F.
    """
    ratios, f = _grid(len(design.drawn)), design.flat
    spread = [t @ t.T for t in design.drawn]
    v = np.tensordot(ratios, spread, 1) if spread else np.zeros((1, *h.shape))
    inverse = np.linalg.inv(h + v)
    heavy = inverse @ f
    core = np.linalg.inv(f.T @ heavy)
    least = f @ core @ np.swapaxes(heavy, 1, 2)  # what turns β̂ into Fφ̂
    toward = v @ inverse
    off = flat - least @ flat
    total = r2 + np.einsum("tg,tgh,th->t", off, inverse, off)
    dof = n - f.shape[1]
    depth = -np.linalg.slogdet(inverse)[1] - np.linalg.slogdet(core)[1] + dof * np.log(total)
    depth += _prior(ratios).sum(axis=1)
    density = np.exp(-(depth - depth.min()) / 2)
    weight = density / density.sum()
    free = f - toward @ f
    cov = v - toward @ v + free @ core @ np.swapaxes(free, 1, 2)
    pull = least + toward @ (np.eye(len(flat)) - least)
    return Levels(
        weight,
        pull @ flat,
        (cov + np.swapaxes(cov, 1, 2)) / 2,
        total / dof,
        dof,
        float(depth.min() - 2 * np.log(density.sum())),
        np.tensordot(weight, pull, 1),
        ratios,
    )


@lru_cache
def _grid(k: int) -> np.ndarray:
    """Ratios (T, k) at which k spreads are looked at, evenly spaced in their logs."""
    along = np.exp(np.linspace(*_ENDS, _POINTS[k]))
    return np.array(list(product(along, repeat=k))).reshape(len(along) ** k, k)


def _prior(ratio: np.ndarray) -> np.ndarray:
    """−2 log density of log λ when √λ is half-Cauchy(`_SCALE`)."""
    return 2 * np.log1p(ratio / _SCALE**2) - np.log(ratio)
