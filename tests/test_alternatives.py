"""Other rules: each neighbour is the same as choosing by it, and the list follows from the rule alone."""

from typing import get_args

import pandas as pd
import pytest
from choice_fixture import BY_NOMINATION, candidates, drawn, estimated, rule

from fairlib.contract import ROUND
from fairlib.rules import Budget, Quota, Scale, Sharing, Threshold
from fairlib.scoring.estimators.adjust import estimate
from fairlib.selection.choose import choose
from fairlib.selection.otherwise.neighbours import STATUS, other_rules

SCALE = Scale(min=1, max=10, step=1)
WEIGHTS = {"C1": 1.0, "C2": 1.0}


@pytest.fixture(scope="module")
def table():
    return candidates(estimated())


def ask(table, select, **given):
    told = {"ratings": drawn().ratings, "weights": WEIGHTS, "scale": SCALE} | given
    return other_rules(table, select, seed=7, **told)


def test_the_list_follows_from_the_rule(table):
    found = ask(table, rule(12, quotas=(BY_NOMINATION,))).summary
    assert list(found.index) == [
        "estimator:raw", "weight:C1", "weight:C2", "quota_method:sainte_lague", "quota_method:dhondt", "quota_floor:0",
        "threshold:5.5", "seats:11", "seats:13",
    ]  # fmt: skip
    assert list(found.columns) == ROUND["other_rules"].names()[1:]
    bare = ask(table, rule(12, thresholds=(Threshold(at_least=4),)), weights={"C1": 1.0})
    assert list(bare.summary.index) == ["estimator:raw", "seats:11", "seats:13"]
    assert bare.widest.empty


@pytest.mark.slow
def test_raw_means_are_a_neighbour_of_every_adjusted_score_and_of_no_raw_one(table):
    select = rule(12, quotas=(BY_NOMINATION,))
    before = set(choose(table, select, seed=7).selected)
    raw = estimate(drawn().ratings, "raw", {"C1": 1.0, "C2": 1.0}).submissions["estimate"]
    after = set(choose(table.assign(estimate=raw.reindex(table.index)), select, seed=7).selected)
    row = ask(table, select).summary.loc["estimator:raw"]
    assert set(filter(None, row["comes"].split(", "))) == after - before
    assert set(filter(None, row["goes"].split(", "))) == before - after
    assert "estimator:raw" not in ask(table, select, method="raw").summary.index


@pytest.mark.slow
def test_each_is_the_choice_by_that_rule(table):
    select = rule(12, quotas=(BY_NOMINATION,))
    found = ask(table, select)
    before = set(choose(table, select, seed=7).selected)
    other = choose(table, rule(13, quotas=(BY_NOMINATION,)), seed=7)
    row = found.summary.loc["seats:13"]
    assert set(row["comes"].split(", ")) == set(other.selected) - before
    assert row["selected"] == len(other.selected) == 13
    known = choose(table, select, seed=7).decisions["estimate"]
    assert row["mean_estimate"] == pytest.approx(known[list(other.selected)].mean())
    twice = estimate(drawn().ratings, weights={"C1": 2.0, "C2": 1.0}).submissions["estimate"]
    by = choose(table.assign(estimate=twice.reindex(table.index)), select, seed=7)
    row = found.summary.loc["weight:C1"]
    assert set(filter(None, row["comes"].split(", "))) == set(by.selected) - before
    assert row["n"] == len(set(by.selected) - before)


def test_the_widest_change_of_weights_has_its_ranks(table):
    found = ask(table, rule(12))
    weights = found.summary[found.summary.index.str.startswith("weight:")]
    if weights["n"].max() > 0:
        assert set(found.widest["change_of"]) == {weights["n"].astype(int).idxmax()}
        assert (found.widest["change"] == "comes").sum() == weights["n"].max()
    assert list(found.widest.index) in ([], list(table.index))


def test_what_cannot_be_carried_out_says_why(table):
    groups = drawn().submissions["nomination"].value_counts()
    promised = dict.fromkeys(groups.index, 1)
    tight = rule(len(promised), quotas=(Quota(column="nomination", kind="min", seats=promised),))
    found = ask(table, tight).summary
    fewer = found.loc[f"seats:{len(promised) - 1}"] if len(promised) > 1 else None
    if fewer is not None:
        assert fewer["status"] == "contradiction"
        assert pd.isna(fewer["n"])
        assert pd.isna(fewer["mean_estimate"])
    assert set(found["status"]) <= set(STATUS)


def test_a_rule_without_seats_has_no_other_seats(table):
    money = rule(None, budget=Budget(total=20_000_000, grant="requested"))
    assert not ask(table, money).summary.index.str.startswith("seats").any()
    assert set(get_args(Sharing)) == {"largest_remainder", "sainte_lague", "dhondt"}
