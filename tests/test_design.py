"""What a design supports: verdicts, errors of contrasts, weak points, and the best extra readings."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlib.errors import ScoringError
from fairlib.scoring.assign import extra_assignments
from fairlib.scoring.design import VERDICTS, design


def readings(pairs, seed=0):
    rng = np.random.default_rng(seed)
    rows = [(s, j, "all", float(rng.integers(1, 11))) for s, j in pairs]
    return pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score"])


def everybody(submissions, jurors):
    return [(s, j) for s in submissions for j in jurors]


BLOCKS = everybody("ABC", "xy") + everybody("DEF", "uv")
GROUPS = pd.Series({**dict.fromkeys("ABC", "legal"), **dict.fromkeys("DEF", "health")})


def least_squares_variance(ratings, weights):
    """Variance of Σ weights_i a_i over σ² by dense least squares with dummies."""
    sub, items = pd.factorize(ratings["submission"], sort=True)
    jur, jurors = pd.factorize(ratings["juror"], sort=True)
    x = np.hstack([np.eye(len(items))[sub], np.eye(len(jurors))[jur]])
    q = np.concatenate([pd.Series(weights).reindex(items, fill_value=0.0), np.zeros(len(jurors))])
    return float(q @ np.linalg.pinv(x.T @ x) @ q)


def test_crossed():
    found = design(readings(everybody("ABCD", "xyz")))
    assert found.verdict == "crossed"
    assert found.connectivity == pytest.approx(1)
    assert (found.n_submissions, found.n_jurors, found.n_readings) == (4, 3, 12)
    # severities known up to their mean: (1 − 1/J) of 1/m
    np.testing.assert_allclose(found.jurors["se"].to_numpy(float), np.sqrt((2 / 3) / 4))
    assert "every juror read every submission" in found.reason


def test_disconnected_names_components_and_refuses():
    found = design(readings(BLOCKS), GROUPS)
    assert found.verdict == "disconnected"
    assert found.components["submissions"].tolist() == [3, 3]
    assert found.connectivity == 0
    assert found.contrasts["status"].tolist() == ["disconnected"]
    assert found.contrasts["se"].isna().all()
    assert found.overlap.loc["legal", "health"] == 0
    assert "3, 3" in found.reason


def test_one_shared_reading_is_a_bridge_and_weak():
    found = design(readings([*BLOCKS, ("D", "x")]), GROUPS)
    assert found.verdict == "weakly connected"
    assert found.bridges[["submission", "juror"]].to_numpy().tolist() == [["D", "x"]]
    assert found.jurors.index[found.jurors["is_cut"]].tolist() == ["x"]
    assert "without juror x" in found.reason


def test_two_shared_readings_are_no_bridge():
    found = design(readings([*BLOCKS, ("D", "x"), ("E", "y")]), GROUPS)
    assert len(found.bridges) == 0
    assert not found.jurors["is_cut"].any()


def test_a_single_reading_hanging_on_is_no_weak_point():
    found = design(readings([*everybody("ABCD", "xyz"), ("Z", "x")]))
    assert found.verdict == "connected"
    assert len(found.bridges) == 0
    assert not found.jurors["is_cut"].any()


@pytest.mark.parametrize("jurors", ["xy", "xyz", "qrstuvxyz"])
def test_where_everybody_reads_everything_no_error_is_inflated(jurors):
    found = design(readings(everybody("ABCDEFGH", jurors)))
    assert found.inflation == pytest.approx(1)
    assert found.jurors["inflation"].astype(float).to_numpy() == pytest.approx(1)
    assert found.jurors["se"].astype(float).to_numpy() == pytest.approx(np.sqrt((1 - 1 / len(jurors)) / 8))


def test_a_chain_of_jurors_is_weak_and_its_inflation_grows():
    chain = lambda n: [(f"s{i:02}", f"j{i + d:02}") for i in range(n) for d in (0, 1)]  # noqa: E731
    short, long = design(readings(chain(4))), design(readings(chain(30)))
    assert (short.verdict, long.verdict) == ("weakly connected", "weakly connected")
    assert long.inflation > 2 * short.inflation
    assert long.connectivity < 0.05


@pytest.mark.parametrize("extra", [[("D", "x")], [("D", "x"), ("E", "y"), ("A", "u")]])
def test_errors_of_contrasts_equal_dense_least_squares(extra):
    ratings = readings([*BLOCKS, *extra])
    found = design(ratings, GROUPS)
    weights = GROUPS.map({"legal": 1 / 3, "health": -1 / 3})
    variance = least_squares_variance(ratings, weights)
    assert float(found.contrasts["se"].iloc[0]) == pytest.approx(np.sqrt(variance))
    assert float(found.contrasts["se_points"].iloc[0]) == pytest.approx(np.sqrt(variance) * found.sigma)


def test_groups_read_by_nobody_in_common_count_zero():
    found = design(readings([*BLOCKS, ("D", "x")]), GROUPS)
    assert found.overlap.loc["health", "health"] == 3
    assert found.overlap.loc["legal", "health"] == 1


def test_groups_must_cover_what_was_read_and_be_unique():
    with pytest.raises(ScoringError, match="F has marks but no group"):
        design(readings(BLOCKS), GROUPS.drop("F"))
    with pytest.raises(ScoringError, match="two groups"):
        design(readings(BLOCKS), pd.concat([GROUPS, GROUPS.iloc[:1]]))


def test_one_juror_and_one_reading():
    found = design(readings([("A", "x")]))
    assert found.verdict == "crossed"
    assert found.sigma is None
    assert found.jurors.loc["x", "se"] is pd.NA


def test_unread_submissions_and_jurors_stay_in_the_tables():
    ratings = readings([*BLOCKS, ("D", "x"), ("Q", "ghost")]).assign(status="scored")
    ratings.loc[ratings["submission"] == "Q", "status"] = "missing"
    groups = pd.concat([GROUPS, pd.Series({"Q": "legal"})])
    found = design(ratings, groups)
    assert found.submissions.loc["Q", "n_jurors"] == 0
    assert found.submissions.loc["Q", "component"] is pd.NA
    assert found.jurors.loc["ghost", "n_submissions"] == 0
    assert found.n_jurors == 4


def brute_force_gain(ratings, groups):
    """The reading that lowers the contrast's variance most, by refitting with each one in turn."""
    have = set(zip(ratings["submission"], ratings["juror"], strict=True))
    out = {}
    for pair in itertools.product(sorted(set(ratings["submission"])), sorted(set(ratings["juror"]))):
        if pair not in have:
            more = pd.concat([ratings, readings([pair])])
            out[pair] = float(design(more, groups).contrasts["se"].iloc[0])
    return out


