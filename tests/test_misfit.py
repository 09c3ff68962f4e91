"""Is a model that does not fit noticed, and only then? Residuals and models that allow for more by brute force."""

import numpy as np
import pandas as pd
import pytest

from fairlib.rules import Selection
from fairlib.scoring.crossed.incidence import incidence
from fairlib.scoring.crossed.reml import fit_sums
from fairlib.scoring.crossed.sums import sums_of
from fairlib.scoring.estimators.adjust import estimate
from fairlib.scoring.misfit.check import model_fit
from fairlib.scoring.misfit.discrepancies import CHECKS
from fairlib.scoring.misfit.residuals import Left
from fairlib.scoring.misfit.shape import shape_of
from fairlib.scoring.misfit.weighted import Weighted, columns_of
from fairlib.selection.firm.certainty import certainty
from fairlib.selection.firm.misfit import chances, check_model
from fairlib.selection.rule.compiled import compile_rule

SCALE = (1, 10, 1)


def contest(seed, n=120, jurors=8, readers=4, change=None):
    """Marks of an ideal contest, perhaps changed by a function of (y, submission, juror, rng); all synthetic."""
    rng = np.random.default_rng(seed)
    who = np.argsort(rng.random((n, jurors)), axis=1)[:, :readers].ravel()
    sub = np.repeat(np.arange(n), readers)
    noise = rng.normal(0, 1, len(sub))
    y = 5.5 + rng.normal(0, 1, n)[sub] + rng.normal(0, 0.6, jurors)[who] + noise
    if change:
        y = change(y, sub, who, noise)
    names = pd.Index([f"S{i:03d}" for i in range(n)], name="submission")
    ratings = pd.DataFrame(
        {"submission": names[sub], "juror": [f"J{j}" for j in who], "criterion": "c", "score": y}
    )
    groups = pd.DataFrame({"language": np.where(np.arange(n) % 2, "kk", "ru")}, index=names)
    return ratings, groups


def fitted(seed, change=None, **size):
    ratings, groups = contest(seed, change=change, **size)
    found = estimate(ratings)
    return model_fit(ratings, found, scale=SCALE, groups=groups, seed=1), found


FAULTS = {
    "ceiling": lambda y, i, j, e: np.minimum(np.round(y + 3.4), 10),
    "noise": lambda y, i, j, e: y + e * np.where(j < 2, 1.5, -0.3),
    "groups": lambda y, i, j, e: y + 0.8 * np.where(i % 2, 1, -1) * np.where(j % 2, 1, -1),
    "merits": lambda y, i, j, e: y - 4.0 * (i % 12 == 0),
    "one_mark": lambda y, i, j, e: y + 8.0 * (np.arange(len(y)) == 33),
}


@pytest.mark.parametrize("fault", CHECKS)
def test_each_fault_is_found_by_its_check(fault):
    fit, _ = fitted(3, FAULTS[fault])
    assert fault in fit.found
    assert fit.table.index.to_list() == list(CHECKS)


def test_what_was_found_is_told_by_name():
    fit, _ = fitted(3, FAULTS["one_mark"])
    row = fit.table.loc["one_mark"]
    ratings, _ = contest(3)
    assert (row["submission"], row["juror"]) == tuple(ratings.loc[33, ["submission", "juror"]])
    assert row["about"] == "better"
    assert row["size"] == pytest.approx(8, abs=2.5)
    top = fitted(3, FAULTS["ceiling"])[0].table.loc["ceiling"]
    assert top["about"] == "best" and 0.05 < top["size"] < 0.6
    low = fitted(3, lambda *a: 11 - FAULTS["ceiling"](*a))[0].table.loc["ceiling"]
    assert (low["about"], low["size"]) == ("worst", pytest.approx(top["size"]))


def test_an_ideal_contest_is_left_alone():
    """Sixty contests: about three alarms at 5 %, more than nine in one of a hundred thousand such tests."""
    alarms = sum(bool(fitted(seed, n=60)[0].found) for seed in range(60))
    assert alarms <= 9


