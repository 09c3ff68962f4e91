"""Several groupings at once: dense brute force, what two groupings share, and the sums that are enough."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from fairlib.errors import ScoringError
from fairlib.scoring.crossed import levels, posterior, reml
from fairlib.scoring.crossed.groupings import kept
from fairlib.scoring.crossed.incidence import incidence
from fairlib.scoring.crossed.sums import sums_from, sums_of
from fairlib.scoring.estimators.adjust import estimate
from fairlib.selection.firm.readings import given
from fairlib.selection.firm.twin import core_of
from fairlib.selection.firm.worlds import worlds


def crossed(seed=1, n=48, k=8, readers=3, apart=(0.5, 0.4)):
    """Codes, marks and two crossed groupings, three nominations and two languages, and the true merits."""
    rng = np.random.default_rng(seed)
    codes = np.array([np.arange(n) % 3, rng.integers(0, 2, n)])
    i = np.repeat(np.arange(n), readers)
    j = np.concatenate([rng.choice(k, readers, replace=False) for _ in range(n)])
    merit = 5 + apart[0] * (codes[0] - 1) + apart[1] * codes[1] + rng.normal(0, 0.6, n)
    y = merit[i] - rng.normal(0, 0.4, k)[j] + rng.normal(0, 0.7, len(i))
    return (i, j, y, n, k), codes, merit


def brute(data, codes, la, lb, fixed=(False, False)):
    """Posterior of the merits by dense algebra over readings, the spreads averaged over the same grid."""
    i, j, y, n, _ = data
    drawn = [c for c, f in zip(codes, fixed, strict=True) if not f]
    frame = np.hstack(
        [
            np.ones((n, 1)),
            *(
                (c[:, None] == np.arange(1, c.max() + 1)) * 1.0
                for c, f in zip(codes, fixed, strict=True)
                if f
            ),
        ]
    )
    x = frame[i]
    rows = []
    for ratios in levels._grid(len(drawn)):
        prior = la * np.eye(n)
        for lt, c in zip(ratios, drawn, strict=True):
            prior = prior + lt * (c[:, None] == c)
        v = prior[np.ix_(i, i)] + lb * (j[:, None] == j) + np.eye(len(y))
        inverse = np.linalg.inv(v)
        cov = np.linalg.inv(x.T @ inverse @ x)
        beta = cov @ x.T @ inverse @ y
        left = y - x @ beta
        r2, dof = left @ inverse @ left, len(y) - x.shape[1]
        depth = np.linalg.slogdet(v)[1] - np.linalg.slogdet(cov)[1] + dof * np.log(r2)
        depth += levels._prior(ratios).sum()
        lift = frame - prior[:, i] @ inverse @ x
        mean = frame @ beta + prior[:, i] @ inverse @ left
        rows.append((depth, mean, prior - prior[:, i] @ inverse @ prior[i] + lift @ cov @ lift.T, r2 / dof))
    depth = np.array([r[0] for r in rows])
    weight = np.exp(-(depth - depth.min()) / 2)
    return weight / weight.sum(), *(np.array([r[m] for r in rows]) for m in (1, 2, 3))


@pytest.mark.parametrize("fixed", [(False, False), (False, True), (True, True)])
def test_merits_are_those_of_the_dense_model_with_a_spread_for_each_grouping(fixed):
    data, codes, _ = crossed()
    fit = reml.fit(*data, level=codes, fixed=fixed)
    weight, mean, spread, s2 = brute(data, codes, *fit.ratios, fixed=fixed)
    np.testing.assert_allclose(fit.merit, weight @ mean, atol=1e-7)
    np.testing.assert_allclose(fit.levels.weight, weight, atol=1e-7)
    np.testing.assert_allclose(fit.levels.s2, s2, rtol=1e-7)
    off = mean - weight @ mean
    expected = fit.residual * np.tensordot(weight, spread, 1) + (weight * off.T) @ off
    after = given(fit)
    held = after.lift @ after.h @ after.lift.T + np.diag(after.own)
    np.testing.assert_allclose(held, expected, atol=1e-7)


def test_variances_are_those_of_the_dense_likelihood_with_additive_levels_as_they_are():
    data, codes, _ = crossed(3)
    i, j, y, n, _ = data
    fit = reml.fit(*data, level=codes)
    x = np.column_stack([codes[0][i] == g for g in range(3)] + [codes[1][i] == 1]).astype(float)

    def deviance(la, lb):
        v = la * (i[:, None] == i) + lb * (j[:, None] == j) + np.eye(len(y))
        inverse = np.linalg.inv(v)
        cov = np.linalg.inv(x.T @ inverse @ x)
        left = y - x @ (cov @ x.T @ inverse @ y)
        dof = len(y) - 4
        r2 = left @ inverse @ left
        return np.linalg.slogdet(v)[1] - np.linalg.slogdet(cov)[1] + dof * (1 + np.log(2 * np.pi * r2 / dof))

    best = deviance(*fit.ratios)
    assert -2 * fit.loglik == pytest.approx(best, abs=1e-8)
    for axis, factor in product(range(2), (0.97, 1.03)):
        moved = fit.ratios.copy()
        moved[axis] *= factor
        assert deviance(*moved) > best


def test_errors_and_contrasts_of_crossed_groupings_are_the_spread_of_the_draws():
    data, codes, _ = crossed(5, n=60, k=9)
    fit = reml.fit(*data, level=codes, fixed=(False, True))
    grid = posterior.nodes(fit)
    sample = posterior.draws(fit, grid, 20_000, np.random.default_rng(1))
    se, _ = posterior.errors(fit, grid)
    np.testing.assert_allclose(np.sqrt(((sample - fit.merit) ** 2).mean(axis=0)), se, rtol=0.06)
    mean = (codes[1] == np.arange(2)[:, None]) / np.bincount(codes[1])[:, None]
    contrast = mean[[0]] - mean[[1]]
    seen = np.sqrt(((sample @ contrast.T - contrast @ fit.merit) ** 2).mean(axis=0))
    np.testing.assert_allclose(posterior.contrast_errors(fit, grid, contrast), seen, rtol=0.06)
    wide = worlds(fit, 20_000, 3).juror
    _, se_juror = posterior.errors(fit, grid)
    np.testing.assert_allclose(np.sqrt(((wide - fit.juror_effect) ** 2).mean(axis=0)), se_juror, rtol=0.06)


def test_more_jurors_than_submissions_change_places_with_two_groupings_too(monkeypatch):
    data, codes, _ = crossed(4, n=18, k=26, readers=9)
    seen = []
    for _ in range(2):
        fit = reml.fit(*data, level=codes)
        grid = posterior.nodes(fit)
        weight = fit.sums.incidence.levels.apart(1, np.array([1]), np.array([0]))
        alike = posterior.contrast_errors(fit, grid, np.zeros((1, 18)), weight)
        seen.append((fit.is_turned, fit.merit, *posterior.errors(fit, grid), alike))
        monkeypatch.setattr(reml, "_is_turned", lambda sums, status: False)
    assert [s[0] for s in seen] == [True, False]
    np.testing.assert_allclose(seen[0][1], seen[1][1], atol=1e-5)
    for turned, plain in zip(seen[0][2:], seen[1][2:], strict=True):  # the grids differ a little
        np.testing.assert_allclose(turned, plain, rtol=1e-2)


def test_a_second_commission_is_estimated_as_the_first_with_two_groupings():
    data, codes, _ = crossed(8)
    fit = reml.fit(*data, level=codes, fixed=(True, False))
    y = data[2][fit.sums.incidence.order] - fit.sums.centre
    again = core_of("severity", fit)(y[None, :])[0] + fit.sums.centre
    np.testing.assert_allclose(again, fit.merit, atol=1e-9)


def table(data, codes, columns=("level:nomination", "level:language")):
    i, j, y, _, _ = data
    given = pd.DataFrame({"submission": i, "juror": j, "criterion": "c", "score": y})
    words = (np.array(["art", "health", "law"]), np.array(["kk", "ru"]))
    return given.assign(**{c: w[code[i]] for c, w, code in zip(columns, words, codes, strict=True)})


def test_each_grouping_has_its_levels_contrasts_and_spread():
    data, codes, _ = crossed(9, n=90)
    found = estimate(table(data, codes))
    assert found.levels["grouping"].tolist() == ["nomination"] * 3 + ["language"] * 2
    assert found.contrasts[["level_a", "level_b"]].values.tolist() == [
        ["art", "health"], ["art", "law"], ["health", "law"], ["kk", "ru"],
    ]  # fmt: skip
    drawn = found.draws(20_000, seed=1).to_numpy()
    for r in found.contrasts.itertuples():
        code, names = (
            (codes[0], ["art", "health", "law"]) if r.grouping == "nomination" else (codes[1], ["kk", "ru"])
        )
        a, b = (drawn[:, code == names.index(g)].mean(axis=1) for g in (r.level_a, r.level_b))
        assert (a - b).std() == pytest.approx(r.se, rel=0.05)
        assert (a - b).mean() == pytest.approx(r.difference, abs=0.02)
        assert r.alike_se > r.se  # of new submissions less is known than of these very ones
    spread = found.groupings.set_index("grouping")
    assert spread["status"].tolist() == ["ok", "ok"] and spread["treated"].tolist() == ["drawn", "drawn"]
    assert (spread["sd_low"] < spread["sd"]).all() and (spread["sd"] < spread["sd_high"]).all()


def test_what_is_alike_leaves_out_the_other_grouping():
    """Languages that stand apart because one is written in the good nominations alone are alike."""
    rng = np.random.default_rng(2)
    n, k = 300, 10
    nomination = np.repeat([0, 1, 2], 100)
    language = (rng.random(n) < np.array([0.9, 0.5, 0.1])[nomination]).astype(int)
    i = np.repeat(np.arange(n), 4)
    j = np.concatenate([rng.choice(k, 4, replace=False) for _ in range(n)])
    y = 5 + (1.0 * (nomination - 1) + rng.normal(0, 0.5, n))[i] + rng.normal(0, 0.5, len(i))
    found = (
        estimate(table((i, j, y, n, k), (nomination, language)))
        .contrasts.set_index("grouping")
        .loc["language"]
    )
    assert abs(found["difference"]) > 5 * found["se"]
    assert abs(found["alike"]) < 2.5 * found["alike_se"]


def test_a_grouping_alone_is_the_same_by_either_name():
    data, codes, _ = crossed(6)
    several = table(data, codes)[["submission", "juror", "criterion", "score", "level:nomination"]]
    one = estimate(several.rename(columns={"level:nomination": "level"}))
    named = estimate(several)
    pd.testing.assert_frame_equal(one.submissions, named.submissions)
    assert set(named.contrasts["grouping"]) == {"nomination"} and set(one.contrasts["grouping"]) == {"level"}


READ = np.ones(40, dtype=bool)
FOUR, TWO = np.arange(40) % 4, np.arange(40) % 2


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ([FOUR, np.arange(40) // 20], [("ok", None), ("ok", None)]),
        ([FOUR, np.zeros(40, int)], [("ok", None), ("one_group", None)]),
        ([FOUR, 3 - FOUR], [("ok", None), ("same_groups", 0)]),
        ([FOUR, TWO], [("ok", None), ("nested", 0)]),
        ([TWO, FOUR], [("nested", 1), ("ok", None)]),
        ([FOUR, 2 * TWO + np.arange(40) // 20], [("confounded", 1), ("confounded", 0)]),
        ([np.arange(40) % 33], [("too_many_groups", None)]),
        ([FOUR, np.arange(40) % 30], [("ok", None), ("too_many_groups", None)]),
    ],
)
def test_what_becomes_of_each_grouping(codes, said):
    assert [(k.status, k.other) for k in kept(codes, READ)] == said


def test_submissions_without_marks_say_nothing_of_groupings():
    read = np.arange(40) % 4 != 3
    assert [k.status for k in kept([np.where(read, 0, 1)], read)] == ["one_group"]


def test_a_grouping_that_says_nothing_is_told_by_name_and_changes_nothing():
    data, codes, _ = crossed(11)
    one = table(data, codes).drop(columns="level:language")
    same = one.assign(
        **{"level:region": one["level:nomination"].map({"art": 1, "health": 2, "law": 3}), "level:x": "a"}
    )
    found, plain = estimate(same), estimate(one)
    pd.testing.assert_frame_equal(found.submissions, plain.submissions)
    told = found.groupings.set_index("grouping")
    assert told["status"].to_dict() == {"nomination": "ok", "region": "same_groups", "x": "one_group"}
    assert told.loc["region", "other"] == "nomination" and told.loc[["region", "x"], "sd"].isna().all()


def test_nested_groupings_have_levels_and_no_difference_alike():
    data, codes, _ = crossed(12, n=60)
    four = 2 * codes[1] + np.arange(60) % 2
    i = data[0]
    ratings = (
        table(data, codes).drop(columns="level:nomination").assign(**{"level:region": four[i].astype(str)})
    )
    found = estimate(ratings)
    told = found.groupings.set_index("grouping")
    assert told.loc["language", ["status", "other"]].tolist() == ["nested", "region"]
    rows = found.contrasts.set_index("grouping")
    assert rows.loc[["language"], "alike"].isna().all() and rows["se"].notna().all()
    fixed = estimate(ratings.rename(columns={"level:language": "fixed:language"}))
    assert fixed.groupings.set_index("grouping").loc["language", "treated"] == "fixed"
    assert fixed.submissions["se"].notna().all()


def test_fixed_levels_are_not_drawn_together():
    data, codes, _ = crossed(13, n=60, apart=(0.0, 0.0))
    drawn = estimate(table(data, codes)).contrasts
    fixed = estimate(table(data, codes, ("fixed:nomination", "fixed:language"))).contrasts
    assert (fixed["difference"].abs() > drawn["difference"].abs()).all()
    assert (fixed["alike_se"] > drawn["alike_se"]).all()


def test_more_than_three_spreads_are_refused_by_number():
    data, codes, _ = crossed(14, n=200)
    rng = np.random.default_rng(0)
    ratings = table(data, codes)
    for k in range(2):
        ratings[f"level:{k}"] = rng.integers(0, 2, 200)[data[0]]
    with pytest.raises(ScoringError, match="4 groupings are drawn together; 3 can be"):
        estimate(ratings)
    assert estimate(ratings.rename(columns={"level:0": "fixed:0"})).fit is not None


def test_sums_by_submission_and_juror_are_enough():
    """The record's sums give the same estimates, levels, contrasts' errors and draws as the marks."""
    data, codes, _ = crossed(15)
    i, j, y, n, k = data
    design = incidence(i, j, n, k, codes)
    centre = float(y.mean())
    away = y - centre
    by_submission, by_juror = np.bincount(i, away, minlength=n), np.bincount(j, away, minlength=k)
    kept_sums = sums_from(design, by_submission, by_juror, float(away @ away), centre)
    ours, theirs = (reml.fit_sums(s) for s in (sums_of(design, y), kept_sums))
    np.testing.assert_allclose(theirs.merit, ours.merit, atol=1e-10)
    np.testing.assert_allclose(theirs.levels.value, ours.levels.value, atol=1e-10)
    np.testing.assert_allclose(theirs.levels.covariance, ours.levels.covariance, atol=1e-10)
    errors = [posterior.errors(f, posterior.nodes(f))[0] for f in (ours, theirs)]
    np.testing.assert_allclose(*errors, rtol=1e-8)


def test_panels_that_read_a_language_each_are_compared_through_the_other_grouping():
    rng = np.random.default_rng(3)
    n, k = 60, 8
    nomination, language = np.arange(n) % 3, np.arange(n) // 30
    i = np.repeat(np.arange(n), 3)
    j = np.concatenate([4 * g + rng.choice(4, 3, replace=False) for g in language])
    y = (
        5
        + 0.4 * nomination[i]
        + rng.normal(0, 0.6, n)[i]
        + rng.normal(0, 0.5, k)[j]
        + rng.normal(0, 0.6, len(i))
    )
    ratings = table((i, j, y, n, k), (nomination, language))
    found = estimate(ratings).contrasts.set_index("grouping")
    assert (
        found.loc["language", "across"] == 0
        and found.loc["language", "se"] > found.loc["nomination", "se"].max()
    )
    with pytest.raises(ScoringError, match="disconnected"):
        estimate(ratings.drop(columns="level:language"))
