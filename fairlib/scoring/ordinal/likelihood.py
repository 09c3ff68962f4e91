"""The marginal likelihood of marks on steps: submissions are integrated one by one, jurors and steps are not.

A mark of juror j on submission i falls on the step in which η = level_g(i) + a_i + b_j + e lies, e ~ N(0, 1), with
a_i ~ N(0, σ_a²). Everything else, u = (b, levels, φ), has a normal prior; its log posterior comes with gradient
and Hessian. Each a_i is integrated over nodes that lie about its own mode, as wide as its curvature there.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import coo_array, csr_array

from fairlib.scoring.ordinal.cells import Cells, cells
from fairlib.scoring.ordinal.scale import Steps

NODES = np.arange(-7.0, 8.0)  # in local standard deviations: equal steps of one are exact to 1e-8
_FILLED = 0.1  # share of the table that is read from which a full matrix is faster than a sparse one
_STRETCH_SD = 0.5  # prior of each band's log stretch about their mean: factors of 0.6 to 1.6 are usual
_MEAN_STRETCH_SD = 2.0  # and of the mean: keeps marks that are submission plus juror exactly finite
_LEVEL_SD = 10.0  # of the common level: flat, and still finite where all marks are at one end


@dataclass(frozen=True)
class Spreads:
    """Standard deviations over that of a single reading: of submissions, of jurors and of levels."""

    submission: float
    juror: float
    level: float


@dataclass(frozen=True, eq=False)
class Readings:
    """n marks sorted by submission, every one of the I submissions with one at least.

    `owner`, `who`, `step` (n,) are codes; `level` (I,) that of each submission.
    """

    owner: np.ndarray
    who: np.ndarray
    step: np.ndarray
    level: np.ndarray
    n_jurors: int
    n_levels: int
    steps: Steps

    @cached_property
    def start(self) -> np.ndarray:
        """Where the marks of each submission begin (I,)."""
        return np.searchsorted(self.owner, np.arange(len(self.level)))

    @property
    def width(self) -> int:
        """Length of u."""
        return self.n_jurors + self.n_levels + self.steps.bands

    def of_submission(self, x: np.ndarray) -> np.ndarray:
        """Sums (…, I) of what stands beside marks (…, n)."""
        return np.add.reduceat(x, self.start, axis=-1)

    def by_juror(self, x: np.ndarray) -> np.ndarray:
        """Sums (J,) of what stands beside marks (n,)."""
        return np.bincount(self.who, weights=x, minlength=self.n_jurors)

    def parts(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """b (J,), levels (G,) and φ (M,) of u."""
        j, g = self.n_jurors, self.n_levels
        return u[:j], u[j : j + g], u[j + g :]

    def location(self, u: np.ndarray) -> np.ndarray:
        """η (n,) without the submission's own effect."""
        juror, level, _ = self.parts(u)
        return juror[self.who] + level[self.level][self.owner]


def prior_precision(data: Readings, spreads: Spreads) -> np.ndarray:
    """Precision of the prior of u, (p, p)."""
    j, g, m = data.n_jurors, data.n_levels, data.steps.bands
    out = np.zeros((data.width, data.width))
    out[np.arange(j), np.arange(j)] = spreads.juror**-2.0
    levels, bands = slice(j, j + g), slice(j + g, None)
    out[levels, levels] = _about_a_mean(g, spreads.level, _LEVEL_SD)
    out[bands, bands] = _about_a_mean(m, _STRETCH_SD, _MEAN_STRETCH_SD)
    return out


def _about_a_mean(n: int, sd: float, of_mean: float) -> np.ndarray:
    """Precision (n, n) of n values, each about their mean with `sd`, the mean about 0 with `of_mean`."""
    share = np.full((n, n), 1 / max(n, 1))
    return (np.eye(n) - share) / sd**2 + share / (n * of_mean**2) if n else np.zeros((0, 0))


@dataclass(frozen=True, eq=False)
class Axis:
    """How the effect of each submission hangs on a standard coordinate t: mode + unit (e^(bend t) − 1) / bend.

    Arrays (I,). Bent so that t = ±7 is as unlikely on either side: beside an end of the scale one tail is long.
    """

    mode: np.ndarray
    unit: np.ndarray
    bend: np.ndarray

    def places(self, t: np.ndarray) -> np.ndarray:
        """Effects at t; broadcasts with (I,)."""
        safe = np.where(self.bend == 0, 1.0, self.bend)
        return self.mode + self.unit * np.where(self.bend == 0, t, np.expm1(safe * t) / safe)

    def log_slopes(self, t: np.ndarray) -> np.ndarray:
        """log d place / dt at t; broadcasts with (I,)."""
        return np.log(self.unit) + self.bend * t


