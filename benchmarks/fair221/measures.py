"""How good is what a rule says? Everything about one contest; `results` puts contests together.

Places are given to the K highest scores. Those level with the last place share what is left of it by chance, so a
choice is a weight between 0 and 1 for each submission, and every measure its expectation: no lot is drawn.
"""

import numpy as np
from scipy.special import ndtr, ndtri

from benchmarks.fair221.conditions import BASE, CRITERIA, SEATS
from benchmarks.fair221.contests import Contest
from benchmarks.fair221.rules import Told

TENTHS = 10
Z = 1.959964


def chosen(score: np.ndarray, k: int) -> np.ndarray:
    """Chance (…, I) of each submission to be among the k highest of (…, I), ties shared; NaN is never chosen.

    >>> chosen(np.array([3.0, 2.0, 2.0, np.nan]), 2).tolist()
    [1.0, 0.5, 0.5, 0.0]
    """
    known = np.isfinite(score)
    s = np.where(known, np.round(score, 9), -np.inf)
    if k >= s.shape[-1]:
        return known.astype(float)
    line = -np.partition(-s, k - 1, axis=-1)[..., k - 1 : k]
    above, level = s > line, (s == line) & known
    left = k - above.sum(axis=-1, keepdims=True)
    return above + level * np.minimum(left / np.maximum(level.sum(axis=-1, keepdims=True), 1), 1.0)


def refused(score: np.ndarray) -> np.ndarray:
    """Whether a rule ranked nobody, (…,) of (…, I)."""
    return ~np.isfinite(score).any(axis=-1)


def found(choice: np.ndarray, truth: np.ndarray, k: int) -> np.ndarray:
    """Share of the true best k that is chosen, (…,)."""
    return (choice * chosen(truth, k)).sum(axis=-1) / k


def regret(choice: np.ndarray, truth: np.ndarray, k: int) -> np.ndarray:
    """Mean truth of the true best k less that of those chosen, in standard deviations of all, (…,)."""
    best = (chosen(truth, k) * truth).sum(axis=-1)
    return (best - (choice * truth).sum(axis=-1)) / k / truth.std(axis=-1)


def overlap(choice: np.ndarray, second: np.ndarray, k: int) -> np.ndarray:
    """Share of places that a second commission gives alike, (…,)."""
    return (choice * second).sum(axis=-1) / k


def harm(choice: np.ndarray, clean: np.ndarray, pushed: tuple[int, ...]) -> float:
    """How many that would be chosen, had nothing gone wrong, lose their place; those who were pushed do not count."""
    lost = np.maximum(clean - choice, 0)
    lost[list(pushed)] = 0
    return float(lost.sum())


def pushed_in(choice: np.ndarray, pushed: tuple[int, ...]) -> float:
    """Share of those pushed that are chosen; NaN where nobody was."""
    return float(choice[list(pushed)].mean()) if pushed else float("nan")


def chances(told: Told, k: int) -> np.ndarray | None:
    """Stated chance (I,) of being among the best k: the share of draws; None without draws."""
    if told.draws is None:
        return None
    draws = np.where(np.isfinite(told.score), told.draws, np.nan)
    return chosen(draws, k).mean(axis=0)


def calibration(p: np.ndarray, truth: np.ndarray, k: int) -> dict[str, float]:
    """Brier score, and of each tenth of stated chance how many, the sum of what was said and how many belong."""
    belongs = chosen(truth, k)
    place = np.minimum((p * TENTHS).astype(int), TENTHS - 1)
    out = {"brier": float(((p - belongs) ** 2).mean())}
    for name, weight in (("n", None), ("said", p), ("belong", belongs)):
        sums = np.bincount(place, weight, TENTHS)
        out |= {f"{name}{t}": float(v) for t, v in enumerate(sums)}
    return out


def coverage(told: Told, contest: Contest) -> dict[str, float]:
    """Share of truths inside score ± 1.96 standard errors, of all with an error and of the true best."""
    if told.se is None:
        return {}
    centre = told.score if told.draws is None or told.estimates is not None else told.draws.mean(axis=0)
    usable = np.isfinite(told.se) & np.isfinite(told.score)
    inside = np.abs(contest.truth - centre) <= Z * told.se
    best = usable & (chosen(contest.truth, contest.seats) > 0)
    return {name: float(inside[w].mean()) for name, w in (("cover", usable), ("cover_top", best)) if w.any()}


def covered_among_best(readers: int) -> float:
    """Share of the true best that the right 95 % interval covers where nominations are equal and all is normal.

    With reliability w of the mean of the readers a truth z deviations out is estimated at w z on the mean, with
    standard deviation √(w(1 − w)), and its posterior has √(1 − w): among the best the interval lies too low.

    >>> round(covered_among_best(4), 3), round(covered_among_best(12), 3)
    (0.917, 0.935)
    """
    e = BASE
    quality = e.quality**2 + e.profile**2 / CRITERIA
    noise = e.severity**2 + e.reading**2 + (e.mark**2 + 1 / 12) / CRITERIA
    w = quality / (quality + noise / readers)
    z = np.linspace(-ndtri(SEATS), 6, 2000)
    half, low, sd = Z * np.sqrt(1 - w), (1 - w) * z, np.sqrt(w * (1 - w))
    covered = ndtr((half - low) / sd) - ndtr((-half - low) / sd)
    return float(np.average(covered, weights=np.exp(-(z**2) / 2)))
