"""Intraclass correlations of a complete table: how much of a mark is the submission, and how much the juror.

All ten forms of McGraw & Wong (1996), under the names of Shrout & Fleiss (1979) where they have one. An
incomplete table is refused here: see `icc_components`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from fairlib.errors import ScoringError
from fairlib.scoring.arrays import nullable
from fairlib.scoring.ratings import Pairs, composite

ONE_WAY, RANDOM, MIXED = "one-way random", "two-way random", "two-way mixed"
FORMS = {
    "ICC(1,1)": ("ICC(1)", ONE_WAY),
    "ICC(2,1)": ("ICC(A,1)", RANDOM),
    "ICC(3,1)": ("ICC(C,1)", MIXED),
    "ICC(1,k)": ("ICC(k)", ONE_WAY),
    "ICC(2,k)": ("ICC(A,k)", RANDOM),
    "ICC(3,k)": ("ICC(C,k)", MIXED),
    "ICC(2C,1)": ("ICC(C,1)", RANDOM),
    "ICC(3A,1)": ("ICC(A,1)", MIXED),
    "ICC(2C,k)": ("ICC(C,k)", RANDOM),
    "ICC(3A,k)": ("ICC(A,k)", MIXED),
}
CHUNK = 2**15  # rows that stay in the processor's cache while they are looked at more than once
NUMBERS = ["value", "F", "df1", "df2", "p", "low", "high"]


@dataclass(frozen=True)
class MeanSquares:
    """Mean squares of an n × k table: rows (submissions), columns (jurors), error, within rows."""

    n: int
    k: int
    rows: float
    columns: float
    error: float
    within: float


def icc(ratings: pd.DataFrame, weights: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Ten intraclass correlations with F tests and 95 % intervals; several criteria count as composite.

    One row per form, index by Shrout & Fleiss (`ICC(1,1)` … `ICC(3,k)`; the four forms they have no name
    for are `ICC(2C,·)`, consistency with random jurors, and `ICC(3A,·)`, agreement with fixed jurors).
    Columns: `name` (McGraw & Wong), `model`, `value, F, df1, df2, p, low, high`, `n_submissions`,
    `n_jurors`, `status`. Where a number does not exist it is `<NA>` and the status names the reason.

    F tests the hypothesis that submissions do not differ (ICC = 0) and is exact: rows against the residual,
    (n − 1, (n − 1)(k − 1)) degrees of freedom, against marks within submissions for the one-way forms.
    Limits of agreement forms use Satterthwaite's degrees of freedom (McGraw & Wong 1996 with errata); those
    of ICC(A,k) are the Spearman–Brown images of those of ICC(A,1).

    Raises ScoringError when a juror has no mark for some submission: use `icc_components`.

    Sources: Shrout & Fleiss (1979) Psychol. Bull. 86:420–428, whose Table 2 is the example here; McGraw &
    Wong (1996) Psychol. Methods 1:30–46, 1:390.

    >>> marks = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> wide = pd.DataFrame(marks, columns=list("abcd")).rename_axis("submission").reset_index()
    >>> long = wide.melt("submission", var_name="juror", value_name="score").assign(criterion="all")
    >>> [round(float(v), 2) for v in icc(long).value[:6]]
    [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    """
    pairs = composite(ratings, weights)
    table = _complete_table(pairs)
    status = "partial" if pairs.partial.any() else "ok"
    found = _forms(table, status)
    rows = [found[name] for name, _ in FORMS.values()]
    names, models = zip(*FORMS.values(), strict=True)
    columns: dict[str, object] = {"name": names, "model": models}
    numbers = np.array(
        [[np.nan if x is None or x is pd.NA else x for x in r[:-1]] for r in rows], dtype=float
    )
    columns |= {c: nullable(v) for c, v in zip(NUMBERS, numbers.T, strict=True)}
    columns |= {"n_submissions": table.shape[0], "n_jurors": table.shape[1], "status": [r[-1] for r in rows]}
    return pd.DataFrame(columns, index=pd.Index(FORMS, name="form"))


