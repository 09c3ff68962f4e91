"""Intraclass correlations of an incomplete table, from variance components; no submission is dropped.

Model: mark = mean + submission + juror + residual, crossed random effects fitted by REML. Every coefficient
is a function of two ratios only, λ_s = σ_s²/σ² and λ_j = σ_j²/σ², so its interval needs their likelihood
on a plane and no draws.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy

from fairlib.errors import ScoringError
from fairlib.scoring.arrays import dense
from fairlib.scoring.crossed import reml
from fairlib.scoring.crossed.incidence import incidence
from fairlib.scoring.crossed.levels import Levels
from fairlib.scoring.crossed.likelihood import Point
from fairlib.scoring.crossed.sums import sums_of
from fairlib.scoring.ratings import Pairs, composite

FALL = 30.0
FAR = 18.0
FINE = 241
_DRAWS, _SLICES = 4000, 9  # of the levels' spread, and how often λ_j changes meanwhile


@dataclass(frozen=True)
class Components:
    """Variance components of a round and the intraclass correlations that follow from them.

    `table`: index `ICC(A,1), ICC(A,k), ICC(C,1), ICC(C,k), ICC(Q,k)`, columns `value, low, high, status`.
    `submission`, `juror`, `residual` are variances in squared points; `k` is the harmonic mean number of
    readers, `q` the share of juror variance left in differences of mean marks (0 when everyone reads
    everything, 1/k when no two submissions share a reader). `scope` says among whom submissions are told apart:
    `all` where groups have no levels, else `across` groups or `within` them. `status` is "ok" or what the fit says.
    """

    table: pd.DataFrame
    submission: float | None
    juror: float | None
    residual: float | None
    n: int
    n_submissions: int
    n_jurors: int
    k: float
    q: float
    status: str
    scope: str = "all"

    @property
    def reliability(self) -> float | None:
        """Reliability of the final mean mark for ranking submissions: ICC(Q,k)."""
        value = self.table.value["ICC(Q,k)"]
        return None if value is pd.NA else float(value)


def icc_components(
    ratings: pd.DataFrame, weights: Mapping[str, float] | None = None, *, within: bool = False
) -> Components:
    """Intraclass correlations for any connected pattern of readings, with 95 % intervals.

    With λ in units of the residual variance: ICC(A,1) = λ_s/(λ_s + λ_j + 1), ICC(C,1) = λ_s/(λ_s + 1);
    means of k readers divide the rest by k: ICC(A,k) = λ_s/(λ_s + (λ_j + 1)/k), ICC(C,k) = λ_s/(λ_s + 1/k);
    ICC(Q,k) = λ_s/(λ_s + q λ_j + 1/k) is the reliability of ranking by mean marks in this very design:
    q = 1/k − Σ_{i≠i'} c_ii'/(k_i k_i')/(I(I − 1)), c_ii' the number of readers i and i' share.

    Limits are the 2.5 and 97.5 % points of the restricted likelihood over the plane of log(1 + kλ_s),
    log(1 + mλ_j), m the mean load of a juror: on balanced tables that is the posterior under the
    reference prior, which has the coverage of the exact F interval, cut at 0.

    Where the ratings have levels (`scoring.ratings`), groups of submissions have levels of their own in the model.
    `within=True` is for a choice inside groups: σ_s² and q are those of submissions of one group. Else, for one list
    over all groups, σ_s² has the variance of the levels of these submissions in it, drawn from their posterior; where
    panels read their own group alone, one mean for all would take it for severity.

    A table that tells no components apart gives empty values with the reason in `status`. Where submission
    and juror explain the marks without rest, coefficients are the limits for a vanishing residual, functions
    of σ_s²/σ_j² with the exact F interval of that ratio, and the status is `no_error_variance`; submissions
    that do not differ then have no coefficient (0/0): `no_submission_variance`.

    Sources: Putka, Le, McCloy & Diaz (2008) J. Appl. Psychol. 93:959–981; ten Hove, Jorgensen & van der Ark
    (2022, 2024) Psychol. Methods; Berger & Bernardo (1992) for the prior. Example: Shrout & Fleiss (1979).

    >>> marks = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> wide = pd.DataFrame(marks, columns=list("abcd")).rename_axis("submission").reset_index()
    >>> long = wide.melt("submission", var_name="juror", value_name="score").assign(criterion="all")
    >>> round(float(icc_components(long).table.value["ICC(A,1)"]), 2)
    0.29
    """
    pairs = composite(ratings, weights)
    sub, jur = dense(pairs.submission, pairs.submissions)[0], dense(pairs.juror, pairs.jurors)[0]
    n_sub, n_jur = int(sub.max()) + 1, int(jur.max()) + 1
    readers, used = np.bincount(sub), np.unique(pairs.submission)
    codes = np.array([g.codes[used] for g in pairs.groupings]) if pairs.groupings else None
    design = incidence(sub, jur, n_sub, n_jur, codes)
    apart = design.n_levels > 1
    group = np.unique(design.levels.codes, axis=1, return_inverse=True)[1] if apart and within else None
    k, q = float(len(readers) / (1 / readers).sum()), overlap(sub, jur, readers, group)
    size = len(pairs.y), n_sub, n_jur, k, q
    reason = _why_not(pairs, readers, n_jur)
    if reason:
        return Components(_empty(reason), None, None, None, *size, reason)
    sums = sums_of(design, pairs.y)
    if (exact := reml.exactly_additive(sums)) is not None:
        return _without_error(exact, size)
    try:
        found = reml.fit_sums(sums)
    except ScoringError:
        return Components(_empty("no_replication"), None, None, None, *size, "no_replication")
    status = "boundary" if found.status != "ok" else "partial" if pairs.partial.any() else "ok"
    plane, shapes = _Plane(found, k, len(pairs.y) / n_jur), coefficients(k, q)
    lift, limits = 0.0, {name: plane.limits(f) for name, f in shapes.items()}
    if apart and not within:
        lift, limits = plane.with_levels(shapes)
    ratios = found.ratios + np.array([lift, 0.0])
    rows = {name: (f(*ratios), *limits[name], status) for name, f in shapes.items()}
    own, scope = float(ratios[0]) * found.residual, ("within" if within else "across") if apart else "all"
    return Components(_table(rows), own, found.juror, found.residual, *size, found.status, scope)


def _without_error(variances: np.ndarray, size: tuple[int, int, int, float, float]) -> Components:
    """Coefficients of marks that are submission plus juror exactly: the residual variance is 0."""
    (s, j), (_, n_sub, n_jur, k, q) = variances, size
    if s == 0:
        why = "no_submission_variance"
        return Components(_empty(why), 0.0, float(j), 0.0, *size, why)
    worth = {"ICC(A,1)": 1.0, "ICC(A,k)": 1 / k, "ICC(C,1)": 0.0, "ICC(C,k)": 0.0, "ICC(Q,k)": q}
    ends = (
        float(scipy.stats.f.ppf(0.975, n_sub - 1, n_jur - 1)),
        1 / float(scipy.stats.f.ppf(0.975, n_jur - 1, n_sub - 1)),
    )
    rows = {}
    for name, share in worth.items():
        value, low, high = (float(s / (s + share * j * end)) for end in (1.0, *ends))
        rows[name] = (value, low, high, "no_error_variance")
    return Components(_table(rows), float(s), float(j), 0.0, *size, "no_error_variance")


def coefficients(k: float, q: float) -> dict[str, Callable]:
    """The five coefficients as functions of (λ_s, λ_j), numbers or arrays."""
    return {
        "ICC(A,1)": lambda s, j: s / (s + j + 1),
        "ICC(A,k)": lambda s, j: s / (s + (j + 1) / k),
        "ICC(C,1)": lambda s, j: s / (s + 1),
        "ICC(C,k)": lambda s, j: s / (s + 1 / k),
        "ICC(Q,k)": lambda s, j: s / (s + q * j + 1 / k),
    }


def overlap(
    submission: np.ndarray, juror: np.ndarray, readers: np.ndarray, group: np.ndarray | None = None
) -> float:
    """q of Putka et al. (2008): Σ over pairs of submissions by way of each juror's Σ 1/k_i.

    With the `group` of each submission (I,) over pairs of one group.
    """
    if group is not None:
        return _within_groups(submission, juror, readers, group)
    i = len(readers)
    if i < 2:
        return 0.0
    shared = np.bincount(juror, weights=1 / readers[submission])
    both = float(np.square(shared).sum() - (1 / readers).sum())
    return max(float((1 / readers).mean()) - both / (i * (i - 1)), 0.0)


def _within_groups(
    submission: np.ndarray, juror: np.ndarray, readers: np.ndarray, group: np.ndarray
) -> float:
    """`overlap` of each group, by its number of pairs."""
    total, pairs = 0.0, 0
    for g in np.unique(group):
        own = group == g
        rows, n = own[submission], int(np.count_nonzero(own))
        place = np.cumsum(own) - 1
        total += n * (n - 1) * overlap(place[submission[rows]], juror[rows], readers[own])
        pairs += n * (n - 1)
    return total / pairs if pairs else 0.0


def spread_of(values: np.ndarray, group: np.ndarray) -> float:
    """Variance of values (n,) about the means of their groups; 0 where nothing is left to tell it."""
    count = np.bincount(group)
    left = values - (np.bincount(group, weights=values) / np.maximum(count, 1))[group]
    free = len(values) - int(np.count_nonzero(count))
    return float(left @ left) / free if free > 0 else 0.0


def _why_not(pairs: Pairs, readers: np.ndarray, n_jurors: int) -> str | None:
    if n_jurors < 2:
        return "one_juror"
    if len(readers) < 2:
        return "one_submission"
    if readers.max() < 2:
        return "no_pairs"
    scale = float(np.abs(pairs.y).max())
    return "no_variation" if np.ptp(pairs.y) <= 1e-12 * scale else None


def _empty(reason: str) -> pd.DataFrame:
    return _table(dict.fromkeys(coefficients(1, 0), (None, None, None, reason)))


def _table(rows: dict[str, tuple]) -> pd.DataFrame:
    """Value, limits and status of each coefficient."""
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "low", "high", "status"])
    return table.astype(dict.fromkeys(["value", "low", "high"], "Float64"))


class _Plane:
    """Restricted likelihood over u = log(1 + kλ_s), v = log(1 + mλ_j), uniform prior in u and v."""

    def __init__(self, fit: reml.Fit, k: float, m: float):
        self.fit, self.scale = fit, np.array([k, m])
        self.best = np.log1p(self.scale * fit.ratios)
        self.top = self._deviance(*self.best)
        nodes = 25 if fit.core.incidence.n_jurors <= 200 else 11
        u, v = (np.linspace(*self._reach(axis), nodes) for axis in (0, 1))
        fall = np.array([[self._deviance(a, b) - self.top for b in v] for a in u])
        # a spline of log density is smooth where the density spans many powers of ten
        spline = scipy.interpolate.RectBivariateSpline(u, v, np.minimum(fall, 4 * FALL), kx=3, ky=3)
        self.u, self.v = np.linspace(u[0], u[-1], FINE), np.linspace(v[0], v[-1], FINE)
        self.mass = np.exp(-spline(self.u, self.v) / 2)

    def _deviance(self, u: float, v: float) -> float:
        return Point(self.fit.core, self.fit.in_core(np.expm1([u, v]) / self.scale)).deviance

    def _reach(self, axis: int) -> tuple[float, float]:
        """Where the deviance, the other ratio re-estimated roughly by a slack of 1.3, has fallen by FALL."""
        ends = []
        for sign in (-1, 1):
            step, at = 1e-3, self.best.copy()
            while True:
                at[axis] = max(self.best[axis] + sign * step, 0.0)
                if at[axis] == 0 or at[axis] > FAR or self._deviance(*at) - self.top > FALL:
                    break
                step *= 1.5
            ends.append(min(max(self.best[axis] + 1.3 * sign * step, 0.0), FAR))
        return ends[0], ends[1]

    def with_levels(self, shapes: dict[str, Callable]) -> tuple[float, dict[str, tuple[float, float]]]:
        """The variance of levels among submissions over σ², and limits of functions that have it in λ_s.

        Draws of the plane, in slices by λ_j; in each, levels are drawn from their posterior at its middle.
        """
        rng, design = np.random.default_rng(0), self.fit.sums.incidence
        x = design.levels.columns[design.readers > 0]
        quad = np.cov(x, rowvar=False)
        share = self.mass / self.mass.sum()
        at = np.unravel_index(rng.choice(share.size, _DRAWS, p=share.ravel()), share.shape)
        s, j = np.expm1(self.u[at[0]]) / self.scale[0], np.expm1(self.v[at[1]]) / self.scale[1]
        spread = np.empty(_DRAWS)
        for rows in np.array_split(np.argsort(j, kind="stable"), _SLICES):
            near = np.array([self.fit.ratios[0], np.median(j[rows])])
            spread[rows] = _spread(Point(self.fit.core, self.fit.in_core(near)).levels, quad, len(rows), rng)
        limits = {name: np.quantile(f(s + spread, j), [0.025, 0.975]) for name, f in shapes.items()}
        return float(spread.mean()), {name: (float(low), float(high)) for name, (low, high) in limits.items()}

    def limits(self, function: Callable) -> tuple[float, float]:
        """2.5 and 97.5 % points of a function of the ratios."""
        s, j = np.expm1(self.u) / self.scale[0], np.expm1(self.v) / self.scale[1]
        value = np.broadcast_to(function(s[:, None], j[None, :]), self.mass.shape).ravel()
        order = np.argsort(value)
        share = np.cumsum(self.mass.ravel()[order])
        low, high = np.interp([0.025, 0.975], share / share[-1], value[order])
        return float(low), float(high)


def _spread(known: Levels, quad: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """`n` draws of βᵀQβ/σ² (n,), as squares along its axes: alike for marks turned round and groups renamed."""
    value, axes = np.linalg.eigh(quad)
    half = axes * np.sqrt(np.maximum(value, 0.0))
    picks = rng.choice(len(known.weight), n, p=known.weight)
    s2 = known.s2[picks] * known.dof / rng.chisquare(known.dof, n)
    there, place = np.unique(picks, return_inverse=True)
    size, turn = np.linalg.eigh(half.T @ known.cov[there] @ half)
    centre = np.abs(np.einsum("tpk,tp->tk", turn, known.mean[there] @ half))[place]
    noise = rng.standard_normal(centre.shape) * np.sqrt(np.maximum(size, 0.0))[place]
    return ((noise + centre / np.sqrt(s2)[:, None]) ** 2).sum(axis=1)
