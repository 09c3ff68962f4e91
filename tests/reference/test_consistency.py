"""Every value of consistency in the reference corpus; where packages differ, the definition decides.

Reads the folder named by FAIRLIB_REFERENCE. What each exception rests on is told in
docs/lab/accuracy.md.
"""

import os
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairlib.scoring.agreement.alpha import krippendorff_alpha
from fairlib.scoring.agreement.components import icc_components
from fairlib.scoring.agreement.concordance import kendall_w, mean_spearman
from fairlib.scoring.agreement.generalizability import decision_study, generalizability
from fairlib.scoring.agreement.icc import icc
from fairlib.scoring.agreement.kappa import cohen_kappa, conger_kappa, fleiss_kappa, kappas, light_kappa

FOLDER = os.environ.get("FAIRLIB_REFERENCE")
pytestmark = pytest.mark.skipif(not FOLDER, reason="FAIRLIB_REFERENCE is not set")
ROOT = Path(FOLDER or ".")
KAPPA_WEIGHTS = {"unweighted": None, "equal": "linear", "squared": "quadratic"}
VALUE, LIMIT = 1e-6, 1e-5


@cache
def expected():
    if not FOLDER:  # the tests are collected all the same, and skipped
        return pd.DataFrame(columns=["dataset", "criterion", "statistic", "variant"])
    return pd.read_csv(ROOT / "expected.csv")


def rows(statistic):
    found = expected()[expected().statistic == statistic]
    keys = ["dataset", "criterion"]
    return [pytest.param(*key, group, id="-".join(key)) for key, group in found.groupby(keys, sort=False)]


@cache
def ratings(dataset, criterion):
    table = pd.read_csv(ROOT / "data" / f"{dataset}.csv", dtype={"juror": str})
    return table[table.criterion == criterion].rename(columns={"item": "submission"})


def close(found, value, tolerance, what, floor=1e-12):
    if pd.notna(value):
        assert found is not None and found is not pd.NA, f"{what}: nothing, expected {value}"
        assert found == pytest.approx(value, rel=tolerance, abs=floor), what


@pytest.mark.parametrize(("dataset", "criterion", "group"), rows("icc"))
def test_icc(dataset, criterion, group):
    found = icc(ratings(dataset, criterion))
    for row in group.itertuples():
        mine = found.loc[row.variant]
        close(mine.value, row.value, VALUE, row.variant)
        close(mine.p, row.p, VALUE, f"{row.variant} p")
        close(mine.low, row.ci95_low, LIMIT, f"{row.variant} low")
        close(mine.high, row.ci95_high, LIMIT, f"{row.variant} high")


@pytest.mark.parametrize(("dataset", "criterion", "group"), rows("icc_missing_listwise"))
def test_icc_of_complete_rows_only(dataset, criterion, group):
    """What packages give after dropping rows; here the reader drops them, never the library."""
    long = ratings(dataset, criterion)
    if not pd.api.types.is_numeric_dtype(long.score):
        pytest.skip("categories")
    readers = long.groupby("submission").juror.transform("count")
    whole = long[readers == long.juror.nunique()]
    if whole.submission.nunique() < 2:
        assert group.value.isna().all()
        return
    found = icc(whole)
    for row in group.itertuples():
        close(found.value[row.variant], row.value, VALUE, row.variant)
        close(found.p[row.variant], row.p, VALUE, f"{row.variant} p", floor=1e-300)


@pytest.mark.parametrize(("dataset", "criterion", "group"), rows("krippendorff_alpha"))
def test_alpha(dataset, criterion, group):
    for row in group.itertuples():
        found = krippendorff_alpha(ratings(dataset, criterion), row.variant).value
        close(found, row.value, 1e-9, row.variant)


@pytest.mark.parametrize(("dataset", "criterion", "group"), rows("kendall_w"))
def test_kendall(dataset, criterion, group):
    """`noties` is W without the correction, which the library does not offer: undone here."""
    long = ratings(dataset, criterion)
    found = kendall_w(long, n_perm=99)
    k, n = found.n_jurors, found.n_submissions
    sizes = long.groupby(["juror", "score"]).size()
    ties = float((sizes**3 - sizes).sum())
    plain = found.value * (1 - ties / (k * (n**3 - n)))
    for row in group.itertuples():
        close(found.value if row.variant == "ties" else plain, row.value, VALUE, row.variant)
        if row.variant == "ties":
            close(found.p, row.p, VALUE, "p", floor=1e-300)


