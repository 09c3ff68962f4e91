"""Marks that are submission plus juror exactly: no error is left, and what depends on it has only a limit."""

import numpy as np

from fairlib.scoring.crossed.sums import Sums

NOTHING = 1e-12  # share of the sum of squares that is rounding


def without_rest(sums: Sums) -> np.ndarray | None:
    """Variances (of submissions, of jurors), squared points, of marks that are their sum exactly; else None.

    With levels the variance is that about them. Exactly means by least squares with degrees of freedom to
    spare: marks of which there are no more than effects always look so and say nothing about the error. None
    as well where levels alone explain everything.
    """
    p, j = sums.incidence, sums.incidence.n_jurors
    system = np.diag(p.load) - p.gram(1 / p.sizes)[:j, :j]
    right = sums.ysum[:j] - ((1 / p.sizes) @ sums.nt)[:j]
    juror, _, rank, _ = np.linalg.lstsq(system, right, rcond=1e-10)
    merit = (sums.total - p.over_readers(juror)) / np.maximum(p.readers, 1)
    rest = sums.yy - float(merit @ sums.total) - float(juror @ sums.ysum[:j])
    read, reads = p.readers > 0, p.load > 0
    if p.n - int(read.sum()) - rank <= 0 or rest > NOTHING * sums.yy:
        return None
    one = [np.ones((p.n_submissions, 1)), np.ones((j, 1))]
    one[int(p.columns_have_levels)] = p.levels.columns
    found = np.array([_within(merit[read], one[0][read]), _within(juror[reads], one[1][reads])])
    found = np.where(found > NOTHING**1.5 * sums.yy / p.n, found, 0.0)
    return found if found.any() else None


def _within(effect: np.ndarray, columns: np.ndarray) -> float:
    """Variance of effects about their levels, by the columns (I, P) of these."""
    fitted, _, rank, _ = np.linalg.lstsq(columns, effect, rcond=None)
    left = effect - columns @ fitted
    return float(left @ left) / max(len(effect) - int(rank), 1)
