"""The one interface: published numbers, statuses by name, raw beside adjusted, refusals."""

import warnings

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlib.errors import ScoringError
from fairlib.scoring.crossed.incidence import incidence
from fairlib.scoring.estimators import simple
from fairlib.scoring.estimators.adjust import (
    METHODS,
    STATUS,
    Estimates,
    estimate,
    per_criterion,
    rank_changes,
)
from fairlib.scoring.estimators.zscore import standardise

SIMPLE = ["raw", "median", "trimmed", "zscore", "additive", "severity", "reliability"]


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def table(rows, criterion="all"):
    return pd.DataFrame(
        [(s, j, criterion, x) for s, j, x in rows], columns=["submission", "juror", "criterion", "score"]
    )


def contest(seed=0, n=40, k=8, readers=4, criteria=2):
    rng = np.random.default_rng(seed)
    quality, severity = rng.normal(0, 1, n), rng.normal(0, 0.7, k)
    rows = [
        (
            f"s{i:02}",
            f"j{j}",
            f"c{c}",
            float(np.clip(round(6 + quality[i] - severity[j] + rng.normal()), 1, 10)),
        )
        for i in range(n)
        for j in rng.choice(k, readers, replace=False)
        for c in range(criteria)
    ]
    return pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score"])


# Four submissions by three jurors of which one is a point harsher: worked by hand.
HAND = table(
    [
        (s, j, x)
        for s, xs in {"A": [5, 4, 6], "B": [7, 6, 8], "C": [3, 2, 4]}.items()
        for j, x in zip("xyz", xs, strict=True)
    ]
)


def test_raw_median_trimmed_by_hand():
    ratings = table(
        [("A", j, x) for j, x in zip("uvwxy", [1, 2, 3, 4, 10], strict=True)] + [("B", "u", 5), ("B", "v", 8)]
    )
    assert estimate(ratings, "raw").submissions["estimate"].tolist() == [4.0, 6.5]
    assert estimate(ratings, "median").submissions["estimate"].tolist() == [3.0, 6.5]
    assert estimate(ratings, "trimmed").submissions["estimate"].tolist() == [3.0, 6.5]


def test_raw_error_is_the_pooled_spread_over_root_n():
    found = estimate(HAND, "raw").submissions  # within each submission the variance is 1
    np.testing.assert_allclose(found["se"].to_numpy(float), 1 / np.sqrt(3))
    assert found["disagreement"].tolist() == [1.0, 1.0, 1.0]


def test_additive_by_hand():
    found = estimate(HAND, "additive")
    np.testing.assert_allclose(found.jurors["severity"].to_numpy(float), [0, 1, -1], atol=1e-12)
    np.testing.assert_allclose(found.submissions["estimate"].to_numpy(float), [5, 7, 3], atol=1e-12)


def test_zscores_by_hand():
    design = incidence(np.array([0, 1, 2, 0, 1, 2]), np.array([0, 0, 0, 1, 1, 1]), 3, 2)
    z, mean, sd = standardise(design, np.array([1.0, 6, 2, 7, 3, 8]))
    np.testing.assert_allclose(z, [-1, -1, 0, 0, 1, 1])  # sorted by submission
    np.testing.assert_allclose((mean, sd), ([2, 7], [1, 1]))


@pytest.mark.parametrize(
    ("n", "g", "value"),
    # Sarhan & Greenberg (1962) Contributions to Order Statistics, variances of medians of normal samples.
    [(3, 1, 0.4487), (4, 1, 0.2982), (5, 2, 0.2868), (10, 4, 0.1383), (7, 0, 1 / 7)],
)
def test_variance_of_medians_and_trimmed_means(n, g, value):
    assert simple.trimmed_variance(n, g) == pytest.approx(value, abs=1e-4)


def test_variance_of_the_median_of_many_tends_to_its_limit():
    assert simple.trimmed_variance(1001, 500) * 1001 == pytest.approx(np.pi / 2, rel=0.02)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_the_contract(method):
    found = estimate(contest(), method)
    assert isinstance(found, Estimates)
    columns = {"estimate", "se", "n_jurors", "raw_mean", "raw_median", "disagreement", "status"}
    assert columns <= set(found.submissions.columns)
    assert {"severity", "se", "n_submissions", "status"} <= set(found.jurors.columns)
    assert (found.submissions["status"] == "ok").all()
    assert (found.submissions["se"] > 0).all()
    assert found.submissions.index.name == "submission"
    raw = contest().groupby("submission")["score"].mean()
    np.testing.assert_allclose(found.submissions["raw_mean"].to_numpy(float), raw.to_numpy())