@pytest.mark.parametrize(("dataset", "criterion", "group"), rows("mean_spearman_plain"))
def test_spearman(dataset, criterion, group):
    # the peer computes ranks in single steps of 1e-8: its own digits end there
    close(mean_spearman(ratings(dataset, criterion)).value, group.value.iloc[0], VALUE, "mean rho")


@pytest.mark.parametrize(("dataset", "criterion", "group"), rows("fleiss_kappa"))
def test_fleiss(dataset, criterion, group):
    found = fleiss_kappa(ratings(dataset, criterion))
    close(found.value, group.value.iloc[0], VALUE, "kappa")
    close(found.p, group.p.iloc[0], VALUE, "p")


@pytest.mark.parametrize(("dataset", "criterion", "group"), rows("conger_kappa"))
def test_conger(dataset, criterion, group):
    close(conger_kappa(ratings(dataset, criterion)).value, group.value.iloc[0], VALUE, "kappa")


@pytest.mark.parametrize(("dataset", "criterion", "group"), rows("light_kappa"))
def test_light(dataset, criterion, group):
    long = ratings(dataset, criterion)
    found = light_kappa(long)
    close(found.value, group.value.iloc[0], VALUE, "kappa")
    close(irr_light_p(long, found.value), group.p.iloc[0], VALUE, "irr's p, shown to be understood")


def irr_light_p(long, value):
    """irr's p of Light's kappa: its "chance" 1 − m·Π(disagreement of a pair) is no probability for m > 1."""
    from scipy.special import ndtr

    wide = long.pivot(index="submission", columns="juror", values="score").to_numpy()
    n, k = wide.shape
    levels = pd.unique(wide.ravel())
    habit = np.array([[(column == v).sum() for v in levels] for column in wide.T], dtype=float)
    apart = [n * n - habit[a] @ habit[b] for a in range(k) for b in range(a + 1, k)]
    other = len(apart) * np.prod(np.array(apart) / n**2)
    variance = (1 - other) / (n * other)
    return 2 * ndtr(-abs(value) / np.sqrt(variance)) if variance > 0 else np.nan


@pytest.mark.parametrize(("dataset", "criterion", "group"), rows("cac"))
def test_gwet_family(dataset, criterion, group):
    """Limits of the corpus are rounded to three decimals."""
    for weights, part in group.groupby(group.variant.str.split("|").str[1]):
        found = kappas(ratings(dataset, criterion), None if weights == "unweighted" else weights)
        for row in part.itertuples():
            mine = found.loc[row.variant.split("|")[0]]
            close(mine.value, row.value, VALUE, row.variant)
            close(mine.p, row.p, VALUE, f"{row.variant} p")
            assert mine.low == pytest.approx(row.ci95_low, abs=5.01e-4), row.variant
            assert mine.high == pytest.approx(row.ci95_high, abs=5.01e-4), row.variant


def as_numbers(long):
    """Peers gave text diagnoses weights by place in the alphabet; the library refuses text, so code it."""
    if pd.api.types.is_numeric_dtype(long.score):
        return long
    return long.assign(score=pd.factorize(long.score, sort=True)[0] + 1)


