"""The chance of a step at a location and its derivatives: Φ(hi − η) − Φ(lo − η)."""

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr, ndtr

_LOG_ROOT = 0.5 * np.log(2 * np.pi)
_SMALL = 1e-250


@dataclass(frozen=True)
class Cells:
    """Log chances, and density over chance at either end, arrays of one shape.

    With h and l the ends less the location: `upper` φ(h)/P, `lower` φ(l)/P.
    """

    log: np.ndarray
    upper: np.ndarray
    lower: np.ndarray
    h: np.ndarray
    l: np.ndarray  # noqa: E741

    @property
    def score(self) -> np.ndarray:
        """d log P / dη."""
        return self.lower - self.upper

    def bends(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Second derivatives of log P: twice in h, twice in l, in both."""
        return (
            -(self.h + self.upper) * self.upper,
            (self.l - self.lower) * self.lower,
            self.upper * self.lower,
        )

    @property
    def information(self) -> np.ndarray:
        """−d² log P / dη²."""
        return (
            (self.h + self.upper) * self.upper
            - (self.l - self.lower) * self.lower
            - 2 * self.upper * self.lower
        )


def cells(lo: np.ndarray, hi: np.ndarray, location: np.ndarray) -> Cells:
    """Chances of the steps from `lo` to `hi` at locations; all broadcast."""
    h, low = hi - location, lo - location
    turned = h + low > 0  # both ends in the upper tail: from the other side, where nothing cancels
    a, b = np.where(turned, -low, h), np.where(turned, -h, low)
    chance = ndtr(a) - ndtr(b)
    if chance.min(initial=1.0) > _SMALL:
        log = np.log(chance)
    else:
        top = log_ndtr(a)
        log = top + np.log1p(-np.exp(np.minimum(log_ndtr(b) - top, -1e-300)))
    shift = _LOG_ROOT + log
    return Cells(log, np.exp(-(h**2) / 2 - shift), np.exp(-(low**2) / 2 - shift), h, low)
