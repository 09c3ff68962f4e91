"""Is a juror more generous to some? Juror × group interaction, and the pattern of an undeclared conflict.

A group is a nomination, a region or a type of organisation. Severity and quality are taken out first
(`contrasts`): a juror who is generous to everyone favours nobody, and good submissions from one region
are no favour to it.
"""

import numpy as np
import pandas as pd

from fairlib.scoring.jurors.contrasts import FEW, Family
from fairlib.scoring.jurors.readings import Panel

GROUPS = ("nomination", "region", "legal_form")


def leniency(
    panel: Panel, submissions: pd.DataFrame, jurors: pd.DataFrame | None = None, columns: tuple = GROUPS
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
            group = submissions[column].reindex(panel.submissions)
            code, labels = pd.factorize(group, sort=True)
            own = _codes_of(jurors, panel, "region", labels) if column == "region" else None
            families += _by_group(panel, column, code, labels, own)
    return families


def conflicts(panel: Panel, submissions: pd.DataFrame, jurors: pd.DataFrame) -> list[Family]:
    """Families `own_region` and `own_affiliation`: each juror, then all jurors together.

    They compare a juror's submissions from the juror's own region (column `region` of both tables) or own
    organisation (`organisation_id`) with the juror's others. A mark for one's own organisation is a
    finding by itself (`own_organisation_marked`), tested or not.
    """
    families = []
    for column, signal in (("region", "own_region"), ("organisation_id", "own_affiliation")):
        if column in submissions.columns and column in jurors.columns:
            code, labels = pd.factorize(submissions[column].reindex(panel.submissions), sort=True)
            mine = _codes_of(jurors, panel, column, labels)
            hit = (code[panel.submission] == mine[panel.juror]) & (code[panel.submission] >= 0)
            families += _own(panel, signal, hit)
    return families


def _codes_of(jurors: pd.DataFrame | None, panel: Panel, column: str, labels) -> np.ndarray:
    """Code (jurors,) of each juror's own group among `labels`; −2 where it is not known or not there."""
    if jurors is None or column not in jurors.columns:
        return np.full(len(panel.jurors), -2)
    code = pd.Index(labels).get_indexer(jurors[column].reindex(panel.jurors))
    return np.where(code < 0, -2, code)


def _by_group(panel: Panel, column: str, code: np.ndarray, labels, own: np.ndarray | None) -> list[Family]:
    group, j = code[panel.submission], panel.juror
    use = group >= 0 if own is None else (group >= 0) & (group != own[j])
    if not use.any():
        return []
    key, inverse, n = np.unique(j[use] * len(labels) + group[use], return_inverse=True, return_counts=True)
    cell = np.full(len(j), -1)
    cell[use] = inverse
    owner, tests = key // len(labels), np.arange(len(key))
    about = np.asarray(labels, dtype=object)[key % len(labels)]
    enough = (n >= FEW) & (panel.readings[owner] - n >= FEW)
    status = np.where(enough, "tested", "too_few")
    return [Family(column, cell, use.astype(float), owner, tests, owner, about, n, status)]


def _own(panel: Panel, signal: str, hit: np.ndarray) -> list[Family]:
    n_j = len(panel.jurors)
    n = np.bincount(panel.juror[hit], minlength=n_j)
    cell, every = np.where(hit, panel.juror, -1), np.arange(n_j)
    enough = (n >= FEW) & (panel.readings - n >= FEW)
    status = np.select([n == 0, ~enough], ["none_of_own", "too_few"], "tested")
    total = np.array([n.sum()])
    pooled = np.where(total == 0, "none_of_own", np.where(total < FEW, "too_few", "tested"))
    x = hit.astype(float)
    return [
        Family(signal, cell, x, every, every, every, np.full(n_j, ""), n, status),
        Family(
            signal,
            cell,
            x,
            every,
            np.zeros(n_j, dtype=np.int64),
            np.array([-1]),
            np.array([""]),
            total,
            pooled,
        ),
    ]
