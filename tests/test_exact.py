import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_contests import by_all_sets, contest

from fairlib.errors import SelectionError
from fairlib.rules import Quota, Selection, Threshold
from fairlib.selection.admit import check
from fairlib.selection.admit.conflicts import smallest_conflict
from fairlib.selection.admit.exact import Contradiction
from fairlib.selection.admit.greedy import admit, admit_many
from fairlib.selection.admit.programme import Rows, largest, solve
from fairlib.selection.choose import choose
from fairlib.selection.rule.compiled import compile_rule

SEEDS = st.integers(0, 10**9)


def admitted(problem):
    try:
        return admit(problem)
    except Contradiction:
        return None


@pytest.mark.slow
@settings(max_examples=100)
@given(SEEDS)
def test_the_choice_is_that_of_trying_all_sets(seed):
    problem = compile_rule(*contest(seed), seed=1)
    expected, found = by_all_sets(problem), admitted(problem)
    assert (expected is None) == (found is None)
    assert found is None or (found == expected).all()


@pytest.mark.slow
@settings(max_examples=25)
@given(SEEDS)
def test_order_of_rows_and_names_change_nothing(seed):
    candidates, select = contest(seed)
    select = select.model_copy(update={"ties": ("median",)})
    shuffled = candidates.sample(frac=1, random_state=seed % 1000)
    renamed = {s: f"x{(7 * k + 3) % 97:02}" for k, s in enumerate(candidates.index)}
    try:
        first = choose(candidates, select, seed=1).decisions
    except Contradiction:
        with pytest.raises(Contradiction):
            choose(shuffled.rename(index=renamed), select, seed=1)
        return
    kept = ["rank", "decision", "grant", "points_missing"]
    moved = choose(shuffled, select, seed=1).decisions.loc[candidates.index]
    pd.testing.assert_frame_equal(first, moved)
    other = choose(shuffled.rename(index=renamed), select, seed=1).decisions
    pd.testing.assert_frame_equal(
        first[kept].rename(index=renamed), other.loc[first.index.map(renamed), kept]
    )


@pytest.mark.slow
@settings(max_examples=60)
@given(SEEDS, st.integers(1, 4))
def test_more_points_never_remove_a_selected_submission(seed, points):
    candidates, select = contest(seed)
    problem = compile_rule(candidates, select, seed=1)
    before = admitted(problem)
    for k in np.flatnonzero(before) if before is not None else []:
        raised = candidates.copy()
        raised.iloc[k, raised.columns.get_loc("estimate")] += points
        assert admit(compile_rule(raised, select, seed=1))[k]


@pytest.mark.slow
@settings(max_examples=40)
@given(SEEDS)
def test_draws_are_worked_out_one_by_one(seed):
    problem = compile_rule(*contest(seed), seed=1)
    expected = admitted(problem)
    if expected is None:
        return
    merits = np.nan_to_num(problem.values["estimate"])
    rng = np.random.default_rng(seed)
    draws = np.vstack([merits, merits + rng.normal(0, 1, (4, len(merits)))])
    together = admit_many(problem, draws)
    alone = np.vstack([admit_many(problem, row[None, :]) for row in draws])
    assert (together == alone).all()
    assert not together[:, ~problem.admissible].any()
    if problem.in_order:
        assert (together[0] == expected).all()
    for b in problem.counts:
        assert (together[:, b.members].sum(axis=1) <= b.upper).all()
    if problem.budget is not None:
        assert (together @ problem.cost <= problem.budget).all()


@pytest.mark.slow
@settings(max_examples=40)
@given(SEEDS, st.booleans())
def test_another_route_finds_the_same(seed, without_brute_force):
    candidates, select = contest(seed)
    try:
        made = choose(candidates, select.model_copy(update={"ties": ("median",)}), seed=1)
    except Contradiction:
        return
    few, check.FEW = check.FEW, 0 if without_brute_force else check.FEW
    try:
        found = check.verify_choice(made.problem, made)
    finally:
        check.FEW = few
    assert found.agrees, found