def test_the_unit_of_the_marks_and_their_order_change_nothing():
    ratings, groups = contest(5)
    one = model_fit(ratings, estimate(ratings), scale=SCALE, groups=groups, seed=1).table
    other = ratings.assign(score=ratings["score"] * 10)
    ten = model_fit(other, estimate(other), scale=(10, 100, 10), groups=groups, seed=1).table
    np.testing.assert_allclose(one["p"].astype(float), ten["p"].astype(float))
    mixed = ratings.sample(frac=1, random_state=1)
    again = model_fit(mixed, estimate(mixed), scale=SCALE, groups=groups, seed=1).table
    pd.testing.assert_frame_equal(one, again)


def test_residuals_are_those_of_least_squares():
    rng = np.random.default_rng(2)
    i, j = np.repeat(np.arange(20), 3), np.argsort(rng.random((20, 6)), axis=1)[:, :3].ravel()
    y = rng.normal(size=60)
    design = incidence(i, j, 20, 6)
    left = Left(fit_sums(sums_of(design, y)), y[design.order])
    x = np.hstack([i[:, None] == np.arange(20), j[:, None] == np.arange(6)]).astype(float)
    m = np.eye(60) - x @ np.linalg.pinv(x)
    r = m @ y
    assert left.dof == 60 - np.linalg.matrix_rank(x)
    np.testing.assert_allclose(left.observed[0], r / np.sqrt(r @ r / left.dof), atol=1e-9)
    np.testing.assert_allclose(left.free, np.diag(m), atol=1e-9)


def test_the_weighted_model_by_brute_force():
    rng = np.random.default_rng(4)
    i, j = np.repeat(np.arange(15), 3), np.argsort(rng.random((15, 5)), axis=1)[:, :3].ravel()
    design = incidence(i, j, 15, 5)
    y, w, load = rng.normal(size=45), rng.uniform(0.5, 2, 45), rng.uniform(0.7, 1.3, 45)
    cell = (i % 2) * 5 + j
    columns = columns_of(design, [(cell, None)])
    model = Weighted(design, columns, y, w, load, 0.8, np.array([0.4, 1.0, 0.3]))
    a = load[:, None] * (i[:, None] == np.arange(15))
    b, c = j[:, None] == np.arange(5), cell[:, None] == np.arange(10)
    z = np.hstack([a, b, c, load[:, None]]).astype(float)
    prior = np.diag(np.r_[np.full(15, 1 / 0.8), np.full(5, 1 / 0.4), np.full(10, 1 / 0.3), 0.0])
    inverse = np.linalg.inv(z.T @ (w[:, None] * z) + prior)
    at = inverse @ (z.T @ (w * y))
    lift = np.hstack([np.eye(15), np.zeros((15, 15)), np.ones((15, 1))])
    np.testing.assert_allclose(model.merit, lift @ at, atol=1e-9)
    np.testing.assert_allclose(model.covariance(), lift @ inverse @ lift.T, atol=1e-9)
    np.testing.assert_allclose(model.spread(), np.diag(lift @ inverse @ lift.T), atol=1e-9)
    np.testing.assert_allclose(model.uncertain(), np.diag(z @ inverse @ z.T), atol=1e-9)
    learnt, blocks = model.learnt()
    assert learnt == pytest.approx((at[:15] ** 2 + np.diag(inverse)[:15]).mean())
    assert blocks[0] == pytest.approx((at[15:20] ** 2 + np.diag(inverse)[15:20]).mean())


def problem_of(found, seats=30):
    rule = Selection(seats=seats, ties=("draw",), certainty={"draws": 600})
    return compile_rule(found.submissions.assign(eligible=True), rule, seed=1)


def test_allowing_for_nothing_changes_nothing():
    fit, found = fitted(6)
    same = fit.allowing_for()
    np.testing.assert_allclose(same.draws(50, 3), found.draws(50, 3), atol=1e-6)


def test_chances_are_those_of_certainty():
    _, found = fitted(6)
    problem = problem_of(found)
    told = certainty(found, problem, seed=9).table["p_selected"].to_numpy(float)
    np.testing.assert_array_equal(chances(found, problem, seed=9), told)


