"""Places, where low is best: thresholds are read, and everything is told, on the contest's own scale."""

import numpy as np
import pandas as pd
import pytest
from stage_fixture import given as marks_given

from fairlib.errors import RulesError
from fairlib.params import check_params
from fairlib.report.words.locale import speak
from fairlib.report.words.reasons import reason_sentence
from fairlib.report.words.rules import rule_sentences
from fairlib.rules import Divergence, Scale, Selection, Threshold
from fairlib.scoring.jurors.sentences import sentence
from fairlib.selection.choose import choose
from fairlib.selection.otherwise.what_if import what_if
from fairlib.selection.rule.compiled import compile_rule
from fairlib.stage import Stage

PLACES = Scale(min=1, max=23, step=1, best="low")


def contest(key: str = "no_worse_than", **select):
    """23 projects, three jurors, each with the places 1 to 23."""
    rule = {"seats": 10, "ties": ["draw"], "thresholds": [{"on": "estimate", key: 5}]} | select
    return check_params({
        "year": 2030,
        "contest": {
            "name": "Places", "data": "x", "seed": 1, "submissions": {"file": "s.csv"},
            "criteria": [{"id": "place", "name": "Place"}],
            "rounds": [{"id": "jury", "name": "Jury", "scores": {"files": "*.csv"}, "estimator": "raw",
                        "scale": PLACES.model_dump(), "divergence": {"share": 0.2, "unless_all_worse_than": 20},
                        "select": rule}],
        },
    }).contest  # fmt: skip


def decide(given):
    rows = [(f"S{k:02d}", j, "place", float(k), "scored") for k in range(1, 24) for j in "ABC"]
    ratings = pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score", "status"])
    about = pd.DataFrame(
        {"eligible": True, "ineligible_by": ""}, index=pd.Index(ratings["submission"].unique())
    )
    stage = Stage(given, given.rounds[0])
    table = stage.estimate(marks_given(ratings)).table
    return stage.choose(marks_given(ratings, about, table))


@pytest.mark.parametrize("key", ["no_worse_than", "at_least"])
def test_ten_seats_and_a_threshold_of_place_five_select_the_first_five(key):
    choice = decide(contest(key))
    assert list(choice.selected) == ["S01", "S02", "S03", "S04", "S05"]
    table = choice.decisions
    assert table.loc["S06", "reason"] == "threshold:estimate 6>5" and table.loc["S06", "estimate"] == 6
    assert table.loc["S07", "points_missing"] == pytest.approx(2)
    codes = [b.code for b in choice.problem.bounds if b.rule == "thresholds[0]"]
    assert codes == ["threshold:estimate>5"]


def test_the_rule_and_the_reason_say_which_side_is_worse():
    given = contest()
    said = " ".join(rule_sentences(given.rounds[0], given, "en"))
    assert "Never selected above: estimate 5." in said and "Not where all of them are above: 20." in said
    assert "the best mark is 1" in said
    told = reason_sentence("threshold:estimate 6>5", given, speak("en"))
    assert told == "Above the threshold: estimate – 6, needed: 5."


@pytest.mark.parametrize(("scale", "code"), [(None, "missing<5"), (PLACES, "missing>5")])
def test_a_criterion_without_an_estimate_is_told_in_words(scale, code):
    field = pd.DataFrame({"estimate": [7.0], "by_place": [np.nan], "eligible": True}, index=["a"])
    rule = Selection(thresholds=(Threshold(on="place", no_worse_than=5),))
    reason = choose(field, rule, seed=1, scale=scale).decisions.loc["a", "reason"]
    assert reason == f"threshold:place {code}"
    told = reason_sentence(reason, contest(), speak("en"))
    assert told.endswith("the threshold: Place – not computed, needed: 5.")


def test_a_changed_threshold_is_read_on_the_same_scale():
    estimates = PLACES.orient(np.arange(1.0, 24))
    field = pd.DataFrame({"estimate": estimates, "eligible": True}, index=[f"S{k:02d}" for k in range(1, 24)])
    rule = Selection(seats=10, ties=("draw",))
    found = what_if(field, rule, seed=1, scale=PLACES, thresholds=[Threshold(no_worse_than=4)])
    assert list(found.after.selected) == ["S01", "S02", "S03", "S04"]
    assert found.summary.loc["mean_estimate", "before"] == 5.5
    assert found.summary.loc["mean_estimate", "after"] == 2.5
    assert found.table.loc["S07", "estimate_after"] == 7


def test_equal_estimates_are_told_on_the_scale():
    field = pd.DataFrame({"estimate": [22.0, 22.0, 3.0], "eligible": True}, index=list("abc"))
    made = choose(field, Selection(seats=2, ties=("draw",)), seed=1, scale=PLACES)
    assert made.ties["estimate"].tolist() == [2]


@pytest.mark.parametrize("mark", [6.3, 8.9, 4.1, 1.1, 9.7])
def test_a_threshold_is_turned_as_the_number_that_was_written(mark):
    """11 - 8.9 is 2.0999999999999996 to a computer; who has 8.9 is not worse than 8.9."""
    scale = Scale(min=1, max=10, best="low")
    field = pd.DataFrame({"estimate": [scale.orient(mark)], "eligible": True}, index=["a"])
    for decimals in (1, 6, 12):
        rule = Selection(thresholds=(Threshold(no_worse_than=mark),), decimals=decimals)
        assert choose(field, rule, seed=1, scale=scale).selected.tolist() == ["a"]
        assert len(compile_rule(field, rule, scale=scale).bounds[0].members) == 0
    assert scale.orient(scale.orient(mark)) == mark


def test_both_ends_have_one_key_and_it_is_given_once():
    assert Threshold(at_least=5) == Threshold(no_worse_than=5)
    assert Divergence(share=0.3, unless_all_below=5) == Divergence(share=0.3, unless_all_worse_than=5)
    with pytest.raises(
        RulesError, match=r"thresholds\.0\.at_least: unknown key; did you mean|at_least: unknown key"
    ):
        contest(thresholds=[{"on": "estimate", "no_worse_than": 5, "at_least": 5}])
    with pytest.raises(RulesError, match="24 is off the scale 1–23"):
        contest(thresholds=[{"on": "estimate", "no_worse_than": 24}])
    with pytest.raises(RulesError, match="no_worse_than: this key is needed"):
        contest(thresholds=[{"on": "estimate"}])


def test_a_severe_juror_gives_more_points_where_low_is_best():
    finding = {"juror": "A", "signal": "severity", "about": "", "value": 0.8, "panel": 0.0, "effect": 0.8,
               "p": 0.001, "p_adjusted": 0.01, "n": 23, "status": "talk"}  # fmt: skip
    assert "0.80 points less than" in sentence(finding)
    assert "0.80 points more than" in sentence(finding, "low")
    lenient = finding | {"signal": "nomination", "about": "art"}
    assert "0.80 points more in nomination art" in sentence(lenient)
    assert "0.80 points less in nomination art" in sentence(lenient, "low")
