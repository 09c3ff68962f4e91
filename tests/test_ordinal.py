"""The ordinal model: derivatives, the posterior by brute force, what turns with the marks, edges, second juries."""

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy.special import log_ndtr, ndtr

from fairlib.errors import ScoringError
from fairlib.scoring.estimators.adjust import estimate, one_mark_for_all
from fairlib.scoring.ordinal.cells import cells
from fairlib.scoring.ordinal.fit import Search
from fairlib.scoring.ordinal.likelihood import Readings, Spreads, at, prior_precision
from fairlib.scoring.ordinal.posterior import Posterior
from fairlib.scoring.ordinal.scale import MOST, steps_of

SPREADS = Spreads(1.0, 0.6, 0.5)


def drawn(seed, n=30, jurors=6, readers=3, centre=8.7, ends=(1, 10), step=1.0, quality=1.0):
    """Ratings on one criterion, rounded and cut at the ends of the scale, and the true qualities."""
    rng = np.random.default_rng(seed)
    who = np.concatenate([rng.choice(jurors, readers, replace=False) for _ in range(n)])
    owner, merit = np.repeat(np.arange(n), readers), centre + quality * rng.normal(size=n)
    latent = merit[owner] + 0.6 * rng.normal(size=jurors)[who] + quality * rng.normal(size=len(owner))
    score = np.clip(ends[0] + step * np.round((latent - ends[0]) / step), *ends)
    table = {"submission": owner, "juror": who, "criterion": "c", "score": score}
    return pd.DataFrame(table), merit


def readings(y, jurors, levels=1):
    n = len(y) // jurors
    steps, step = steps_of(np.asarray(y, float))
    owner, who = np.repeat(np.arange(n), jurors), np.tile(np.arange(jurors), n)
    return Readings(owner, who, step, np.arange(n) % levels, jurors, levels, steps)


def numbers(found, column="estimate"):
    return found.submissions[column].to_numpy(float)


@pytest.mark.parametrize("spread", [0.5, 1.0, 10.0])
def test_gradient_hessian_and_pull_are_derivatives(spread):
    rng = np.random.default_rng(0)
    data = readings(np.clip(np.round(6 + 1.5 * rng.normal(size=32)), 3, 8), 4, levels=2)
    spreads = Spreads(spread, 0.6, 0.5)
    precision, u = prior_precision(data, spreads), 0.2 * rng.normal(size=data.width)

    def there(v):
        return at(data, spreads, precision, v, np.zeros(8))

    def differences(of):
        off = 1e-4 * np.eye(data.width)
        return np.array([(of(there(u + e)) - of(there(u - e))) / 2e-4 for e in off])

    here = there(u)
    np.testing.assert_allclose(here.gradient, differences(lambda p: p.value), atol=2e-6)
    np.testing.assert_allclose(here.hessian, -differences(lambda p: p.gradient), atol=5e-5)
    np.testing.assert_allclose(here.pull, differences(lambda p: p.mean).T, atol=2e-5)


def test_chances_of_steps_hold_far_out():
    lo, hi = np.array([-1e6, 0.0, 20.0, 37.0, 60.0]), np.array([0.0, 1e-9, 20.5, 1e6, 60.1])
    found = cells(lo, hi, np.array([30.0, 12.0, -15.0, -8.0, 3.0]))
    assert np.isfinite(found.log).all() and np.isfinite(found.score).all()
    np.testing.assert_allclose(found.log[[0, 3]], log_ndtr([-30.0, -45.0]), rtol=1e-9)
    assert (np.sign(found.score) == [-1, -1, 1, 1, 1]).all()


def test_submissions_are_integrated_exactly():
    """Against a sum over 200,001 points, submissions with highest or lowest marks only among them."""
    y = [5, 5, 5, 1, 1, 1, 3, 4, 3, 5, 5, 4, 2, 1, 1, 4, 3, 2]
    for spread, most in ((0.1, 1e-6), (1.0, 5e-5), (4.0, 2e-3)):
        data = readings(y, 3)
        precision = prior_precision(data, Spreads(spread, 0.6, 0.5))
        u = 0.2 * np.random.default_rng(1).normal(size=data.width)
        here = at(data, Spreads(spread, 0.6, 0.5), precision, u, np.zeros(6))
        lo, hi = (end[data.step] for end in data.steps.ends(data.parts(u)[2]))
        grid, base, value = np.linspace(-9 * spread - 5, 9 * spread + 5, 200_001), data.location(u), 0.0
        for i in range(6):
            log = -((grid / spread) ** 2) / 2 - np.log(spread)
            for n in np.flatnonzero(data.owner == i):
                log = log + cells(lo[n], hi[n], base[n] + grid).log
            weight = np.exp(log - log.max())
            value += log.max() + np.log(weight.sum() * (grid[1] - grid[0]))
            mean = weight @ grid / weight.sum()
            assert here.mean[i] == pytest.approx(mean, abs=most)
            assert here.variance[i] == pytest.approx(weight @ (grid - mean) ** 2 / weight.sum(), rel=most)
        assert here.value + u @ precision @ u / 2 == pytest.approx(value, abs=most)


