"""The ratings table: codes, duplicates, statuses and the composite, on fast and slow ways alike."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlib.errors import ScoringError
from fairlib.scoring import ratings as room
from fairlib.scoring.ratings import composite, scored


def table(rows, columns=("submission", "juror", "criterion", "score")):
    return pd.DataFrame(rows, columns=list(columns))


FOUR = table([("s2", "b", "x", 4), ("s1", "a", "x", 1), ("s2", "a", "x", 3), ("s1", "b", "x", 2)])


def test_codes_are_places_among_the_sorted_labels():
    m = scored(FOUR)
    assert list(m.submissions) == ["s1", "s2"] and list(m.jurors) == ["a", "b"]
    assert list(m.submissions[m.submission]) == ["s2", "s1", "s2", "s1"]
    assert m.score.dtype == float and m.submission.dtype == np.int64 and not m.ordered


@pytest.mark.parametrize(
    "kind",
    [
        lambda s: s,
        lambda s: s.astype(object),
        lambda s: s.astype("string"),
        lambda s: s.astype("category"),
        lambda s: pd.Series(pd.Categorical(s, categories=sorted(set(s), reverse=True) + ["unused"])),
        lambda s: s.map({k: i - 3 for i, k in enumerate(sorted(set(s)))}),
        lambda s: s.map({k: i * 10**12 for i, k in enumerate(sorted(set(s)))}),
        lambda s: s.map({k: i for i, k in enumerate(sorted(set(s)))}).astype("Int64"),
        lambda s: s.map({k: i for i, k in enumerate(sorted(set(s)))}).astype("uint8"),
        lambda s: s.map({k: i + 0.5 for i, k in enumerate(sorted(set(s)))}),
    ],
    ids=["str", "object", "string", "category", "reversed", "int", "far", "Int64", "uint8", "float"],
)
def test_every_kind_of_label_gives_the_same_codes(kind):
    m, plain = scored(FOUR.assign(submission=kind(FOUR.submission), juror=kind(FOUR.juror))), scored(FOUR)
    for name in ("submission", "juror", "criterion", "score"):
        assert getattr(m, name).tolist() == getattr(plain, name).tolist()
    assert len(m.submissions) == 2 and m.submissions.is_monotonic_increasing


def test_labels_with_gaps_and_labels_without_marks_are_kept():
    long = table([(7, 1, "x", 1.0), (3, 1, "x", 2.0), (5, 9, "x", None)])
    m = scored(long)
    assert list(m.submissions) == [3, 5, 7] and list(m.jurors) == [1, 9] and m.submission.tolist() == [2, 0]


def test_status_decides_what_is_scored():
    long = FOUR.assign(status=["scored", "recused", "missing", "scored"], score=[4, 9, None, 2])
    m = scored(long)
    assert m.score.tolist() == [4, 2] and len(m.submissions) == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.drop(columns="juror"), "no column juror"),
        (lambda d: d.assign(juror=["a", None, "a", "b"]), "Row 1 .* no juror"),
        (lambda d: d.assign(juror=pd.Categorical(["a", None, "a", "b"])), "Row 1 .* no juror"),
        (lambda d: d.assign(juror=[1, None, 1, 2]), "Row 1 .* no juror"),
        (lambda d: d.assign(score=None), "no scored mark"),
        (lambda d: d.iloc[:0], "no scored mark"),
        (lambda d: d.assign(score=["1", "2", "3", "4"]), "Scores must be numbers"),
        (lambda d: d.assign(score=[1, 2, np.inf, 4]), "infinite score"),
        (lambda d: d.assign(score=[True, False, True, True]), "Scores must be numbers"),
        (lambda d: d.assign(status="done"), "Unknown status"),
        (lambda d: d.assign(status=["scored", "scored", None, "scored"]), "Unknown status"),
        (lambda d: d.assign(status="scored", score=[1, None, 2, 3]), "Row 1 .* has no score"),
        (lambda d: pd.concat([d, d.iloc[[2]]]), "Juror a has two marks for submission s2, criterion x"),
    ],
)
def test_refusals_name_the_row_and_the_cure(change, message):
    with pytest.raises(ScoringError, match=message):
        scored(change(FOUR))


def test_duplicates_are_found_however_sparse_the_codes(monkeypatch):
    twice = pd.concat([FOUR, FOUR.iloc[[0]].assign(score=9)])
    monkeypatch.setattr(room, "DENSE", 0)
    with pytest.raises(ScoringError, match="Juror b has two marks for submission s2"):
        scored(twice)
    assert not scored(FOUR).ordered


def test_duplicates_are_found_in_categories_that_are_a_range():
    code = pd.Categorical.from_codes([0, 1, 0], pd.RangeIndex(2))
    long = pd.DataFrame({"submission": code, "juror": "a", "criterion": "x", "score": [1.0, 2.0, 3.0]})
    with pytest.raises(ScoringError, match="Juror a has two marks for submission 0"):
        scored(long)


def test_numeric_marks_in_an_object_column():
    assert scored(FOUR.assign(score=pd.Series([1, 2.5, 3, 4], dtype=object))).score.tolist() == [1, 2.5, 3, 4]


def test_text_marks_when_asked_for():
    assert list(scored(FOUR.assign(score=list("wxyz")), numeric=False).score) == list("wxyz")


def test_input_is_never_changed():
    long = FOUR.sort_values(["submission", "juror"]).reset_index(drop=True).astype({"score": float})
    before = long.copy(deep=True)
    pairs = composite(long)
    assert not np.shares_memory(pairs.y, long.score.to_numpy()) or not pairs.y.flags.writeable
    pd.testing.assert_frame_equal(long, before)


# --- the composite


def by_hand(long, weights):
    """Σ w x / Σ w over the criteria present, centred on the criteria's means where one is absent."""
    mean = long.groupby("criterion").score.mean()
    total = sum(weights[c] * mean[c] for c in mean.index) / sum(weights[c] for c in mean.index)
    out = {}
    for key, group in long.groupby(["submission", "juror"]):
        w = group.criterion.map(weights)
        if len(group) == long.criterion.nunique():
            out[key] = (w * group.score).sum() / w.sum()
        else:
            out[key] = (w * (group.score - group.criterion.map(mean))).sum() / w.sum() + total
    return out


