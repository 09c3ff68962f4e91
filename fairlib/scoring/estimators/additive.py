"""Two-way least squares: severities as fixed effects, estimates with exact errors and joint draws."""

import numpy as np

from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.reml import Fit
from fairlib.scoring.crossed.sums import sums_of
from fairlib.scoring.crossed.twoway import TwoWay, components_of, laplacian, pseudo_inverse, solve
from fairlib.scoring.estimators.estimator import Again, Estimator, Many, Result, Sampler, Scores


def _fit(design: Incidence, y: np.ndarray, _) -> Result:
    n_parts, _, part = components_of(design)
    inverse = pseudo_inverse(laplacian(design), part)
    ls = solve(sums_of(design, design.unsorted(y)), inverse, n_parts)
    se_i, se_j = (
        np.full(len(value), np.nan) if se is None else se
        for value, se in ((ls.submission, ls.submission_se), (ls.juror, ls.juror_se))
    )
    sampler = None if ls.sigma is None else _sampler(design, ls, inverse)
    return Result(Scores(ls.submission, se_i, -ls.juror, se_j), sampler=sampler)


def _sampler(design: Incidence, ls: TwoWay, inverse: np.ndarray) -> Sampler:
    readers = np.maximum(design.readers, 1)

    def sample(n: int, rng: np.random.Generator) -> np.ndarray:
        value, axes = np.linalg.eigh(inverse)
        b = (rng.standard_normal((n, len(value))) * np.sqrt(np.maximum(value, 0))) @ axes.T
        noise = rng.standard_normal((n, len(ls.submission))) / np.sqrt(readers)
        return ls.submission + ls.sigma * (noise - design.over_readers(b.T).T / readers)

    return sample


def _again(design: Incidence, _) -> Again:
    n_parts, _, part = components_of(design)
    inverse = pseudo_inverse(laplacian(design), part)

    def again(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ls = solve(sums_of(design, design.unsorted(y)), inverse, n_parts, with_errors=False)
        return np.where(design.readers > 0, ls.submission, np.nan), -ls.juror

    return again


def _many(fit: Fit) -> Many:
    p = fit.sums.incidence
    mean = 1 / np.maximum(p.readers, 1)
    inverse = pseudo_inverse(laplacian(p), components_of(p)[2])

    def many(y: np.ndarray) -> np.ndarray:
        total = p.by_submission(y)
        b = (p.by_juror(y) - p.over_submissions(total * mean)) @ inverse
        return (total - p.over_readers(b.T).T) * mean

    return many


ADDITIVE = Estimator(_fit, _again, _many, compares_jurors=True, of_sums=True)
