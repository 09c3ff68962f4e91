"""The smallest tables that statistics and selection once got wrong, each with the right answer."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from fairlib.rules import Budget, Contest, Quota, Selection, Threshold
from fairlib.scoring import (
    cohen_kappa,
    consistency,
    decision_study,
    estimate,
    generalizability,
    icc,
    icc_components,
    jurors_needed,
    kendall_w,
    krippendorff_alpha,
    percent_agreement,
    rasch,
    spearman,
    what_it_means,
)
from fairlib.scoring.crossed import reml
from fairlib.scoring.estimators.adjust import one_mark_for_all
from fairlib.selection.choose import choose
from fairlib.selection.reason import parse
from fairlib.selection.rule.quotas import apportion
from fairlib.selection.rule.ties import rank_order


def table(*jurors, criterion="all"):
    """Marks from one list a juror, in the order of submissions."""
    rows = [
        (f"s{i}", f"j{j}", criterion, float(v)) for j, marks in enumerate(jurors) for i, v in enumerate(marks)
    ]
    return pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score"])


def candidates(estimates, **columns):
    index = [f"S{k + 1}" for k in range(len(estimates))]
    return pd.DataFrame({"estimate": np.array(estimates, float), "eligible": True, **columns}, index=index)


def profiles(*pairs):
    """One submission for each pair of profiles over three criteria, one profile a juror."""
    rows = [
        (f"s{i}", f"j{j}", f"c{c}", v)
        for i, pair in enumerate(pairs)
        for j, profile in enumerate(pair)
        for c, v in enumerate(profile)
    ]
    return pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score"])


@pytest.mark.parametrize("marks", [([5, 6, 7], [5, 6, 7]), ([5, 6, 7], [6, 7, 8])])
def test_row_1_marks_without_error_have_a_coefficient_or_its_limit(marks):
    ratings = table(*marks)
    found, exact = icc_components(ratings).table, icc(ratings)
    assert (found["status"] == "no_error_variance").all()
    for components, complete in {
        "ICC(A,1)": "ICC(2,1)",
        "ICC(C,1)": "ICC(3,1)",
        "ICC(A,k)": "ICC(2,k)",
    }.items():
        numbers = ["value", "low", "high"]
        want, got = exact.loc[complete, numbers].astype(float), found.loc[components, numbers].astype(float)
        assert got.to_list() == pytest.approx(want.to_list(), abs=1e-9)
    assert (what_it_means(ratings, 1).reliability, what_it_means(ratings, 1).belongs) == (1, 1)
    assert "no_error_variance" in set(consistency(ratings, n_boot=20)["status"])


def test_row_1_flat_jurors_have_no_coefficient():
    ratings = table([5, 5, 5], [7, 7, 7])
    found = icc_components(ratings).table
    assert found["value"].isna().all() and (found["status"] == "no_submission_variance").all()
    assert what_it_means(ratings, 1).status == "no_submission_variance"


@pytest.mark.slow
@pytest.mark.parametrize(("answers", "said"), [([1, 1, 1], False), ([0, 1, 1], True)])
def test_row_1_a_criterion_answered_alike_leaves_the_others_their_numbers(answers, said):
    first, second = (
        table([5, 6, 9], [4, 7, 8], criterion="impact"),
        table(answers, answers, criterion="yes"),
    )
    found = consistency(pd.concat([first, second]), n_boot=20).set_index("criterion")
    assert found.loc["impact", "value"].notna().sum() > 5
    if said:
        assert "no_error_variance" in set(found.loc["yes", "status"])
        assert found.loc["yes", "value"].dropna().tolist() == pytest.approx(
            [1] * found.loc["yes", "value"].notna().sum()
        )
    else:
        assert found.loc["yes", "value"].isna().all() and "ok" not in set(found.loc["yes", "status"])


def test_row_2_no_icc_where_submissions_do_not_differ():
    found = icc(table([5, 5, 5], [7, 7, 7]))
    assert found[["value", "p"]].isna().all(axis=None)
    assert (found["status"] == "no_submission_variance").all()


def test_row_3_two_ties_under_a_budget_are_open_together():
    rule = Selection(ties=("refuse",), budget=Budget(total=3, policy="skip"))
    made = choose(candidates([2, 2, 1, 1], requested=[3, 1, 2, 2]), rule, seed=1)
    assert made.undecided.tolist() == [True] * 4 and not made.admitted.any()
    assert made.decisions["decision"].tolist() == ["reserve"] * 4
    assert made.decisions["reserve_place"].tolist() == [1, 1, 3, 3]


def test_row_4_orders_are_tried_by_kind():
    rule = Selection(seats=4, ties=("refuse",), budget=Budget(total=10, policy="skip"))
    made = choose(candidates([2] * 5, requested=[4, 1, 3, 5, 5]), rule, seed=1)
    assert made.undecided.all() and not made.admitted.any()
    assert not made.notes


def test_row_4_a_sample_of_orders_says_so():
    rule = Selection(ties=("refuse",), budget=Budget(total=30, policy="skip"))
    made = choose(candidates([2] * 12, requested=range(1, 13)), rule, seed=1)
    assert any(n.kind == "tie_orders_tried" and n["orders"] == 479001600 for n in made.notes)
    assert made.undecided.all()


@pytest.mark.parametrize(
    ("estimates", "at_least", "decimals", "selected"),
    [
        ([6.20, 6.24], 6.25, 1, []),
        ([6.3, 6.2], 6.25, 1, ["S1"]),
        ([6.25, 6.249], 6.25, 2, ["S1", "S2"]),
        ([0.3, 0.29], 0.1 + 0.2, 12, ["S1"][:0]),
        ([0.1 + 0.2, 0.29], 0.3, 12, ["S1"]),
    ],
)
def test_row_5_rounded_estimates_against_the_exact_threshold(estimates, at_least, decimals, selected):
    rule = Selection(thresholds=[Threshold(no_worse_than=at_least)], decimals=decimals, ties=("draw",))
    made = choose(candidates(estimates), rule, seed=1)
    assert list(made.selected) == selected
    for code in made.decisions["reason"][~made.admitted]:
        told = parse(code)[0]
        assert told["mine"] < told["other"] or at_least == 0.1 + 0.2


@pytest.mark.parametrize("decimals", [1, 2, 3, 12])
def test_row_6_equal_means_have_equal_places_at_any_decimals(decimals):
    rng, weights = np.random.default_rng(6), {"a": 0.2, "b": 0.25, "c": 0.15, "d": 0.3, "e": 0.1}
    marks = rng.integers(1, 11, (400, 3, 5))
    rows = [
        (f"s{i:03}", f"j{j}", c, float(marks[i, j, k]))
        for i in range(400)
        for j in range(3)
        for k, c in enumerate(weights)
    ]
    ratings = pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score"])
    found = estimate(ratings, "raw", weights).submissions
    order = rank_order(found, np.ones(400, dtype=bool), [], decimals=decimals)
    exact = (marks * np.array([20, 25, 15, 30, 10])).sum(axis=(1, 2))  # in units of 1/300
    one_key = pd.Series(order.key).groupby(exact).nunique()
    assert (one_key == 1).all() and len(one_key) < 400
    unit = Fraction(10) ** decimals
    if decimals < 12:
        assert order.key.tolist() == [round(Fraction(int(x), 300) * unit) for x in exact]


EQUAL = profiles(
    ((0.1, 0.2, 0.3), (0.3, 0.2, 0.1)), ((0.1, 0.7, 0.3), (0.7, 0.3, 0.1)), ((0.6, 0.1, 0.2), (0.2, 0.6, 0.1))
)


def test_row_7_equal_composites_agree():
    assert percent_agreement(EQUAL).value == 1
    assert cohen_kappa(EQUAL)["value"].tolist() == [1]
    for level in ("nominal", "ordinal", "interval"):
        assert krippendorff_alpha(EQUAL, level).value == pytest.approx(1, abs=1e-12)


def test_row_7_whole_marks_with_unequal_weights():
    rng, weights = np.random.default_rng(7), {"c0": 0.2, "c1": 0.3, "c2": 0.1}
    marks = rng.integers(1, 6, (30, 3, 3))
    ratings = profiles(*marks.astype(float))
    whole = profiles(*[[[float(p @ [2, 3, 1])] for p in pair] for pair in marks])
    for level in ("nominal", "ordinal"):
        weighted = krippendorff_alpha(ratings, level, weights=weights).value
        assert weighted == pytest.approx(krippendorff_alpha(whole, level).value, abs=1e-12)


def test_row_8_a_tie_that_a_floor_undid_is_no_note():
    found = apportion({"a": 3, "b": 12, "c": 12}, 19, floor=3)
    assert found.seats == {"a": 3, "b": 8, "c": 8} and found.notes == ()


@pytest.mark.parametrize("mark", [0.1, 7.0, 1e6 + 0.1])
def test_row_9_equal_marks_have_no_variation(mark):
    g = generalizability(table([mark] * 4, [mark] * 4, [mark] * 4))
    known = g.components[g.components["variance"].notna()]
    assert g.status == "no_variation" and (known["status"] == "no_variation").all()
    assert (known["variance"] == 0).all() and g.components["share"].isna().all()


def test_row_10_additive_marks_have_no_residual_variance():
    rng = np.random.default_rng(10)
    for _ in range(200):
        n, k = int(rng.integers(3, 12)), int(rng.integers(2, 6))
        pair = [(i, j) for i in range(n) for j in range(k) if rng.random() < 0.8 or j < 2]
        i, j = (np.array(x) for x in zip(*pair, strict=True))
        merit, severity = rng.integers(1, 9, n), rng.integers(-2, 3, k)
        y = (merit[i] + severity[j]).astype(float)
        if np.ptp(y) == 0:
            continue
        fit = reml.fit(i, j, y, n, k)
        assert fit.status == "residual_variance_zero"
        assert fit.submission == pytest.approx(merit.var(ddof=1), abs=1e-9)


@pytest.mark.parametrize("unit", [1.0, 1e6, 1e-6])
def test_row_11_the_unit_of_marks_changes_no_rank(unit):
    ratings = EQUAL.assign(score=EQUAL["score"] * unit)
    extra = profiles(((0.9, 0.8, 0.7), (0.5, 0.9, 1.0)))
    more = extra.assign(submission="t", score=extra["score"] * unit)
    marks = pd.concat([ratings, more])
    assert spearman(marks)["value"].tolist() == [1] and kendall_w(marks, n_perm=9).value == pytest.approx(1)


@pytest.mark.parametrize("readers", [["A"] * 6, list("ABCABC")], ids=["one juror", "one reading each"])
def test_row_12_what_a_single_reading_cannot_say_has_a_status(readers):
    rows = [(f"P{k}", j, "all", float(k)) for k, j in enumerate(readers)]
    ratings = pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score"])
    parts = generalizability(ratings)
    study = decision_study(parts, [1, 2])
    assert (study["status"] == "not_identified").all() and study.drop(columns="status").isna().all(axis=None)
    assert jurors_needed(parts).status == "not_identified"
    assert estimate(ratings, "raw").submissions["estimate"].tolist() == [0, 1, 2, 3, 4, 5]


def test_one_mark_for_all_is_everybodys_estimate():
    found = one_mark_for_all(table([5, 5, 5], [5, 5, 5]), "severity")
    assert found.submissions["estimate"].tolist() == [5, 5, 5]
    assert set(found.submissions["status"]) == {"no_variation"}
    assert one_mark_for_all(table([5, 5, 5], [5, 5, 6]), "severity") is None


@pytest.mark.parametrize("nobody", ["", "  ", None])
def test_row_13_a_submission_without_an_id_is_its_own(nobody):
    rule = Selection(seats=3, per_organisation=1, ties=("draw",))
    made = choose(candidates([5, 4, 3], organisation_id=nobody), rule, seed=1)
    assert len(made.selected) == 3


def test_row_13_a_cap_without_ids_is_refused():
    contest = {
        "name": "Posters", "data": "data", "seed": 1, "submissions": {"file": "forms.csv"},
        "criteria": [{"id": "place", "name": "Place"}],
        "rounds": [{
            "id": "jury", "name": "Jury", "scores": {"files": "marks.csv"}, "scale": {"min": 1, "max": 6},
            "select": {"seats": 2, "per_organisation": 1},
        }],
    }  # fmt: skip
    with pytest.raises(ValidationError, match="per_organisation needs to know whose.*organisation_id: bin"):
        Contest.model_validate(contest)
    known = contest | {"submissions": {"file": "forms.csv", "organisation_id": "bin"}}
    assert Contest.model_validate(known).rounds[0].select.per_organisation == 1


@pytest.mark.slow
def test_row_15_rasch_goes_on_by_the_marginal_likelihood():
    refused = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        n, k = int(rng.integers(8, 30)), int(rng.integers(3, 6))
        noise = rng.normal(0, 1, (k, n)) + rng.normal(0, 0.7, (k, 1))
        ratings = table(*np.clip(np.rint(5.5 + rng.normal(0, 1.5, n) + noise), 1, 10))
        found = estimate(ratings, "rasch").submissions
        assert found["estimate"].between(1, 10).all() and (found["se"] > 0).all()
        refused += (found["status"] == "marginal").any()
        if (found["status"] == "marginal").any():
            with pytest.raises(Exception, match="method='marginal'"):
                rasch(ratings)
    assert 0 < refused < 20


@pytest.mark.parametrize("group", ["public fund", "a=b; c", "fund (new): 8<9", 'the "best"'])
def test_row_16_a_group_keeps_its_whole_name(group):
    about = candidates([9, 8, 7, 6], legal_form=["other", "other", group, group])
    rule = Selection(
        seats=3,
        quotas=[Quota(column="legal_form", kind="fixed", seats={"other": 1, group: 2})],
        ties=("draw",),
    )
    made = choose(about, rule, seed=1)
    told = [parse(code)[-1] for code in made.decisions["reason"]]
    assert {r["group"] for r in told if "group" in r and r["group"] != "other"} == {group}
