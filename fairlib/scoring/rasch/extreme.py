"""Measures for submissions, jurors and criteria whose marks are all lowest or all highest.

They have no finite maximum likelihood estimate. Each is placed after the fit, in the reverse of the order in
which it was set aside, where its score is 0.3 points inside the extreme (the FACETS default; Linacre 1989).
"""

from dataclasses import dataclass

import numpy as np

from fairlib.scoring.rasch.data import KINDS, Peeled
from fairlib.scoring.rasch.fit import mark_moments
from fairlib.scoring.ratings import Marks

ADJUSTMENT = 0.3
_ROUNDS = 60


@dataclass(frozen=True)
class Measures:
    """Measure, error and side by kind, on the codes of the marks.

    `measure` and `se` are NaN where there is none; `side` is −1 or 1 for lowest or highest marks, else 0.
    `structure` is the row of tau of each criterion, −1 for a criterion without steps.
    """

    measure: dict[str, np.ndarray]
    se: dict[str, np.ndarray]
    side: dict[str, np.ndarray]
    structure: np.ndarray


def place_extremes(marks: Marks, peeled: Peeled, fitted: Measures, tau: np.ndarray) -> Measures:
    """Measures of everything in `fitted`, and of the extremes that marks tie to it."""
    measure, se, side = (
        {kind: codes.copy() for kind, codes in part.items()}
        for part in (fitted.measure, fitted.se, fitted.side)
    )
    out = Measures(measure, se, side, fitted.structure)
    for t in range(len(peeled.steps), 0, -1):
        kind = peeled.steps[t - 1]
        mine = np.flatnonzero(peeled.removed == t)
        code = getattr(marks, kind)[mine]
        out.side[kind][code] = np.where(peeled.x[mine] > 0, 1, -1)
        rest = _location_of_others(marks, mine, kind, out.measure)
        structure = out.structure[marks.criterion[mine]]
        usable = np.isfinite(rest) & (structure >= 0)
        _place(out, kind, code[usable], rest[usable], structure[usable], tau)
    return out


def _location_of_others(
    marks: Marks, mine: np.ndarray, kind: str, measure: dict[str, np.ndarray]
) -> np.ndarray:
    """θ − β − δ of the marks without the term of `kind`; NaN where another term is unknown."""
    rest = np.zeros(len(mine))
    for other in KINDS:
        if other != kind:
            term = measure[other][getattr(marks, other)[mine]]
            rest += term if other == "submission" else -term
    return rest


def _place(
    out: Measures, kind: str, code: np.ndarray, rest: np.ndarray, structure: np.ndarray, tau: np.ndarray
) -> None:
    """Solve expected score = adjusted score for each element, by Newton on the logit of the score."""
    if len(code) == 0:
        return
    sign = 1 if kind == "submission" else -1
    elements, group = np.unique(code, return_inverse=True)
    most = np.bincount(group) * tau.shape[1]
    target = np.where(out.side[kind][elements] > 0, most - ADJUSTMENT, ADJUSTMENT)
    goal, measure = np.log(target / (most - target)), np.zeros(len(elements))
    for _ in range(_ROUNDS):
        expected, variance = mark_moments(sign * measure[group] + rest, structure, tau)
        score = np.bincount(group, weights=expected)
        info = np.bincount(group, weights=variance)
        slope = info * most / (score * (most - score))
        step = np.clip((goal - np.log(score / (most - score))) / slope, -3, 3)
        measure += sign * step
        if np.abs(step).max() < 1e-10:
            break
    out.measure[kind][elements] = measure
    out.se[kind][elements] = 1 / np.sqrt(info)
