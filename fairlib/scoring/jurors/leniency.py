"""Is a juror more generous to some? Juror × group interaction, and the pattern of an undeclared conflict.

A group is a nomination, a region or a type of organisation. Severity and quality are taken out first
(`contrasts`): a juror who is generous to everyone favours nobody, and good submissions from one region
are no favour to it.
"""

import numpy as np
import pandas as pd

from fairlib.scoring.jurors.contrasts import FEW, Family, table_of_tests
from fairlib.scoring.jurors.readings import Readings

GROUPS = ("nomination", "region", "legal_form")


def leniency(
    readings: Readings, submissions: pd.DataFrame, jurors: pd.DataFrame | None = None, columns: tuple = GROUPS
) -> list[Family]:
    """One family for each column of `submissions` (index submission) that is there: juror × group.

    `about` is the group. A test wants three of the juror's submissions in the group and three outside,
    else `too_few`. Submissions without a group are outside every group. Where a juror saw two groups in
    all, the two tests are one and the more generous side is kept by `jurors.diagnose`. A juror's own
    region is left to `conflicts`.
    """
    families = []
    for column in columns:
        if column in submissions.columns:
            group = submissions[column].reindex(readings.submissions)
            code, labels = pd.factorize(group, sort=True)
            own = _codes_of(jurors, readings, "region", labels) if column == "region" else None
            families += _by_group(readings, column, code, labels, own)
    return families


def conflicts(readings: Readings, submissions: pd.DataFrame, jurors: pd.DataFrame) -> list[Family]:
    """Families `own_region` and `own_affiliation`: each juror, then all jurors together.

    They compare a juror's submissions from the juror's own region (column `region` of both tables) or own
    organisation (`organisation_id`) with the juror's others. A mark for one's own organisation is a
    finding by itself (`own_organisation_marked`), tested or not.
    """
    families = []
    for column, signal in (("region", "own_region"), ("organisation_id", "own_affiliation")):
        if column in submissions.columns and column in jurors.columns:
            code, labels = pd.factorize(submissions[column].reindex(readings.submissions), sort=True)
            mine = _codes_of(jurors, readings, column, labels)
            hit = (code[readings.submission] == mine[readings.juror]) & (code[readings.submission] >= 0)
            families += _own(readings, signal, hit)
    return families


def _codes_of(jurors: pd.DataFrame | None, readings: Readings, column: str, labels) -> np.ndarray:
    """Code (jurors,) of each juror's own group among `labels`; −2 where it is not known or not there."""
    if jurors is None or column not in jurors.columns:
        return np.full(len(readings.jurors), -2)
    code = pd.Index(labels).get_indexer(jurors[column].reindex(readings.jurors))
    return np.where(code < 0, -2, code)


def _by_group(
    readings: Readings, column: str, code: np.ndarray, labels, own: np.ndarray | None
) -> list[Family]:
    group, j = code[readings.submission], readings.juror
    use = group >= 0 if own is None else (group >= 0) & (group != own[j])
    if not use.any():
        return []
    key, inverse, n = np.unique(j[use] * len(labels) + group[use], return_inverse=True, return_counts=True)
    cell = np.full(len(j), -1)
    cell[use] = inverse
    owner = key // len(labels)
    about = np.asarray(labels, dtype=object)[key % len(labels)]
    enough = (n >= FEW) & (readings.load[owner] - n >= FEW)
    status = np.where(enough, "tested", "too_few")
    return [Family(column, cell, use.astype(float), owner, table_of_tests(n, status, about))]


def _own(readings: Readings, signal: str, hit: np.ndarray) -> list[Family]:
    n_j = len(readings.jurors)
    n = np.bincount(readings.juror[hit], minlength=n_j)
    cell, every = np.where(hit, readings.juror, -1), np.arange(n_j)
    enough = (n >= FEW) & (readings.load - n >= FEW)
    status = np.select([n == 0, ~enough], ["none_of_own", "too_few"], "tested")
    total = int(n.sum())
    pooled = "none_of_own" if total == 0 else "too_few" if total < FEW else "tested"
    x = hit.astype(float)
    return [
        Family(signal, cell, x, every, table_of_tests(n, status)),
        Family(signal, cell, x, every, table_of_tests([total], [pooled]), pooled=True),
    ]