cells = st.dictionaries(
    st.tuples(st.integers(0, 4), st.integers(0, 3), st.sampled_from("xyz")), st.integers(1, 10), min_size=1
)


@pytest.mark.slow
@settings(max_examples=60)
@given(cells, st.booleans(), st.randoms(use_true_random=False), st.sampled_from([0, 16]))
def test_composite_by_hand_whatever_is_missing(marks, dense_names, random, dense):
    rows = [(f"s{s}", f"j{j}", c, float(x)) for (s, j, c), x in marks.items()]
    random.shuffle(rows)
    long = table(rows)
    weights = {c: w for c, w in zip("xyz", [2.0, 1.0, 0.5], strict=True) if c in set(long.criterion)}
    old, room.DENSE = room.DENSE, dense
    try:
        pairs = composite(long, weights)
    finally:
        room.DENSE = old
    keys = list(zip(pairs.submissions[pairs.submission], pairs.jurors[pairs.juror], strict=True))
    assert keys == sorted(keys)
    assert dict(zip(keys, pairs.y, strict=True)) == pytest.approx(by_hand(long, weights))


def test_a_missing_hard_criterion_is_no_advantage():
    rows = [(s, j, c, x) for s in "pq" for j in "ab" for c, x in (("easy", 9), ("hard", 3))]
    pairs = composite(table(rows[:-1]))
    assert pairs.y.tolist() == pytest.approx([6, 6, 6, 6]) and pairs.partial.tolist() == [False] * 3 + [True]


def test_weight_zero_leaves_a_criterion_out():
    rows = [("s", "a", "x", 4), ("s", "a", "y", 10), ("s", "b", "x", 6)]
    pairs = composite(table(rows), {"x": 1, "y": 0})
    assert pairs.y.tolist() == [4, 6] and not pairs.partial.any()


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"y": 1}, "No weight for criterion x"),
        ({"x": -1}, "not negative"),
        ({"x": np.nan}, "finite"),
        ({"x": 0}, "sum to zero"),
        ({"x": 0, "z": 0}, "unknown criteria: z"),
    ],
)
def test_weights_that_mean_nothing_are_refused(weights, message):
    with pytest.raises(ScoringError, match=message):
        composite(FOUR, weights)


def test_no_mark_on_a_weighted_criterion():
    rows = [("s", "a", "x", 4), ("s", "a", "y", None)]
    with pytest.raises(ScoringError, match="No scored mark is on a criterion with a weight"):
        composite(table(rows), {"x": 0, "y": 1})


def test_one_sorted_criterion_is_taken_as_it_is():
    long = FOUR.sort_values(["submission", "juror"])
    pairs, moved = composite(long), composite(FOUR)
    assert scored(long).ordered and pairs.y.tolist() == moved.y.tolist() == [1, 2, 3, 4]
    assert pairs.submission.tolist() == moved.submission.tolist() and not pairs.partial.any()
