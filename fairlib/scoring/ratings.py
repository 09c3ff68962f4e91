"""The ratings table: what a valid one is, its integer codes, and the composite of several criteria.

A ratings table has one row per juror × submission × criterion with columns `submission, juror,
criterion, score` and, optionally, `status` (`scored, recused, abstained, missing, invalid`) and `level`, the
group of the submission (its nomination) where groups may differ as wholes; other columns are ignored. For several
groupings there is one column each, `level:NAME`, or `fixed:NAME` where its levels are to be taken as they are.
Higher is better: contests where low marks are best are turned round at the door.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from fairlib.contract import MARK, STATUSES
from fairlib.errors import ScoringError
from fairlib.scoring.crossed.groupings import Grouping, Kept, kept
from fairlib.scoring.crossed.incidence import Incidence, incidence
from fairlib.scoring.dust import joined

DENSE = 16  # a table of this many slots per mark is cheaper than sorting the marks


@dataclass(frozen=True)
class Marks:
    """Scored marks as integer codes: arrays of length n, labels in sorted order.

    Labels cover everything in the table, also what has no scored mark, so that nobody is lost. `ordered` says
    that rows come sorted by submission, juror, criterion. `groupings` are the columns of levels, if any.
    """

    submission: np.ndarray
    juror: np.ndarray
    criterion: np.ndarray
    score: np.ndarray
    submissions: pd.Index
    jurors: pd.Index
    criteria: pd.Index
    ordered: bool = False
    groupings: tuple[Grouping, ...] = ()

    def of(self, rows: np.ndarray) -> "Marks":
        """Some of the marks (n,), chosen or put in another order, with all labels."""
        parts = {k: getattr(self, k)[rows] for k in (*MARK, "score")}
        return replace(self, **parts)


@dataclass(frozen=True)
class Pairs:
    """Composite marks, one per juror × submission pair: int64 codes and float64 y, all of length n.

    Sorted by submission, then juror. `y` is on the scale of the marks. `partial` is True where some criterion
    has no mark. `groupings` are those of `Marks`.
    """

    submission: np.ndarray
    juror: np.ndarray
    y: np.ndarray
    partial: np.ndarray
    submissions: pd.Index
    jurors: pd.Index
    groupings: tuple[Grouping, ...] = ()

    def of(self, rows: np.ndarray) -> "Pairs":
        """Some of the pairs (n,), in their order, with all labels."""
        parts = {k: getattr(self, k)[rows] for k in ("submission", "juror", "y", "partial")}
        return replace(self, **parts)

    def incidence(self) -> Incidence:
        """The design of the pairs, with a level for each group of submissions."""
        size = len(self.submissions), len(self.jurors)
        if not self.groupings:
            return incidence(self.submission, self.juror, *size)
        codes = np.array([g.codes for g in self.groupings])
        return incidence(self.submission, self.juror, *size, codes, [g.fixed for g in self.groupings])

    def levels_kept(self) -> list[tuple[Grouping, Kept]]:
        """Each grouping with what becomes of it in `incidence`; see `groupings.kept`."""
        read = np.bincount(self.submission, minlength=len(self.submissions)) > 0
        return list(zip(self.groupings, kept([g.codes for g in self.groupings], read), strict=True))

    def level_names(self) -> list[tuple[Grouping, pd.Index]]:
        """The groupings that have levels in `incidence`, and the names of their groups in the order of codes."""
        read = np.bincount(self.submission, minlength=len(self.submissions)) > 0
        return [(g, g.groups[np.unique(g.codes[read])]) for g, what in self.levels_kept() if what.has_levels]


def scored(ratings: pd.DataFrame, *, numeric: bool = True) -> Marks:
    """Check a ratings table and return its scored marks as integer codes.

    A row counts as scored when its `status` says so, or, without a status column, when its score is
    not missing. `numeric=False` keeps categories as they are (nominal statistics).

    Raises ScoringError for missing columns, marks that are not finite numbers, scored rows without a
    mark, duplicate cells, and a table without any mark.
    """
    missing = [c for c in [*MARK, "score"] if c not in ratings.columns]
    if missing:
        raise ScoringError(
            f"The ratings table has no column {', '.join(missing)}; it needs {', '.join(MARK)}, score."
        )
    codes, labels = zip(*(_codes(ratings[key], key) for key in MARK), strict=True)
    whole = _every_row_counts(ratings)
    if whole:
        score = ratings["score"].to_numpy()
    else:
        use = _scored_rows(ratings)
        if not use.any():
            raise ScoringError("The ratings table has no scored mark; there is nothing to compute.")
        whole = bool(use.all())
        score = _score(ratings["score"] if whole else ratings["score"][use], numeric)
    sub, jur, cri = codes if whole else (c[use] for c in codes)
    ordered = _refuse_duplicates(sub, jur, cri, labels)
    submissions, jurors, criteria = labels
    groupings = _groupings(ratings, codes[0], len(submissions))
    return Marks(sub, jur, cri, score, submissions, jurors, criteria, ordered, groupings)


def composite(ratings: pd.DataFrame, weights: Mapping[str, float] | None = None) -> Pairs:
    """Weighted composite per juror × submission pair; equal weights if none are given.

    y = Σ_c w_c x_c / Σ_c w_c over the criteria. Where a pair misses a criterion, the mean of its other
    marks is taken after centring each criterion on its mean in the table, so that a missing mark on a
    hard criterion is no advantage; such pairs are flagged `partial`. Missing is never zero. Composites that
    only rounding tells apart are one number (`dust.joined`).

    Raises ScoringError for weights that are unknown, negative, not finite or that sum to zero.
    """
    return composite_of(scored(ratings), weights)


def composite_of(marks: Marks, weights: Mapping[str, float] | None = None) -> Pairs:
    """The composite of coded marks; see `composite`."""
    w = criterion_weights(marks.criteria, weights)
    if len(marks.criteria) == 1 and marks.ordered:
        partial = np.zeros(len(marks.score), dtype=bool)
        return Pairs(marks.submission, marks.juror, joined(marks.score), partial, *_about(marks))
    n_c = len(marks.criteria)
    total = np.bincount(marks.criterion, weights=marks.score, minlength=n_c)
    count = np.bincount(marks.criterion, minlength=n_c)
    mean = np.divide(total, count, out=np.zeros(n_c), where=count > 0)
    use = w[marks.criterion] > 0
    parts = marks.submission, marks.juror, marks.criterion, marks.score
    sub, jur, cri, x = parts if use.all() else (a[use] for a in parts)
    if len(x) == 0:
        raise ScoringError(
            "No scored mark is on a criterion with a weight; check the weights of the criteria."
        )
    n_j = np.int64(len(marks.jurors))
    key, inverse, n = _pairs(sub * n_j + jur, len(marks.submissions) * int(n_j))
    wsum = np.bincount(inverse, weights=w[cri])
    plain = np.bincount(inverse, weights=w[cri] * x) / wsum
    partial = n < np.count_nonzero((w > 0) & (count > 0))
    y = plain
    if partial.any():
        centred = np.bincount(inverse, weights=w[cri] * (x - mean[cri])) / wsum
        y = np.where(partial, centred + (w * mean).sum() / w[count > 0].sum(), plain)
    return Pairs(key // n_j, key % n_j, joined(y), partial, *_about(marks))


def filled(marks: Marks, pairs: Pairs, weights: Mapping[str, float] | None, used: list[str]) -> np.ndarray:
    """Marks of each pair by criterion (n, C); a missing one is what the composite takes it for."""
    of_pair = pd.Series(
        np.arange(len(pairs.y)), index=pd.MultiIndex.from_arrays([pairs.submission, pairs.juror])
    )
    row = of_pair.reindex(pd.MultiIndex.from_arrays([marks.submission, marks.juror])).to_numpy(dtype=float)
    column = pd.Index(used).get_indexer(marks.criteria)[marks.criterion]
    use = (column >= 0) & ~np.isnan(row)
    table = np.full((len(pairs.y), len(used)), np.nan)
    table[row[use].astype(int), column[use]] = marks.score[use]
    known = ~np.isnan(table)
    mean = np.where(known, table, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    w = known * criterion_weights(marks.criteria, weights)[marks.criteria.get_indexer(used)]
    off = (np.where(known, table - mean, 0) * w).sum(axis=1) / w.sum(axis=1)
    return np.where(known, table, mean + off[:, None])


def _about(marks: Marks) -> tuple:
    return marks.submissions, marks.jurors, marks.groupings


def level_columns(ratings: pd.DataFrame) -> list[str]:
    """The columns of a ratings table that group submissions: `level`, `level:NAME`, `fixed:NAME`."""
    return [c for c in ratings.columns if c == "level" or str(c).startswith(("level:", "fixed:"))]


def _groupings(ratings: pd.DataFrame, submission: np.ndarray, n: int) -> tuple[Grouping, ...]:
    """The groupings of submissions (n,), those without a group in one of their own ("")."""
    found = []
    for column in level_columns(ratings):
        codes, names = pd.factorize(ratings[column].astype(object).fillna("").astype(str), sort=True)
        level = np.zeros(n, dtype=np.int64)
        level[submission] = codes
        torn = np.flatnonzero(level[submission] != codes)
        if len(torn):
            row = ratings.iloc[torn[0]]
            raise ScoringError(
                f"Submission {row['submission']} has two levels, {row[column]} among them; it needs one."
            )
        found.append(Grouping(column.partition(":")[2] or column, level, names, column.startswith("fixed:")))
    return tuple(found)


def _pairs(cell: np.ndarray, space: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sorted distinct cells, each mark's place among them, and counts; without sorting where space allows."""
    if space > DENSE * len(cell):
        return np.unique(cell, return_inverse=True, return_counts=True)
    count = np.bincount(cell, minlength=space)
    key = np.flatnonzero(count)
    place = np.cumsum(count > 0) - 1
    return key, place[cell], count[key]


