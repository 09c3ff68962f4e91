"""The crossed random-effects model: severities drawn to their mean, errors and draws of the posterior."""

from collections.abc import Callable

import numpy as np

from fairlib.scoring.crossed import posterior
from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.inverse import symmetric_inverse
from fairlib.scoring.crossed.level_tables import level_contrasts, level_means, level_spreads
from fairlib.scoring.crossed.likelihood import Point
from fairlib.scoring.crossed.reml import Fit
from fairlib.scoring.estimators.estimator import Estimator, Many, Result, Scores, Singles, again_by, fit_of


def _fit(design: Incidence, y: np.ndarray, singles: Singles) -> Result:
    fit = fit_of(design, y)
    grid = posterior.nodes(fit)
    se_i, se_j = posterior.errors(fit, grid)
    return Result(
        Scores(fit.merit, se_i, -fit.juror_effect, se_j),
        fit=fit,
        contrasts=level_contrasts(singles.pairs, fit, grid),
        levels=level_means(singles.pairs, fit, grid),
        groupings=level_spreads(singles.pairs, fit, grid),
        sampler=lambda n, rng: posterior.draws(fit, grid, n, rng),
    )


def many(fit: Fit) -> Many:
    """Marks (D, n) to x_iᵀβ + a_i (D, I) at the ratios of a fit."""
    p, solve = fit.sums.incidence, solved_at(fit)
    return lambda y: solve(p.by_submission(y), p.by_juror(y))


def solved_at(fit: Fit) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Sums of submissions (D, I) and of jurors (D, J) to x_iᵀβ + a_i (D, I), ratios of the fit held."""
    p, at = fit.sums.incidence, Point(fit.sums, fit.ratios)
    j, own = p.n_jurors, p.levels.columns
    shrink = at.la / (1 + at.la * p.readers)
    solve = symmetric_inverse(at.chol) * np.outer(at.scale, at.scale)

    def merit(total: np.ndarray, by_juror: np.ndarray) -> np.ndarray:
        juror = by_juror - p.over_submissions(total * shrink)
        level = total @ own - (total * shrink) @ p.by_level
        u = np.column_stack([juror, level]) @ solve
        if p.n_levels > 1:
            u += (u[:, j:] @ (at.levels.pull.T - np.eye(p.n_levels))) @ at.along.T
        read = p.over_readers(u[:, :j].T).T + u[:, j:] @ p.by_level.T
        return u[:, j:] @ own.T + shrink * (total - read)

    return merit


SEVERITY = Estimator(_fit, again_by(fit_of), many, compares_jurors=True, of_sums=True, has_levels=True)
