"""How large are the differences between submissions, jurors and nominations? The posterior over their spreads.

For given spreads u has its mode by Newton, and the density of the marks follows by Laplace's rule in u (the
submissions are integrated exactly). The spreads lie on a grid; priors are half-Cauchy, 1 for submissions and
jurors and 0.5 for levels, over the standard deviation of a reading, as in the severity model.

Gelman (2006) Bayesian Anal. 1:515 (priors); Tierney & Kadane (1986) J. Am. Stat. Assoc. 81:82 (Laplace);
Rue, Martino & Chopin (2009) J. R. Stat. Soc. B 71:319 (the grid); McCullagh (1980) J. R. Stat. Soc. B 42:109.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from fairlib.errors import ScoringError
from fairlib.scoring.ordinal.likelihood import At, Readings, Spreads, at, prior_precision

_LIMIT = np.log(np.array([1e-2, 10.0]))  # of a spread: below, nothing changes; above, nothing can be told
_KNOWN = 0.12  # standard deviation of a log spread below which it is held
_DEPTH = 6.0  # the grid ends where the log posterior has fallen by so much
_POINTS = 5
_NEGLIGIBLE = 3e-3
_STILL = 1e-11  # rise promised by Newton at which it stops
_ROUNDING = 0.05  # rise promised by Newton that the likelihood may fail to show where submissions are extreme
_UNSETTLED = "The ordinal model did not settle; use the severity estimator for these marks."
_SCALE = np.array([1.0, 1.0, 0.5])


@dataclass(frozen=True, eq=False)
class Node:
    """Spreads with their posterior weight: the point at the mode of u, and the covariance of u there."""

    weight: float
    point: At
    covariance: np.ndarray
    depth: float

    @property
    def spreads(self) -> Spreads:
        """The spreads of this node."""
        return self.point.spreads


class Search:
    """Nodes at log spreads, each found from the nearest that is known."""

    def __init__(self, data: Readings, u: np.ndarray, mode: np.ndarray, centre: np.ndarray):
        self.data, self.first = data, (u, mode)
        self.known: dict[tuple[float, ...], Node] = {}
        self.centre = centre

    def node(self, where: np.ndarray) -> Node:
        """The node at log spreads (3,)."""
        key = tuple(np.round(where, 9))
        if key not in self.known:
            u, mode = self._nearest(where)
            self.known[key] = _settled(self.data, Spreads(*np.exp(where)), u, mode)
        return self.known[key]

    def depth(self, where: np.ndarray) -> float:
        """Log posterior density of log spreads (3,), up to a constant."""
        return self.node(where).depth

    def along(self, where: np.ndarray, k: int, value: float) -> float:
        """`depth` where one log spread has another value."""
        return self.depth(_moved(where, k, value))

    def _nearest(self, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not self.known:
            return self.first
        near = min(self.known, key=lambda k: float(((np.array(k) - where) ** 2).sum()))
        found = self.known[near].point
        return found.u, found.axis.mode


def _settled(data: Readings, spreads: Spreads, u: np.ndarray, mode: np.ndarray) -> Node:
    """The mode of u at given spreads, by Newton with halving."""
    precision = prior_precision(data, spreads)
    now = at(data, spreads, precision, u, mode)
    for _ in range(60):
        factor = _factor(now.hessian)
        step = cho_solve(factor, now.gradient)
        gain = float(step @ now.gradient)
        if gain < _STILL:
            break
        new = _climb(now, step * min(1.0, 3 / np.abs(step).max()))
        if new is None and gain < _ROUNDING:  # as near as the integrals over submissions are exact
            break
        if new is None:
            raise ScoringError(_UNSETTLED)
        now = new
    else:
        raise ScoringError(_UNSETTLED)
    factor = _factor(now.hessian)
    half_logdet = float(np.log(np.diag(factor[0])).sum())
    prior = np.linalg.slogdet(precision)[1] / 2
    depth = now.value - half_logdet + prior + _log_prior(spreads)
    return Node(1.0, now, cho_solve(factor, np.eye(data.width)), depth)


def _climb(now: At, step: np.ndarray) -> At | None:
    """Higher up along a step, halved as often as needed; None where nothing is higher."""
    for _ in range(12):
        new = at(now.data, now.spreads, now.precision, now.u + step, now.axis.mode)
        if new.value > now.value:
            return new
        step = step / 2
    return None


def _factor(hessian: np.ndarray) -> tuple[np.ndarray, bool]:
    """Cholesky factor; far from the mode the Hessian may need a ridge."""
    ridge = 0.0
    for _ in range(40):
        try:
            return cho_factor(hessian + ridge * np.eye(len(hessian)), lower=True)
        except LinAlgError:
            ridge = max(4 * ridge, 1e-3 * float(np.abs(np.diag(hessian)).mean()))
    raise ScoringError(_UNSETTLED)


def _log_prior(spreads: Spreads) -> float:
    """Log density of the log spreads when they are half-Cauchy."""
    sd = np.array([spreads.submission, spreads.juror, spreads.level])
    return float((np.log(sd) - np.log1p((sd / _SCALE) ** 2)).sum())


def nodes(search: Search, free: tuple[int, ...]) -> list[Node]:
    """The grid over the spreads in `free`, weights summing to 1."""
    centre, sd = _centre(search, free)
    axes = [centre[k : k + 1] for k in range(3)]
    for k in free:
        if sd[k] > _KNOWN:
            axes[k] = _axis(partial(search.along, centre, k), centre[k])
    best = search.depth(centre)
    falls = [np.array([search.along(centre, k, v) - best for v in axis]) for k, axis in enumerate(axes)]
    likely = [
        np.array([axes[k][c] for k, c in enumerate(at_)])
        for at_ in product(*(range(len(a)) for a in axes))
        if sum(falls[k][c] for k, c in enumerate(at_)) > np.log(_NEGLIGIBLE)
    ]
    found = [search.node(where) for where in likely]
    depth = np.array([n.depth for n in found])
    weight = np.exp(depth - depth.max())
    weight[weight < _NEGLIGIBLE] = 0
    weight /= weight.sum()
    return [replace(n, weight=float(w)) for n, w in zip(found, weight, strict=True) if w]


def _moved(where: np.ndarray, k: int, value: float) -> np.ndarray:
    out = where.copy()
    out[k] = value
    return out


def _centre(search: Search, free: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Mode of the log spreads by parabolas along each axis in turn, and a standard deviation for each."""
    where, sd = search.centre.copy(), np.full(3, 0.3)
    for _ in range(4):
        largest = 0.0
        for k in free:
            step = float(np.clip(sd[k], 0.03, 0.5))
            low, mid, high = (search.depth(_moved(where, k, where[k] + s)) for s in (-step, 0.0, step))
            curve = (2 * mid - low - high) / step**2
            sd[k] = 1 / np.sqrt(max(curve, 0.25))
            move = np.clip((high - low) / (2 * step) * sd[k] ** 2, -1.5 * step, 1.5 * step)
            move = float(np.clip(where[k] + move, *_LIMIT)) - where[k]
            if search.depth(_moved(where, k, where[k] + move)) > mid:
                where[k] += move
                largest = max(largest, abs(move) / sd[k])
        if largest < 0.15:
            break
    return where, sd


def _axis(depth: Callable[[float], float], centre: float) -> np.ndarray:
    """Points equally spaced in the log that cover the posterior along one axis, the centre's neighbourhood too."""
    ends, value = [], depth(centre)
    for side in (-1, 1):
        place, step = centre, 0.35
        while (new := depth(place)) > value - _DEPTH and _LIMIT[0] < place < _LIMIT[1]:
            value = max(value, new)
            place = float(np.clip(place + side * step, *_LIMIT))
            step *= 1.5
        ends.append(place)
    return np.linspace(ends[0], ends[1], _POINTS + 2)[1:-1]
