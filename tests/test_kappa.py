"""Kappas, AC, percent agreement: published values, identities, missing marks, edges."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published import FLEISS_COUNTS, GWET_TEXT, SHROUT_FLEISS, long_of, shuffled

from fairlib.errors import ScoringError
from fairlib.scoring.agreement.alpha import krippendorff_alpha
from fairlib.scoring.agreement.kappa import (
    brennan_prediger,
    cohen_kappa,
    conger_kappa,
    fleiss_kappa,
    gwet_ac,
    kappas,
    light_kappa,
    percent_agreement,
)

# Cohen (1960) Educ. Psychol. Meas. 20:37-46, Table 1, 200 cases: kappa .492
COHEN_1960 = [[88, 14, 18], [10, 40, 10], [2, 6, 12]]


def pairs_of(counts):
    return [[i, j] for i, row in enumerate(counts) for j, n in enumerate(row) for _ in range(n)]


def test_cohen_1960():
    found = cohen_kappa(long_of(pairs_of(COHEN_1960))).iloc[0]
    assert found.value == pytest.approx(0.29 / 0.59, abs=1e-9) and found.n == 200


def test_cohen_weighted_by_distance_on_the_scale():
    """By hand: disagreement of the pairs over that of all crossings of the two jurors' marks."""
    a, b = np.array([1, 1, 2, 5, 9]), np.array([1, 2, 2, 9, 5])
    long = long_of(np.column_stack([a, b]).tolist())
    for weights, power in [("linear", 1), ("quadratic", 2)]:
        crossed = (np.abs(a[:, None] - b[None, :]) ** power).mean()
        by_hand = 1 - (np.abs(a - b) ** power).mean() / crossed
        assert cohen_kappa(long, weights).value[0] == pytest.approx(by_hand)


def test_categories_of_other_jurors_do_not_change_a_pair():
    table = [[1, 2], [2, 2], [3, 1], [3, 3], [5, 4]]
    for weights in (None, "linear", "quadratic"):
        alone = cohen_kappa(long_of(table), weights).iloc[0, 3:]
        with_third = cohen_kappa(long_of([[*row, 9 + i] for i, row in enumerate(table)]), weights)
        assert with_third.iloc[0, 3:].to_list()[:-1] == pytest.approx(alone.to_list()[:-1])


def test_cohen_error_is_the_spread_of_influences():
    """Delta method from the multinomial, written out independently by numerical derivatives."""
    counts = np.array(COHEN_1960, dtype=float)

    def kappa(p):
        w = 1 - np.abs(np.subtract.outer(range(3), range(3))) / 2
        pe = p.sum(1) @ w @ p.sum(0)
        return ((w * p).sum() - pe) / (1 - pe)

    p, step = counts / 200, 1e-6
    slope = np.array([(kappa(p + step * e) - kappa(p - step * e)) / (2 * step)
                      for e in np.eye(9).reshape(9, 3, 3)]).reshape(3, 3)  # fmt: skip
    error = np.sqrt(((p * slope**2).sum() - (p * slope).sum() ** 2) / 200)
    found = cohen_kappa(long_of(pairs_of(COHEN_1960)), "linear").iloc[0]
    assert found.se == pytest.approx(error, rel=1e-6)
    assert (found.low, found.high) == pytest.approx(
        (found.value - 1.959964 * error, found.value + 1.959964 * error)
    )


def test_fleiss_kappa_of_the_worked_example():
    table = [[c for c, n in enumerate(row) for _ in range(n)] for row in FLEISS_COUNTS]
    found = fleiss_kappa(long_of(table))
    assert round(found.value, 3) == 0.210 and found.n == 140 and found.n_categories == 5


def test_gwet_2014_table_2_15_with_missing_marks():
    found = kappas(long_of(GWET_TEXT))
    assert found.value.to_list() == pytest.approx(
        [0.775444068, 0.761169275, 0.743421053, 0.762817441, 0.772727273, 0.818181818], abs=1e-9
    )
    assert found.loc["gwet_ac", ["low", "high"]].to_list() == pytest.approx([0.461, 1], abs=5e-4)
    assert found.p["gwet_ac"] == pytest.approx(0.000208720984063326)


def test_single_functions_are_rows_of_the_table():
    long = long_of(SHROUT_FLEISS)
    table = kappas(long, "quadratic")
    named = {"gwet_ac": gwet_ac, "brennan_prediger": brennan_prediger, "conger": conger_kappa,
             "fleiss": fleiss_kappa, "percent_agreement": percent_agreement}  # fmt: skip
    for name, function in named.items():
        assert function(long, "quadratic").value == table.value[name]


