"""What if: the same as choosing with the other rule."""

import pandas as pd
import pytest
from choice_fixture import BY_NOMINATION, candidates, drawn, estimated, rule

from fairlib.errors import SelectionError
from fairlib.report.figures.whatif import plot_what_if
from fairlib.rules import Budget
from fairlib.scoring.estimators.adjust import estimate
from fairlib.selection.choose import choose
from fairlib.selection.otherwise.what_if import what_if


@pytest.fixture(scope="module")
def table():
    return candidates(estimated())


def test_other_seats_and_no_quotas(table):
    select = rule(12, quotas=(BY_NOMINATION,))
    got = what_if(table, select, seed=7, seats=15, quotas=())
    want = choose(table, rule(15), seed=7)
    assert list(got.after.selected) == list(want.selected)
    assert got.summary.loc["selected"].tolist() == [12, 15]
    assert got.summary.loc["nomination=A", "before"] == sum(
        table.loc[got.before.selected, "nomination"] == "A"
    )
    come, go = (
        set(got.after.selected) - set(got.before.selected),
        set(got.before.selected) - set(got.after.selected),
    )
    assert set(got.moved.index[got.moved["change"] == "comes"]) == come
    assert set(got.moved.index[got.moved["change"] == "goes"]) == go
    assert list(got.table.index) == list(table.index)


def test_no_change_moves_nobody(table):
    got = what_if(table, rule(), seed=7)
    assert len(got.moved) == 0
    assert got.summary["before"].equals(got.summary["after"])


def test_weights_and_estimator_estimate_anew(table):
    ratings = drawn().ratings
    got = what_if(table, rule(), seed=7, ratings=ratings, estimator="raw")
    raw = estimate(ratings, "raw").submissions["estimate"]
    pd.testing.assert_series_equal(
        got.table["estimate_after"].astype(float), raw.astype(float), check_names=False, atol=1e-6
    )
    got = what_if(table, rule(), seed=7, ratings=ratings, weights={"C1": 1, "C2": 0})
    one = estimate(ratings[ratings["criterion"] == "C1"]).submissions["estimate"]
    pd.testing.assert_series_equal(
        got.table["estimate_after"].astype(float), one.astype(float), check_names=False, atol=1e-5
    )


def test_who_had_no_estimate_gets_none(table):
    less = table.copy()
    less.loc[less.index[3], "estimate"] = pd.NA
    got = what_if(less, rule(), seed=7, ratings=drawn().ratings, estimator="raw")
    assert pd.isna(got.table["estimate_after"].iloc[3])


def test_a_budget(table):
    got = what_if(table, rule(12), seed=7, budget=Budget(total=8_000_000))
    assert got.summary.loc["selected", "after"] == 4
    assert got.summary.loc["granted", "after"] == 8_000_000
    assert what_if(table, rule(12), seed=7, budget={"total": 8_000_000}).after.selected.equals(
        got.after.selected
    )


def test_nobody_left(table):
    got = what_if(table.assign(eligible=False), rule(), seed=7)
    assert got.summary.loc["selected"].tolist() == [0, 0]
    assert got.summary.loc["mean_estimate"].isna().all()


def test_what_cannot_be_changed_so(table):
    with pytest.raises(SelectionError, match="seats"):
        what_if(table, rule(), seed=7, seats=0)
    with pytest.raises(SelectionError, match="seat: Extra"):
        what_if(table, rule(), seed=7, seat=3)
    with pytest.raises(SelectionError, match="need the ratings"):
        what_if(table, rule(), seed=7, estimator="raw")


@pytest.mark.parametrize("lang", ["kk", "ru", "en"])
def test_the_figure_shows_who_moves(table, lang):
    import matplotlib.pyplot as plt

    got = what_if(table, rule(12), seed=7, ratings=drawn().ratings, estimator="raw", seats=13)
    ax = plot_what_if(got.table, lang=lang)
    names = {t.get_text() for t in ax.texts}
    assert set(got.moved.index) == names or len(got.moved) > 12
    assert len(ax.get_legend().texts) == 2
    plt.close(ax.figure)
