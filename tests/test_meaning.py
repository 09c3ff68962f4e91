"""What a reliability means: published shares, limits, simulation."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published import SHROUT_FLEISS, long_of
from scipy.stats import multivariate_normal, norm

from fairlib.errors import ScoringError
from fairlib.scoring.agreement.consequences import (
    overlap_with_second,
    share_that_belongs,
    simulate,
    what_it_means,
)


@settings(max_examples=25)
@given(st.floats(0.01, 0.99), st.integers(1, 220))
def test_formula_is_the_bivariate_normal_integral(reliability, k):
    t = norm.isf(k / 221)
    for rho, found in [
        (np.sqrt(reliability), share_that_belongs(reliability, k, 221)),
        (reliability, overlap_with_second(reliability, k, 221)),
    ]:
        both = multivariate_normal([0, 0], [[1, rho], [rho, 1]]).cdf([-t, -t])
        assert found == pytest.approx(both * 221 / k, abs=1e-5)


def test_limits_of_reliability():
    assert share_that_belongs(1, 50, 221) == pytest.approx(1) == overlap_with_second(1, 50, 221)
    assert share_that_belongs(0, 50, 221) == pytest.approx(50 / 221) == overlap_with_second(0, 50, 221)


def test_tetrachoric_half():
    """Half chosen: P(both above the median) = 1/4 + arcsin(rho)/(2 pi) (Sheppard 1899)."""
    assert overlap_with_second(0.5, 10, 20) == pytest.approx(2 * (1 / 4 + np.arcsin(0.5) / (2 * np.pi)))


def test_simulation_agrees_and_is_seeded():
    belongs, overlap = simulate(0.61, 50, 221, n_sim=4000, seed=1)
    assert belongs == pytest.approx(share_that_belongs(0.61, 50, 221), abs=0.01)
    assert overlap == pytest.approx(overlap_with_second(0.61, 50, 221), abs=0.01)
    assert (round(belongs, 2), round(overlap, 2)) == (0.64, 0.52)
    assert (
        simulate(0.61, 50, 221, 100, 5) == simulate(0.61, 50, 221, 100, 5) != simulate(0.61, 50, 221, 100, 6)
    )
    assert simulate(1.0, 3, 10, 50) == (1.0, 1.0)


def marks(seed=0, n=40):
    rng = np.random.default_rng(seed)
    return long_of((rng.normal(size=(n, 1)) + rng.normal(0, 0.8, size=(n, 4))).tolist())


def test_what_it_means_holds_together():
    found = what_it_means(marks(), 10)
    assert found.status == "ok" or found.status == "boundary"
    assert found.reliability_low < found.reliability < found.reliability_high
    assert found.belongs_low < found.belongs < found.belongs_high
    assert found.overlap_low < found.overlap < found.overlap_high
    assert found.overlap < found.belongs == share_that_belongs(found.reliability, 10, 40)
    assert found.belongs_simulated == pytest.approx(found.belongs, abs=0.03)
    assert found == what_it_means(marks(), 10)


def test_an_earlier_selection_is_named():
    found = what_it_means(marks(), 10, preselected=True)
    assert found.status == "range_restriction" and found.belongs is not None


@pytest.mark.parametrize(("table", "status"), [
    ([[1], [2], [3]], "one_juror"), ([[4, 4], [4, 4], [4, 4]], "no_variation"),
    ([[1, None], [None, 2], [3, None]], "no_pairs"),
])  # fmt: skip
def test_no_meaning_without_a_reason(table, status):
    found = what_it_means(long_of(table), 1)
    assert found.status == status and found.reliability is None and found.overlap_simulated is None


def test_refusals():
    with pytest.raises(ScoringError, match="6 of 6 submissions"):
        what_it_means(long_of(SHROUT_FLEISS), 6)
    with pytest.raises(ScoringError, match="between 0 and 1"):
        share_that_belongs(1.2, 5, 10)
    with pytest.raises(ScoringError, match="10 of 10 submissions"):
        overlap_with_second(0.5, 10, 10)


def test_row_order_does_not_matter():
    long = marks()
    moved = long.sample(frac=1, random_state=3)
    a, b = (
        pd.Series(vars(what_it_means(x, 10, n_sim=100))).drop(["status", "scope"]).astype(float)
        for x in (long, moved)
    )
    pd.testing.assert_series_equal(a, b)