def by_brute_force(data, node):
    """Mean and standard deviation of every mark to expect: a sum over a grid of u and one of each submission."""
    root = np.linalg.cholesky(node.covariance)
    grid = np.array(list(itertools.product(np.linspace(-4.8, 4.8, 9), repeat=data.width)))
    u, t = node.point.u + grid @ root.T, np.linspace(-5, 5, 31)
    juror, level, stretch = u[:, :2], u[:, 2], u[:, 3:]
    cut = data.steps.cuts(stretch)
    ends = np.pad(cut, ((0, 0), (1, 1)), constant_values=((0, 0), (-50, 50)))
    log, values = np.zeros(len(u)), data.steps.values
    first, second = np.zeros((2, len(u), len(data.level)))
    for i in range(len(data.level)):
        weight = np.exp(-(t**2) / 2) * np.ones((len(u), 1))
        for n in np.flatnonzero(data.owner == i):
            place = level[:, None] + juror[:, [data.who[n]]] + t
            weight = weight * (
                ndtr(ends[:, [data.step[n] + 1]] - place) - ndtr(ends[:, [data.step[n]]] - place)
            )
        mark = values[-1] - sum(
            gap * ndtr(cut[:, [k]] - level[:, None] - t) for k, gap in enumerate(np.diff(values))
        )
        total = weight.sum(axis=1)
        log += np.log(total)
        first[:, i], second[:, i] = ((weight * mark**p).sum(axis=1) / total for p in (1, 2))
    log -= np.einsum("ni,ij,nj->n", u, node.point.precision, u) / 2
    share = np.exp(log - log.max())
    mean, square = (share @ x / share.sum() for x in (first, second))
    return mean, np.sqrt(square - mean**2)


@pytest.mark.parametrize(
    "y",
    [
        [1, 2, 3, 3, 2, 3, 1, 1, 2, 2, 3, 2, 1, 1, 2, 3],
        np.clip(np.round(2.4 + np.random.default_rng(0).normal(size=24)), 1, 3),
    ],
)
def test_the_posterior_at_given_spreads_is_that_of_brute_force(y):
    """Two marks a submission on three steps: as little as there can be."""
    data = readings(y, 2)
    search = Search(data, np.zeros(data.width), np.zeros(len(data.level)), np.zeros(3))
    node = search.node(np.log([1.0, 0.6, 0.5]))
    mean, sd = by_brute_force(data, node)
    found = Posterior(data, [node])
    mine, error = found.marks(*found.places)
    np.testing.assert_allclose(mine, mean, atol=0.01)
    np.testing.assert_allclose(error, sd, rtol=0.02)
    many = found.draws(20_000, np.random.default_rng(0))
    np.testing.assert_allclose(many.mean(axis=0), mean, atol=0.025)
    np.testing.assert_allclose(many.std(axis=0), sd, rtol=0.04)


def test_far_from_the_ends_it_is_the_model_of_normal_marks():
    ratings, _ = drawn(1, n=120, readers=4, centre=50, ends=(0, 100), quality=8)
    mine, normal = estimate(ratings, "ordinal"), estimate(ratings, "severity")
    spread = numbers(normal).std()
    assert np.abs(numbers(mine) - numbers(normal)).max() < 0.15 * spread
    np.testing.assert_allclose(numbers(mine, "se"), numbers(normal, "se"), rtol=0.15)


@pytest.mark.parametrize("seed", range(2))
def test_what_turns_with_the_marks_and_what_does_not(seed):
    ratings, _ = drawn(seed, n=14, jurors=4)
    ratings["level"] = ratings["submission"] % 2
    found = estimate(ratings, "ordinal")
    low = estimate(ratings.assign(score=11 - ratings["score"]), "ordinal")
    np.testing.assert_allclose(numbers(low), 11 - numbers(found), atol=1e-8)
    np.testing.assert_allclose(numbers(low, "se"), numbers(found, "se"), atol=1e-8)
    wide = estimate(ratings.assign(score=10 * ratings["score"] - 3), "ordinal")
    np.testing.assert_allclose(numbers(wide), 10 * numbers(found) - 3, atol=1e-7)
    rng = np.random.default_rng(seed)
    of_submission, of_juror = rng.permutation(14), rng.permutation(4)
    named = ratings.assign(
        submission=of_submission[ratings["submission"]], juror=of_juror[ratings["juror"]]
    ).sample(frac=1, random_state=seed)
    again = estimate(named, "ordinal")
    np.testing.assert_allclose(numbers(again)[of_submission], numbers(found), atol=1e-8)
    mine, theirs = (e.jurors["severity"].to_numpy(float) for e in (found, again))
    np.testing.assert_allclose(theirs[of_juror], mine, atol=1e-8)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("n", "jurors"), [(6, 3), (8, 4)])