@pytest.mark.parametrize(("dataset", "criterion", "group"), rows("cohen_kappa"))
def test_cohen(dataset, criterion, group):
    long = as_numbers(ratings(dataset, criterion))
    tables = {name: cohen_kappa(long, w) for name, w in KAPPA_WEIGHTS.items()}
    tables = {name: t.set_index(["juror_a", "juror_b"]) for name, t in tables.items()}
    for row in group.itertuples():
        name, pair = row.variant.split("|")
        a, b = pair.split("~")
        mine = tables[name].loc[(a, b)]
        if pd.notna(row.note):
            check_by_definition(long, a, b, name, mine.value)
            continue
        close(mine.value, row.value, VALUE, row.variant)
        close(mine.p, row.p, VALUE, f"{row.variant} p")
        low, high = row.ci95_low, min(row.ci95_high, 1.0)
        if name == "squared":
            close(low, psych_limits(long, a, b)[0], LIMIT, "psych's limit, shown to be understood", 1e-8)
            close(high, psych_limits(long, a, b)[1], LIMIT, "psych's limit, shown to be understood", 1e-8)
        else:
            close(mine.low, low, LIMIT, f"{row.variant} low", 1e-6)
            close(mine.high, high, LIMIT, f"{row.variant} high", 1e-6)


def check_by_definition(long, a, b, name, value):
    """Kappa as 1 − mean disagreement of the pairs / mean disagreement of all crossings, on the marks."""
    wide = long.pivot(index="submission", columns="juror", values="score")[[a, b]].dropna()
    x, y = wide[a].to_numpy(float), wide[b].to_numpy(float)
    power = {"equal": 1, "squared": 2}[name]
    crossed = (np.abs(x[:, None] - y[None]) ** power).mean()
    assert value == pytest.approx(1 - (np.abs(x - y) ** power).mean() / crossed, abs=1e-9)


def psych_limits(long, a, b):
    """psych's limits of squared-weights kappa: Σ_j w_ij p_i. stands where Σ_i w_ij p_i. belongs."""
    wide = long.pivot(index="submission", columns="juror", values="score")[[a, b]].dropna()
    code = np.unique(wide.to_numpy(), return_inverse=True)[1].reshape(-1, 2)
    n, q = len(code), code.max() + 1
    p = np.zeros((q, q))
    np.add.at(p, (code[:, 0], code[:, 1]), 1 / n)
    rows_, columns = p.sum(axis=1), p.sum(axis=0)
    w = 1 - (np.subtract.outer(np.arange(q), np.arange(q)) / max(q - 1, 1)) ** 2
    po, pe = (w * p).sum(), rows_ @ w @ columns
    reach = (w @ columns)[:, None] + (rows_ * w.sum(axis=1))[None, :]
    spread = (p * (w * (1 - pe) - reach * (1 - po)) ** 2).sum() - (po * pe - 2 * pe + po) ** 2
    half = 1.959963984540054 * np.sqrt(max(spread, 0) / n) / (1 - pe) ** 2
    value = (po - pe) / (1 - pe)
    return max(-1, value - half), min(1, value + half)


def reml_rows():
    found = expected()[expected().statistic == "reml"]
    return [
        pytest.param(*k, g, id="-".join(k)) for k, g in found.groupby(["dataset", "criterion"], sort=False)
    ]


@pytest.mark.parametrize(("dataset", "criterion", "group"), reml_rows())
def test_icc_components_follow_from_the_exact_optimum(dataset, criterion, group):
    v = group.set_index("variant").value
    found = icc_components(ratings(dataset, criterion))
    single = v.var_item / (v.var_item + v.var_juror + v.var_resid)
    mean = v.var_item / (v.var_item + found.q * v.var_juror + v.var_resid / found.k)
    close(found.table.value["ICC(A,1)"], single, 1e-5, "ICC(A,1)", 1e-8)
    close(found.table.value["ICC(Q,k)"], mean, 1e-5, "ICC(Q,k)", 1e-8)


def test_brennan_2001_table_3_2():
    """Synthetic data set 4: persons × (raters : tasks), p. 116 and the decision study with 4 raters."""
    long = pd.read_csv(ROOT / "data" / "brennan_3_2.csv", dtype={"juror": str}).rename(
        columns={"item": "submission"}
    )
    g = generalizability(long)
    found = g.components.variance[
        ["submission", "criterion", "juror:criterion", "submission:criterion", "residual"]
    ]
    assert found.round(4).to_list() == [0.4731, 0.3252, 0.6475, 0.5596, 2.3802]
    study = decision_study(g, [4], criteria="random").iloc[0]
    assert study.generalizability == pytest.approx(0.5514, abs=1e-4)
    assert study.dependability == pytest.approx(0.4637, abs=1e-4)
