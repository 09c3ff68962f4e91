"""Comparison of estimators: hidden marks by hand, simulated contests, refusals."""

import numpy as np
import pandas as pd
import pytest

from fairlib.errors import ScoringError
from fairlib.scoring.comparison import COMPARED, compare_estimators, simulate_scores
from fairlib.scoring.estimators.adjust import METHODS


def contest(severity, noise, seed=0, n=60, k=8, readers=3):
    rng = np.random.default_rng(seed)
    quality, hard = rng.normal(0, 1, n), rng.normal(0, severity, k)
    rows = [
        (f"s{i:02}", f"j{j}", "all", 6 + quality[i] - hard[j] + rng.normal(0, noise))
        for i in range(n)
        for j in rng.choice(k, readers, replace=False)
    ]
    return pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score"])


@pytest.mark.slow
def test_severe_jurors_make_adjustment_win():
    table = compare_estimators(contest(2.0, 0.4), 15, n_sim=40)
    assert list(table.index) == list(COMPARED)
    for judge in ("additive", "severity"):
        assert table.loc[judge, "rmse"] < 0.5 * table.loc["raw", "rmse"]
        assert table.loc[judge, "hit_rate"] > table.loc["raw", "hit_rate"] + 3 * table.loc["raw", "hit_se"]
    assert (table["lost"] >= 0).all()
    assert table["hit_rate"].between(0, 1).all()


@pytest.mark.slow
def test_equal_jurors_make_least_squares_overcorrect():
    table = compare_estimators(contest(0.0, 1.5, readers=2), 15, n_sim=60)
    assert table.loc["severity", "rmse"] < table.loc["additive", "rmse"]
    assert table.loc["severity", "hit_rate"] >= table.loc["additive", "hit_rate"]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_table():
    ratings = contest(0.5, 1.0)
    first, again = (compare_estimators(ratings, 10, n_sim=5, seed=3) for _ in range(2))
    pd.testing.assert_frame_equal(first, again)
    other = compare_estimators(ratings, 10, n_sim=5, seed=4)
    assert not other["hit_rate"].equals(first["hit_rate"])


def test_predictions_of_the_mean_by_hand():
    # Every mark of A, B, C is hidden alone (6 folds of 6 marks): raw foretells it by the other one.
    rows = [
        ("A", "x", 1.0),
        ("A", "y", 3.0),
        ("B", "x", 4.0),
        ("B", "y", 4.0),
        ("C", "x", 9.0),
        ("C", "y", 6.0),
    ]
    ratings = pd.DataFrame(
        [(s, j, "all", v) for s, j, v in rows], columns=["submission", "juror", "criterion", "score"]
    )
    table = compare_estimators(ratings, 1, methods=["raw"], n_sim=2, folds=6)
    assert table.loc["raw", "rmse"] == pytest.approx(np.sqrt((4 + 4 + 0 + 0 + 9 + 9) / 6))
    assert table.loc["raw", "n_predicted"] == 6


@pytest.mark.slow
def test_all_methods_run_side_by_side():
    rng = np.random.default_rng(5)
    ratings = contest(0.7, 1.0, n=30, k=6)
    both = pd.concat([ratings.assign(criterion=c) for c in ("a", "b")])
    both["score"] = (both["score"] + rng.normal(0, 1, len(both))).round().clip(2, 9)
    table = compare_estimators(both, 8, methods=METHODS, n_sim=4, folds=5, weights={"a": 1, "b": 2})
    assert list(table.index) == list(METHODS)
    assert table.notna().all().all()


def test_simulated_contests_have_the_variances_asked_for():
    sub, jur = np.repeat(np.arange(4000), 2), np.tile(np.arange(2000), 4)
    parts = {"submission": 2.0, "juror": 0.5, "residual": 1.5, "mu": 6.0}
    y, truth, severity = simulate_scores(sub, jur, parts, 1)
    assert truth.var() == pytest.approx(2.0, rel=0.1)
    assert severity.var() == pytest.approx(0.5, rel=0.15)
    assert (y - truth[sub] + severity[jur]).var() == pytest.approx(1.5, rel=0.1)
    np.testing.assert_array_equal(y, simulate_scores(sub, jur, parts, 1)[0])


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"k": 0}, "between 1 and 59"),
        ({"k": 60}, "between 1 and 59"),
        ({"methods": ["raw", "magic"]}, "'magic'"),
        ({"folds": 1}, "2 folds"),
        ({"n_sim": 1}, "2 simulations"),
    ],
)
def test_bad_calls_are_refused_by_name(change, word):
    with pytest.raises(ScoringError, match=word):
        compare_estimators(contest(0.5, 1.0), **{"k": 10, "n_sim": 3, **change})


def test_disconnected_designs_have_no_pooled_best():
    left, right = contest(0.5, 1.0), contest(0.5, 1.0, seed=1)
    both = pd.concat([left, right.assign(submission="z" + right["submission"], juror="z" + right["juror"])])
    with pytest.raises(ScoringError, match="disconnected"):
        compare_estimators(both, 10)
