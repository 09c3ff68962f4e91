from datetime import date

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from fairlib.errors import SelectionError
from fairlib.rules import Budget, Manual, Quota, Scale, Selection, Threshold
from fairlib.selection.admit.check import verify_choice
from fairlib.selection.choose import choose
from fairlib.selection.otherwise.cost import rule_costs
from fairlib.selection.otherwise.what_if import what_if


def six():
    return pd.DataFrame(
        {
            "estimate": [9.0, 8.0, 8.0, 7.0, 5.0, np.nan],
            "eligible": [True] * 6,
            "nomination": ["law", "law", "law", "health", "health", "law"],
            "by_impact": [5.0, 8.2, 8.0, 6.0, 3.0, np.nan],
            "raw_median": [9.0, 8.0, 8.0, 7.0, 5.0, np.nan],
            "status": ["ok"] * 5 + ["no_marks"],
        },
        index=["a", "b", "c", "d", "e", "f"],
    )


def decide(candidates, **rule):
    return choose(candidates, Selection(**rule), seed=1)


def test_by_rank_with_a_tie_and_a_reserve_list():
    made = decide(six(), seats=2, ties=("criterion:impact",), reserve=2)
    d = made.decisions
    assert list(made.selected) == ["a", "b"]
    assert d["decision"].tolist() == [
        "selected",
        "selected",
        "reserve",
        "reserve",
        "not_selected",
        "not_selected",
    ]
    assert d["reason"].tolist() == [
        "rank",
        "tie:impact 8.2>8",
        "reserve:1; tie:impact 8<8.2",
        "reserve:2; rank:7<8",
        "rank:5<8",
        "no_estimate:no_marks",
    ]
    assert d["rank"].tolist()[:5] == [1, 2, 3, 4, 5] and d["rank"].isna()["f"]
    assert d["points_missing"].tolist()[2:5] == pytest.approx([1e-6, 1.000001, 3.000001])
    assert made.ties["settled_by"].tolist() == ["criterion:impact"]


def test_by_quota_and_whom_it_displaced():
    quota = [Quota(column="nomination", kind="fixed", seats={"law": 1, "health": 2})]
    made = decide(six(), seats=3, quotas=quota, ties=("criterion:impact",))
    d = made.decisions
    assert list(made.selected) == ["a", "d", "e"]
    assert d.loc["d", "reason"] == "quota:nomination=health 7<8" and d.loc["d", "displaces"] == "b"
    assert d.loc["b", "reason"] == "quota:nomination=health 8>7" and d.loc["b", "displaced_by"] == "d"
    assert made.seats.set_index("code")["used"].to_dict() == {
        "seats": 3,
        "nomination=law": 1,
        "nomination=health": 2,
    }
    costs = rule_costs(made.problem, made.admitted)
    assert costs.loc["quotas[0]", ["comes", "goes", "n", "points"]].tolist() == ["b, c", "d, e", 2, 4.0]


def test_the_line_of_a_group_is_the_seat_that_its_quota_gave_last():
    """The line in a reason and the points missing to it are one thing, told twice."""
    candidates = pd.DataFrame(
        {
            "estimate": [9.0, 8.5, 8.0, 6.0, 5.5, 5.0],
            "eligible": True,
            "nomination": ["law"] * 3 + ["health"] * 3,
        },
        index=list("abcdef"),
    )
    quota = [Quota(column="nomination", kind="fixed", seats={"law": 2, "health": 1})]
    d = decide(candidates, seats=3, quotas=quota, ties=("refuse",)).decisions
    assert d.loc["d", "reason"] == "quota:nomination=health 6<8"
    assert d.loc["e", "reason"] == "rank:5.5<6 in nomination=health"
    assert d.loc["e", "points_missing"] == pytest.approx(0.500001)


