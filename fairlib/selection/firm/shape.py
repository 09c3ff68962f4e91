"""The distribution of merits as the marks show it, where it is not normal: many near equals, a few far below.

The severity model draws merits from a normal distribution. A choice hangs on how densely they lie at the line: where
most lie close together above a long tail of weak ones, normal draws set the best too far apart, and a second commission
seems to agree better than it would.

The prior is estimated by smoothing by roughening: from the normal one a few rounds of EM towards the non-parametric
maximum (Laird & Louis 1991, in: Computer Science and Statistics 23; Laird 1978, J. Am. Stat. Assoc. 73:805), so that few or noisy
marks leave it normal.
"""

from collections.abc import Iterator

import numpy as np
from scipy.ndimage import map_coordinates
from scipy.special import ndtr

from fairlib.scoring.estimators.incidence import Block
from fairlib.scoring.estimators.reml import Fit

_ROUNDS = 20  # of EM; docs/lab/misfit.md
_POINTS, _WIDE = 121, 5.0  # of the grid of merits, and its half-width in standard deviations
_ZS = np.linspace(-4.5, 4.5, 61)


def prior(fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    """Grid of merits about their level (points,) and the probability of each."""
    p, sd = fit.sums.incidence, np.sqrt(fit.submission)
    alone, read = _alone(fit, fit.juror_effect), p.readers > 0
    grid = np.linspace(-_WIDE * sd, _WIDE * sd, _POINTS)
    noise = fit.residual / p.readers[read]
    likelihood = np.exp(-((alone[read, None] - grid) ** 2) / (2 * noise[:, None]))
    g = np.exp(-(grid**2) / (2 * fit.submission))
    for _ in range(_ROUNDS):
        after = likelihood * g
        g = (after / after.sum(axis=1, keepdims=True)).mean(axis=0)
    return grid, g / g.sum()


def reshaped(fit: Fit, merit: np.ndarray, juror: np.ndarray) -> np.ndarray:
    """Draws of merits (D, I) of the severity model with jurors (D, J), as they are under the estimated prior.

    Given its readers' effects a merit is drawn anew at the same place of its distribution: where the prior is normal
    nothing changes, and a juror moves all of that juror's submissions together as before.
    """
    if fit.submission <= 0:
        return merit
    grid, g = prior(fit)
    out = merit.copy()
    for block, moves, alone, spread in _tables(fit, grid, g):
        mine = block.members
        told = _alone(fit, juror, mine, block)
        place = (told - alone[0]) / (alone[1] - alone[0])
        rho = fit.submission / (fit.submission + fit.residual / block.d)
        z = (merit[:, mine] - fit.level[mine] - rho * told) / spread
        where = np.stack([place, (z - _ZS[0]) / (_ZS[1] - _ZS[0])])
        out[:, mine] += map_coordinates(moves, where, order=1, mode="nearest")
    return out


def _alone(
    fit: Fit, juror: np.ndarray, members: np.ndarray | None = None, block: Block | None = None
) -> np.ndarray:
    """Mean mark less its readers' effects and its level: (I,) for effects (J,), (D, I_d) of a block for (D, J)."""
    p = fit.sums.incidence
    level = fit.level - fit.sums.centre
    if block is None or members is None:
        return (fit.sums.total - p.over_readers(juror)) / np.maximum(p.readers, 1) - level
    read = juror[:, block.jurors].sum(axis=2)
    return (fit.sums.total[members] - read) / block.d - level[members]


def _tables(
    fit: Fit, grid: np.ndarray, g: np.ndarray
) -> Iterator[tuple[Block, np.ndarray, np.ndarray, float]]:
    """For each number of readers: what is added to a normal draw, by what its marks say alone and its place z."""
    sd = np.sqrt(fit.submission)
    for block in fit.sums.incidence.blocks:
        noise = fit.residual / block.d
        reach = _WIDE * sd + 3 * np.sqrt(noise)
        alone = np.linspace(-reach, reach, _POINTS)
        rho = fit.submission / (fit.submission + noise)
        spread = float(np.sqrt(rho * noise))
        after = np.exp(-((alone[:, None] - grid) ** 2) / (2 * noise) + np.log(np.maximum(g, 1e-300)))
        total = np.cumsum(after, axis=1)
        middle = (total - after / 2) / total[:, -1:]
        drawn = np.array([np.interp(ndtr(_ZS), row, grid) for row in middle])
        yield block, drawn - rho * alone[:, None] - spread * _ZS, alone, spread
