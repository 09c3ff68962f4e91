"""Reliability inside groups, over all of them, and without the choice of an earlier round."""

import numpy as np
import pandas as pd
import pytest

from fairlib import tell
from fairlib.rules import Quota
from fairlib.scoring.agreement.components import icc_components, overlap, spread_of
from fairlib.scoring.agreement.consequences import what_it_means
from fairlib.scoring.agreement.consistency import consistency
from fairlib.scoring.agreement.generalizability import generalizability
from fairlib.scoring.agreement.restriction import unrestricted
from fairlib.scoring.estimators.adjust import estimate

GROUP = np.repeat([0, 1, 2], 60)


def home_panels(seed, apart, spread=0.5, juror=0.3, noise=0.5, share=0.1):
    """Marks of three groups of 60, four jurors each, a share of the readings across, and the true worth."""
    rng = np.random.default_rng(seed)
    home = np.repeat([0, 1, 2], 4)
    order = np.argsort(rng.random((180, 12)) + 2 * (home[None, :] != GROUP[:, None]), axis=1)
    jurors, away = order[:, :3].copy(), rng.random(180) < 3 * share
    jurors[away, 0] = order[away, 5]
    i, j = np.repeat(np.arange(180), 3), jurors.ravel()
    worth = 5 + apart * (GROUP - 1) + rng.normal(0, spread, 180)
    y = worth[i] - rng.normal(0, juror, 12)[j] + rng.normal(0, noise, len(i))
    ratings = pd.DataFrame({"submission": i, "juror": j, "criterion": "c", "score": y})
    return ratings.assign(level=GROUP[i].astype(str)), worth


def truth(found, variance, juror=0.3, noise=0.5):
    return variance / (variance + found.q * juror**2 + noise**2 / found.k)


def test_inside_groups_reliability_is_that_of_one_group():
    values = []
    for seed in range(12):
        ratings, worth = home_panels(seed, 1.0)
        found = icc_components(ratings, within=True)
        values.append((found.reliability, truth(found, spread_of(worth, GROUP))))
        assert found.scope == "within"
    mine, true = np.mean(values, axis=0)
    assert mine == pytest.approx(true, abs=0.03)


def test_over_all_groups_their_differences_are_in_the_reliability():
    values, plain, covered = [], [], []
    for seed in range(12):
        ratings, worth = home_panels(seed, 1.0)
        found, one = icc_components(ratings), icc_components(ratings.drop(columns="level"))
        true = truth(found, worth.var(ddof=1))
        row = found.table.loc["ICC(Q,k)"]
        covered.append(row["low"] <= true <= row["high"])
        values.append((found.reliability, true))
        plain.append(one.reliability)
        assert (found.scope, one.scope) == ("across", "all")
    mine, true = np.mean(values, axis=0)
    assert mine == pytest.approx(true, abs=0.03) and sum(covered) >= 10
    assert np.mean(plain) < true - 0.05  # one mean takes the differences of groups for severity


def test_without_levels_nothing_changes():
    ratings, _ = home_panels(1, 0.0)
    plain = ratings.drop(columns="level")
    pd.testing.assert_frame_equal(icc_components(plain).table, icc_components(plain, within=True).table)
    one = icc_components(plain.assign(level="a"))
    assert one.scope == "all"
    pd.testing.assert_frame_equal(one.table, icc_components(plain).table)


def test_overlap_inside_groups_is_over_pairs_of_one_group():
    i = np.repeat(np.arange(6), 2)
    j = np.array([0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3])
    readers, group = np.full(6, 2), np.repeat([0, 1], 3)
    assert overlap(i, j, readers, group) == pytest.approx(0)
    assert overlap(i, j, readers) == pytest.approx(1 / 2 - 2 * 6 * 2 / 4 / 30)


