"""Errors and joint draws of the random-effects model, the variances' own uncertainty included.

The variance ratios λ = (λ_a, λ_b) are integrated over a small grid: REML likelihood times a half-Cauchy(1)
prior on each standard deviation relative to the residual's (Gelman 2006, Bayesian Anal. 1:515), with the
residual variance integrated exactly (inverse χ²). Given λ everything is normal. An axis whose log ratio
is known to better than 0.15 is kept at its optimum: the correction would be below one per cent.

For one λ_a a single eigendecomposition of the juror matrix serves every λ_b, and a single product their mean
covariance. All of it works on the core of a fit (`Fit.core`), where with more jurors than submissions the two
have changed places: read "submission" for rows, a, and "juror" for columns, b, otherwise.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fairlib.scoring.panels import Panels
from fairlib.scoring.reml import Fit, Point, Sums

_KNOWN = 0.15  # standard deviation of log λ below which an axis needs no grid
_DEPTH = 18.0  # the grid ends where −2 log posterior has risen by this much (4.2 standard deviations)
_NODES = 13
_NEGLIGIBLE = 1e-4  # nodes lighter than this share of the heaviest are dropped


@dataclass(frozen=True)
class Node:
    """One pair of ratios with its posterior weight; `s2` is r²/dof, the residual variance there."""

    weight: float
    la: float
    lb: float
    s2: float
    dof: int
    given: "Slice"

    def solution(self) -> np.ndarray:
        """u = (b, μ), length J+1, marks centred."""
        g = self.given
        b = g.vectors @ (self.lb * g.right / (1 + self.lb * g.values))
        return np.append(b, (g.g[-1] - g.a[-1, :-1] @ b) / g.a[-1, -1])

    def covariance(self) -> np.ndarray:
        """H at this node, (J+1) × (J+1)."""
        return self.given.covariance(np.array([self.lb]), np.ones(1))

    def draw(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """`n` draws of u (n, J+1) and of the residual variance (n,)."""
        g = self.given
        s2 = self.s2 * self.dof / rng.chisquare(self.dof, n)
        noise = rng.standard_normal((n, len(g.values) + 1)) * np.sqrt(s2)[:, None]
        tilt = np.sqrt(self.lb / (1 + self.lb * g.values))
        out = np.empty((n, len(g.values) + 1))
        out[:, :-1] = self.solution()[:-1] + (noise[:, :-1] * tilt) @ g.vectors.T
        mean = (g.g[-1] - out[:, :-1] @ g.a[-1, :-1]) / g.a[-1, -1]
        out[:, -1] = mean + noise[:, -1] / np.sqrt(g.a[-1, -1])
        return out, s2


class Slice:
    """The REML likelihood along λ_b at one λ_a, from one eigendecomposition of the J × J juror matrix."""

    def __init__(self, sums: Sums, la: float):
        p = sums.panels
        rho = 1 / (1 + la * p.sizes)
        self.la, self.dof = la, p.n - 1
        self.a = sums.border - p.gram(la * rho)
        self.g = sums.ysum - (la * rho) @ sums.nt
        slope = self.a[-1, :-1] / self.a[-1, -1]
        values, self.vectors = np.linalg.eigh(self.a[:-1, :-1] - np.outer(slope, self.a[-1, :-1]))
        self.values = np.maximum(values, 0.0)
        self.right = self.vectors.T @ (self.g[:-1] - slope * self.g[-1])
        self._rest = sums.yy - float(la * rho @ sums.tt) - self.g[-1] ** 2 / self.a[-1, -1]
        self._logdet = float(p.counts @ np.log1p(la * p.sizes)) + np.log(self.a[-1, -1])

    def r2(self, lb: np.ndarray) -> np.ndarray:
        """Generalised residual sum of squares at each λ_b."""
        spread = 1 + np.multiply.outer(lb, self.values)
        return np.maximum(self._rest - ((lb[:, None] * self.right**2) / spread).sum(axis=1), 1e-300)

    def depth(self, lb: np.ndarray) -> np.ndarray:
        """−2 log posterior density of (log λ_a, log λ_b), up to a constant, at each λ_b."""
        logdet = np.log1p(np.multiply.outer(lb, self.values)).sum(axis=1)
        return self._logdet + logdet + self.dof * np.log(self.r2(lb)) + _prior(self.la) + _prior(lb)

    def covariance(self, lb: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Σ_k weight_k H(λ_a, lb_k), (J+1) × (J+1)."""
        tilt = weight @ (lb[:, None] / (1 + np.multiply.outer(lb, self.values)))
        half = self.vectors * np.sqrt(tilt)
        lift = np.vstack([half, -(self.a[-1, :-1] @ half) / self.a[-1, -1]])
        h = lift @ lift.T
        h[-1, -1] += weight.sum() / self.a[-1, -1]
        return h


def _prior(ratio: float | np.ndarray) -> float | np.ndarray:
    """−2 log density of log λ when √λ is half-Cauchy(1)."""
    return 2 * np.log1p(ratio) - np.log(ratio)


def nodes(fit: Fit) -> list[Node]:
    """The grid of variance ratios, weights summing to 1; a single node where both are well known."""
    sums, ratios = fit.core, fit.in_core(fit.ratios)
    sd = fit.in_core(np.sqrt(np.maximum(np.diag(_ratio_covariance(fit)), 0)))
    wide = [not (0 < s < _KNOWN) for s in sd]
    if fit.status == "juror_variance_not_identified":
        wide[1] = False
    low = np.array([0.3 / max(sums.panels.sizes.max(), 1), 0.3 / max(sums.panels.load.max(), 1)])
    centre = np.maximum(ratios, low)
    la = lb = None
    if wide[1]:
        near = Slice(sums, centre[0])
        lb = _axis(lambda v: float(near.depth(np.array([v]))[0]), centre[1])
    if wide[0]:
        beside = centre[1] if wide[1] else ratios[1]
        la = _axis(lambda v: Point(sums, np.array([v, beside])).deviance + _prior(v), centre[0])
    return _weigh(sums, ratios, la, lb)


