"""The severity model again, allowing for what was seen: chances under it stand beside those of the model.

Each allowance is fitted by a few rounds of EM (Dempster, Laird & Rubin 1977, J. R. Stat. Soc. B 39:1) from the
variances of the severity model:

- `ceiling`: a mark at an end of the scale says only that the reading was worth at least that (Tobin 1958,
  Econometrica 26:24): its expected value takes its place, and what is not known of it its weight.
- `noise`: each juror has a residual variance and a slope; both are drawn to those of all as far as they differ little.
- `groups`: a random effect of juror × group, and a level for each group of which the model knew nothing.
- `one_mark`: without that mark.
- `merits`: draws of merits are moved to the distribution that the marks show (`shape`).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import log_ndtr

from fairlib.scoring.crossed.reml import Fit
from fairlib.scoring.estimators.estimator import Singles
from fairlib.scoring.misfit.discrepancies import Groups, Seen
from fairlib.scoring.misfit.residuals import Left
from fairlib.scoring.misfit.weighted import CELLS, Weighted, columns_of

_ROUNDS = 15
_START = 0.05  # variance of a further effect to start from, in residual variances
_LEAST_WEIGHT = 0.05  # of a mark of which hardly anything is known, in weights of a whole one


@dataclass(frozen=True, eq=False)
class Ends:
    """Single marks at the ends of the scale: `pair` the reading of each in sorted order (m,), its `criterion`."""

    pair: np.ndarray
    criterion: np.ndarray
    score: np.ndarray
    share: np.ndarray  # of the criterion in the reading's composite
    low: float
    high: float
    step: float

    @property
    def at_high(self) -> np.ndarray:
        """Which marks are the highest there can be (m,)."""
        return self.score >= self.high - self.step / 4

    @property
    def at_low(self) -> np.ndarray:
        """Which marks are the lowest there can be (m,)."""
        return self.score <= self.low + self.step / 4


def ends_of(singles: Singles, left: Left, scale: tuple[float, float, float]) -> Ends:
    """The single marks with their readings; `scale` is least, most and step of a mark."""
    marks, pairs, p = singles.marks, singles.pairs, left.design
    key = pairs.submission * (len(pairs.jurors) + 1) + pairs.juror
    place = np.empty(len(key), dtype=np.int64)
    place[p.order] = np.arange(len(key))
    order = np.argsort(key, kind="stable")
    mine = marks.submission * (len(pairs.jurors) + 1) + marks.juror
    at = np.minimum(np.searchsorted(key[order], mine), len(key) - 1)
    pair = place[order[at]]
    weights = singles.weights
    w = np.array([1.0 if weights is None else float(weights[c]) for c in marks.criteria])[marks.criterion]
    there = (key[order[at]] == mine) & (w > 0)
    pair, w = pair[there], w[there]
    share = w / np.bincount(pair, w, p.n)[pair]
    return Ends(pair, marks.criterion[there], marks.score[there], share, *scale)


@dataclass(frozen=True, eq=False)
class Allowed:
    """A model that allows for some of the four: its posterior, and sizes to tell.

    `juror_sd` (J,) are the residual standard deviations of jurors in points, `slopes` (J,) how far each follows a
    difference of merit of one point.
    """

    model: Weighted
    juror_sd: np.ndarray
    slopes: np.ndarray


def is_small(left: Left, groups: tuple[Groups, ...]) -> bool:
    """Whether such models can be fitted in a moment."""
    p = left.design
    width = p.n_jurors + p.n_levels + sum(g.size * (p.n_jurors + 1) for g in groups)
    return p.n * width <= CELLS


def allow(left: Left, faults: frozenset[str], seen: Seen, groups: tuple[Groups, ...], ends: Ends) -> Allowed:
    """Fit the model that allows for `faults`; none of them: the severity model at its own variances."""
    p, fit = left.design, left.fit
    further = _further(left, groups) if "groups" in faults else []
    columns = columns_of(p, further)
    tau2 = float(np.exp(fit.levels.weight @ np.log(_ratios(fit)))) * fit.residual
    variances = np.array([fit.juror, tau2, *[_START * fit.residual] * len(further)])
    keep = np.ones(p.n)
    if "one_mark" in faults:
        keep[seen.mark] = 1e-9
    y, one = left.y - fit.sums.centre, np.ones(p.n)
    now = Weighted(p, columns, y, keep / fit.residual, one, fit.submission, variances)
    state = Allowed(now, np.full(p.n_jurors, np.sqrt(fit.residual)), np.ones(p.n_jurors))
    if not faults - {"one_mark", "merits"}:
        return state
    free = np.bincount(p.who, left.free, p.n_jurors)
    for _ in range(_ROUNDS):
        state = _round(state, y, keep, faults, free, ends)
    return state


def _ratios(fit: Fit) -> np.ndarray:
    """τ²/σ² of the mixture over how much levels differ, of all groupings; 1 where nothing draws them together."""
    ratios = fit.levels.ratios
    return ratios.sum(axis=1) if ratios.shape[1] else np.ones(len(ratios))


def _further(left: Left, groups: tuple[Groups, ...]) -> list[tuple[np.ndarray, np.ndarray | None]]:
    """Effects of juror × group, and of groups that have no level in the model."""
    p = left.design
    out: list[tuple[np.ndarray, np.ndarray | None]] = []
    for g in groups:
        code = g.code[p.owner]
        out.append((np.where(code >= 0, code * p.n_jurors + p.who, -1), None))
        if not g.known:
            out.append((code, g.code))
    return out


def _round(
    state: Allowed, y: np.ndarray, keep: np.ndarray, faults: frozenset[str], free: np.ndarray, ends: Ends
) -> Allowed:
    """One round of EM: variances, jurors' exactness and slopes, and what marks at the ends may have been worth."""
    now, p = state.model, state.model.design
    of_submission, variances = now.learnt()
    uncertain = now.uncertain()
    latent, unknown = y, np.zeros(p.n)
    if "ceiling" in faults:
        latent, unknown = _beyond(now, y, state.juror_sd[p.who], ends)
    square = keep * ((latent - now.expected) ** 2 + uncertain + unknown)
    common = float(square.sum() / keep.sum())
    variance = np.full(p.n_jurors, common)
    slopes = state.slopes
    if "noise" in faults:
        load = np.maximum(np.bincount(p.who, keep, p.n_jurors), 1e-9)
        variance = _drawn_together(np.bincount(p.who, square, p.n_jurors) / load, free, common)
        slopes = _follow(now, latent, keep, variance)
    s2 = variance[p.who]
    told = np.maximum(1 - unknown / s2, _LEAST_WEIGHT)
    worth = now.expected + (latent - now.expected) / told
    model = Weighted(p, now.columns, worth, keep * told / s2, slopes[p.who], of_submission, variances)
    return Allowed(model, np.sqrt(variance), slopes)


