"""Marks that are submission plus juror exactly: no error is left, and what depends on it has only a limit."""

import numpy as np

NOTHING = 1e-12  # share of the sum of squares that is rounding


def without_rest(sums) -> np.ndarray | None:
    """Variances (of submissions, of jurors), squared points, of marks that are their sum exactly; else None.

    `sums` are those of `reml.sums_of`. Exactly means by least squares with degrees of freedom to spare: marks
    of which there are no more than effects always look so and say nothing about the error.
    """
    p = sums.panels
    system = np.diag(p.load) - p.gram(1 / p.sizes)[:-1, :-1]
    right = sums.ysum[:-1] - ((1 / p.sizes) @ sums.nt)[:-1]
    juror, _, rank, _ = np.linalg.lstsq(system, right, rcond=1e-10)
    merit = (sums.total - p.over_readers(juror)) / np.maximum(p.readers, 1)
    rest = sums.yy - float(merit @ sums.total) - float(juror @ sums.ysum[:-1])
    read, reads = p.readers > 0, p.load > 0
    if p.n - int(read.sum()) - rank <= 0 or rest > NOTHING * sums.yy:
        return None
    found = np.array([merit[read].var(ddof=1), juror[reads].var(ddof=1)])
    return np.where(found > NOTHING**1.5 * found.max(), found, 0.0)
