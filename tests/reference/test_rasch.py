import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairlib.scoring.rasch.measures import rasch

FOLDER = os.environ.get("FAIRLIB_REFERENCE")
pytestmark = pytest.mark.skipif(FOLDER is None, reason="FAIRLIB_REFERENCE is not set")
THRESHOLDS = {"RSM": "rating_scale", "PCM": "partial_credit"}


def cases(model: str) -> list[tuple[str, str]]:
    found = []
    for path in sorted(Path(FOLDER or ".").glob("data/*.models.json")):
        fits = json.loads(path.read_text()).get(model, {})
        found += [(path.name.removesuffix(".models.json"), kind) for kind in THRESHOLDS if kind in fits]
    return found


def load(name: str) -> tuple[pd.DataFrame, dict]:
    data = Path(FOLDER) / "data"
    ratings = pd.read_csv(data / f"{name}.csv", dtype={"juror": str, "item": str, "criterion": str})
    return ratings.rename(columns={"item": "submission"}), json.loads(
        (data / f"{name}.models.json").read_text()
    )


def gap(got: pd.Series, want: dict[str, float]) -> float:
    return float((got.loc[list(want)] - pd.Series(want)).abs().max())


@pytest.mark.parametrize(("name", "kind"), cases("rasch_jmle"))
def test_joint(name, kind):
    ratings, models = load(name)
    rule, want = models["rasch_jmle"]["data_rule"], models["rasch_jmle"][kind]
    fit = rasch(ratings, THRESHOLDS[kind])
    extreme = fit.submissions.index[fit.submissions.status.str.startswith("extreme")]
    assert sorted(extreme) == sorted(rule["dropped_extreme"]["person"])
    assert fit.loglik == pytest.approx(want["loglik"], abs=1e-6)
    assert gap(fit.submissions.measure, want["theta"]) < 1e-4
    assert gap(fit.jurors.measure, want["rater"]) < 1e-4
    assert gap(fit.criteria.measure, want["crit"]) < 1e-4
    assert np.abs(fit.steps.threshold.to_numpy() - np.concatenate(want["tau"])).max() < 1e-4
    for statistic in ("infit", "outfit"):
        assert gap(fit.jurors[statistic], want[f"{statistic}_rater"]) < 1e-4
        assert gap(fit.criteria[statistic], want[f"{statistic}_crit"]) < 1e-4


@pytest.mark.parametrize(("name", "kind"), cases("rasch_mml"))
def test_marginal(name, kind):
    ratings, models = load(name)
    want = models["rasch_mml"][kind]
    fit = rasch(ratings, THRESHOLDS[kind], method="marginal")
    assert -2 * fit.loglik == pytest.approx(want["deviance"], abs=1e-3)
    assert fit.sd**2 == pytest.approx(want["var_theta"], abs=1e-3)
    assert gap(fit.submissions.measure, want["eap"]) < 1e-3
    assert gap(fit.submissions.se, want["eap_sd"]) < 1e-3
    assert gap(fit.jurors.measure, want["rater"]) < 1e-3
    assert gap(fit.criteria.measure, want["crit"]) < 1e-3
    assert np.abs(fit.steps.threshold.to_numpy() - np.concatenate(want["tau"])).max() < 1e-3
