"""Crossed random effects: published components, a dense brute-force likelihood, edges, draws."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlib.errors import ScoringError
from fairlib.scoring.crossed import incidence as incidence_module
from fairlib.scoring.crossed import inverse, posterior, reml
from fairlib.scoring.crossed.incidence import incidence

# Shrout & Fleiss (1979) Psychol. Bull. 86:420-428, Table 2: six targets by four judges.
SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
)


def complete(table):
    n, k = np.shape(table)
    return np.repeat(np.arange(n), k), np.tile(np.arange(k), n), np.asarray(table, float).ravel(), n, k


def incomplete(seed, n=30, k=6, share=0.5, sd=(1.0, 0.6, 0.8)):
    rng = np.random.default_rng(seed)
    i, j = np.nonzero(rng.random((n, k)) < share)
    y = 5 + rng.normal(0, sd[0], n)[i] - rng.normal(0, sd[1], k)[j] + rng.normal(0, sd[2], len(i))
    return i, j, y, n, k


def dense_deviance(data, variances, restricted=True):
    """−2 log likelihood straight from the n × n covariance matrix."""
    i, j, y, _, _ = data
    a, b, e = variances
    v = a * (i[:, None] == i) + b * (j[:, None] == j) + e * np.eye(len(y))
    inv, one = np.linalg.inv(v), np.ones(len(y))
    mu = one @ inv @ y / (one @ inv @ one)
    out = np.linalg.slogdet(v)[1] + (y - mu) @ inv @ (y - mu) + len(y) * np.log(2 * np.pi)
    if restricted:
        out += np.log(one @ inv @ one) - np.log(2 * np.pi)
    return out


def test_shrout_fleiss_components_are_those_of_the_mean_squares():
    fit = reml.fit(*complete(SHROUT_FLEISS))
    msr, msc, mse = 11.241667, 32.486111, 1.019444  # their Table 3 (rows, columns, residual)
    assert fit.submission == pytest.approx((msr - mse) / 4, abs=1e-5)
    assert fit.juror == pytest.approx((msc - mse) / 6, abs=1e-5)
    assert fit.residual == pytest.approx(mse, abs=1e-5)
    assert fit.mu == pytest.approx(SHROUT_FLEISS.mean())
    assert fit.status == "ok"


@pytest.mark.parametrize("restricted", [True, False])
def test_likelihood_equals_the_dense_one_and_is_at_its_maximum(restricted):
    data = incomplete(3)
    fit = reml.fit(*data, reml=restricted)
    best = np.array([fit.submission, fit.juror, fit.residual])
    deviance = dense_deviance(data, best, restricted)
    assert -2 * fit.loglik == pytest.approx(deviance, abs=1e-8)
    for axis in range(3):
        for factor in (0.99, 1.01):
            moved = best.copy()
            moved[axis] *= factor
            assert dense_deviance(data, moved, restricted) > deviance


def test_blups_and_errors_solve_hendersons_equations():
    data = incomplete(5)
    i, j, y, n, k = data
    fit = reml.fit(*data)
    la, lb = fit.ratios
    x = np.zeros((len(y), n + k + 1))
    rows = np.arange(len(y))
    x[rows, i], x[rows, n + j], x[:, -1] = 1, 1, 1
    ridge = np.diag(np.concatenate([np.full(n, 1 / la), np.full(k, 1 / lb), [0]]))
    inverse = np.linalg.inv(x.T @ x + ridge)
    solution = inverse @ x.T @ y
    np.testing.assert_allclose(fit.submission_effect, solution[:n], atol=1e-9)
    np.testing.assert_allclose(fit.juror_effect, solution[n : n + k], atol=1e-9)
    assert fit.mu_se == pytest.approx(np.sqrt(fit.residual * inverse[-1, -1]))
    pin = posterior.Slice(fit.sums, la)
    r2 = float(pin.r2(np.array([lb]))[0])
    node = posterior.Node(1.0, la, lb, r2 / pin.dof, pin.dof, pin)
    se, se_juror = posterior.errors(fit, [node])
    t_spread = (len(y) - 1) / (len(y) - 3)
    lift = np.eye(n + k + 1)[:n] + np.eye(n + k + 1)[-1]
    expected = np.sqrt(t_spread * fit.residual * np.diag(lift @ inverse @ lift.T))
    np.testing.assert_allclose(se, expected, rtol=1e-9)
    np.testing.assert_allclose(se_juror**2, t_spread * fit.residual * np.diag(inverse)[n : n + k], rtol=1e-9)


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("ratios", [(0.7, 0.3), (0.0, 0.3), (0.7, 0.0), (3.0, 2.0)])
def test_derivatives_equal_finite_differences(ratios, restricted):
    i, j, y, n, k = incomplete(7)
    sums = reml.sums_of(incidence(i, j, n, k), y)
    at = np.array(ratios)
    grad, hess = reml.Point(sums, at, restricted).derivatives
    h = 1e-5
    for axis in range(2):
        step = np.eye(2)[axis] * h
        up, mid = reml.Point(sums, at + step, restricted), reml.Point(sums, at, restricted)
        if at[axis] == 0:
            far = reml.Point(sums, at + 2 * step, restricted)
            slope = (-3 * mid.deviance + 4 * up.deviance - far.deviance) / (2 * h)
            turn = (-3 * mid.derivatives[0] + 4 * up.derivatives[0] - far.derivatives[0]) / (2 * h)
        else:
            down = reml.Point(sums, at - step, restricted)
            slope = (up.deviance - down.deviance) / (2 * h)
            turn = (up.derivatives[0] - down.derivatives[0]) / (2 * h)
        assert grad[axis] == pytest.approx(slope, rel=1e-4, abs=1e-4)
        np.testing.assert_allclose(hess[axis], turn, rtol=2e-3, atol=2e-3)


def test_information_is_the_curvature_of_the_dense_likelihood():
    data = incomplete(11)
    fit = reml.fit(*data)
    at = np.log([fit.submission, fit.juror, fit.residual])
    h, hess = 1e-3, np.empty((3, 3))
    for a in range(3):
        for b in range(3):
            da, db = np.eye(3)[a] * h, np.eye(3)[b] * h
            corners = [dense_deviance(data, np.exp(at + p * da + q * db)) for p in (1, -1) for q in (1, -1)]
            hess[a, b] = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * h * h)
    np.testing.assert_allclose(fit.log_covariance, np.linalg.inv(hess / 2), rtol=1e-3, atol=1e-5)


def test_juror_variance_of_zero_is_found_and_named():
    # Two jurors whose marks differ by noise alone: residual sums cancel within each column.
    fit = reml.fit(*complete([[1, 2], [4, 3], [5, 6], [8, 7]]))
    assert (fit.juror, fit.status) == (0.0, "juror_variance_zero")
    assert (fit.juror_effect == 0).all()
    _, se = posterior.errors(fit, posterior.nodes(fit))
    assert (se > 0).all()  # a variance of 0 is an estimate, not a certainty


def test_submission_variance_of_zero_is_found_and_named():
    fit = reml.fit(*complete([[1, 5], [2, 4], [1.5, 4.5]]))
    assert (fit.submission, fit.status) == (0.0, "submission_variance_zero")
    se, _ = posterior.errors(fit, posterior.nodes(fit))
    assert (se > 0).all()


def test_both_variances_zero():
    fit = reml.fit(*complete([[1, 2], [2, 1]]))
    assert fit.status == "both_variances_zero"
    assert fit.mu == pytest.approx(1.5)


def test_exactly_additive_marks_are_named():
    fit = reml.fit(*complete(np.arange(5)[:, None] + np.array([0.0, 1.0, 3.0])))
    assert fit.status == "residual_variance_zero"
    np.testing.assert_allclose(fit.mu + fit.submission_effect, np.arange(5) + 4 / 3, atol=1e-3)


def test_one_mark_a_juror_leaves_the_juror_out():
    fit = reml.fit(np.array([0, 0, 1, 1, 2, 2]), np.arange(6), np.array([1, 2, 5, 6, 8, 9.5]), 3, 6)
    assert (fit.status, fit.juror) == ("juror_variance_not_identified", 0.0)
    assert fit.submission > 0


@pytest.mark.parametrize(
    ("data", "word"),
    [
        ((np.zeros(3, int), np.arange(3), np.array([1.0, 2, 3]), 1, 3), "one submission"),
        ((np.arange(4), np.array([0, 0, 1, 1]), np.array([1.0, 2, 3, 4]), 4, 2), "single mark"),
        ((np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.full(4, 7.3), 2, 2), "equal"),
    ],
)
def test_what_cannot_be_told_apart_is_refused_by_name(data, word):
    with pytest.raises(ScoringError, match=word):
        reml.fit(*data)


@given(st.integers(0, 10_000))
@settings(max_examples=15)
def test_order_of_marks_and_names_change_nothing(seed):
    i, j, y, n, k = incomplete(seed)
    rng = np.random.default_rng(seed)
    row, sub, jur = rng.permutation(len(y)), rng.permutation(n), rng.permutation(k)
    a = reml.fit(i, j, y, n, k)
    b = reml.fit(sub[i][row], jur[j][row], y[row], n, k)
    assert b.loglik == pytest.approx(a.loglik, abs=1e-7)
    np.testing.assert_allclose(b.submission_effect[sub], a.submission_effect, atol=1e-4)
    np.testing.assert_allclose(b.juror_effect[jur], a.juror_effect, atol=1e-4)


@given(st.integers(0, 10_000), st.floats(0.1, 50), st.floats(-100, 100))
@settings(max_examples=15)
def test_another_scale_gives_the_same_fit(seed, factor, shift):
    i, j, y, n, k = incomplete(seed)
    a, b = reml.fit(i, j, y, n, k), reml.fit(i, j, factor * y + shift, n, k)
    assert b.residual == pytest.approx(a.residual * factor**2, rel=1e-4)
    np.testing.assert_allclose(b.submission_effect, a.submission_effect * factor, atol=1e-3 * factor)


def test_slice_and_point_agree():
    i, j, y, n, k = incomplete(13)
    sums = reml.sums_of(incidence(i, j, n, k), y)
    for la, lb in [(0.5, 0.2), (2.0, 0.0)]:
        pin = posterior.Slice(sums, la)
        node = posterior.Node(1.0, la, lb, float(pin.r2(np.array([lb]))[0]) / pin.dof, pin.dof, pin)
        point = reml.Point(sums, np.array([la, lb]))
        np.testing.assert_allclose(node.solution(), point.u, atol=1e-9)
        np.testing.assert_allclose(node.covariance(), point.h, atol=1e-9)
        assert node.s2 == pytest.approx(point.residual)


def test_draws_have_the_errors_that_the_table_states():
    fit = reml.fit(*incomplete(17, n=40, k=8))
    grid = posterior.nodes(fit)
    se, _ = posterior.errors(fit, grid)
    sample = posterior.draws(fit, grid, 20_000, np.random.default_rng(1))
    centre = fit.mu + fit.submission_effect
    spread = np.sqrt(((sample - centre) ** 2).mean(axis=0))
    np.testing.assert_allclose(spread, se, rtol=0.06)
    assert sum(node.weight for node in grid) == pytest.approx(1)


def test_a_well_known_panel_needs_no_grid():
    rng = np.random.default_rng(0)
    i, j = np.repeat(np.arange(1500), 5), rng.random((1500, 300)).argsort(axis=1)[:, :5].ravel()
    y = rng.normal(0, 1, 1500)[i] + rng.normal(0, 1, 300)[j] + rng.normal(0, 0.5, len(i))
    assert len(posterior.nodes(reml.fit(i, j, y, 1500, 300))) == 1


@pytest.mark.parametrize("limit", [10**9, 0])
def test_panels_sums_equal_their_definition(monkeypatch, limit):
    monkeypatch.setattr(incidence_module, "_STACK_LIMIT", limit)
    rng = np.random.default_rng(2)
    for share in (0.05, 0.2, 0.9):
        i, j = np.nonzero(rng.random((60, 25)) < share)
        design = incidence(i, j, 60, 25)
        wide = np.zeros((60, 26))
        wide[i, j] = 1
        wide[:, -1] = wide[:, :-1].sum(axis=1)
        weights = 1 / (1 + design.sizes)
        by_row = 1 / (1 + np.maximum(wide[:, -1], 0))
        np.testing.assert_allclose(design.gram(weights), wide.T @ (by_row[:, None] * wide), atol=1e-10)
        q = rng.normal(size=(25, 25))
        q = q + q.T
        np.testing.assert_allclose(
            design.quadratic(q), np.einsum("ij,jk,ik->i", wide[:, :-1], q, wide[:, :-1]), atol=1e-9
        )


def many_jurors(seed, sd_juror=0.6):
    return incomplete(seed, n=12, k=40, share=0.4, sd=(1.0, sd_juror, 0.8))


@pytest.mark.slow
@pytest.mark.parametrize("sd_juror", [0.6, 0.0])
@pytest.mark.parametrize("restricted", [True, False])
def test_more_jurors_than_submissions_change_places_and_nothing_else(monkeypatch, restricted, sd_juror):
    turned = reml.fit(*many_jurors(3, sd_juror), reml=restricted)
    assert turned.is_turned and turned.core.incidence.n_jurors == 12
    grid = posterior.nodes(turned)
    errors, drawn = (
        posterior.errors(turned, grid),
        posterior.draws(turned, grid, 20_000, np.random.default_rng(1)),
    )
    covariance = turned.log_covariance
    monkeypatch.setattr(reml, "_is_turned", lambda sums, status: False)
    plain = reml.fit(*many_jurors(3, sd_juror), reml=restricted)
    assert plain.status == turned.status
    for name in ("submission", "juror", "residual", "mu", "mu_se", "loglik"):
        assert getattr(turned, name) == pytest.approx(getattr(plain, name), rel=1e-5, abs=1e-9), name
    np.testing.assert_allclose(turned.submission_effect, plain.submission_effect, atol=1e-5)
    np.testing.assert_allclose(turned.juror_effect, plain.juror_effect, atol=1e-5)
    np.testing.assert_allclose(covariance, plain.log_covariance, rtol=1e-3, atol=1e-6)
    expected = posterior.errors(plain, posterior.nodes(plain))
    for mine, theirs in zip(errors, expected, strict=True):  # the grids of the two differ a little
        np.testing.assert_allclose(mine, theirs, rtol=5e-3)
    np.testing.assert_allclose(drawn.std(axis=0), expected[0], rtol=0.06)


def test_turning_twice_gives_the_sums_back():
    i, j, y, n, k = many_jurors(5)
    sums = reml.sums_of(incidence(i, j, n, k), y)
    again = sums.turned.turned
    for name in ("total", "ysum", "nt", "tt"):
        np.testing.assert_allclose(getattr(again, name), getattr(sums, name), atol=1e-9)
    ratios = np.array([0.7, 0.3])
    for reml_too in (True, False):
        assert reml.Point(sums.turned, ratios[::-1], reml_too).deviance == pytest.approx(
            reml.Point(sums, ratios, reml_too).deviance
        )


@pytest.mark.parametrize("size", [1, 2, 12, inverse.SMALL, inverse.SMALL + 1])
def test_the_inverse_is_one_whichever_way_it_is_made(size):
    root = np.random.default_rng(size).normal(size=(size, size + 3))
    matrix = root @ root.T
    factor = np.asfortranarray(np.linalg.cholesky(matrix))
    made = inverse.symmetric_inverse(factor)
    assert (made == made.T).all()
    np.testing.assert_allclose(made @ matrix, np.eye(size), atol=1e-9)
