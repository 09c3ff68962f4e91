"""Krippendorff's alpha: agreement beyond chance for any number of jurors and any pattern of missing marks.

alpha = 1 − D_o/D_e, observed over expected disagreement of the n pairable marks. No coincidence matrix is
built where sums will do: with m_u marks in submission u and S1, S2 their sum and sum of squares,
D_o = Σ_u 2(m_u S2_u − S1_u²)/(m_u − 1) and D_e = 2(n S2 − S1²)/(n − 1) for squared differences.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from fairlib.errors import ScoringError
from fairlib.scoring.agreement.categories import categories, value_codes
from fairlib.scoring.ratings import composite
from fairlib.scoring.result import Statistic

LEVELS = ["nominal", "ordinal", "interval", "ratio"]
BLOCK = 2**22
DENSE = 16


@dataclass(frozen=True)
class Units:
    """Pairable marks grouped by unit: `code` (length n) into `values` (V), the units' first rows, sizes."""

    code: np.ndarray
    values: np.ndarray
    start: np.ndarray
    size: np.ndarray


def krippendorff_alpha(
    ratings: pd.DataFrame,
    level: str = "interval",
    n_boot: int = 0,
    seed: int | None = None,
    weights: Mapping[str, float] | None = None,
) -> Statistic:
    """Krippendorff's alpha at level `nominal`, `ordinal`, `interval` or `ratio`.

    Several criteria count as their composite; text categories are for level `nominal`. Submissions with one
    mark leave: they pair with nothing. `n` is the number of pairable marks. With `n_boot` draws the 95 %
    interval is the percentile one over resampled submissions, everything computed anew in each draw (the
    bootstrap of Hayes & Krippendorff 2007 resamples pairs of marks as if independent and is narrower).

    Raises ScoringError for an unknown level, text where numbers are needed, or negative marks at level ratio.

    Source: Krippendorff (2011) Computing Krippendorff's Alpha-Reliability, example C, is the example here.

    >>> a, b = "1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . ."
    >>> c, d = ". 3 3 3 2 3 4 2 2 5 1 3", "1 2 3 3 2 4 4 1 2 5 1 ."
    >>> wide = pd.DataFrame({j: x.split() for j, x in zip("abcd", (a, b, c, d))}).replace(".", None)
    >>> long = wide.astype(float).rename_axis("submission").reset_index()
    >>> long = long.melt("submission", var_name="juror", value_name="score").assign(criterion="all")
    >>> [round(krippendorff_alpha(long, level).value, 3) for level in LEVELS]
    [0.743, 0.815, 0.849, 0.797]
    """
    if level not in LEVELS:
        raise ScoringError(
            f"Unknown level {level!r} of Krippendorff's alpha; it is one of {', '.join(LEVELS)}."
        )
    submission, marks, values, n_jurors = _table(ratings, level, weights)
    marks, size = _pairable(submission, marks)
    base = Statistic(
        f"Krippendorff's alpha ({level})", None, n=len(marks), n_submissions=len(size), n_jurors=n_jurors
    )
    if len(size) == 0:
        return replace(base, status="one_juror" if n_jurors == 1 else "no_pairs")
    if level == "interval" and n_boot == 0:  # the sums of the marks themselves are enough
        value = _from_sums(marks, size)
    else:
        code, values = value_codes(marks) if values is None else (marks, values)
        units = Units(code, values, np.cumsum(size) - size, size)
        if level == "ratio" and values[0] < 0:
            raise ScoringError("Level ratio needs marks that are not negative; use level interval.")
        value = _alpha(units, level)
    if value is None:
        return replace(base, status="no_variation")
    if n_boot == 0:
        return replace(base, value=value)
    low, high, drawn = _bootstrap(units, level, n_boot, np.random.default_rng(seed))
    method = f"percentiles of {drawn} resamples of submissions"
    return replace(base, value=value, low=low, high=high, method=method)


def _table(ratings: pd.DataFrame, level: str, weights: Mapping[str, float] | None) -> tuple:
    """Submission codes (sorted); nominal: category codes and sorted values, else marks and None; jurors."""
    if level == "nominal":
        c = categories(ratings, weights)
        return c.submission, c.code, c.values, len(c.jurors)
    pairs = composite(ratings, weights)
    return pairs.submission, pairs.y, None, int(np.count_nonzero(np.bincount(pairs.juror)))


