"""The readings of a round laid out for questions about its jurors: marks, and what is left of them.

Everything that `habits`, `drift`, `leniency` and `copies` ask is asked of this one table: composite
marks with the additive model y_ij = a_i + b_j + e_ij taken out by least squares, and the comparison of a
juror with the other readers of the same submissions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from fairlib.scoring.crossed.incidence import incidence
from fairlib.scoring.crossed.twoway import components_of, laplacian, pseudo_inverse
from fairlib.scoring.ratings import Marks, Pairs, composite_of, scored


@dataclass(frozen=True)
class Readings:
    """Readings (juror × submission) of a round in order of their codes, with the additive model taken out.

    Arrays of length n (pairs): `submission`, `juror`, `y` (composite mark), `left` (y − a_i − b_j); `marks`
    is n × criteria with NaN where a criterion was not marked. `generosity` b (jurors, sum 0 in each connected
    component), `quality` a (submissions), `readers` and `load` (readings of a juror) are counts, `variance`
    the residual variance (NaN without degrees of freedom), `inverse` the pseudo-inverse of the jurors'
    Laplacian. `scale` is (lowest, highest) mark.
    """

    submission: np.ndarray
    juror: np.ndarray
    y: np.ndarray
    marks: np.ndarray
    left: np.ndarray
    generosity: np.ndarray
    quality: np.ndarray
    readers: np.ndarray
    load: np.ndarray
    variance: float
    inverse: np.ndarray
    scale: tuple[float, float]
    submissions: pd.Index
    jurors: pd.Index
    criteria: pd.Index


def readings_of(
    ratings: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    scale: tuple[float, float] | None = None,
) -> Readings:
    """Lay a ratings table out for juror diagnostics; without `scale` the marks' own range is the scale.

    Least squares with the submissions eliminated (Abowd, Creecy & Kramarz 2002): L b = t_J − NᵀD⁻¹t_I
    with L the Laplacian of the juror graph. Raises ScoringError as `composite` does.
    """
    marks = _sorted(scored(ratings))
    pairs = composite_of(marks, weights)
    wide = _wide(marks, pairs)
    if scale is None:
        scale = (float(marks.score.min()), float(marks.score.max()))
    return _take_out(pairs, wide, (float(scale[0]), float(scale[1])), marks.criteria)


def _sorted(marks: Marks) -> Marks:
    """Marks in order of (submission, juror, criterion), so that no sum depends on the order of rows."""
    cell = (marks.submission * len(marks.jurors) + marks.juror) * len(marks.criteria) + marks.criterion
    if (np.diff(cell) > 0).all():
        return marks
    order = np.argsort(cell)
    parts = {k: getattr(marks, k)[order] for k in ("submission", "juror", "criterion", "score")}
    return replace(marks, **parts)


def _wide(marks: Marks, pairs: Pairs) -> np.ndarray:
    n_j = np.int64(len(pairs.jurors))
    key = pairs.submission * n_j + pairs.juror
    cell = marks.submission * n_j + marks.juror
    at = np.minimum(np.searchsorted(key, cell), len(key) - 1)
    known = key[at] == cell
    wide = np.full((len(key), len(marks.criteria)), np.nan)
    wide[at[known], marks.criterion[known]] = marks.score[known]
    return wide


def _take_out(pairs: Pairs, wide: np.ndarray, scale: tuple[float, float], criteria: pd.Index) -> Readings:
    i, j, y = pairs.submission, pairs.juror, pairs.y
    n_i = np.bincount(i, minlength=len(pairs.submissions))
    n_j = np.bincount(j, minlength=len(pairs.jurors))
    design = incidence(i, j, len(n_i), len(n_j))
    components, _, part = components_of(design)
    inverse = pseudo_inverse(laplacian(design), part)
    centred = y - y.mean()
    a = _mean(i, centred, n_i)
    b = inverse @ np.bincount(j, weights=centred - a[i], minlength=len(n_j))
    a = _mean(i, centred - b[j], n_i)
    left = centred - a[i] - b[j]
    left[np.abs(left) < 1e-12 * max(float(np.abs(y).max()), 1.0)] = 0.0
    df = len(y) - np.count_nonzero(n_i) - np.count_nonzero(n_j) + components
    variance = float(left @ left) / df if df > 0 else float("nan")
    return Readings(
        submission=i,
        juror=j,
        y=y,
        marks=wide,
        left=left,
        generosity=b,
        quality=a + y.mean(),
        readers=n_i,
        load=n_j,
        variance=variance,
        inverse=inverse,
        scale=scale,
        submissions=pairs.submissions,
        jurors=pairs.jurors,
        criteria=criteria,
    )


def _mean(code: np.ndarray, v: np.ndarray, n: np.ndarray) -> np.ndarray:
    return np.bincount(code, weights=v, minlength=len(n)) / np.maximum(n, 1)
