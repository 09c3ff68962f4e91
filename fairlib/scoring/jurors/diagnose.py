"""Everything that is worth saying about the jurors of a round, in one call.

A finding is a signal for a conversation with a juror, never an accusation: it says what differs from the
other readers of the same submissions, by how many points, and how easily chance would do the same. Every
test of a round is in one family for the Benjamini–Hochberg adjustment.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlib.errors import ScoringError
from fairlib.scoring.estimators.adjust import Estimates, estimate
from fairlib.scoring.jurors.against_others import FINDING, two_sided
from fairlib.scoring.jurors.contrasts import Family, draws_for, examine
from fairlib.scoring.jurors.copies import copied
from fairlib.scoring.jurors.drift import drift
from fairlib.scoring.jurors.habits import central, digits, discrimination, noise, spread
from fairlib.scoring.jurors.halo import flat, halo
from fairlib.scoring.jurors.leniency import GROUPS, conflicts, leniency
from fairlib.scoring.jurors.multiplicity import adjust
from fairlib.scoring.jurors.readings import Panel, read_panel
from fairlib.scoring.jurors.sentences import sentence

__all__ = ["Diagnostics", "diagnose", "sentence"]

ALPHA = 0.05
HABITS = (spread, discrimination, noise, halo, central, flat, digits)
ORDER = ("talk", "own_organisation_marked", "no_spread", "significant", "large", "quiet")
NUMBERS = ["value", "panel", "effect", "p", "p_adjusted"]


@dataclass(frozen=True)
class Diagnostics:
    """What is particular about each juror, and what of it is worth a conversation.

    `jurors` (index juror): `n_submissions, n_marks, mean, sd, severity, severity_se, spread_ratio,
    discrimination, attenuation, noise, noise_panel, infit, outfit, halo, halo_panel, central_share,
    central_panel, flat_share, flat_panel, digit, digit_share, digit_panel, order_drift, day_drift,
    n_findings, status`; points of the contest's scale, NA where the findings say why.

    `findings`, one row a test: `juror` (None: the panel as a whole), `signal`, `about` (group, other
    juror or mark), `value` and `panel` (what the signal compares), `effect` in points, `p`, `p_adjusted`
    (Benjamini–Hochberg over all), `n`, `status`: `talk` (significant and at least `worth` points),
    `significant`, `large` (points, but chance could do it), `quiet`, or why there is no test.

    `permutations` is 0 where the normal limit took their place; `tests` counts all tests, also those of
    pairs of jurors that are not listed because at most one of their sheets is identical.
    """

    jurors: pd.DataFrame
    findings: pd.DataFrame
    permutations: int
    tests: int


def diagnose(
    ratings: pd.DataFrame,
    submissions: pd.DataFrame | None = None,
    jurors: pd.DataFrame | None = None,
    *,
    weights: Mapping[str, float] | None = None,
    scale: tuple[float, float] | None = None,
    severity: Estimates | None = None,
    rasch=None,
    worth: float = 0.5,
    permutations: int | None = None,
    seed: int = 0,
) -> Diagnostics:
    """Diagnose the jurors of a ratings table (optional columns `order`, `day`, `slot`).

    `submissions` (index submission: `nomination, region, legal_form, organisation_id`) and `jurors` (index
    juror: `region, organisation_id`) bring the questions about groups and conflicts; each column is
    optional. `severity` is the round's `estimate(…)` if it is at hand, else it is made; `rasch` the
    result of `rasch(…)`, for infit and outfit. `scale` is (lowest, highest) mark, else the marks' range.
    `worth` is the number of points worth talking about (Linacre 2023 uses half a point). Results do not
    depend on the order of rows or on names. Raises ScoringError as `composite` does.
    """
    panel = read_panel(ratings, weights, scale)
    known = (
        _severities(panel, ratings, weights) if severity is None else severity.jurors.reindex(panel.jurors)
    )
    habits = {f.__name__: f(panel) for f in HABITS}
    families = drift(panel, ratings)
    if submissions is not None:
        families += leniency(panel, submissions, jurors)
        families += conflicts(panel, submissions, jurors) if jurors is not None else []
    copies, unlisted = copied(panel)
    parts = [_severity(panel, known), *habits.values(), copies]
    draws = permutations
    if draws is None:
        tested = sum((p["status"] == "tested").sum() for p in parts) + unlisted
        draws = draws_for(len(panel.y), tested + sum((f.status == "tested").sum() for f in families))
    parts.append(_beyond(panel, families, draws, seed))
    table, tests = _judged(_joined(parts), unlisted, worth)
    return Diagnostics(_jurors(panel, habits, known, rasch, table), table, draws, tests)


def _severities(panel: Panel, ratings: pd.DataFrame, weights) -> pd.DataFrame:
    """Severity by REML, or none of them with a status where this table cannot support the model."""
    try:
        return estimate(ratings, "severity", weights, within=True).jurors.reindex(panel.jurors)
    except ScoringError:
        return pd.DataFrame({"severity": np.nan, "se": np.nan, "status": "no_severity"}, index=panel.jurors)


def _severity(panel: Panel, known: pd.DataFrame) -> pd.DataFrame:
    b, se = (known[c].to_numpy(dtype=float, na_value=np.nan) for c in ("severity", "se"))
    usable = np.isfinite(b) & (se > 0)
    z = np.divide(b, se, out=np.full(len(b), np.nan), where=usable)
    reason = np.where(known["status"].eq("ok") | known["status"].isna(), "no_severity", known["status"])
    return pd.DataFrame(
        {
            "juror": panel.jurors, "signal": "severity", "about": "", "value": b,
            "panel": np.where(usable, 0.0, np.nan), "effect": b,
            "p": two_sided(z), "n": panel.readings, "status": np.where(usable, "tested", reason),
        }
    )[FINDING]  # fmt: skip


def _beyond(panel: Panel, families: list[Family], draws: int, seed: int) -> pd.DataFrame:
    """Drift, leniency and conflicts; of two groups that are a juror's whole work one side is kept."""
    table = examine(panel, families, draws, seed)
    group = table[table["signal"].isin(GROUPS)]
    by = group.groupby(["signal", "juror"], sort=False)
    reads = pd.Series(panel.readings, index=panel.jurors)
    whole = (by["n"].transform("sum") == group["juror"].map(reads)) & (by["n"].transform("size") == 2)
    return table.drop(index=group.index[whole & (group["effect"] < 0)])


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    parts = [p.astype({"juror": object, "about": object, "status": object}) for p in parts if len(p)]
    return pd.concat(parts, ignore_index=True)


