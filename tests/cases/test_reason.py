"""A reason is told as a code and read back: nothing of it is lost, whatever a group is called."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlib.intake.findings import Evidence, Remedy
from fairlib.selection.reason import Reason, as_code, parse

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
    kind = draw(st.sampled_from(sorted(set(Reason.forms) - {"rule"})))
    form = draw(st.sampled_from(Reason.ways(kind)))
    told = {}
    for name in re.findall(r"\{(\w+)\}", form):
        if name == "sign":
            told[name] = draw(st.sampled_from(["<", ">", "=", "<=", ">="]))
        else:
            told[name] = draw(VALUES if name in Reason.numbers else WORDS)
    return Reason(kind, **told)


@given(reasons())
def test_a_reason_is_read_back_as_it_was_told(reason):
    assert parse(str(reason)) == [reason]


@given(st.lists(reasons(), min_size=1, max_size=4))
def test_so_are_several(found):
    assert parse(as_code(found)) == found
    people = Reason(
        "manual", decision="selected", who="the board: all", when="2021-03-30", why="heard; agreed, all"
    )
    alone = [people, Reason("rule", decision="reserve"), *found]
    assert parse(as_code(alone)) == alone


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
    assert as_code(parse(code)) == code


def test_what_is_no_reason_is_refused():
    with pytest.raises(ValueError, match="is no reason"):
        parse("because")


@st.composite
def facts(draw, family):
    kind = draw(st.sampled_from(sorted(family.forms)))
    names = re.findall(r"\{(\w+)\}", draw(st.sampled_from(family.ways(kind))))
    values = {name: draw(st.integers(0) if name in family.numbers else WORDS) for name in names}
    if "layout" in values:
        values["layout"] = draw(st.sampled_from(["sheets", "rows", "long", "wide"]))
    return family(kind, **values)


@given(facts(Remedy))
def test_what_was_done_is_read_back_as_it_was_told(remedy):
    assert Remedy.of(str(remedy)) == remedy


@given(facts(Evidence))
def test_so_is_what_was_found(found):
    assert Evidence.of(str(found), found.kind) == found


def test_a_value_that_looks_like_another_sentence_is_quoted():
    assert str(Remedy("read_as", what="typed; were they percent?")) == 'read as "typed; were they percent?"'
    assert str(Remedy("taken_as", what="a (the first of 2 in this column)")).startswith('taken as "a (')
    assert str(Remedy("called", what='LLP "Camomile"')) == 'called LLP "Camomile"'
