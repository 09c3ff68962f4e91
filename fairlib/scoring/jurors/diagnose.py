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
from fairlib.scoring.arrays import divide, nullable
from fairlib.scoring.estimators.adjust import Estimates, estimate
from fairlib.scoring.jurors.against_others import FINDING, by_juror, findings, mean_by_juror, two_sided
from fairlib.scoring.jurors.contrasts import Family, draws_for, examine
from fairlib.scoring.jurors.copies import copied
from fairlib.scoring.jurors.drift import drift
from fairlib.scoring.jurors.habits import central, digits, discrimination, noise, spread
from fairlib.scoring.jurors.halo import flat, halo
from fairlib.scoring.jurors.leniency import GROUPS, conflicts, leniency
from fairlib.scoring.jurors.multiplicity import adjust
from fairlib.scoring.jurors.readings import Readings, readings_of
from fairlib.scoring.jurors.sentences import sentence
from fairlib.scoring.rasch.measures import Rasch

__all__ = ["Diagnostics", "diagnose", "sentence"]

ALPHA = 0.05
WORTH = 0.5  # points worth talking about (Linacre 2023)
HABITS = (spread, discrimination, noise, halo, central, flat, digits)
ORDER = ("talk", "own_organisation_marked", "no_spread", "significant", "large", "quiet")
NUMBERS = ["value", "panel", "effect", "p", "p_adjusted"]


@dataclass(frozen=True)
class Diagnostics:
    """What is particular about each juror, and what of it is worth a conversation.

    `jurors` (index juror): `n_submissions, n_marks`, `mean, sd` of the marks, `severity, severity_se`, what
    `HABITS` found (`COLUMNS` has the names), `infit, outfit` of the Rasch model, `order_drift, day_drift,
    n_findings, status`; points of the contest's scale, NA where the findings say why.

    `findings`, one row a test: `juror` (None: the panel as a whole), `signal`, `about` (group, other
    juror or mark), `value` and `panel` (what the signal compares), `effect` in points, `p`, `p_adjusted`
    (Benjamini–Hochberg over all), `n`, `status`: `talk` (significant and at least `WORTH` points),
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
    rasch: Rasch | None = None,
    permutations: int | None = None,
    seed: int = 0,
) -> Diagnostics:
    """Diagnose the jurors of a ratings table (optional columns `order`, `day`, `slot`).

    `submissions` (index submission: `nomination, region, legal_form, organisation_id`) and `jurors` (index
    juror: `region, organisation_id`) bring the questions about groups and conflicts; each column is optional.
    `severity` is the round's `estimate(…)` if it is at hand, else it is made; `rasch` the result of
    `rasch(…)`, for infit and outfit. `scale` is (lowest, highest) mark, else the marks' range. `permutations`
    per test are as many as `draws_for` says if none are given. Results do not depend on the order of rows or
    on names. Raises ScoringError as `composite` does.

    Sources: each question's own file; worth talking about is half a point (Linacre 2023), and p-values are
    adjusted by Benjamini & Hochberg (1995).
    """
    readings = readings_of(ratings, weights, scale)
    known = (
        _severities(readings, ratings, weights)
        if severity is None
        else severity.jurors.reindex(readings.jurors)
    )
    habits = {f.__name__: f(readings) for f in HABITS}
    families = drift(readings, ratings)
    if submissions is not None:
        families += leniency(readings, submissions, jurors)
        families += conflicts(readings, submissions, jurors) if jurors is not None else []
    copies, unlisted = copied(readings)
    parts = [_severity(readings, known), *habits.values(), copies]
    tested = unlisted + sum((t["status"] == "tested").sum() for t in (*parts, *(f.tests for f in families)))
    draws = draws_for(len(readings.y), tested) if permutations is None else permutations
    parts.append(_beyond(readings, families, draws, seed))
    table, tests = _judged(_joined(parts), unlisted)
    return Diagnostics(_jurors(readings, habits, known, rasch, table), table, draws, tests)


def _severities(readings: Readings, ratings: pd.DataFrame, weights) -> pd.DataFrame:
    """Severity by REML, or none of them with a status where this table cannot support the model."""
    try:
        return estimate(ratings, "severity", weights, within=True).jurors.reindex(readings.jurors)
    except ScoringError:
        return pd.DataFrame(
            {"severity": np.nan, "se": np.nan, "status": "no_severity"}, index=readings.jurors
        )


def _severity(readings: Readings, known: pd.DataFrame) -> pd.DataFrame:
    b, se = (known[c].to_numpy(dtype=float, na_value=np.nan) for c in ("severity", "se"))
    usable = np.isfinite(b) & (se > 0)
    z = divide(b, np.where(usable, se, 0))
    reason = np.where(known["status"].eq("ok") | known["status"].isna(), "no_severity", known["status"])
    columns = {"value": b, "panel": np.where(usable, 0.0, np.nan), "effect": b, "p": two_sided(z)}
    status = np.where(usable, "tested", reason)
    return findings(readings, "severity", **columns, n=readings.load, status=status)


def _beyond(readings: Readings, families: list[Family], draws: int, seed: int) -> pd.DataFrame:
    """Drift, leniency and conflicts; of two groups that are a juror's whole work one side is kept."""
    table = examine(readings, families, draws, seed)
    group = table[table["signal"].isin(GROUPS)]
    by = group.groupby(["signal", "juror"], sort=False)
    reads = pd.Series(readings.load, index=readings.jurors)
    whole = (by["n"].transform("sum") == group["juror"].map(reads)) & (by["n"].transform("size") == 2)
    return table.drop(index=group.index[whole & (group["effect"] < 0)])


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    parts = [p.astype({"juror": object, "about": object, "status": object}) for p in parts if len(p)]
    return pd.concat(parts, ignore_index=True)


