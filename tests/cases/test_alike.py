"""Submissions that nothing separates have one fate: against every order of every tie, on small contests."""

from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlib.errors import SelectionError
from fairlib.rules import Budget, Quota, Selection
from fairlib.selection.admit.greedy import admit
from fairlib.selection.choose import choose
from fairlib.selection.rule.compiled import compile_rule

pytestmark = pytest.mark.slow


@st.composite
def contests(draw):
    """Up to six candidates with many ties, and a rule with budget, quota and cap in every combination."""
    n = draw(st.integers(2, 6))

    def numbers(low, high):
        return draw(st.lists(st.integers(low, high), min_size=n, max_size=n))

    candidates = pd.DataFrame(
        {
            "estimate": [float(x) for x in numbers(1, 2)],
            "eligible": True,
            "requested": numbers(1, 3),
            "region": ["xy"[k] for k in numbers(0, 1)],
            "organisation_id": ["" if k == 0 else f"o{k}" for k in numbers(0, 2)],
        },
        index=[f"s{k}" for k in range(n)],
    )
    rule = {"ties": ("refuse",), "objective": draw(st.sampled_from(["in_order", "best_total"]))}
    rule["seats"] = draw(st.integers(1, n))
    if draw(st.booleans()):
        policy = draw(st.sampled_from(["stop", "skip"]))
        rule["budget"] = Budget(total=draw(st.integers(1, 8)), policy=policy)
    if draw(st.booleans()):
        kind = draw(st.sampled_from(["max", "min"]))
        rule["quotas"] = [Quota(column="region", kind=kind, seats={"x": draw(st.integers(0, 1))})]
    if draw(st.booleans()):
        rule["per_organisation"] = 1
    return candidates, Selection(**rule)


def chosen(candidates, rule):
    try:
        return choose(candidates, rule, seed=1)
    except SelectionError:
        return None


def every_order(candidates, rule):
    """Who is chosen in every order of all tied submissions, and who in some: the definition, tried in full."""
    problem = compile_rule(candidates, rule)
    line = problem.order.line()
    cuts = np.flatnonzero(np.diff(problem.order.rank[line])) + 1
    found = np.array(
        [
            admit(problem, np.concatenate(orders))
            for orders in product(*map(permutations, np.split(line, cuts)))
        ]
    )
    return found.all(axis=0), found.any(axis=0) & ~found.all(axis=0)


@settings(max_examples=150)
@given(contests())
def test_what_is_open_is_what_some_order_would_change(contest):
    made = chosen(*contest)
    if made is not None:
        always, some = every_order(*contest)
        assert made.admitted.tolist() == always.tolist() and made.undecided.tolist() == some.tolist()
        assert not any(note.kind == "tie_orders_tried" for note in made.notes)


@settings(max_examples=100)
@given(contests(), st.randoms(use_true_random=False))
def test_order_of_rows_and_names_change_nothing(contest, random):
    candidates, rule = contest
    rule = rule.model_copy(update={"reserve": 1})
    made = chosen(candidates, rule)
    rows = random.sample(range(len(candidates)), len(candidates))
    names = random.sample([f"t{k}" for k in range(len(candidates))], len(candidates))
    again = chosen(candidates.iloc[rows].set_axis(names), rule)
    if made is not None:
        kept = ["rank", "estimate", "decision", "grant", "reserve_place"]
        left, right = (m.decisions[kept].reset_index(drop=True) for m in (made, again))
        pd.testing.assert_frame_equal(left.iloc[rows].reset_index(drop=True), right)
    else:
        assert again is None


@settings(max_examples=100)
@given(contests())
def test_alike_submissions_share_their_decision(contest):
    candidates, rule = contest
    made = chosen(candidates, rule.model_copy(update={"reserve": 1}))
    if made is not None:
        same = [candidates[c] for c in ("estimate", "requested", "region", "organisation_id")]
        assert (made.decisions["decision"].groupby(same).nunique() == 1).all()
