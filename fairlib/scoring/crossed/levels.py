"""Levels of groups, drawn together as far as the marks say that they differ little, or taken as they are.

In y_ij = x_iᵀβ + a_i + b_j + e_ij the levels are first taken as they are (flat prior), which gives estimates β̂
with covariance σ²H. Then β = Fφ + Σ_k T_k α_k, φ flat (the common level and groupings that are `fixed`), the
effects of each other grouping α_k ~ N(0, τ_k² I) with a half-Cauchy prior on τ_k, and everything is averaged over
the τ_k. Where jurors read in their own nomination alone, a panel's severity looks like a level: taken as they are,
levels cost hits if nominations are equal; without levels, severities swallow the difference of nominations. The
average loses little either way (docs/lab/accuracy.md).

Gelman (2006) Bayesian Anal. 1:515 (half-Cauchy prior); Harville (1974) Biometrika 61:383 (error contrasts);
Lindley & Smith (1972) J. R. Stat. Soc. B 34:1
(exchangeable levels).
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product

import numpy as np

from fairlib.scoring.crossed import groupings

_SCALE = 0.5  # of the prior on τ, in residual standard deviations of a mark
_ENDS = -10, 6  # of log τ²/σ²: from levels that are one to levels as they are
_POINTS = {0: 1, 1: 65, 2: 21, groupings.MOST_DRAWN: 9}  # along the spread of each grouping, by their number
_RATIOS = np.exp(np.linspace(*_ENDS, _POINTS[1]))


@dataclass(frozen=True)
class Levels:
    """The posterior of β (P,) at given variances, a mixture over T values of the τ_k.

    `weight` (T,); given the τ_k: normal with `mean` (T, P), covariance `cov` (T, P, P) over σ², and `s2` (T,) for
    σ², which has `dof` degrees of freedom. `depth` is −2 log of the density of the marks, the τ_k averaged out,
    up to what levels do not touch; `ratios` (T, K) are τ_k²/σ². The rest is what these are made of, see `shrunken`:
    `flat` (P,), `h` (P, P), `across` (P, P − f) = N, `inner` (T, P − f, P − f) = (NᵀMN)⁻¹.
    """

    weight: np.ndarray
    s2: np.ndarray
    dof: int
    depth: float
    ratios: np.ndarray
    flat: np.ndarray
    h: np.ndarray
    across: np.ndarray
    inner: np.ndarray

    @cached_property
    def mean(self) -> np.ndarray:
        """Posterior means (T, P)."""
        return self.flat - (self.inner @ (self.across.T @ self.flat)) @ (self.across.T @ self.h)

    @cached_property
    def cov(self) -> np.ndarray:
        """Posterior covariances over σ² (T, P, P)."""
        seen = self.h @ self.across
        return self.h - seen @ self.inner @ seen.T

    @property
    def pull(self) -> np.ndarray:
        """What turns levels as they are into their posterior mean, weights held (P, P)."""
        inner = np.tensordot(self.weight, self.inner, 1)
        return np.eye(len(self.flat)) - self.h @ self.across @ inner @ self.across.T

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
        there, place = np.unique(picks, return_inverse=True)
        roots = np.linalg.cholesky(self.cov[there])
        noise = rng.standard_normal((n, len(self.flat))) * np.sqrt(s2)[:, None]
        return self.mean[picks] + np.einsum("ngh,nh->ng", roots[place], noise), s2


def shrunken(flat: np.ndarray, h: np.ndarray, r2: float, n: int, design: groupings.Levels) -> Levels:
    """Levels from their estimates `flat` (P,), covariance `h` (P, P) over σ², and r² of `n` marks.

    With N a basis of what is across F (NᵀF = 0), λ_k = τ_k²/σ² and M = H + Σ λ_k T_k T_kᵀ: the mean of β is
    β̂ − HN(NᵀMN)⁻¹Nᵀβ̂, its covariance H − HN(NᵀMN)⁻¹NᵀH; r² grows by β̂ᵀN(NᵀMN)⁻¹Nᵀβ̂, and −2 log density is
    log|NᵀMN| + (n − f) log r², f the columns of F (Harville 1974: the likelihood of error contrasts).
    """
    ratios, across = _grid(len(design.drawn)), design.across
    system = across.T @ h @ across + np.zeros((len(ratios), 1, 1))
    for k, t in enumerate(design.drawn):
        seen = across.T @ t
        system += ratios[:, k, None, None] * (seen @ seen.T)
    inner = np.linalg.inv(system)
    off = across.T @ flat
    total = r2 + np.einsum("i,tij,j->t", off, inner, off)
    dof = n - design.flat.shape[1]
    depth = np.linalg.slogdet(system)[1] + dof * np.log(total) + _prior(ratios).sum(axis=1)
    density = np.exp(-(depth - depth.min()) / 2)
    weight = density / density.sum()
    return Levels(
        weight,
        total / dof,
        dof,
        float(depth.min() - 2 * np.log(density.sum())),
        ratios,
        flat,
        h,
        across,
        inner,
    )


@lru_cache
def _grid(k: int) -> np.ndarray:
    """Ratios (T, k) at which k spreads are looked at, evenly spaced in their logs."""
    along = np.exp(np.linspace(*_ENDS, _POINTS[k]))
    return np.array(list(product(along, repeat=k))).reshape(len(along) ** k, k)


def _prior(ratio: np.ndarray) -> np.ndarray:
    """−2 log density of log λ when √λ is half-Cauchy(`_SCALE`)."""
    return 2 * np.log1p(ratio / _SCALE**2) - np.log(ratio)
