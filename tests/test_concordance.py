"""Kendall's W, Friedman, Skillings-Mack, Spearman: published values, other computations, edges."""

import subprocess
import sys
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published import KRIPPENDORFF_C, QUANDT_3, SHROUT_FLEISS, long_of, shuffled
from scipy.special import chdtrc
from scipy.stats import friedmanchisquare, rankdata, spearmanr

from fairlib.scoring.agreement import concordance
from fairlib.scoring.agreement.concordance import friedman, kendall_w, mean_spearman, spearman
from fairlib.scoring.ratings import composite


def test_quandt_report_3():
    w = kendall_w(long_of(QUANDT_3))
    assert (round(w.value, 4), round(w.p, 4)) == (0.1667, 0.3916)
    assert w.chi2 == pytest.approx(6 * 3 * w.value) and w.df == 3 and (w.n_submissions, w.n_jurors) == (4, 6)


def test_ties_are_corrected():
    w = kendall_w(long_of(SHROUT_FLEISS))
    assert w.value == pytest.approx(0.887037037037037) and w.p == pytest.approx(0.00328950924368028)


def test_permutation_p_is_that_of_all_permutations():
    table = np.array([[1, 2, 4], [2, 1, 3], [3, 4, 1.0]])  # 3 submissions, 3 jurors
    ranks = np.array([rankdata(column) for column in table.T])
    spread = [np.var(np.sum(orders, axis=0)) for orders in product(*(permutations(r) for r in ranks))]
    exact = np.mean(np.array(spread) >= np.var(ranks.sum(axis=0)) - 1e-12)
    w = kendall_w(long_of(table.tolist()))
    assert w.p_permutation == pytest.approx(exact, abs=0.02)
    assert w == kendall_w(long_of(table.tolist())) and w != kendall_w(long_of(table.tolist()), seed=1)


def test_large_panels_need_no_permutation():
    table = np.random.default_rng(0).normal(size=(700, 3))
    assert kendall_w(long_of(table.tolist())).p_permutation is None


@pytest.mark.parametrize(
    ("table", "status"),
    [
        ([[1], [2]], "one_juror"),
        ([[1, 2]], "one_submission"),
        ([[5, 5], [5, 5]], "no_variation"),
        (KRIPPENDORFF_C, "incomplete"),
    ],
)
def test_w_says_why_not(table, status):
    w = kendall_w(long_of(table))
    assert (w.value, w.p, w.p_permutation, w.status) == (None, None, None, status) and w.reason


def test_one_constant_juror_counts_as_all_tied():
    w = kendall_w(long_of([[1, 3, 5], [2, 4, 5], [3, 6, 5]]))
    assert w.status == "ok" and w.value == pytest.approx(2 * 2 / (3 * 2))


def test_friedman_of_a_complete_table():
    found, other = friedman(long_of(SHROUT_FLEISS)), friedmanchisquare(*SHROUT_FLEISS)
    assert (found.name, found.df) == ("Friedman", 5)
    assert (found.value, found.p) == pytest.approx((other.statistic, other.pvalue))


def test_skillings_mack_1981_assembly_example():
    """Skillings & Mack (1981) Technometrics 23:171-177: 4 methods, 9 blocks; T = 15.493 on 3 df."""
    blocks = [
        [3.2, 4.1, 3.8, 4.2], [3.1, 3.9, 3.4, 4.0], [4.3, 3.5, 4.6, 4.8], [3.5, 3.6, 3.9, 4.0],
        [3.6, 4.2, 3.7, 3.9], [4.5, 4.7, 3.7, None], [None, 4.2, 3.4, None], [4.3, 4.6, 4.4, 4.9],
        [3.5, None, 3.7, 3.9],
    ]  # fmt: skip
    found = friedman(long_of([list(column) for column in zip(*blocks, strict=True)]))
    assert (found.name, found.df) == ("Skillings-Mack", 3)
    assert found.value == pytest.approx(15.493, abs=5e-4)


def test_skillings_mack_by_the_full_covariance():
    rng = np.random.default_rng(4)
    table = rng.integers(1, 5, size=(7, 5)).astype(float)
    table[rng.random((7, 5)) < 0.3] = np.nan
    a, cov = np.zeros(7), np.zeros((7, 7))
    for column in table.T:
        who = np.flatnonzero(~np.isnan(column))
        s = np.sqrt(12 / (len(who) + 1)) * (rankdata(column[who]) - (len(who) + 1) / 2)
        a[who] += s
        cov[np.ix_(who, who)] += (s @ s) / (len(who) - 1) * (np.eye(len(who)) - 1 / len(who))
    found = friedman(long_of([[None if np.isnan(x) else x for x in row] for row in table]))
    assert found.value == pytest.approx(a @ np.linalg.pinv(cov) @ a, rel=1e-9)
    assert found.df == np.linalg.matrix_rank(cov)