def _judged(table: pd.DataFrame, unlisted: int) -> tuple[pd.DataFrame, int]:
    """Adjusted p and status of all findings, the most telling first; and the number of tests."""
    tested = (table["status"] == "tested").to_numpy()
    table["p_adjusted"] = adjust(table["p"].to_numpy(dtype=float), unlisted)
    sure, far = (table["p_adjusted"] <= ALPHA).to_numpy(), (table["effect"].abs() >= WORTH).to_numpy()
    word = np.select([sure & far, sure, far], ["talk", "significant", "large"], "quiet")
    own = (table["signal"] == "own_affiliation") & (table["n"] > 0) & table["juror"].notna()
    table["status"] = np.where(own, "own_organisation_marked", np.where(tested, word, table["status"]))
    place = {word: k for k, word in enumerate(ORDER)}
    keys = table.assign(_status=table["status"].map(place).fillna(len(ORDER)), _effect=-table["effect"].abs())
    keys = keys.assign(_juror=table["juror"].astype(str), _about=table["about"].astype(str))
    order = keys.sort_values(["_status", "p", "_effect", "signal", "_juror", "_about"], kind="stable").index
    table = table.loc[order].reset_index(drop=True)
    for column in NUMBERS:
        table[column] = nullable(table[column].to_numpy(dtype=float, na_value=np.nan))
    return table[[*FINDING[:7], "p_adjusted", *FINDING[7:]]], int(tested.sum()) + unlisted


COLUMNS = {  # of the table of jurors: the signal and the column of its findings that they are
    "spread_ratio": ("spread", "value"),
    "discrimination": ("discrimination", "value"),
    "attenuation": ("discrimination", "panel"),
    "noise": ("noise", "value"),
    "noise_panel": ("noise", "panel"),
    "halo": ("halo", "value"),
    "halo_panel": ("halo", "panel"),
    "central_share": ("central", "value"),
    "central_panel": ("central", "panel"),
    "flat_share": ("flat", "value"),
    "flat_panel": ("flat", "panel"),
    "digit": ("digits", "about"),
    "digit_share": ("digits", "value"),
    "digit_panel": ("digits", "panel"),
}


def _jurors(
    readings: Readings, habits: dict, known: pd.DataFrame, rasch: Rasch | None, found: pd.DataFrame
) -> pd.DataFrame:
    n, mean = readings.load, mean_by_juror(readings, readings.y)
    away = by_juror(readings, (readings.y - mean[readings.juror]) ** 2)
    sd = np.sqrt(divide(away, np.where(n > 1, n - 1, 0)))
    marks = by_juror(readings, (~np.isnan(readings.marks)).sum(axis=1))
    table = pd.DataFrame({"n_submissions": n, "n_marks": marks.astype(np.int64)}, index=readings.jurors)
    table["mean"], table["sd"] = mean, sd
    table["severity"], table["severity_se"] = known["severity"], known["se"]
    for name, (signal, column) in COLUMNS.items():
        table[name] = habits[signal].set_index("juror")[column]
    fit = None if rasch is None else rasch.jurors.reindex(readings.jurors)
    for name in ("infit", "outfit"):
        table[name] = np.nan if fit is None else fit[name]
    for signal in ("order", "day"):
        rows = found[(found["signal"] == signal) & found["juror"].notna()]
        table[f"{signal}_drift"] = rows.set_index("juror")["effect"].reindex(readings.jurors)
    talk = found[found["status"].isin(["talk", "own_organisation_marked"])]
    table["n_findings"] = talk.groupby("juror").size().reindex(readings.jurors, fill_value=0)
    flatline = (sd < 1e-12) & (n > 1)
    table["status"] = np.select([n == 0, n == 1, flatline], ["no_marks", "one_submission", "no_spread"], "ok")
    for name in table.columns.drop(["digit", "status"]):
        if table[name].dtype.kind != "i":
            table[name] = nullable(table[name].to_numpy(dtype=float, na_value=np.nan))
    return table.rename_axis("juror")
