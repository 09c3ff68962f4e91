"""Certainty: probabilities of decisions by the whole rule, rank intervals and sets, and what has none."""

from importlib import import_module

import numpy as np
import pandas as pd
import pytest
from choice_fixture import BY_NOMINATION, candidates, contest_of, drawn, estimated, marks, rule
from scipy.stats import norm

from fairlib.errors import SelectionError
from fairlib.rules import Budget, Threshold
from fairlib.scoring.estimators.adjust import estimate
from fairlib.selection.admit.greedy import admit
from fairlib.selection.firm.certainty import certainty
from fairlib.selection.rule.compiled import compile_rule

module = import_module("fairlib.selection.firm.certainty")  # the package exports the function of that name


def test_two_submissions_by_hand():
    # raw draws are independent normals: P(A before B) = Φ((a − b) / √(se² + se²))
    table = marks({("A", "x"): 6, ("A", "y"): 8, ("B", "x"): 5, ("B", "y"): 7, ("C", "x"): 1, ("C", "y"): 3})
    found = estimate(table, "raw")
    problem = compile_rule(found.submissions.assign(eligible=True), rule(1, draws=20_000), seed=1)
    got = certainty(found, problem, seed=3)
    se = found.submissions["se"].to_numpy(float)
    expected = norm.cdf(1 / np.hypot(se[0], se[1]))
    assert got.table.loc["A", "p_selected"] == pytest.approx(expected, abs=0.012)
    assert got.table["expected_rank"].sum() == pytest.approx(6)
    assert got.twin.status == "no_model"
    assert got.summary.loc["draws", "value"] == 20_000


def test_probabilities_add_up_to_the_seats_and_follow_the_quota():
    found, problem = contest_of(select=rule(12, quotas=(BY_NOMINATION,)))
    table = certainty(found, problem, seed=1).table
    assert table["p_selected"].sum() == pytest.approx(12)
    group = candidates(found)["nomination"]
    seats = {b.group: b.lower for b in problem.bounds if b.rule == "quotas[0]"}
    for name, n in seats.items():
        assert table.loc[group == name, "p_selected"].sum() == pytest.approx(n)


def test_intervals_and_sets_hold_the_observed_rank_and_each_other():
    found, problem = contest_of()
    table = certainty(found, problem, seed=1).table
    rank = problem.order.rank
    assert ((table["set_low"] <= rank) & (rank <= table["set_high"])).all()
    assert (table["rank_low"] <= table["expected_rank"]).all()
    assert (table["expected_rank"] <= table["rank_high"]).all()
    assert (table["set_low"] <= table["rank_low"]).mean() > 0.9
    assert table["expected_rank"].mean() == pytest.approx((len(table) + 1) / 2)


def test_rank_sets_of_all_pairs_by_brute_force():
    rng = np.random.default_rng(5)
    centre = np.array([3.0, 2.0, 1.9, -1.0])
    spread = np.linalg.cholesky(np.array([[1, 0.5, 0, 0], [0.5, 1, 0, 0], [0, 0, 0.3, 0], [0, 0, 0, 0.2]])).T
    draws = (centre + rng.standard_normal((500, 4)) @ spread).astype(np.float32)
    pairs = [(i, k) for i in range(4) for k in range(4) if i < k]
    off = draws - centre
    sd = {p: (off[:, p[0]] - off[:, p[1]]).std(ddof=1) for p in pairs}
    largest = np.max([np.abs(off[:, i] - off[:, k]) / sd[i, k] for i, k in pairs], axis=0)
    critical = np.sort(largest)[int(np.ceil(0.95 * 499))]
    surely = {(i, k) for i, k in pairs if centre[i] - centre[k] > critical * sd[i, k]}
    low, high, how = module._rank_sets(draws, centre)
    assert how == "all_pairs"
    assert low.tolist() == [1 + sum((i, k) in surely for i in range(4)) for k in range(4)]
    assert high.tolist() == [4 - sum((i, k) in surely for k in range(4)) for i in range(4)]


def test_many_submissions_get_sets_from_simultaneous_intervals(monkeypatch):
    found, problem = contest_of()
    narrow = certainty(found, problem, seed=1)
    monkeypatch.setattr(module, "PAIRWISE", 10)
    wide = certainty(found, problem, seed=1)
    assert wide.summary.loc["rank_sets", "value"] == "simultaneous_intervals"
    rank = problem.order.rank
    assert ((wide.table["set_low"] <= rank) & (rank <= wide.table["set_high"])).all()
    size = [(c.table["set_high"] - c.table["set_low"]).mean() for c in (narrow, wide)]
    assert size[0] <= size[1]


