"""Do a juror's criteria move as one? Halo, and its extreme, the flat line.

`halo` follows Thorndike (1920) as Cooper (1981) and Myford & Wolfe (2003) measure it: the correlation of
criteria within a juror beyond the panel's.
"""

import numpy as np
import pandas as pd
from scipy.special import binom

from fairlib.scoring.arrays import divide
from fairlib.scoring.jurors.against_others import (
    by_juror,
    exchange,
    few,
    findings,
    informed,
    mean_by_juror,
    others,
    same,
    shared,
    two_sided,
    verdicts,
)
from fairlib.scoring.jurors.readings import Readings


def halo(readings: Readings) -> pd.DataFrame:
    """Mean correlation of criteria within a juror minus the mean of the other jurors'.

    Over submissions marked on all criteria; criteria that a juror never varies are left out of that
    juror's mean. `value`, `panel`: the two mean correlations. `effect`: points by which the criteria of
    one submission lie closer together than with the other readers of the same submissions (root mean
    square, the juror's own mean of each criterion taken out). p from the linearised difference of the
    correlations, submissions as units, t with m − 2 degrees of freedom.
    """
    full = ~np.isnan(readings.marks).any(axis=1)
    z = _standardised(readings, full)
    r, push = _correlations(readings, z, full)
    known = ~np.isnan(r)
    k = int(np.count_nonzero(known))
    rest = divide(np.nansum(r) - np.where(known, r, 0.0), k - known)
    se = _error(readings, np.where(known[readings.juror], push, 0.0), k)
    closer = exchange(readings, _within(readings))
    m = by_juror(readings, full.astype(float)).astype(np.int64)
    single = np.full(len(r), readings.marks.shape[1] < 2)
    status = verdicts(
        readings,
        (single, "one_criterion"),
        few(m),
        (~known, "no_spread"),
        (np.isnan(rest), "no_other_reader"),
        same(se),
    )
    effect = np.sqrt(np.maximum(closer.other, 0)) - np.sqrt(np.maximum(closer.own, 0))
    return findings(
        readings,
        "halo",
        value=r,
        panel=rest,
        effect=effect,
        p=two_sided(divide(r - rest, se), m - 2),
        n=m,
        status=status,
    )


def _standardised(readings: Readings, full: np.ndarray) -> np.ndarray:
    """Marks (n, criteria) standardised within juror and criterion; 0 in rows and criteria left out."""
    z = np.where(full[:, None], readings.marks, 0.0)
    for c in range(z.shape[1]):
        away = np.where(full, z[:, c] - mean_by_juror(readings, z[:, c], full)[readings.juror], 0.0)
        away[np.abs(away) < 1e-12 * max(np.abs(z[:, c]).max(), 1.0)] = 0.0
        sd = np.sqrt(mean_by_juror(readings, away**2, full))[readings.juror]
        z[:, c] = np.divide(away, sd, out=np.zeros(len(away)), where=full & (sd > 0))
    return z


