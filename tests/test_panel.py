"""The live panel: controls of a round's rule with the same what-if behind them; a sentence where nobody can move it."""

import numpy as np
import pandas as pd
import pytest
import yaml
from stage_fixture import given

import fairlib as fl
from fairlib.params import check_params
from fairlib.stage import Stage

pytest.importorskip("ipywidgets")
QUOTA = {"column": "nomination", "kind": "max", "seats": {"x": 2, "y": 2}}


@pytest.fixture(scope="module")
def asked():
    """A round of twelve submissions, four seats, two a nomination, and what was scored in it."""
    rng = np.random.default_rng(2)
    rows = [(f"S{i:02d}", f"J{j}", c, float(np.clip(round(5 + 0.3 * i - j + rng.normal()), 1, 10)), "scored")
            for i in range(12) for j in range(3) for c in "ab"]  # fmt: skip
    ratings = pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score", "status"])
    select = {"seats": 4, "ties": ["median"], "quotas": [QUOTA], "budget": {"total": 8_000_000}}
    contest = {
        "name": "Contest", "data": "x", "seed": 1, "submissions": {"file": "s.csv"},
        "nominations": [{"id": "x", "name": "X"}, {"id": "y", "name": "Y"}],
        "criteria": [{"id": "a", "name": "A"}, {"id": "b", "name": "B", "weight": 2}],
        "rounds": [{"id": "one", "name": "One", "scores": {"files": "*.csv"}, "scale": {"min": 1, "max": 10},
                    "select": select}],
    }  # fmt: skip
    contest = check_params({"year": 2030, "contest": contest}).contest
    stage = Stage(contest, contest.rounds[0])
    ids = pd.Index(sorted(ratings["submission"].unique()), name="submission")
    about = pd.DataFrame({"eligible": True, "ineligible_by": "", "requested": 2_000_000}, index=ids)
    about["nomination"] = ["x", "y"] * 6
    return stage, given(ratings, about, stage.estimate(given(ratings)).table)


@pytest.fixture
def live(asked, monkeypatch):
    monkeypatch.delenv("FAIRLIB_RUN_DIR", raising=False)
    return fl.panel(*asked)


def test_nothing_moved_moves_nobody(live):
    assert live.moved == {} and live.changes == {} and live.found.moved.empty
    assert "Nobody comes" in live.said.value
    assert {n.partition(":")[0] for n in live.controls} == {
        "seats", "quota", "budget", "threshold", "estimator", "weight", "juror",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("moves", "changes"), [
    ({"seats": 3, "quota:0": False}, {"seats": 3, "quotas": ()}),
    ({"quota:0:x": 3, "quota:0:y": 1}, {"quotas": [QUOTA | {"seats": {"x": 3, "y": 1}}]}),
    ({"budget": 4_000_000}, {"budget": {"total": 4_000_000}}),
    ({"threshold": 6.0}, {"thresholds": [{"on": "estimate", "no_worse_than": 6.0}]}),
    ({"estimator": "raw"}, {"estimator": "raw"}),
    ({"weight:a": 0.0}, {"weights": {"a": 0.0, "b": 2.0}}),
])  # fmt: skip
def test_a_control_is_the_same_as_the_call(asked, live, moves, changes):
    for name, value in moves.items():
        live.controls[name].value = value
    want = asked[0].what_if(asked[1], **changes)
    assert list(live.found.after.selected) == list(want.after.selected)
    assert all(str(i) in live.said.value for i in want.moved.index)


@pytest.mark.slow
def test_a_juror_is_switched_off(asked, live):
    live.controls["juror:J0"].value = False
    others = asked[1].ratings[asked[1].ratings["juror"] != "J0"]
    want = asked[0].estimate(given(others)).table["estimate"]
    got = live.found.table["estimate_after"]
    np.testing.assert_allclose(got.astype(float), want.reindex(got.index).astype(float), atol=1e-5)


@pytest.mark.slow
def test_what_cannot_be_done_is_said_and_reset_brings_the_rule_back(live):
    for name in ("weight:a", "weight:b"):
        live.controls[name].value = 0.0
    assert live.found is None and "<p>" in live.said.value
    live.reset_button.click()
    assert live.moved == {} and live.found.moved.empty


@pytest.mark.slow
def test_written_as_params_it_is_the_rule(live):
    live.controls["seats"].value = 5
    live.controls["weight:a"].value = 2.0
    live.params_button.click()
    text = live.params.value.removeprefix("<pre>").removesuffix("</pre>")
    told = {"id": "one", "weights": {"a": 2.0, "b": 2.0}, "select": {"seats": 5}}
    assert yaml.safe_load(text) == {"rounds": [told]}


@pytest.mark.slow
def test_chances_stand_beside_those_who_move(asked, monkeypatch):
    monkeypatch.delenv("FAIRLIB_RUN_DIR", raising=False)
    stage, scored = asked
    choice, found = stage.choose(scored), stage.estimate(scored)
    sure = stage.certainty(choice, found, stage.severity_model(scored, found))
    live = fl.panel(stage, scored, sure)
    live.controls["quota:0"].value = False
    assert "p_selected" in live.with_chances()


@pytest.mark.parametrize("why", ["batch", "nothing installed"])
def test_where_nobody_can_move_it_there_is_a_sentence(asked, monkeypatch, why):
    shown: list = []
    monkeypatch.setattr("fairlib.live.show", shown.append)
    monkeypatch.setenv("FAIRLIB_RUN_DIR", "x")
    if why != "batch":
        monkeypatch.delenv("FAIRLIB_RUN_DIR")
        monkeypatch.setitem(__import__("sys").modules, "ipywidgets", None)
    assert fl.panel(*asked) is None and "JupyterLab" in shown[0]
