"""What noises and slopes leave open: errors of merits and joint draws where jurors differ in reliability.

x = (u, v) is drawn about its mode, with spreads averaged over a small grid (likelihood of `spreads` times a
half-Cauchy prior on each τ); given x, marks are weighted and everything is as in `posterior`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.linalg import lapack

from fairlib.scoring.crossed import posterior
from fairlib.scoring.crossed.likelihood import Point
from fairlib.scoring.estimators.severity import solved_at
from fairlib.scoring.unequal.fit import Unequal, point_at, rate, unfolded, usual
from fairlib.scoring.unequal.spreads import CAP
from fairlib.scoring.unequal.weighted import weights_of

_SCALE = np.array([0.5, 0.25])  # of the priors on τ_u, τ_v
_NODES = 7
_DEPTH = 12.0  # the grid of a spread ends where −2 log posterior has risen by this much
_KNOWN = 200  # jurors from which on a spread needs no grid
_NEGLIGIBLE = 1e-3
_CHUNK = 4_000_000  # cells of a working matrix
_FEW, _EACH = (
    100,
    (10, 50),
)  # jurors up to which there are draws of x for every 10 draws of merits, or 50


@dataclass(frozen=True)
class Spread:
    """A pair of spreads (τ_u², τ_v²) with its posterior weight; x is normal there, `mean` (2J,), `root` (2J, 2J)."""

    weight: float
    mean: np.ndarray
    root: np.ndarray


def spreads(found: Unequal) -> list[Spread]:
    """The grid of spreads, weights summing to 1; the best pair alone where there are many jurors."""
    local, best = found.local, found.tau**2
    if found.design.n_jurors > _KNOWN:
        return [Spread(1.0, local.mode(best), local.root(best))]
    axes = [_axis(found, axis) for axis in range(2)]
    pairs = np.array(np.meshgrid(*axes, indexing="ij")).reshape(2, -1).T
    depth = np.array([local.depth(pair) for pair in pairs]) + posterior.prior(pairs / _SCALE**2).sum(axis=1)
    weight = np.exp(-(depth - depth.min()) / 2)
    weight[weight < _NEGLIGIBLE] = 0
    weight /= weight.sum()
    return [Spread(float(w), local.mode(p), local.root(p)) for w, p in zip(weight, pairs, strict=True) if w]


def _axis(found: Unequal, axis: int) -> np.ndarray:
    """Values of one spread that cover its posterior, the other at its best."""
    best = found.tau**2
    least = 0.02 * _SCALE[axis] ** 2

    def depth(value: float) -> float:
        if value > CAP[axis]:
            return np.inf
        pair = np.where(np.arange(2) == axis, value, best)
        return found.local.depth(pair) + posterior.prior(value / _SCALE[axis] ** 2)

    return posterior.axis(depth, max(best[axis], least), _NODES, _DEPTH)


def second_moment(found: Unequal, grid: list[Spread]) -> np.ndarray:
    """E[(x − x̂)(x − x̂)ᵀ] (2J, 2J) about the estimate x̂, both told from the usual juror."""
    total, read, j = np.zeros((len(found.x),) * 2), found.design.load > 0, found.design.n_jurors
    for one in grid:
        off = one.mean - found.z
        total += one.weight * (one.root @ one.root.T + np.outer(off, off))
    turn = rate(found.z)
    blocks = (total * np.outer(turn, turn)).reshape(2, j, 2, j)
    blocks = blocks - read[:, None, None] * blocks[:, read].mean(axis=1, keepdims=True)
    blocks = blocks - read * blocks[..., read].mean(axis=3, keepdims=True)
    return blocks.reshape(2 * j, 2 * j)


def merit_variance(found: Unequal, moment: np.ndarray) -> np.ndarray:
    """What not knowing x adds to the variance of each merit (I,): ∂merit/∂x by the delta method."""
    total = np.zeros(found.design.n_submissions)
    root = np.linalg.cholesky(moment + 1e-10 * np.trace(moment) * np.eye(len(moment)))
    along = np.zeros((len(moment), found.design.n_submissions))
    for rows, slope in _slopes(found):
        along[rows] = slope
    step = max(1, _CHUNK // len(moment))
    for start in range(0, along.shape[1], step):
        part = root.T @ along[:, start : start + step]
        total[start : start + step] = (part**2).sum(axis=0)
    return total


def _slopes(found: Unequal) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """∂merit/∂x in chunks: places in x, and (places, I)."""
    p, fit, solve = weights_of(found.fit.sums.incidence), found.fit, solved_at(found.fit)
    j, owner, who = p.n_jurors, p.owner, p.who
    theta = fit.merit - fit.sums.centre
    lam, pi = p.slope[who], p.precision[who]
    rest = found.y - fit.sums.centre - fit.juror_effect[who] - lam * theta[owner]
    shape = (j, p.n_submissions)
    in_total = [
        sp.csr_array((pi * value, (who, owner)), shape=shape)
        for value in (-lam * rest, rest - lam * theta[owner])
    ]
    in_juror = [np.bincount(who, value, minlength=j) for value in (-pi * rest, -pi * theta[owner])]
    step = max(1, _CHUNK // p.n_submissions)
    for part, (total, juror) in enumerate(zip(in_total, in_juror, strict=True)):
        for start in range(0, j, step):
            rows = np.arange(start, min(start + step, j))
            yield part * j + rows, solve(total[rows].toarray(), np.eye(j)[rows] * juror[rows, None])


@dataclass(frozen=True)
class Drawn:
    """D joint draws: merits (D, I), effects of jurors (D, J), their noise and slope (D, J), σ (D,), σ_b (D,)."""

    merit: np.ndarray
    juror: np.ndarray
    noise: np.ndarray
    slope: np.ndarray
    residual_sd: np.ndarray
    juror_sd: np.ndarray


def draws(found: Unequal, n: int, rng: np.random.Generator) -> Drawn:
    """`n` joint draws, several to each draw of x (`_EACH`); ratios of variances from their grid at the best x."""
    fit, design = found.fit, found.design
    grid, ratios = spreads(found), posterior.nodes(fit)
    j = design.n_jurors
    each = _EACH[j > _FEW]
    of_jurors = [np.empty((n, j)) for _ in range(3)]
    out = Drawn(
        np.empty((n, design.n_submissions)),
        of_jurors[0],
        of_jurors[1],
        of_jurors[2],
        np.empty(n),
        np.empty(n),
    )
    for start in range(0, n, each):
        rows = slice(start, min(start + each, n))
        one = grid[rng.choice(len(grid), p=[g.weight for g in grid])]
        x = usual(unfolded(one.mean + one.root @ rng.standard_normal(2 * j)), design.load > 0)
        node = ratios[rng.choice(len(ratios), p=[g.weight for g in ratios])]
        at = point_at(design, found.y, fit.sums.centre, x, np.array([node.la, node.lb]))
        out.merit[rows], out.juror[rows], s2 = effects(at, rows.stop - rows.start, rng)
        out.noise[rows], out.slope[rows] = np.exp(x[:j] / 2), 1 + x[j:]
        out.residual_sd[rows], out.juror_sd[rows] = np.sqrt(s2), np.sqrt(node.lb * s2)
    return out


def effects(at: Point, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`n` joint draws at one point: level_g(i) + a_i (n, I), b_j (n, J) and the residual variance (n,)."""
    p, j = at.sums.incidence, at.sums.incidence.n_jurors
    level, s2 = at.levels.draw(n, rng)
    root = np.tril(lapack.dtrtri(at.chol, lower=1)[0]) * at.scale
    u = at.u + (rng.standard_normal((n, len(at.u))) @ root) * np.sqrt(s2)[:, None]
    if p.n_levels > 1:
        u += (level - u[:, j:]) @ at.along.T
    shrink = at.la / (1 + at.la * p.readers)
    row = shrink * (at.sums.total - p.over_readers(u[:, :j].T).T - u[:, j:] @ p.by_level.T)
    row += rng.standard_normal(row.shape) * np.sqrt(np.multiply.outer(s2, shrink))
    return row + u[:, j:] @ p.levels.columns.T + at.sums.centre, u[:, :j], s2