@pytest.mark.slow
def test_the_first_extra_reading_is_the_best_of_all():
    ratings = readings([*everybody("ABC", "xyz"), *everybody("DEFG", "uv"), ("D", "x"), ("E", "y")])
    groups = pd.concat([GROUPS, pd.Series({"G": "health"})])
    gains = brute_force_gain(ratings, groups)
    first = extra_assignments(design(ratings, groups), 1).iloc[0]
    assert gains[first["submission"], first["juror"]] == pytest.approx(min(gains.values()))
    assert first["se_after"] == pytest.approx(min(gains.values()))
    assert first["se_before"] == pytest.approx(float(design(ratings, groups).contrasts["se"].iloc[0]))


def test_components_are_joined_first():
    table = extra_assignments(design(readings(BLOCKS), GROUPS), 3)
    assert table["connects"].tolist() == [True, False, False]
    assert table["se_before"].isna().tolist() == [True, False, False]
    assert (table["se_after"].iloc[1:].to_numpy() < table["se_before"].iloc[1:].to_numpy()).all()
    joined = pd.concat([readings(BLOCKS), readings(table[["submission", "juror"]].iloc[:1].to_numpy())])
    assert design(joined, GROUPS).verdict != "disconnected"


def test_conflicts_and_recusals_are_never_proposed():
    ratings = readings(BLOCKS).assign(status="scored")
    recused = readings([("A", "u"), ("B", "u")]).assign(status="recused", score=np.nan)
    found = design(pd.concat([ratings, recused]), GROUPS, conflicts=[("v", "A"), ("x", "D"), ("x", "E")])
    more = pd.DataFrame({"juror": ["y"], "submission": ["F"]})
    barred = {("u", "A"), ("u", "B"), ("v", "A"), ("x", "D"), ("x", "E"), ("y", "F")}
    table = extra_assignments(found, 50, conflicts=more)
    proposed = set(zip(table["juror"], table["submission"], strict=True))
    assert len(table) == 12 - len(barred)
    assert not proposed & barred


def test_nothing_to_add_is_said():
    with pytest.raises(ScoringError, match="nothing can be added"):
        extra_assignments(readings(everybody("AB", "xy")), 1)
    with pytest.raises(ScoringError, match="at least 1"):
        extra_assignments(readings(BLOCKS), 0)


def test_without_groups_severities_are_the_contrasts():
    ratings = readings([*everybody("ABC", "xyz"), ("D", "u"), ("D", "x"), ("E", "u")])
    table = extra_assignments(ratings, 2)
    assert table["juror"].tolist() == ["u", "u"]  # the one who is least known
    assert (table["se_after"].to_numpy() < table["se_before"].to_numpy()).all()


def cut_by_removal(pairs):
    """Jurors whose removal leaves submissions (of two marks or more) in different parts, by trying each."""
    out = []
    for juror in sorted({j for _, j in pairs}):
        rest = [p for p in pairs if p[1] != juror]
        parts = design(readings(rest)).components["submissions"] if rest else []
        left = len({s for s, _ in pairs}) - len({s for s, _ in rest})
        sizes = [*parts, *([1] * left)]
        if sum(size > 1 for size in sizes) > 1:
            out.append(juror)
    return out


@pytest.mark.slow
@given(st.integers(0, 10_000), st.integers(2, 4))
@settings(max_examples=25)
def test_cut_jurors_are_those_whose_removal_separates(seed, readers):
    rng = np.random.default_rng(seed)
    pairs = [
        (f"s{i}", f"j{j}") for i in range(7) for j in rng.choice(6, rng.integers(1, readers), replace=False)
    ]
    found = design(readings(pairs))
    if found.verdict != "disconnected":
        assert found.jurors.index[found.jurors["is_cut"]].tolist() == cut_by_removal(pairs)


@pytest.mark.slow
@given(st.integers(0, 10_000))
@settings(max_examples=20)
def test_order_and_names_change_nothing(seed):
    rng = np.random.default_rng(seed)
    pairs = [(f"s{i}", f"j{j}") for i in range(10) for j in rng.choice(5, 2, replace=False)]
    ratings = readings(pairs, seed)
    a = design(ratings)
    b = design(
        ratings.sample(frac=1, random_state=seed).replace({"juror": {f"j{i}": f"k{4 - i}" for i in range(5)}})
    )
    assert a.verdict == b.verdict
    assert a.verdict in VERDICTS
    assert b.inflation == pytest.approx(a.inflation)
    assert b.connectivity == pytest.approx(a.connectivity, abs=1e-9)
    assert a.components["readings"].sum() == len(pairs)
