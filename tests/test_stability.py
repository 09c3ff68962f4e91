"""Stability: each question equals the choice made again by hand, and says so where there is no answer."""

import numpy as np
import pandas as pd
import pytest
from choice_fixture import BY_NOMINATION, candidates, contest_of, drawn, marks, rule

from fairlib.rules import Scale
from fairlib.scoring.estimators.adjust import METHODS, estimate
from fairlib.selection.admit.greedy import admit
from fairlib.selection.firm.stability import STATUS, stability
from fairlib.selection.rule.compiled import compile_rule

SCALE = Scale(min=1, max=10, step=1)


@pytest.fixture(scope="module")
def ratings():
    """Marks with ten missing ones."""
    table = drawn(criteria=3).ratings.astype({"status": object})
    gone = np.random.default_rng(0).choice(np.flatnonzero(table["status"] == "scored"), 10, replace=False)
    table.loc[gone, ["score", "status"]] = [np.nan, "missing"]
    return table


@pytest.fixture(scope="module")
def problem(ratings):
    return compile_rule(
        candidates(estimate(ratings), drawn(criteria=3)), rule(quotas=(BY_NOMINATION,)), seed=7
    )


@pytest.fixture(scope="module")
def found(ratings, problem):
    return stability(ratings, problem, scale=SCALE, seed=1, draws=300)


def _again(ratings, problem, method="severity", weights=None):
    """Ids that come and go when the contest is estimated again from other ratings."""
    table = candidates(estimate(ratings, method, weights), drawn(criteria=3))
    now = admit(compile_rule(table, problem.select, seed=7))
    mine = admit(problem)
    return set(problem.submissions[now & ~mine]), set(problem.submissions[mine & ~now])


def _ids(text):
    return set(text.split(", ")) if text else set()


def test_every_question_is_asked_once(found):
    kinds = found.changes.groupby("kind")["what"].agg(list)
    assert kinds["juror"] == list(drawn(criteria=3).jurors.index)
    assert kinds["criterion"] == ["C1", "C2", "C3"]
    assert kinds["missing"] == ["best", "worst", "against"]
    assert kinds["estimator"] == [m for m in METHODS if m != "severity"]
    assert (found.changes["status"] == "ok").all()


def test_without_a_juror(ratings, problem, found):
    for name in ("J2", "J5"):
        row = found.changes.query("kind == 'juror' and what == @name").iloc[0]
        come, go = _again(ratings[ratings["juror"] != name], problem)
        assert (_ids(row["comes"]), _ids(row["goes"])) == (come, go)
        assert row["n_changes"] == max(len(come), len(go))


def test_without_a_criterion_and_by_other_estimators(ratings, problem, found):
    row = found.changes.query("kind == 'criterion' and what == 'C2'").iloc[0]
    assert (_ids(row["comes"]), _ids(row["goes"])) == _again(ratings[ratings["criterion"] != "C2"], problem)
    for method in ("raw", "median", "zscore", "additive", "rasch"):
        row = found.changes.query("kind == 'estimator' and what == @method").iloc[0]
        assert (_ids(row["comes"]), _ids(row["goes"])) == _again(ratings, problem, method)


def test_missing_marks_at_the_ends_of_the_scale(ratings, problem, found):
    gone = ratings["status"] == "missing"
    filled = ratings.assign(
        score=ratings["score"].mask(gone, 10.0), status=ratings["status"].mask(gone, "scored")
    )
    row = found.changes.query("what == 'best'").iloc[0]
    assert (_ids(row["comes"]), _ids(row["goes"])) == _again(filled, problem)
    whole = stability(drawn(criteria=3).ratings, problem, scale=SCALE, seed=1, draws=100).changes
    rows = whole[whole["kind"] == "missing"]
    assert (rows["status"] == "nothing_missing").all()
    assert rows["n_changes"].isna().all()


