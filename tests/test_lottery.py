"""The lottery with chances: best in the worst case, monotone, the same for equals, and drawn exactly."""

import runpy
import subprocess
import sys
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from choice_fixture import BY_NOMINATION, candidates, contest_of, estimated, marks, rule
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from fairlib.errors import SelectionError
from fairlib.rules import Budget, Quota, Selection, Threshold
from fairlib.scoring.estimators.adjust import estimate
from fairlib.selection.choose import choose
from fairlib.selection.firm.certainty import certainty
from fairlib.selection.firm.draw import apply_draw, draw_chances, list_of
from fairlib.selection.firm.line import compare_at_line
from fairlib.selection.lottery.blocks import blocks
from fairlib.selection.lottery.chances import best_chances
from fairlib.selection.lottery.intervals import LineUp, Node, line_up
from fairlib.selection.lottery.lots import UNIT, chance_list, first_point, millionths, under_points
from fairlib.selection.lottery.worst import Worst
from fairlib.selection.rule.compiled import compile_rule
from fairlib.selection.rule.ties import lot

VERIFIER = Path(__file__).parents[1] / "docs" / "verify_draw.py"


def line(low, high, seats: int, *groups: tuple[int, int, int, int]) -> LineUp:
    """A line-up of intervals with `groups` (start, stop, lower, upper), the inner ones first."""
    nodes = (*(Node(*g) for g in groups), Node(0, len(low), seats, seats))
    group = np.full(len(low), "", dtype=object)
    return LineUp(np.arange(len(low)), np.asarray(low), np.asarray(high), nodes, group)


def chances(low, high, seats: int, *groups) -> list[float]:
    return best_chances(line(low, high, seats, *groups)).p.round(6).tolist()


def keeps(of: LineUp, x: np.ndarray) -> bool:
    return all(n.lower <= x[n.start : n.stop].sum() <= n.upper for n in of.nodes)


def right_sets(of: LineUp) -> np.ndarray:
    """Every set that is the rule's choice for some true merits in the intervals, by trying all sets."""
    n, found = len(of.low), []
    for chosen in combinations(range(n), of.nodes[-1].lower):
        x = np.isin(np.arange(n), chosen)
        if keeps(of, x) and not any(_may_swap(of, x, i, j) for i in np.flatnonzero(~x) for j in chosen):
            found.append(x)
    return np.array(found, dtype=float).reshape(-1, n)


def _may_swap(of: LineUp, x: np.ndarray, i: int, j: int) -> bool:
    """Whether i stands surely before j and the rules would let it take its place."""
    y = x.copy()
    y[[i, j]] = True, False
    return bool(of.low[i] > of.high[j]) and keeps(of, y)


def best_worst(of: LineUp, sets: np.ndarray) -> float:
    """The largest worst case, with one row for each right set."""
    n = sets.shape[1]
    bounds = np.array([[n_.start <= k < n_.stop for k in range(n)] for n_ in of.nodes], float)
    rows = np.vstack([np.hstack([-sets, np.ones((len(sets), 1))]),
                      np.hstack([np.vstack([bounds, -bounds]), np.zeros((2 * len(bounds), 1))])])  # fmt: skip
    most = [*[0.0] * len(sets), *[n_.upper for n_ in of.nodes], *[-n_.lower for n_ in of.nodes]]
    found = linprog([0.0] * n + [-1.0], rows, most, bounds=[(0, 1)] * n + [(0, None)])
    assert found.status == 0
    return -found.fun


@st.composite
def lines(draw, groups: bool = True) -> LineUp:
    """Up to seven intervals with whole ends, sometimes with nested groups that can be kept."""
    n = draw(st.integers(1, 7))
    low = np.array(draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)))
    high = low + np.array(draw(st.lists(st.integers(0, 6), min_size=n, max_size=n)))
    seats, nodes = draw(st.integers(0, n)), []
    if groups and n > 2 and draw(st.booleans()):
        cut = draw(st.integers(1, n - 1))
        if cut > 2 and draw(st.booleans()):
            nodes.append((1, cut, 0, draw(st.integers(0, cut - 1))))
        lower = draw(st.integers(0, min(cut, seats)))
        nodes.append((0, cut, lower, draw(st.integers(lower, cut))))
        if draw(st.booleans()):
            nodes.append((cut, n, 0, draw(st.integers(0, n - cut))))
    found = line(low, high, seats, *nodes)
    if not any(keeps(found, np.isin(np.arange(n), c)) for c in combinations(range(n), seats)):
        found = line(low, high, seats)
    return found


