"""Contests with a known truth for the tests of juror diagnostics. All of it is synthetic."""

import numpy as np
import pandas as pd


def contest(seed, n_sub=221, n_jur=12, per=4, n_crit=5, sd=0.8, severity_sd=0.4, plant=None, whole=True):
    """Ratings, submissions, jurors of a random incomplete design; `plant(mu, t)` changes the pairs' means."""
    rng = np.random.default_rng(seed)
    i = np.repeat(np.arange(n_sub), per)
    j = np.concatenate([rng.permutation(n_jur)[:per] for _ in range(n_sub)])
    t = pd.DataFrame({"i": i, "j": j, "nomination": rng.integers(0, 3, n_sub)[i]})
    t["region"] = rng.integers(0, 8, n_sub)[i]
    t["order"] = rng.permuted(np.arange(len(t)))
    t["order"] = t.groupby("j")["order"].rank() - 1
    t["day"] = (t["order"] >= t.groupby("j")["order"].transform("median")).astype(int) + 1
    quality, severity = rng.normal(6, 1, n_sub), rng.normal(0, severity_sd, n_jur)
    mu = quality[i] - severity[j] + rng.normal(0, sd, len(t))
    if plant is not None:
        mu = plant(mu, t)
    x = np.asarray(mu)[:, None] + rng.normal(0, 0.6, (len(t), n_crit))
    x = np.clip(np.round(x), 1, 10) if whole else x
    return long(t, x), *tables(t, n_sub, n_jur, rng)


def long(t, x):
    """Pairs (n) and their marks (n, criteria) as a ratings table."""
    n_crit = x.shape[1]
    rows = t.loc[t.index.repeat(n_crit)]
    return pd.DataFrame(
        {
            "submission": "s" + rows["i"].astype(str).str.zfill(4).to_numpy(),
            "juror": "E" + rows["j"].astype(str).str.zfill(2).to_numpy(),
            "criterion": np.tile([f"c{c}" for c in range(n_crit)], len(t)),
            "score": x.ravel(),
            "order": rows["order"].to_numpy(),
            "day": rows["day"].to_numpy(),
        }
    )


def tables(t, n_sub, n_jur, rng):
    one = t.drop_duplicates("i").set_index("i").sort_index()
    submissions = pd.DataFrame(
        {
            "nomination": [f"n{v}" for v in one["nomination"]],
            "region": [f"r{v}" for v in one["region"]],
            "legal_form": [f"f{v}" for v in rng.integers(0, 3, len(one))],
            "organisation_id": [f"o{v}" for v in one.index],
        },
        index=pd.Index([f"s{v:04d}" for v in one.index], name="submission"),
    )
    jurors = pd.DataFrame(
        {"region": [f"r{v % 8}" for v in range(n_jur)], "organisation_id": [f"x{v}" for v in range(n_jur)]},
        index=pd.Index([f"E{v:02d}" for v in range(n_jur)], name="juror"),
    )
    return submissions, jurors


def marks(rows, criteria=("c",)):
    """A ratings table from {(submission, juror): mark or marks}."""
    return pd.DataFrame(
        [
            (s, j, c, float(v))
            for (s, j), values in rows.items()
            for c, v in zip(criteria, np.atleast_1d(values), strict=True)
        ],
        columns=["submission", "juror", "criterion", "score"],
    )


def row(findings, signal, juror, about=None):
    """The one finding of that signal and juror (None: the panel)."""
    of = findings["juror"].isna() if juror is None else findings["juror"] == juror
    hit = findings[(findings["signal"] == signal) & of]
    hit = hit if about is None else hit[hit["about"] == about]
    assert len(hit) == 1, hit
    return hit.iloc[0]
