"""One table of estimators: the rules know the same names, each has its words, and asking again gives the same."""

from typing import get_args

import numpy as np
import pandas as pd
import pytest
from panel_fixture import contest

from fairlib.report.words.estimators import estimators as words
from fairlib.report.words.locale import speak
from fairlib.rules.contest import Estimator
from fairlib.scoring.estimators.adjust import estimate
from fairlib.scoring.estimators.estimator import Singles
from fairlib.scoring.estimators.table import ESTIMATORS, METHODS, drawn_as
from fairlib.scoring.ratings import composite_of, scored

WEIGHTS = {"c0": 2.0, "c1": 1.0}


def ratings(seed=3):
    return contest(seed, n_sub=30, n_jur=6, per=3, n_crit=2)[0]


def test_the_rules_and_the_words_know_the_estimators_of_the_table():
    assert get_args(Estimator) == METHODS
    assert words(speak("en")).keys() == ESTIMATORS.keys()
    assert len({said.name for said in words(speak("ru")).values()}) == len(METHODS)


@pytest.mark.parametrize("method", METHODS)
def test_asking_again_with_the_same_marks_gives_the_same_estimates(method):
    table = ratings()
    weights = {c: WEIGHTS.get(c, 1.0) for c in table["criterion"].unique()}
    found = estimate(table, method, weights)
    marks = scored(table)
    pairs = composite_of(marks, weights)
    design = pairs.incidence()
    merit, severity = ESTIMATORS[method].again(design, Singles(marks, pairs, weights))(pairs.y[design.order])
    np.testing.assert_allclose(merit, found.submissions["estimate"].to_numpy(float), atol=1e-9)
    if ESTIMATORS[method].compares_jurors:
        np.testing.assert_allclose(severity, found.jurors["severity"].to_numpy(float), atol=1e-9)
    else:
        assert not severity.any()


@pytest.mark.parametrize("method", METHODS)
def test_what_is_drawn_as_composites_reads_composites(method):
    assert not ESTIMATORS[drawn_as(method)].reads_singles


def test_parts_that_a_model_of_levels_joins_are_apart_for_the_others():
    left, right = ratings(1), ratings(2)
    both = [
        t.assign(submission=n + t["submission"], juror=n + t["juror"], level=n)
        for n, t in (("a", left), ("b", right))
    ]
    design = composite_of(scored(pd.concat(both))).incidence()
    joined = {name for name, one in ESTIMATORS.items() if one.parts(design)[0] == 1}
    with_levels = {name for name, one in ESTIMATORS.items() if one.has_levels}
    assert joined == with_levels == {"severity", "reliability", "ordinal"}
