"""Estimators without a model of the jurors: mean, median and trimmed mean of the marks.

They are here for comparison and for contests whose rules prescribe them.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy.special import gammaln, ndtr, ndtri

from fairlib.scoring.arrays import divide
from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.reml import Fit
from fairlib.scoring.estimators.estimator import Again, Estimator, Many, Result, Scores

TRIM = 0.2  # share of readings cut at each end, at least one of three or more (Wilcox 2017, §3.3)
_MANY = 200


def raw(design: Incidence, y: np.ndarray) -> Scores:
    """Mean of the marks; error from the spread within submissions, pooled over the contest."""
    return _location(design, y, lambda n: 0)


def median(design: Incidence, y: np.ndarray) -> Scores:
    """Median of the marks, the mean of the middle one or two."""
    return _location(design, y, lambda n: (n - 1) // 2)


def trimmed(design: Incidence, y: np.ndarray) -> Scores:
    """Mean without the highest and lowest fifth, at least one mark each; below three marks the mean."""
    return _location(design, y, lambda n: max(1, int(TRIM * n)) if n >= 3 else 0)


def within_sd(design: Incidence, y: np.ndarray) -> float:
    """Standard deviation of a mark about its submission's mean, pooled; NaN without a second mark."""
    total = np.bincount(design.owner, weights=y, minlength=design.n_submissions)
    left = y - divide(total, design.readers)[design.owner]
    dof = design.n - int((design.readers > 0).sum())
    return float(np.sqrt(left @ left / dof)) if dof > 0 else float("nan")


def spread_of_jurors(design: Incidence, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and sd (ddof 1; 0 where it is rounding) of each juror's marks (J,); NaN where none."""
    load = design.load
    mean = divide(np.bincount(design.who, weights=y, minlength=design.n_jurors), load)
    square = np.bincount(design.who, weights=(y - mean[design.who]) ** 2, minlength=design.n_jurors)
    sd = np.sqrt(np.where(load > 1, square, np.nan) / np.maximum(load - 1, 1))
    return mean, np.where(sd <= 1e-12 * np.maximum(1.0, np.abs(mean)), 0.0, sd)


def against_others(design: Incidence, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Severity of each juror as the mean of (other readers' mean − own mark), and its standard error."""
    total = np.bincount(design.owner, weights=y, minlength=design.n_submissions)
    n = design.readers[design.owner]
    use = n > 1
    gap = (total[design.owner][use] - y[use]) / (n[use] - 1) - y[use]
    who = design.who[use]
    count = np.bincount(who, minlength=design.n_jurors)
    mean = divide(np.bincount(who, weights=gap, minlength=design.n_jurors), count)
    square = np.bincount(who, weights=(gap - mean[who]) ** 2, minlength=design.n_jurors)
    return mean, np.sqrt(divide(square, np.where(count > 1, count * (count - 1.0), 0)))


def _location(design: Incidence, y: np.ndarray, cut) -> Scores:
    estimate, se = np.full(design.n_submissions, np.nan), np.full(design.n_submissions, np.nan)
    noise = within_sd(design, y)
    for block in design.blocks:
        g = cut(block.d)
        marks = np.sort(y[design.rows(block)], axis=1)
        estimate[block.members] = marks[:, g : block.d - g].mean(axis=1)
        se[block.members] = noise * np.sqrt(trimmed_variance(block.d, g))
    return Scores(estimate, se, *against_others(design, y))


@lru_cache(maxsize=256)
def trimmed_variance(n: int, g: int) -> float:
    """Variance of the mean of n standard normals after cutting g at each end; n = 2g + 1 is the median.

    Given the g-th lowest u and g-th highest v, those between are a sample of the normal truncated to
    (u, v), so a double integral over u < v is enough (David & Nagaraja 2003, Order Statistics, §2.5).

    Sarhan & Greenberg (1962), variance of the median of three: 0.4487.

    >>> round(trimmed_variance(3, 1), 4)
    0.4487
    """
    if g == 0:
        return 1 / n
    if n > _MANY:  # the variance is c/n with c the limit for this share, reached to within one per cent
        return trimmed_variance(_MANY, min(round(g * _MANY / n), (_MANY - 1) // 2)) * _MANY / n
    share, edge = g / (n + 1), float(ndtri(g / (n + 1)))
    spread = np.sqrt(share * (1 - share) / (n + 2)) * np.sqrt(2 * np.pi) * np.exp(edge**2 / 2)
    reach = min(7.0, abs(edge) + 8 * spread)  # beyond it neither u nor v ever falls
    x = np.linspace(-reach, reach, 701)
    pdf, cdf = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi), ndtr(x)
    inner = n - 2 * g
    gap = np.where(np.triu(np.ones((len(x), len(x)), bool), 1), cdf[None, :] - cdf[:, None], np.nan)
    mean = (pdf[:, None] - pdf[None, :]) / gap
    var = 1 + (x * pdf)[:, None] / gap - (x * pdf)[None, :] / gap - mean**2
    const = gammaln(n + 1) - 2 * gammaln(g) - gammaln(inner + 1)
    low, high = cdf[:, None] ** (g - 1) * pdf[:, None], (1 - cdf[None, :]) ** (g - 1) * pdf[None, :]
    weight = np.exp(const) * low * high * gap**inner
    return float(np.nansum(weight * (np.maximum(var, 0) / inner + mean**2)) * (x[1] - x[0]) ** 2)


def _means(fit: Fit) -> Many:
    p = fit.sums.incidence
    mean = 1 / np.maximum(p.readers, 1)
    return lambda y: p.by_submission(y) * mean


def _estimator(core: Callable[[Incidence, np.ndarray], Scores], **about) -> Estimator:
    def again(design: Incidence, _) -> Again:
        return lambda y: (core(design, y).estimate, np.zeros(design.n_jurors))

    return Estimator(lambda design, y, _: Result(core(design, y)), again, **about)


RAW = _estimator(raw, many=_means, of_sums=True)
MEDIAN = _estimator(median)
TRIMMED = _estimator(trimmed)
