"""What the two-way model leaves of the marks, and what it would leave of marks without any fault.

The residuals of two-way least squares are My with My = Me: merits and severities are gone. Under the model
r/|r| is independent of everything that is fitted, so replicates M z with z normal, fitted values kept, are exact
draws from the predictive distribution of any discrepancy that does not know the unit of the marks (Gelman,
Meng & Stern 1996, Stat. Sinica 6:733; Rubin 1984, Ann. Stat. 12:1151).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.reml import Fit
from fairlib.scoring.crossed.twoway import components_of, laplacian, pseudo_inverse

LEAST_FREE = 8  # degrees of freedom below which residuals tell nothing of their own shape
_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class Left:
    """Residuals of one set of marks on a design, readings in its sorted order, n of them.

    `y` (n,) are the marks; `fit` the severity model of them.
    """

    fit: Fit
    y: np.ndarray

    @property
    def design(self) -> Incidence:
        """Who read what."""
        return self.fit.sums.incidence

    @cached_property
    def inverse(self) -> np.ndarray:
        """L⁺ (J, J) of the juror Laplacian."""
        return pseudo_inverse(laplacian(self.design), components_of(self.design)[2])

    @cached_property
    def dof(self) -> int:
        """Degrees of freedom of the residuals."""
        p = self.design
        return p.n - int((p.readers > 0).sum()) - int((p.load > 0).sum()) + components_of(p)[0]

    @cached_property
    def free(self) -> np.ndarray:
        """How much of its own noise each residual keeps: the diagonal of M (n,)."""
        out = np.empty(self.design.n)
        for block in self.design.blocks:
            rows, step = self.design.rows(block), max(1, _CELLS // block.d**2)
            for start in range(0, len(rows), step):
                who = block.jurors[start : start + step]
                form = self.inverse[who[:, :, None], who[:, None, :]].sum(axis=2)
                own = self.inverse[who, who] - 2 * form / block.d
                out[rows[start : start + step]] = (
                    1 - 1 / block.d - own - form.sum(axis=1, keepdims=True) / block.d**2
                )
        return np.where(out > 1e-9, out, 0.0)

    @cached_property
    def fitted(self) -> np.ndarray:
        """What the model expects of each mark (n,)."""
        p = self.design
        return self.fit.merit[p.owner] + self.fit.juror_effect[p.who]

    @cached_property
    def observed(self) -> np.ndarray:
        """Residuals (1, n), in units of one mark's noise."""
        return self._scaled((self.y - self.y.mean())[None, :])

    def replicated(self, n: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
        """Residuals (d, n) of `n` sets of marks without fault, in blocks, in the same units."""
        step = max(1, _CELLS // self.design.n)
        for start in range(0, n, step):
            yield self._scaled(rng.standard_normal((min(step, n - start), self.design.n)))

    def _scaled(self, y: np.ndarray) -> np.ndarray:
        """M y over its root mean square (D, n)."""
        p = self.design
        total, readers = p.by_submission(y), np.maximum(p.readers, 1)
        b = (p.by_juror(y) - p.over_submissions(total / readers)) @ self.inverse
        merit = (total - p.over_readers(b.T).T) / readers
        r = y - merit[:, p.owner] - b[:, p.who]
        return r / np.sqrt(np.maximum((r**2).sum(axis=1, keepdims=True), 1e-300) / self.dof)
