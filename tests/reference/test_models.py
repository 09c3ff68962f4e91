"""Components, BLUPs and two-way least squares against lme4, R's lm and exact optima (FAIRLIB_REFERENCE)."""

import json
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairlib.scoring.crossed import reml
from fairlib.scoring.crossed.incidence import incidence
from fairlib.scoring.crossed.twoway import two_way
from fairlib.scoring.estimators.zscore import standardise

ROOT = Path(os.environ.get("FAIRLIB_REFERENCE", "missing"))
pytestmark = pytest.mark.skipif(not ROOT.is_dir(), reason="FAIRLIB_REFERENCE is not set")
VARIANTS = {"var_item": "submission", "var_juror": "juror", "var_resid": "residual", "mu": "mu"}


def marks(name, criterion):
    data = pd.read_csv(ROOT / "data" / f"{name}.csv", dtype={"item": str, "juror": str})
    data = data[data["criterion"] == criterion]
    sub, items = pd.factorize(data["item"], sort=True)
    jur, jurors = pd.factorize(data["juror"], sort=True)
    return sub, jur, data["score"].to_numpy(float), items, jurors


def expected_components():
    if not ROOT.is_dir():
        return []
    table = pd.read_csv(ROOT / "expected.csv")
    table = table[table["statistic"].isin(["reml", "ml"])]
    return [
        (*key, part.set_index("variant")["value"])
        for key, part in table.groupby(["dataset", "criterion", "statistic"])
    ]


def peers(stat):
    if not ROOT.is_dir():
        return []
    found = [
        (path.name.removesuffix(".models.json"), peer)
        for path in sorted((ROOT / "data").glob("*.models.json"))
        for peer in json.loads(path.read_text()).get("peers", [])
        if peer["stat"] == stat and (stat != "lmer_crossed" or "blup_item" in peer)
    ]
    return [pytest.param(n, p, id=f"{n}-{p['criterion']}") for n, p in found]


def lined_up(values, labels):
    return pd.Series(values).reindex(labels).to_numpy(float)


@pytest.mark.parametrize(("name", "criterion", "statistic", "expected"), expected_components())
def test_components_are_the_exact_optima(name, criterion, statistic, expected):
    sub, jur, y, items, jurors = marks(name, criterion)
    fit = reml.fit(sub, jur, y, len(items), len(jurors), reml=statistic == "reml")
    for variant, field in VARIANTS.items():
        assert getattr(fit, field) == pytest.approx(expected[variant], rel=1e-5, abs=1e-9), variant


@pytest.mark.parametrize(("name", "peer"), peers("lmer_crossed"))
def test_blups_are_those_of_lme4(name, peer):
    sub, jur, y, items, jurors = marks(name, peer["criterion"])
    fit = reml.fit(sub, jur, y, len(items), len(jurors), reml=peer["REML"])
    np.testing.assert_allclose(fit.submission_effect, lined_up(peer["blup_item"], items), atol=2e-3)
    np.testing.assert_allclose(fit.juror_effect, lined_up(peer["blup_juror"], jurors), atol=2e-3)
    assert fit.loglik >= peer["logLik"] - 1e-7  # never below lme4's optimum
    assert fit.loglik == pytest.approx(peer["logLik"], abs=1e-4)


@pytest.mark.parametrize(("name", "peer"), peers("two_way_ls"))
def test_two_way_least_squares_with_errors(name, peer):
    sub, jur, y, items, jurors = marks(name, peer["criterion"])
    design = incidence(sub, jur, len(items), len(jurors))
    ls = two_way(reml.sums_of(design, y))
    assert ls.dof == peer["df_resid"]
    assert ls.sigma == pytest.approx(peer["sigma"], abs=1e-8)
    for mine, theirs, labels in [
        (ls.juror, "juror_effect", jurors),
        (ls.juror_se, "juror_se", jurors),
        (ls.submission, "item_effect", items),
        (ls.submission_se, "item_se", items),
    ]:
        np.testing.assert_allclose(mine, lined_up(peer[theirs], labels), atol=1e-8, err_msg=theirs)


@pytest.mark.parametrize(("name", "peer"), peers("within_juror_z_mean"))
def test_z_means_within_juror(name, peer):
    sub, jur, y, items, jurors = marks(name, peer["criterion"])
    design = incidence(sub, jur, len(items), len(jurors))
    z, _, _ = standardise(design, y[design.order])
    mean = pd.Series(z).groupby(design.owner).mean()
    known = lined_up(peer["value"], items)
    there = np.isfinite(known)
    np.testing.assert_allclose(mean.to_numpy()[there], known[there], atol=1e-10)
