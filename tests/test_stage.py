"""Rounds on their own scale: low marks best gives the mirror image of high marks best, and nothing else."""

import numpy as np
import pandas as pd
import pytest
from stage_fixture import given

from fairlib.params import check_params
from fairlib.scoring.estimators.adjust import METHODS
from fairlib.stage import Stage


def contest(best: str, **round_keys):
    return check_params({
        "year": 2030,
        "contest": {
            "name": "Contest", "data": "x", "seed": 1, "submissions": {"file": "s.csv"},
            "criteria": [{"id": "a", "name": "A"}, {"id": "b", "name": "B", "weight": 2}],
            "rounds": [{"id": "one", "name": "One", "scores": {"files": "*.csv"},
                        "scale": {"min": 1, "max": 10, "best": best}, "select": {"seats": 3, "ties": ["median"]},
                        "divergence": {"share": 0.3}, **round_keys}],
        },
    }).contest  # fmt: skip


@pytest.fixture
def ratings():
    rng = np.random.default_rng(5)
    pairs = [(i, j) for i in range(10) for j in range(5) if (i + j) % 3]
    rows = [(f"S{i}", f"J{j}", c, float(np.clip(round(5 + 0.4 * i - 0.5 * j + rng.normal()), 1, 10)), "scored")
            for i, j in pairs for c in "ab"]  # fmt: skip
    return pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score", "status"])


def first(contest) -> Stage:
    return Stage(contest, contest.rounds[0])


def mirrored(ratings):
    return ratings.assign(score=11 - ratings["score"])


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ["raw", "median", "zscore", "additive", "severity", "reliability"])
def test_low_best_is_the_mirror_of_high_best(ratings, estimator):
    high, low = contest("high", estimator=estimator), contest("low", estimator=estimator)
    up, down = first(high).estimate(given(ratings)), first(low).estimate(given(mirrored(ratings)))
    table, mirror = up.table, down.table
    assert list(table.columns) == list(mirror.columns)
    for a, b in (("estimate", "estimate"), ("raw_mean", "raw_mean"), ("low", "high"), ("by_a", "by_a")):
        np.testing.assert_allclose(mirror[a].astype(float), 11 - table[b].astype(float), rtol=1e-9)
    for same in ("rank", "rank_raw", "se", "change", "n_missing"):
        pd.testing.assert_series_equal(table[same], mirror[same], check_exact=False)
    np.testing.assert_allclose(
        up.jurors["severity"].astype(float), down.jurors["severity"].astype(float), atol=1e-9
    )


def test_the_choice_is_the_same_and_told_on_the_own_scale(ratings):
    submissions = pd.DataFrame(
        {"eligible": True, "ineligible_by": ""},
        index=pd.Index(ratings["submission"].unique(), name="submission"),
    )
    chosen = []
    for best, marks in (("high", ratings), ("low", mirrored(ratings))):
        stage = first(contest(best))
        table = stage.estimate(given(marks)).table
        choice = stage.choose(given(marks, submissions, table))
        chosen.append(list(choice.selected))
        told = choice.decisions["estimate"].astype(float)
        np.testing.assert_allclose(told, table["estimate"].astype(float).reindex(told.index), atol=1e-6)
    assert chosen[0] == chosen[1]


def test_too_few_jurors_keep_their_raw_mean_and_have_no_estimate(ratings):
    table = first(contest("high", min_scores=4)).estimate(given(ratings)).table
    few = table["n_jurors"] < 4
    assert few.any() and set(table.loc[few, "status"]) == {"too_few_jurors"}
    assert table.loc[few, "estimate"].isna().all() and table.loc[few, "raw_mean"].notna().all()


def test_another_reader_is_told_on_the_own_scale(ratings):
    a = first(contest("high")).divergent(given(ratings))
    b = first(contest("low")).divergent(given(mirrored(ratings)))
    assert list(a.index) == list(b.index) and len(a)
    np.testing.assert_allclose(b["low"], 11 - a["high"])
    assert list(a["low_juror"]) == list(b["high_juror"])
    empty = first(contest("high", divergence=None)).divergent(given(ratings))
    assert empty.empty and empty.index.name == a.index.name == "submission"


def test_rounds_without_a_line_say_so(ratings):
    stage = first(contest("high", select={"seats": 10, "ties": ["median"]}))
    assert stage.what_it_means(given(ratings))["status"] == "no_line"
    empty = stage.compare_estimators(given(ratings))
    assert empty.empty and empty.index.name == "method"


def test_diagnostics_of_a_round_with_nothing_known_of_its_people(ratings):
    stage = first(contest("high"))
    review = stage.diagnose(given(ratings), stage.estimate(given(ratings)))
    assert list(review.jurors.index) == [f"J{j}" for j in range(5)]


@pytest.mark.slow
@pytest.mark.parametrize("estimator", METHODS)
def test_a_criterion_without_an_estimate_says_why(ratings, estimator):
    """One criterion with the same mark throughout, one submission without a mark on the other."""
    c = contest("high", estimator=estimator)
    flat = ratings.assign(score=ratings["score"].mask(ratings["criterion"] == "b", 7.0))
    gap = (flat["submission"] == "S1") & (flat["criterion"] == "a")
    flat = flat.assign(score=flat["score"].mask(gap), status=flat["status"].mask(gap, "missing"))
    table = first(c).estimate(given(flat)).table
    for criterion in "ab":
        missing = table[f"by_{criterion}"].isna()
        why = table[f"status_{criterion}"]
        assert set(why[missing]) <= {"no_scored_mark", "no_usable_mark", "not_estimable"}
        assert not set(why[~missing]) & {"no_scored_mark", "no_usable_mark", "not_estimable"}
    assert table.loc["S1", "status_a"] == "no_scored_mark"
    if estimator == "rasch":
        assert set(table["status_b"]) == {"not_estimable"}
