"""Intraclass correlations: published values, exact intervals, edges, incomplete tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published import SHROUT_FLEISS, long_of, shuffled

from fairlib.errors import ScoringError
from fairlib.scoring.agreement.components import coefficients, icc_components, overlap
from fairlib.scoring.agreement.icc import FORMS, icc


def test_shrout_fleiss_1979_all_forms():
    found = icc(long_of(SHROUT_FLEISS))
    expected = {
        "ICC(1,1)": (0.165741768405476, -0.132932324874751, 0.722560062328121),
        "ICC(2,1)": (0.289763779527559, 0.018786513374712, 0.761084369648953),
        "ICC(3,1)": (0.714840714840715, 0.342464765033925, 0.94585825995536),
        "ICC(1,k)": (0.442797133679269, -0.884442155238119, 0.912415420340776),
        "ICC(2,k)": (0.620050547598989, 0.0711368153025035, 0.927232040167722),
        "ICC(3,k)": (0.909315542377069, 0.675674713816305, 0.985891678169062),
    }
    for form, numbers in expected.items():
        assert found.loc[form, ["value", "low", "high"]].to_list() == pytest.approx(numbers, rel=1e-9)
    assert (found.F["ICC(1,1)"], found.df1["ICC(1,1)"], found.df2["ICC(1,1)"]) == (
        pytest.approx(1.794678, rel=1e-6), 5, 18,
    )  # fmt: skip
    assert found.F["ICC(3,1)"] == pytest.approx(11.02724, rel=1e-6) and found.df2["ICC(3,1)"] == 15


def test_all_ten_mcgraw_wong_forms_are_listed_with_their_models():
    found = icc(long_of(SHROUT_FLEISS))
    assert list(found.index) == list(FORMS) and len(found) == 10
    assert found.value["ICC(2C,1)"] == found.value["ICC(3,1)"]
    assert found.value["ICC(3A,k)"] == found.value["ICC(2,k)"]
    assert set(found.name) == {"ICC(1)", "ICC(k)", "ICC(A,1)", "ICC(A,k)", "ICC(C,1)", "ICC(C,k)"}


def test_several_criteria_are_taken_as_their_composite():
    a, b = np.array(SHROUT_FLEISS), np.array(SHROUT_FLEISS)[::-1]
    both = pd.concat([long_of(a.tolist(), "x"), long_of(b.tolist(), "y")])
    pd.testing.assert_frame_equal(icc(both), icc(long_of(((a + b) / 2).tolist())))
    weighted = icc(both, weights={"x": 3, "y": 1})
    pd.testing.assert_frame_equal(weighted, icc(long_of(((3 * a + b) / 4).tolist())))


def test_a_missing_mark_is_refused_with_the_way_out():
    with pytest.raises(ScoringError, match="s001 has marks of 3 of 4 jurors.*icc_components"):
        icc(long_of([[1, 2, 3, 4], [2, 3, None, 5], [3, 4, 5, 5]]))


def test_a_skipped_criterion_is_named():
    both = pd.concat([long_of(SHROUT_FLEISS, "x"), long_of(SHROUT_FLEISS, "y").iloc[1:]])
    assert set(icc(both).status) == {"partial"}


@pytest.mark.parametrize(
    ("table", "status"),
    [
        ([[1], [2], [3]], "one_juror"),
        ([[1, 2, 3]], "one_submission"),
        ([[5]], "one_juror"),
        ([[4, 4], [4, 4], [4, 4]], "no_variation"),
        ([[0.1 + 0.2, 0.3], [0.3, 0.3]], "no_variation"),
    ],
)
def test_no_value_without_a_reason(table, status):
    found = icc(long_of(table))
    assert found.value.isna().all() and set(found.status) == {status}


def test_perfect_agreement_and_constant_severity():
    found = icc(long_of([[1, 1], [2, 2], [3, 3]]))
    assert (found.value == 1).all() and set(found.status) == {"no_error_variance"}
    shifted = icc(long_of([[1, 2], [2, 3], [3, 4], [5, 6]]))
    assert shifted.value["ICC(3,1)"] == 1 and shifted.status["ICC(3,1)"] == "no_error_variance"
    assert shifted.value["ICC(2,1)"] < 1 and shifted.low["ICC(2,1)"] < shifted.value["ICC(2,1)"]


def test_submissions_with_equal_means_have_no_average_form():
    found = icc(long_of([[1, 2], [2, 1], [1, 2], [2, 1]]))
    assert found.value["ICC(3,1)"] == -1 and found.status["ICC(3,k)"] == "no_submission_variance"
    assert found.value["ICC(3,k)"] is pd.NA


def test_a_negative_total_variance_gives_a_reason_not_a_number_above_one():
    found = icc(long_of([[1, 9], [9, 1], [2, 8], [8, 2.1]]))
    assert found.status["ICC(2,k)"] == "negative_denominator" and found.value["ICC(2,k)"] is pd.NA


def test_equal_mean_squares_cancel_to_nothing_not_to_rounding():
    """Equal submissions, and jurors that differ as much as chance: the mean form has nothing to divide by."""
    found = icc(long_of([[1, 1, 3], [1, 1, 3], [1, 3, 1]]))
    assert found.status["ICC(2,k)"] == "negative_denominator" and found.value["ICC(2,k)"] is pd.NA


@pytest.mark.slow
@settings(max_examples=60)
@given(st.integers(2, 5), st.integers(2, 4), st.data())
def test_whatever_the_marks_no_nan_and_ordered_limits(n, k, data):
    marks = data.draw(st.lists(st.lists(st.integers(1, 4), min_size=k, max_size=k), min_size=n, max_size=n))
    found = icc(long_of(marks))
    numbers = found[["value", "F", "p", "low", "high"]]
    assert not any(isinstance(x, float) and not np.isfinite(x) for x in numbers.to_numpy().ravel())
    both = found.dropna(subset=["value", "low", "high"])
    assert (both.low <= both.value + 1e-9).all() and (both.value <= both.high + 1e-9).all()
    assert (both.value <= 1 + 1e-12).all()


@pytest.mark.slow
@settings(max_examples=20)
@given(st.permutations(range(24)))
def test_order_and_names_do_not_matter(order):
    long = long_of(SHROUT_FLEISS)
    pd.testing.assert_frame_equal(icc(shuffled(long, order)), icc(long))


# --- incomplete tables


def test_components_of_a_complete_table_are_the_mean_square_ones():
    c = icc_components(long_of(SHROUT_FLEISS))
    exact = icc(long_of(SHROUT_FLEISS))
    assert (c.k, c.q, c.n, c.n_submissions, c.n_jurors) == (pytest.approx(4), 0, 24, 6, 4)
    for mine, theirs in [("ICC(A,1)", "ICC(2,1)"), ("ICC(A,k)", "ICC(2,k)"),
                         ("ICC(C,1)", "ICC(3,1)"), ("ICC(Q,k)", "ICC(3,k)")]:  # fmt: skip
        assert c.table.value[mine] == pytest.approx(exact.value[theirs], rel=1e-6)
    # the exact F limits of consistency, and the likelihood's
    assert c.table.low["ICC(C,1)"] == pytest.approx(exact.low["ICC(3,1)"], abs=0.01)
    assert c.table.high["ICC(C,1)"] == pytest.approx(exact.high["ICC(3,1)"], abs=0.01)


def test_q_of_putka_2008_by_brute_force():
    rng = np.random.default_rng(5)
    sub = np.repeat(np.arange(9), [2, 3, 1, 4, 2, 3, 5, 2, 3])
    jur = np.concatenate([rng.choice(6, k, replace=False) for k in np.bincount(sub)])
    k = np.bincount(sub)
    panels = [set(jur[sub == i]) for i in range(9)]
    shared = sum(len(panels[a] & panels[b]) / (k[a] * k[b]) for a in range(9) for b in range(9) if a != b)
    assert overlap(sub, jur, k) == pytest.approx((1 / k).mean() - shared / (9 * 8))


def test_q_between_the_crossed_and_the_nested_design():
    sub = np.repeat(np.arange(4), 2)
    assert overlap(sub, np.tile([0, 1], 4), np.full(4, 2)) == pytest.approx(0)
    assert overlap(sub, np.arange(8), np.full(4, 2)) == pytest.approx(1 / 2)
    assert overlap(np.zeros(3, int), np.arange(3), np.array([3])) == 0


def test_missing_marks_are_used_and_not_dropped():
    table = [list(row) for row in SHROUT_FLEISS]
    table[0][1] = table[3][2] = table[5][0] = None
    c = icc_components(long_of(table))
    assert c.n == 21 and c.n_submissions == 6 and c.k == pytest.approx(6 / (3 / 3 + 3 / 4))
    assert 0 < c.table.low["ICC(Q,k)"] < c.reliability < c.table.high["ICC(Q,k)"] < 1


@pytest.mark.slow
def test_interval_covers_at_its_level():
    """Contests of 20 submissions, 3 of 6 jurors each: about 95 % of intervals hold the truth."""
    rng, hits, total = np.random.default_rng(11), 0, 24
    for _ in range(total):
        sub, jur = np.repeat(np.arange(20), 3), np.concatenate([rng.permutation(6)[:3] for _ in range(20)])
        y = rng.normal(0, 1, 20)[sub] + rng.normal(0, 0.5, 6)[jur] + rng.normal(0, 1, 60)
        long = pd.DataFrame({"submission": sub, "juror": jur, "criterion": "all", "score": y})
        row = icc_components(long).table.loc["ICC(A,1)"]
        hits += row.low <= 1 / 2.25 <= row.high
    assert hits >= 20


@pytest.mark.parametrize(
    ("table", "status"),
    [
        ([[1], [2], [3]], "one_juror"),
        ([[1, 2, 3]], "one_submission"),
        ([[1, None], [None, 2]], "no_pairs"),
        ([[3, 3], [3, 3]], "no_variation"),
    ],
)
def test_components_say_why_not(table, status):
    c = icc_components(long_of(table))
    assert c.status == status and c.reliability is None and c.table.value.isna().all()


def test_boundary_is_an_answer_with_a_status():
    c = icc_components(long_of([[1, 3, 2], [2, 1, 3], [3, 2, 1], [1, 2, 3]]))
    assert c.submission == 0 and set(c.table.status) == {"boundary"} and c.table.value["ICC(A,1)"] == 0


def test_coefficients_agree_with_their_definitions():
    f = coefficients(3, 0.2)
    assert f["ICC(A,1)"](1.0, 0.5) == pytest.approx(1 / 2.5)
    assert f["ICC(A,k)"](1.0, 0.5) == pytest.approx(1 / 1.5)
    assert f["ICC(Q,k)"](1.0, 0.5) == pytest.approx(1 / (1 + 0.1 + 1 / 3))
