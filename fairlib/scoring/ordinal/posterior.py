"""What is known of each submission and juror once marks are seen: places on the latent scale, marks, joint draws.

Every node has its own steps. A place of one node is carried to the steps of reference (the mean over the nodes)
such that the mark to expect stays the same; what is uncertain of the steps is then part of its error.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from fairlib.scoring.ordinal.fit import Node
from fairlib.scoring.ordinal.likelihood import NODES, At, Readings
from fairlib.scoring.ordinal.scale import Steps

_LEGS = 4  # of the way from the steps of a node to those of reference
_FINE = np.linspace(-7, 7, 141)  # standard coordinates between which a submission is drawn
_NORMAL, _SHARES = np.polynomial.hermite_e.hermegauss(9)
_SHARES = _SHARES / _SHARES.sum()
_GRID = 200  # places at which a draw's marks are worked out


@dataclass(frozen=True, eq=False)
class Posterior:
    """A fit: its marks and the nodes over the spreads, weights summing to 1."""

    data: Readings
    nodes: list[Node]

    @cached_property
    def weight(self) -> np.ndarray:
        """Of the nodes (T,)."""
        return np.array([n.weight for n in self.nodes])

    @cached_property
    def stretch(self) -> np.ndarray:
        """φ of reference (M,)."""
        return self.weight @ [self.data.parts(n.point.u)[2] for n in self.nodes]

    @cached_property
    def places(self) -> tuple[np.ndarray, np.ndarray]:
        """Posterior mean and standard deviation (I,) of each submission on the latent scale of reference."""
        found = [self._places(n) for n in self.nodes]
        return _mixed(self.weight, [m for m, _ in found], [v for _, v in found])

    @cached_property
    def jurors(self) -> tuple[np.ndarray, np.ndarray]:
        """Posterior mean and standard deviation (J,) of what each juror adds, on the latent scale."""
        j = self.data.n_jurors
        return _mixed(
            self.weight, [n.point.u[:j] for n in self.nodes], [np.diag(n.covariance)[:j] for n in self.nodes]
        )

    def _places(self, node: Node) -> tuple[np.ndarray, np.ndarray]:
        """Mean on the scale of reference and variance at one node."""
        d, at = self.data, node.point
        _, level, stretch = d.parts(at.u)
        place = level[d.level] + at.mean
        way = _ways(d, at)
        way[:, d.n_jurors + d.n_levels :] += d.steps.mark_slopes(place, stretch)[1]
        variance = at.variance + ((way @ node.covariance) * way).sum(axis=1)
        return self._carried(place, stretch), variance

    def _carried(self, place: np.ndarray, stretch: np.ndarray) -> np.ndarray:
        """Places where the steps of reference let the same marks be expected as `stretch` does at `place`."""
        leg = (self.stretch - stretch) / _LEGS
        for k in range(_LEGS):
            half = place - self.data.steps.mark_slopes(place, stretch + k * leg)[1] @ leg / 2
            place = place - self.data.steps.mark_slopes(half, stretch + (k + 0.5) * leg)[1] @ leg
        return place

    def marks(self, place: np.ndarray, sd: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The mark to expect from a juror of mean severity, and its standard deviation, at uncertain places (m,)."""
        at = self.mark(place + np.multiply.outer(_NORMAL, sd))
        mean = _SHARES @ at
        return mean, np.sqrt(_SHARES @ (at - mean) ** 2)

    def mark(self, place: np.ndarray) -> np.ndarray:
        """The mark to expect from a juror of mean severity at places of reference, of any shape."""
        return self.data.steps.mark(place.ravel(), self.stretch).reshape(place.shape)

    def slopes(self, place: np.ndarray) -> np.ndarray:
        """Points per unit of the latent scale at places of reference (m,)."""
        return self.data.steps.mark_slopes(place, self.stretch)[0]

    def draws(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """`n` joint draws (n, I) of the marks to expect: spreads, then u, then every submission given these."""
        out = np.empty((n, len(self.data.level)))
        for node, rows in picked(self.nodes, n, rng):
            place, u = drawn(self.data, node, len(rows), rng)
            stretch = u[:, self.data.n_jurors + self.data.n_levels :]
            for row, here, own in zip(rows, place, stretch, strict=True):
                out[row] = on_scale(self.data.steps, own, here)
        return out


def picked(nodes: list[Node], n: int, rng: np.random.Generator) -> list[tuple[Node, np.ndarray]]:
    """Which of `n` draws (rows) are made at which node."""
    picks = rng.choice(len(nodes), n, p=[node.weight for node in nodes])
    return [(nodes[k], np.flatnonzero(picks == k)) for k in np.unique(picks)]


def drawn(data: Readings, node: Node, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """`n` draws at one node: places (n, I) and u (n, p).

    u is normal; given u a submission keeps the shape that it has at the mode, and moves with u.
    """
    at = node.point
    value, axes = np.linalg.eigh(node.covariance)
    off = (rng.standard_normal((n, data.width)) * np.sqrt(np.maximum(value, 0))) @ axes.T
    _, level, _ = data.parts(at.u)
    place = level[data.level] + off @ _ways(data, at).T + _own(at, n, rng)
    return place, at.u + off


def _ways(data: Readings, at: At) -> np.ndarray:
    """How the place of each submission moves with u, (I, p)."""
    way = at.pull.copy()
    way[np.arange(len(way)), data.n_jurors + data.level] += 1
    return way


def _own(at: At, n: int, rng: np.random.Generator) -> np.ndarray:
    """`n` draws (n, I) of the effects at the mode of u, from their densities over the nodes."""
    skew = np.log(np.maximum(at.weight, 1e-300)) + (NODES**2 / 2)[:, None]
    t = rng.random((n, at.weight.shape[1]))
    for i in range(t.shape[1]):
        density = np.exp(np.interp(_FINE, NODES, skew[:, i]) - _FINE**2 / 2)
        total = np.cumsum((density[1:] + density[:-1]) / 2)
        t[:, i] = np.interp(t[:, i] * total[-1], np.append(0.0, total), _FINE)
    return at.axis.places(t)


def on_scale(steps: Steps, stretch: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The marks to expect at many places (of any shape), between neighbours of a fine grid."""
    cut = steps.cuts(stretch)
    grid = np.linspace(cut.min() - 6, cut.max() + 6, _GRID)
    return np.interp(place, grid, steps.mark(grid, stretch))


def _mixed(
    weight: np.ndarray, mean: list[np.ndarray], variance: list[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of a mixture."""
    centre = weight @ np.array(mean)
    spread = weight @ (np.array(variance) + (np.array(mean) - centre) ** 2)
    return centre, np.sqrt(spread)


def limits(place: np.ndarray, sd: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Ends of intervals of that level on the latent scale."""
    half = ndtri((1 + level) / 2) * sd
    return place - half, place + half
