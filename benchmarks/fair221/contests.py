"""Draws contests of a condition with their truth. Contest number n of a cell is the same whatever else is drawn."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import ndtr

from benchmarks.fair221 import faults
from benchmarks.fair221.conditions import CRITERIA, Condition, Effects, Size

LOW, HIGH = 1, 10
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(7)


@dataclass(frozen=True, eq=False)
class Contest:
    """One commission's marks (I, J, C), NaN where not read, and what is true.

    `truth` (I,) is the composite mark expected of all honest jurors there could be; `group` (I,) the nomination,
    `severity` (J,) that of each juror, `place` (I, J) when in the juror's own order a form was read, 0 … 1, or None;
    `habit` (J,) how far a juror's use of the scale is from usual, |log s| + |log r|;
    `guilty` jurors of a `fault` and the submissions they `pushed`. `seed` is for rules that draw.
    """

    marks: np.ndarray
    truth: np.ndarray
    group: np.ndarray
    seats: int
    severity: np.ndarray
    habit: np.ndarray
    seed: int
    place: np.ndarray | None = None
    fault: str = ""
    guilty: tuple[int, ...] = ()
    pushed: tuple[int, ...] = ()

    @cached_property
    def y(self) -> np.ndarray:
        """Composite marks (I, J), NaN where not read."""
        return self.marks.mean(axis=2)

    def ratings(self, single: bool = False) -> pd.DataFrame:
        """The ratings table that fairlib reads: composites, or the marks of each criterion (`single`)."""
        i, j = np.nonzero(np.isfinite(self.y))
        table = pd.DataFrame({"submission": i, "juror": j, "level": self.group[i].astype(str)})
        if self.place is not None:
            table["day"] = (self.place[i, j] * 5).astype(int)
        if not single:
            return table.assign(criterion="all", score=self.y[i, j])
        long = table.loc[table.index.repeat(CRITERIA)].reset_index(drop=True)
        names = np.array([f"c{c + 1}" for c in range(CRITERIA)])
        return long.assign(criterion=np.tile(names, len(i)), score=self.marks[i, j].ravel())


@dataclass(frozen=True, eq=False)
class Pair:
    """A contest, the same without what went wrong (None where nothing did), and what a second commission gave."""

    contest: Contest
    clean: Contest | None
    second: Contest


@dataclass(frozen=True, eq=False)
class Submissions:
    """What the submissions of a contest are: latent values (I, C) before any juror, and the truth (I,)."""

    latent: np.ndarray
    profile: np.ndarray
    truth: np.ndarray


def draw(condition: Condition, size: Size, number: int, seed: int = 2021) -> Pair:
    """Contest `number` of a cell.

    >>> from benchmarks.fair221.conditions import CONDITIONS, SIZES
    >>> draw(CONDITIONS["friend"], SIZES["30x6"], 0).contest.marks.shape
    (30, 6, 5)
    """
    streams = np.random.SeedSequence([seed, condition.key(size), number]).spawn(3)
    what, first, second = (np.random.default_rng(s) for s in streams)
    submissions = _submissions(condition, size, what)
    contest, clean = _commission(condition, size, submissions, first)
    return Pair(contest, clean, _commission(condition, size, submissions, second)[0])


def _submissions(condition: Condition, size: Size, rng: np.random.Generator) -> Submissions:
    e, n = condition.effects, size.submissions
    level = condition.apart * e.quality * (size.groups - 1)
    latent = level + rng.normal(0, e.quality, n)
    profile = rng.normal(0, e.profile, (n, CRITERIA))
    return Submissions(latent, profile, expected(latent, profile, e))


def expected(latent: np.ndarray, profile: np.ndarray, e: Effects) -> np.ndarray:
    """Mean over jurors of the composite of whole marks, (I,): exact for a normal x, by quadrature over s and r.

    E[mark] = 1 + Σ_k P(x > k + ½) for k = 1 … 9.
    """
    total = np.zeros(len(latent))
    for node, weight in zip(NODES, WEIGHTS / WEIGHTS.sum(), strict=True):
        s, r = np.exp(e.width * node), np.exp(e.noise * node)
        mean = e.centre + s * latent[:, None] + profile
        sd = np.sqrt(e.severity**2 + r**2 * (s**2 * e.reading**2 + e.mark**2))
        steps = np.arange(LOW, HIGH) + 0.5
        total += weight * (LOW + ndtr((mean[..., None] - steps) / sd).sum(axis=-1).mean(axis=1))
    return total


def _commission(
    condition: Condition, size: Size, submissions: Submissions, rng: np.random.Generator
) -> tuple[Contest, Contest | None]:
    """Marks of new jurors, and the same without the fault."""
    e, (n, m) = condition.effects, (size.submissions, size.jurors)
    reads = who_reads(condition, size, rng)
    severity = rng.normal(0, e.severity, m)
    width, noise = (np.exp(sd * rng.standard_normal(m)) for sd in (e.width, e.noise))
    reading = e.reading * noise * rng.standard_normal((n, m))
    x = e.centre + width * (submissions.latent[:, None] + reading) - severity
    errors = e.mark * rng.standard_normal((n, m, CRITERIA))
    errors *= noise[:, None]
    errors += x[..., None]
    errors += submissions.profile[:, None]
    errors[~reads] = np.nan
    seed = int(rng.integers(2**31))
    habit = np.abs(np.log(width)) + np.abs(np.log(noise))
    good = Contest(errors, submissions.truth, size.groups, size.seats, severity, habit, seed)
    if not condition.fault:
        return _marked(good), None
    bad = faults.FAULTS[condition.fault](replace(good, fault=condition.fault), rng)
    return _marked(bad), _marked(good)


def _marked(contest: Contest) -> Contest:
    """With whole marks on the scale."""
    return replace(contest, marks=np.clip(np.rint(contest.marks), LOW, HIGH))


def who_reads(condition: Condition, size: Size, rng: np.random.Generator) -> np.ndarray:
    """Who reads what, (I, J) of True and False."""
    n, m = size.submissions, size.jurors
    if condition.design == "crossed":
        return np.ones((n, m), dtype=bool)
    if condition.design == "random":
        return _blocks(n, m, size.readers, rng)
    own = size.homes[None, :] == size.groups[:, None]
    slots = rng.permutation(np.repeat(np.arange(n), size.home_readers))
    away = np.bincount(slots[: round((condition.across or 0.0) * len(slots))], minlength=n)[:, None]
    luck = rng.random((n, m))
    at_home, outside = (np.argsort(np.argsort(luck + 2 * there, axis=1), axis=1) for there in (~own, own))
    return np.where(own, at_home < size.home_readers - away, outside < away)


def _blocks(n: int, m: int, k: int, rng: np.random.Generator) -> np.ndarray:
    """k of m jurors for each of n, loads as even as shuffles of the whole panel make them."""
    per_shuffle = m // k
    order = rng.permuted(np.tile(np.arange(m), (-(-n // per_shuffle), 1)), axis=1)
    who = order[:, : per_shuffle * k].reshape(-1, k)[:n]
    out = np.zeros((n, m), dtype=bool)
    np.put_along_axis(out, who, True, axis=1)
    return out
