"""What goes wrong in a contest: each function takes one whose marks are not yet whole, and gives it back spoiled.

A new fault is one function here and one line in `conditions.FAULTS`.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from benchmarks.fair221.contests import Contest

FULL = 10.0


def missing(contest: "Contest", rng: np.random.Generator) -> "Contest":
    """Every juror leaves out a share of forms of 5 to 20 %, by chance."""
    n, m, _ = contest.marks.shape
    gone = rng.random((n, m)) < rng.uniform(0.05, 0.20, m)
    return replace(contest, marks=np.where(gone[..., None], np.nan, contest.marks))


def missing_weak(contest: "Contest", rng: np.random.Generator) -> "Contest":
    """Of the third that a juror would mark lowest, 36 % are left out: 12 % in all."""
    y = contest.y
    low = y < np.nanquantile(y, 1 / 3, axis=0)
    gone = low & (rng.random(y.shape) < 0.36)
    return replace(contest, marks=np.where(gone[..., None], np.nan, contest.marks))


def harsh(contest: "Contest", rng: np.random.Generator) -> "Contest":
    """One juror marks two points lower."""
    j = int(rng.integers(contest.marks.shape[1]))
    marks, severity = contest.marks.copy(), contest.severity.copy()
    marks[:, j] -= 2.0
    severity[j] += 2.0
    return replace(contest, marks=marks, severity=severity, guilty=(j,))


def careless(contest: "Contest", rng: np.random.Generator) -> "Contest":
    """One juror's sheets are shuffled among the forms that the juror was given."""
    j = int(rng.integers(contest.marks.shape[1]))
    marks = contest.marks.copy()
    mine = np.flatnonzero(np.isfinite(contest.y[:, j]))
    marks[mine, j] = marks[rng.permutation(mine), j]
    return replace(contest, marks=marks, guilty=(j,))


def friend(contest: "Contest", rng: np.random.Generator) -> "Contest":
    """One juror gives full marks to one form of those that come next below the line, as many as there are seats."""
    i = int(rng.choice(_below(contest, 1)))
    j = int(rng.choice(np.flatnonzero(np.isfinite(contest.y[i]))))
    return _pushed(contest, (j,), (i,))


def colluders(contest: "Contest", rng: np.random.Generator) -> "Contest":
    """Two jurors give full marks to three forms that both read and that belong below the line."""
    near = _below(contest, 2)
    seen = np.isfinite(contest.y[near]).astype(int)
    common = np.triu(seen.T @ seen, 1)
    pairs = np.argwhere(common >= min(3, common.max()))
    pair = pairs[rng.integers(len(pairs))]
    both = near[seen[:, pair].all(axis=1)]
    return _pushed(contest, tuple(map(int, pair)), tuple(map(int, rng.permutation(both)[:3])))


def drift(contest: "Contest", rng: np.random.Generator) -> "Contest":
    """Jurors grow stricter by 0.8 ± 0.5 points from their first form to their last, in an order of their own."""
    return _drifting(contest, rng.random(contest.y.shape), rng)


def drift_together(contest: "Contest", rng: np.random.Generator) -> "Contest":
    """The same drift, and everybody reads in the same order."""
    n, m = contest.y.shape
    return _drifting(contest, np.tile(rng.random((n, 1)), m), rng)


def _drifting(contest: "Contest", place: np.ndarray, rng: np.random.Generator) -> "Contest":
    fall = rng.normal(0.8, 0.5, place.shape[1])
    marks = contest.marks - (fall * (place - 0.5))[..., None]
    return replace(contest, marks=marks, place=place)


def _below(contest: "Contest", reach: int) -> np.ndarray:
    """Submissions whose true rank is behind the line by at most `reach` times the seats."""
    order = np.argsort(-contest.truth)
    return order[contest.seats : contest.seats * (1 + reach)]


def _pushed(contest: "Contest", jurors: tuple[int, ...], pushed: tuple[int, ...]) -> "Contest":
    marks = contest.marks.copy()
    marks[np.ix_(pushed, jurors)] = FULL
    return replace(contest, marks=marks, guilty=jurors, pushed=pushed)


FAULTS: dict[str, Callable[["Contest", np.random.Generator], "Contest"]] = {
    f.__name__: f for f in (missing, missing_weak, harsh, careless, friend, colluders, drift, drift_together)
}