def cells(of: LineUp) -> np.ndarray:
    """The innermost group of each."""
    inner = [min((n.stop - n.start, k) for k, n in enumerate(of.nodes) if n.start <= at < n.stop)[1]
             for at in range(len(of.low))]  # fmt: skip
    return np.array(inner)


# What can be worked out by hand. A stands surely before B; wide ones (C …) overlap everybody.


def test_two_that_overlap_and_one_surely_below():
    assert chances([6, 2, 0], [9, 5, 9], 1) == [0.5, 0, 0.5]
    assert best_chances(line([6, 2, 0], [9, 5, 9], 1)).sure == pytest.approx(0.5)
    assert chances([6, 2, 0], [9, 5, 9], 2) == [1, 0.5, 0.5]


def test_the_lower_holds_nothing_while_the_higher_has_less_than_one():
    """Least squares alone gives a and b 1/6 each; the draw could then take b and leave a."""
    found = best_chances(line([6, 2, *[0] * 10], [9, 5, *[9] * 10], 2))
    assert found.p.round(6).tolist() == pytest.approx([1 / 3, 0, *[1 / 6] * 10], abs=1e-6)
    assert found.sure == pytest.approx(1 / 3, abs=1e-6)


def test_more_seats_can_make_a_chance_smaller():
    """As published: the optimum is not monotone in the number of seats (Goldberg, Fanti & Shah 2025, section 5)."""
    smaller = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        low = rng.integers(0, 8, 6)
        high = low + rng.integers(0, 6, 6)
        each = np.array([best_chances(line(low, high, k)).p for k in range(7)])
        smaller += bool((np.diff(each, axis=0) < -1e-3).any())
    assert smaller > 0


def test_edges():
    assert chances([3] * 4, [5] * 4, 1) == [0.25] * 4  # all alike
    assert chances([4, 3, 2, 1], [4, 3, 2, 1], 2) == [1, 1, 0, 0]  # all certain
    assert chances([2, 2, 2, 1], [2, 2, 2, 1], 2) == pytest.approx([2 / 3] * 3 + [0], abs=1e-6)
    assert chances([1, 2], [5, 6], 0) == [0, 0]
    assert chances([1, 2], [5, 6], 2) == [1, 1]
    assert chances([1], [5], 1) == [1]
    assert chances([], [], 0) == []
    assert best_chances(line([1, 2], [5, 6], 2)).sure == pytest.approx(2)


def test_groups_with_their_own_seats_are_lotteries_of_their_own():
    low, high = [6, 2, 0, 9, 8, 0], [9, 5, 9, 9, 8, 9]
    apart = chances(low[:3], high[:3], 1) + chances(low[3:], high[3:], 2)
    assert chances(low, high, 3, (0, 3, 1, 1), (3, 6, 2, 2)) == apart


# What holds always.


@settings(max_examples=150)
@given(lines())
def test_no_chances_are_better_in_the_worst_case(of):
    sets, found = right_sets(of), best_chances(of)
    assert (sets @ found.p).min() == pytest.approx(found.sure, abs=1e-6)
    assert found.sure == pytest.approx(best_worst(of, sets), abs=1e-6)


@settings(max_examples=60)
@given(lines(), st.integers(0, 2**32 - 1))
def test_the_worst_case_of_any_chances_is_that_of_all_sets(of, seed):
    p, sets = np.random.default_rng(seed).random(len(of.low)), right_sets(of)
    found = 0.0
    for block in blocks(of):
        worst = Worst(block, p[block.at])
        found += worst.values.min()
        assert (worst.sets(np.inf) @ p[block.at] >= worst.values.min() - 1e-9).all()
    assert found == pytest.approx((sets @ p).min())