def _correlations(readings: Readings, z: np.ndarray, full: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean correlation of criteria per juror (jurors,) and each pair's pull on its juror's mean (n,)."""
    n_c, n_j = z.shape[1], len(readings.jurors)
    total, count, pull = np.zeros(n_j), np.zeros(n_j), np.zeros(len(z))
    varied = np.array([by_juror(readings, z[:, c] ** 2) > 0 for c in range(n_c)])
    for c in range(n_c):
        for d in range(c + 1, n_c):
            product = z[:, c] * z[:, d]
            r = np.nan_to_num(mean_by_juror(readings, product, full))
            total, count = total + r, count + (varied[c] & varied[d])
            pull += product - r[readings.juror] * (z[:, c] ** 2 + z[:, d] ** 2) / 2
    m = by_juror(readings, full.astype(float))
    return divide(total, count), pull / np.maximum(count * m, 1)[readings.juror]


def _error(readings: Readings, push: np.ndarray, k: int) -> np.ndarray:
    """Standard error (jurors,) of a juror's mean correlation minus that of the k − 1 others.

    Influences are summed over submissions, because those who read the same ones move together.
    """
    if k < 2:
        return np.full(len(readings.jurors), np.nan)
    together = np.bincount(readings.submission, weights=push, minlength=len(readings.readers)) / (k - 1)
    own = push * k / (k - 1)
    var = together @ together + by_juror(readings, own * (own - 2 * together[readings.submission]))
    return np.sqrt(np.maximum(var, 0.0))


def _within(readings: Readings) -> np.ndarray:
    """Variance (n,) of a pair's criteria around their mean, criterion means of the juror taken out."""
    known = ~np.isnan(readings.marks)
    away = np.where(known, readings.marks, 0.0)
    for c in range(away.shape[1]):
        use = known[:, c]
        away[use, c] -= np.nan_to_num(mean_by_juror(readings, away[:, c], use))[readings.juror[use]]
    n = np.maximum(known.sum(axis=1), 1)
    return np.maximum((away**2).sum(axis=1) / n - (away.sum(axis=1) / n) ** 2, 0.0)


def flat(readings: Readings) -> pd.DataFrame:
    """Flat lines: one and the same mark for all criteria of a submission.

    `value`, `panel`: share of flat submissions, the juror's and the other readers' of the same ones;
    `effect`: the excess share times the points between the highest and the lowest criterion that the
    others gave where this juror was flat, so the difference between criteria lost on average. p: the
    number of flat lines, given how many each submission got, is a sum of independent Bernoulli draws
    (exchange within submissions); its distribution is computed exactly (normal with continuity
    correction above 200 submissions); two-sided.
    """
    line, reach, complete = _flat_lines(readings)
    compared = exchange(readings, line)
    i, use = readings.submission, shared(readings)
    rate = np.bincount(i, weights=line, minlength=len(readings.readers))[i] / readings.readers[i]
    p = _bernoulli_p(readings, line, rate, use)
    hidden = mean_by_juror(readings, others(readings, reach), use & (line > 0))
    one = np.full(len(readings.load), readings.marks.shape[1] < 2 or not complete.any())
    return findings(
        readings,
        "flat",
        value=np.where(one, np.nan, compared.own),
        panel=np.where(one, np.nan, compared.other),
        effect=np.where(one, np.nan, (compared.own - compared.other) * np.nan_to_num(hidden)),
        p=p,
        n=compared.n,
        status=verdicts(readings, (one, "one_criterion"), *informed(compared, 1)),
    )


def _flat_lines(readings: Readings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    known = ~np.isnan(readings.marks)
    complete = known.sum(axis=1) > 1
    high = np.max(np.where(known, readings.marks, -np.inf), axis=1)
    low = np.min(np.where(known, readings.marks, np.inf), axis=1)
    return ((high == low) & complete).astype(float), high - low, complete


def _bernoulli_p(readings: Readings, hit: np.ndarray, rate: np.ndarray, use: np.ndarray) -> np.ndarray:
    """Two-sided p (jurors,) of hits given their rates: exact to 200 open submissions, else normal."""
    open_ = use & (rate > 0) & (rate < 1)
    total, mean, var = (by_juror(readings, v, open_) for v in (hit, rate, rate * (1 - rate)))
    p = two_sided(divide((np.abs(total - mean) - 0.5).clip(min=0), np.sqrt(var)))
    order = np.argsort(readings.juror[open_], kind="stable")
    rates, size = rate[open_][order], by_juror(readings, np.ones(len(rate)), open_).astype(np.int64)
    start = np.cumsum(size) - size
    for j in np.flatnonzero((size > 0) & (size <= 200)):
        p[j] = _poisson_binomial(rates[start[j] : start[j] + size[j]], int(round(total[j])))
    return p


def _poisson_binomial(rates: np.ndarray, hits: int) -> float:
    """Two-sided p of a number of hits among independent draws: twice the smaller tail, at most 1."""
    mass = np.ones(1)
    for rate, n in zip(*np.unique(rates, return_counts=True), strict=True):
        k = np.arange(n + 1)
        mass = np.convolve(mass, binom(n, k) * rate**k * (1 - rate) ** (n - k))
    return float(min(1.0, 2 * min(mass[hits:].sum(), mass[: hits + 1].sum())))
