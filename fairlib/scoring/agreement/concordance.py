"""Do jurors put the submissions in the same order? Kendall's W, Friedman's test, Spearman's correlations.

Everything here sees ranks only: each juror's marks are ranked among the submissions that juror read, ties
sharing the mean of their ranks. `scipy.stats` computes what it has, complete tables and pairs; it is loaded
at the first use only (docs/decisions.md says what it lacks).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations, permutations

import numpy as np
import pandas as pd
import scipy
from scipy.special import chdtrc

from fairlib.scoring.arrays import dense
from fairlib.scoring.ratings import Pairs, composite
from fairlib.scoring.result import Statistic

SMALL_PANEL = 2000
EXACT = 7
LEAST = 3  # submissions that two jurors share for a correlation at all
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
    ratings: pd.DataFrame, weights: Mapping[str, float] | None = None, n_perm: int = 9999, seed: int = 0
) -> Concordance:
    """Kendall's coefficient of concordance, corrected for ties, of k jurors over n submissions.

    W = χ²/(k(n − 1)) of Friedman's χ² with the correction for ties (`scipy.stats.friedmanchisquare`), on n −
    1 degrees of freedom. Its `p` is rough when n or k is small: panels of up to 2,000 marks also get
    `p_permutation`, the share of `n_perm` shuffles within jurors (and the table itself) with a W at least as
    large. Status `incomplete` when some juror did not mark some submission: `friedman` tests such tables.

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
    if (found := _rank_test(r)) is None:
        return replace(base, status="no_variation")
    (chi2, df, p), table = found, np.empty((k, n))
    table[r.juror, r.submission] = r.rank - (n + 1) / 2
    exact = _permutation_p(table, n_perm, np.random.default_rng(seed)) if k * n <= SMALL_PANEL else None
    method = "chi-squared; permutation within jurors for small panels"
    return replace(
        base, value=min(chi2 / (k * df), 1.0), chi2=chi2, df=df, p=p, p_permutation=exact, method=method
    )


def _ranks(pairs: Pairs) -> _Ranks:
    sub, subs = dense(pairs.submission, pairs.submissions)
    jur, jurs = dense(pairs.juror, pairs.jurors)
    order = np.lexsort((pairs.y, jur))
    jur, y = jur[order], pairs.y[order]
    first = np.flatnonzero(np.r_[True, np.diff(jur) != 0])
    tie = np.flatnonzero(np.r_[True, (np.diff(jur) != 0) | (np.diff(y) > 0)])
    size = np.diff(np.r_[tie, len(y)])
    rank = np.repeat(tie + (size + 1) / 2, size) - first[jur]
    return _Ranks(sub[order], jur, rank, subs, jurs)


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
    fall at random. Complete tables give Friedman's statistic with tie correction exactly, and are left to
    `scipy.stats.friedmanchisquare`, which wants three submissions. Jurors of one
    submission, and jurors with one mark for all, rank nothing and carry no weight; df is the number of
    ranked submissions less the number of groups of them that share no juror.

    Sources: Friedman (1937) J. Am. Stat. Assoc. 32:675–701; Skillings & Mack (1981) Technometrics 23:171–177.
    """
    r = _ranks(composite(ratings, weights))
    k, n = len(r.jurors), len(r.submissions)
    name = "Friedman" if r.complete else "Skillings-Mack"
    base = Statistic(name, None, n=len(r.rank), n_submissions=n, n_jurors=k, method="chi-squared")
    if n < 2:
        return replace(base, status="one_submission")
    if (found := _rank_test(r)) is None:
        return replace(base, status="no_variation")
    chi2, df, p = found
    return replace(base, value=chi2, df=df, p=p)


def _rank_test(r: _Ranks) -> tuple[float, int, float] | None:
    """χ², degrees of freedom and p; None where no juror ranks anything."""
    load = np.bincount(r.juror, minlength=len(r.jurors))
    score = np.sqrt(12 / (load + 1))[r.juror] * (r.rank - (load[r.juror] + 1) / 2)
    spread = np.bincount(r.juror, weights=score**2, minlength=len(load)) / np.maximum(load - 1, 1)
    if not spread.any():
        return None
    n = len(r.submissions)
    if r.complete and n > 2:
        table = np.empty((n, len(load)))
        table[r.submission, r.juror] = r.rank
        found = scipy.stats.friedmanchisquare(*table)
        return float(found.statistic), n - 1, float(found.pvalue)
    chi2, df = _quadratic_form(r, score, spread, load)
    return chi2, df, float(chdtrc(df, chi2))


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
    wide = _wide(composite(ratings, weights))
    values, rows = _correlations(wide, LEAST).to_numpy(), []
    for i, j in combinations(range(len(values)), 2):
        a, b = wide.iloc[:, [i, j]].dropna().to_numpy().T
        rows.append((wide.columns[i], wide.columns[j], len(a), *_tested(values[i, j], a, b)))
    out = pd.DataFrame(rows, columns=["juror_a", "juror_b", "n", "value", "p", "status"])
    return out.astype({"n": "int64", "value": "Float64", "p": "Float64", "status": "str"})


def _wide(pairs: Pairs) -> pd.DataFrame:
    """Composites with a row a submission and a column a juror who has marks; missing where not read."""
    juror, jurors = dense(pairs.juror, pairs.jurors)
    wide = np.full((len(pairs.submissions), len(jurors)), np.nan)
    wide[pairs.submission, juror] = pairs.y
    return pd.DataFrame(wide, columns=jurors)


def _correlations(wide: pd.DataFrame, least: int) -> pd.DataFrame:
    """Spearman's correlation of every two columns over the rows that both have."""
    return wide.corr("spearman", min_periods=least).clip(-1, 1)


