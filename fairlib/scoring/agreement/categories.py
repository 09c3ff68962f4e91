"""Marks as categories: integer codes into the sorted values that occur, numbers or text.

Only categories that occur count; an option nobody used changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlib.errors import ScoringError
from fairlib.scoring.arrays import dense
from fairlib.scoring.ratings import Marks, Pairs, composite, scored


@dataclass(frozen=True)
class Categories:
    """One category per juror × submission pair, sorted by submission, then juror; arrays of length n.

    Submission and juror codes run over those that have a mark; `values` are the sorted categories.
    """

    submission: np.ndarray
    juror: np.ndarray
    code: np.ndarray
    values: np.ndarray
    submissions: pd.Index
    jurors: pd.Index


def categories(ratings: pd.DataFrame, weights: Mapping[str, float] | None = None) -> Categories:
    """Marks of one criterion, or composites of several, as categories; text only with one criterion.

    Raises ScoringError for text marks on several criteria, of which there is no composite.
    """
    if pd.api.types.is_numeric_dtype(ratings.get("score", pd.Series(dtype=float)).dtype):
        pairs = composite(ratings, weights)
        code, values = value_codes(pairs.y)
        return _told(pairs, pairs.submission, pairs.juror, code, values)
    marks = scored(ratings, numeric=False)
    if len(marks.criteria) > 1:
        raise ScoringError(
            "Text categories of several criteria have no composite; "
            f"choose one of {', '.join(map(str, marks.criteria))} first."
        )
    order = np.lexsort((marks.juror, marks.submission))
    code, values = pd.factorize(marks.score[order], sort=True)
    return _told(marks, marks.submission[order], marks.juror[order], code.astype(np.int64), values)


def _told(
    of: Marks | Pairs, submission: np.ndarray, juror: np.ndarray, code: np.ndarray, values: np.ndarray
) -> Categories:
    """With codes over the submissions and jurors that have a mark."""
    sub, subs = dense(submission, of.submissions)
    jur, jurs = dense(juror, of.jurors)
    return Categories(sub, jur, code, np.asarray(values), subs, jurs)


def value_codes(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes 0…V−1 of the sorted distinct values of y; whole numbers of a short range without sorting."""
    low, high = y.min(), y.max()
    if high - low <= len(y) + 1000:
        shifted = y - low if low else y
        whole = shifted.astype(np.int64)
        if low == np.floor(low) and (whole == shifted).all():
            present = np.flatnonzero(np.bincount(whole))
            rank = np.zeros(int(high - low) + 1, dtype=np.int64)
            rank[present] = np.arange(len(present))
            code = whole if len(present) == len(rank) else rank[whole]
            return code, present + low
    code, values = pd.factorize(y, sort=True)
    return code.astype(np.int64, copy=False), values


def count_table(row: np.ndarray, code: np.ndarray, n_rows: int, n_values: int) -> np.ndarray:
    """How often each row (submission) received each category: n_rows × n_values counts as float64."""
    flat = np.bincount(row * np.int64(n_values) + code, minlength=n_rows * n_values)
    return flat.reshape(n_rows, n_values).astype(float)