def _drawn_together(variance: np.ndarray, free: np.ndarray, common: float) -> np.ndarray:
    """Variances of jurors (J,), their logs drawn together as far as chance explains how they differ."""
    told = free > 1
    if told.sum() < 2:
        return np.full(len(variance), common)
    log, noise = np.log(np.maximum(variance[told], 1e-12)), 2 / free[told]
    centre = np.average(log, weights=free[told])
    spread = max(float(np.average((log - centre) ** 2 - noise, weights=free[told])), 0.0)
    out = np.full(len(variance), centre)
    out[told] = centre + (log - centre) * spread / (spread + noise) if spread else centre
    return np.exp(out)


def _follow(now: Weighted, latent: np.ndarray, keep: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Slopes of jurors (J,) on merit, mean 1, drawn together in the same way."""
    p = now.design
    a = now.effects[0][p.owner]
    rest = latent - now.expected + now.load * a
    top = np.bincount(p.who, keep * rest * a, p.n_jurors)
    below = np.bincount(p.who, keep * (a**2 + 1 / now.pull[p.owner]), p.n_jurors)
    slope, noise = top / np.maximum(below, 1e-9), variance / np.maximum(below, 1e-9)
    centre = np.average(slope, weights=1 / noise)
    spread = max(float(np.average((slope - centre) ** 2 - noise, weights=1 / noise)), 0.0)
    drawn = (slope - centre) * (spread / (spread + noise)) if spread else np.zeros(len(slope))
    return np.clip(1 + drawn / max(centre, 1e-9), 0.1, 3.0)


def _beyond(now: Weighted, y: np.ndarray, sd: np.ndarray, ends: Ends) -> tuple[np.ndarray, np.ndarray]:
    """Expected composites (n,) had the scale no ends, and the variance of what is not known of them (n,).

    A single mark is what the reading is worth plus its criterion's ease plus noise; the reading's own part is told
    by its marks inside the scale.
    """
    n, high, low = now.design.n, ends.at_high, ends.at_low
    inside = ~(high | low)
    composite = np.bincount(ends.pair, ends.share * ends.score, n)
    centre = float((composite - y).mean())
    off = ends.score - composite[ends.pair]
    size = np.maximum(np.bincount(ends.criterion), 1)
    ease = (np.bincount(ends.criterion, off) / size)[ends.criterion]
    count = np.bincount(ends.pair, minlength=n)
    rest = np.where(inside, ends.score - ease, 0.0)
    k = np.bincount(ends.pair, inside, n)
    mean = np.bincount(ends.pair, rest, n) / np.maximum(k, 1)
    within = np.where(inside, (ends.score - ease - mean[ends.pair]) ** 2, 0.0).sum()
    of_mark = within / max(float((np.maximum(k, 1) - 1).sum()), 1.0)
    of_reading = np.maximum(sd**2 - of_mark / np.maximum(count, 1), 0.05 * sd**2)
    trust = np.where(k > 0, of_reading / (of_reading + of_mark / np.maximum(k, 1)), 0.0)
    at = now.expected + centre
    at = at + trust * np.where(k > 0, mean - at, 0.0)
    s = np.sqrt(of_mark + of_reading * (1 - trust))[ends.pair]
    level = at[ends.pair] + ease
    value, gone = ends.score.astype(float), np.zeros(len(ends.score))
    for rows, edge, side in ((high, ends.high - ends.step / 2, 1.0), (low, ends.low + ends.step / 2, -1.0)):
        z = side * (edge - level[rows]) / s[rows]
        hazard = np.exp(-(z**2) / 2 - log_ndtr(-z)) / np.sqrt(2 * np.pi)
        value[rows] = level[rows] + side * s[rows] * hazard
        gone[rows] = s[rows] ** 2 * np.clip(1 - hazard * (hazard - z), 0, 1)
    latent = np.bincount(ends.pair, ends.share * value, n) - centre
    alone = np.bincount(ends.pair, ends.share**2 * gone, n)
    together = np.bincount(ends.pair, ends.share * np.sqrt(gone), n) ** 2
    open_ = of_reading * (1 - trust)
    shared = open_ / np.maximum(of_mark + open_, 1e-12)
    return latent, np.minimum((1 - shared) * alone + shared * together, 0.98 * sd**2)