def test_no_small_panel_on_five_steps_is_refused(n, jurors, seed):
    ratings, _ = drawn([n, seed], n, jurors, jurors, centre=3.6, ends=(1, 5), quality=0.8)
    found = estimate(ratings, "ordinal")
    assert (found.submissions["status"] == "ok").all()
    table = found.submissions.join(found.intervals()).astype({"estimate": float})
    assert table["estimate"].between(1, 5).all() and (table["se"] > 0).all()
    assert (table["low"] < table["estimate"]).all() and (table["estimate"] < table["high"]).all()
    assert table["low"].min() >= ratings["score"].min() and table["high"].max() <= ratings["score"].max()


def test_best_marks_only_are_a_number_between_the_others_and_the_end():
    ratings, _ = drawn(5, n=20, jurors=5, centre=7.0)
    ratings.loc[ratings["submission"] == 3, "score"] = 10.0
    found = estimate(ratings, "ordinal")
    assert numbers(found)[3] == numbers(found).max()
    assert 8 < numbers(found)[3] < 10
    low, high = found.intervals().loc[3].astype(float)
    assert high - numbers(found)[3] < numbers(found)[3] - low


EDGES = {
    "two values": lambda r: r.assign(score=(r["score"] > 8).astype(float)),
    "half points": lambda r: r.assign(score=(r["score"] * 2 + r["juror"] % 2) / 2),
    "no steps": lambda r: r.assign(score=r["score"] + np.random.default_rng(0).normal(size=len(r))),
    "unused": lambda r: r.assign(score=r["score"].where(r["score"] != 8, 9.0)),
    "submission plus juror": lambda r: r.assign(score=1.0 * r["submission"] + r["juror"]),
    "submission alone": lambda r: r.assign(score=1.0 * (r["submission"] % 5)),
    "juror alone": lambda r: r.assign(score=1.0 * r["juror"]),
    "one outlier": lambda r: r.assign(score=r["score"].where(r.index != 4, -1000.0)),
    "a flat juror": lambda r: r.assign(score=r["score"].where(r["juror"] != 2, 10.0)),
    "an unread nomination": lambda r: r.assign(level=r["submission"] % 2).pipe(
        lambda t: pd.concat([t, t.tail(1).assign(submission=99, score=np.nan, level=7)])
    ),
}


@pytest.mark.parametrize("edge", EDGES)
def test_at_the_edges_there_is_a_number_or_a_status(edge):
    found = estimate(EDGES[edge](drawn(2, n=15, jurors=5)[0]), "ordinal")
    table = found.submissions[found.submissions["status"] != "no_scored_mark"]
    assert np.isfinite(table[["estimate", "se"]].to_numpy(float)).all()
    assert np.isfinite(found.jurors[["severity", "se"]].to_numpy(float)).all()
    assert np.isfinite(found.draws(50, seed=1).to_numpy()).all()


def test_what_no_model_can_tell_apart_is_refused_by_name():
    ratings, _ = drawn(3, n=10, jurors=4)
    with pytest.raises(ScoringError, match="single mark"):
        estimate(ratings[ratings["juror"] == ratings["juror"].iloc[0]], "ordinal")
    flat = ratings.assign(score=7.0)
    with pytest.raises(ScoringError, match="equal"):
        estimate(flat, "ordinal")
    assert set(one_mark_for_all(flat, "ordinal").submissions["status"]) == {"no_variation"}


def test_very_many_values_share_steps():
    y = np.random.default_rng(0).normal(size=3000)
    steps, step = steps_of(y)
    assert len(steps.values) <= MOST and (np.diff(steps.values) > 0).all()
    of_step = pd.Series(y).groupby(step)
    assert (of_step.max().to_numpy()[:-1] < of_step.min().to_numpy()[1:]).all()


def test_second_commissions_are_drawn_in_steps_and_overlap_as_real_ones_do():
    """The share of the best ten that a second panel finds, beside panels drawn from the truth."""
    told, real = [], []
    for seed in range(6):
        ratings, merit = drawn(seed, n=40, jurors=8, readers=4)
        found = estimate(ratings, "ordinal")
        mine = set(np.argsort(-numbers(found))[:10])
        told += [len(mine & set(row)) for row in np.argsort(-found.second(60, seed))[:, :10]]
        rng, owner = np.random.default_rng(seed), ratings["submission"].to_numpy()
        for _ in range(6):
            latent = merit[owner] + 0.6 * rng.normal(size=8)[ratings["juror"]] + rng.normal(size=len(owner))
            other = ratings.assign(score=np.clip(np.round(latent), 1, 10))
            real.append(len(mine & set(np.argsort(-numbers(estimate(other, "severity")))[:10])))
    assert np.mean(told) == pytest.approx(np.mean(real), abs=1.0)


def test_a_second_commission_is_asked_of_those_who_have_one():
    ratings, _ = drawn(0)
    with pytest.raises(ScoringError, match="raw draws no second"):
        estimate(ratings, "raw").second(3, 1)
