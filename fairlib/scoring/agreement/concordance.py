"""Do jurors put the submissions in the same order? Kendall's W, Friedman's test, Spearman's correlations.

Everything here sees ranks only: each juror's marks are ranked among the submissions that juror read, ties
sharing the mean of their ranks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, permutations

import numpy as np
import pandas as pd
from scipy.special import chdtrc, stdtr

from fairlib.scoring.ratings import Pairs, composite
from fairlib.scoring.result import Statistic

SMALL_PANEL = 2000
EXACT = 7
COMMON = 5  # submissions that two jurors share before their correlation is shown
BLOCK = 2**22


@dataclass(frozen=True)
class Concordance(Statistic):
    """Kendall's W with its χ² = k(n − 1)W; `p` is of χ², `p_permutation` is given for small panels."""

    chi2: float | None = None
    p_permutation: float | None = None


@dataclass(frozen=True)
class _Ranks:
    """Midranks of n pairs within their juror, codes over those that have marks, juror by juror."""

    submission: np.ndarray
    juror: np.ndarray
    rank: np.ndarray
    submissions: pd.Index
    jurors: pd.Index

    @property
    def complete(self) -> bool:
        return len(self.rank) == len(self.submissions) * len(self.jurors)


def kendall_w(
    ratings: pd.DataFrame,
    weights: Mapping[str, float] | None = None,
    n_perm: int = 9999,
    seed: int = 0,
) -> Concordance:
    """Kendall's coefficient of concordance, corrected for ties, of k jurors over n submissions.

    W = 12 S / (k²(n³ − n) − k Σ_j T_j), S the sum of squares of the rank sums about their mean, T_j =
    Σ(t³ − t) over juror j's ties. `p` is of χ² = k(n − 1)W on n − 1 degrees of freedom, rough when n or k
    is small: panels of up to 2,000 marks also get `p_permutation`, the share of `n_perm` shuffles within
    jurors (and the table itself) with a W at least as large. Status `incomplete` when some juror did not
    mark some submission: `friedman` tests such tables.

    Source: Kendall & Babington Smith (1939) Ann. Math. Stat. 10:275–287; ties: Siegel & Castellan (1988);
    permutation: Legendre (2005) J. Agric. Biol. Environ. Stat. 10:226–245.
    Example: six judges, four wines (R. Quandt, wine tasting report 3; W = 0.1667, p = 0.3916).

    >>> ranks = [[1, 3, 2, 4], [1, 4, 2, 3], [3, 1, 2, 4], [4, 2, 1, 3], [1, 3, 4, 2], [1, 4, 3, 2]]
    >>> long = pd.DataFrame(ranks).rename_axis("juror").reset_index().melt(
    ...     "juror", var_name="submission", value_name="score").assign(criterion="all")
    >>> w = kendall_w(long)
    >>> round(w.value, 4), round(w.p, 4)
    (0.1667, 0.3916)
    """
    r = _ranks(composite(ratings, weights))
    k, n = len(r.jurors), len(r.submissions)
    base = Concordance("Kendall's W", None, n=len(r.rank), n_submissions=n, n_jurors=k)
    if k < 2 or n < 2:
        return replace(base, status="one_juror" if k < 2 else "one_submission")
    if not r.complete:
        return replace(base, status="incomplete")
    table = np.empty((k, n))
    table[r.juror, r.submission] = r.rank - (n + 1) / 2
    most = k * np.square(table).sum()
    if most == 0:
        return replace(base, status="no_variation")
    w = float(np.square(table.sum(axis=0)).sum() / most)
    chi2 = k * (n - 1) * w
    exact = _permutation_p(table, n_perm, np.random.default_rng(seed)) if k * n <= SMALL_PANEL else None
    return replace(
        base, value=w, chi2=chi2, df=n - 1, p=float(chdtrc(n - 1, chi2)), p_permutation=exact,
        method="chi-squared; permutation within jurors for small panels",
    )  # fmt: skip


