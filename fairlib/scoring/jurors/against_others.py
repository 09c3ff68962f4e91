"""A juror against the other readers of the same submissions: the comparison under every habit.

Private arithmetic on `Readings`; arrays are (n,) for pairs and (jurors,) for jurors.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtr

from fairlib.scoring.arrays import divide
from fairlib.scoring.jurors.readings import Readings

FINDING = ["juror", "signal", "about", "value", "panel", "effect", "p", "n", "status"]
ENOUGH = 5


def others(readings: Readings, v: np.ndarray) -> np.ndarray:
    """Mean of `v` (n,) over the other readers of the same submission; 0 where there is none."""
    total = np.bincount(readings.submission, weights=v, minlength=len(readings.readers))
    n = readings.readers[readings.submission]
    return np.divide(total[readings.submission] - v, n - 1, out=np.zeros(len(v)), where=n > 1)


def by_juror(readings: Readings, v: np.ndarray, where: np.ndarray | None = None) -> np.ndarray:
    """Sum of `v` (n,) over each juror's pairs, (jurors,)."""
    code = readings.juror
    if where is not None:
        code, v = code[where], v[where]
    return np.bincount(code, weights=v, minlength=len(readings.jurors))


def mean_by_juror(readings: Readings, v: np.ndarray, where: np.ndarray | None = None) -> np.ndarray:
    """Mean of `v` over each juror's pairs; NaN for a juror without any."""
    n = readings.load if where is None else by_juror(readings, np.ones(len(v)), where)
    return divide(by_juror(readings, v, where), n)


def shared(readings: Readings) -> np.ndarray:
    """True for pairs (n,) whose submission somebody else read too."""
    return readings.readers[readings.submission] > 1


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


def exchange(readings: Readings, v: np.ndarray) -> Exchange:
    """Compare `v` (n,) of each juror with what the other readers of the same submissions have.

    Under the null the readers of a submission are exchangeable: the sum over a juror's submissions has
    mean Σ v̄_i and variance Σ s_i² (s_i² with divisor n_i), the permutation moments of a stratified
    linear statistic (Strasser & Weber 1999).
    """
    n_i, i = readings.readers, readings.submission
    mean = np.divide(
        np.bincount(i, weights=v, minlength=len(n_i)), n_i, out=np.zeros(len(n_i)), where=n_i > 0
    )
    away = v - mean[i]
    var = np.bincount(i, weights=away**2, minlength=len(n_i)) / np.maximum(n_i, 1)
    tiny = 1e-12 * max(float(np.abs(v).max(initial=0.0)) ** 2, 1.0)
    var[var <= tiny] = 0.0
    use = shared(readings)
    total, spread = by_juror(readings, away, use), by_juror(readings, var[i], use)
    z = divide(total, np.sqrt(spread))
    return Exchange(
        own=mean_by_juror(readings, v, use),
        other=mean_by_juror(readings, others(readings, v), use),
        z=z,
        n=by_juror(readings, np.ones(len(v)), use).astype(np.int64),
        informative=by_juror(readings, (var[i] > 0).astype(float), use).astype(np.int64),
    )


def findings(readings: Readings, signal: str, /, **columns) -> pd.DataFrame:
    """Rows of the findings table for every juror, one a juror, from arrays (jurors,)."""
    about = columns.pop("about", "")
    table = pd.DataFrame({"juror": readings.jurors, "signal": signal, "about": about, **columns})
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


def verdicts(readings: Readings, *rules: tuple[np.ndarray, str]) -> np.ndarray:
    """Status of each juror: the first rule that holds, else `tested`. Rules are (mask, status)."""
    first = [(readings.load == 0, "no_marks"), (readings.load == 1, "one_submission")]
    alone = by_juror(readings, np.ones(len(readings.y)), shared(readings)) == 0
    masks, names = zip(*first, (alone, "no_other_reader"), *rules, strict=True)
    return np.select(list(masks), list(names), default="tested").astype(object)


def row_mean(v: np.ndarray) -> np.ndarray:
    """Mean over criteria of (n, criteria) without the missing ones."""
    known = ~np.isnan(v)
    return np.where(known, v, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)


def compared_on(readings: Readings) -> np.ndarray:
    """Number of submissions (jurors,) on which there is another reader to compare with."""
    return by_juror(readings, np.ones(len(readings.y)), shared(readings)).astype(np.int64)


def few(m: np.ndarray) -> tuple[np.ndarray, str]:
    """Rule: fewer units than a spread of units can be read from."""
    return m < ENOUGH, "too_few"


def same(se: np.ndarray) -> tuple[np.ndarray, str]:
    """Rule: every unit says exactly the same, there is no error to test against."""
    return ~(se > 1e-12), "no_difference_to_test"


def informed(compared: Exchange, least: int = ENOUGH) -> list[tuple[np.ndarray, str]]:
    """Rules: readers who never differ cannot be told apart, few differences are not enough."""
    return [(compared.informative == 0, "cannot_tell"), (compared.informative < least, "too_few")]