def _complete_table(pairs: Pairs) -> np.ndarray:
    """Composites as an n × k table of the submissions and jurors that have marks (pairs come sorted)."""
    n, k = len(pairs.submissions), len(pairs.jurors)
    if n * k == len(pairs.y):
        return pairs.y.reshape(n, k)
    m = np.bincount(pairs.submission)
    n, k = int(np.count_nonzero(m)), int(np.count_nonzero(np.bincount(pairs.juror)))
    if n * k != len(pairs.y):
        i = int(np.flatnonzero((m > 0) & (m < k))[0])
        raise ScoringError(
            f"Submission {pairs.submissions[i]} has marks of {m[i]} of {k} jurors. An intraclass correlation "
            "of this kind needs every juror's mark for every submission; use icc_components, which works on "
            "incomplete tables."
        )
    return pairs.y.reshape(n, k)


def mean_squares(table: np.ndarray) -> MeanSquares:
    """Two-way mean squares of a complete n × k table, n and k at least 2; rounding dust counts as zero."""
    n, k = table.shape
    row, column, square = np.empty(n), np.zeros(k), 0.0
    step = max(1, CHUNK // k)
    for lo in range(0, n, step):  # one passage: a part is read three times while it is in the cache
        part = table[lo : lo + step]
        row[lo : lo + step] = part @ np.ones(k)
        column += _column_sums(part)
        square += float(np.vdot(part, part))
    mean = float(column.sum()) / table.size
    total = square - table.size * mean**2
    if total < 0.01 * square:  # far from 0 the difference loses digits: centre first
        y = table - mean
        total = float(np.vdot(y, y))
    rows = float(np.square(row - k * mean).sum()) / k
    columns = float(np.square(column - n * mean).sum()) / n
    dust = max(1e-12 * total, 1e-26 * square)
    ss = [0.0 if s <= dust else s for s in (rows, columns, total - rows - columns, total - rows)]
    df = [n - 1, k - 1, (n - 1) * (k - 1), n * (k - 1)]
    return MeanSquares(n, k, *(s / d for s, d in zip(ss, df, strict=True)))


def _column_sums(table: np.ndarray) -> np.ndarray:
    """Column sums of a tall thin table, 64 rows at a time side by side: wide rows add up faster."""
    k, head = table.shape[1], len(table) // 64 * 64
    side_by_side = table[:head].reshape(-1, 64 * k).sum(axis=0).reshape(64, k)
    return side_by_side.sum(axis=0) + table[head:].sum(axis=0)


def _forms(table: np.ndarray, status: str) -> dict[str, tuple]:
    """Value, F, df1, df2, p, low, high, status for each McGraw & Wong name."""
    names = {name for name, _ in FORMS.values()}
    n, k = table.shape
    if n < 2 or k < 2:
        return {name: _none("one_juror" if k < 2 else "one_submission") for name in names}
    ms = mean_squares(table)
    if ms.rows == ms.error == 0:
        return {name: _none("no_submission_variance" if ms.columns else "no_variation") for name in names}
    single, mean = _one_way_forms(ms.rows, ms.within, n - 1, n * (k - 1), k, status)
    consistency, consistency_k = _one_way_forms(ms.rows, ms.error, n - 1, (n - 1) * (k - 1), k, status)
    agreement, agreement_k = _agreement_forms(ms, consistency[1:5], status)
    return {
        "ICC(1)": single,
        "ICC(k)": mean,
        "ICC(C,1)": consistency,
        "ICC(C,k)": consistency_k,
        "ICC(A,1)": agreement,
        "ICC(A,k)": agreement_k,
    }


def _none(status: str) -> tuple:
    return (None,) * len(NUMBERS) + (status,)


def _one_way_forms(rows: float, noise: float, df1: int, df2: int, k: int, status: str) -> tuple[tuple, tuple]:
    """Single and average form of (rows − noise)/(rows + (k − 1) noise) with the exact F interval."""
    if noise == 0:
        perfect = (1.0, None, df1, df2, 0.0, 1.0, 1.0, "no_error_variance")
        return perfect, perfect
    f = rows / noise
    p = float(scipy.stats.f.sf(f, df1, df2))
    single = ((f - 1) / (f + k - 1), *((g - 1) / (g + k - 1) for g in _f_limits(f, df1, df2)))
    head = (f, df1, df2, p)
    one = (single[0], *head, *single[1:], status)
    if f == 0:
        return one, (None, *head, None, None, "no_submission_variance")
    low, high = (1 - 1 / g for g in _f_limits(f, df1, df2))
    return one, (1 - 1 / f, *head, low, high, status)


def _f_limits(f: float, df1: float, df2: float) -> tuple[float, float]:
    return f / float(scipy.stats.f.ppf(0.975, df1, df2)), f * float(scipy.stats.f.ppf(0.975, df2, df1))


def _agreement_forms(ms: MeanSquares, head: tuple, status: str) -> tuple[tuple, tuple]:
    """ICC(A,1) and ICC(A,k); `head` is the F test of ICC(C,1), which has the same null hypothesis."""
    n, k = ms.n, ms.k
    signal = ms.rows - ms.error
    total = ms.rows + (k - 1) * ms.error + k * (ms.columns - ms.error) / n
    total_k = ms.rows + (ms.columns - ms.error) / n
    dust = 1e-12 * (ms.rows + ms.columns + ms.error)  # a difference of equal mean squares is rounding
    if total <= dust:
        return _none("negative_denominator"), _none("negative_denominator")
    value = signal / total
    if value == 1:
        perfect = (1.0, *head, 1.0, 1.0, "no_error_variance")
        return perfect, perfect
    low, high = _agreement_limits(ms, value)
    one = (value, *head, low, high, status)
    if total_k <= dust:
        return one, (None, *head, None, None, "negative_denominator")
    low_k, high_k = (_spearman_brown(x, k) for x in (low, high))
    unbounded = low_k is None or high_k is None
    return one, (signal / total_k, *head, low_k, high_k, "unbounded_low" if unbounded else status)


def _agreement_limits(ms: MeanSquares, value: float) -> tuple[float, float]:
    """Limits of ICC(A,1) by Satterthwaite (McGraw & Wong 1996, Table 7, corrected)."""
    n, k = ms.n, ms.k
    a = k * value / (n * (1 - value))
    b = 1 + k * value * (n - 1) / (n * (1 - value))
    top = (a * ms.columns + b * ms.error) ** 2
    spread = (a * ms.columns) ** 2 / (k - 1) + (b * ms.error) ** 2 / ((n - 1) * (k - 1))
    v = top / spread if spread > 0 else (n - 1) * (k - 1)
    noise = k * ms.columns + (k * n - k - n) * ms.error
    # v near 0 sends the quantiles to infinity and to 0: divided by f1, the limits stay numbers
    f1, f2 = (float(scipy.stats.f.ppf(0.975, *df)) for df in ((n - 1, v), (v, n - 1)))
    f1, f2 = f1 if np.isfinite(f1) else np.inf, f2 if np.isfinite(f2) else 0.0
    low = n * (ms.rows / f1 - ms.error) / (noise + n * ms.rows / f1)
    high = n * (f2 * ms.rows - ms.error) / (noise + n * f2 * ms.rows)
    return float(low), float(high)


def _spearman_brown(x: float, k: float) -> float | None:
    """Reliability of the mean of k; None beyond the pole at x = −1/(k − 1)."""
    return k * x / (1 + (k - 1) * x) if 1 + (k - 1) * x > 0 else None