@pytest.mark.parametrize(
    "method", ["raw", "additive", "severity", "reliability", "ordinal", "rasch", "zscore"]
)
def test_severity_has_its_sign(method):
    ratings = contest(1)
    ratings.loc[ratings["juror"] == "j3", "score"] = (ratings["score"] - 2).clip(lower=1)
    severity = estimate(ratings, method).jurors["severity"].astype(float)
    assert severity.idxmax() == "j3"
    assert severity["j3"] > 0.5


def test_components_of_the_model_are_handed_over():
    found = estimate(contest(2))
    assert set(found.components) == {"submission", "juror", "residual", "mu", "mu_se", "loglik", "status"}
    assert found.components["status"] == "ok"
    assert estimate(contest(2), "raw").components is None


def test_all_recused_has_no_estimate_and_says_why():
    ratings = contest(3).assign(status="scored")
    ratings.loc[ratings["submission"] == "s05", ["score", "status"]] = [np.nan, "recused"]
    for method in METHODS:
        row = estimate(ratings, method).submissions.loc["s05"]
        assert row["status"] == "no_scored_mark"
        assert row[["estimate", "se", "raw_mean", "disagreement"]].isna().all()
        assert row["n_jurors"] == 0


def test_a_juror_without_a_scored_mark_is_kept_and_named():
    ratings = contest(3).assign(status="scored")
    extra = ratings.iloc[:1].assign(juror="ghost", score=np.nan, status="missing")
    for method in METHODS:
        row = estimate(pd.concat([ratings, extra]), method).jurors.loc["ghost"]
        assert row["status"] == "no_scored_mark"
        assert row[["severity", "se"]].isna().all()


def test_one_score_is_named_for_submission_and_juror():
    ratings = pd.concat([contest(4, criteria=1), table([("s00", "once", 7.0), ("solo", "j1", 6.0)], "c0")])
    for method in SIMPLE:
        found = estimate(ratings, method)
        assert found.jurors.loc["once", "status"] == "one_score"
        assert found.submissions.loc["solo", "status"] == "one_score"
        assert found.submissions.loc["solo", "disagreement"] is pd.NA
        assert found.submissions.loc["solo", "estimate"] is not pd.NA


def test_a_juror_without_spread_has_no_z_and_the_others_are_untouched():
    ratings = contest(5, criteria=1)
    ratings.loc[ratings["juror"] == "j2", "score"] = 8.0
    found = estimate(ratings, "zscore")
    assert found.jurors.loc["j2", "status"] == "no_spread"
    without = estimate(ratings[ratings["juror"] != "j2"], "zscore").submissions["estimate"].astype(float)
    assert found.submissions["estimate"].astype(float).corr(without) == pytest.approx(1)


def test_only_flat_jurors_leave_a_submission_without_z():
    rows = [("A", "x", 1), ("A", "y", 4), ("B", "x", 2), ("B", "y", 2), ("C", "flat", 5), ("B", "flat", 5)]
    row = estimate(table(rows), "zscore").submissions.loc["C"]
    assert (row["status"], row["estimate"]) == ("no_usable_mark", pd.NA)


def test_every_status_is_explained():
    seen = set(estimate(contest(6)).submissions["status"]) | set(estimate(contest(6)).jurors["status"])
    assert seen <= set(STATUS)


APART = pd.concat(
    [
        table([(f"{p}{i}", f"{p}{j}", 5 + i - j) for i in range(3) for j in range(2)])
        for p in ("left", "right")
    ]
)


@pytest.mark.parametrize("method", ["zscore", "additive", "severity", "reliability", "ordinal", "rasch"])
def test_a_pooled_ranking_of_a_disconnected_design_is_refused_by_name(method):
    with pytest.raises(ScoringError, match="2 disconnected parts.*left0"):
        estimate(APART, method)


def test_within_components_a_ranking_stays_possible():
    noisy = APART.assign(score=APART["score"] + np.random.default_rng(1).normal(0, 0.3, len(APART)))
    found = estimate(noisy, "additive", within=True)
    assert found.submissions["component"].nunique() == 2
    assert set(found.submissions["status"]) == {"ok", "disconnected"}
    ranks = rank_changes(found)
    assert ranks.groupby("component")["rank"].apply(sorted).tolist() == [[1, 2, 3], [1, 2, 3]]
    for _, part in found.jurors.groupby("component"):
        assert part["severity"].astype(float).sum() == pytest.approx(0, abs=1e-9)


def test_unknown_estimator_is_refused_with_the_list():
    with pytest.raises(ScoringError, match="'bayes'.*raw, median"):
        estimate(contest(), "bayes")