def overlapping(n=70, seed=5):
    rng = np.random.default_rng(seed)
    candidates = pd.DataFrame(
        {
            "estimate": rng.normal(6, 1, n),
            "eligible": True,
            "nomination": rng.choice(list("abc"), n, p=[0.5, 0.2, 0.3]),
            "region": rng.choice(list("ABCDEFGH"), n),
            "first_time": rng.random(n) < 0.3,
            "organisation_id": rng.integers(0, 90, n),
        },
        index=[f"S{k:03}" for k in range(n)],
    )
    quotas = [
        Quota(column="nomination", kind="proportional", floor=3),
        Quota(column="region", kind="min", seats=dict.fromkeys("ABCDEFGH", 2)),
        Quota(column="region", kind="max", seats=dict.fromkeys("ABCDEFGH", 5)),
        Quota(column="first_time", kind="min", seats={"true": 8}),
    ]
    return candidates, Selection(seats=20, quotas=quotas, per_organisation=1, ties=("draw",))


@pytest.mark.slow
@pytest.mark.parametrize("objective", ["in_order", "best_total"])
def test_four_overlapping_quotas_by_plain_programmes(objective):
    candidates, select = overlapping()
    made = choose(candidates, select.model_copy(update={"objective": objective}), seed=1)
    found = check.verify_choice(made.problem, made)
    assert found.route == "programme" and found.agrees
    assert (made.seats["used"] >= made.seats["at_least"]).all()
    assert (made.seats["used"] <= made.seats["at_most"]).all()


def test_best_total_is_never_below_in_order():
    candidates, select = overlapping(seed=9)
    problem = compile_rule(candidates, select)
    draws = candidates["estimate"].to_numpy() + np.random.default_rng(1).normal(0, 0.5, (5, len(candidates)))
    ordered = admit_many(problem, draws)
    best = admit_many(compile_rule(candidates, select.model_copy(update={"objective": "best_total"})), draws)
    assert ((best * draws).sum(axis=1) >= (ordered * draws).sum(axis=1) - 1e-9).all()


def test_a_smallest_contradiction_is_named():
    candidates = pd.DataFrame(
        {"estimate": [9.0, 8, 7, 3, 2], "eligible": True, "g": list("aabbb"), "h": list("xyxyy")},
        index=list("pqrst"),
    )
    select = Selection(
        seats=4,
        quotas=[
            Quota(column="g", kind="min", seats={"b": 2}),
            Quota(column="h", kind="max", seats={"x": 2, "y": 3}),
        ],
        thresholds=[Threshold(at_least=5)],
    )
    problem = compile_rule(candidates, select)
    assert {p.code for p in smallest_conflict(problem)} == {"g=b", "threshold:estimate<5"}
    with pytest.raises(SelectionError, match="g=b at least 2 seats.*threshold:estimate<5 keeps out 2"):
        choose(candidates, select, seed=1)
    assert smallest_conflict(compile_rule(candidates, select.model_copy(update={"thresholds": ()}))) == ()


def test_draws_with_too_few_over_the_threshold_leave_seats_empty():
    candidates = pd.DataFrame(
        {"estimate": [9.0, 8, 7, 6], "eligible": True, "g": list("aabb"), "h": list("xyxy")},
        index=list("pqrs"),
    )
    for quotas in (
        [Quota(column="g", kind="fixed", seats={"a": 1, "b": 2})],
        [Quota(column=c, kind="min", seats=s) for c, s in (("g", {"b": 2}), ("h", {"x": 1, "y": 1}))],
    ):
        select = Selection(seats=3, quotas=quotas, thresholds=[Threshold(at_least=5)])
        got = admit_many(compile_rule(candidates, select), np.array([[9.0, 8, 7, 6], [9.0, 8, 7, 4]]))
        assert got[0].sum() == 3
        assert got[1].tolist()[2:] == [True, False]


def test_wrong_merits_are_refused():
    problem = compile_rule(*overlapping(20))
    with pytest.raises(SelectionError, match="one column"):
        admit_many(problem, np.zeros((3, 5)))
    with pytest.raises(SelectionError, match="not a finite number"):
        admit_many(problem, np.full((1, 20), np.nan))


def test_what_an_integer_programme_may_not_round_away():
    """Costs of a few tenge over a budget of many millions must not slip through a solver's tolerance."""
    cost = np.array([30_000_001, 30_000_000, 29_999_999, 30_000_003])
    rows = Rows(np.vstack([np.ones(4, int), cost]), np.array([0, 0]), np.array([2, 60_000_000]), True)
    chosen, _ = largest(np.array([9, 7, 6, 9]), rows)
    assert chosen.tolist() == [1, 0, 1, 0]
    assert solve(-np.ones(4), rows, np.ones(4, int)).sum() == 2
    over = Rows(rows.matrix, np.array([2, 0]), np.array([2, 59_999_998]), True)
    assert solve(np.zeros(4), over, np.ones(4, int)) is None
    assert largest(np.ones(4, int), over) is None