def _ranks(pairs: Pairs) -> _Ranks:
    sub, subs = _dense(pairs.submission, pairs.submissions)
    jur, jurs = _dense(pairs.juror, pairs.jurors)
    order = np.lexsort((pairs.y, jur))
    jur, y = jur[order], pairs.y[order]
    first = np.flatnonzero(np.r_[True, np.diff(jur) != 0])
    tie = np.flatnonzero(np.r_[True, (np.diff(jur) != 0) | (np.diff(y) > 0)])
    size = np.diff(np.r_[tie, len(y)])
    rank = np.repeat(tie + (size + 1) / 2, size) - first[jur]
    return _Ranks(sub[order], jur, rank, subs, jurs)


def _dense(code: np.ndarray, labels: pd.Index) -> tuple[np.ndarray, pd.Index]:
    seen = np.bincount(code, minlength=len(labels)) > 0
    return (np.cumsum(seen) - 1)[code], labels[seen]


def _permutation_p(table: np.ndarray, n_perm: int, rng: np.random.Generator) -> float:
    """Share of shuffles within jurors with rank sums at least as far apart; the table counts as one."""
    reached = np.square(table.sum(axis=0)).sum() * (1 - 1e-12)
    more, block = 1, max(1, BLOCK // table.size)
    for done in range(0, n_perm, block):
        draws = np.broadcast_to(table, (min(block, n_perm - done), *table.shape))
        sums = rng.permuted(draws, axis=2).sum(axis=1)
        more += int(np.count_nonzero(np.square(sums).sum(axis=1) >= reached))
    return more / (n_perm + 1)


def friedman(ratings: pd.DataFrame, weights: Mapping[str, float] | None = None) -> Statistic:
    """Friedman's test that submissions do not differ; Skillings & Mack's where marks are missing.

    `value` is χ² on `df` degrees of freedom. Rank r of k_j in juror j scores √(12/(k_j + 1)) (r − (k_j +
    1)/2); χ² = AᵀΣ⁻A with A the submissions' sums and Σ their covariance when each juror's (tied) ranks
    fall at random. Complete tables give Friedman's statistic with tie correction exactly. Jurors of one
    submission, and jurors with one mark for all, rank nothing and carry no weight; df is the number of
    ranked submissions less the number of groups of them that share no juror.

    Sources: Friedman (1937) J. Am. Stat. Assoc. 32:675–701; Skillings & Mack (1981) Technometrics 23:171–177.
    """
    r = _ranks(composite(ratings, weights))
    k, n = len(r.jurors), len(r.submissions)
    base = Statistic("Friedman" if r.complete else "Skillings-Mack", None, None, None,
                     n=len(r.rank), n_submissions=n, n_jurors=k, method="chi-squared")  # fmt: skip
    if n < 2:
        return replace(base, status="one_submission")
    load = np.bincount(r.juror, minlength=k)
    score = np.sqrt(12 / (load + 1))[r.juror] * (r.rank - (load[r.juror] + 1) / 2)
    spread = np.bincount(r.juror, weights=score**2, minlength=k) / np.maximum(load - 1, 1)
    if not spread.any():
        return replace(base, status="no_variation")
    chi2, df = _quadratic_form(r, score, spread, load)
    return replace(base, value=chi2, df=df, p=float(chdtrc(df, chi2)))


def _quadratic_form(r: _Ranks, score: np.ndarray, spread: np.ndarray, load: np.ndarray) -> tuple[float, int]:
    """AᵀΣ⁻A and the rank of Σ = diag(d) − Z diag(spread/load) Zᵀ, solved on the side of the jurors."""
    n, k = len(r.submissions), len(r.jurors)
    use = spread[r.juror] > 0
    sub, jur = r.submission[use], r.juror[use]
    a = np.bincount(sub, weights=score[use], minlength=n)
    d = np.bincount(sub, weights=spread[jur], minlength=n)
    z = np.zeros((n, k))
    z[sub, jur] = 1
    ranked, judging = d > 0, spread > 0
    z, a, d = z[np.ix_(ranked, judging)], a[ranked], d[ranked]
    inner = np.diag(load[judging] / spread[judging]) - z.T @ (z / d[:, None])
    s, _, rank, _ = np.linalg.lstsq(inner, z.T @ (a / d), rcond=1e-10)
    chi2 = float(a @ ((a + z @ s) / d))
    return chi2, len(d) - (len(inner) - int(rank))


def spearman(ratings: pd.DataFrame, weights: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Spearman's rank correlation of every pair of jurors, over the submissions both marked.

    Columns `juror_a, juror_b, n, value, p, status`, one row per pair in label order. p is exact (all
    permutations) for up to 7 common submissions, else by Student's t with n − 2 degrees of freedom. Pairs
    with fewer than three common submissions, or with a juror of one mark for all, have a status instead.

    Source: Spearman (1904) Am. J. Psychol. 15:72–101.
    """
    pairs = composite(ratings, weights)
    jur, jurors = _dense(pairs.juror, pairs.jurors)
    wide = np.full((len(jurors), len(pairs.submissions)), np.nan)
    wide[jur, pairs.submission] = pairs.y
    has = ~np.isnan(wide)
    rows = []
    for a, b in combinations(range(len(jurors)), 2):
        both = has[a] & has[b]
        rows.append((jurors[a], jurors[b], int(both.sum()), *_rho(wide[a, both], wide[b, both])))
    out = pd.DataFrame(rows, columns=["juror_a", "juror_b", "n", "value", "p", "status"])
    return out.astype({"n": "int64", "value": "Float64", "p": "Float64", "status": "str"})


def agreement_matrix(
    ratings: pd.DataFrame, weights: Mapping[str, float] | None = None, least: int = COMMON
) -> pd.DataFrame:
    """Spearman's (1904) correlation of every two jurors as a square table, jurors in label order; see `spearman`.

    Missing where they share fewer than `least` submissions, or one of them gave all of those the same.
    """
    pairs = spearman(ratings, weights)
    jurors = pd.Index(sorted({*pairs["juror_a"], *pairs["juror_b"]}))
    matrix = pd.DataFrame(np.nan, index=jurors, columns=jurors)
    for p in pairs[pairs["n"] >= least].dropna(subset=["value"]).itertuples():
        matrix.loc[p.juror_a, p.juror_b] = matrix.loc[p.juror_b, p.juror_a] = p.value
    return matrix


def mean_spearman(ratings: pd.DataFrame, weights: Mapping[str, float] | None = None) -> Statistic:
    """Mean of the pairwise Spearman correlations that exist; `n` is their number.

    No interval: pairs share jurors and are not independent. Kendall's W of complete tables without ties is
    (1 + (k − 1) r̄)/k of it (Kendall & Babington Smith 1939).
    """
    table = spearman(ratings, weights)
    base = Statistic("mean Spearman correlation", None, n_jurors=len({*table.juror_a, *table.juror_b}))
    found = table.value.dropna()
    if found.empty:
        return replace(base, status="one_juror" if table.empty else table.status.iloc[0])
    return replace(base, value=float(found.mean()), n=len(found))


def _rho(a: np.ndarray, b: np.ndarray) -> tuple[float | None, float | None, str]:
    n = len(a)
    if n < 3:
        return None, None, "too_few_common"
    a, b = (_mean_ranks(x) - (n + 1) / 2 for x in (a, b))
    size = np.sqrt((a @ a) * (b @ b))
    if size == 0:
        return None, None, "constant_juror"
    rho = float(np.clip(a @ b / size, -1, 1))
    if n <= EXACT:
        return rho, _exact_p(a, b), "ok"
    if abs(rho) == 1:
        return rho, 0.0, "ok"
    t = abs(rho) * np.sqrt((n - 2) / (1 - rho**2))
    return rho, float(2 * stdtr(n - 2, -t)), "ok"


def _mean_ranks(x: np.ndarray) -> np.ndarray:
    """Ranks from 1; equal values share their mean rank."""
    _, which, count = np.unique(x, return_inverse=True, return_counts=True)
    return (count.cumsum() - (count - 1) / 2)[which]


def _exact_p(a: np.ndarray, b: np.ndarray) -> float:
    """Share of all orders of b whose product with a is at least as far from 0."""
    products = b[_orders(len(b))] @ a
    return float(np.mean(np.abs(products) >= abs(a @ b) - 1e-9))


@cache
def _orders(n: int) -> np.ndarray:
    return np.array(list(permutations(range(n))))
