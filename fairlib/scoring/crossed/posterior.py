"""Errors and joint draws of the random-effects model, the variances' own uncertainty included.

The variance ratios λ = (λ_a, λ_b) are integrated over a small grid: REML likelihood times a half-Cauchy(1)
prior on each standard deviation relative to the residual's (Gelman 2006, Bayesian Anal. 1:515), with the
residual variance integrated exactly (inverse χ²) and levels of nominations averaged over how much they differ
(`levels`). Given these everything is normal. An axis whose log ratio
is known to better than 0.15 is kept at its optimum: the correction would be below one per cent.

For one λ_a a single eigendecomposition of the juror matrix serves every λ_b, and a single product their mean
covariance. All of it works on the core of a fit (`Fit.core`), where with more jurors than submissions the two
have changed places: read "submission" for rows, a, and "juror" for columns, b, otherwise.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.levels import Levels, shrunken
from fairlib.scoring.crossed.likelihood import Point
from fairlib.scoring.crossed.reml import Fit
from fairlib.scoring.crossed.sums import Sums

_Ratio = TypeVar("_Ratio", float, np.ndarray)
_KNOWN = 0.15  # standard deviation of log λ below which an axis needs no grid
_DEPTH = 18.0  # the grid ends where −2 log posterior has risen by this much (4.2 standard deviations)
_NODES = 13
_NEGLIGIBLE = 1e-4  # nodes lighter than this share of the heaviest are dropped


@dataclass(frozen=True)
class Node:
    """A pair of ratios with its posterior weight; `s2` is r²/dof, the residual variance, levels as are."""

    weight: float
    la: float
    lb: float
    s2: float
    dof: int
    given: "Slice"

    @cached_property
    def flat(self) -> np.ndarray:
        """u = (b, β), length J+P, marks centred, levels as they are."""
        return self.given.solution(self.lb)

    @cached_property
    def levels(self) -> Levels:
        """What is known of the levels here."""
        return self.given.levels(self.lb)

    @cached_property
    def along(self) -> np.ndarray:
        """How (b, β) moves with the levels, (J+P, P)."""
        return self.given.along(self.lb)

    def solution(self) -> np.ndarray:
        """u = (b, β), length J+P, marks centred: its posterior mean."""
        if self.given.n_levels == 1:
            return self.flat
        return self.flat + self.along @ (self.levels.value - self.flat[-self.given.n_levels :])

    def covariance(self) -> np.ndarray:
        """H at this node, (J+P) × (J+P), levels as they are."""
        return self.given.covariance(np.array([self.lb]), np.ones(1))

    def beyond(self) -> np.ndarray:
        """Covariance of (b, β) beyond E[σ²] H, in squared points: what levels say of each other."""
        g = self.given.n_levels
        known = self.levels.covariance - self.levels.residual * self.covariance_of_levels
        return self.along @ known @ self.along.T if g > 1 else np.zeros((1, 1))

    @property
    def covariance_of_levels(self) -> np.ndarray:
        """H_ββ (P, P), levels as they are."""
        return self.given.of_levels(self.lb)

    def draw(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """`n` draws of u (n, J+P) and of the residual variance (n,)."""
        g, k = self.given, self.given.n_levels
        if k == 1:
            s2 = self.s2 * self.dof / rng.chisquare(self.dof, n)
        else:
            level, s2 = self.levels.draw(n, rng)
        noise = rng.standard_normal((n, len(g.values) + k)) * np.sqrt(s2)[:, None]
        tilt = np.sqrt(self.lb / (1 + self.lb * g.values))
        out = np.empty((n, len(g.values) + k))
        out[:, :-k] = self.flat[:-k] + (noise[:, :-k] * tilt) @ g.vectors.T
        out[:, -k:] = g.level_given(out[:, :-k]) + noise[:, -k:] @ g.root
        if k > 1:  # what is not along the levels stays
            out += (level - out[:, -k:]) @ self.along.T
        return out, s2


class Slice:
    """The REML likelihood along λ_b at one λ_a, from one eigendecomposition of the J × J juror matrix."""

    def __init__(self, sums: Sums, la: float):
        p = sums.incidence
        rho = 1 / (1 + la * p.sizes)
        j, self.n, self.n_levels = p.n_jurors, p.n, p.n_levels
        self.la, self.dof, self.columns = la, p.n - p.n_levels, p.levels
        a = sums.border - p.gram(la * rho)
        g = sums.ysum - (la * rho) @ sums.nt
        self.inner = np.linalg.inv(a[j:, j:])
        self.root = np.linalg.cholesky(self.inner).T
        self.slope = self.inner @ a[j:, :j]
        self.level = self.inner @ g[j:]
        values, self.vectors = np.linalg.eigh(a[:j, :j] - self.slope.T @ a[j:, :j])
        self.values = np.maximum(values, 0.0)
        self.right = self.vectors.T @ (g[:j] - self.slope.T @ g[j:])
        self._rest = sums.yy - float(la * rho @ sums.tt) - float(g[j:] @ self.level)
        self._logdet = float(p.counts @ np.log1p(la * p.sizes)) - np.linalg.slogdet(self.inner)[1]

    def r2(self, lb: np.ndarray) -> np.ndarray:
        """Generalised residual sum of squares at each λ_b, levels as they are."""
        spread = 1 + np.multiply.outer(lb, self.values)
        return np.maximum(self._rest - ((lb[:, None] * self.right**2) / spread).sum(axis=1), 1e-300)

    def depth(self, lb: np.ndarray) -> np.ndarray:
        """−2 log posterior density of (log λ_a, log λ_b), up to a constant, at each λ_b."""
        logdet = np.log1p(np.multiply.outer(lb, self.values)).sum(axis=1)
        apart = self.n_levels > 1
        fall = np.array([self.levels(v).depth for v in lb]) if apart else self.dof * np.log(self.r2(lb))
        return self._logdet + logdet + fall + prior(self.la) + prior(lb)

    def solution(self, lb: float) -> np.ndarray:
        """u = (b, β), length J+P, marks centred, levels as they are."""
        b = self.vectors @ (lb * self.right / (1 + lb * self.values))
        return np.append(b, self.level_given(b))

    def level_given(self, b: np.ndarray) -> np.ndarray:
        """Expected levels (…, P) as they are, where jurors' effects are b (…, J)."""
        return self.level - b @ self.slope.T

    def levels(self, lb: float) -> Levels:
        """What is known of the levels at λ_b."""
        flat = self.solution(lb)[-self.n_levels :]
        return shrunken(flat, self.of_levels(lb), float(self.r2(np.array([lb]))[0]), self.n, self.columns)

    def of_levels(self, lb: float) -> np.ndarray:
        """H_ββ (P, P)."""
        lift = self.slope @ self.vectors
        return self.inner + (lift * (lb / (1 + lb * self.values))) @ lift.T

    def along(self, lb: float) -> np.ndarray:
        """H[:, β] H_ββ⁻¹, (J+P, P)."""
        lift = self.vectors * (lb / (1 + lb * self.values))
        onto = -lift @ (self.slope @ self.vectors).T
        return np.vstack([onto @ np.linalg.inv(self.of_levels(lb)), np.eye(self.n_levels)])

    def covariance(self, lb: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Σ_k weight_k H(λ_a, lb_k), (J+P) × (J+P), levels as they are."""
        tilt = weight @ (lb[:, None] / (1 + np.multiply.outer(lb, self.values)))
        half = self.vectors * np.sqrt(tilt)
        lift = np.vstack([half, -self.slope @ half])
        h = lift @ lift.T
        h[-self.n_levels :, -self.n_levels :] += weight.sum() * self.inner
        return h


def prior(ratio: _Ratio) -> _Ratio:
    """−2 log density of log λ when √λ is half-Cauchy(1)."""
    return 2 * np.log1p(ratio) - np.log(ratio)


def nodes(fit: Fit) -> list[Node]:
    """The grid of variance ratios, weights summing to 1; a single node where both are well known."""
    sums, ratios = fit.core, fit.in_core(fit.ratios)
    sd = fit.in_core(np.sqrt(np.maximum(np.diag(_ratio_covariance(fit)), 0)))
    wide = [not (0 < s < _KNOWN) for s in sd]
    if fit.status == "juror_variance_not_identified":
        wide[1] = False
    low = np.array([0.3 / max(sums.incidence.sizes.max(), 1), 0.3 / max(sums.incidence.load.max(), 1)])
    centre = np.maximum(ratios, low)
    la = lb = None
    if wide[1]:
        near = Slice(sums, centre[0])
        lb = axis(lambda v: float(near.depth(np.array([v]))[0]), centre[1])
    if wide[0]:
        beside = centre[1] if wide[1] else ratios[1]
        la = axis(lambda v: Point(sums, np.array([v, beside])).deviance + prior(v), centre[0])
    return _weigh(sums, ratios, la, lb)


def _weigh(sums: Sums, ratios: np.ndarray, la: np.ndarray | None, lb: np.ndarray | None) -> list[Node]:
    slices = [Slice(sums, v) for v in (ratios[:1] if la is None else la)]
    along = ratios[1:] if lb is None else lb
    if len(slices) == 1 and lb is None:
        depth = np.zeros((1, 1))
    else:
        tiny = np.maximum(along, 1e-12)
        depth = np.array([s.depth(tiny) for s in slices])
    weight = np.exp(-(depth - depth.min()) / 2)
    weight[weight < _NEGLIGIBLE] = 0
    weight /= weight.sum()
    return [
        Node(float(weight[i, k]), s.la, float(along[k]), float(s.r2(along[k : k + 1])[0]) / s.dof, s.dof, s)
        for i, s in enumerate(slices)
        for k in np.flatnonzero(weight[i])
    ]


def _ratio_covariance(fit: Fit) -> np.ndarray:
    """Covariance of log λ: differences of the logs of the variances."""
    to_ratio = np.array([[1.0, 0, -1], [0, 1, -1]])
    to_ratio[fit.ratios == 0] = 0
    return to_ratio @ fit.log_covariance @ to_ratio.T


def axis(
    depth: Callable[[float], float], centre: float, nodes: int = _NODES, deep: float = _DEPTH
) -> np.ndarray:
    """Points equally spaced in log λ that cover the posterior along one axis, to where it is `deep` down."""
    ends, value = [], depth(centre)
    for side in (-1, 1):
        at, step = np.log(centre), 0.2
        while (new := depth(np.exp(at))) < value + deep and abs(at) < 30:
            value = min(value, new)
            at += side * step
            step *= 1.3
        ends.append(at)
    return np.exp(np.linspace(ends[0], ends[1], nodes))


def errors(fit: Fit, grid: list[Node]) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors of x_iᵀβ + a_i (I,) and of b_j (J,) about the BLUPs of `fit`.

    se² = E[Var(effect | λ)] + E[(BLUP(λ) − BLUP)²] over the posterior of the variances; the first term is
    Henderson's prediction error variance, the second what Kackar & Harville (1984) JASA 79:853 correct for.
    """
    p = fit.core.incidence
    row, column = np.zeros(p.n_submissions), np.zeros(p.n_jurors)
    for given, beside, scales in _slices(grid):
        h = _spread(given, beside, scales)
        shrink = given.la / (1 + given.la * p.readers)
        row += scales.sum() * shrink + _row_error(p, h, shrink)
        column += _column_error(p, h)
        for node in beside:
            off = _off(fit, node)
            row += node.weight * off[0] ** 2
            column += node.weight * off[1] ** 2
    of_submission, of_juror = fit.in_core([np.sqrt(np.maximum(total, 0)) for total in (row, column)])
    return of_submission, of_juror


def contrast_errors(
    fit: Fit, grid: list[Node], contrast: np.ndarray, of_level: np.ndarray | None = None
) -> np.ndarray:
    """Standard errors (S,) of contrasts (S, I) of the merits x_iᵀβ + a_i, as in `errors`.

    `of_level` (S, P), if given, are the weights on β; those on a_i stay `contrast`.
    """
    p, total = fit.core.incidence, np.zeros(len(contrast))
    of_level = contrast @ p.levels.columns if of_level is None else of_level
    beyond = of_level - contrast @ p.levels.columns
    for given, beside, scales in _slices(grid):
        onto, own = np.hstack([contrast, of_level]), np.zeros(len(contrast))
        if not p.columns_have_levels:
            shrink = given.la / (1 + given.la * p.readers)
            share, own = contrast * shrink, contrast**2 @ shrink
            onto = np.hstack([-p.over_submissions(share), of_level - share @ p.by_level])
        total += scales.sum() * own + ((onto @ _spread(given, beside, scales)) * onto).sum(axis=1)
        for node in beside:
            off = contrast @ _off(fit, node)[1 if p.columns_have_levels else 0]
            off += beyond @ (node.solution()[p.n_jurors :] - fit.levels.value)
            total += node.weight * off**2
    return np.sqrt(np.maximum(total, 0))


def _slices(grid: list[Node]) -> Iterator[tuple[Slice, list[Node], np.ndarray]]:
    """Each slice with its nodes and their shares of E[σ²]."""
    for given in {id(node.given): node.given for node in grid}.values():
        beside = [node for node in grid if node.given is given]
        yield given, beside, np.array([node.weight * node.levels.residual for node in beside])


def _spread(given: Slice, beside: list[Node], scales: np.ndarray) -> np.ndarray:
    """Covariance of u = (b, β) averaged over the nodes of a slice, in squared points."""
    h = given.covariance(np.array([node.lb for node in beside]), scales)
    if given.n_levels > 1:
        for node in beside:
            h += node.weight * node.beyond()
    return h


def _off(fit: Fit, node: Node) -> tuple[np.ndarray, np.ndarray]:
    """How far rows (I,) and columns (J,) of the core lie from those of the fit at a node, levels included."""
    p, best = fit.core.incidence, fit.in_core([fit.submission_effect, fit.juror_effect])
    u = node.solution()
    b, level = u[: p.n_jurors], u[p.n_jurors :]
    shrink = node.la / (1 + node.la * p.readers)
    off = [shrink * (fit.core.total - p.over_readers(b) - p.by_level @ level) - best[0], b - best[1]]
    off[1 if p.columns_have_levels else 0] += p.levels.columns @ (level - fit.levels.value)
    return off[0], off[1]


def _row_error(p: Incidence, h: np.ndarray, shrink: np.ndarray) -> np.ndarray:
    """What errors of u = (b, β) add to the variance of a_i (I,), or x_iᵀβ + a_i if rows have levels."""
    j, m = p.n_jurors, p.by_level
    linked, of_levels = p.over_readers(h[:j, j:]), h[j:, j:]
    inner = p.quadratic(h[:j, :j]) + (m * (2 * linked + m @ of_levels)).sum(axis=1)
    if p.columns_have_levels:
        return shrink**2 * inner
    x = p.levels.columns
    cross = ((linked + m @ of_levels) * x).sum(axis=1)
    return shrink**2 * inner + ((x @ of_levels) * x).sum(axis=1) - 2 * shrink * cross


def _column_error(p: Incidence, h: np.ndarray) -> np.ndarray:
    """Variance of b_j (J,), or of x_jᵀβ + b_j if columns have levels."""
    j, own = p.n_jurors, np.diag(h)[: p.n_jurors]
    if not p.columns_have_levels:
        return own
    x = p.levels.columns
    return own + 2 * (h[:j, j:] * x).sum(axis=1) + ((x @ h[j:, j:]) * x).sum(axis=1)


def draws(fit: Fit, grid: list[Node], n: int, rng: np.random.Generator) -> np.ndarray:
    """`n` joint draws of x_iᵀβ + a_i, an (n, I) array on the scale of the marks.

    Each draw takes its own variances from the grid, then jurors and mean from one normal, then every
    submission independently given these. Submissions without a mark are drawn from the population.
    """
    picks = np.bincount(rng.choice(len(grid), n, p=[g.weight for g in grid]), minlength=len(grid))
    out, start = np.empty((n, fit.sums.incidence.n_submissions)), 0
    for node, count in zip(grid, picks, strict=True):
        if count:
            out[start : start + count] = effects(fit, node, count, rng)[0]
            start += count
    return out[rng.permutation(n)]


def effects(fit: Fit, node: Node, n: int, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """`n` joint draws at one node: x_iᵀβ + a_i (n, I), b_j (n, J) and the residual variance (n,)."""
    p = fit.core.incidence
    u, s2 = node.draw(n, rng)
    column, level = u[:, : p.n_jurors], u[:, p.n_jurors :]
    shrink = node.la / (1 + node.la * p.readers)
    row = shrink * (fit.core.total - p.over_readers(column.T).T - level @ p.by_level.T)
    row += rng.standard_normal(row.shape) * np.sqrt(np.multiply.outer(s2, shrink))
    submission, juror = fit.in_core([row, column])
    return submission + (level @ p.levels.columns.T + fit.core.centre), juror, s2