def test_without_the_mark_chances_are_those_of_the_marks_without_it():
    ratings, groups = contest(3, change=FAULTS["one_mark"])
    fit = model_fit(ratings, estimate(ratings), scale=SCALE, groups=groups, seed=1)
    other = fit.allowing_for("one_mark").submissions["estimate"].astype(float)
    alone = estimate(ratings.drop(index=33)).submissions["estimate"].astype(float)
    assert np.abs(other - alone).max() < 0.15  # variances are those of all marks
    assert abs(other.iloc[8] - estimate(ratings).submissions["estimate"].iloc[8]) > 0.8


def test_jurors_that_are_less_exact_count_less():
    fit, found = fitted(3, FAULTS["noise"])
    state = fit._source.allowed(frozenset({"noise"}))
    assert state.juror_sd[:2].min() > 2 * state.juror_sd[2:].max()
    se = fit.allowing_for("noise").draws(800, 1).std()
    assert se.mean() < found.draws(800, 1).std().mean()


def test_what_was_found_moves_chances_and_is_told_by_both_models():
    fit, found = fitted(3, FAULTS["noise"])
    checked = check_model(fit, found, problem_of(found), seed=2)
    row = checked.table.loc["noise"]
    assert row["move"] > 0.04 and row["moved"] in found.submissions.index
    assert checked.matters and checked.chances["p_other"].sum() == pytest.approx(30)
    assert checked.table["move"].isna().sum() == len(CHECKS) - len(fit.found)
    again = check_model(fit, found, problem_of(found), seed=2)
    pd.testing.assert_frame_equal(checked.chances, again.chances)


def test_where_nothing_is_found_there_is_one_model():
    fit, found = fitted(6)
    assert not fit.found
    assert not check_model(fit, found, problem_of(found), seed=2).matters


@pytest.mark.parametrize(
    ("rows", "method", "status"),
    [
        ({"n": 30}, "raw", "no_model"),
        ({"n": 30}, "median", "no_model"),
        ({"n": 5, "jurors": 2, "readers": 2}, "severity", "few_marks"),
        ({"n": 12, "jurors": 1, "readers": 1}, "raw", "no_model"),
    ],
)
def test_where_there_is_nothing_to_hold_marks_against_it_says_why(rows, method, status):
    ratings, groups = contest(1, **rows)
    fit = model_fit(ratings, estimate(ratings, method), scale=SCALE, groups=groups, seed=1)
    assert (fit.table["status"] == status).all()
    assert fit.table["p"].isna().all() and not fit.found
    assert fit.allowing_for("noise") is None


def test_without_groups_or_marks_at_the_ends_the_others_are_still_asked():
    ratings, _ = contest(1)
    fit = model_fit(ratings, estimate(ratings), scale=(0, 20, 0.0), seed=1)
    assert fit.table.loc["groups", "status"] == "no_groups"
    assert fit.table.loc["ceiling", "status"] == "no_marks_at_ends"
    assert fit.table["p"].notna().sum() == 3


def test_a_normal_shape_moves_next_to_nothing_and_a_tail_moves_the_best_together():
    rng = np.random.default_rng(1)
    level, se = np.zeros(400), np.full(400, 0.5)
    normal = shape_of(rng.normal(0, np.sqrt(0.75), 400), se, level, 1.0)
    assert np.abs(normal.moves[:, 20:41]).mean() < 0.1
    merit = (1.5 - rng.gamma(1.5, 1, 400)) / np.sqrt(1.5)
    mean = 0.75 * (merit + rng.normal(0, np.sqrt(1 / 3), 400))
    draws = mean + 0.5 * rng.standard_normal((200, 400))
    moved = shape_of(mean, se, level, 1.0).moved(draws)
    best = np.argsort(-merit)[:40]
    assert moved[:, best].std() < 0.85 * draws[:, best].std()
    known = shape_of(mean, np.zeros(400), level, 1.0)
    assert not known.moves.any()
