"""The twin commission: fast estimates equal the slow ones, the overlap is right where it can be counted."""

import numpy as np
import pytest
from choice_fixture import BY_NOMINATION, candidates, contest_of, drawn, estimated, marks, rule

from fairlib.rules import Quota
from fairlib.scoring.comparison import simulate_scores
from fairlib.scoring.crossed.reml import Point
from fairlib.scoring.estimators.adjust import estimate
from fairlib.selection.admit.greedy import admit
from fairlib.selection.firm.twin import STATUS, as_shown, core_of, second_marks, twin
from fairlib.selection.firm.worlds import worlds
from fairlib.selection.rule.compiled import compile_rule


@pytest.mark.parametrize("method", ["raw", "additive", "median", "trimmed", "zscore"])
def test_estimates_of_new_marks_are_those_of_the_estimator(method):
    found = estimated()
    p = found.fit.sums.incidence
    y = second_marks(p, worlds(found.fit, 3, 1), 1)
    got = core_of(method, found.fit)(y)
    for row, merit in zip(y, got, strict=True):
        slow = estimate(_table(p, row), method).submissions["estimate"]
        np.testing.assert_allclose(merit, slow.to_numpy(float), atol=1e-9)


def test_severity_is_the_blup_at_the_estimated_ratios():
    found = estimated()
    fit = found.fit
    p = fit.sums.incidence
    y = second_marks(p, worlds(fit, 2, 4), 4)
    got = core_of("severity", fit)(y)
    z = np.zeros((p.n, p.n_submissions + p.n_jurors))
    z[np.arange(p.n), p.owner] = 1
    z[np.arange(p.n), p.n_submissions + p.who] = 1
    ratio = np.repeat(fit.ratios, [p.n_submissions, p.n_jurors])
    inverse = np.linalg.inv(np.eye(p.n) + (z * ratio) @ z.T)
    for row, merit in zip(y, got, strict=True):
        mu = inverse.sum(axis=0) @ row / inverse.sum()
        effects = ratio * (z.T @ (inverse @ (row - mu)))
        np.testing.assert_allclose(merit, mu + effects[: p.n_submissions], atol=1e-9)


def test_the_own_marks_give_the_own_estimates():
    found = estimated()
    p = found.fit.sums.incidence
    table = drawn().ratings
    y = table.dropna(subset=["score"]).groupby(["submission", "juror"], observed=True)["score"].mean()
    got = core_of("severity", found.fit)(y.to_numpy()[None, :])[0]
    np.testing.assert_allclose(got, found.submissions["estimate"].to_numpy(float), atol=1e-8)
    assert len(y) == p.n


def test_overlap_is_that_of_commissions_drawn_one_by_one():
    # worlds at known variances, marks by `simulate_scores`, estimates and choice by hand
    found, problem = contest_of(select=rule(10, draws=1500))
    got = twin(found, problem, seed=2)
    mine = set(np.argsort(-found.submissions["estimate"].to_numpy(float))[:10])
    fit, rng, counts = found.fit, np.random.default_rng(5), []
    p, parts = fit.sums.incidence, found.components
    there = worlds(fit, 300, 9)
    assert as_shown(found) is None
    for merit in there.merit:
        y, _, _ = simulate_scores(p.owner, p.who, {**parts, "submission": 0, "mu": 0}, rng)
        row = y + merit[p.owner]
        theirs = core_of("severity", fit)(row[None, :])[0]
        counts.append(len(mine & set(np.argsort(-theirs)[:10])))
    assert got.overlap == pytest.approx(np.mean(counts), abs=0.4)
    assert got.low <= got.overlap <= got.high
    assert got.shared.sum() == pytest.approx(10)
    assert Point(fit.sums, fit.ratios).residual == pytest.approx(fit.residual)


@pytest.mark.slow
def test_many_near_equals_make_a_second_commission_choose_otherwise():
    """Most merits close together above a long tail: normal draws would set the best too far apart (60 contests)."""
    off = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        merit = (1.5 - rng.gamma(1.5, 1, 80)) / np.sqrt(1.5)
        chosen, told = [], []
        for _ in range(2):
            found = estimate(_crossing(merit, rng))
            problem = compile_rule(found.submissions.assign(eligible=True), rule(20, draws=150), seed=1)
            told.append(twin(found, problem, seed=seed).overlap)
            chosen.append(admit(problem))
        off.append(np.mean(told) - (chosen[0] & chosen[1]).sum())
    assert abs(np.mean(off)) < 0.8  # of 20; 1.6 with normal merits


def _crossing(merit, rng, jurors=8, readers=4):
    who = np.argsort(rng.random((len(merit), jurors)), axis=1)[:, :readers]
    y = merit[:, None] + rng.normal(0, 0.6, jurors)[who] + rng.normal(0, 1, who.shape)
    return marks({(f"s{i:03}", f"j{j}"): y[i, k] for i, row in enumerate(who) for k, j in enumerate(row)})


def test_exact_jurors_choose_the_same_again():
    rows = {(f"s{k:02}", f"j{m}"): k + 0.001 * ((k * 7 + m * 3) % 5) for k in range(20) for m in range(4)}
    found = estimate(marks(rows))
    problem = compile_rule(found.submissions.assign(eligible=True), rule(5), seed=1)
    got = twin(found, problem, seed=1)
    assert (got.overlap, got.low, got.high) == (5, 5, 5)


def test_other_estimators_need_the_model_and_say_so():
    found, problem = contest_of("median")
    assert twin(found, problem, seed=1).status == "no_model"
    got = twin(found, problem, seed=1, model=estimated())
    assert got.status == "ok"
    assert got.replicates == 400
    rasch, problem = contest_of("rasch")
    assert twin(rasch, problem, seed=1, model=estimated()).status == "as_severity"
    assert {"ok", "no_model", "as_severity"} <= set(STATUS)


def test_the_same_seed_gives_the_same_answer():
    found, problem = contest_of()
    first, again, other = (twin(found, problem, seed=s) for s in (1, 1, 2))
    assert first.overlap == again.overlap
    assert first.shared.equals(again.shared)
    assert not first.shared.equals(other.shared)


def _table(p, y):
    rows = {(f"s{i:03}", f"j{j:02}"): v for i, j, v in zip(p.owner, p.who, y, strict=True)}
    return marks(rows)


def test_rules_that_need_programmes_are_repeated_less_often():
    villages = Quota(column="village", kind="min", seats={"true": 3})
    found = estimated()
    table = candidates(found).assign(village=[k % 3 == 0 for k in range(40)])
    problem = compile_rule(table, rule(12, quotas=(BY_NOMINATION, villages)), seed=7)
    got = twin(found, problem, seed=1)
    assert got.replicates == 100
    assert 4 < got.overlap < 12