def agreement_matrix(
    ratings: pd.DataFrame, weights: Mapping[str, float] | None = None, least: int = COMMON
) -> pd.DataFrame:
    """Spearman's (1904) correlation of every two jurors as a square table in label order; see `spearman`.

    Missing where they share fewer than `least` submissions, or one of them gave all of those the same.
    """
    matrix = _correlations(_wide(composite(ratings, weights)), least)
    return matrix.mask(np.eye(len(matrix), dtype=bool))


def mean_spearman(ratings: pd.DataFrame, weights: Mapping[str, float] | None = None) -> Statistic:
    """Mean of the pairwise Spearman correlations that exist; `n` is their number.

    No interval: pairs share jurors and are not independent. Kendall's W of complete tables without ties is
    (1 + (k − 1) r̄)/k of it (Kendall & Babington Smith 1939).
    """
    matrix = agreement_matrix(ratings, weights, LEAST).to_numpy()
    base = Statistic("mean Spearman correlation", None, n_jurors=len(matrix))
    found = matrix[np.triu_indices(len(matrix), 1)]
    found = found[~np.isnan(found)]
    if len(found):
        return replace(base, value=float(found.mean()), n=len(found))
    return replace(base, status="one_juror" if len(matrix) < 2 else spearman(ratings, weights).status.iloc[0])


def _tested(value: float, a: np.ndarray, b: np.ndarray) -> tuple[float | None, float | None, str]:
    """Value, p and status of the correlation of a and b."""
    if np.isnan(value):
        return None, None, "too_few_common" if len(a) < LEAST else "constant_juror"
    if len(a) <= EXACT:
        return value, _exact_p(scipy.stats.rankdata(a), scipy.stats.rankdata(b)), "ok"
    return value, float(scipy.stats.spearmanr(a, b).pvalue), "ok"


def _exact_p(a: np.ndarray, b: np.ndarray) -> float:
    """Share of all orders of the ranks b whose product with the ranks a is at least as far from its mean."""
    a, b = a - a.mean(), b - b.mean()
    products = b[_orders(len(b))] @ a
    return float(np.mean(np.abs(products) >= abs(a @ b) - 1e-9))


@cache
def _orders(n: int) -> np.ndarray:
    return np.array(list(permutations(range(n))))
