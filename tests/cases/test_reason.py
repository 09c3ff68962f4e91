"""A reason is told as a code and read back: nothing of it is lost, whatever a group is called."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlib.selection.reason import FORMS, NUMBERS, Reason, joined, parse

WORDS = st.text(min_size=0, max_size=12) | st.sampled_from(
    [
        "public fund",
        "a=b",
        "x; y",
        "(p): q",
        'says "no"',
        "missing",
        "7",
        "1e5",
        "7<8",
        "ҚҚ <тест>",
        " lead",
        "z;",
        ";",
    ]
)
VALUES = st.integers() | st.floats(-1e300, 1e300) | WORDS | st.none()


@st.composite
def reasons(draw):
    kind = draw(st.sampled_from(sorted(set(FORMS) - {"rule"})))
    form = draw(st.sampled_from(FORMS[kind]))
    told = {}
    for name in re.findall(r"\{(\w+)\}", form):
        if name == "sign":
            told[name] = draw(st.sampled_from(["<", ">", "=", "<=", ">="]))
        else:
            told[name] = draw(VALUES if name in NUMBERS else WORDS)
    return Reason(kind, **told)


@given(reasons())
def test_a_reason_is_read_back_as_it_was_told(reason):
    assert parse(str(reason)) == [reason]


@given(st.lists(reasons(), min_size=1, max_size=4))
def test_so_are_several(found):
    assert parse(joined(found)) == found
    people = Reason(
        "manual", decision="selected", who="the board: all", when="2021-03-30", why="heard; agreed, all"
    )
    alone = [people, Reason("rule", decision="reserve"), *found]
    assert parse(joined(alone)) == alone


@pytest.mark.parametrize(
    "code",
    [
        "rank", "rank:7.1<7.3 in nomination=legal", "quota:nomination=legal 6.4<6.6", "tie:social_impact 8.2>8",
        "tie:impact missing against 8", "threshold:estimate missing of 5", "per_organisation:organisation=7 2>=2",
        "reserve:2; tie_refused:rank 2 among 3", "budget:kept 3<=4", "ineligible:bin_valid;consent", "no_estimate:ok",
        "manual:selected by commission on 2021-03-30: heard both; rule: reserve, quota:region=x 7<8; tie:median 8>7",
        "draw:place 2 of 9",
    ],
)  # fmt: skip
def test_codes_that_need_no_quotes_have_none(code):
    assert joined(parse(code)) == code


def test_what_is_no_reason_is_refused():
    with pytest.raises(ValueError, match="is no reason"):
        parse("because")
