"""The ratings table: what a valid one is, its integer codes, and the composite of several criteria.

A ratings table has one row per juror × submission × criterion with columns `submission, juror,
criterion, score` and, optionally, `status` (`scored, recused, abstained, missing, invalid`); other
columns are ignored. Higher is better: contests where low marks are best are turned round at the door.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlib.errors import ScoringError

KEYS = ["submission", "juror", "criterion"]
STATUSES = ["scored", "recused", "abstained", "missing", "invalid"]


@dataclass(frozen=True)
class Marks:
    """Scored marks as integer codes: arrays of length n, labels in sorted order.

    Labels cover everything in the table, also what has no scored mark, so that nobody is lost.
    """

    submission: np.ndarray
    juror: np.ndarray
    criterion: np.ndarray
    score: np.ndarray
    submissions: pd.Index
    jurors: pd.Index
    criteria: pd.Index


@dataclass(frozen=True)
class Pairs:
    """Composite marks, one per juror × submission pair: int64 codes and float64 y, all of length n.

    `y` is on the scale of the marks. `partial` is True where some criterion has no mark.
    """

    submission: np.ndarray
    juror: np.ndarray
    y: np.ndarray
    partial: np.ndarray
    submissions: pd.Index
    jurors: pd.Index


def scored(ratings: pd.DataFrame, *, numeric: bool = True) -> Marks:
    """Check a ratings table and return its scored marks as integer codes.

    A row counts as scored when its `status` says so, or, without a status column, when its score is
    not missing. `numeric=False` keeps categories as they are (nominal statistics).

    Raises ScoringError for missing columns, marks that are not finite numbers, scored rows without a
    mark, duplicate cells, and a table without any mark.
    """
    missing = [c for c in [*KEYS, "score"] if c not in ratings.columns]
    if missing:
        raise ScoringError(
            f"The ratings table has no column {', '.join(missing)}; it needs {', '.join(KEYS)}, score."
        )
    codes, labels = zip(*(_codes(ratings[key], key) for key in KEYS), strict=True)
    use = _scored_rows(ratings)
    if not use.any():
        raise ScoringError("The ratings table has no scored mark; there is nothing to compute.")
    score = _score(ratings["score"], use, numeric)
    sub, jur, cri = (c[use] for c in codes)
    _refuse_duplicates(sub, jur, cri, labels)
    return Marks(sub, jur, cri, score, *labels)


def composite(ratings: pd.DataFrame, weights: Mapping[str, float] | None = None) -> Pairs:
    """Weighted composite per juror × submission pair; equal weights if none are given.

    y = Σ_c w_c x_c / Σ_c w_c over the criteria. Where a pair misses a criterion, the mean of its other
    marks is taken after centring each criterion on its mean in the table, so that a missing mark on a
    hard criterion is no advantage; such pairs are flagged `partial`. Missing is never zero.

    Raises ScoringError for weights that are unknown, negative, not finite or that sum to zero.
    """
    return composite_of(scored(ratings), weights)


def composite_of(marks: Marks, weights: Mapping[str, float] | None = None) -> Pairs:
    """The composite of coded marks; see `composite`."""
    w = _weights(marks.criteria, weights)
    n_c = len(marks.criteria)
    total = np.bincount(marks.criterion, weights=marks.score, minlength=n_c)
    count = np.bincount(marks.criterion, minlength=n_c)
    mean = np.divide(total, count, out=np.zeros(n_c), where=count > 0)
    use = w[marks.criterion] > 0
    sub, jur, cri, x = (a[use] for a in (marks.submission, marks.juror, marks.criterion, marks.score))
    if len(x) == 0:
        raise ScoringError(
            "No scored mark is on a criterion with a weight; check the weights of the criteria."
        )
    cell = sub * np.int64(len(marks.jurors)) + jur
    key, inverse, n = np.unique(cell, return_inverse=True, return_counts=True)
    wsum = np.bincount(inverse, weights=w[cri])
    centred = np.bincount(inverse, weights=w[cri] * (x - mean[cri])) / wsum
    plain = np.bincount(inverse, weights=w[cri] * x) / wsum
    partial = n < np.count_nonzero((w > 0) & (count > 0))
    y = np.where(partial, centred + (w * mean).sum() / w[count > 0].sum(), plain)
    return Pairs(
        key // len(marks.jurors), key % len(marks.jurors), y, partial, marks.submissions, marks.jurors
    )


def _codes(column: pd.Series, name: str) -> tuple[np.ndarray, pd.Index]:
    if column.isna().any():
        where = int(np.flatnonzero(column.isna().to_numpy())[0])
        raise ScoringError(f"Row {where} of the ratings table has no {name}; every mark needs one.")
    if isinstance(column.dtype, pd.CategoricalDtype):
        used = column.cat.remove_unused_categories().cat
        order = used.categories.argsort()
        rank = np.empty(len(order), dtype=np.int64)
        rank[order] = np.arange(len(order))
        return rank[used.codes.to_numpy()], used.categories[order]
    codes, labels = pd.factorize(column, sort=True)
    return codes.astype(np.int64, copy=False), pd.Index(labels)


def _scored_rows(ratings: pd.DataFrame) -> np.ndarray:
    if "status" not in ratings.columns:
        return ratings["score"].notna().to_numpy()
    unknown = set(ratings["status"].dropna().unique()) - set(STATUSES)
    if unknown or ratings["status"].isna().any():
        raise ScoringError(
            f"Unknown status {sorted(map(str, unknown)) or 'empty'}; it is one of {', '.join(STATUSES)}."
        )
    use = (ratings["status"] == "scored").to_numpy()
    bare = np.flatnonzero(use & ratings["score"].isna().to_numpy())
    if len(bare):
        raise ScoringError(f"Row {bare[0]} of the ratings table is marked scored but has no score.")
    return use


def _score(column: pd.Series, use: np.ndarray, numeric: bool) -> np.ndarray:
    if not numeric:
        return column[use].to_numpy()
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        if pd.api.types.is_object_dtype(column) and all(isinstance(v, int | float) for v in column[use]):
            return _finite(column[use].to_numpy(dtype=float))
        raise ScoringError(
            f"Scores must be numbers, found {column.dtype} such as {column[use].iloc[0]!r}; parse them first."
        )
    return _finite(column[use].to_numpy(dtype=float))


def _finite(score: np.ndarray) -> np.ndarray:
    if not np.isfinite(score).all():
        raise ScoringError("An infinite score cannot be used; give it the status invalid or mend it.")
    return score


def _refuse_duplicates(sub: np.ndarray, jur: np.ndarray, cri: np.ndarray, labels: tuple) -> None:
    cell = (sub * np.int64(len(labels[1])) + jur) * np.int64(len(labels[2])) + cri
    order = np.argsort(cell, kind="stable")
    twin = np.flatnonzero(np.diff(cell[order]) == 0)
    if len(twin):
        i = order[twin[0]]
        raise ScoringError(
            f"Juror {labels[1][jur[i]]} has two marks for submission {labels[0][sub[i]]}, "
            f"criterion {labels[2][cri[i]]}; decide which one counts first."
        )


def _weights(criteria: pd.Index, weights: Mapping[str, float] | None) -> np.ndarray:
    if weights is None:
        return np.ones(len(criteria))
    unknown = sorted(str(c) for c in set(weights) - set(criteria))
    absent = sorted(str(c) for c in set(criteria) - set(weights))
    if absent:
        raise ScoringError(
            f"No weight for criterion {', '.join(absent)} (weights given: {', '.join(map(str, weights))})."
        )
    w = np.array([weights[c] for c in criteria], dtype=float)
    if not np.isfinite(w).all() or (w < 0).any():
        raise ScoringError("Weights must be finite and not negative.")
    if w.sum() == 0:
        raise ScoringError(
            "The weights sum to zero"
            + (f" (unknown criteria: {', '.join(unknown)})" if unknown else "")
            + "; give at least one."
        )
    return w
