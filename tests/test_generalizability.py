"""Variance components: published tables, expected mean squares by hand, incomplete designs, decision study."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from published import SHROUT_FLEISS, long_of, shuffled

from fairlib.errors import ScoringError
from fairlib.scoring.agreement.generalizability import (
    SOURCES,
    decision_study,
    generalizability,
    jurors_needed,
)

# Guilford (1954) Psychometric Methods, p. 282: 7 junior scientists, 3 senior ones, 5 traits of creativity
GUILFORD = {
    "a": [[5, 6, 5], [9, 8, 7], [3, 4, 3], [7, 5, 5], [9, 2, 9], [3, 4, 3], [7, 3, 7]],
    "b": [[4, 4, 6], [5, 5, 7], [3, 3, 3], [3, 6, 1], [7, 4, 7], [5, 4, 3], [3, 3, 7]],
}


def several(tables):
    return pd.concat([long_of(table, name) for name, table in tables.items()], ignore_index=True)


def crossed(x):
    """A table submissions × jurors × criteria as a ratings table."""
    return several({f"c{c}": x[:, :, c].tolist() for c in range(x.shape[2])})


def by_mean_squares(x):
    """Brennan (2001) Table 3.4 / ch. 3: the three-way crossed analysis of variance, written out."""
    i, j, c = x.shape
    m, mi, mj, mc = x.mean(), x.mean((1, 2)), x.mean((0, 2)), x.mean((0, 1))
    mij, mic, mjc = x.mean(2), x.mean(1), x.mean(0)
    ms_i = j * c * ((mi - m) ** 2).sum() / (i - 1)
    ms_j = i * c * ((mj - m) ** 2).sum() / (j - 1)
    ms_c = i * j * ((mc - m) ** 2).sum() / (c - 1)
    ms_ij = c * ((mij - mi[:, None] - mj[None] + m) ** 2).sum() / ((i - 1) * (j - 1))
    ms_ic = j * ((mic - mi[:, None] - mc[None] + m) ** 2).sum() / ((i - 1) * (c - 1))
    ms_jc = i * ((mjc - mj[:, None] - mc[None] + m) ** 2).sum() / ((j - 1) * (c - 1))
    rest = x - mij[:, :, None] - mic[:, None] - mjc[None] + mi[:, None, None] + mj[:, None] + mc - m
    ms_e = (rest**2).sum() / ((i - 1) * (j - 1) * (c - 1))
    return [
        (ms_i - ms_ij - ms_ic + ms_e) / (j * c), (ms_j - ms_ij - ms_jc + ms_e) / (i * c),
        (ms_c - ms_ic - ms_jc + ms_e) / (i * j), (ms_ij - ms_e) / c, (ms_ic - ms_e) / j,
        (ms_jc - ms_e) / i, ms_e,
    ]  # fmt: skip


def test_complete_crossed_table_is_the_analysis_of_variance():
    x = np.random.default_rng(1).integers(1, 10, size=(7, 4, 5)).astype(float)
    g = generalizability(crossed(x))
    assert g.design == "crossed" and g.status == "ok" and g.k == pytest.approx(4)
    assert g.components.estimate.to_list() == pytest.approx(by_mean_squares(x), abs=1e-9)
    assert (g.components.variance >= 0).all() and g.components.share.sum() == pytest.approx(1)


def test_one_criterion_is_the_two_way_table():
    g = generalizability(long_of(SHROUT_FLEISS))
    v = g.components
    assert [v.variance[s] for s in ("submission", "juror", "residual")] == pytest.approx(
        [2.555556, 5.244444, 1.019444], abs=1e-6
    )
    assert v.status["submission:juror"] == "confounded (residual)"
    assert v.status["criterion"] == "one_criterion" and v.variance["criterion"] is pd.NA


def test_nested_jurors_are_the_analysis_of_variance():
    """Each juror marks one criterion: expected mean squares of p x (r:t), Brennan (2001) ch. 3."""
    rng = np.random.default_rng(3)
    i, j, c = 8, 3, 2
    x = rng.integers(1, 10, size=(i, j, c)).astype(float)
    long = crossed(x).assign(juror=lambda d: d.juror + d.criterion)
    m, mp, mt = x.mean(), x.mean((1, 2)), x.mean((0, 1))
    mpt, mrt = x.mean(1), x.mean(0)
    ms_p = j * c * ((mp - m) ** 2).sum() / (i - 1)
    ms_t = i * j * ((mt - m) ** 2).sum() / (c - 1)
    ms_rt = i * ((mrt - mt) ** 2).sum() / (c * (j - 1))
    ms_pt = j * ((mpt - mp[:, None] - mt + m) ** 2).sum() / ((i - 1) * (c - 1))
    ms_e = ((x - mpt[:, None] - mrt + mt) ** 2).sum() / (c * (i - 1) * (j - 1))
    g = generalizability(long)
    assert g.design == "nested" and g.k == pytest.approx(j)
    expected = {
        "submission": (ms_p - ms_pt) / (j * c), "submission:criterion": (ms_pt - ms_e) / j,
        "juror:criterion": (ms_rt - ms_e) / i, "residual": ms_e,
        "criterion": (ms_t - ms_pt - ms_rt + ms_e) / (i * j),
    }  # fmt: skip
    for source, value in expected.items():
        assert g.components.estimate[source] == pytest.approx(value), source
    assert g.components.status["juror"] == "confounded (juror:criterion)"


@pytest.mark.slow
def test_incomplete_design_is_unbiased():
    """Mean of 60 estimates with 3 of 6 jurors each, on the truth within four standard errors."""
    truth = np.array([1.0, 0.5, 0.3, 0.4, 0.2, 0.1, 0.6])
    rng, found = np.random.default_rng(7), []
    i, j, c = 40, 6, 3
    for _ in range(60):
        parts = [
            rng.normal(0, np.sqrt(v), s)
            for v, s in zip(
                truth,
                [(i, 1, 1), (1, j, 1), (1, 1, c), (i, j, 1), (i, 1, c), (1, j, c), (i, j, c)],
                strict=True,
            )
        ]
        x = sum(parts)
        sub, jur = np.repeat(np.arange(i), 3), np.concatenate([rng.permutation(j)[:3] for _ in range(i)])
        n = len(sub)
        long = pd.DataFrame({"submission": np.repeat(sub, c), "juror": np.repeat(jur, c),
                             "criterion": np.tile(np.arange(c), n), "score": x[sub, jur].ravel()})  # fmt: skip
        found.append(generalizability(long).components.estimate.to_list())
    found = np.array(found, dtype=float)
    error = found.std(axis=0) / np.sqrt(len(found))
    assert (np.abs(found.mean(axis=0) - truth) < 4 * error).all()


def test_pairs_that_miss_a_criterion_are_counted_not_hidden():
    x = np.random.default_rng(2).normal(size=(5, 3, 2))
    g = generalizability(crossed(x).iloc[1:])
    assert (g.status, g.n_left_out, g.n) == ("partial", 1, 28)


@pytest.mark.parametrize(
    "table",
    [[[1], [2], [4]], [[1, 2, 3]], [[1, None], [2, None], [None, 4]], [[5]]],
    ids=["one juror", "one submission", "one reader each", "one score"],
)
def test_what_the_design_does_not_identify_is_said(table):
    g = generalizability(long_of(table))
    assert g.components.variance["submission"] is pd.NA
    assert g.components.status["submission"] == "not_identified"
    study = decision_study(g)
    assert study.drop(columns="status").isna().all(axis=None) and (study.status == "not_identified").all()
    needed = jurors_needed(g)
    assert needed.value is None and "second readings" in needed.reason


def test_disconnected_groups_count_within_groups():
    rng = np.random.default_rng(12)
    a, b = rng.normal(size=(6, 3)), rng.normal(10, 1, size=(6, 3))
    table = [[*row, None, None, None] for row in a] + [[None, None, None, *row] for row in b]
    g = generalizability(long_of(table))
    within = [generalizability(long_of(x.tolist())).components.estimate for x in (a, b)]
    assert g.components.estimate["residual"] == pytest.approx(np.mean([w["residual"] for w in within]))


def test_all_equal_marks_have_no_variance():
    g = generalizability(long_of([[4, 4], [4, 4], [4, 4]]))
    assert g.components.variance.dropna().to_list() == [0, 0, 0]
    assert g.components.share.isna().all() and g.status == "no_variation"
    study = decision_study(g)
    assert study.drop(columns="status").isna().all(axis=None) and (study.status == "no_variation").all()
    assert jurors_needed(g).status == "no_variation" and jurors_needed(g).value is None


def test_decision_study_is_spearman_brown():
    g = generalizability(long_of(SHROUT_FLEISS))
    table = decision_study(g, [1, 4])
    assert table.generalizability.to_list() == pytest.approx([0.7148407, 0.9093155], abs=1e-6)
    assert table.dependability.to_list() == pytest.approx([0.2897638, 0.6200505], abs=1e-6)


def test_jurors_needed_is_the_first_row_that_reaches():
    g = generalizability(
        crossed(np.random.default_rng(5).normal(size=(30, 4, 3)) + np.arange(30)[:, None, None] / 12)
    )
    for criteria in ("fixed", "random"):
        for panels, column in [("own", "dependability"), ("same", "generalizability")]:
            need = jurors_needed(g, 0.8, criteria, panels)
            table = decision_study(g, range(1, 400), criteria)[column]
            reached = table.index[table >= 0.8 - 1e-12]
            assert (need.value or 1e9) == (reached[0] if len(reached) else 1e9)


def test_refusals():
    g = generalizability(long_of(SHROUT_FLEISS))
    for call in (lambda: decision_study(g, [0]), lambda: decision_study(g, []),
                 lambda: decision_study(g, criteria="none"), lambda: jurors_needed(g, 1.2)):  # fmt: skip
        with pytest.raises(ScoringError):
            call()
    split = several({"x": [[1, None], [2, 3]], "y": [[None, 2], [None, None]]}).iloc[[0, 3]]
    more = pd.concat(
        [split, long_of([[None, None, 7]], "x"), long_of([[None, None, 7]], "y").assign(submission="z")]
    )
    with pytest.raises(ScoringError, match="No juror marked any submission on all criteria"):
        generalizability(more)


@settings(max_examples=15)
@given(st.permutations(range(24)))
def test_order_and_names_do_not_matter(order):
    long = several({k: v[:4] for k, v in GUILFORD.items()})
    before, after = generalizability(long).components, generalizability(shuffled(long, order)).components
    assert list(before.index) == SOURCES
    assert after.estimate.to_list() == pytest.approx(before.estimate.to_list(), abs=1e-9)