def _codes(column: pd.Series, name: str) -> tuple[np.ndarray, pd.Index]:
    """Codes of a key column among its sorted labels; raises where a key is missing."""
    named = isinstance(column.dtype, pd.CategoricalDtype)
    values = (column.cat.codes if named else column).to_numpy()
    if values.dtype.kind in "iu" and len(values) and (named or np.ptp(values) < DENSE * len(values)):
        codes, labels = _whole_codes(values)
    else:
        codes, labels = pd.factorize(column, sort=True)
        labels = pd.Index(labels, dtype=column.dtype)
    missing = values < 0 if named else codes < 0
    if missing.any():
        raise ScoringError(
            f"Row {int(missing.argmax())} of the ratings table has no {name}; every mark needs one."
        )
    if named:  # in sorted order, whatever order the column declares
        labels = column.cat.categories.take(labels)
        if not labels.is_monotonic_increasing:
            order = labels.argsort()
            codes, labels = order.argsort()[codes], labels[order]
    return codes.astype(np.int64, copy=False), labels


def _whole_codes(values: np.ndarray) -> tuple[np.ndarray, pd.Index]:
    """Codes of whole numbers of a short range, by marking those that occur: faster than hashing."""
    low = int(values.min())
    shifted = values.astype(np.int64) - low
    present = np.zeros(int(shifted.max()) + 1, dtype=bool)
    present[shifted] = True
    codes = shifted if present.all() else (np.cumsum(present) - 1)[shifted]
    return codes, pd.Index((np.flatnonzero(present) + low).astype(values.dtype))


