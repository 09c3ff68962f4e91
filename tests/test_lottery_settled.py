"""The lottery of a large contest: who is settled before it is worked out, and where it is not worked out at all."""

import numpy as np
import pandas as pd
import pytest
from choice_fixture import BY_NOMINATION, contest_of, rule
from hypothesis import given, settings
from hypothesis import strategies as st
from lottery_fixture import lines, right_sets

from fairlib.errors import SelectionError
from fairlib.selection.firm import moves
from fairlib.selection.firm.certainty import certainty
from fairlib.selection.firm.draw import draw_chances
from fairlib.selection.firm.line import compare_at_line
from fairlib.selection.lottery import chances as chances_
from fairlib.selection.lottery.blocks import Block, apart
from fairlib.selection.lottery.chances import most_equal, work
from fairlib.selection.lottery.intervals import line_up
from fairlib.selection.lottery.settled import settled
from fairlib.selection.lottery.worst import Worst, without_idle, worst_case


@pytest.mark.parametrize("limit", [0, 3])
def test_where_too_many_are_open_the_row_says_so(limit, monkeypatch):
    """The limits count kinds of submissions, never time; the lottery itself refuses by name."""
    found, problem = contest_of(select=rule(12, line="maximin"))
    sure = certainty(found, problem, seed=1)
    whole = compare_at_line(found, problem, sure, seed=1)
    monkeypatch.setattr(moves, "MOVED", limit)
    table = compare_at_line(found, problem, sure, seed=1)
    assert table.loc["maximin", "status"] == "score_not_moved"
    assert pd.isna(table.loc["maximin", "one_mark"])
    pd.testing.assert_frame_equal(
        table.drop(columns=["one_mark", "status"]), whole.drop(columns=["one_mark", "status"])
    )
    monkeypatch.setattr(moves, "COMPARED", limit)
    table = compare_at_line(found, problem, sure, seed=1)
    assert table.loc["maximin", "status"] == "too_many_open"
    assert table.loc["maximin"].drop(["basis", "status"]).isna().all()
    pd.testing.assert_frame_equal(table.drop("maximin"), whole.drop("maximin"))
    monkeypatch.setattr(chances_, "MOST", limit)
    with pytest.raises(SelectionError, match=f"worked out for up to {limit} submissions that differ"):
        draw_chances(problem, found, seed=1)


# What is settled before the linear programme.


@settings(max_examples=300)
@given(lines())
def test_settled_are_those_in_all_right_sets_and_in_none(of):
    sets = right_sets(of).astype(bool)
    sure, rest = settled(of)
    assert (sure == sets.all(axis=0)).all()
    assert set(rest.who) == set(np.flatnonzero(sets.any(axis=0) & ~sets.all(axis=0)))
    left = np.unique(sets[:, rest.who], axis=0)
    assert (np.unique(right_sets(rest).astype(bool), axis=0) == left).all()


@settings(max_examples=200)
@given(lines())
def test_without_pruning_the_chances_are_the_same(of):
    """The least squares of the whole line-up at once: no settled, no blocks, every bound."""
    whole = Block(np.arange(len(of.low)), of.low, of.high, of.nodes)
    p, value = most_equal(whole)
    sure, parts = apart(of)
    q = sure.astype(float)
    for part in parts:
        q[part.at] = chances_._open_chances(part)
    assert q == pytest.approx(p, abs=1e-5)
    assert worst_case(of, q) == pytest.approx(value, abs=1e-6)


@settings(max_examples=100)
@given(lines(), st.integers(0, 2**32 - 1))
def test_bounds_that_no_right_set_breaks_change_none(of, seed):
    p = np.random.default_rng(seed).random(len(of.low))
    assert worst_case(of, p) == pytest.approx((right_sets(of) @ p).min())
    for part in apart(of)[1]:
        few = without_idle(part)
        assert Worst(few, p[part.at]).values.min() == pytest.approx(Worst(part, p[part.at]).values.min())


@pytest.mark.slow
def test_two_thousand_are_compared():
    """What a large contest asks: most are settled, and the row is there."""
    found, problem = contest_of(
        select=rule(460, quotas=(BY_NOMINATION,)), n=2000, jurors=100, readers=4, criteria=1
    )
    parts = apart(line_up(problem, found))[1]
    assert sum(len(b.at) for b in parts) < 1000
    assert 150 < work(parts) < 500
    table = compare_at_line(found, problem, certainty(found, problem, seed=1), seed=1)
    assert table.loc["maximin", "status"] == "score_not_moved"
    assert table["sure"].idxmax() == "maximin"
