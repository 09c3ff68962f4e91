"""z-scores: each juror's marks on the same mean and spread, then the mean over the readers."""

import numpy as np

from fairlib.scoring.arrays import divide
from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.estimators.estimator import Again, Estimator, Result, Scores
from fairlib.scoring.estimators.simple import spread_of_jurors


def zscore(design: Incidence, y: np.ndarray) -> Scores:
    """Mean of z = (y − mean_j)/sd_j, shown on the common mean and the pooled spread within jurors.

    Marks of a juror with one mark or without spread have no z and are left out. The mean of a juror is
    taken for severity, so whoever happened to read strong work looks lenient: the known fault of z.
    """
    z, mean, sd = standardise(design, y)
    use = np.isfinite(z)
    if not use.any():
        empty = np.full(design.n_submissions, np.nan)
        return Scores(empty, empty, y.mean() - mean, np.full(design.n_jurors, np.nan))
    count = np.bincount(design.owner[use], minlength=design.n_submissions)
    total = np.bincount(design.owner[use], weights=z[use], minlength=design.n_submissions)
    merit = divide(total, count)
    left = z[use] - merit[design.owner[use]]
    dof = int(use.sum() - (count > 0).sum())
    noise = np.sqrt(left @ left / dof) if dof > 0 else np.nan
    seen = np.isfinite(sd) & (design.load > 1)
    spread = float(np.sqrt(((design.load[seen] - 1) @ sd[seen] ** 2) / (design.load[seen] - 1).sum()))
    se = spread * noise * divide(np.ones(len(count)), np.sqrt(count))
    return Scores(y.mean() + spread * merit, se, y.mean() - mean, divide(sd, np.sqrt(design.load)))


def standardise(design: Incidence, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """z of each mark (n,), and mean and sd (ddof 1) of each juror (J,); NaN where there is none."""
    mean, sd = spread_of_jurors(design, y)
    usable = np.where((sd == 0) | (design.load < 2), np.nan, sd)
    return (y - mean[design.who]) / usable[design.who], mean, sd


def _again(design: Incidence, _) -> Again:
    def again(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = zscore(design, y)
        return found.estimate, np.nan_to_num(found.severity)

    return again


ZSCORE = Estimator(lambda design, y, _: Result(zscore(design, y)), _again, compares_jurors=True)
