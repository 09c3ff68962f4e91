"""Drift over order and days, and the contrasts under it: least squares, permutations, confounding."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panel_fixture import contest, marks, row

from fairlib.scoring.jurors.contrasts import Family, draws_for, examine, table_of_tests
from fairlib.scoring.jurors.diagnose import diagnose, sentence
from fairlib.scoring.jurors.drift import drift
from fairlib.scoring.jurors.readings import readings_of

pytestmark = pytest.mark.filterwarnings("error")


def family(panel, juror, x):
    """One test of covariate x (per pair) within one juror."""
    cell, tests = np.where(panel.juror == juror, 0, -1), table_of_tests([len(x)], ["tested"])
    return Family("order", cell, x, np.array([juror]), tests)


def dummies(panel):
    return np.column_stack(
        [
            panel.submission[:, None] == np.unique(panel.submission),
            panel.juror[:, None] == np.unique(panel.juror),
        ]
    ).astype(float)


@pytest.mark.slow
@settings(max_examples=20)
@given(st.integers(0, 10_000))
def test_effect_is_the_least_squares_coefficient(seed):
    rng = np.random.default_rng(seed)
    panel = readings_of(contest(seed, n_sub=15, n_jur=4, per=3, n_crit=1)[0])
    x = np.where(panel.juror == 1, rng.normal(size=len(panel.y)), 0.0)
    got = examine(panel, [family(panel, 1, x)], draws=0).iloc[0]
    want = np.linalg.lstsq(np.column_stack([x, dummies(panel)]), panel.y, rcond=None)[0][0]
    assert got["effect"] == pytest.approx(want, rel=1e-6, abs=1e-9)


def test_effect_of_the_whole_panel_is_the_least_squares_coefficient():
    ratings = contest(1, n_sub=20, n_jur=4, per=3)[0]
    panel = readings_of(ratings)
    found = examine(panel, drift(panel, ratings), draws=0)
    pair = ratings.groupby(["submission", "juror"])["order"].first().to_numpy()
    last = pd.Series(pair).groupby(panel.juror).transform("max").to_numpy()
    want = np.linalg.lstsq(np.column_stack([pair / last, dummies(panel)]), panel.y, rcond=None)[0][0]
    assert row(found, "order", None)["effect"] == pytest.approx(want)


def test_permutation_p_agrees_with_all_permutations():
    rng = np.random.default_rng(2)
    y = rng.normal(5, 1, (5, 3))
    panel = readings_of(marks({(f"s{i}", "ABC"[j]): y[i, j] for i in range(5) for j in range(3)}))
    place = np.arange(5) / 4 - 0.5
    x = np.zeros(15)
    x[panel.juror == 0] = place
    left = panel.left[panel.juror == 0]
    sums = np.array([left[list(order)] @ place for order in permutations(range(5))])
    exact = np.mean(np.abs(sums) >= abs(left @ place) - 1e-12)
    got = examine(panel, [family(panel, 0, x)], draws=20_000).iloc[0]
    assert got["p"] == pytest.approx(exact, abs=0.015)  # crossed: both sides standardise to the same


def test_p_has_the_plus_one_and_large_tables_take_the_normal_limit():
    ratings = contest(3, n_sub=60, n_jur=5, plant=lambda mu, t: mu - 4 * (t["j"] == 0) * t["order"] / 48)[0]
    panel = readings_of(ratings)
    families = drift(panel, ratings)
    assert row(examine(panel, families, draws=99), "order", "E00")["p"] == pytest.approx(0.01)
    normal, drawn = (examine(panel, families, draws=k) for k in (0, 9999))
    middling = drawn["p"] > 0.02
    assert normal["p"][middling].to_numpy() == pytest.approx(drawn["p"][middling].to_numpy(), abs=0.05)
    assert draws_for(100_000, 10) == 0 and draws_for(800, 500) == 19_999


@pytest.mark.slow
def test_planted_drift_is_found_with_its_size_and_only_there():
    def tired(mu, t):
        return mu - 2.0 * (t["j"] == 3) * t["order"] / t.groupby("j")["order"].transform("max")

    found = diagnose(contest(17, plant=tired)[0]).findings
    first = row(found, "order", "E03")
    assert first["status"] == "talk" and first["effect"] == pytest.approx(-2.0, abs=0.8)
    assert "became harsher in the order of scoring" in sentence(first)
    drifting = found[found["signal"].isin(["order", "day"]) & (found["status"] == "talk")]
    assert set(drifting["juror"]) == {"E03"}


@pytest.mark.slow
def test_drift_of_the_whole_panel_is_found_where_orders_differ():
    def all_tire(mu, t):
        return mu - 1.0 * t["order"] / t.groupby("j")["order"].transform("max")

    first = row(diagnose(contest(6, plant=all_tire)[0]).findings, "order", None)
    assert first["status"] == "talk" and first["effect"] == pytest.approx(-1.0, abs=0.4)
    assert sentence(first).startswith("The panel as a whole became harsher")


def test_better_submissions_coming_early_are_no_drift():
    ratings = contest(7, n_sub=80, n_jur=6)[0]
    mean = ratings.groupby("submission")["score"].transform("mean")
    ratings["order"] = (-mean).groupby(ratings["juror"]).rank(method="dense")
    found = diagnose(ratings.drop(columns="day")).findings
    assert not (found[found["signal"] == "order"]["status"] == "talk").any()


def test_days_that_all_share_are_confounded_for_the_panel_but_not_for_a_juror():
    ratings = contest(
        8, n_sub=40, n_jur=5, per=5, plant=lambda mu, t: mu + 2.0 * (t["j"] == 1) * (t["i"] >= 20)
    )[0]
    ratings["day"] = (ratings["submission"] >= "s0020") + 1
    found = diagnose(ratings.drop(columns="order")).findings
    assert row(found, "day", None)["status"] == "confounded"
    assert row(found, "day", "E01")["effect"] == pytest.approx(2.0, abs=0.8)
    assert row(found, "day", "E01")["status"] == "talk"


@pytest.mark.slow
def test_a_juror_absent_on_a_day_and_too_few_marks_say_so():
    ratings = contest(9, n_sub=40, n_jur=5, per=5)[0].drop(columns="order")
    ratings["day"] = (ratings["submission"] >= "s0020") + 1
    away = (ratings["juror"] == "E00") & (ratings["day"] == 2)
    found = diagnose(ratings[~away]).findings
    first = row(found, "day", "E00")
    assert first["status"] == "too_few" and pd.isna(first["effect"])
    few = diagnose(ratings[ratings["submission"].isin(["s0000", "s0001", "s0039"])].assign(order=1)).findings
    assert set(few[few["signal"] == "order"]["status"]) <= {"too_few", "confounded"}


def test_slots_make_the_order_and_marks_without_a_place_are_left_out():
    ratings = contest(10, n_sub=30, n_jur=5)[0]
    panel = readings_of(ratings)
    by_order = row(examine(panel, drift(panel, ratings.drop(columns="day")), 0), "order", "E02")
    slots = ratings.assign(slot=ratings["order"] % 7, day=ratings["order"] // 7).drop(columns="order")
    by_slot = row(examine(panel, drift(panel, slots), 0), "order", "E02")
    assert by_slot["effect"] == pytest.approx(by_order["effect"])
    gaps = ratings.assign(order=ratings["order"].where(ratings["order"] > 3))
    assert row(examine(panel, drift(panel, gaps), 0), "order", "E02")["n"] < by_order["n"]
    assert drift(panel, ratings.drop(columns=["order", "day"])) == []


def test_a_flat_place_and_perfect_agreement_have_no_p():
    table = marks({(f"s{i}", j): i + (j == "B") for i in range(6) for j in "AB"})
    table["order"] = table["submission"].str[1:].astype(int)
    found = diagnose(table).findings
    assert set(found[found["signal"] == "order"]["status"]) <= {"no_difference_to_test", "confounded"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "days", [["31.03.2021", "01.04.2021"], ["2021-03-31", "2021-04-01"], ["9", "10"], [9, 10]]
)
def test_days_are_ordered_as_dates_and_numbers(days):
    ratings = contest(13, n_sub=40, n_jur=5, plant=lambda mu, t: mu + 2.0 * (t["j"] == 1) * (t["day"] == 2))
    ratings = ratings[0]
    ratings["day"] = [days[d - 1] for d in ratings["day"]]
    assert row(diagnose(ratings.drop(columns="order")).findings, "day", "E01")["effect"] > 1


def test_a_span_of_days_is_the_jurors_own():
    ratings = contest(12, n_sub=60, n_jur=5, plant=lambda mu, t: mu - 2.0 * (t["j"] == 1) * (t["day"] == 2))[
        0
    ]
    late = (ratings["juror"] == "E02") & (ratings["day"] == 2)
    ratings.loc[late, "day"] = 30  # somebody else's last day does not stretch the effect
    found = row(diagnose(ratings.drop(columns="order")).findings, "day", "E01")
    assert found["effect"] == pytest.approx(-2.0, abs=0.7)