def test_thresholds_on_the_estimate_and_on_a_criterion():
    rules = [Threshold(at_least=6), Threshold(on="impact", at_least=5.5)]
    d = decide(six(), thresholds=rules).decisions
    assert d.loc["e", "reason"] == "threshold:estimate 5<6; threshold:impact 3<5.5"
    assert d.loc["a", "reason"] == "threshold:impact 5<5.5"
    assert d["decision"].tolist()[:5] == ["not_selected", "selected", "selected", "selected", "not_selected"]
    assert d["points_missing"].isna().all()
    assert decide(six(), thresholds=[Threshold(at_least=6)]).decisions.loc["e", "points_missing"] == 1.0


def test_ineligible_with_its_rules():
    candidates = six().assign(eligible=[False] + [True] * 5, ineligible_by=["bin_valid,consent"] + [None] * 5)
    d = decide(candidates, seats=1, ties=("draw",)).decisions
    assert (d.loc["a", "decision"], d.loc["a", "reason"]) == ("not_eligible", "ineligible:bin_valid,consent")


@pytest.mark.parametrize(("ties", "code"), [(("refuse",), "tie_refused"), (("median",), "tie_exhausted")])
def test_an_unbroken_tie_is_reported_where_it_matters(ties, code):
    made = decide(six(), seats=2, ties=ties)
    assert list(made.selected) == ["a"]
    assert made.decisions.loc["b", "decision"] == made.decisions.loc["c", "decision"] == "reserve"
    assert code in made.decisions.loc["c", "reason"]
    assert made.ties["open"].tolist() == ["b, c"]
    harmless = decide(six(), seats=3, ties=ties)
    assert list(harmless.selected) == ["a", "b", "c"] and harmless.ties["open"].tolist() == [""]
    assert harmless.decisions["rank"].tolist()[:4] == [1, 2, 2, 4]


def test_a_manual_decision_ends_a_tie_and_is_always_shown():
    said = {"who": "commission", "when": date(2021, 3, 30), "reason": "heard both"}
    manual = [
        Manual(submission="c", decision="selected", **said),
        Manual(submission="a", decision="reserve", **said),
    ]
    made = decide(six(), seats=2, ties=("refuse",), manual=manual)
    d = made.decisions
    assert list(made.selected) == ["c"]
    assert d.loc["a", "reason"] == (
        "manual:reserve by commission on 2021-03-30: heard both; rule: selected, rank"
    )
    assert tuple(map(str, made.notes)) == ("manual:c=selected", "manual:a=reserve")
    over = [Manual(submission=s, decision="selected", **said) for s in "bcd"]
    assert "manual_over_seats:4>2" in map(str, decide(six(), seats=2, ties=("refuse",), manual=over).notes)


@pytest.mark.parametrize(
    ("who", "says"),
    [("zz", "zz, which is unknown"), ("a", "a, which is not eligible"), ("b", "two manual decisions")],
)
def test_manual_decisions_that_cannot_be(who, says):
    said = {"decision": "selected", "who": "commission", "when": date(2021, 3, 30), "reason": "x"}
    manual = [Manual(submission=who, **said)] * 2
    with pytest.raises(SelectionError, match=says):
        decide(six().assign(eligible=[False] + [True] * 5), seats=2, manual=manual)


def test_more_seats_than_submissions():
    made = decide(six().head(5), seats=50, quotas=[Quota(column="nomination", kind="proportional")])
    assert len(made.selected) == 5 and str(made.notes[0]) == "seats_above_eligible:50>5"
    with pytest.raises(SelectionError, match="exactly 9 seats, and it has 3 submissions"):
        decide(six(), seats=9, quotas=[Quota(column="nomination", kind="fixed", seats={"law": 9})])


def test_an_empty_nomination():
    candidates = six().assign(eligible=lambda t: t["nomination"] == "law")
    quota = [Quota(column="nomination", kind="proportional", floor=1)]
    made = decide(candidates, seats=2, quotas=quota, ties=("draw",))
    assert made.seats.set_index("code").loc["nomination=health", "at_most"] == 0
    assert "empty_group:nomination=health" in map(str, made.notes)
    with pytest.raises(SelectionError, match="floor of 3 seats cannot be kept for health: it has 2"):
        decide(six(), seats=6, quotas=[Quota(column="nomination", kind="proportional", floor=3)])