def test_components_about_levels_are_unbiased():
    within, across, error = [], [], []
    for seed in range(25):
        ratings, _ = home_panels(100 + seed, 1.0)
        own, all_ = generalizability(ratings, within=True), generalizability(ratings)
        assert (own.scope, all_.scope) == ("within", "all")
        within.append(own.components["estimate"][["submission", "juror"]].to_list())
        across.append(all_.variance("submission"))
        error.append(own.variance("residual") - all_.variance("residual"))
    s, j = np.mean(np.array(within, float), axis=0)
    assert s == pytest.approx(0.25, abs=0.02) and j == pytest.approx(0.09, abs=0.04)
    assert np.abs(error).max() < 1e-9 and np.mean(across) > 0.27


def test_levels_of_a_complete_table_leave_the_mean_square_inside_groups():
    rng = np.random.default_rng(1)
    y = rng.normal(5, 1, (20, 4)) + np.repeat([0, 2], 10)[:, None] + rng.normal(0, 1, (20, 1))
    wide = pd.DataFrame(y).rename_axis("submission").reset_index()
    long = wide.melt("submission", var_name="juror", value_name="score").assign(criterion="c")
    long["level"] = np.where(long["submission"] < 10, "a", "b")
    found = generalizability(long, within=True)
    rows = y.mean(axis=1)
    inside = 4 * sum(((rows[s] - rows[s].mean()) ** 2).sum() for s in (slice(0, 10), slice(10, 20))) / 18
    error = found.variance("residual")
    assert float(found.components["estimate"]["submission"]) == pytest.approx((inside - error) / 4)


def second_round(seed, same=0.3, n=200, few=40):
    """Estimates of a first round, the marks of a second one for the best, and the true worth in its eyes."""
    rng = np.random.default_rng(seed)

    def marks(worth, ids, k, jurors, noise):
        i = np.repeat(np.arange(len(worth)), k)
        j = np.concatenate([rng.choice(jurors, k, replace=False) for _ in range(len(worth))])
        y = worth[i] - rng.normal(0, 0.3, jurors)[j] + rng.normal(0, noise, len(i))
        return pd.DataFrame({"submission": ids[i], "juror": j, "criterion": "c", "score": y})

    ids = np.array([f"s{k:03d}" for k in range(n)])
    worth = rng.normal(5, 0.6, n)
    jury = 6 + 1.3 * (worth - 5) + rng.normal(0, same, n)
    first = estimate(marks(worth, ids, 4, 12, 0.7)).submissions["estimate"].astype(float)
    best = np.flatnonzero(np.isin(ids, first.sort_values().index[-few:]))
    return first, marks(jury[best], ids[best], 4, 6, 0.7), jury, jury[best]


def test_without_the_choice_before_the_reliability_is_that_among_all():
    values, covered = [], []
    for seed in range(16):
        first, ratings, everybody, finalists = second_round(seed)
        found, corrected = icc_components(ratings), unrestricted(ratings, first)
        true = truth(found, everybody.var(ddof=1), noise=0.7)
        values.append(
            (found.reliability, truth(found, finalists.var(ddof=1), noise=0.7), corrected.reliability, true)
        )
        covered.append(corrected.low <= true <= corrected.high)
        assert corrected.status == "ok" and corrected.ratio > 1.5
    cut, true_cut, mine, true = np.mean(values, axis=0)
    assert cut == pytest.approx(true_cut, abs=0.06) and mine == pytest.approx(true, abs=0.05)
    assert true - true_cut > 0.1 and sum(covered) >= 13