@dataclass(frozen=True, eq=False)
class At:
    """The log posterior of u at one point, submissions integrated out.

    `nodes` (Q, I) are values of a_i with posterior weights `weight` (Q, I); `value` lacks the constant of the
    prior.
    """

    data: Readings
    spreads: Spreads
    precision: np.ndarray
    u: np.ndarray
    axis: Axis
    nodes: np.ndarray
    weight: np.ndarray
    found: Cells
    value: float

    @cached_property
    def mean(self) -> np.ndarray:
        """E[a_i | u] (I,)."""
        return (self.weight * self.nodes).sum(axis=0)

    @cached_property
    def variance(self) -> np.ndarray:
        """Var[a_i | u] (I,)."""
        return (self.weight * (self.nodes - self.mean) ** 2).sum(axis=0)

    @cached_property
    def beside_marks(self) -> np.ndarray:
        """Weight of each node beside each mark (Q, n)."""
        return self.weight[:, self.data.owner]

    @cached_property
    def slopes(self) -> np.ndarray:
        """∂τ/∂φ, (K + 1, M)."""
        return self.data.steps.slopes(self.data.parts(self.u)[2])

    @cached_property
    def gradient(self) -> np.ndarray:
        """Of the log posterior, (p,)."""
        d = self.data
        score = (self.beside_marks * self.found.score).sum(axis=0)
        upper, lower = ((self.beside_marks * x).sum(axis=0) for x in (self.found.upper, self.found.lower))
        level = np.bincount(d.level[d.owner], weights=score, minlength=d.n_levels)
        bands = self._by_step(upper) @ self.slopes[1:] - self._by_step(lower) @ self.slopes[:-1]
        return np.concatenate([d.by_juror(score), level, bands]) - self.precision @ self.u

    def _by_step(self, x: np.ndarray) -> np.ndarray:
        return np.bincount(self.data.step, weights=x, minlength=len(self.data.steps.values))

    @cached_property
    def _moves(self) -> np.ndarray:
        """Scores (Q, I, G + M) of each submission at each node in the levels and in φ."""
        d, g, m = self.data, self.data.n_levels, self.data.steps.bands
        out = np.zeros((*self.weight.shape, g + m))
        out[:, np.arange(len(d.level)), d.level] = d.of_submission(self.found.score)
        top, bottom = self.slopes[d.step + 1], self.slopes[d.step]
        for k in range(m):
            moved = self.found.upper * top[:, k] - self.found.lower * bottom[:, k]
            out[:, :, g + k] = d.of_submission(moved)
        return out

    @cached_property
    def pull(self) -> np.ndarray:
        """How E[a_i | u] moves with u, (I, p): the covariance of a_i with the scores."""
        d, off = self.data, self.weight * (self.nodes - self.mean)
        own = np.zeros((len(d.level), d.n_jurors))
        own[d.owner, d.who] = (off[:, d.owner] * self.found.score).sum(axis=0)
        return np.hstack([own, np.einsum("qi,qik->ik", off, self._moves)])

    @property
    def _covariance(self) -> np.ndarray:
        """Covariance (p, p) of the scores over the nodes, summed over submissions."""
        d, j = self.data, self.data.n_jurors
        w, score = self.beside_marks, self.found.score
        root = np.sqrt(self.weight)
        rest = self._moves - np.einsum("qi,qik->ik", self.weight, self._moves)
        rest = (rest * root[:, :, None]).reshape(root.size, -1)
        own = (score - (w * score).sum(axis=0)) * root[:, d.owner]
        rows = np.arange(len(root))[:, None] * len(d.level) + d.owner
        jurors = np.broadcast_to(d.who, own.shape).ravel()
        wide = csr_array(coo_array((own.ravel(), (rows.ravel(), jurors)), shape=(root.size, j)))
        full = wide.toarray() if len(d.who) > _FILLED * len(d.level) * j else wide
        inner = full.T @ full
        out = np.empty((d.width, d.width))
        out[:j, :j] = inner if isinstance(inner, np.ndarray) else inner.toarray()
        out[:j, j:] = full.T @ rest
        out[j:, :j] = out[:j, j:].T
        out[j:, j:] = rest.T @ rest
        return out

    @cached_property
    def hessian(self) -> np.ndarray:
        """Of the negative log posterior, (p, p)."""
        d, j, g = self.data, self.data.n_jurors, self.data.n_levels
        w = self.beside_marks
        hh, ll, hl = ((w * x).sum(axis=0) for x in self.found.bends())
        upper, lower = ((w * x).sum(axis=0) for x in (self.found.upper, self.found.lower))
        own = -(hh + ll + 2 * hl)
        level = d.level[d.owner]
        out = self.precision - self._covariance
        out[np.arange(j), np.arange(j)] += d.by_juror(own)
        cross = np.zeros((j, g))
        np.add.at(cross, (d.who, level), own)
        out[:j, j : j + g] += cross
        out[j : j + g, :j] += cross.T
        out[j + np.arange(g), j + np.arange(g)] += np.bincount(level, weights=own, minlength=g)
        if d.steps.bands:
            self._add_bands(out, (hh, ll, hl), upper, lower)
        return out

    def _add_bands(
        self, out: np.ndarray, bends: tuple[np.ndarray, ...], upper: np.ndarray, lower: np.ndarray
    ) -> None:
        """Second derivatives in φ, and between φ and the rest."""
        d, first = self.data, self.data.n_jurors + self.data.n_levels
        top, bottom = self.slopes[1:], self.slopes[:-1]
        hh, ll, hl = bends
        with_location = (hh + hl)[:, None] * top[d.step] + (ll + hl)[:, None] * bottom[d.step]
        for m, column in enumerate(with_location.T):
            both = np.append(
                d.by_juror(column), np.bincount(d.level[d.owner], weights=column, minlength=d.n_levels)
            )
            out[:first, first + m] += both
            out[first + m, :first] += both
        a, b, c = (self._by_step(x)[:, None] for x in bends)
        inner = top.T @ (a * top) + bottom.T @ (b * bottom) + top.T @ (c * bottom) + bottom.T @ (c * top)
        inner += np.diag(self._by_step(upper) @ top - self._by_step(lower) @ bottom)
        out[first:, first:] -= inner


