"""The severity model with a weight for each mark and more effects: what an ideal contest does without.

y_n = l_n (level_g(i) + a_i) + b_j + further effects + e_n, e_n ~ N(0, 1/w_n). Submissions are eliminated as in
`reml`; what is left is a system of the size of jurors, levels and further effects, u. Given the variances all is
normal (Henderson 1975, Biometrics 31:423).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from fairlib.scoring.crossed.incidence import Incidence

CELLS = 20_000_000  # readings × effects beyond submissions up to which such a model is fitted


@dataclass(frozen=True, eq=False)
class Columns:
    """Effects beyond submissions: `z` (n, q) where each enters a mark, `of_merit` (I, q) where a merit.

    `blocks` are the columns of jurors, levels and each further effect. Levels are drawn to their common mean,
    which is free, all others to 0.
    """

    z: sp.csr_array
    of_merit: sp.csr_array
    blocks: tuple[slice, ...]

    def precision(self, variances: np.ndarray) -> np.ndarray:
        """Prior precision (q, q) at the variances of the blocks (blocks,); 0 holds a block at 0."""
        out = np.zeros((self.z.shape[1],) * 2)
        for k, (block, v) in enumerate(zip(self.blocks, variances, strict=True)):
            size = block.stop - block.start
            inside = np.eye(size) - (1 / size if k == 1 else 0)
            out[block, block] = inside / max(v, 1e-9)
        return out


def columns_of(design: Incidence, further: list[tuple[np.ndarray, np.ndarray | None]]) -> Columns:
    """Jurors, levels and `further` effects: codes of each reading (n,), and of each submission (I,) or None.

    A code of −1 stands for no effect. What a submission has a code for is part of its merit.
    """
    rows, i = np.arange(design.n), np.arange(design.n_submissions)
    size = int(design.level.max()) + 1  # of several groupings each combination has a level here
    read = [(design.who, None, design.n_jurors), (design.level_of_reading, design.level, size)]
    read += [(of_mark, of_merit, int(of_mark.max()) + 1) for of_mark, of_merit in further]
    marks, merits, blocks, start = [], [], [], 0
    for of_mark, of_merit, size in read:
        marks.append(_indicator(rows, of_mark, size))
        codes = np.full(len(i), -1) if of_merit is None else of_merit
        merits.append(_indicator(i, codes, size))
        blocks.append(slice(start, start + size))
        start += size
    return Columns(sp.hstack(marks, format="csr"), sp.hstack(merits, format="csr"), tuple(blocks))


def _indicator(rows: np.ndarray, codes: np.ndarray, size: int) -> sp.csr_array:
    known = codes >= 0
    return sp.csr_array((np.ones(known.sum()), (rows[known], codes[known])), shape=(len(rows), size))


@dataclass(frozen=True, eq=False)
class Weighted:
    """The posterior at given variances: marks `y` (n,), weights (n,), loadings (n,) of merits, sorted order.

    `of_submission` is the variance of a_i, `variances` those of the blocks of `columns`.
    """

    design: Incidence
    columns: Columns
    y: np.ndarray
    weight: np.ndarray
    load: np.ndarray
    of_submission: float
    variances: np.ndarray

    @cached_property
    def _z(self) -> sp.csr_array:
        """Effects of each mark, levels by its loading."""
        scale = np.ones(self.columns.z.shape[1])
        level = np.zeros_like(scale)
        level[self.columns.blocks[1]] = 1
        by_mark = self.columns.z.multiply(scale - level)
        return sp.csr_array(by_mark + self.columns.z.multiply(level).multiply(self.load[:, None]))

    @cached_property
    def pull(self) -> np.ndarray:
        """Precision of each a_i given u (I,)."""
        own = np.bincount(self.design.owner, self.weight * self.load**2, self.design.n_submissions)
        return own + 1 / max(self.of_submission, 1e-12)

    @cached_property
    def _onto(self) -> np.ndarray:
        """How a_i falls as u rises (I, q)."""
        p = self.design
        owner = sp.csr_array(
            (self.weight * self.load, (p.owner, np.arange(p.n))), shape=(p.n_submissions, p.n)
        )
        return (owner @ self._z).toarray() / self.pull[:, None]

    @cached_property
    def _inverse(self) -> np.ndarray:
        """Covariance of u (q, q)."""
        z = self._z
        system = (z.T @ z.multiply(self.weight[:, None])).toarray() + self.columns.precision(self.variances)
        return np.linalg.inv(system - self._onto.T @ (self._onto * self.pull[:, None]))

    @cached_property
    def effects(self) -> tuple[np.ndarray, np.ndarray]:
        """a (I,) and u (q,): posterior means."""
        p = self.design
        total = np.bincount(p.owner, self.weight * self.load * self.y, p.n_submissions)
        u = self._inverse @ (self._z.T @ (self.weight * self.y) - self._onto.T @ total)
        return total / self.pull - self._onto @ u, u

    @cached_property
    def merit(self) -> np.ndarray:
        """What a juror of no severity would give each submission (I,)."""
        a, u = self.effects
        return a + self.columns.of_merit @ u

    @cached_property
    def _lift(self) -> np.ndarray:
        return self.columns.of_merit.toarray() - self._onto

    def covariance(self) -> np.ndarray:
        """Covariance of the merits (I, I)."""
        return self._lift @ self._inverse @ self._lift.T + np.diag(1 / self.pull)

    def spread(self) -> np.ndarray:
        """Variances of the merits (I,)."""
        return np.einsum("iq,iq->i", self._lift @ self._inverse, self._lift) + 1 / self.pull

    @cached_property
    def expected(self) -> np.ndarray:
        """The mark expected in each reading (n,)."""
        a, u = self.effects
        return self.load * a[self.design.owner] + self._z @ u

    def uncertain(self) -> np.ndarray:
        """Variance of what is expected in each reading (n,)."""
        own = self.design.owner
        x = self._z.toarray() - self.load[:, None] * self._onto[own]
        return np.einsum("nq,nq->n", x @ self._inverse, x) + self.load**2 / self.pull[own]

    def learnt(self) -> tuple[float, np.ndarray]:
        """Variances of submissions and of the blocks that this posterior suggests (Dempster, Laird & Rubin 1977)."""
        a, u = self.effects
        own = np.einsum("iq,iq->i", self._onto @ self._inverse, self._onto) + 1 / self.pull
        read = self.design.readers > 0
        out, diag = self.variances.copy(), np.diag(self._inverse)
        for k, block in enumerate(self.columns.blocks):
            if k != 1 and self.variances[k] > 0:
                out[k] = float((u[block] ** 2 + diag[block]).mean())
        return float((a**2 + own)[read].mean()), out
