"""Jurors who differ in noise and slope: exact pieces against dense algebra, the answer against a blind optimiser."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from fairlib.scoring.crossed.incidence import incidence
from fairlib.scoring.crossed.reml import fit_at, fit_sums
from fairlib.scoring.crossed.sums import sums_of
from fairlib.scoring.estimators.adjust import estimate
from fairlib.scoring.estimators.reliability import RELIABILITY, ReliableFit, fitted
from fairlib.scoring.estimators.severity import SEVERITY
from fairlib.scoring.unequal import fit as unequal
from fairlib.scoring.unequal.open_noise import _slopes
from fairlib.selection.firm.worlds import worlds


def drawn(seed, n=60, k=7, readers=3, noise=0.0, slope=0.0, sd=0.75):
    """Submission and juror of each mark, the mark, and what is true: merits, log variances and slopes."""
    rng = np.random.default_rng(seed)
    juror = np.sort(np.argsort(rng.random((n, k)), axis=1)[:, :readers], axis=1).ravel()
    submission = np.repeat(np.arange(n), readers)
    merit, severity = 0.6 * rng.standard_normal(n), 0.3 * rng.standard_normal(k)
    u, lam = noise * rng.standard_normal(k), 1 + slope * rng.standard_normal(k)
    y = 5.5 + lam[juror] * merit[submission] - severity[juror]
    y += sd * np.exp(u / 2)[juror] * rng.standard_normal(len(juror))
    return submission, juror, y, merit, u, lam


def table(submission, juror, y, level=None):
    found = pd.DataFrame({"submission": submission, "juror": juror, "criterion": "all", "score": y})
    return found if level is None else found.assign(level=np.asarray(level)[submission])


def on_edge(seed, **about):
    submission, juror, y, *_ = drawn(seed, **about)
    level = np.arange(60) % 3 if seed % 2 else None
    design = incidence(submission, juror, 60, 7, level)
    return design, y[design.order], np.random.default_rng(seed).normal(0, 0.4, 14), np.array([0.7, 0.3])


def dense(design, y, centre, x, ratios):
    """−2 log restricted likelihood, the residual variance at its best, from the covariance of all marks."""
    j = design.n_jurors
    lam, marks = (1 + x[j:])[design.who], len(y)
    za = lam[:, None] * (design.owner[:, None] == np.arange(design.n_submissions))
    zb = (design.who[:, None] == np.arange(j)).astype(float)
    v = np.diag(np.exp(x[:j])[design.who]) + ratios[0] * za @ za.T + ratios[1] * zb @ zb.T
    fixed = lam[:, None] * (design.level[design.owner][:, None] == np.arange(design.n_levels))
    inner = fixed.T @ np.linalg.solve(v, fixed)
    rest = (y - centre) - fixed @ np.linalg.solve(inner, fixed.T @ np.linalg.solve(v, y - centre))
    dof = marks - design.n_levels
    s2 = rest @ np.linalg.solve(v, rest) / dof
    return np.linalg.slogdet(v)[1] + np.linalg.slogdet(inner)[1] + dof * (1 + np.log(2 * np.pi * s2))


@pytest.mark.parametrize("seed", [2, 3])
def test_the_likelihood_is_that_of_the_covariance_of_all_marks(seed):
    design, y, x, ratios = on_edge(seed, noise=1.0, slope=0.3)
    at = unequal.point_at(design, y, 5.4, x, ratios)
    assert unequal.deviance(at) == pytest.approx(dense(design, y, 5.4, x, ratios), abs=1e-8)


@pytest.mark.parametrize("seed", [2, 3])
def test_the_gradient_is_that_of_the_likelihood(seed):
    design, y, x, ratios = on_edge(seed, noise=1.0, slope=0.3)

    def f(x):
        return unequal.deviance(unequal.point_at(design, y, 5.4, x, ratios))

    found = unequal.gradient(unequal.point_at(design, y, 5.4, x, ratios), y)
    step = 1e-5 * np.eye(14)
    numeric = np.array([(f(x + e) - f(x - e)) / 2e-5 for e in step])
    np.testing.assert_allclose(found, numeric, atol=2e-6)


def test_the_information_is_that_of_the_covariance_of_all_marks():
    design, y, x, ratios = on_edge(2, noise=1.0, slope=0.3)
    j, lam, pi = 7, (1 + x[7:])[design.who], np.exp(x[:7])[design.who]
    za = lam[:, None] * (design.owner[:, None] == np.arange(60))
    c = ratios[0] * za @ za.T
    p = np.linalg.inv(np.diag(pi) + c)
    by = [design.who == k for k in range(j)]
    unit = [ratios[0] * (np.where(b, 1.0, 0)[:, None] * (za / lam[:, None])) @ za.T for b in by]
    parts = [np.diag(np.where(b, pi, 0)) for b in by] + [s + s.T for s in unit] + [np.linalg.inv(p), c]
    whole = np.array([[np.sum((p @ a @ p) * b) for b in parts] for a in parts])
    k = 2 * j
    want = whole[:k, :k] - whole[:k, k:] @ np.linalg.solve(whole[k:, k:], whole[k:, :k])
    found = unequal.information(unequal.point_at(design, y, 5.4, x, ratios))
    np.testing.assert_allclose(found, want, atol=1e-8)


@pytest.mark.parametrize("seed", [2, 4])
def test_a_blind_optimiser_finds_no_better_mode(seed):
    """All of noises, slopes and ratios of variances at once, spreads held at those that were found."""
    submission, juror, y, *_ = drawn(seed, noise=1.0, slope=0.3)
    design = incidence(submission, juror, 60, 7)
    found = fitted(design, y).unequal
    j, tau = 7, found.tau
    open_ = np.repeat(tau > 0, j)

    def objective(free):
        z = np.zeros(2 * j)
        z[open_] = free[2:]
        at = unequal.point_at(design, y, y.mean(), unequal.unfolded(z), np.exp(free[:2]))
        return unequal.deviance(at) + float((z[open_] ** 2 / np.repeat(tau**2, j)[open_]).sum())

    start = np.append(np.zeros(2), np.zeros(open_.sum()))
    blind = minimize(objective, start, method="BFGS", options={"gtol": 1e-6})
    np.testing.assert_allclose(blind.x[2:], found.z[open_], atol=2e-4)


@pytest.mark.parametrize("seed", [2, 4])
def test_spreads_are_the_best_of_their_parabola(seed):
    submission, juror, y, *_ = drawn(seed, noise=1.0, slope=0.3)
    found = fitted(incidence(submission, juror, 60, 7), y).unequal
    grid = [np.array([a, b]) for a in np.linspace(0, 2, 41) for b in np.linspace(0, 0.5, 41)]
    blind = minimize(
        lambda s: found.local.depth(np.abs(s)),
        min(grid, key=found.local.depth),
        method="Nelder-Mead",
        options={"xatol": 1e-8, "fatol": 1e-10},
    )
    np.testing.assert_allclose(np.abs(blind.x), found.tau**2, atol=1e-4)


def test_where_jurors_are_alike_it_is_severity():
    for seed in range(40):
        submission, juror, y, *_ = drawn(seed)
        fit = fitted(incidence(submission, juror, 60, 7), y)
        if (fit.unequal.tau == 0).all():
            plain = fit_sums(sums_of(incidence(submission, juror, 60, 7), y))
            np.testing.assert_allclose(fit.merit, plain.merit, atol=1e-7)
            assert fit.loglik == pytest.approx(plain.loglik, abs=1e-7)
            return
    pytest.fail("no contest of forty in which nothing tells jurors apart")


def test_noises_are_found_and_help():
    gains, seen = [], []
    for seed in range(12):
        submission, juror, y, merit, u, _ = drawn(seed, 120, 10, 4, noise=1.2)
        found = estimate(table(submission, juror, y), "reliability")
        plain = estimate(table(submission, juror, y), "severity")
        seen.append(np.corrcoef(np.log(found.reliability["noise"].to_numpy(float)), u)[0, 1])
        gains.append(
            np.corrcoef(found.submissions["estimate"].astype(float), merit)[0, 1]
            - np.corrcoef(plain.submissions["estimate"].astype(float), merit)[0, 1]
        )
    assert np.mean(seen) > 0.9 and np.mean(gains) > 0.02


def test_intervals_cover_where_jurors_differ():
    inside = []
    for seed in range(25):
        submission, juror, y, merit, *_ = drawn(seed, 120, 12, 4, noise=1.0, slope=0.25)
        found = estimate(table(submission, juror, y), "reliability").submissions.astype({"se": float})
        off = np.abs(found["estimate"].to_numpy(float) - 5.5 - merit)
        inside.append((off < 1.96 * found["se"].to_numpy()).mean())
    assert 0.92 < np.mean(inside) < 0.98


def test_what_x_leaves_open_is_what_merits_move_by():
    submission, juror, y, *_ = drawn(5, noise=1.0, slope=0.3)
    design = incidence(submission, juror, 60, 7)
    found = fitted(design, y).unequal
    along = np.zeros((14, 60))
    for rows, slope in _slopes(found):
        along[rows] = slope

    def merit(x):
        at = unequal.point_at(design, y, y.mean(), x, found.fit.ratios)
        return fit_at(at.sums, at, at.residual, "ok", 0).merit

    numeric = np.array([(merit(found.x + e) - merit(found.x - e)) / 2e-5 for e in 1e-5 * np.eye(14)])
    np.testing.assert_allclose(along, numeric, atol=1e-6)


def test_a_juror_with_the_same_mark_for_all_counts_for_nothing():
    submission, juror, y, merit, *_ = drawn(3, 120, 10, 4)
    y[juror == 2] = 6.0
    found = estimate(table(submission, juror, y), "reliability")
    told = found.reliability.loc[2]
    assert abs(told["slope"]) < 0.05 and found.jurors.loc[2, "status"] == "no_spread"
    assert (found.reliability.drop(index=2)["noise"].astype(float).between(0.5, 2)).all()
    rest = juror != 2
    without = estimate(table(submission[rest], juror[rest], y[rest]), "reliability").submissions["estimate"]
    assert np.corrcoef(found.submissions["estimate"].astype(float), without.astype(float))[0, 1] > 0.97


def test_a_juror_who_turns_the_scale_round_is_read_the_other_way():
    submission, juror, y, merit, *_ = drawn(3, 120, 10, 4, sd=0.5)
    turned = np.where(juror == 4, 11 - y, y)
    found = estimate(table(submission, juror, turned), "reliability")
    assert found.reliability.loc[4, "slope"] < -0.5
    plain = estimate(table(submission, juror, turned), "severity")
    right = [np.corrcoef(f.submissions["estimate"].astype(float), merit)[0, 1] for f in (found, plain)]
    assert right[0] > right[1] + 0.02


def test_two_who_copy_each_other_do_not_count_for_everything():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(40, 1)) + 0.5 * rng.normal(size=(40, 3))
    y[:, 1] = y[:, 0]
    found = estimate(table(np.repeat(np.arange(40), 3), np.tile(np.arange(3), 40), y.ravel()), "reliability")
    noise = found.reliability["noise"].astype(float)
    assert noise.max() / noise.min() <= 25.0 and found.submissions["se"].gt(0).all()


@pytest.mark.parametrize("seed", range(4))
def test_small_and_strange_tables_have_a_number_or_a_status(seed):
    rng = np.random.default_rng(seed)
    tables = [
        (np.repeat(np.arange(20), 2), np.tile([0, 1], 20), rng.normal(size=40)),
        (
            np.repeat(np.arange(8), 10),
            np.concatenate([rng.permutation(30)[:10] for _ in range(8)]),
            rng.normal(size=80),
        ),
        (np.repeat([0, 1], 3), np.tile([0, 1, 2], 2), rng.normal(size=6)),
        (np.repeat(np.arange(15), 3), np.tile([0, 1, 2], 15), rng.integers(1, 4, 45).astype(float)),
    ]
    for submission, juror, y in tables:
        found = estimate(table(submission, juror, y), "reliability", within=True)
        assert np.isfinite(found.submissions[["estimate", "se"]].to_numpy(float)).all()
        assert np.isfinite(found.draws(30, seed=1).to_numpy()).all()


def test_marks_without_noise_are_those_of_severity():
    submission, juror = np.repeat(np.arange(20), 3), np.tile([0, 1, 2], 20)
    y = np.random.default_rng(1).normal(size=20)[submission] + juror
    found, plain = (estimate(table(submission, juror, y), m) for m in ("reliability", "severity"))
    assert found.reliability is None and found.components["status"] == "residual_variance_zero"
    pd.testing.assert_frame_equal(found.submissions, plain.submissions)


def test_unit_and_origin_of_the_scale_do_not_matter():
    submission, juror, y, *_ = drawn(6, noise=1.0, slope=0.3)
    a, b = (estimate(table(submission, juror, v), "reliability") for v in (y, 1000 * y + 7e4))
    np.testing.assert_allclose(
        b.submissions["estimate"].to_numpy(float),
        1000 * a.submissions["estimate"].to_numpy(float) + 7e4,
        rtol=1e-6,
    )
    pd.testing.assert_frame_equal(a.reliability, b.reliability, rtol=1e-4)


def test_low_is_best_turns_the_estimates_and_nothing_else():
    submission, juror, y, *_ = drawn(6, noise=1.0, slope=0.3)
    a, b = (estimate(table(submission, juror, v), "reliability") for v in (y, 11 - y))
    np.testing.assert_allclose(
        b.submissions["estimate"].to_numpy(float), 11 - a.submissions["estimate"].to_numpy(float), atol=1e-6
    )
    pd.testing.assert_frame_equal(a.reliability, b.reliability, rtol=1e-4)


def test_a_second_commission_has_the_noise_and_slopes_of_the_first():
    submission, juror, y, *_ = drawn(2, 120, 10, 4, noise=1.2, slope=0.3)
    fit = fitted(incidence(submission, juror, 120, 10), y)
    assert isinstance(fit, ReliableFit)
    there = worlds(fit, 2000, 1)
    np.testing.assert_allclose(np.log(there.noise).mean(axis=0), np.log(fit.unequal.noise), atol=0.15)
    merit, noise = there.seen(fit.sums.incidence)
    assert merit.shape == noise.shape == (2000, 480)


def test_estimates_at_fitted_noises_are_linear_in_the_marks():
    submission, juror, y, *_ = drawn(7, noise=1.0, slope=0.3)
    design = incidence(submission, juror, 60, 7, np.arange(60) % 3)
    for one in (RELIABILITY, SEVERITY):
        fit = one.model(design, y[design.order])
        np.testing.assert_allclose(one.many(fit)(y[design.order][None, :])[0], fit.merit, atol=1e-8)