def test_friedman_edges():
    assert friedman(long_of([[1, 2]])).status == "one_submission"
    assert friedman(long_of([[2, 3], [2, 3]])).status == "no_variation"
    halves = friedman(long_of([[1, None], [2, None], [None, 1], [None, 2]]))
    assert halves.df == 2 and halves.value == pytest.approx(2)


def test_spearman_pairs_against_scipy():
    rng = np.random.default_rng(8)
    table = rng.integers(1, 7, size=(12, 3)).astype(float)
    found = spearman(long_of(table.tolist()))
    assert found[["juror_a", "juror_b"]].to_numpy().tolist() == [
        ["j000", "j001"], ["j000", "j002"], ["j001", "j002"],
    ]  # fmt: skip
    for row, (a, b) in zip(found.itertuples(), [(0, 1), (0, 2), (1, 2)], strict=True):
        other = spearmanr(table[:, a], table[:, b])
        assert (row.value, row.p) == pytest.approx((other.statistic, other.pvalue))
    mean = mean_spearman(long_of(table.tolist()))
    assert mean.value == pytest.approx(found.value.mean()) and mean.n == 3


def test_spearman_small_samples_are_exact():
    found = spearman(long_of([[1, 1], [2, 2], [3, 3]])).iloc[0]
    assert found.value == 1 and found.p == pytest.approx(2 / 6)


def test_spearman_uses_what_both_marked_and_says_why_not():
    found = spearman(long_of([[1, 4, 7, 2], [2, 3, 7, None], [3, 2, 7, None], [4, None, None, 1]]))
    status = dict(zip(found.juror_a + found.juror_b, found.status, strict=True))
    assert status["j000j001"] == "ok" and status["j000j002"] == "constant_juror"
    assert status["j000j003"] == "too_few_common" and found.n.tolist()[0] == 3
    assert found.value[found.status != "ok"].isna().all()
    assert spearman(long_of([[1], [2]])).empty
    assert mean_spearman(long_of([[1], [2]])).status == "one_juror"


@pytest.mark.slow
@settings(max_examples=15)
@given(st.permutations(range(24)))
def test_order_and_names_do_not_matter(order):
    long = long_of(SHROUT_FLEISS)
    moved = shuffled(long, order)
    assert kendall_w(moved) == kendall_w(long) and friedman(moved) == friedman(long)
    pd.testing.assert_series_equal(spearman(moved).value, spearman(long).value)


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(1, 3), min_size=3, max_size=3), min_size=2, max_size=5))
def test_w_and_friedman_tell_the_same(table):
    w, f = kendall_w(long_of(table), n_perm=19), friedman(long_of(table))
    assert w.status == f.status
    if w.value is not None:
        assert 0 <= w.value <= 1 + 1e-12 and w.chi2 == pytest.approx(f.value, abs=1e-9)


# ---- what scipy computes, and what it lacks


@pytest.mark.parametrize("seed", range(6))
def test_scipys_friedman_is_the_form_for_missing_marks_where_none_is_missing(seed):
    table = np.random.default_rng(seed).integers(1, 5, (12, 5)).astype(float)
    table[:, 0] = 3  # a juror who ranks nothing
    found, w = friedman(long_of(table.tolist())), kendall_w(long_of(table.tolist()), n_perm=9)
    r = concordance._ranks(composite(long_of(table.tolist())))
    load = np.bincount(r.juror)
    score = np.sqrt(12 / (load + 1))[r.juror] * (r.rank - (load[r.juror] + 1) / 2)
    spread = np.bincount(r.juror, weights=score**2) / (load - 1)
    chi2, df = concordance._quadratic_form(r, score, spread, load)
    assert (found.value, found.df) == pytest.approx((chi2, df), rel=1e-12)
    assert found.p == w.p == pytest.approx(chdtrc(df, chi2), rel=1e-12)
    assert w.value == pytest.approx(12 * np.square(r_sums(r)).sum() / most(r), rel=1e-12)


def r_sums(r):
    """Rank sums of the submissions about their mean."""
    sums = np.bincount(r.submission, weights=r.rank)
    return sums - sums.mean()


def most(r):
    """k²(n³ − n) − k ΣT of Kendall's W with ties."""
    n, k = len(r.submissions), len(r.jurors)
    ties = sum(
        (c**3 - c).sum() for j in range(k) for c in [np.unique(r.rank[r.juror == j], return_counts=True)[1]]
    )
    return k**2 * (n**3 - n) - k * ties


@pytest.mark.slow
def test_a_round_with_marks_missing_does_not_load_scipy_stats():
    code = (
        "import sys; from published import KRIPPENDORFF_C, long_of; from fairlib.scoring import consistency; "
        "consistency(long_of(KRIPPENDORFF_C), n_boot=9); sys.exit('scipy.stats' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, check=False).returncode == 0
    )
