"""What two-way models need of the marks: sums over submissions, jurors, levels and blocks of equal size."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fairlib.scoring.crossed.incidence import Incidence, onto_readers


@dataclass(frozen=True)
class Sums:
    """What the likelihood needs of the marks: y centred on `centre`, t_i its sum over a submission.

    `total` (I,) = t; `ysum` (J+P,) = X̃ᵀy; per block of equal d: `nt` (blocks, J+P) = Σ ñ_i t_i,
    `tt` (blocks,) = Σ t_i²; `yy` = yᵀy.
    """

    incidence: Incidence
    centre: float
    total: np.ndarray
    ysum: np.ndarray
    nt: np.ndarray
    tt: np.ndarray
    yy: float

    may_turn = True

    @cached_property
    def border(self) -> np.ndarray:
        """X̃ᵀX̃, kept because every evaluation starts from it."""
        return self.incidence.border()

    @cached_property
    def turned(self) -> "Sums":
        """The same sums with jurors and submissions in each other's place."""
        j, design = self.incidence.n_jurors, self.incidence.turned
        nt, tt = _block_sums(design, self.ysum[:j])
        ysum = np.append(self.total, self.ysum[j:])
        return Sums(design, self.centre, self.ysum[:j], ysum, nt, tt, self.yy)


def sums_of(design: Incidence, y: np.ndarray) -> Sums:
    """One pass over the marks y (n,), in the order in which the design was made."""
    centre = float(y.mean())
    y = y[design.order] - centre
    total = np.bincount(design.owner, weights=y, minlength=design.n_submissions)
    by_juror = np.bincount(design.who, weights=y, minlength=design.n_jurors)
    return sums_from(design, total, by_juror, float(y @ y), centre)


def sums_from(
    design: Incidence, total: np.ndarray, by_juror: np.ndarray, squares: float, centre: float = 0.0
) -> Sums:
    """The same from what a record keeps: sums of marks by submission (I,), by juror (J,), and of their squares.

    Marks are counted from `centre`, which should be near their mean. Nothing else of the marks is in the model:
    the sums of levels are sums of those of their submissions.
    """
    ysum = np.append(by_juror, design.levels.columns.T @ total)
    return Sums(design, centre, total, ysum, *_block_sums(design, total), squares)


def _block_sums(design: Incidence, total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Σ ñ_i t_i (blocks, J+P) and Σ t_i² (blocks,) of each block."""
    j = design.n_jurors
    nt = np.zeros((len(design.blocks), j + design.n_levels))
    for k, block in enumerate(design.blocks):
        t = total[block.members]
        nt[k, :j] = onto_readers(block, j, t[:, None])[:, 0]
        nt[k, j:] = t @ design.by_level[block.members]
    return nt, np.array([total[b.members] @ total[b.members] for b in design.blocks])
