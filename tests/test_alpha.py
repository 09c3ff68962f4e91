"""Krippendorff's alpha: published values, brute force by the definition, edges, bootstrap."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published import GWET_TEXT, KRIPPENDORFF_C, SHROUT_FLEISS, long_of, shuffled

from fairlib.errors import ScoringError
from fairlib.scoring.agreement.alpha import LEVELS, krippendorff_alpha


def by_definition(table, level):
    """Alpha from the coincidence matrix and its metric, as in Krippendorff (2011), no shortcuts."""
    units = [[x for x in row if x is not None] for row in table]
    units = [u for u in units if len(u) > 1]
    values = sorted({x for u in units for x in u})
    at = {v: i for i, v in enumerate(values)}
    o = np.zeros((len(values), len(values)))
    for u in units:
        for i, a in enumerate(u):
            for j, b in enumerate(u):
                if i != j:
                    o[at[a], at[b]] += 1 / (len(u) - 1)
    n_c, n = o.sum(axis=1), o.sum()
    d = np.zeros_like(o)
    for i, a in enumerate(values):
        for j, b in enumerate(values):
            low, high = min(i, j), max(i, j)
            d[i, j] = {
                "nominal": float(i != j),
                "interval": (a - b) ** 2,
                "ordinal": (n_c[low : high + 1].sum() - (n_c[i] + n_c[j]) / 2) ** 2,
                "ratio": ((a - b) / (a + b)) ** 2 if a + b else 0.0,
            }[level]
    expected = (np.outer(n_c, n_c) * d).sum()
    return 1 - (n - 1) * (o * d).sum() / expected if expected else None


def test_krippendorff_2011_example_c():
    found = [krippendorff_alpha(long_of(KRIPPENDORFF_C), level) for level in LEVELS]
    assert [round(a.value, 3) for a in found] == [0.743, 0.815, 0.849, 0.797]
    assert found[0].n == 40 and found[0].n_submissions == 11


def test_shrout_fleiss_table_where_packages_differ():
    found = [krippendorff_alpha(long_of(SHROUT_FLEISS), level).value for level in LEVELS]
    assert found == pytest.approx([-0.0648148, 0.1090594, 0.1473079, 0.0819513], abs=5e-7)


def test_text_categories_are_nominal():
    assert krippendorff_alpha(long_of(GWET_TEXT), "nominal").value == pytest.approx(0.743421052631579)
    with pytest.raises(ScoringError, match="Scores must be numbers"):
        krippendorff_alpha(long_of(GWET_TEXT), "interval")


marks = st.lists(
    st.lists(st.one_of(st.none(), st.sampled_from([0, 1, 2, 2.5, 4, 7])), min_size=3, max_size=3),
    min_size=1, max_size=6,
).filter(lambda t: any(x is not None for row in t for x in row))  # fmt: skip


@pytest.mark.slow
@settings(max_examples=80)
@given(marks, st.sampled_from(LEVELS))
def test_sums_equal_the_definition(table, level):
    found = krippendorff_alpha(long_of(table), level)
    pairable = any(sum(x is not None for x in row) > 1 for row in table)
    expected = by_definition(table, level) if pairable else None
    if expected is None:
        assert found.value is None and found.status in ("no_variation", "no_pairs", "one_juror")
    else:
        assert found.value == pytest.approx(expected, abs=1e-10) and found.status == "ok"


@pytest.mark.parametrize("level", LEVELS)
def test_edges(level):
    def status(table):
        return krippendorff_alpha(long_of(table), level, n_boot=10, seed=1).status

    assert status([[1], [2]]) == "one_juror"
    assert status([[3]]) == "one_juror"
    assert status([[1, None], [None, 2]]) == "no_pairs"
    assert status([[2, 2], [2, 2]]) == "no_variation"
    assert krippendorff_alpha(long_of([[1, 1], [2, 2], [4, 4]]), level).value == pytest.approx(1)
    single = krippendorff_alpha(long_of([[1, 2]]), level)
    assert single.value == pytest.approx(0) and single.status == "ok"


def test_unused_categories_and_single_marks_change_nothing():
    long = long_of(KRIPPENDORFF_C)
    wide = long.assign(score=pd.Categorical(long.score.astype(str), ["0", "1", "2", "3", "4", "5", "9"]))
    assert krippendorff_alpha(wide, "nominal") == krippendorff_alpha(long, "nominal")
    alone = pd.concat([long, long.iloc[:1].assign(submission="alone", score=99)])
    assert krippendorff_alpha(alone).value == pytest.approx(krippendorff_alpha(long).value)


def test_composite_of_criteria_and_its_weights():
    both = pd.concat([long_of(SHROUT_FLEISS, "x"), long_of(SHROUT_FLEISS[::-1], "y")])
    only_x = krippendorff_alpha(both, weights={"x": 1, "y": 0})
    assert only_x == krippendorff_alpha(long_of(SHROUT_FLEISS))


@pytest.mark.parametrize("level", LEVELS)
def test_bootstrap_is_the_percentile_of_recomputed_alphas(level):
    """The same draws, each written out as a table of its own and computed from scratch."""
    long = long_of(KRIPPENDORFF_C)
    found = krippendorff_alpha(long, level, n_boot=40, seed=3)
    usable = [row for row in KRIPPENDORFF_C if sum(x is not None for x in row) > 1]
    pick = np.random.default_rng(3).integers(len(usable), size=(40, len(usable)))
    alphas = [by_definition([usable[i] for i in draw], level) for draw in pick]
    low, high = np.quantile([a for a in alphas if a is not None], [0.025, 0.975])
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
    assert "40 resamples of submissions" in found.method


def test_bootstrap_is_seeded_and_in_blocks_the_same(monkeypatch):
    long = long_of(KRIPPENDORFF_C)
    first = krippendorff_alpha(long, n_boot=100, seed=9)
    assert first == krippendorff_alpha(long, n_boot=100, seed=9)
    monkeypatch.setattr("fairlib.scoring.agreement.alpha.BLOCK", 11 * 30)
    assert krippendorff_alpha(long, n_boot=100, seed=9).low == pytest.approx(first.low)


@settings(max_examples=20)
@given(st.permutations(range(24)), st.sampled_from(LEVELS))
def test_order_and_names_do_not_matter(order, level):
    long = long_of(SHROUT_FLEISS)
    again = krippendorff_alpha(shuffled(long, order), level)
    assert again.value == pytest.approx(krippendorff_alpha(long, level).value, abs=1e-12)


def test_many_values_take_the_sparse_way():
    rng = np.random.default_rng(2)
    table = (rng.normal(size=(40, 1)) + rng.normal(size=(40, 3))).round(3)
    for level in ("nominal", "ordinal", "interval"):
        expected = by_definition(table.tolist(), level)
        assert krippendorff_alpha(long_of(table.tolist()), level).value == pytest.approx(expected, abs=1e-9)


def test_sparse_cells_equal_dense_ones(monkeypatch):
    before = krippendorff_alpha(long_of(KRIPPENDORFF_C), "ratio").value
    monkeypatch.setattr("fairlib.scoring.agreement.alpha.BLOCK", 0)
    monkeypatch.setattr("fairlib.scoring.agreement.alpha.DENSE", 0)
    assert krippendorff_alpha(long_of(KRIPPENDORFF_C), "ratio").value == pytest.approx(before)


def test_refusals_say_what_to_do():
    with pytest.raises(ScoringError, match="nominal, ordinal, interval, ratio"):
        krippendorff_alpha(long_of(SHROUT_FLEISS), "likert")
    with pytest.raises(ScoringError, match="not negative"):
        krippendorff_alpha(long_of([[-1, 2], [3, 4]]), "ratio")
    text = pd.concat([long_of(GWET_TEXT, "x"), long_of(GWET_TEXT, "y")])
    with pytest.raises(ScoringError, match="choose one of x, y"):
        krippendorff_alpha(text, "nominal")
