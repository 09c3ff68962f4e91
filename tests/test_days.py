"""Day and slot: the effect of least squares where it is known, its error, and what could have been seen."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_ind

from fairlib.scoring.days import STATUS, days


def fair(day=0.0, slot=0.0, n=40, jurors=6, noise=1.0, quality=1.0, seed=0):
    """A complete contest of two days, submissions in slots of their day."""
    rng = np.random.default_rng(seed)
    on, place = np.arange(n) % 2, np.arange(n) // 2
    level = rng.normal(6, quality, n) + day * on + slot * place / max(place.max(), 1)
    hard = rng.normal(0, 0.5, jurors)
    i, j = np.repeat(np.arange(n), jurors), np.tile(np.arange(jurors), n)
    return pd.DataFrame(
        {
            "submission": [f"s{k:02}" for k in i],
            "juror": [f"j{k}" for k in j],
            "criterion": "all",
            "score": level[i] - hard[j] + rng.normal(0, noise, len(i)),
            "day": on[i] + 1,
            "slot": place[i] + 1,
        }
    )


def test_two_days_of_a_complete_contest_are_a_t_test_of_means():
    # balanced and complete: jurors cancel, and what is left is the t-test between the means of submissions
    table = fair(day=0.7).drop(columns="slot")
    got = days(table).set_index("kind").loc["day"]
    mean = table.groupby("submission")["score"].mean()
    late = table.groupby("submission")["day"].first() == 2
    want = ttest_ind(mean[late], mean[~late])
    assert got["points"] == pytest.approx(mean[late].mean() - mean[~late].mean())
    assert got["p"] == pytest.approx(want.pvalue, rel=0.02)
    low, high = want.confidence_interval()
    assert (got["low"], got["high"]) == pytest.approx((low, high), abs=0.02)


@pytest.mark.slow
def test_the_detectable_effect_is_found_four_times_in_five():
    table = days(fair(noise=0.5)).set_index("kind")
    df = 40 - 1 - 2
    want = (student.ppf(0.975, df) + student.ppf(0.8, df)) * table["se"]
    np.testing.assert_allclose(table["detectable"].astype(float), want.astype(float))
    # merits have variance 1 and means of 6 marks 0.25 / 6, so that the true error of the difference is known
    effect = (student.ppf(0.975, df) + student.ppf(0.8, df)) * np.sqrt((1 + 0.25 / 6) * (1 / 20 + 1 / 20))
    found = [
        days(fair(day=effect, noise=0.5, seed=s)).set_index("kind").loc["day", "p"] < 0.05 for s in range(120)
    ]
    assert 0.68 < np.mean(found) < 0.92


@pytest.mark.slow
def test_no_effect_is_found_one_time_in_twenty():
    p = np.array([days(fair(seed=s))["p"].astype(float) for s in range(60)])
    assert (p < 0.05).mean() < 0.12


def test_a_slot_effect_runs_from_first_to_last():
    table = days(fair(slot=-2.0, noise=0.1, quality=0.1)).set_index("kind")
    assert table.loc["slot", "points"] == pytest.approx(-2.0, abs=0.2)
    assert table.loc["day", "low"] < 0 < table.loc["day", "high"]
    assert table.loc["slot", "what"] == "last - first"
    assert table.loc["day", "what"] == "2 - 1"


def test_jurors_of_one_day_do_not_make_an_effect():
    # half the panel sits on each day and one half is harsh by two points; one juror of each links them
    table = fair(n=60, jurors=8, noise=0.2, quality=0.3)
    table = table[(table["juror"] < "j4") == (table["day"] == 1)]
    linked = fair(n=60, jurors=8, noise=0.2, quality=0.3).query("juror in ('j0', 'j7')")
    table = pd.concat([table, linked]).drop_duplicates(["submission", "juror"])
    table["score"] -= 2.0 * (table["juror"] >= "j4")
    row = days(table).set_index("kind").loc["day"]
    assert abs(row["points"]) < 0.5
    raw = table.groupby("day")["score"].mean().diff().iloc[-1]
    assert raw < -1


def test_the_names_of_days_and_their_order_of_rows():
    table = fair(day=1.0)
    named = table.assign(day=table["day"].map({1: "2021-06-01", 2: "2021-06-02"}))
    got = days(named)
    assert got["what"].iloc[0] == "2021-06-02 - 2021-06-01"
    pd.testing.assert_frame_equal(days(named.sample(frac=1, random_state=1)), got)
    np.testing.assert_allclose(got["points"].astype(float), days(table)["points"].astype(float))


def test_dates_of_two_months_keep_their_order():
    table = fair()
    named = table.assign(day=table["day"].map({1: "28.02.2021", 2: "01.03.2021"}))
    assert days(named)["what"].iloc[0] == "01.03.2021 - 28.02.2021"


def test_three_days_have_two_rows():
    table = fair(n=45)
    table["day"] = table["submission"].str[1:].astype(int) % 3
    assert days(table)["what"].tolist() == ["1 - 0", "2 - 0", "last - first"]


@pytest.mark.parametrize(
    "change, status",
    [
        (lambda t: t.drop(columns=["day", "slot"]), {"day": "no_column", "slot": "no_column"}),
        (lambda t: t.assign(day=pd.NA, slot=pd.NA), {"day": "no_column", "slot": "no_column"}),
        (lambda t: t.assign(day=1), {"day": "one_day", "slot": "ok"}),
        (lambda t: t.assign(slot=1), {"day": "ok", "slot": "one_slot"}),
        (lambda t: t[t["submission"] < "s04"], {"day": "too_few", "slot": "too_few"}),
        (lambda t: t.assign(score=5.0), {"day": "not_estimable", "slot": "not_estimable"}),
        (lambda t: t[t["submission"] < "s01"], {"day": "one_day", "slot": "one_slot"}),
    ],
)
def test_what_has_no_answer_says_why(change, status):
    got = days(change(fair()))
    assert got.set_index("kind")["status"].to_dict() == status
    without = got[got["status"] != "ok"]
    assert without[["points", "se", "p", "detectable"]].isna().all().all()
    assert set(got["status"]) <= set(STATUS)


def test_marks_without_a_day_are_left_out():
    table = fair()
    table.loc[table["submission"] == "s03", ["day", "slot"]] = np.nan
    assert (days(table)["n"] == 39).all()