def test_rules_that_are_no_rules():
    for wrong in ({"seats": 0}, {"budget": {"total": -1}}, {}, {"seats": 2, "ties": ("refuse", "draw")}):
        with pytest.raises(ValidationError):
            Selection.model_validate(wrong)


@pytest.mark.parametrize(
    ("change", "rule", "says"),
    [
        ({"estimate": np.inf}, {}, "not a finite number"),
        ({"eligible": None}, {}, "not known whether a"),
        (
            {"nomination": None},
            {"quotas": [Quota(column="nomination", kind="proportional")]},
            "a, b, c, d, e",
        ),
        ({}, {"quotas": [Quota(column="age", kind="min", seats={"old": 1})]}, "no column age"),
        ({}, {"thresholds": [Threshold(on="beauty", at_least=1)]}, "no column by_beauty"),
        ({}, {"per_organisation": 1}, "no column organisation_id"),
    ],
)
def test_bad_candidates_are_named(change, rule, says):
    with pytest.raises(SelectionError, match=says):
        decide(six().assign(**change), seats=1, **rule)


def test_a_submission_twice():
    with pytest.raises(SelectionError, match="Submission a is among the candidates twice"):
        decide(pd.concat([six(), six().head(1)]), seats=1)


def test_nobody_to_choose_from():
    made = decide(six().assign(eligible=False), seats=2)
    assert list(made.selected) == [] and set(made.decisions["decision"]) == {"not_eligible"}
    assert decide(six().iloc[:0], seats=2).decisions.empty


def test_reasons_and_estimates_on_a_scale_where_low_is_best():
    scale = Scale(min=1, max=10, best="low")
    made = choose(six(), Selection(seats=1, ties=("draw",)), seed=1, scale=scale)
    assert made.decisions.loc["a", "estimate"] == 2.0
    assert made.decisions.loc["d", "reason"] == "rank:4>2"


def test_what_comes_in_is_not_changed_and_nothing_is_lost():
    candidates = six()
    before = candidates.copy(deep=True)
    made = decide(candidates, seats=2, reserve=1)
    pd.testing.assert_frame_equal(candidates, before)
    assert list(made.decisions.index) == list(candidates.index)
    assert made.decisions["decision"].notna().all() and (made.decisions["reason"] != "").all()


def test_what_if():
    select = Selection(seats=2, ties=("draw",))
    assert len(what_if(six(), select, seed=1, seats=4).after.selected) == 4
    money = what_if(six().assign(requested=2), select, seed=1, budget=Budget(total=3))
    assert list(money.after.selected) == ["a"]


def test_the_published_contest_of_2021():
    """221 submissions, 50 seats, at least 5 a nomination: 25, 10 and 15 seats."""
    rng = np.random.default_rng(2021)
    candidates = pd.DataFrame(
        {
            "estimate": rng.normal(6, 1, 221),
            "eligible": True,
            "nomination": np.repeat(["disability", "legal", "health"], [112, 43, 66]),
        },
        index=[f"S{k:03}" for k in range(221)],
    )
    quota = [Quota(column="nomination", kind="proportional", floor=5)]
    made = decide(candidates, seats=50, quotas=quota, ties=("draw",), reserve=10)
    assert made.seats["used"].tolist() == [50, 25, 15, 10] or made.seats["used"].tolist() == [50, 25, 10, 15]
    assert made.decisions["decision"].value_counts().to_dict() == {
        "not_selected": 161,
        "selected": 50,
        "reserve": 10,
    }
    for _, group in candidates.groupby("nomination"):
        inside = group.index.isin(made.selected)
        assert group["estimate"][inside].min() > group["estimate"][~inside].max()
    assert verify_choice(made.problem, made).route == "descent"
    assert verify_choice(made.problem, made).agrees