def test_thorndikes_formula_where_nothing_is_left_to_chance():
    """Var(y) among all = Var(y) + b²(Var(x among all) − Var(x)), with many finalists and many readings."""
    rng = np.random.default_rng(5)
    x = pd.Series(rng.normal(0, 1, 4000), index=[f"s{k:04d}" for k in range(4000)])
    y = 0.8 * x + rng.normal(0, 0.5, 4000)
    best = x.nlargest(600).index
    i = np.repeat(np.arange(600), 6)
    j = np.tile(np.arange(6), 600)
    marks = y[best].to_numpy()[i] + rng.normal(0, 0.5, len(i))
    ratings = pd.DataFrame({"submission": np.array(best)[i], "juror": j, "criterion": "c", "score": marks})
    slope = np.polyfit(x[best], y[best], 1)[0]
    variance = y[best].var() + slope**2 * (x.var() - x[best].var())
    assert unrestricted(ratings, x).reliability == pytest.approx(variance / (variance + 0.25 / 6), abs=0.01)
    assert variance == pytest.approx(y.var(), rel=0.15)


def test_what_the_earlier_round_cannot_say_has_a_reason():
    first, ratings, _, _ = second_round(3)
    assert unrestricted(ratings, first * 0 + 5).status == "no_earlier_estimates"
    assert unrestricted(ratings, first.iloc[:0]).status == "no_earlier_estimates"
    few = ratings[ratings["submission"].isin(sorted(ratings["submission"].unique())[:9])]
    assert unrestricted(few, first).status == "too_few"
    everybody = first[first.index.isin(ratings["submission"])]
    same = unrestricted(ratings, everybody)
    assert same.status == "no_restriction" and same.ratio == pytest.approx(1)
    assert same.reliability == pytest.approx(icc_components(ratings).reliability, abs=0.12)
    one = ratings.groupby("submission").head(1)
    assert unrestricted(one, first).status == "no_replication"


def test_inside_groups_the_choice_is_corrected_inside_groups():
    first, ratings, _, _ = second_round(4)
    groups = pd.Series(np.where(np.arange(len(first)) % 2, "a", "b"), index=first.index)
    shifted = first + 5 * (groups == "a")
    own = unrestricted(ratings, shifted, groups)
    assert own.status == "ok" and own.ratio == pytest.approx(unrestricted(ratings, first).ratio, rel=0.35)


def test_meaning_says_among_whom():
    ratings, _ = home_panels(2, 0.5)
    assert what_it_means(ratings, 30, n_sim=20).scope == "across"
    assert what_it_means(ratings, 30, within=True, n_sim=20).scope == "within"
    table = consistency(ratings, n_boot=0, within=True)
    value = table.loc[table["statistic"] == "ICC(Q,k), variance components", "value"].iloc[0]
    assert value == pytest.approx(icc_components(ratings, within=True).reliability)


class Asked:
    value = None


def test_the_notebook_forbids_the_wrong_conclusion():
    meaning = pd.Series(
        {"reliability": 0.5, "n_selected": 10, "belongs": 0.6, "scope": "within", "unrestricted": 0.8,
         "unrestricted_low": 0.6, "unrestricted_high": 0.9, "unrestricted_status": "ok"}
    )  # fmt: skip
    told = tell.agreement(meaning, Asked(), None)
    assert "0.80 (0.60–0.90)" in told and "says nothing against the jurors" in told
    assert "telling submissions of one nomination or group apart" in told
    none = meaning.copy()
    none["unrestricted"], none["unrestricted_status"] = pd.NA, "too_few"
    assert "cannot be told: too few submissions" in tell.agreement(none, Asked(), None)


def test_a_choice_is_inside_groups_where_a_quota_gives_each_its_seats():
    from report_fixture import rules_2021

    contest = rules_2021().contest
    first = contest.rounds[0]

    def inside(*quotas, **update):
        select = first.select.model_copy(update={"quotas": quotas})
        one = first.model_copy(update={"select": select, **update})
        return contest.model_copy(update={"rounds": (one, *contest.rounds[1:])}).within(first.id)

    share = Quota(column="nomination", kind="proportional")
    seats = {n.id: 5 for n in contest.nominations}
    assert inside(share) and inside(Quota(column="nomination", kind="fixed", seats=seats))
    assert not inside() and not inside(Quota(column="nomination", kind="min", seats=seats))
    assert not inside(Quota(column="region", kind="proportional")) and not inside(share, levels=())
