"""The divergence rule: who wants another reader, and why not."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from panel_fixture import marks

from fairlib.rules import Divergence, Scale
from fairlib.scoring.divergence import divergent

pytestmark = pytest.mark.filterwarnings("error")
TEN = Scale(min=1, max=10)


def statuses(rows, rule, scale=TEN, **kw):
    return divergent(marks(rows), rule, scale, **kw)["status"].to_dict()


def test_each_status_by_hand():
    rows = {
        ("agree", "A"): 5, ("agree", "B"): 7.7,  # 2.7 is 30 % of 9: not more than
        ("apart", "A"): 3, ("apart", "B"): 9, ("apart", "C"): 5,
        ("below", "A"): 1, ("below", "B"): 4.9,
        ("line", "A"): 1, ("line", "B"): 5,  # 5 is not below 5
        ("single", "A"): 5,
    }  # fmt: skip
    table = divergent(marks(rows), Divergence(share=0.3, unless_all_below=5), TEN)
    assert table["status"].to_dict() == {
        "agree": "agree", "apart": "another_reader", "below": "all_below", "line": "another_reader",
        "single": "one_reader",
    }  # fmt: skip
    apart = table.loc["apart"]
    assert (apart["low"], apart["high"], apart["gap"], apart["n_jurors"]) == (3, 9, 6, 3)
    assert (apart["low_juror"], apart["high_juror"]) == ("A", "B") and apart["another_reader"]
    assert table["limit"].iloc[0] == pytest.approx(2.7)


def test_the_hair_of_floating_point_is_no_divergence():
    rows = {("s", "A"): 0.1, ("s", "B"): 0.4}
    assert statuses(rows, Divergence(share=0.3), Scale(min=0, max=1)) == {"s": "agree"}


def test_without_a_line_low_marks_diverge_too():
    assert statuses({("s", "A"): 1, ("s", "B"): 4}, Divergence(share=0.3)) == {"s": "another_reader"}


def test_the_line_turns_round_where_low_marks_are_best():
    low_best = Scale(min=1, max=6, best="low")
    turned = {("s", "A"): low_best.orient(6), ("s", "B"): low_best.orient(4)}  # both worse than 3
    assert statuses(turned, Divergence(share=0.3, unless_all_below=3), low_best) == {"s": "all_below"}


def test_composite_marks_are_compared_with_their_weights():
    rows = {("s", "A"): (1, 9), ("s", "B"): (9, 1)}
    ratings = marks(rows, ("x", "y"))
    assert divergent(ratings, Divergence(share=0.3), TEN)["gap"].iloc[0] == 0
    one = divergent(ratings, Divergence(share=0.3), TEN, weights={"x": 1, "y": 0})
    assert one["status"].iloc[0] == "another_reader"


def test_submissions_without_a_mark_stay_in_the_list():
    ratings = marks({("s", "A"): 5, ("s", "B"): 6})
    bare = pd.DataFrame({"submission": ["t"], "juror": ["A"], "criterion": ["c"], "score": [np.nan]})
    table = divergent(pd.concat([ratings, bare]), Divergence(share=0.3), TEN)
    assert table.loc["t", "status"] == "no_reader" and table.loc["t", "n_jurors"] == 0
    assert not table.loc["t", "another_reader"]


@pytest.mark.slow
@settings(max_examples=30)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from("stuv"), st.sampled_from("ABC")), st.integers(1, 10), min_size=1
    ),
    st.floats(0.05, 0.9),
    st.one_of(st.none(), st.floats(1, 10)),
    st.randoms(),
)
def test_the_rule_read_literally(cells, share, line, random):
    rows = list(cells.items())
    random.shuffle(rows)
    table = divergent(marks(dict(rows)), Divergence(share=share, unless_all_below=line), TEN)
    for s in {s for s, _ in cells}:
        own = [v for (sub, _), v in cells.items() if sub == s]
        gap = max(own) - min(own)
        if abs(gap - 9 * share) < 1e-6 or (line is not None and abs(max(own) - line) < 1e-6):
            continue
        want = gap > 9 * share and not (line is not None and max(own) < line)
        assert table.loc[s, "another_reader"] == want
