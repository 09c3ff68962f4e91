"""The crossed random-effects model: severities drawn to their mean, errors and draws of the posterior."""

import numpy as np

from fairlib.scoring.estimators import posterior
from fairlib.scoring.estimators.estimator import Again, Estimator, Many, Result, Scores, Singles
from fairlib.scoring.estimators.incidence import Incidence
from fairlib.scoring.estimators.inverse import symmetric_inverse
from fairlib.scoring.estimators.level_tables import level_contrasts, level_means
from fairlib.scoring.estimators.likelihood import Point
from fairlib.scoring.estimators.reml import Fit, fit_sums
from fairlib.scoring.estimators.sums import sums_of


def _fit(design: Incidence, y: np.ndarray, singles: Singles) -> Result:
    fit = fit_sums(sums_of(design, design.unsorted(y)))
    grid = posterior.nodes(fit)
    se_i, se_j = posterior.errors(fit, grid)
    return Result(
        Scores(fit.merit, se_i, -fit.juror_effect, se_j),
        fit=fit,
        contrasts=level_contrasts(singles.pairs, fit, grid),
        levels=level_means(singles.pairs, fit, grid),
        sampler=lambda n, rng: posterior.draws(fit, grid, n, rng),
    )


def _again(design: Incidence, _) -> Again:
    def again(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        fit = fit_sums(sums_of(design, design.unsorted(y)))
        return fit.merit, -fit.juror_effect

    return again


def many(fit: Fit) -> Many:
    """level_g(i) + a_i (D, I) at the ratios of a fit."""
    p, at = fit.sums.incidence, Point(fit.sums, fit.ratios)
    j, own = p.n_jurors, (p.level[:, None] == np.arange(p.n_levels)).astype(float)
    shrink = at.la / (1 + at.la * p.readers)
    solve = symmetric_inverse(at.chol) * np.outer(at.scale, at.scale)

    def estimates(y: np.ndarray) -> np.ndarray:
        total = p.by_submission(y)
        by_juror = p.by_juror(y) - p.over_submissions(total * shrink)
        by_level = total @ own - (total * shrink) @ p.by_level
        u = np.column_stack([by_juror, by_level]) @ solve
        if p.n_levels > 1:
            u += (u[:, j:] @ (at.levels.pull.T - np.eye(p.n_levels))) @ at.along.T
        read = p.over_readers(u[:, :j].T).T + u[:, j:] @ p.by_level.T
        return u[:, j:] @ own.T + shrink * (total - read)

    return estimates


SEVERITY = Estimator(_fit, _again, many, compares_jurors=True, of_sums=True, has_levels=True)
