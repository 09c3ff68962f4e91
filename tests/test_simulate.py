"""Draws with a known truth: designs, effects, scales, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlib.rules import Scale
from samples.drawn import (
    Effects,
    assign,
    conflicts,
    draw_contest,
    draw_jurors,
    draw_submissions,
    on_scale,
)

QUIET = Effects(severity=0, reading=0, profile=0, mark=0, criterion=0, spread=0, halo=0)
DESIGNS = ("crossed", "random", "bridged", "weakly_bridged")


def pairs_of(contest):
    return contest.ratings.drop_duplicates(["submission", "juror"]).astype({"submission": str, "juror": str})


def across(contest) -> float:
    pairs = pairs_of(contest)
    home = pairs["juror"].map(contest.jurors["nomination"])
    return (pairs["submission"].map(contest.submissions["nomination"]) != home).mean()


def hangs_together(contest) -> bool:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pairs = pairs_of(contest)
    i, j = (pd.factorize(pairs[c])[0] for c in ("submission", "juror"))
    graph = coo_matrix((np.ones(len(i)), (i, j + i.max() + 1)), shape=(i.max() + j.max() + 2,) * 2)
    return connected_components(graph, directed=False)[0] == 1


@pytest.mark.parametrize("design", DESIGNS)
def test_design_has_the_readers_asked_for_and_nobody_twice(design):
    contest = draw_contest(221, 12, 5, design=design, readers=4, seed=3)
    assert not contest.ratings.duplicated(["submission", "juror", "criterion"]).any()
    readers = pairs_of(contest).groupby("submission").size()
    assert set(readers) == {12 if design == "crossed" else 4}
    assert len(readers) == 221
    assert hangs_together(contest)


def test_one_assignment_in_seven_is_across_and_weakly_bridged_one_in_fifty():
    shares = [across(draw_contest(221, 12, 5, design="bridged", seed=s)) for s in range(5)]
    assert np.allclose(shares, 1 / 7, atol=0.002)
    weak = [across(draw_contest(221, 12, 5, design="weakly_bridged", seed=s)) for s in range(5)]
    assert np.allclose(weak, 1 / 50, atol=0.005)


def test_loads_are_even_where_jurors_are_exchangeable():
    contest = draw_contest(240, 12, 1, design="random", readers=4, seed=1)
    assert set(pairs_of(contest).groupby("juror").size()) == {80}


def test_panels_smaller_than_the_readers_are_filled_from_outside():
    rng = np.random.default_rng(0)
    submissions = draw_submissions(60, rng=rng)
    jurors = draw_jurors(5, submissions, rng=rng)
    pairs = assign(submissions, jurors, design="bridged", readers=4, rng=rng)
    assert (np.bincount(pairs[:, 0], minlength=60) == 4).all()


@pytest.mark.slow
@settings(max_examples=40)
@given(
    n=st.integers(1, 40),
    m=st.integers(1, 9),
    readers=st.integers(1, 5),
    design=st.sampled_from(DESIGNS),
    seed=st.integers(0, 10**6),
)
def test_any_size_gives_the_asked_readers_or_says_why_not(n, m, readers, design, seed):
    try:
        contest = draw_contest(n, m, 2, design=design, readers=readers, seed=seed)
    except ValueError as why:
        assert "readers a submission were asked" in str(why)
        return
    assert len(contest.ratings) == n * (m if design == "crossed" else readers) * 2
    assert not contest.ratings.duplicated(["submission", "juror", "criterion"]).any()
    assert (contest.ratings["score"].isna() == (contest.ratings["status"] == "recused")).all()


def test_same_seed_same_contest_and_another_seed_another():
    a, b, c = (draw_contest(seed=s).ratings for s in (5, 5, 6))
    pd.testing.assert_frame_equal(a, b)
    assert not a["score"].equals(c["score"])


def test_without_noise_a_mark_is_quality_less_severity():
    contest = draw_contest(40, 4, 1, design="crossed", effects=QUIET, seed=2)
    jurors = contest.jurors.assign(severity=[0.0, 0.5, -1.0, 2.0], organisation="elsewhere")
    again = draw_contest(contest.submissions, jurors, 1, design="crossed", effects=QUIET, seed=2)
    wide = again.ratings.pivot(index="submission", columns="juror", values="score").to_numpy()
    expected = 6 + contest.submissions["quality"].to_numpy()[:, None] - [0.0, 0.5, -1.0, 2.0]
    np.testing.assert_allclose(wide, expected, atol=1e-12)


def test_variances_are_those_asked_for():
    """Moments of a crossed draw: quality 1, severity 0.36, reading 1, mark 0.49 plus profile 0.25."""
    effects = Effects(spread=0, halo=0, criterion=0)
    contest = draw_contest(3000, 60, 3, design="crossed", effects=effects, seed=8)
    jurors = contest.jurors.assign(organisation="elsewhere")
    ratings = draw_contest(contest.submissions, jurors, 3, design="crossed", effects=effects, seed=9).ratings
    x = ratings["score"].to_numpy().reshape(3000, 60, 3)
    assert x.mean(axis=(1, 2)).var() == pytest.approx(1 + 0.25 / 3, rel=0.1)
    residual = x - x.mean(axis=1, keepdims=True) - x.mean(axis=0, keepdims=True) + x.mean(axis=(0, 1))
    assert residual.var() == pytest.approx(1 + 0.49, rel=0.03)
    between = residual - residual.mean(axis=2, keepdims=True)
    assert between.var() * 3 / 2 == pytest.approx(0.49, rel=0.03)
    own = -(x.mean(axis=(0, 2)) - x.mean())
    assert np.corrcoef(own, jurors["severity"])[0, 1] > 0.99


def test_halo_draws_criteria_together_and_drift_grows_with_the_order():
    base = draw_contest(400, 2, 5, design="crossed", effects=Effects(criterion=0), seed=4)
    jurors = base.jurors.assign(
        organisation="elsewhere", severity=0.0, spread=1.0, drift=[0, 3.0], halo=[0, 1.0]
    )
    ratings = draw_contest(
        base.submissions, jurors, 5, design="crossed", effects=Effects(criterion=0), seed=4
    ).ratings
    first, second = (g for _, g in ratings.groupby("juror", observed=True))
    spread = [g.groupby("submission", observed=True)["score"].std().mean() for g in (first, second)]
    assert spread[0] > 0.5 and spread[1] == pytest.approx(0, abs=1e-12)
    late = second["order"] > 300
    assert second.loc[~late, "score"].mean() - second.loc[late, "score"].mean() > 1
    assert sorted(second["order"].unique()) == list(range(1, 401))


def test_home_points_go_to_the_own_region_only():
    base = draw_contest(50, 3, 1, design="crossed", effects=QUIET, seed=1)
    jurors = base.jurors.assign(organisation="elsewhere", severity=0.0)
    kind = draw_contest(
        base.submissions,
        jurors,
        1,
        design="crossed",
        effects=Effects(**(vars(QUIET) | {"home": 2.0})),
        seed=1,
    ).ratings
    plain = draw_contest(base.submissions, jurors, 1, design="crossed", effects=QUIET, seed=1).ratings
    region = kind["submission"].astype(str).map(base.submissions["region"])
    same = region == kind["juror"].astype(str).map(jurors["region"])
    np.testing.assert_allclose(kind["score"] - plain["score"], np.where(same, 2.0, 0.0), atol=1e-12)


def test_own_organisation_is_recused_and_listed():
    rng = np.random.default_rng(1)
    submissions = draw_submissions(30, rng=rng)
    jurors = draw_jurors(4, submissions, conflicts=1.0, rng=rng)
    contest = draw_contest(submissions, jurors, 2, design="crossed", seed=1)
    listed = set(map(tuple, conflicts(submissions, jurors).to_numpy()))
    recused = contest.ratings[contest.ratings["status"] == "recused"]
    assert listed == set(zip(recused["juror"].astype(str), recused["submission"].astype(str), strict=True))
    assert len(listed) >= 4


def test_scales_steps_ends_and_low_marks_best():
    x = np.array([-3.0, 1.2, 5.26, 99.0])
    assert on_scale(x, Scale(min=0, max=10, step=0.5)).tolist() == [0, 1.0, 5.5, 10]
    assert on_scale(x, Scale(min=1, max=10, step=1, best="low")).tolist() == [10, 10, 6, 1]
    assert on_scale(x, None) is x
    half = Effects().scaled(0.5, centre=3)
    marks = draw_contest(
        100, 6, 2, effects=half, scale=Scale(min=0, max=5, step=0.5), readers=2, seed=1
    ).ratings["score"]
    assert marks.dropna().between(0, 5).all() and (marks.dropna() * 2 % 1 == 0).all()
    assert half.quality == 0.5 and half.spread == Effects().spread


def test_second_round_keeps_the_truth_of_the_first():
    first = draw_contest(30, 6, 2, seed=1)
    best = first.submissions.nlargest(5, "quality")
    final = draw_contest(best, 3, 2, design="crossed", seed=2)
    pd.testing.assert_frame_equal(final.submissions, best)
    assert set(final.ratings["submission"].astype(str)) == set(best.index)


def test_too_few_jurors_is_refused_by_name():
    with pytest.raises(ValueError, match="4 readers a submission were asked of 3 jurors"):
        draw_contest(10, 3, 1, design="random", readers=4, seed=1)