def at(data: Readings, spreads: Spreads, precision: np.ndarray, u: np.ndarray, mode: np.ndarray) -> At:
    """The log posterior at u; `mode` (I,) is where the search for the modes of the submissions starts."""
    lo, hi = (end[data.step] for end in data.steps.ends(data.parts(u)[2]))
    base, tight = data.location(u), spreads.submission**-2.0
    axis = _axis(data, tight, (lo, hi, base), mode)
    nodes = axis.places(NODES[:, None])
    found = cells(lo, hi, base + nodes[:, data.owner])
    log = data.of_submission(found.log) - nodes**2 * (tight / 2) + axis.log_slopes(NODES[:, None])
    top = log.max(axis=0)
    weight = np.exp(log - top)
    total = weight.sum(axis=0)
    value = float((top + np.log(total / spreads.submission)).sum()) - float(u @ precision @ u) / 2
    return At(data, spreads, precision, u, axis, nodes, weight / total, found, value)


def _axis(data: Readings, tight: float, known: tuple[np.ndarray, ...], mode: np.ndarray) -> Axis:
    """Where the nodes of each submission lie: about its mode, as far out on either side as there is density."""
    lo, hi, base = known
    mode, curve = _modes(data, tight, known, mode)

    def log(place: np.ndarray) -> np.ndarray:
        return data.of_submission(cells(lo, hi, base + place[data.owner]).log) - place**2 * (tight / 2)

    top, reach = log(mode), []
    for side in (-1, 1):
        far = NODES[-1] / np.sqrt(curve)
        for _ in range(3):
            fall = np.maximum(top - log(mode + side * far), 1e-3)
            far = far * np.clip(NODES[-1] / np.sqrt(2 * fall), 0.2, 5)
        reach.append(far)
    bend = np.log(reach[1] / reach[0]) / NODES[-1]
    straight = np.abs(bend) < 1e-6
    bend = np.where(straight, 0.0, bend)
    safe = np.where(straight, 1.0, bend)
    unit = np.where(straight, reach[0] / NODES[-1], -reach[0] * safe / np.expm1(-safe * NODES[-1]))
    return Axis(mode, unit, bend)


def _modes(
    data: Readings, tight: float, known: tuple[np.ndarray, ...], mode: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mode of each submission's effect and the curvature there, by Newton (the log posterior is concave)."""
    lo, hi, base = known
    for _ in range(30):
        one = cells(lo, hi, base + mode[data.owner])
        curve = data.of_submission(one.information) + tight
        move = np.clip((data.of_submission(one.score) - mode * tight) / curve, -2, 2)
        mode = mode + move
        if np.abs(move).max() < 1e-2:  # nodes need only lie near it
            break
    return mode, curve