def _weigh(sums: Sums, ratios: np.ndarray, la: np.ndarray | None, lb: np.ndarray | None) -> list[Node]:
    slices = [Slice(sums, v) for v in (ratios[:1] if la is None else la)]
    fixed = lb is None
    lb = ratios[1:] if fixed else lb
    if len(slices) == 1 and fixed:
        depth = np.zeros((1, 1))
    else:
        tiny = np.maximum(lb, 1e-12)
        depth = np.array([s.depth(tiny) for s in slices])
    weight = np.exp(-(depth - depth.min()) / 2)
    weight[weight < _NEGLIGIBLE] = 0
    weight /= weight.sum()
    return [
        Node(float(weight[i, k]), s.la, float(lb[k]), float(s.r2(lb[k : k + 1])[0]) / s.dof, s.dof, s)
        for i, s in enumerate(slices)
        for k in np.flatnonzero(weight[i])
    ]


def _ratio_covariance(fit: Fit) -> np.ndarray:
    """Covariance of log λ: differences of the logs of the variances."""
    to_ratio = np.array([[1.0, 0, -1], [0, 1, -1]])
    to_ratio[fit.ratios == 0] = 0
    return to_ratio @ fit.log_covariance @ to_ratio.T


def _axis(depth: Callable[[float], float], centre: float) -> np.ndarray:
    """Points equally spaced in log λ that cover the posterior along one axis."""
    ends, value = [], depth(centre)
    for side in (-1, 1):
        at, step = np.log(centre), 0.2
        while (new := depth(np.exp(at))) < value + _DEPTH and abs(at) < 30:
            value = min(value, new)
            at += side * step
            step *= 1.3
        ends.append(at)
    return np.exp(np.linspace(*ends, _NODES))


def errors(fit: Fit, grid: list[Node]) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors of μ + a_i (I,) and of b_j (J,) about the BLUPs of `fit`.

    se² = E[Var(effect | λ)] + E[(BLUP(λ) − BLUP)²] over the posterior of the variances; the first term is
    Henderson's prediction error variance, the second what Kackar & Harville (1984) JASA 79:853 correct for.
    """
    p, centred = fit.core.panels, fit.mu - fit.core.centre
    best = fit.in_core([fit.submission_effect, fit.juror_effect])
    with_mean = fit.in_core([1.0, 0.0])  # the mean goes with the submissions
    row, column = np.zeros(p.n_submissions), np.zeros(p.n_jurors)
    for given in {id(node.given): node.given for node in grid}.values():
        beside = [node for node in grid if node.given is given]
        scales = np.array([node.weight * node.s2 * node.dof / max(node.dof - 2, 1) for node in beside])
        h = given.covariance(np.array([node.lb for node in beside]), scales)
        shrink = given.la / (1 + given.la * p.readers)
        row += scales.sum() * shrink + _row_error(p, h, shrink, with_mean[0])
        column += np.diag(h)[:-1] + with_mean[1] * (2 * h[-1, :-1] + h[-1, -1])
        for node in beside:
            u = node.solution()
            moved = u[-1] - centred
            here = shrink * (fit.core.total - p.over_readers(u[:-1]) - p.readers * u[-1])
            row += node.weight * (here - best[0] + with_mean[0] * moved) ** 2
            column += node.weight * (u[:-1] - best[1] + with_mean[1] * moved) ** 2
    return tuple(fit.in_core([np.sqrt(np.maximum(total, 0)) for total in (row, column)]))


def _row_error(p: Panels, h: np.ndarray, shrink: np.ndarray, with_mean: float) -> np.ndarray:
    """What the errors of u = (b, μ) add to the variance of a_i, or with the mean to that of μ + a_i."""
    linked = p.over_readers(h[:-1, -1])
    inner = p.quadratic(h[:-1, :-1]) + 2 * p.readers * linked + p.readers**2 * h[-1, -1]
    cross = linked + p.readers * h[-1, -1]
    return shrink**2 * inner + with_mean * (h[-1, -1] - 2 * shrink * cross)


def draws(fit: Fit, grid: list[Node], n: int, rng: np.random.Generator) -> np.ndarray:
    """`n` joint draws of μ + a_i, an (n, I) array on the scale of the marks.

    Each draw takes its own variances from the grid, then jurors and mean from one normal, then every
    submission independently given these. Submissions without a mark are drawn from the population.
    """
    picks = np.bincount(rng.choice(len(grid), n, p=[g.weight for g in grid]), minlength=len(grid))
    out, start = np.empty((n, fit.sums.panels.n_submissions)), 0
    for node, count in zip(grid, picks, strict=True):
        if count:
            out[start : start + count] = effects(fit, node, count, rng)[0]
            start += count
    return out[rng.permutation(n)]


def effects(fit: Fit, node: Node, n: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """`n` joint draws at one node: μ + a_i (n, I), b_j (n, J) and the residual variance (n,)."""
    p = fit.core.panels
    u, s2 = node.draw(n, rng)
    column, mean = u[:, :-1], u[:, -1:]
    shrink = node.la / (1 + node.la * p.readers)
    row = shrink * (fit.core.total - p.over_readers(column.T).T - mean * p.readers)
    row += rng.standard_normal(row.shape) * np.sqrt(np.multiply.outer(s2, shrink))
    submission, juror = fit.in_core([row, column])
    return submission + (mean + fit.core.centre), juror, s2