def test_identities_between_coefficients():
    long = long_of(SHROUT_FLEISS)
    for weights, level in [(None, "nominal"), ("quadratic", "interval")]:
        alpha = krippendorff_alpha(long, level).value
        assert kappas(long, weights).value["krippendorff"] == pytest.approx(alpha)
    two = long_of([row[:2] for row in SHROUT_FLEISS])
    for weights in (None, "linear", "quadratic"):
        cohen = cohen_kappa(two, weights).value[0]
        assert conger_kappa(two, weights).value == pytest.approx(cohen)
        assert light_kappa(two, weights).value == pytest.approx(cohen)
        assert light_kappa(two, weights).se == pytest.approx(conger_kappa(two, weights).se)


def test_light_is_the_mean_of_the_pairs():
    long = long_of(GWET_TEXT)
    assert light_kappa(long).value == pytest.approx(cohen_kappa(long).value.mean())


@pytest.mark.slow
def test_light_error_by_the_jackknife():
    rng = np.random.default_rng(6)
    truth = rng.integers(0, 3, size=(120, 1))
    table = np.where(rng.random((120, 3)) < 0.6, truth, rng.integers(0, 3, size=(120, 3)))
    each = [light_kappa(long_of(np.delete(table, i, axis=0).tolist())).value for i in range(120)]
    jackknife = np.sqrt(119 * np.var(each))
    assert light_kappa(long_of(table.tolist())).se == pytest.approx(jackknife, rel=0.03)


def test_unused_categories_change_nothing():
    long = long_of(GWET_TEXT)
    wide = long.assign(score=pd.Categorical(long.score, list("zabcdefgh")))
    pd.testing.assert_frame_equal(kappas(wide), kappas(long))
    pd.testing.assert_frame_equal(cohen_kappa(wide), cohen_kappa(long))


@pytest.mark.parametrize("function", [gwet_ac, fleiss_kappa, conger_kappa, light_kappa, brennan_prediger])
@pytest.mark.parametrize(
    ("table", "status"),
    [
        ([[1], [2]], "one_juror"),
        ([[1]], "one_juror"),
        ([[1, None], [None, 2]], "no_pairs"),
        ([[4, 4], [4, 4]], "no_variation"),
    ],
)
def test_no_value_without_a_reason(function, table, status):
    found = function(long_of(table))
    assert (found.value, found.low, found.p, found.status) == (None, None, None, status) and found.reason


def test_one_submission_has_a_value_and_no_error():
    found = gwet_ac(long_of([[1, 1, 2]]))
    assert found.value is not None and found.se is None and found.status == "one_submission"


def test_perfect_agreement_has_no_spread_to_test_with():
    found = fleiss_kappa(long_of([[1, 1], [2, 2], [3, 3]]))
    assert (found.value, found.low, found.high) == (1, 1, 1) and found.p < 0.05
    assert gwet_ac(long_of([[1, 1], [2, 2], [3, 3]])).p is None


def test_cohen_edges():
    found = cohen_kappa(long_of([[1, None, 3, 3], [2, 2, 3, 3], [1, None, 3, 3], [None, 1, 3, 3]]))
    status = dict(zip(found.juror_a + found.juror_b, found.status, strict=True))
    assert status["j002j003"] == "no_variation" and status["j000j002"] == "constant_juror"
    assert found.value[found.status == "no_variation"].isna().all()
    constant = found[found.juror_a + found.juror_b == "j000j002"].iloc[0]
    assert (constant.value, constant.p) == (0, 1)
    split = cohen_kappa(long_of([[1, None], [None, 2]])).iloc[0]
    assert (split.n, split.status, split.value is pd.NA) == (0, "no_pairs", True)
    assert cohen_kappa(long_of([[1], [2]])).empty


def test_refusals():
    with pytest.raises(ScoringError, match="Unknown weights 'squared'"):
        gwet_ac(long_of(SHROUT_FLEISS), "squared")
    with pytest.raises(ScoringError, match="Text categories have no distance"):
        cohen_kappa(long_of(GWET_TEXT), "linear")


@pytest.mark.slow
@settings(max_examples=15)
@given(st.permutations(range(41)), st.sampled_from("klm"))
def test_order_and_names_do_not_matter(order, letter):
    long = long_of(GWET_TEXT)
    moved = shuffled(long, order).assign(score=lambda d: letter + d.score)
    pd.testing.assert_frame_equal(kappas(moved), kappas(long))
    pd.testing.assert_series_equal(cohen_kappa(moved).value, cohen_kappa(long).value)


@pytest.mark.slow
@settings(max_examples=25)
@given(
    st.lists(
        st.lists(st.sampled_from([None, 1, 2, 5]), min_size=3, max_size=3), min_size=1, max_size=6
    ).filter(lambda t: any(x is not None for row in t for x in row)),
    st.sampled_from([None, "linear", "quadratic", "ordinal"]),
)
def test_never_nan(table, weights):
    for frame in (kappas(long_of(table), weights), cohen_kappa(long_of(table), weights)):
        numbers = frame.select_dtypes("Float64").to_numpy(dtype=object).ravel()
        assert all(x is pd.NA or np.isfinite(x) for x in numbers)
    light = light_kappa(long_of(table), weights)
    assert light.value is None or np.isfinite(light.value)