@settings(max_examples=150)
@given(lines())
def test_chances_keep_the_rule_and_follow_the_intervals(of):
    p, cell = best_chances(of).p, cells(of)
    assert ((p >= 0) & (p <= 1)).all()
    for n in of.nodes:
        assert n.lower - 1e-6 <= p[n.start : n.stop].sum() <= n.upper + 1e-6
    for i, j in ((i, j) for i in range(len(p)) for j in range(len(p)) if cell[i] == cell[j]):
        if of.low[i] >= of.low[j] and of.high[i] >= of.high[j]:
            assert p[i] >= p[j] - 1e-6, "a lower interval has the greater chance"
        if of.low[i] > of.high[j]:
            assert p[i] > 1 - 1e-6 or p[j] < 1e-6, "a draw may take the surely lower and leave the higher"


@settings(max_examples=60)
@given(lines(groups=False), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_chance(of, chance):
    turn = list(range(len(of.low)))
    chance.shuffle(turn)
    again = best_chances(line(of.low[turn], of.high[turn], of.nodes[-1].lower)).p
    assert again == pytest.approx(best_chances(of).p[turn], abs=1e-6)


@settings(max_examples=150)
@given(lines())
def test_every_draw_keeps_the_rule_and_each_has_exactly_its_chance(of):
    whole = millionths(best_chances(of).p, of.nodes)
    for n in of.nodes:
        assert n.lower * UNIT <= whole[n.start : n.stop].sum() <= n.upper * UNIT
    ends = np.unique(np.append(np.cumsum(whole) % UNIT, [0, UNIT]))
    times = np.zeros(len(whole), dtype=np.int64)
    for first, beyond in pairwise(ends.tolist()):  # between two ends every first point draws the same
        drawn = under_points(whole, first)
        assert keeps(of, drawn)
        assert (drawn == under_points(whole, beyond - 1)).all()
        times += drawn * (beyond - first)
    assert (times == whole).all()


def test_equal_chances_differ_by_a_millionth_at_most():
    whole = millionths(best_chances(line([3] * 7, [5] * 7, 3)).p, (Node(0, 7, 3, 3),))
    assert whole.sum() == 3 * UNIT
    assert np.ptp(whole) == 1


# On a contest.


def drawn_of(seed=3, **more):
    found, problem = contest_of(select=rule(12, line="maximin", **more))
    return found, problem, draw_chances(problem, found, seed=seed)


def test_rows_and_seed_change_no_chance_and_names_only_the_lots():
    found, problem, got = drawn_of(quotas=(BY_NOMINATION,))
    mixed = candidates(found).sample(frac=1, random_state=1)
    again = draw_chances(compile_rule(mixed, problem.select, seed=7), found, seed=3)
    pd.testing.assert_frame_equal(got.table, again.table)
    assert (got.commitment, got.text) == (again.commitment, again.text)
    others = [draw_chances(problem, found, seed=s) for s in range(4, 9)]
    assert {other.text for other in others} == {got.text}
    assert len({tuple(other.selected) for other in others}) > 2
    for b in problem.bounds:
        assert b.lower <= got.selected[b.members].sum() <= b.upper


def test_the_verifier_draws_the_same_and_notices(tmp_path):
    _, _, got = drawn_of(seed="2021-04-20: 5 17 23", quotas=(BY_NOMINATION,))
    listed, result = tmp_path / "list.txt", tmp_path / "result.csv"
    listed.write_bytes(got.text.encode())
    got.table[["place", "drawn"]].to_csv(result)

    def run(*arguments):
        call = [sys.executable, "-I", str(VERIFIER), *map(str, arguments)]
        return subprocess.run(call, capture_output=True, text=True, encoding="utf-8")

    good = run(listed, got.commitment, got.seed, result)
    assert (good.returncode, good.stderr) == (0, "")
    assert "is the result of this draw" in good.stdout
    shown = [row.split() for row in good.stdout.splitlines() if row[:1] == " "]
    assert [row[1] for row in shown] == list(got.table.index)
    assert [row[2] for row in shown] == got.table["lot"].tolist()
    assert [row[-1] == "drawn" for row in shown] == got.table["drawn"].tolist()
    wrong = got.table.assign(drawn=~got.table["drawn"])[["place", "drawn"]]
    wrong.to_csv(result)
    assert run(listed, got.commitment, got.seed, result).returncode == 1
    listed.write_bytes(got.text.replace("\t0.", "\t0.0", 1).encode())
    assert "not the list" in run(listed, got.commitment, got.seed).stdout
    assert list_of(got.table) == (got.text, got.commitment)


@given(st.lists(st.integers(1, UNIT - 1), min_size=1, max_size=9), st.text(max_size=9))
@settings(max_examples=40)
def test_the_verifier_needs_no_library_to_agree(whole, seed):
    whole[-1] += -sum(whole) % UNIT
    whole = whole if whole[-1] < UNIT else [*whole[:-1], whole[-1] - UNIT // 2, UNIT // 2]
    ids, group = [f"S{k}" for k in range(len(whole))], ["ab"[k % 2] for k in range(len(whole))]
    text, commitment = chance_list(group, ids, whole)
    theirs = runpy.run_path(str(VERIFIER))["lottery"](text, seed)
    order = sorted(range(len(ids)), key=lambda k: (group[k], lot(seed, ids[k])))
    mine = under_points(np.array(whole)[order], first_point(seed, commitment))
    assert [row[1] for row in theirs] == [ids[k] for k in order]
    assert [row[3] for row in theirs] == mine.tolist()


def test_decisions_reasons_and_the_reserve_list():
    found = estimated()
    select = rule(12, line="maximin", reserve=6, quotas=(BY_NOMINATION,))
    cut = choose(candidates(found), select, seed=7)
    sure = certainty(found, cut.problem, seed=1)
    after, got = apply_draw(cut, sure, seed=7, estimates=found)
    table = after.decisions
    assert (table["decision"] == "selected").sum() == 12
    assert table["reason"].str.contains(r"lottery:[\d.]+$").all()
    waiting = table[table["decision"] == "reserve"].sort_values("reserve_place")
    assert waiting["reserve_place"].tolist() == [1, 2, 3, 4, 5, 6]
    chance = got.table["chance"].reindex(waiting.index).fillna(0)
    assert chance.is_monotonic_decreasing
    assert not got.table["drawn"].reindex(waiting.index).fillna(False).any()
    assert got.summary.loc["sure", "value"] <= 12
    assert table["points_missing"].isna().all()
    same, nothing = apply_draw(choose(candidates(found), rule(12), seed=7), sure, seed=7, estimates=found)
    assert nothing is None
    assert same.decisions["reason"].str.contains("lottery").sum() == 0


def test_before_the_public_number_is_known_the_list_stands_and_seats_wait():
    found = estimated()
    told = {"source": "numbers of the state lottery on 20 April 2021"}
    tables, seen = [], []
    for number in ("", "5 17 23"):
        select = rule(12, line="maximin", lottery={**told, "number": number})
        cut = choose(candidates(found), select, seed=7)
        after, got = apply_draw(cut, certainty(found, cut.problem, seed=1), seed=7, estimates=found)
        tables.append(after.decisions)
        seen.append(got)
    before, after = tables
    assert seen[0].text == seen[1].text
    on_the_list = list(seen[0].table.index)
    assert before.loc[on_the_list, "reason"].str.fullmatch(r"lots_wait:0\.\d+").all()
    assert (before.loc[on_the_list, "decision"] == "reserve").all()
    assert before.loc[on_the_list, "reserve_place"].isna().all()
    rest = before.drop(index=on_the_list)
    assert set(rest["decision"]) == {"selected", "not_selected"}
    assert rest["decision"].equals(after["decision"].reindex(rest.index))
    assert (after["decision"] == "selected").sum() == 12
    assert seen[1].seed == "5 17 23"
    assert seen[0].seed is None


def test_rules_that_no_lottery_can_keep_are_named():
    found = estimated()
    table = candidates(found).assign(half=[str(k % 2) for k in range(40)])
    quotas = (BY_NOMINATION, Quota(column="half", kind="max", seats={"0": 5}))
    with pytest.raises(SelectionError, match="overlap"):
        line_up(compile_rule(table, rule(12, quotas=quotas), seed=7), found)
    table = candidates(found).assign(requested=[1_000_000 + 1000 * k for k in range(40)])
    with pytest.raises(SelectionError, match="unequal grants"):
        line_up(compile_rule(table, rule(12, budget=Budget(total=9_000_000)), seed=7), found)
    bare = estimate(marks({(f"s{k}", "j"): k for k in range(5)}), "raw")
    with pytest.raises(SelectionError, match="needs the error of every estimate"):
        line_up(compile_rule(bare.submissions.assign(eligible=True), rule(2), seed=1), bare)


def test_equal_grants_are_seats():
    found = estimated()
    budget = Budget(total=9_000_000, grant="fixed", amount=2_000_000)
    problem = compile_rule(candidates(found), rule(12, budget=budget), seed=7)
    assert draw_chances(problem, found, seed=1).selected.sum() == 4
    four = compile_rule(candidates(found), rule(4), seed=7)
    assert draw_chances(four, found, seed=1).text == draw_chances(problem, found, seed=1).text


def test_marks_that_are_all_alike_give_all_the_same_chance():
    same = estimate(marks({(f"s{k}", f"j{m}"): 5 for k in range(6) for m in range(3)}), "raw")
    problem = compile_rule(same.submissions.assign(eligible=True), rule(2), seed=1)
    got = draw_chances(problem, same, seed=1)
    assert len(got.table) == 6
    assert np.ptp(got.table["chance"]) < 2e-6
    assert got.selected.sum() == 2


def test_a_threshold_holds_and_an_empty_nomination_is_no_hindrance():
    quotas = (Quota(column="nomination", kind="max", seats={"nobody": 3}),)
    found, problem, got = drawn_of(thresholds=(Threshold(at_least=6.4),), quotas=quotas)
    below = (found.submissions["estimate"] < 6.4).to_numpy(bool)
    assert not got.selected[below].any()
    assert not any(s in got.reasons for s in problem.submissions[below])


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"lottery": {"interval": 0.9}}, "goes with line: maximin"),
        ({"line": "maximin", "lottery": {"number": "12"}}, "needs `source`"),
        ({"line": "maximin", "lottery": {"number": 12, "source": "x"}}, "in quotes"),
        ({"line": "maximin", "budget": {"total": 5}}, "equal grants"),
        ({"line": "maximin", "lottery": {"interval": 1.5}}, "less than 1"),
    ],
)
def test_mistakes_are_told_in_words(told, words):
    with pytest.raises(ValueError, match=words):
        Selection.model_validate({"seats": 2, **told})
    with pytest.raises(ValueError, match="not given"):
        Selection.model_validate({"line": "maximin", "thresholds": [{"no_worse_than": 5}]})


