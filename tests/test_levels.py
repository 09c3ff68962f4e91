"""A level for each nomination: dense brute force, draws, and contests whose nominations differ."""

import numpy as np
import pandas as pd
import pytest

from fairlib.errors import ScoringError
from fairlib.scoring.comparison import compare_estimators
from fairlib.scoring.crossed import levels, posterior, reml
from fairlib.scoring.crossed.incidence import incidence
from fairlib.scoring.estimators.adjust import estimate
from fairlib.selection.firm.readings import given
from fairlib.selection.firm.twin import core_of
from fairlib.selection.firm.worlds import worlds

TRUE = np.array([-1.0, 0.0, 1.0])


def bound(seed, n=30, k=6, share=0.15, apart=0.6, readers=3):
    """Codes and marks of a contest whose three nominations have panels of their own, some readings across."""
    rng = np.random.default_rng(seed)
    level, home = np.arange(n) % 3, np.arange(k) % 3
    own = home[None, :] == level[:, None]
    order = np.argsort(rng.random((n, k)) + 2 * ~own, axis=1)
    jurors = order[:, : min(readers, k // 3)].copy()
    away = rng.random(n) < share * jurors.shape[1]
    jurors[away, 0] = order[away, k // 3]
    i, j = np.repeat(np.arange(n), jurors.shape[1]), jurors.ravel()
    merit = 5 + apart * TRUE[level] + rng.normal(0, 0.6, n)
    y = merit[i] - rng.normal(0, 0.4, k)[j] + rng.normal(0, 0.7, len(i))
    return (i, j, y, n, k), level, merit


def dense(data, la, lb, lt=0.0, level=None):
    """V over σ² from first principles, readings × readings."""
    i, j, y, _, _ = data
    v = la * (i[:, None] == i) + lb * (j[:, None] == j) + np.eye(len(y))
    return v if level is None else v + lt * (level[i][:, None] == level[i])


def gls(v, x, y):
    """β, its covariance over σ², r², and log|V| + log|XᵀV⁻¹X|."""
    inverse = np.linalg.inv(v)
    cov = np.linalg.inv(x.T @ inverse @ x)
    beta = cov @ x.T @ inverse @ y
    left = y - x @ beta
    return beta, cov, left @ inverse @ left, np.linalg.slogdet(v)[1] - np.linalg.slogdet(cov)[1]


@pytest.mark.parametrize("restricted", [True, False])
def test_variances_are_those_of_the_dense_likelihood_with_levels_as_they_are(restricted):
    data, level, _ = bound(1, k=9)
    i, _, y, _, _ = data
    x = (level[i][:, None] == np.arange(3)).astype(float)
    fit = reml.fit(*data, level=level, reml=restricted)
    dof = len(y) - 3 if restricted else len(y)

    def deviance(ratios):
        v = dense(data, *ratios)
        _, cov, r2, logdet = gls(v, x, y)
        if not restricted:
            logdet += np.linalg.slogdet(cov)[1]
        return logdet + dof * (1 + np.log(2 * np.pi * r2 / dof))

    best = deviance(fit.ratios)
    assert -2 * fit.loglik == pytest.approx(best, abs=1e-8)
    assert fit.residual == pytest.approx(gls(dense(data, *fit.ratios), x, y)[2] / dof)
    for axis in range(2):
        for factor in (0.97, 1.03):
            moved = fit.ratios.copy()
            moved[axis] *= factor
            assert deviance(moved) > best


@pytest.mark.parametrize("restricted", [True, False])
@pytest.mark.parametrize("ratios", [(0.7, 0.3), (0.0, 0.3), (0.7, 0.0)])
def test_derivatives_equal_finite_differences(ratios, restricted):
    data, level, _ = bound(7)
    sums, h = reml.sums_of(incidence(data[0], data[1], *data[3:], level), data[2]), 1e-5
    at = np.array(ratios)
    grad, hess = reml.Point(sums, at, restricted).derivatives
    for axis in range(2):
        step = np.eye(2)[axis] * h
        near = [reml.Point(sums, at + k * step, restricted) for k in (0, 1, 2)]
        slope = (-3 * near[0].deviance + 4 * near[1].deviance - near[2].deviance) / (2 * h)
        turn = (-3 * near[0].derivatives[0] + 4 * near[1].derivatives[0] - near[2].derivatives[0]) / (2 * h)
        assert grad[axis] == pytest.approx(slope, rel=1e-4, abs=1e-4)
        np.testing.assert_allclose(hess[axis], turn, rtol=2e-3, atol=2e-3)


def averaged(data, level, la, lb):
    """Posterior of the merits by dense algebra: mean (I,), and covariance over σ² held at each τ's own r²/(n − 1)."""
    i, j, y, n, _ = data
    one = np.ones((len(y), 1))
    rows = []
    for lt in levels._RATIOS:
        v = dense(data, la, lb, lt, level)
        beta, cov, r2, logdet = gls(v, one, y)
        inverse = np.linalg.inv(v)
        with_marks = la * (np.arange(n)[:, None] == i) + lt * (level[:, None] == level[i])
        prior = la * np.eye(n) + lt * (level[:, None] == level)
        lift = 1 - with_marks @ inverse @ one
        mean = beta + with_marks @ inverse @ (y - beta)
        spread = prior - with_marks @ inverse @ with_marks.T + lift @ cov @ lift.T
        rows.append((logdet + (len(y) - 1) * np.log(r2) + levels._prior(np.array(lt)), mean, spread, r2))
    depth = np.array([r[0] for r in rows])
    weight = np.exp(-(depth - depth.min()) / 2)
    return (
        weight / weight.sum(),
        np.array([r[1] for r in rows]),
        np.array([r[2] for r in rows]),
        np.array([r[3] for r in rows]),
    )


@pytest.mark.parametrize("apart", [0.0, 0.3, 1.0])
def test_merits_are_those_of_random_levels_averaged_over_how_far_they_lie_apart(apart):
    data, level, _ = bound(5, apart=apart)
    fit = reml.fit(*data, level=level)
    weight, mean, spread, r2 = averaged(data, level, *fit.ratios)
    np.testing.assert_allclose(fit.merit, weight @ mean, atol=1e-8)
    off = mean - weight @ mean
    s2 = (weight * r2).sum() / (len(data[2]) - 1)
    inside = np.tensordot(weight, spread, 1)
    after = given(fit)
    held = after.lift @ after.h @ after.lift.T + np.diag(after.own)
    expected = fit.residual * inside + (weight * off.T) @ off
    np.testing.assert_allclose(held, expected, atol=1e-8)
    assert s2 > 0


@pytest.mark.slow
def test_errors_and_contrasts_are_the_spread_of_the_draws():
    data, level, _ = bound(17, n=42, k=9)
    fit = reml.fit(*data, level=level)
    grid = posterior.nodes(fit)
    sample = posterior.draws(fit, grid, 20_000, np.random.default_rng(1))
    se, se_juror = posterior.errors(fit, grid)
    np.testing.assert_allclose(np.sqrt(((sample - fit.merit) ** 2).mean(axis=0)), se, rtol=0.06)
    mean = (level == np.arange(3)[:, None]) / 14
    contrast = mean[[0, 0, 1]] - mean[[1, 2, 2]]
    seen = np.sqrt(((sample @ contrast.T - contrast @ fit.merit) ** 2).mean(axis=0))
    np.testing.assert_allclose(posterior.contrast_errors(fit, grid, contrast), seen, rtol=0.06)
    juror = worlds(fit, 20_000, 3).juror
    np.testing.assert_allclose(np.sqrt(((juror - fit.juror_effect) ** 2).mean(axis=0)), se_juror, rtol=0.06)


@pytest.mark.slow
def test_more_jurors_than_submissions_change_places_and_nothing_else(monkeypatch):
    data, level, _ = bound(4, n=15, k=24, readers=8)
    seen = []
    for _ in range(2):
        fit = reml.fit(*data, level=level)
        grid = posterior.nodes(fit)
        contrast = ((level == 0) / 5 - (level == 1) / 5)[None, :]
        errors = (*posterior.errors(fit, grid), posterior.contrast_errors(fit, grid, contrast))
        drawn = posterior.draws(fit, grid, 20_000, np.random.default_rng(2)).std(axis=0)
        seen.append((fit.is_turned, fit.merit, fit.juror_effect, *errors, drawn))
        monkeypatch.setattr(reml, "_is_turned", lambda sums, status: False)
    assert [s[0] for s in seen] == [True, False]
    for turned, plain in zip(seen[0][1:3], seen[1][1:3], strict=True):
        np.testing.assert_allclose(turned, plain, atol=1e-5)
    for turned, plain in zip(seen[0][3:6], seen[1][3:6], strict=True):  # the grids differ a little
        np.testing.assert_allclose(turned, plain, rtol=5e-3)
    np.testing.assert_allclose(seen[0][6], seen[1][3], rtol=0.06)


def test_one_level_given_is_no_level():
    data, _, _ = bound(6)
    named, plain = reml.fit(*data, level=np.full(data[3], 4)), reml.fit(*data)
    assert named.loglik == plain.loglik
    np.testing.assert_array_equal(named.merit, plain.mu + plain.submission_effect)


def test_a_second_commission_is_estimated_as_the_first():
    data, level, _ = bound(8)
    fit = reml.fit(*data, level=level)
    y = data[2][fit.sums.incidence.order] - fit.sums.centre
    np.testing.assert_allclose(
        core_of("severity", fit)(y[None, :])[0] + fit.sums.centre, fit.merit, atol=1e-9
    )


def test_hardly_more_submissions_than_levels_share_one():
    data, level, _ = bound(2, n=10)
    assert incidence(data[0], data[1], 10, 6, level).n_levels == 1
    assert incidence(data[0], data[1], 10, 6, np.minimum(level, 1)).n_levels == 2


def table(data, level):
    i, j, y, _, _ = data
    names = np.array(["legal", "health", "culture"])[level[i]]
    return pd.DataFrame({"submission": i, "juror": j, "criterion": "c", "score": y, "level": names})


@pytest.mark.slow
def test_contrasts_say_how_far_apart_the_nominations_are_and_how_surely():
    data, level, _ = bound(9)
    found = estimate(table(data, level))
    mean = (
        found.submissions["estimate"]
        .astype(float)
        .groupby(np.array(["legal", "health", "culture"])[level])
        .mean()
    )
    rows = found.contrasts.set_index(["level_a", "level_b"])
    assert rows.index.tolist() == [("culture", "health"), ("culture", "legal"), ("health", "legal")]
    for (a, b), row in rows.iterrows():
        assert row["difference"] == pytest.approx(mean[a] - mean[b])
        assert 0 < row["se"] < 1
    drawn = found.draws(20_000, seed=1).to_numpy()
    seen = drawn[:, level == 2].mean(axis=1) - drawn[:, level == 1].mean(axis=1)
    assert seen.std() == pytest.approx(rows.loc[("culture", "health"), "se"], rel=0.05)
    assert estimate(table(data, level).drop(columns="level")).contrasts is None


@pytest.mark.slow
def test_levels_are_means_of_estimates_with_the_error_of_the_mean_of_these_submissions():
    data, level, _ = bound(9)
    names = np.array(["legal", "health", "culture"])[level]
    found = estimate(table(data, level))
    rows = found.levels.set_index("level")
    mean = found.submissions["estimate"].astype(float).groupby(names).mean()
    pd.testing.assert_series_equal(rows["mean"], mean, check_names=False)
    drawn = found.draws(20_000, seed=1).T.groupby(names).mean().T
    np.testing.assert_allclose(rows["se"], drawn.std(), rtol=0.05)
    assert rows["n_submissions"].to_dict() == pd.Series(names).value_counts().to_dict()
    for r in found.contrasts.itertuples():
        assert r.difference == pytest.approx(rows["mean"][r.level_a] - rows["mean"][r.level_b])
        assert rows["n_jurors"][r.level_a] >= r.across
    assert estimate(table(data, level).drop(columns="level")).levels is None


@pytest.mark.parametrize("method", ["raw", "median", "trimmed", "zscore", "additive"])
def test_levels_change_no_other_estimator(method):
    data, level, _ = bound(13, share=0.4)
    ratings = table(data, level).assign(score=lambda t: t["score"].round())
    found, plain = estimate(ratings, method), estimate(ratings.drop(columns="level"), method)
    pd.testing.assert_frame_equal(found.submissions, plain.submissions)
    pd.testing.assert_frame_equal(found.jurors, plain.jurors)


@pytest.mark.slow
def test_estimators_are_compared_where_levels_differ():
    data, level, _ = bound(14, n=60, k=9, apart=2.0)
    found = compare_estimators(table(data, level), 20, n_sim=20)
    assert found.loc["severity", "hit_rate"] > found.loc["zscore", "hit_rate"] + 0.1
    assert found.loc["severity", "rmse"] < found.loc["raw", "rmse"]


@pytest.mark.slow
def test_panels_that_read_one_nomination_each_are_compared_with_the_error_of_their_difference():
    data, level, _ = bound(10, share=0.0)
    ratings = table(data, level)
    with pytest.raises(ScoringError, match="3 disconnected parts"):
        estimate(ratings.drop(columns="level"))
    with pytest.raises(ScoringError, match="3 disconnected parts"):
        estimate(ratings, "additive")
    found = estimate(ratings)
    assert set(found.submissions["status"]) == {"ok"} and found.submissions["component"].nunique() == 1
    assert (found.contrasts["across"] == 0).all()
    linked = estimate(table(bound(10, share=0.5)[0], level))
    assert (found.contrasts["se"] > linked.contrasts["se"]).all()
    assert compare_estimators(ratings, 10, n_sim=2, methods=("raw", "severity"))["hit_rate"].notna().all()


def test_parts_inside_a_nomination_stay_disconnected():
    data, level, _ = bound(11, share=0.0)
    with pytest.raises(ScoringError, match="3 disconnected parts"):
        estimate(table(data, np.minimum(level, 1)))


def test_a_submission_has_one_level():
    data, level, _ = bound(12)
    ratings = table(data, level)
    ratings.loc[0, "level"] = "sport"
    with pytest.raises(ScoringError, match="Submission 0 has two levels"):
        estimate(ratings)


@pytest.mark.slow
def test_nominations_that_differ_cost_neither_hits_nor_coverage():
    """A light version of benchmarks/levels.py: two in a hundred readings across, levels a standard deviation apart."""
    rng, home = np.random.default_rng(2021), np.repeat([0, 1, 2], 4)
    level = np.repeat([0, 1, 2], [112, 43, 66])
    hits, covered = [], []
    for _ in range(12):
        order = np.argsort(rng.random((221, 12)) + 2 * (home[None, :] != level[:, None]), axis=1)
        jurors, away = order[:, :4].copy(), rng.random(221) < 0.08
        jurors[away, 0] = order[away, 4]
        i, j = np.repeat(np.arange(221), 4), jurors.ravel()
        merit = 5.5 + 0.58 * TRUE[level] + rng.normal(0, 0.58, 221)
        y = merit[i] - rng.normal(0, np.sqrt(0.10), 12)[j] + rng.normal(0, np.sqrt(0.56), len(i))
        fit = reml.fit(i, j, y, 221, 12, level=level)
        se, _ = posterior.errors(fit, posterior.nodes(fit))
        best = np.argsort(-merit)[:50]
        plain = np.bincount(i, y) / 4
        hits.append([np.isin(np.argsort(-e)[:50], best).sum() for e in (fit.merit, plain)])
        covered.append((np.abs(fit.merit - merit) <= 1.96 * se).mean())
    mine, mean = np.mean(hits, axis=0)
    assert mine > mean - 0.4 and mine > 36
    assert 0.93 < np.mean(covered) < 0.97
