"""How high does each nomination stand, and how do they compare? Levels of the severity model as tables."""

import numpy as np
import pandas as pd

from fairlib.scoring.estimators import posterior
from fairlib.scoring.estimators.reml import Fit
from fairlib.scoring.ratings import Pairs


def level_means(pairs: Pairs, fit: Fit, grid: list[posterior.Node]) -> pd.DataFrame | None:
    """A row for every level: `level, mean` (of its submissions' estimates), `se, n_submissions, n_jurors`.

    The error is that of the mean of the true scores of these very submissions. None where there is one level.
    """
    names = pairs.level_names()
    if not len(names):
        return None
    mean = _means(fit, len(names))
    table = {
        "level": names,
        "mean": mean @ fit.merit,
        "se": posterior.contrast_errors(fit, grid, mean),
        "n_submissions": (mean > 0).sum(axis=1),
        "n_jurors": _reads(fit, len(names)).sum(axis=1).astype(np.int64),
    }
    return pd.DataFrame(table)


def level_contrasts(pairs: Pairs, fit: Fit, grid: list[posterior.Node]) -> pd.DataFrame | None:
    """One row for every two levels: `level_a, level_b, difference` of their means, `se, across`.

    `across` is how many jurors read in both. None where there is one level.
    """
    names = pairs.level_names()
    if not len(names):
        return None
    mean, reads = _means(fit, len(names)), _reads(fit, len(names))
    a, b = np.triu_indices(len(names), 1)
    table = {
        "level_a": names[a],
        "level_b": names[b],
        "difference": (mean[a] - mean[b]) @ fit.merit,
        "se": posterior.contrast_errors(fit, grid, mean[a] - mean[b]),
        "across": (reads @ reads.T)[a, b].astype(np.int64),
    }
    return pd.DataFrame(table)


def _means(fit: Fit, n: int) -> np.ndarray:
    """Weights (G, I) that make the mean of each level's submissions that were read."""
    p = fit.sums.incidence
    member = (p.level == np.arange(n)[:, None]) & (p.readers > 0)
    return member / member.sum(axis=1, keepdims=True)


def _reads(fit: Fit, n: int) -> np.ndarray:
    """1 where a juror read in a level, else 0: (G, J)."""
    p = fit.sums.incidence
    reads = np.zeros((n, p.n_jurors))
    reads[p.level_of_reading, p.who] = 1
    return reads
