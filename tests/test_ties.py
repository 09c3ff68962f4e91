import hashlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlib.errors import SelectionError
from fairlib.selection.rule.ties import lot, rank_order, rounded


def order(frame, chain, **kwargs):
    return rank_order(frame, np.ones(len(frame), dtype=bool), chain, **kwargs)


def ids(found):
    return [found.submissions[k] for k in found.line()]


TIED = pd.DataFrame(
    {
        "estimate": [7.0, 7.0, 7.0, 8.0],
        "by_impact": [5.0, 6.0, 6.0, 1.0],
        "raw_median": [9.0, 7.0, 7.0, 1.0],
        "n_missing": [0, 2, 1, 5],
        "sent_at": ["2021-02-01T10:00:00+06:00", "2021-01-15T09:00:00+06:00", None, "2021-03-01T00:00:00Z"],
    },
    index=list("abcd"),
)


@pytest.mark.parametrize(
    ("chain", "expected", "rank"),
    [
        (["criterion:impact", "fewer_missing"], "dcba", [4, 3, 2, 1]),
        (["median"], "dabc", [2, 3, 3, 1]),
        (["earlier"], "dbac", [3, 2, 4, 1]),
        (["refuse"], "dabc", [2, 2, 2, 1]),
        ([], "dabc", [2, 2, 2, 1]),
    ],
)
def test_each_step(chain, expected, rank):
    found = order(TIED, chain)
    assert "".join(ids(found)) == expected
    assert found.rank.tolist() == rank


def test_the_step_that_decided_is_named_with_its_numbers():
    found = order(TIED, ["criterion:impact", "median", "fewer_missing"])
    assert found.separated_by(1, 0) == ("criterion:impact", 6.0, 5.0)
    assert found.separated_by(1, 2) == ("fewer_missing", 2, 1)
    assert order(TIED, ["median"]).separated_by(1, 2) is None


def test_moments_are_compared_in_time_not_as_text():
    two = pd.DataFrame(
        {"estimate": [1.0, 1.0], "sent_at": ["2021-01-10T03:00:00+00:00", "2021-01-10T08:00:00+06:00"]},
        index=["utc", "almaty"],
    )
    assert ids(order(two, ["earlier"])) == ["almaty", "utc"]
    with pytest.raises(SelectionError, match="not a moment"):
        order(two.assign(sent_at="yesterday"), ["earlier"])


def test_a_column_that_is_not_there_separates_nobody_and_is_listed():
    found = order(TIED[["estimate"]], ["median", "draw"])
    assert found.absent == ("median",)
    assert sorted(found.rank) == [1, 2, 3, 4]


def test_rounding_says_when_estimates_are_equal():
    near = pd.DataFrame({"estimate": [7.0000004, 7.0], "raw_median": [1.0, 2.0]}, index=["a", "b"])
    assert ids(order(near, ["median"], decimals=6)) == ["b", "a"]
    assert ids(order(near, ["median"], decimals=7)) == ["a", "b"]
    assert rounded(np.array([0.125, 0.375]), 2).tolist() == [12.0, 38.0]
    with pytest.raises(SelectionError, match="finer than"):
        order(pd.DataFrame({"estimate": [1e6]}), [], decimals=12)


def test_the_draw_is_what_anybody_can_compute():
    assert lot(20210414, "S-1") == hashlib.sha256(b"20210414|S-1").hexdigest()
    same = pd.DataFrame({"estimate": 5.0}, index=[f"S-{k}" for k in range(30)])
    found = ids(order(same, ["draw"], seed=7))
    assert found == sorted(found, key=lambda s: lot(7, s))
    assert found != ids(order(same, ["draw"], seed=8))
    assert ids(order(same.iloc[5:9], ["draw"], seed=7)) == [s for s in found if s in same.index[5:9]]


@pytest.mark.slow
@settings(max_examples=60)
@given(st.integers(0, 10_000))
def test_order_of_rows_changes_nothing(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 30))
    frame = pd.DataFrame(
        {"estimate": rng.integers(0, 4, n) / 2, "raw_median": rng.integers(0, 3, n).astype(float)},
        index=[f"s{k}" for k in range(n)],
    )
    chain = [["median"], ["median", "draw"], ["draw"]][seed % 3]
    found, again = order(frame, chain, seed=1), order(frame.sample(frac=1, random_state=seed), chain, seed=1)
    assert ids(found) == ids(again)
    ranks = pd.Series(again.rank, index=again.submissions)
    assert ranks.loc[frame.index].tolist() == found.rank.tolist()
    if "draw" in chain:
        assert sorted(found.rank) == list(range(1, n + 1))
