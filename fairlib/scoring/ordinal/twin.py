"""Second commissions under the ordinal model: new jurors put new marks on the same steps, read by the same rule.

A world is drawn from the posterior, marks fall on its own steps, and the second office estimates with the
likeliest spreads and steps of the first. Its estimates are posterior modes, by EM: the latent values of marks are
replaced by what they are expected to be, and submissions and jurors follow as in the model for normal marks.

Dempster, Laird & Rubin (1977) J. R. Stat. Soc. B 39:1; Albert & Chib (1993) J. Am. Stat. Assoc. 88:669.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from fairlib.scoring.ordinal.cells import cells
from fairlib.scoring.ordinal.fit import Node
from fairlib.scoring.ordinal.likelihood import Readings, prior_precision
from fairlib.scoring.ordinal.posterior import Posterior, drawn, on_scale, picked
from fairlib.scoring.ordinal.scale import END

_CELLS = 200_000  # draws × marks held at once
_ROUNDS = 200
_AHEAD = 1.6  # EM creeps: steps longer than its own, below 2, end at the same place sooner
_STILL = 3e-3  # largest move of a latent value, in standard deviations of a reading, at which EM stops


def second_estimates(found: Posterior, n: int, rng: np.random.Generator) -> np.ndarray:
    """Estimates (n, I) of `n` second commissions, each in a world of its own, on the scale of the marks."""
    office = max(found.nodes, key=lambda node: node.weight)
    solve = _Office.of(found.data, office)
    out = np.empty((n, len(found.data.level)))
    for node, rows in picked(found.nodes, n, rng):
        step = max(1, _CELLS // len(found.data.owner))
        for start in range(0, len(rows), step):
            block = rows[start : start + step]
            out[block] = solve.estimates(_marks(found.data, node, len(block), rng))
    return out


def _marks(data: Readings, node: Node, n: int, rng: np.random.Generator) -> np.ndarray:
    """Steps (n, marks) that new jurors would give, each row in a world of its own."""
    place, u = drawn(data, node, n, rng)
    juror = rng.standard_normal((n, data.n_jurors)) * node.spreads.juror
    latent = place[:, data.owner] + juror[:, data.who] + rng.standard_normal((n, len(data.owner)))
    cut = data.steps.cuts(u[:, data.n_jurors + data.n_levels :])
    return np.array([np.searchsorted(c, x) for c, x in zip(cut, latent, strict=True)])


@dataclass(frozen=True, eq=False)
class _Office:
    """What estimating at given spreads and steps needs of the design: `inverse` (J+G, J+G) of u = (b, levels)."""

    data: Readings
    stretch: np.ndarray
    shrink: np.ndarray
    counts: np.ndarray
    inverse: np.ndarray
    of_juror: csr_array

    @classmethod
    def of(cls, data: Readings, node: Node) -> "_Office":
        """The office that holds the spreads and steps of a node."""
        j, g = data.n_jurors, data.n_levels
        readers = np.bincount(data.owner)
        shrink = 1 / (readers + node.spreads.submission**-2.0)
        counts = np.zeros((len(readers), j + g))
        counts[data.owner, data.who] = 1
        counts[np.arange(len(readers)), j + data.level] = readers
        system = prior_precision(data, node.spreads)[: j + g, : j + g].copy()
        reads = counts[:, :j]
        own = data.level[:, None] == np.arange(g)
        system[:j, :j] += np.diag(reads.sum(axis=0))
        system[:j, j:] += reads.T @ own
        system[j:, :j] += own.T @ reads
        system[j:, j:] += np.diag(readers @ own)
        system -= (counts * shrink[:, None]).T @ counts
        stretch = data.parts(node.point.u)[2]
        n = len(data.who)
        of_juror = csr_array((np.ones(n), data.who, np.arange(n + 1)), shape=(n, j))
        return cls(data, stretch, shrink, counts, np.linalg.inv(system), of_juror)

    def estimates(self, step: np.ndarray) -> np.ndarray:
        """Estimates (n, I) from steps (n, marks)."""
        d = self.data
        low, high = d.steps.ends(self.stretch)
        inside = np.array([np.maximum(low, high - 1), np.minimum(high, low + 1)])
        first = np.where(np.abs(inside) < END / 2, inside, inside[::-1]).mean(axis=0)
        lo, hi, latent = low[step], high[step], first[step]
        for _ in range(_ROUNDS):
            place, juror = self._effects(latent)
            location = place[:, d.owner] + juror[:, d.who]
            move = location + cells(lo, hi, location).score - latent
            latent += _AHEAD * move
            if np.abs(move).max() < _STILL:
                break
        return on_scale(d.steps, self.stretch, self._effects(latent)[0])

    def _effects(self, latent: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """level + a (n, I) and b (n, J) at latent values of the marks (n, marks)."""
        d, j = self.data, self.data.n_jurors
        total = d.of_submission(latent)
        right = -(total * self.shrink) @ self.counts
        right[:, :j] += latent @ self.of_juror
        right[:, j:] += total @ (d.level[:, None] == np.arange(d.n_levels))
        u = right @ self.inverse
        effect = self.shrink * (total - u @ self.counts.T)
        return effect + u[:, j:][:, d.level], u[:, :j]
