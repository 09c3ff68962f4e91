"""Where to read next: the posterior is Henderson's, the gain that of the contest read again."""

import numpy as np
import pytest
from choice_fixture import candidates, contest_of, drawn, estimated, marks, rule

from fairlib.errors import SelectionError
from fairlib.scoring.estimators.adjust import estimate
from fairlib.selection.admit.greedy import admit, admit_many
from fairlib.selection.firm.readings import _draw, _learnt, given, readings
from fairlib.selection.rule.compiled import compile_rule


def _covariance(after):
    """Covariance of (merits, jurors) in full."""
    lift = np.vstack([after.lift, np.eye(after.h.shape[0])[:-1]])
    own = np.concatenate([after.own, np.zeros(after.h.shape[0] - 1)])
    return lift @ after.h @ lift.T + np.diag(own)


def test_the_posterior_is_that_of_the_dense_model():
    fit = estimated().fit
    p, after = fit.sums.incidence, given(fit)
    a, b, e = fit.submission, fit.juror, fit.residual
    x = np.ones((p.n, 1))
    z = np.zeros((p.n, p.n_submissions + p.n_jurors))
    z[np.arange(p.n), p.owner] = 1
    z[np.arange(p.n), p.n_submissions + p.who] = 1
    g = np.diag(np.repeat([a, b], [p.n_submissions, p.n_jurors]))
    left = np.block([[x.T @ x, x.T @ z], [z.T @ x, z.T @ z + e * np.linalg.inv(g)]])
    inverse = e * np.linalg.inv(left)
    to_merit = np.zeros((z.shape[1], len(left)))
    to_merit[: p.n_submissions, 0] = 1
    to_merit[:, 1:] = np.eye(z.shape[1])
    np.testing.assert_allclose(_covariance(after), to_merit @ inverse @ to_merit.T, atol=1e-9)
    spread = _learnt(after, p)[1]
    np.testing.assert_allclose(spread, np.diag(_covariance(after))[: p.n_submissions], atol=1e-9)


def test_draws_have_that_covariance():
    fit = estimated().fit
    after = given(fit)
    merit, juror = _draw(after, fit.sums.incidence, 40_000, np.random.default_rng(1))
    got = np.cov(np.hstack([merit, juror]).T)
    assert np.abs(got - _covariance(after)).max() < 0.02


@pytest.mark.slow
def test_the_gain_is_that_of_reading_again():
    # worlds from the posterior; in each the mark comes, the rank-one update follows, the rule is applied
    found, problem = contest_of(select=rule(12))
    table = readings(found, problem, seed=1, k=5)
    after, p, rng = given(found.fit), found.fit.sums.incidence, np.random.default_rng(8)
    cov, n = _covariance(after), 12_000
    merit, juror = _draw(after, p, n, rng)
    belongs, mine = admit_many(problem, merit), admit(problem)
    row = table.iloc[0]
    i, j = found.submissions.index.get_loc(row["submission"]), found.jurors.index.get_loc(row["juror"])
    mark = merit[:, i] + juror[:, j] + rng.normal(0, np.sqrt(after.residual), n)
    at = np.zeros(len(cov))
    at[[i, p.n_submissions + j]] = 1
    gain = (cov @ at)[: p.n_submissions] / (at @ cov @ at + after.residual)
    news = mark - after.merit[i] - after.juror[j]
    now = admit_many(problem, after.merit + np.multiply.outer(news, gain))
    better = (now & belongs).sum(axis=1) - (mine & belongs).sum(axis=1)
    assert row["gain"] == pytest.approx(better.mean(), abs=4 * better.std() / np.sqrt(n) + 0.004)
    assert row["se_after"] < row["se"]


def test_gains_fall_and_belong_to_the_open():
    found, problem = contest_of()
    table = readings(found, problem, seed=1)
    assert (table["gain"].diff().dropna() <= 0).all()
    assert (table["gain"] > 0).all()
    assert table["p_selected"].head(5).between(0.1, 0.9).all()
    assert table["submission"].is_unique


def test_what_was_read_and_conflicts_are_left_out():
    found, problem = contest_of()
    first = readings(found, problem, seed=1, k=40)
    barred = list(first[["juror", "submission"]].itertuples(index=False, name=None))
    second = readings(found, problem, seed=1, k=40, conflicts=[*barred, ("nobody", "S01"), ("J1", "nothing")])
    pairs = set(second[["juror", "submission"]].itertuples(index=False, name=None))
    assert not pairs & set(barred)
    read = drawn().ratings.dropna(subset="score")[["juror", "submission"]].astype(str)
    assert not pairs & set(read.itertuples(index=False, name=None))
    frame = first[["juror", "submission"]]
    same = readings(found, problem, seed=1, k=40, conflicts=frame)
    assert not set(same[["juror", "submission"]].itertuples(index=False, name=None)) & set(barred)


def test_the_ineligible_are_not_read_again():
    found = estimated()
    table = candidates(found)
    best = readings(found, compile_rule(table, rule(), seed=7), seed=1)["submission"].iloc[0]
    table.loc[best, "eligible"] = False
    assert best not in set(readings(found, compile_rule(table, rule(), seed=7), seed=1, k=50)["submission"])


def test_refusals():
    rows = {(f"s{i}", f"j{j}"): 5 + i + (i * j) % 3 for i in range(5) for j in range(3)}
    found = estimate(marks(rows))
    problem = compile_rule(found.submissions.assign(eligible=True), rule(2), seed=1)
    with pytest.raises(SelectionError, match="Every juror has read"):
        readings(found, problem, seed=1)
    with pytest.raises(SelectionError, match="severity"):
        readings(estimate(marks(rows), "raw"), problem, seed=1)


def test_with_seats_for_all_nothing_is_gained():
    found, problem = contest_of(select=rule(100))
    assert (readings(found, problem, seed=1)["gain"] == 0).all()
