"""The scale of marks as steps: which values there are, and how wide each step is on the latent scale.

Steps are first as wide as their values say; each band of neighbouring values may then be stretched or squeezed.
The lowest and the highest value have no outer end, so a ceiling needs nothing of its own.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

MOST = 100  # steps
BANDS = 8  # parts of the scale that are stretched on their own
END = 1e6  # stands for infinity where it is multiplied by a density of 0
_ROOT = np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class Steps:
    """Values (K,) of the marks in order, and the cuts between them as τ = lift @ exp(φ), φ (M,) log stretches.

    `unit` is the standard deviation of the marks and `centre` the mean cut: at φ = 0 the latent scale is
    (mark − centre) / unit.
    """

    values: np.ndarray
    lift: np.ndarray
    unit: float
    centre: float

    @property
    def bands(self) -> int:
        """M, 0 where there are two values only."""
        return self.lift.shape[1]

    def cuts(self, stretch: np.ndarray) -> np.ndarray:
        """τ (…, K − 1) at φ (…, M)."""
        return np.exp(stretch) @ self.lift.T

    def ends(self, stretch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper end (K,) of every step."""
        cut = self.cuts(stretch)
        return np.append(-END, cut), np.append(cut, END)

    def slopes(self, stretch: np.ndarray) -> np.ndarray:
        """∂τ/∂φ with a row of zeros for either outer end, (K + 1, M)."""
        return np.pad(self.lift * np.exp(stretch), ((1, 1), (0, 0)))

    def mark(self, location: np.ndarray, stretch: np.ndarray) -> np.ndarray:
        """The mark to expect from a juror of mean severity at locations (m,): Linacre's fair average."""
        return self.values[-1] - ndtr(self.cuts(stretch) - location[:, None]) @ np.diff(self.values)

    def mark_slopes(self, location: np.ndarray, stretch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Slope (m,) of `mark` in the location, and (m, M) how far φ moves it, in units of the location."""
        cut = self.cuts(stretch) - location[:, None]
        nearest = (cut**2).min(axis=1, keepdims=True)  # far outside all densities would be 0
        density = np.diff(self.values) * np.exp((nearest - cut**2) / 2)
        total = density.sum(axis=1)
        slope = total * np.exp(-nearest[:, 0] / 2) / _ROOT
        return slope, -(density @ (self.lift * np.exp(stretch))) / total[:, None]


def steps_of(y: np.ndarray) -> tuple[Steps, np.ndarray]:
    """The steps of marks y (n,), at least two different, and the step of each (n,).

    Of more values than `MOST`, as finely weighted composites have, neighbours share a step at their mean.
    """
    values, step = np.unique(y, return_inverse=True)
    shared = _shares(np.bincount(step), MOST)
    first = np.searchsorted(shared, np.arange(shared[-1] + 1))
    middle = (values[first[1:]] + values[first[1:] - 1]) / 2
    step = shared[step]
    count = np.bincount(step)
    band = _shares(count[1:-1], BANDS)
    width = np.diff(middle)[:, None] * (band[:, None] == np.arange(band.max(initial=-1) + 1))
    lift = np.pad(np.cumsum(width, axis=0), ((1, 0), (0, 0)))
    weight = (count[1:] + count[:-1]).astype(float)
    lift -= weight @ lift / weight.sum()
    unit, centre = float(y.std()), float(weight @ middle / weight.sum())
    return Steps(np.bincount(step, weights=y) / count, lift / unit, unit, centre), step


def _shares(count: np.ndarray, most: int) -> np.ndarray:
    """Group of each of neighbouring steps from their numbers of marks: one each if few, else equal shares."""
    if len(count) <= most:
        return np.arange(len(count))
    share = (np.cumsum(count) - count / 2) / count.sum()
    return np.unique((share * most).astype(np.int64), return_inverse=True)[1]