def test_acceptability_is_the_share_of_weightings(found, problem):
    table = found.weights
    assert table["acceptability"].sum() == pytest.approx(12)
    central = table.filter(like="w_")
    some = table["acceptability"] > 0
    np.testing.assert_allclose(central[some].astype(float).sum(axis=1), 1)
    assert central[~some].isna().all().all()
    always = table["acceptability"] == 1
    assert central[always].astype(float).stack().sub(1 / 3).abs().max() < 0.05


def test_a_weighting_is_the_composite_of_that_weighting():
    # two criteria that order the submissions in opposite ways: selected if its criterion outweighs
    rows = [
        (f"s{i}", f"j{j}", c, v)
        for i in range(6)
        for j in range(3)
        for c, v in (("a", 3 + i + 0.1 * (i * j % 3)), ("b", 9 - i + 0.1 * ((i + j) % 2)))
    ]
    table = pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score"])
    found = estimate(table, "raw")
    problem = compile_rule(found.submissions.assign(eligible=True), rule(1), seed=1)
    got = stability(table, problem, method="raw", scale=SCALE, seed=1, draws=2000).weights
    assert got.loc["s5", "acceptability"] == pytest.approx(0.5, abs=0.06)
    assert got.loc["s0", "acceptability"] == pytest.approx(0.5, abs=0.06)
    assert got.loc["s5", "w_a"] == pytest.approx(0.75, abs=0.05)


def test_only_one_juror_and_one_criterion():
    table = marks({("A", "x"): 5, ("B", "x"): 7, ("C", "x"): 2})
    found = estimate(table, "raw")
    problem = compile_rule(found.submissions.assign(eligible=True), rule(1), seed=1)
    got = stability(table, problem, method="raw", scale=SCALE, seed=1)
    status = got.changes.set_index("what")["status"]
    assert status["x"] == "not_estimable"
    assert status["all"] == "one_criterion"
    assert status["severity"] == "not_estimable"
    assert status["median"] == "ok"
    assert (got.weights_status, len(got.weights)) == ("one_criterion", 0)
    assert set(status) <= set(STATUS)


def test_a_juror_who_holds_the_contest_together():
    rows = {("A", "x"): 5, ("A", "y"): 6, ("B", "x"): 7, ("B", "y"): 6, ("C", "z"): 4, ("C", "w"): 3,
            ("D", "z"): 5, ("D", "w"): 6, ("A", "v"): 5, ("C", "v"): 4}  # fmt: skip
    table = marks(rows)
    found = estimate(table)
    problem = compile_rule(found.submissions.assign(eligible=True), rule(2), seed=1)
    got = stability(table, problem, scale=SCALE, seed=1).changes.set_index("what")
    assert got.loc["v", "status"] == "disconnected"
    assert pd.isna(got.loc["v", "n_changes"])


def test_the_order_of_rows_changes_nothing(ratings, problem, found):
    mixed = stability(ratings.sample(frac=1, random_state=1), problem, scale=SCALE, seed=1, draws=300)
    pd.testing.assert_frame_equal(mixed.changes, found.changes)
    pd.testing.assert_frame_equal(mixed.weights, found.weights)


def test_a_clear_contest_never_changes():
    rows = {(f"s{i}", f"j{j}"): 1 + i + 0.01 * ((i + 2 * j) % 3) for i in range(8) for j in range(4)}
    found = estimate(marks(rows))
    problem = compile_rule(found.submissions.assign(eligible=True), rule(3), seed=1)
    got = stability(marks(rows), problem, scale=SCALE, seed=1).changes
    assert (got.loc[got["status"] == "ok", "n_changes"] == 0).all()


def test_estimators_that_are_not_linear_have_weights_too():
    found, problem = contest_of("median")
    got = stability(drawn().ratings, problem, method="median", scale=SCALE, seed=1)
    assert got.weights_status == "ok"
    assert got.weights["acceptability"].sum() == pytest.approx(12)
