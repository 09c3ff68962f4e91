"""How reliable would these jurors be if they had read everybody? The reliability among finalists, and without the cut.

An earlier round chose the finalists by its estimate x, so they are more alike than all who applied, and the share
of the variance that is theirs falls though jurors mark as well as before. What the choice leaves as it was is how
their worth y follows from x: y = α + βx + a. So the variance of y among all is σ_a² + β²Var(x), x over all; among the
finalists it is σ_a² + β²Var(x), x over them; the jury's own error is the same in both.

Thorndike (1949) Personnel Selection, case 2 (Pearson 1903); Erosheva, Martinková & Lee (2021) J. R. Stat. Soc. A
184:904 (range restriction in peer review).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from fairlib.errors import ScoringError
from fairlib.scoring.agreement.components import coefficients, overlap, spread_of
from fairlib.scoring.crossed import posterior, reml
from fairlib.scoring.crossed.groupings import SPARE, Levels
from fairlib.scoring.crossed.sums import sums_of
from fairlib.scoring.ratings import Pairs, composite

DRAWS = 4000


@dataclass(frozen=True)
class Unrestricted:
    """The reliability ICC(Q,k) of a later round's jurors, of readers and overlap as they are, with 95 % limits.

    `reliability` if they had marked all who were estimated before; `ratio` is the standard deviation of the earlier
    estimates among all over that among the finalists. `status` is "ok", `no_restriction` where the finalists are no
    more alike than all, or why there is no value: `no_earlier_estimates`, `too_few`, or what the marks say.
    """

    reliability: float | None = None
    low: float | None = None
    high: float | None = None
    ratio: float | None = None
    status: str = "ok"


def unrestricted(
    ratings: pd.DataFrame,
    earlier: pd.Series,
    groups: pd.Series | None = None,
    weights: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Unrestricted:
    """The reliability of a later round corrected for the choice of an earlier one.

    `earlier` are the estimates by which it chose (index submission, of all that it could have chosen, higher is
    better as in the marks). With `groups` (index submission) variances are those inside groups, as where seats are
    shared by them. Finalists without an earlier estimate are left out. Everything is drawn from the posterior of
    the random-effects model with x among its columns; a slope below 0 counts as 0. The value is the median.

    Raises ScoringError as `composite` does. For sources see the head of this file.
    """
    pairs = composite(ratings, weights)
    all_x = earlier.dropna().astype(float)
    x = all_x.reindex(pairs.submissions).to_numpy(float)
    of_all = _codes(groups, all_x.index)
    of_these = _codes(groups, pairs.submissions, like=all_x.index)
    used = pairs.of(~np.isnan(x)[pairs.submission])
    read = np.bincount(used.submission, minlength=len(x)) > 0
    if len(all_x) < 2 or not read.any() or np.ptp(all_x) == 0:
        return Unrestricted(status="no_earlier_estimates")
    wide = spread_of(all_x.to_numpy(), of_all)
    near = spread_of(x[read], of_these[read])
    levels = _columns(x, of_these, read)
    if np.count_nonzero(read) < levels.n + SPARE or not near > 0:
        return Unrestricted(status="too_few")
    try:
        drawn = _drawn(used, levels, np.random.default_rng(seed))
    except ScoringError:
        return Unrestricted(status="no_replication")
    return _told(drawn, used, of_these, wide, near, within=groups is not None)


def _told(
    drawn: tuple[np.ndarray, ...], pairs: Pairs, group: np.ndarray, wide: float, near: float, within: bool
) -> Unrestricted:
    """Median and limits of the coefficient over draws of (slope, λ_a, λ_b, σ²)."""
    slope, la, lb, s2 = drawn
    submission, juror = (np.unique(c, return_inverse=True)[1] for c in (pairs.submission, pairs.juror))
    readers = np.bincount(submission)
    own = group[np.unique(pairs.submission)] if within else None
    q, k = overlap(submission, juror, readers, own), len(readers) / (1 / readers).sum()
    ratio = float(np.sqrt(wide / near))
    worth = coefficients(k, q)["ICC(Q,k)"](la + slope**2 * max(wide, near) / s2, lb)
    low, middle, high = (float(v) for v in np.quantile(worth, [0.025, 0.5, 0.975]))
    return Unrestricted(middle, low, high, ratio, "ok" if wide > near else "no_restriction")


def _codes(groups: pd.Series | None, index: pd.Index, like: pd.Index | None = None) -> np.ndarray:
    """The group of each submission as a code, by the order of names; 0 for all without groups."""
    if groups is None:
        return np.zeros(len(index), dtype=np.int64)
    names = sorted(groups.astype(str).unique())
    found = groups.astype(str).reindex(index)
    return np.maximum(pd.Index(names).get_indexer(found), 0)


def _columns(x: np.ndarray, group: np.ndarray, read: np.ndarray) -> Levels:
    """The columns of a level for each group with marks and of x, none drawn together."""
    known = np.unique(group[read])
    own = np.where(np.isin(group, known), group, known[0])[:, None] == known
    middle = float(x[read].mean())
    columns = np.column_stack([own.astype(float), np.where(np.isnan(x), 0.0, x - middle)])
    codes = np.zeros((1, len(x)), dtype=np.int64)
    return Levels(columns, np.eye(columns.shape[1]), (), codes, codes[:, :1], columns[read])


def _drawn(pairs: Pairs, levels: Levels, rng: np.random.Generator) -> tuple[np.ndarray, ...]:
    """Draws (n,) of the slope on x, at least 0, of the ratios λ_a and λ_b, and of σ²."""
    design = replace(replace(pairs, groupings=()).incidence(), levels=levels)
    fit = reml.fit_sums(sums_of(design, pairs.y))
    grid = posterior.nodes(fit)
    picks = np.bincount(rng.choice(len(grid), DRAWS, p=[g.weight for g in grid]), minlength=len(grid))
    parts = []
    for node, n in zip(grid, picks, strict=True):
        s2 = node.levels.s2[0] * node.levels.dof / rng.chisquare(node.levels.dof, n)
        error = np.sqrt(s2 * node.covariance()[-1, -1])
        la, lb = fit.in_core([node.la, node.lb])
        slope = np.maximum(node.solution()[-1] + error * rng.standard_normal(n), 0.0)
        parts.append((slope, np.full(n, la), np.full(n, lb), s2))
    return tuple(np.concatenate(p) for p in zip(*parts, strict=True))
