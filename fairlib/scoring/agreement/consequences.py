"""What a reliability means: how much of a TOP-K is deserved, and would others choose the same?

True worth and final mark are taken as bivariate normal with correlation √reliability, the marks of two
commissions with correlation reliability. What share lies above the K/N threshold in both is known exactly
for endless lists, and by simulation for a list of N.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri, owens_t

from fairlib.errors import ScoringError
from fairlib.scoring.agreement.components import icc_components

BLOCK = 2**20


@dataclass(frozen=True)
class Meaning:
    """What the marks of a round can and cannot support.

    `reliability` of the final mean mark with its 95 % limits; `belongs`: expected share of the chosen that is
    truly among the best K; `overlap`: expected share of the chosen that a second commission of the same make
    would choose too. Each with limits that follow from those of the reliability, and as simulated for lists
    of exactly this length (`*_simulated`). `status` "ok", a reason why there are no values, or
    `range_restriction`: valid for this round's submissions, and no verdict on its jurors. `scope` as in `Components`.
    """

    n_submissions: int
    n_selected: int
    reliability: float | None = None
    reliability_low: float | None = None
    reliability_high: float | None = None
    belongs: float | None = None
    belongs_low: float | None = None
    belongs_high: float | None = None
    belongs_simulated: float | None = None
    overlap: float | None = None
    overlap_low: float | None = None
    overlap_high: float | None = None
    overlap_simulated: float | None = None
    status: str = "ok"
    scope: str = "all"


def what_it_means(
    ratings: pd.DataFrame,
    n_selected: int,
    weights: Mapping[str, float] | None = None,
    preselected: bool = False,
    within: bool = False,
    n_sim: int = 2000,
    seed: int = 0,
) -> Meaning:
    """Reliability of the final mean, share of the TOP-K that belongs there, overlap with a second commission.

    Reliability is ICC(Q,k) of `icc_components`, of ranking by mean marks in this design. `preselected=True`
    says that an earlier round chose these submissions: a low figure then need not mean poor jurors, since
    near equals are hard to tell apart (Erosheva, Martinková & Lee 2021), and the status says so. `within` is for a
    choice inside groups with levels of their own; see `icc_components`.

    Raises ScoringError unless 0 < n_selected < number of submissions with marks.
    """
    c = icc_components(ratings, weights, within=within)
    n = c.n_submissions
    if not 0 < n_selected < n:
        raise ScoringError(f"{n_selected} of {n} submissions cannot be chosen; the number lies between.")
    row = c.table.loc["ICC(Q,k)"]
    if c.reliability is None:
        return Meaning(n, n_selected, status=row.status, scope=c.scope)
    found: dict[str, float] = {}
    for end, x in (("", "value"), ("_low", "low"), ("_high", "high")):
        found[f"reliability{end}"] = r = float(row[x])
        found[f"belongs{end}"] = share_that_belongs(r, n_selected, n)
        found[f"overlap{end}"] = overlap_with_second(r, n_selected, n)
    belongs, overlap = simulate(found["reliability"], n_selected, n, n_sim, seed)
    found |= {"belongs_simulated": belongs, "overlap_simulated": overlap}
    status = "range_restriction" if preselected else row.status
    return Meaning(n, n_selected, **found, status=status, scope=c.scope)


def share_that_belongs(reliability: float, n_selected: int, n: int) -> float:
    """Expected share of the chosen that is truly among the best: P(both above)/P(above) at ρ = √reliability.

    Example: three readers with a single-reader ICC of .34 have a mean of reliability .61.

    >>> round(share_that_belongs(0.61, 50, 221), 2), round(overlap_with_second(0.61, 50, 221), 2)
    (0.65, 0.52)
    """
    return _both_above(np.sqrt(_checked(reliability, n_selected, n)), n_selected / n)


def overlap_with_second(reliability: float, n_selected: int, n: int) -> float:
    """Expected share of the chosen that another commission of the same make would choose: ρ = reliability."""
    return _both_above(_checked(reliability, n_selected, n), n_selected / n)


def _checked(reliability: float, n_selected: int, n: int) -> float:
    if not 0 <= reliability <= 1:
        raise ScoringError(f"A reliability lies between 0 and 1, not at {reliability}.")
    if not 0 < n_selected < n:
        raise ScoringError(f"{n_selected} of {n} submissions cannot be chosen; the number lies between.")
    return float(reliability)


def _both_above(rho: float, share: float) -> float:
    """P(Y > t | X > t) for correlated standard normals, t the upper `share` quantile (Owen 1956)."""
    t = -ndtri(share)
    return float((share - 2 * owens_t(t, np.sqrt((1 - rho) / (1 + rho)))) / share)


def simulate(
    reliability: float, n_selected: int, n: int, n_sim: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """The two shares by drawing `n_sim` lists of n submissions, each marked by two commissions."""
    r, rng = _checked(reliability, n_selected, n), np.random.default_rng(seed)
    hits, block = np.zeros(2), max(1, BLOCK // n)
    for done in range(0, n_sim, block):
        worth, first, second = rng.standard_normal((3, min(block, n_sim - done), n))
        first, second = (np.sqrt(r) * worth + np.sqrt(1 - r) * noise for noise in (first, second))
        chosen = _top(first, n_selected)
        hits += [np.count_nonzero(chosen & _top(x, n_selected)) for x in (worth, second)]
    belongs, overlap = hits / (n_sim * n_selected)
    return float(belongs), float(overlap)


def _top(x: np.ndarray, k: int) -> np.ndarray:
    """The k largest of each row, as a mask; draws are continuous, so ties do not occur."""
    return x >= np.partition(x, -k, axis=1)[:, -k, None]