def _pairable(submission: np.ndarray, marks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Marks (or codes) of submissions with two or more, and the number of each such submission."""
    size = np.bincount(submission)
    if size.min() < 2:
        return marks[size[submission] > 1], size[size > 1]
    return marks, size


def _from_sums(y: np.ndarray, size: np.ndarray) -> float | None:
    """Alpha (interval) of marks y (n,) in units of these sizes; None without two different marks."""
    if y.min() == y.max():
        return None
    x, n = y - y.mean(), len(y)
    s1, s2 = _sums(x, size)
    expected = 2 * (n * s2.sum() - s1.sum() ** 2) / (n - 1)
    return float(1 - _apart(size, s1, s2).sum() / expected)


def _alpha(u: Units, level: str) -> float | None:
    counts = np.bincount(u.code, minlength=len(u.values)).astype(float)
    if np.count_nonzero(counts) < 2:
        return None
    observed = _observed(u, level, _scale(u.values, counts, level)).sum()
    return float(1 - observed / _expected(u.values, counts[None], level)[0])


def _scale(values: np.ndarray, counts: np.ndarray, level: str) -> np.ndarray:
    """Numbers whose squared differences are the metric: the values, or for ordinal their pooled midranks."""
    if level == "ordinal":
        x = np.cumsum(counts) - counts / 2
        return x - counts.sum() / 2
    if level == "interval":
        return values - (counts @ values) / counts.sum()
    return values


def _observed(u: Units, level: str, x: np.ndarray) -> np.ndarray:
    """Contribution of each unit to D_o."""
    if level == "nominal":
        return (u.size**2 - _same(u)) / (u.size - 1)
    if level == "ratio":
        return _ratio_pairs(u, x) / (u.size - 1)
    return _apart(u.size, *_sums(x[u.code], u.size))


def _apart(size: np.ndarray, s1: np.ndarray, s2: np.ndarray) -> np.ndarray:
    """Σ of squared differences over ordered pairs of each unit, over its size less one."""
    # equal marks leave only rounding in the difference: an exact zero must stay one
    return np.maximum(2 * (size * s2 - s1 * s1), 0) / (size - 1)


def _sums(marks: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum and sum of squares of the marks of each unit."""
    m = int(size[0])
    if len(marks) == m * len(size) and (size == m).all():
        table = marks.reshape(-1, m)
        return table @ np.ones(m), np.einsum("ij,ij->i", table, table)
    start = np.cumsum(size) - size
    return np.add.reduceat(marks, start), np.add.reduceat(marks * marks, start)


def _cells(u: Units) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit, value and count of every (unit, value) that occurs, sorted by unit."""
    v = len(u.values)
    key = np.repeat(np.arange(len(u.size)) * np.int64(v), u.size) + u.code
    if len(u.size) * v <= max(DENSE * len(key), BLOCK):
        flat = np.bincount(key)
        key = np.flatnonzero(flat)
        return key // v, key % v, flat[key].astype(float)
    key, count = np.unique(key, return_counts=True)
    return key // v, key % v, count.astype(float)


def _same(u: Units) -> np.ndarray:
    unit, _, count = _cells(u)
    return np.bincount(unit, weights=count * count, minlength=len(u.size))


def _ratio_pairs(u: Units, x: np.ndarray) -> np.ndarray:
    """Σ over ordered pairs of marks of a unit of ((a − b)/(a + b))², lag by lag along the unit."""
    unit, code, count = _cells(u)
    value, total = x[code], np.zeros(len(u.size))
    for lag in range(1, len(unit)):
        same = np.flatnonzero(unit[lag:] == unit[:-lag])
        if len(same) == 0:
            break
        d = _ratio_metric(value[same], value[same + lag])
        total += 2 * np.bincount(
            unit[same], weights=d * count[same] * count[same + lag], minlength=len(total)
        )
    return total


def _ratio_metric(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    total = a + b
    return np.divide(a - b, total, out=np.zeros_like(total), where=total > 0) ** 2


def _expected(values: np.ndarray, counts: np.ndarray, level: str) -> np.ndarray:
    """D_e for each row of category counts (draws × V)."""
    n = counts.sum(axis=1)
    if level == "nominal":
        top = n * n - (counts * counts).sum(axis=1)
    elif level == "ratio":
        top = np.zeros(len(n))
        step = max(1, BLOCK // len(values))
        for i in range(0, len(values), step):
            delta = _ratio_metric(values[i : i + step, None], values[None, :])
            top += np.einsum("bi,bi->b", counts[:, i : i + step], counts @ delta.T)
    else:
        x = np.array([_scale(values, c, level) for c in counts])
        s1, s2 = (counts * x).sum(axis=1), (counts * x * x).sum(axis=1)
        top = 2 * (n * s2 - s1 * s1)
    return top / (n - 1)


def _bootstrap(u: Units, level: str, n_boot: int, rng: np.random.Generator) -> tuple:
    """2.5 and 97.5 % points over resampled units, and the draws that had two different marks."""
    n_units, v = len(u.size), len(u.values)
    unit, value, count = _cells(u)
    table = sparse.csr_array((count, (unit, value)), shape=(n_units, v))
    fixed = None if level == "ordinal" else _observed(u, level, _scale(u.values, table.sum(axis=0), level))
    draws, block = [], max(1, BLOCK // max(n_units, v))
    for done in range(0, n_boot, block):
        b = min(block, n_boot - done)
        pick = rng.integers(n_units, size=(b, n_units)) + n_units * np.arange(b)[:, None]
        times = np.bincount(pick.ravel(), minlength=b * n_units).reshape(b, n_units).astype(float)
        counts = (table.T @ times.T).T
        able = np.count_nonzero(counts, axis=1) > 1
        times, counts = times[able], counts[able]
        if fixed is None:
            scales = [_scale(u.values, c, level) for c in counts]
            observed = np.array([t @ _observed(u, level, x) for t, x in zip(times, scales, strict=True)])
        else:
            observed = times @ fixed
        draws.append(1 - observed / _expected(u.values, counts, level))
    alphas = np.concatenate(draws)
    low, high = np.quantile(alphas, [0.025, 0.975])
    return float(low), float(high), len(alphas)