def test_the_ways_compared():
    found, problem, got = drawn_of(quotas=(BY_NOMINATION,))
    sure = certainty(found, problem, seed=1)
    table = compare_at_line(found, problem, sure, seed=1)
    assert table.loc["maximin", "sure"] == pytest.approx(float(got.summary.loc["sure", "value"]))
    assert table["sure"].max() == table.loc["maximin", "sure"]
    assert table["rightly_chosen"].max() == table.loc["discuss", "rightly_chosen"]
    assert table.loc["cut", "rightly_chosen"] >= table.loc["maximin", "rightly_chosen"]
    assert table.loc["maximin", "people"] == len(got.table)
    assert (table.loc[["cut", "discuss", "extra_readings"], "redraw"] == 0).all()
    chance = got.table["chance"].to_numpy(float)
    assert table.loc["maximin", "redraw"] == pytest.approx((chance * (1 - chance)).sum(), abs=1e-4)
    assert table.loc["cut", "unequal"] == 1
    assert table["one_mark"].notna().all()


def test_where_a_lottery_cannot_keep_the_rule_its_row_is_empty():
    found, problem = contest_of(select=rule(12, per_organisation=1, quotas=(BY_NOMINATION,)))
    table = compare_at_line(found, problem, certainty(found, problem, seed=1), seed=1)
    assert table.loc["maximin"].drop("basis").isna().all()
    assert table.loc[["cut", "draw"], "rightly_chosen"].notna().all()
