"""Did the day or the hour matter? The effect of day and slot on the marks, with what could have been seen.

Reported and not corrected: who performs on which day is rarely drawn by lot, and what looks like an effect
of the day may be the better projects of that day.
"""

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.sparse.linalg import splu
from scipy.special import stdtr, stdtrit

from fairlib.contract import MARK, ROUND
from fairlib.errors import ScoringError
from fairlib.scoring.arrays import sortable
from fairlib.scoring.crossed.incidence import incidence
from fairlib.scoring.crossed.reml import Fit, fit_sums
from fairlib.scoring.crossed.sums import sums_of
from fairlib.scoring.ratings import Pairs, composite

ALPHA, POWER = 0.05, 0.80
_NUMBERS = ["points", "se", "low", "high", "p", "detectable"]
STATUS = {"ok", "no_column", "one_day", "one_slot", "confounded", "too_few", "not_estimable"}


def days(ratings: pd.DataFrame, weights=None) -> pd.DataFrame:
    """Effects of `day` and `slot` of a ratings table (higher is better), one row each.

    Columns: `kind` (`day`, `slot`), `what` (`2 - 1`: the second day less the first; `last - first`: from the
    first to the last slot of a day, on a straight line), `points`, `se`, `low, high, p` (95 %, t),
    `detectable`: the effect that would be found with 80 % power at the 5 % level, (t_.975 + t_.80) se (Bloom
    1995), `n` submissions, `status`. A row without an answer has missing numbers and names the reason.

    y_ij = μ + x_ij'β + a_i + b_j + e_ij by generalised least squares at REML variances (Henderson's
    equations), estimated after a first β is taken out; degrees of freedom are those between submissions.
    """
    pairs = composite(ratings, weights)
    day, slot = (_of_pair(ratings, pairs, c) for c in ("day", "slot"))
    rows: list[tuple] = []
    parts: list[np.ndarray] = []
    names: list[tuple[str, str]] = []
    for kind, value in (("day", day), ("slot", slot)):
        if value is None or np.isnan(value[0]).all():
            rows.append(_none(kind, "no_column"))
    if day is not None:
        _add_days(rows, parts, names, *day)
    if slot is not None:
        _add_slot(rows, parts, names, slot[0], None if day is None else day[0])
    if parts:
        rows += _effects(pairs, np.column_stack(parts), names)
    table = pd.DataFrame(rows, columns=ROUND["days"].names())
    return table.astype(dict.fromkeys(_NUMBERS, "Float64") | {"n": "int64"})


def _of_pair(ratings: pd.DataFrame, pairs: Pairs, column: str) -> tuple[np.ndarray, pd.Index] | None:
    """Code of a column's value in each pair (n,), NaN if none, and the values in order; None without any."""
    if column not in ratings or ratings[column].isna().all():
        return None
    seen = ratings[ratings[column].notna()]
    codes, values = pd.factorize(sortable(seen[column]), sort=True)
    at = pd.Series(codes, dtype=float).groupby([seen[c].astype(object).to_numpy() for c in MARK[:2]]).min()
    wanted = pd.MultiIndex.from_arrays(
        [pairs.submissions[pairs.submission].astype(object), pairs.jurors[pairs.juror].astype(object)]
    )
    first = seen[column].to_numpy()[np.unique(codes, return_index=True)[1]]
    return at.reindex(wanted).to_numpy(), pd.Index(first)


def _add_days(rows: list, parts: list, names: list, code: np.ndarray, values: pd.Index) -> None:
    """A column for each later day against the first."""
    if len(values) < 2:
        rows.append(_none("day", "one_day"))
    for k in range(1, len(values)):
        parts.append(np.where(np.isnan(code), np.nan, code == k))
        names.append(("day", f"{_plain(values[k])} - {_plain(values[0])}"))


def _add_slot(rows: list, parts: list, names: list, code: np.ndarray, day: np.ndarray | None) -> None:
    """A column that runs from 0 to 1 over the slots of each day."""
    group = np.zeros(len(code)) if day is None else np.nan_to_num(day, nan=-1.0)
    place = pd.Series(code).groupby(group).rank(method="dense") - 1
    last = place.groupby(group).transform("max")
    if not (last > 0).any():
        rows.append(_none("slot", "one_slot"))
        return
    parts.append((place / last.where(last > 0)).fillna(0.5).where(~np.isnan(code)).to_numpy())
    names.append(("slot", "last - first"))


def _effects(pairs: Pairs, x: np.ndarray, names: list[tuple[str, str]]) -> list[tuple]:
    use = ~np.isnan(x).any(axis=1)
    x, y = x[use], pairs.y[use]
    owner, i = np.unique(pairs.submission[use], return_inverse=True)
    jurors, j = np.unique(pairs.juror[use], return_inverse=True)
    df = len(owner) - 1 - x.shape[1]
    if df < 3:
        return [_none(*name, "too_few", len(owner)) for name in names]
    full = np.column_stack([np.ones(len(y)), x])
    if np.linalg.matrix_rank(full) < full.shape[1]:
        return [_none(*name, "confounded", len(owner)) for name in names]
    try:
        design = incidence(i, j, len(owner), len(jurors))
        first = _gls(fit_sums(sums_of(design, y)), i, j, full, y)[0]
        beta, variance = _gls(fit_sums(sums_of(design, y - x @ first[1:])), i, j, full, y)
    except ScoringError:
        return [_none(*name, "not_estimable", len(owner)) for name in names]
    se = np.sqrt(np.diag(variance) * (len(owner) - 1) / df)[1:]
    if not (se > 0).all():
        return [_none(*name, "not_estimable", len(owner)) for name in names]
    return [
        (*name, *_told(b, s, df), len(owner), "ok") for name, b, s in zip(names, beta[1:], se, strict=True)
    ]


def _told(effect: float, se: float, df: int) -> tuple[float, ...]:
    """Points, standard error, interval, p and the effect that could have been detected."""
    half = stdtrit(df, 1 - ALPHA / 2)
    p = 2 * stdtr(df, -abs(effect) / se)
    return effect, se, effect - half * se, effect + half * se, p, (half + stdtrit(df, POWER)) * se


def _gls(
    fit: Fit, i: np.ndarray, j: np.ndarray, x: np.ndarray, y: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """β (q,) and its covariance (q, q) from the mixed-model equations at the variances of a fit."""
    n, root = len(y), np.sqrt(fit.ratios)
    size = (int(i.max()) + 1, int(j.max()) + 1)
    z = sp.hstack(
        [
            sp.csr_array((np.full(n, r), code, np.arange(n + 1)), shape=(n, m))
            for r, code, m in zip(root, (i, j), size, strict=True)
        ]
    ).tocsr()
    inner = splu((z.T @ z + sp.eye_array(z.shape[1])).tocsc())
    zx = z.T @ x
    information = x.T @ x - zx.T @ inner.solve(zx)
    covariance = np.linalg.inv(information)
    right = x.T @ y - zx.T @ inner.solve(z.T @ y)
    return covariance @ right, fit.residual * covariance


def _none(kind: str, *rest) -> tuple:
    """A row without an answer: kind, perhaps what, the status, perhaps n."""
    what, status, n = {1: ("", *rest, 0), 3: rest}[len(rest)]
    return (kind, what, *([pd.NA] * len(_NUMBERS)), n, status)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float | int | np.number) else str(value)
