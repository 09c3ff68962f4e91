"""Chance-corrected agreement of many jurors, with any missing marks and any weights between categories.

Each coefficient is (p_a − p_e)/(1 − p_e): one observed agreement, several opinions of what chance would give.
All share one linearised standard error, the spread of the submissions' influence on the coefficient (Gwet
2008, 2014), on n − 1 degrees of freedom. `kappa` gives the public functions.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlib.errors import ScoringError
from fairlib.scoring.agreement.categories import Categories, categories, count_table

WEIGHTS = ["linear", "quadratic", "ordinal"]


@dataclass(frozen=True)
class Tally:
    """Counts n × q of submissions by category, marks per submission, weights q × q, and the marks."""

    counts: np.ndarray
    r: np.ndarray
    w: np.ndarray
    marks: Categories


@dataclass(frozen=True)
class Coefficient:
    """A coefficient, the chance agreement in it, and its influence values (one per submission used)."""

    value: float
    chance: float
    influence: np.ndarray


def tally(ratings: pd.DataFrame, weights: str | None) -> Tally:
    """Read a ratings table for the coefficients of this module; only categories that occur count."""
    marks = categories(ratings)
    n, q = len(marks.submissions), len(marks.values)
    counts = count_table(marks.submission, marks.code, n, q)
    return Tally(counts, counts.sum(axis=1), category_weights(marks.values, weights), marks)


def category_weights(values: np.ndarray, weights: str | None) -> np.ndarray:
    """Agreement of two categories, 1 on the diagonal, by their distance on the scale of marks.

    `None`: 0 off the diagonal. `linear`: 1 − |a − b|/(max − min). `quadratic`: its square in place of the
    distance. `ordinal`: 1 − C(m, 2)/C(q, 2), m the number of categories from a to b (Gwet 2014).
    Raises ScoringError for another name and for text with any weights but None.
    """
    if weights is None:
        return np.eye(len(values))
    if weights not in WEIGHTS:
        raise ScoringError(f"Unknown weights {weights!r} between categories; choose of {', '.join(WEIGHTS)}.")
    if not np.issubdtype(values.dtype, np.number):
        raise ScoringError("Text categories have no distance; use weights None, or marks as numbers.")
    place = np.arange(len(values)) if weights == "ordinal" else values.astype(float)
    d = np.abs(place[:, None] - place[None, :])
    if weights == "ordinal":
        d = d * (d + 1)
    elif weights == "quadratic":
        d = d * d
    return 1 - d / d.max() if d.max() > 0 else np.ones_like(d)


def observed(p: Tally) -> tuple[float, np.ndarray, float]:
    """Observed agreement, its value per submission (0 with one mark), and n over those with two or more."""
    pairs = p.r * (p.r - 1)
    same = (p.counts * (p.counts @ p.w - 1)).sum(axis=1)
    each = np.divide(same, pairs, out=np.zeros(len(same)), where=pairs > 0)
    able = np.count_nonzero(pairs)
    return float(each.sum() / able), each, len(each) / able


def _percent_agreement(p: Tally) -> Coefficient:
    """Weighted share of agreeing pairs of jurors, averaged over submissions."""
    pa, each, inflate = observed(p)
    return Coefficient(pa, 0.0, inflate * each)


def _corrected(p: Tally, pe: float, pe_each: np.ndarray) -> Coefficient:
    pa, each, inflate = observed(p)
    value = (pa - pe) / (1 - pe)
    mine = inflate * (each - pe * (p.r > 1)) / (1 - pe)
    return Coefficient(value, pe, mine - 2 * (1 - value) * (pe_each - pe) / (1 - pe))


def _shares(p: Tally) -> np.ndarray:
    """Mean over submissions of the share of each category."""
    return (p.counts / p.r[:, None]).mean(axis=0)


def _gwet_ac(p: Tally) -> Coefficient:
    """AC1, with weights AC2: p_e = Σw · Σ π(1 − π) / (q(q − 1)) (Gwet 2008)."""
    q, pi = len(p.w), _shares(p)
    scale = p.w.sum() / (q * (q - 1))
    return _corrected(p, float(scale * (pi * (1 - pi)).sum()), scale * (p.counts @ (1 - pi)) / p.r)


def _fleiss(p: Tally) -> Coefficient:
    """p_e = πᵀ W π, all jurors sharing one habit π (Fleiss 1971; missing marks: Gwet 2014)."""
    pi = _shares(p)
    return _corrected(p, float(pi @ p.w @ pi), p.counts @ (p.w @ pi) / p.r)


def _brennan_prediger(p: Tally) -> Coefficient:
    """p_e = Σw/q², every category equally likely (Brennan & Prediger 1981)."""
    pe = float(p.w.mean())
    return _corrected(p, pe, np.full(len(p.r), pe))


def _conger(p: Tally) -> Coefficient:
    """p_e over pairs of different jurors, each with a habit of their own (Conger 1980).

    The influence on p_e of juror g's mark of category x is that of the share n_gx/n_g (Gwet 2014, App. B).
    """
    n, g, m = len(p.r), len(p.marks.jurors), p.marks
    table = count_table(m.juror, m.code, g, len(p.w))
    load = table.sum(axis=1)
    habit = table / load[:, None]
    others = habit.sum(axis=0) - habit
    by_mark = others @ p.w
    mean = (by_mark * habit).sum(axis=1)
    pe = float(mean.sum() / (g * (g - 1)))
    moved = n / load[m.juror] * (by_mark[m.juror, m.code] - mean[m.juror])
    each = (np.bincount(m.submission, weights=moved, minlength=n) + mean.sum()) / (g * (g - 1))
    return _corrected(p, pe, each)


def _krippendorff(p: Tally) -> Coefficient | None:
    """Krippendorff's alpha by weights instead of level; submissions with one mark leave (Gwet 2014).

    None when the marks that are left are all equal.
    """
    able = p.r > 1
    counts, r = p.counts[able], p.r[able]
    mean = r.mean()
    same = (counts * (counts @ p.w - 1)).sum(axis=1) / (mean * (r - 1))
    pi = counts.sum(axis=0) / r.sum()
    if pi.max() == 1:
        return None
    pe = float(pi @ p.w @ pi)
    prime, stretch = same.mean(), (r - mean) / mean
    pa = prime * (1 - 1 / r.sum()) + 1 / r.sum()
    value, plain = (pa - pe) / (1 - pe), (prime - pe) / (1 - pe)
    pe_each = counts @ (p.w @ pi) / mean - pe * stretch
    mine = (same - pa * stretch - pe) / (1 - pe) - 2 * (1 - plain) * (pe_each - pe) / (1 - pe)
    return Coefficient(float(value), pe, mine - plain + value)


COEFFICIENTS: dict[str, Callable[[Tally], Coefficient | None]] = {
    "gwet_ac": _gwet_ac,
    "fleiss": _fleiss,
    "krippendorff": _krippendorff,
    "conger": _conger,
    "brennan_prediger": _brennan_prediger,
    "percent_agreement": _percent_agreement,
}
