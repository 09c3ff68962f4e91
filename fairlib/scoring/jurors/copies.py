"""Do two jurors give the same marks on all criteria more often than chance would?

Chance is counted two ways and the larger is believed: permuting one juror's marks among submissions of
about the same quality (so that each keeps habits such as flat lines), and how often other pairs of
readers agree fully on the same submissions (so that easy submissions explain themselves).
"""

import numpy as np
import pandas as pd
from scipy.special import pdtrc

from fairlib.scoring.jurors.against_others import FINDING, settle
from fairlib.scoring.jurors.readings import Readings

ENOUGH = 5
STRATUM = 10
MOST_PAIRINGS = 5_000_000


def copied(readings: Readings) -> tuple[pd.DataFrame, int]:
    """Findings `copied` for pairs of jurors with at least two identical sheets, and the number unlisted.

    Over submissions both marked on the same two criteria or more (at least five such): `value` the share of
    identical sheets, `panel` the share by chance, `effect` the points by which two other readers of the
    submissions with identical sheets differ (where there are none: any two readers). p is the Poisson tail of
    the number of identical sheets at its mean under permutation within strata of ten submissions of like
    quality, Σ_strata Σ_v n_v m_v / n (matching problem: Barbour, Holst & Janson 1992, ch. 4), or at the rate
    of the other readers if that is larger. Pairs of jurors with fewer than two identical sheets count as
    tested with p = 1. More than five million pairings are not compared (`too_many_pairs`).
    """
    n_i = readings.readers.astype(float)
    if readings.marks.shape[1] < 2:
        return _none("one_criterion"), 0
    if (n_i * (n_i - 1) / 2).sum() > MOST_PAIRINGS:
        return _none("too_many_pairs"), 0
    first, second = _pairings(readings)
    code = _sheet_codes(readings.marks)
    key = readings.juror[first] * len(readings.jurors) + readings.juror[second]
    both = (code[first] >= 0) & (code[second] >= 0)
    first, second, key = first[both], second[both], key[both]
    pair, key, common = np.unique(key, return_inverse=True, return_counts=True)
    if not (common >= ENOUGH).any():
        return _none("too_few"), 0
    same = (code[first] == code[second]).astype(float)
    hits = np.bincount(key, weights=same, minlength=len(pair))
    asked = common >= ENOUGH
    listed = asked & (hits >= 2)
    by_others, differ = _others(readings, first, second, same, key, hits)
    row = listed[key]
    by_permutation = _by_permutation(
        readings, code, first[row], second[row], key[row], np.where(listed, common, 0)
    )
    chance = np.maximum(by_permutation, by_others)
    table = _rows(readings, pair[listed], hits[listed], chance[listed], common[listed], differ[listed])
    return table, int(np.count_nonzero(asked & ~listed))


def _pairings(readings: Readings) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of rows of the same submission; juror codes ascend within a pair."""
    i, out = readings.submission, []
    for step in range(1, int(readings.readers.max())):
        at = np.flatnonzero(i[:-step] == i[step:])
        out.append(np.stack([at, at + step]))
    return tuple(np.concatenate(out, axis=1)) if out else (np.zeros(0, np.int64), np.zeros(0, np.int64))


def _sheet_codes(marks: np.ndarray) -> np.ndarray:
    """One code for each different row of marks, −1 with fewer than two marks."""
    known = ~np.isnan(marks)
    code = np.zeros(len(marks), dtype=np.int64)
    for c in range(marks.shape[1]):
        values, place = np.unique(np.where(known[:, c], marks[:, c], np.inf), return_inverse=True)
        code = np.unique(code * len(values) + place, return_inverse=True)[1]
    return np.where(known.sum(axis=1) > 1, code, -1)


def _by_permutation(readings: Readings, code, first, second, key, common) -> np.ndarray:
    """Expected identical sheets (pairs of jurors,) when one juror's are permuted within strata.

    Rows and `common` are of the pairs of jurors that are asked; the others have common 0 and no row.
    """
    low, high = np.minimum(code[first], code[second]), np.maximum(code[first], code[second])
    quality = np.round(readings.quality[readings.submission[first]], 9)
    order = np.lexsort((high, low, quality, key))
    start = np.cumsum(common) - common
    rank = np.arange(len(key)) - start[key[order]]
    n_strata = np.where(common > 0, np.maximum(common // STRATUM, 1), 0)
    begin = np.cumsum(n_strata) - n_strata
    stratum = begin[key[order]] + np.minimum(rank // STRATUM, n_strata[key[order]] - 1)
    size = np.bincount(stratum)
    width = int(code.max()) + 1
    cells_a, n_a = np.unique(stratum * width + code[first[order]], return_counts=True)
    cells_b, n_b = np.unique(stratum * width + code[second[order]], return_counts=True)
    cells, a, b = np.intersect1d(cells_a, cells_b, assume_unique=True, return_indices=True)
    owner = np.repeat(np.arange(len(common)), n_strata)
    expected = n_a[a] * n_b[b] / size[cells // width]
    return np.bincount(owner[cells // width], weights=expected, minlength=len(common))


def _others(readings: Readings, first, second, same, key, hits) -> tuple[np.ndarray, np.ndarray]:
    """What other pairs of readers of the same submissions do, for each pair of jurors.

    Expected identical sheets at their rate, and the mean distance of their composites over the pair's
    identical sheets (where a submission has no other pair: that of any two readers).
    """
    i, n_i = readings.submission[first], len(readings.readers)
    gap = np.abs(readings.y[first] - readings.y[second])
    rest = np.bincount(i, minlength=n_i)[i] - 1

    def mean_of_rest(v: np.ndarray, alone: float) -> np.ndarray:
        total = np.bincount(i, weights=v, minlength=n_i)[i]
        return np.divide(total - v, rest, out=np.full(len(i), alone), where=rest > 0)

    expected = np.bincount(key, weights=mean_of_rest(same, 0.0), minlength=len(hits))
    differ = np.bincount(key, weights=mean_of_rest(gap, float(gap.mean())) * same, minlength=len(hits))
    return expected, differ / np.maximum(hits, 1)


def _rows(readings: Readings, pair, hits, chance, common, differ) -> pd.DataFrame:
    n_j = len(readings.jurors)
    table = pd.DataFrame(
        {
            "juror": readings.jurors[pair // n_j].astype(object),
            "signal": "copied",
            "about": readings.jurors[pair % n_j].astype(object),
            "value": hits / common,
            "panel": np.minimum(chance / common, 1.0),
            "effect": differ,
            "p": np.where(hits > 0, pdtrc(np.maximum(hits - 1, 0), chance), 1.0),
            "n": common,
            "status": "tested",
        }
    )
    return settle(table[FINDING])


def _none(status: str) -> pd.DataFrame:
    """One row for the whole panel that says why no pair of jurors was compared."""
    nan = float("nan")
    return pd.DataFrame([[None, "copied", "", nan, nan, nan, nan, 0, status]], columns=FINDING).astype(
        {"juror": object}
    )
