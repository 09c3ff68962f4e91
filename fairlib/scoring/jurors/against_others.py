"""A juror against the other readers of the same submissions: the comparison under every habit.

Private arithmetic on a `Panel`; arrays are (n,) for pairs and (jurors,) for jurors.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtr

from fairlib.scoring.jurors.readings import Panel

FINDING = ["juror", "signal", "about", "value", "panel", "effect", "p", "n", "status"]
ENOUGH = 5


def others(panel: Panel, v: np.ndarray) -> np.ndarray:
    """Mean of `v` (n,) over the other readers of the same submission; 0 where there is none."""
    total = np.bincount(panel.submission, weights=v, minlength=len(panel.readers))
    n = panel.readers[panel.submission]
    return np.divide(total[panel.submission] - v, n - 1, out=np.zeros(len(v)), where=n > 1)


def by_juror(panel: Panel, v: np.ndarray, where: np.ndarray | None = None) -> np.ndarray:
    """Sum of `v` (n,) over each juror's pairs, (jurors,)."""
    code = panel.juror
    if where is not None:
        code, v = code[where], v[where]
    return np.bincount(code, weights=v, minlength=len(panel.jurors))


def mean_by_juror(panel: Panel, v: np.ndarray, where: np.ndarray | None = None) -> np.ndarray:
    """Mean of `v` over each juror's pairs; NaN for a juror without any."""
    n = panel.readings if where is None else by_juror(panel, np.ones(len(v)), where)
    return np.divide(by_juror(panel, v, where), n, out=np.full(len(n), np.nan), where=n > 0)


def shared(panel: Panel) -> np.ndarray:
    """True for pairs (n,) whose submission somebody else read too."""
    return panel.readers[panel.submission] > 1


@dataclass(frozen=True)
class Exchange:
    """A juror against the other readers of the same submissions, all arrays (jurors,).

    `own` and `other` are means over the submissions with another reader, `z` the standardised sum under
    exchange of the readers of a submission, `informative` the submissions on which they differ at all.
    """

    own: np.ndarray
    other: np.ndarray
    z: np.ndarray
    n: np.ndarray
    informative: np.ndarray


def exchange(panel: Panel, v: np.ndarray) -> Exchange:
    """Compare `v` (n,) of each juror with what the other readers of the same submissions have.

    Under the null the readers of a submission are exchangeable: the sum over a juror's submissions has
    mean Σ v̄_i and variance Σ s_i² (s_i² with divisor n_i), the permutation moments of a stratified
    linear statistic (Strasser & Weber 1999).
    """
    n_i, i = panel.readers, panel.submission
    mean = np.divide(
        np.bincount(i, weights=v, minlength=len(n_i)), n_i, out=np.zeros(len(n_i)), where=n_i > 0
    )
    away = v - mean[i]
    var = np.bincount(i, weights=away**2, minlength=len(n_i)) / np.maximum(n_i, 1)
    tiny = 1e-12 * max(float(np.abs(v).max(initial=0.0)) ** 2, 1.0)
    var[var <= tiny] = 0.0
    use = shared(panel)
    total, spread = by_juror(panel, away, use), by_juror(panel, var[i], use)
    z = np.divide(total, np.sqrt(spread), out=np.full(len(total), np.nan), where=spread > 0)
    return Exchange(
        own=mean_by_juror(panel, v, use),
        other=mean_by_juror(panel, others(panel, v), use),
        z=z,
        n=by_juror(panel, np.ones(len(v)), use).astype(np.int64),
        informative=by_juror(panel, (var[i] > 0).astype(float), use).astype(np.int64),
    )


def findings(panel: Panel, signal: str, /, **columns) -> pd.DataFrame:
    """Rows of the findings table for every juror, one a juror, from arrays (jurors,)."""
    about = columns.pop("about", "")
    table = pd.DataFrame({"juror": panel.jurors, "signal": signal, "about": about, **columns})
    table["n"] = table["n"].astype(np.int64)
    return settle(table[FINDING])


def settle(table: pd.DataFrame) -> pd.DataFrame:
    """Blank p and effect where the status is not `tested`, so that no half-made number gets out."""
    untested = (table["status"] != "tested").to_numpy()
    p = table["p"].to_numpy(dtype=float, copy=True)
    p[untested] = np.nan
    return table.assign(p=p)


def two_sided(z: np.ndarray, df: np.ndarray | None = None) -> np.ndarray:
    """Two-sided p of z, from Student's t where degrees of freedom are given; NaN stays NaN."""
    if df is None:
        return 2 * ndtr(-np.abs(z))
    return 2 * stdtr(np.maximum(df, 1), -np.abs(z))


def verdicts(panel: Panel, *rules: tuple[np.ndarray, str]) -> np.ndarray:
    """Status of each juror: the first rule that holds, else `tested`. Rules are (mask, status)."""
    first = [(panel.readings == 0, "no_marks"), (panel.readings == 1, "one_submission")]
    alone = by_juror(panel, np.ones(len(panel.y)), shared(panel)) == 0
    masks, names = zip(*first, (alone, "no_other_reader"), *rules, strict=True)
    return np.select(list(masks), list(names), default="tested").astype(object)


def row_mean(v: np.ndarray) -> np.ndarray:
    """Mean over criteria of (n, criteria) without the missing ones."""
    known = ~np.isnan(v)
    return np.where(known, v, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)


def compared_on(panel: Panel) -> np.ndarray:
    """Number of submissions (jurors,) on which there is another reader to compare with."""
    return by_juror(panel, np.ones(len(panel.y)), shared(panel)).astype(np.int64)


def few(m: np.ndarray) -> tuple[np.ndarray, str]:
    """Rule: fewer units than a spread of units can be read from."""
    return m < ENOUGH, "too_few"


def same(se: np.ndarray) -> tuple[np.ndarray, str]:
    """Rule: every unit says exactly the same, there is no error to test against."""
    return ~(se > 1e-12), "no_difference_to_test"


def informed(compared: Exchange, least: int = ENOUGH) -> list[tuple[np.ndarray, str]]:
    """Rules: readers who never differ cannot be told apart, few differences are not enough."""
    return [(compared.informative == 0, "cannot_tell"), (compared.informative < least, "too_few")]


def divide(a, b) -> np.ndarray:
    """a / b, NaN where b is 0."""
    a, b = np.broadcast_arrays(np.asarray(a, dtype=float), np.asarray(b, dtype=float))
    return np.divide(a, b, out=np.full(a.shape, np.nan), where=b != 0)