def test_blocks_of_draws_are_counted_whole(monkeypatch):
    found, problem = contest_of()
    whole = certainty(found, problem, seed=1).table["p_selected"]
    monkeypatch.setattr("fairlib.selection.firm.worlds.CELLS", 40 * 64)
    parts = certainty(found, problem, seed=1).table["p_selected"]
    assert parts.sum() == pytest.approx(12)
    assert (whole - parts).abs().max() < 0.12


def test_the_order_of_rows_changes_nothing():
    contest = drawn()
    found = estimate(contest.ratings.sample(frac=1, random_state=2))
    table = candidates(found).sample(frac=1, random_state=3)
    other = certainty(found, compile_rule(table, rule(), seed=7), seed=1)
    same = certainty(*contest_of(), seed=1)
    pd.testing.assert_frame_equal(other.table.sort_index(), same.table.sort_index())
    pd.testing.assert_frame_equal(other.summary, same.summary)


def test_the_ineligible_and_the_unmarked_have_no_chance_and_say_why():
    found = estimated()
    table = candidates(found)
    table.loc[table.index[:2], "eligible"] = False
    table.loc[table.index[2], "estimate"] = pd.NA
    got = certainty(found, compile_rule(table, rule(), seed=7), seed=1)
    assert got.table["status"].iloc[:4].tolist() == ["not_eligible", "not_eligible", "no_estimate", "ok"]
    assert (got.table["p_selected"].iloc[:3] == 0).all()
    assert got.table["rank_low"].iloc[:3].isna().all()
    assert got.table["band"].iloc[:3].isna().all()
    assert got.summary["value"][["clear_in", "open", "clear_out"]].sum() == len(table) - 3


def test_seats_for_all_make_everybody_sure():
    found, problem = contest_of(select=rule(100))
    got = certainty(found, problem, seed=1)
    assert (got.table["p_selected"] == 1).all()
    assert (got.table["band"] == "clear_in").all()
    assert got.twin.overlap == got.twin.low == got.twin.high == len(got.table)


def test_budget_and_thresholds_go_through_every_draw():
    found, problem = contest_of(select=rule(30, budget=Budget(total=10_000_000)))
    assert certainty(found, problem, seed=1).table["p_selected"].sum() == pytest.approx(5)
    found, problem = contest_of(select=rule(None, thresholds=(Threshold(at_least=6.5),)))
    got = certainty(found, problem, seed=1).table["p_selected"]
    draws = found.draws(20_000, 9).reindex(columns=problem.submissions)
    assert (got - (draws >= 6.5).mean()).abs().max() < 0.1


def test_a_tie_of_all_is_an_open_question():
    rows = {(f"s{k}", f"j{m}"): 5 + (k + m) % 2 for k in range(8) for m in range(2)}
    found = estimate(marks(rows))
    assert found.components["status"] == "both_variances_zero"
    problem = compile_rule(found.submissions.assign(eligible=True), rule(3, ties=("draw",)), seed=1)
    got = certainty(found, problem, seed=1)
    assert got.table["p_selected"].astype(float).between(0.1, 0.7).all()
    assert (got.table["set_low"] == 1).all()
    assert (got.table["set_high"] == 8).all()


def test_one_submission():
    found = estimate(marks({("A", "x"): 6, ("A", "y"): 8}), "raw")
    problem = compile_rule(found.submissions.assign(eligible=True), rule(1), seed=1)
    row = certainty(found, problem, seed=1).table.loc["A"]
    assert row[["p_selected", "expected_rank", "rank_low", "rank_high", "set_low", "set_high"]].eq(1).all()


def test_without_an_error_nothing_is_said():
    found = estimate(marks({("A", "x"): 6, ("B", "y"): 8}), "raw")
    problem = compile_rule(found.submissions.assign(eligible=True), rule(1), seed=1)
    got = certainty(found, problem, seed=1)
    assert got.table["p_selected"].isna().all()
    assert (got.table["status"] == "no_error").all()
    assert got.twin.status == "no_error"


def test_nobody_in_the_ranking():
    found = estimated()
    table = candidates(found).assign(eligible=False)
    got = certainty(found, compile_rule(table, rule(), seed=7), seed=1)
    assert (got.table["p_selected"] == 0).all()
    assert got.twin.status == "no_line"


def test_estimates_of_another_round_are_refused():
    found, problem = contest_of()
    other = estimate(marks({("A", "x"): 6, ("A", "y"): 8, ("B", "x"): 3, ("B", "y"): 4}))
    with pytest.raises(SelectionError, match="same round"):
        certainty(other, problem, seed=1)


def test_bands_follow_the_thresholds_of_the_rule():
    found, problem = contest_of()
    got = certainty(found, problem, seed=1).table
    p = got["p_selected"]
    assert ((got["band"] == "clear_in") == (p >= 0.9)).all()
    assert ((got["band"] == "clear_out") == (p <= 0.1)).all()
    chosen = admit(problem)
    assert p[chosen].mean() > 0.6 > 0.3 > p[~chosen].mean()