def _judged(table: pd.DataFrame, unlisted: int, worth: float) -> tuple[pd.DataFrame, int]:
    """Adjusted p and status of all findings, the most telling first; and the number of tests."""
    tested = (table["status"] == "tested").to_numpy()
    table["p_adjusted"] = adjust(table["p"].to_numpy(dtype=float), unlisted)
    sure, far = (table["p_adjusted"] <= ALPHA).to_numpy(), (table["effect"].abs() >= worth).to_numpy()
    word = np.select([sure & far, sure, far], ["talk", "significant", "large"], "quiet")
    own = (table["signal"] == "own_affiliation") & (table["n"] > 0) & table["juror"].notna()
    table["status"] = np.where(own, "own_organisation_marked", np.where(tested, word, table["status"]))
    place = {word: k for k, word in enumerate(ORDER)}
    keys = table.assign(
        _status=table["status"].map(place).fillna(len(ORDER)), _effect=-table["effect"].abs(),
        _juror=table["juror"].astype(str), _about=table["about"].astype(str),
    )  # fmt: skip
    order = keys.sort_values(["_status", "p", "_effect", "signal", "_juror", "_about"], kind="stable").index
    table = table.loc[order].reset_index(drop=True)
    for column in NUMBERS:
        table[column] = _na(table[column])
    return table[[*FINDING[:7], "p_adjusted", *FINDING[7:]]], int(tested.sum()) + unlisted


def _jurors(panel: Panel, habits: dict, known: pd.DataFrame, rasch, found: pd.DataFrame) -> pd.DataFrame:
    j, n = panel.juror, panel.readings
    mean = np.divide(
        np.bincount(j, weights=panel.y, minlength=len(n)), n, out=np.full(len(n), np.nan), where=n > 0
    )
    away = np.bincount(j, weights=(panel.y - mean[j]) ** 2, minlength=len(n))
    sd = np.sqrt(np.divide(away, n - 1, out=np.full(len(n), np.nan), where=n > 1))
    marks = np.bincount(j, weights=(~np.isnan(panel.marks)).sum(axis=1), minlength=len(n)).astype(np.int64)
    table = pd.DataFrame({"n_submissions": n, "n_marks": marks, "mean": mean, "sd": sd}, index=panel.jurors)
    table["severity"], table["severity_se"] = known["severity"], known["se"]
    for signal, columns in _COLUMNS.items():
        part = habits[signal].set_index("juror")
        for name, source in columns.items():
            table[name] = part[source]
    fit = None if rasch is None else rasch.jurors.reindex(panel.jurors)
    for name in ("infit", "outfit"):
        table[name] = np.nan if fit is None else fit[name]
    for signal in ("order", "day"):
        rows = found[(found["signal"] == signal) & found["juror"].notna()]
        table[f"{signal}_drift"] = rows.set_index("juror")["effect"].reindex(panel.jurors)
    talk = found[found["status"].isin(["talk", "own_organisation_marked"])]
    table["n_findings"] = talk.groupby("juror").size().reindex(panel.jurors, fill_value=0)
    flatline = (sd < 1e-12) & (n > 1)
    table["status"] = np.select([n == 0, n == 1, flatline], ["no_marks", "one_submission", "no_spread"], "ok")
    for name in table.columns.drop(["digit", "status"]):
        if table[name].dtype.kind != "i":
            table[name] = _na(table[name])
    return table.rename_axis("juror")


_COLUMNS = {
    "spread": {"spread_ratio": "value"},
    "discrimination": {"discrimination": "value", "attenuation": "panel"},
    "noise": {"noise": "value", "noise_panel": "panel"},
    "halo": {"halo": "value", "halo_panel": "panel"},
    "central": {"central_share": "value", "central_panel": "panel"},
    "flat": {"flat_share": "value", "flat_panel": "panel"},
    "digits": {"digit": "about", "digit_share": "value", "digit_panel": "panel"},
}


def _na(column: pd.Series) -> pd.Series:
    """Float64 with NA for what is not there, so that no NaN passes for a number."""
    v = column.to_numpy(dtype=float, na_value=np.nan)
    missing = np.isnan(v)
    return pd.Series(pd.arrays.FloatingArray(np.where(missing, 0.0, v), missing), index=column.index)