def test_all_marks_equal_is_refused_by_name_and_kept_per_criterion():
    ratings = contest(7)
    flat = ratings.assign(score=ratings["score"].where(ratings["criterion"] == "c0", 5.0))
    with pytest.raises(ScoringError, match="equal"):
        estimate(flat[flat["criterion"] == "c1"])
    parts = per_criterion(flat)
    assert set(parts.loc["c1", "status"]) == {"not_estimable"}
    assert (parts.loc["c1", "raw_mean"] == 5.0).all()
    assert set(parts.loc["c0", "status"]) == {"ok"}


def test_weights_make_the_composite():
    ratings = contest(8)
    only = estimate(ratings, "severity", {"c0": 1.0, "c1": 0.0}).submissions["estimate"]
    alone = estimate(ratings[ratings["criterion"] == "c0"], "severity").submissions["estimate"]
    np.testing.assert_allclose(only.to_numpy(float), alone.to_numpy(float), atol=1e-8)


def test_rasch_weights_are_those_of_the_fair_averages():
    ratings = contest(9)
    halves = [
        estimate(ratings, "rasch", w).submissions["estimate"].astype(float)
        for w in ({"c0": 1, "c1": 0}, {"c0": 0, "c1": 1})
    ]
    both = estimate(ratings, "rasch").submissions["estimate"].astype(float)
    np.testing.assert_allclose((halves[0] + halves[1]) / 2, both, atol=1e-9)


def test_rank_changes_add_up():
    found = estimate(contest(10))
    moved = rank_changes(found)
    np.testing.assert_allclose(
        (moved["by_readers"] + moved["by_shrinkage"]).to_numpy(float),
        (moved["estimate"] - moved["raw_mean"]).to_numpy(float),
        atol=1e-12,
    )
    assert (moved["change"] == moved["raw_rank"] - moved["rank"]).all()
    assert sorted(moved["rank"]) == list(range(1, len(moved) + 1))
    still = rank_changes(estimate(contest(10), "raw"))
    assert (still["change"] == 0).all()
    additive = rank_changes(estimate(contest(10), "additive"))
    np.testing.assert_allclose(additive["by_shrinkage"].to_numpy(float), 0, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("method", SIMPLE)
def test_draws_carry_labels_and_the_stated_error(method):
    found = estimate(contest(11), method)
    sample = found.draws(8000, seed=4)
    assert list(sample.columns) == list(found.submissions.index)
    np.testing.assert_allclose(sample.std().to_numpy(), found.submissions["se"].to_numpy(float), rtol=0.08)
    pd.testing.assert_frame_equal(sample, found.draws(8000, seed=4))


def test_draws_without_any_error_are_refused():
    ratings = table([("A", "x", 1.0), ("B", "x", 3.0), ("C", "x", 4.0)])
    with pytest.raises(ScoringError, match="standard error"):
        estimate(ratings, "raw").draws(10, seed=1)
    with pytest.raises(ScoringError, match="at least 1"):
        estimate(contest(), "raw").draws(0, seed=1)


@pytest.mark.slow
@given(st.integers(0, 10_000), st.sampled_from(SIMPLE))
@settings(max_examples=20)
def test_permuting_rows_and_renaming_change_nothing(seed, method):
    ratings = contest(seed, n=15, k=5, readers=3)
    shuffled = ratings.sample(frac=1, random_state=seed)
    renamed = shuffled.assign(
        submission="x" + shuffled["submission"].str[::-1], juror="y" + shuffled["juror"].str[::-1]
    )
    a, b = estimate(ratings, method), estimate(renamed, method)
    back = b.submissions.rename(index=lambda s: s[1:][::-1]).loc[a.submissions.index]
    for column in ("estimate", "se", "raw_mean"):
        np.testing.assert_allclose(
            back[column].to_numpy(float), a.submissions[column].to_numpy(float), atol=2e-4
        )


@given(st.integers(0, 10_000), st.floats(0, 0.9))
@settings(max_examples=20)
def test_nobody_is_lost(seed, gone):
    ratings = contest(seed, n=12, k=5, readers=3).assign(status="scored")
    drop = np.random.default_rng(seed).random(len(ratings)) < gone
    ratings.loc[drop, "score"] = np.nan
    ratings.loc[drop, "status"] = "missing"
    if drop.all():
        return
    found = estimate(ratings, "raw")
    assert set(found.submissions.index) == set(ratings["submission"])
    assert set(found.jurors.index) == set(ratings["juror"])
    named = found.submissions["estimate"].isna() == (found.submissions["status"] == "no_scored_mark")
    assert named.all()