def _every_row_counts(ratings: pd.DataFrame) -> bool:
    """Whether nothing is to be checked further: finite floats and no status, the usual large table."""
    if "status" in ratings.columns or ratings["score"].dtype != np.float64 or ratings.empty:
        return False
    return bool(np.isfinite(ratings["score"].to_numpy()).all())


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


def _score(column: pd.Series, numeric: bool) -> np.ndarray:
    if not numeric:
        return column.to_numpy()
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        if pd.api.types.is_object_dtype(column) and all(isinstance(v, int | float) for v in column):
            return _finite(column.to_numpy(dtype=float))
        raise ScoringError(
            f"Scores must be numbers, found {column.dtype} such as {column.iloc[0]!r}; parse them first."
        )
    return _finite(column.to_numpy(dtype=float))


def _finite(score: np.ndarray) -> np.ndarray:
    if not np.isfinite(score).all():
        raise ScoringError("An infinite score cannot be used; give it the status invalid or mend it.")
    return score


def _refuse_duplicates(sub: np.ndarray, jur: np.ndarray, cri: np.ndarray, labels: tuple) -> bool:
    """Raise for a second mark in a cell; True when the cells come in order."""
    cell = (sub * np.int64(len(labels[1])) + jur) * np.int64(len(labels[2])) + cri
    if (np.diff(cell) > 0).all():
        return True
    if pd.Index(cell).is_unique:
        return False
    order = np.argsort(cell, kind="stable")
    i = order[np.flatnonzero(np.diff(cell[order]) == 0)[0]]
    raise ScoringError(
        f"Juror {labels[1][jur[i]]} has two marks for submission {labels[0][sub[i]]}, "
        f"criterion {labels[2][cri[i]]}; decide which one counts first."
    )


def criterion_weights(criteria: pd.Index, weights: Mapping[str, float] | None) -> np.ndarray:
    """The weights of criteria as an array, equal if none are given; raises as `composite` does."""
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
