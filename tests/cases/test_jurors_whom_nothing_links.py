"""Jurors in parts that nothing links are refused in words of the rules, not of the library (D02 of the cases)."""

import pandas as pd
import pytest
from meant_fixture import contest
from stage_fixture import given

from fairlib.errors import Disconnected, ScoringError
from fairlib.scoring import estimate
from fairlib.stage import Stage

READ_BY = {"P1": "J1 J4", "P2": "J2 J5", "P3": "J3 J6", "P4": "J1 J4", "P5": "J2 J5", "P6": "J3 J6"}


def ratings():
    rows = [
        (p, j, c, float(1 + (7 * int(p[1]) + 3 * int(j[1]) + len(c)) % 10), "scored")
        for p, readers in READ_BY.items()
        for j in readers.split()
        for c in ("innovation", "impact")
    ]
    return pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score", "status"])


@pytest.mark.parametrize("estimator", ["severity", "reliability", "additive", "rasch"])
def test_the_refusal_says_what_can_be_written_into_the_rules(estimator):
    c = contest(estimator=estimator)
    with pytest.raises(
        ScoringError, match=r"3 disconnected parts \(2 submissions read by J1, J4; .*rounds\.jury"
    ) as no:
        Stage(c, c.rounds[0]).estimate(given(ratings()))
    assert "`estimator: raw`" in str(no.value)
    assert not any(word in str(no.value) for word in ("within=", "extra_assignments", "nomination"))
    assert type(no.value) is ScoringError, "the chain knows its refusals by name"


def test_what_it_proposes_works():
    c = contest(estimator="raw")
    table = Stage(c, c.rounds[0]).estimate(given(ratings())).table
    assert table["estimate"].notna().all()


def test_nominations_may_be_declared_comparable():
    c = contest(estimator="severity")
    with pytest.raises(ScoringError, match="`levels: nomination` in the round says so"):
        levels = ratings().assign(level=lambda t: t["juror"].map(lambda j: int(j[1]) % 3))
        Stage(c, c.rounds[0]).estimate(given(levels))


def test_a_caller_of_the_library_hears_of_its_functions():
    with pytest.raises(Disconnected, match="extra_assignments"):
        estimate(ratings(), "severity")
