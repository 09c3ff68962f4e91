"""Marks of unequal weight and slope as sums: what lets every two-way model run on jurors who differ.

In y_ij − c = λ_j(x_iᵀβ + a_i) + b_j + e_ij, e_ij ~ N(0, σ²/π_j), a submission is known with Σ π_jλ_j² where plain
readings know it with their number, and ñ_i = [π_jλ_j of its readers, x_i Σ π_jλ_j²]. So each
submission is a block of its own, and `likelihood`, `levels` and `posterior` go on as they are.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import cast

import numpy as np

from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.sums import Sums


@dataclass(frozen=True, kw_only=True)
class WeightedIncidence(Incidence):
    """A design with the precision π_j `precision` (J,) and slope λ_j `slope` (J,) of each juror.

    `readers` (I,) are Σ π_jλ_j² and `load` (J,) m_jπ_j: the degrees, as weighted. `plain` is the design
    without them.
    """

    precision: np.ndarray
    slope: np.ndarray
    base: Incidence

    @property
    def plain(self) -> Incidence:
        """The same readings, all of weight and slope 1."""
        return self.base

    @cached_property
    def pull(self) -> np.ndarray:
        """π_jλ_j (J,): what a mark of this juror counts in the sum of a submission."""
        return self.precision * self.slope

    @property
    def start(self) -> np.ndarray:
        """As of the plain design."""
        return self.plain.start

    @property
    def owner(self) -> np.ndarray:
        """As of the plain design."""
        return self.plain.owner

    @property
    def who(self) -> np.ndarray:
        """As of the plain design."""
        return self.plain.who

    @property
    def turned(self) -> Incidence:
        """There is none: a submission has no slope of its own."""
        raise TypeError("A design of weighted readings is not turned.")

    @cached_property
    def _read(self) -> np.ndarray:
        return np.flatnonzero(self.plain.readers > 0)

    @property
    def sizes(self) -> np.ndarray:
        """Σ π_jλ_j² of each submission with a mark, a block of its own."""
        return self.readers[self._read]

    @property
    def counts(self) -> np.ndarray:
        """1 for each submission with a mark."""
        return np.ones(len(self._read))

    @cached_property
    def by_level(self) -> np.ndarray:
        """Σ π_jλ_j² of each submission times its columns of levels (I, P)."""
        return self.readers[:, None] * self.levels.columns

    def gram(self, weights: np.ndarray) -> np.ndarray:
        """Σ weights_i ñ_i ñ_iᵀ over submissions with a mark, (J+P) × (J+P)."""
        j, g = self.n_jurors, self.n_levels
        out = np.empty((j + g, j + g))
        out[:j, :j] = self.plain.shared(weights) * np.outer(self.pull, self.pull)
        mine = np.zeros((g, self.n_submissions))
        mine[:, self._read] = self.by_level[self._read].T * weights
        out[j:, :j] = self.over_submissions(mine)
        out[:j, j:] = out[j:, :j].T
        out[j:, j:] = mine @ self.by_level
        return out

    def border(self) -> np.ndarray:
        """X̃ᵀWX̃ of jurors and levels."""
        j, x = self.n_jurors, self.levels.columns
        out = np.zeros((j + self.n_levels,) * 2)
        out[j:, :j] = self.over_submissions(x.T)
        out[:j, j:] = out[j:, :j].T
        out[np.arange(j), np.arange(j)] = self.load
        out[j:, j:] = x.T @ self.by_level
        return out

    def over_readers(self, values: np.ndarray) -> np.ndarray:
        """Σ π_jλ_j x_j over the readers of each submission, of (J,) or (J, S)."""
        return self.plain.over_readers((values.T * self.pull).T)

    def over_submissions(self, values: np.ndarray) -> np.ndarray:
        """Sums (D, J) of values (D, I) over the submissions of each juror, times π_jλ_j."""
        few = self.plain.dense
        sums = self.plain.over_submissions(values) if few is None else values[:, self._read] @ few
        return sums * self.pull

    def by_submission(self, y: np.ndarray) -> np.ndarray:
        """Σ π_jλ_j y over each submission: (D, I) of (D, n)."""
        return self.plain.by_submission(y * self.pull[self.who])

    def by_juror(self, y: np.ndarray) -> np.ndarray:
        """Σ π_j y over each juror: (D, J) of (D, n)."""
        return self.plain.by_juror(y) * self.precision

    def quadratic(self, matrix: np.ndarray) -> np.ndarray:
        """ñ_iᵀ Q ñ_i of every submission's readers (I,), for a symmetric J × J matrix Q."""
        return self.plain.quadratic(matrix * np.outer(self.pull, self.pull))

    def unsorted(self, y: np.ndarray) -> np.ndarray:
        """As of the plain design."""
        return self.plain.unsorted(y)


def weighted(design: Incidence, precision: np.ndarray, slope: np.ndarray) -> WeightedIncidence:
    """A plain design with a precision and a slope (J,) for each juror."""
    kept = {f.name: getattr(design, f.name) for f in fields(Incidence)}
    kept |= {"readers": design.over_readers(precision * slope**2), "load": design.load * precision}
    return WeightedIncidence(**kept, precision=precision, slope=slope, base=design)


def weighted_sums(design: WeightedIncidence, y: np.ndarray, centre: float) -> Sums:
    """Sums of marks y (n,) in sorted order, less `centre`, about which slopes turn."""
    y = y - centre
    total = design.by_submission(y[None, :])[0]
    ysum = np.append(design.by_juror(y[None, :])[0], design.levels.columns.T @ total)
    read = np.flatnonzero(design.plain.readers > 0)
    square = float((design.load / np.maximum(design.plain.load, 1))[design.who] @ y**2)
    return WeightedSums(
        design, centre, total, ysum, cast(np.ndarray, _Rows(design, total, read)), total[read] ** 2, square
    )


class _Rows:
    """Σ ñ_i t_i of every block, as what it is multiplied with from the left: weights (I',) to (J+G,)."""

    __array_ufunc__ = None

    def __init__(self, design: WeightedIncidence, total: np.ndarray, read: np.ndarray):
        self.design, self.total, self.read = design, total, read

    def __rmatmul__(self, weights: np.ndarray) -> np.ndarray:
        d, values = self.design, np.zeros(self.design.n_submissions)
        values[self.read] = weights * self.total[self.read]
        return np.append(d.over_submissions(values[None, :])[0], values @ d.by_level)


@dataclass(frozen=True)
class WeightedSums(Sums):
    """`Sums` of a `WeightedIncidence`: submissions stay in their place, whatever their number."""

    may_turn = False


def weights_of(design: Incidence) -> WeightedIncidence:
    """The design as one of weighted readings, which it must be."""
    assert isinstance(design, WeightedIncidence)
    return design
