import warnings

import numpy as np
import pandas as pd
import pytest

from fairlib.errors import SelectionError
from fairlib.rules import Budget, Quota, Selection
from fairlib.selection.choose import choose
from fairlib.selection.otherwise.cost import rule_costs
from fairlib.selection.rule.compiled import compile_rule


def four(**more):
    return pd.DataFrame(
        {"estimate": [9.0, 8.0, 7.0, 6.0], "eligible": True, "requested": [3, 5, 3, 2], **more},
        index=list("abcd"),
    )


def chosen(candidates, **rule):
    return "".join(choose(candidates, Selection(**rule), seed=1).selected)


def test_stop_skip_and_best_total():
    assert chosen(four(), budget=Budget(total=8, policy="skip")) == "ab"
    assert chosen(four(), budget=Budget(total=7, policy="stop")) == "a"
    assert chosen(four(), budget=Budget(total=7, policy="skip")) == "ac"
    assert chosen(four(), budget=Budget(total=8), objective="best_total") == "acd"
    assert chosen(four(), budget=Budget(total=0)) == ""


def test_a_better_total_that_passes_over_an_expensive_one_says_so():
    made = choose(four(), Selection(budget=Budget(total=8), objective="best_total"), seed=1)
    assert made.decisions.loc["b", "reason"] == "budget:passed_over 5>0"
    assert tuple(map(str, made.notes)) == ("passed_over:b",)
    assert made.decisions.loc["b", "points_missing"] == pytest.approx(13 - 8 + 1e-6)
    assert made.decisions["grant"].to_dict() == {"a": 3, "b": 0, "c": 3, "d": 2}


def test_reasons_of_stop_and_skip():
    stopped = choose(four(), Selection(budget=Budget(total=7, policy="stop")), seed=1).decisions
    assert stopped.loc["b", "reason"] == "budget:5>4"
    assert stopped.loc["c", "reason"] == "budget:stopped 3<=4"
    assert stopped.loc["c", "points_missing"] == pytest.approx(1.000001)
    skipped = choose(four(), Selection(budget=Budget(total=7, policy="skip")), seed=1).decisions
    assert skipped.loc["d", "reason"] == "budget:2>1"


def test_money_is_kept_for_what_quotas_promise():
    candidates = four(g=list("xxxy"))
    quota = [Quota(column="g", kind="min", seats={"y": 1})]
    made = choose(candidates, Selection(quotas=quota, budget=Budget(total=9, policy="skip")), seed=1)
    assert "".join(made.selected) == "acd"
    assert made.decisions.loc["b", "reason"].startswith("quota:g=y 8>6")
    costs = rule_costs(made.problem, made.admitted)
    assert costs.loc["quotas[0]", "comes"] == "b" and costs.loc["quotas[0]", "goes"] == "c, d"


@pytest.mark.parametrize(
    ("budget", "grants"),
    [
        ({"grant": "requested"}, [1_000_000, 2_500_001, 3_500_000]),
        ({"grant": "requested", "maximum": 3_000_000}, [1_000_000, 2_500_001, 3_000_000]),
        ({"grant": "fixed", "amount": 700_000}, [700_000] * 3),
        ({"grant": "fixed", "amount": 700_000, "minimum": 900_000}, [900_000] * 3),
        ({"grant": "share", "share": 0.5}, [500_000, 1_250_000, 1_750_000]),
        ({"grant": "share", "share": 0.5, "minimum": 1_200_000}, [1_000_000, 1_250_000, 1_750_000]),
        ({"grant": "share", "share": 0.1}, [100_000, 250_000, 350_000]),
    ],
)
def test_grants_are_whole_tenge(budget, grants):
    candidates = pd.DataFrame(
        {"estimate": [1.0, 2.0, 3.0], "eligible": True, "requested": [1_000_000, 2_500_001, 3_500_000]}
    )
    problem = compile_rule(candidates, Selection(budget=Budget(total=10**8, **budget)))
    assert problem.cost.tolist() == grants


@pytest.mark.parametrize("wrong", [np.nan, -5, 10.5, "много"])
def test_a_sum_that_is_no_sum_is_named(wrong):
    candidates = four().astype({"requested": object})
    candidates.loc["c", "requested"] = wrong
    with pytest.raises(SelectionError, match="requested by c is not a whole number"):
        choose(candidates, Selection(budget=Budget(total=8)), seed=1)
    candidates.loc["c", "eligible"] = False
    assert chosen(candidates, budget=Budget(total=8)) == "ab"


def test_a_budget_without_the_column_is_refused():
    with pytest.raises(SelectionError, match="no column requested"):
        choose(four().drop(columns="requested"), Selection(budget=Budget(total=8)), seed=1)


def test_an_unbroken_tie_over_money_waits_for_people():
    candidates = four().assign(estimate=[9.0, 8.0, 8.0, 6.0])
    made = choose(candidates, Selection(budget=Budget(total=8), ties=("refuse",)), seed=1)
    assert made.decisions.loc[["b", "c"], "decision"].tolist() == ["reserve", "reserve"]
    assert made.decisions.loc["b", "reason"] == "reserve:1; tie_refused:rank 2 among 2"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_pabutools_finds_the_same_totals(seed):
    """Knapsack by pabutools (additive utilitarian welfare), greedy where all grants are equal."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        election = pytest.importorskip("pabutools.election")
        from pabutools.rules import greedy_utilitarian_welfare, max_additive_utilitarian_welfare
    rng = np.random.default_rng(seed)
    n = 12
    estimates = rng.permutation(np.arange(10, 10 + 3 * n, 3))[:n]
    for costs, rule in ((rng.integers(1, 9, n), "best_total"), (np.full(n, 4), "in_order")):
        total = int(costs.sum() // 3)
        projects = [election.Project(f"p{k}", cost=int(c)) for k, c in enumerate(costs)]
        instance = election.Instance(projects, budget_limit=total)
        ballot = election.CardinalBallot({p: int(e) for p, e in zip(projects, estimates, strict=True)})
        profile = election.CardinalProfile([ballot], instance=instance)
        peer = max_additive_utilitarian_welfare if rule == "best_total" else greedy_utilitarian_welfare
        theirs = peer(instance, profile, sat_class=election.Additive_Cardinal_Sat)
        candidates = pd.DataFrame(
            {"estimate": estimates.astype(float), "eligible": True, "requested": costs},
            index=[p.name for p in projects],
        )
        made = choose(candidates, Selection(budget=Budget(total=total), objective=rule), seed=1)
        worth = candidates["estimate"]
        assert worth[made.selected].sum() == worth[[p.name for p in theirs]].sum()
        if rule == "in_order":
            assert set(made.selected) == {p.name for p in theirs}
