"""How noisy is each juror, and how steeply does each answer to quality? The model where jurors differ in both.

y_ij − c = λ_j(level_g(i) + a_i) + b_j + e_ij with e_ij ~ N(0, σ² exp(u_j)) and λ_j = 1 + v_j: the model of `reml`,
where a juror has a noise and a slope of his own, u_j ~ N(0, τ_u²), v_j ~ N(0, τ_v²); c is the mean mark. Both
spreads are estimated; at τ_u = τ_v = 0 it is the model of `reml`, and this is a valid answer.

With x = (u, v), f(x) the restricted −2 log likelihood of `likelihood` (a, b and levels integrated, σ² and the
variance ratios at their best) and T² = diag(τ_u², τ_v²), what is minimised is

    f(x) + xᵀT⁻²x + log|I + TAT|,  A = ½ E[∂²f/∂x∂xᵀ]:

Laplace's approximation to the marginal likelihood of (τ_u, τ_v). The gradient of f is exact (`gradient`). A is
the expected information in closed form (`information`), with effects of jurors taken as known and ratios and σ²
taken as estimated. Each round takes the scoring step of x and the spreads that are best for the parabola there,
until nothing moves: no random start, no line drawn by hand. docs/lab/reliability.md derives it.

Foulley, San Cristobal, Gianola & Im (1992) Comput. Stat. Data Anal. 13:291 (log-linear residual variances);
Johnson (1996) J. Am. Stat. Assoc. 91:42 (raters of different precision); Breslow & Clayton (1993) J. Am. Stat.
Assoc. 88:9 (spreads by Laplace).
"""

from dataclasses import dataclass

import numpy as np

from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.likelihood import Point
from fairlib.scoring.crossed.reml import Fit, fit_at, newton, optimise
from fairlib.scoring.unequal.spreads import Local
from fairlib.scoring.unequal.weighted import weighted, weighted_sums, weights_of

_MOST = np.log(25.0)  # bound of |u|: no juror's noise is taken for more than 5 times the usual, nor 1/5
_STEP = 1.0  # the longest step of a log variance or log slope
_ROUNDS, _LATE = 150, 30
_SAME = 1e-6  # a spread that has not moved
_START, _SNAP = np.array([0.1, 0.05]), 2e-3  # of the search for spreads
_KEPT = 6
_CLOSE = 1e-7
_LEAST = 1e-6  # ratio from which a variance of 0 is tried again


class Path:
    """The last places and steps of a fixed-point search, to go on from their best mixture.

    Anderson (1965) J. ACM 12:547.
    """

    def __init__(self) -> None:
        self.places: list[np.ndarray] = []
        self.steps: list[np.ndarray] = []

    def onward(self, x: np.ndarray, step: np.ndarray) -> np.ndarray:
        """The next place after x, where the plain search would take `step`."""
        self.places, self.steps = [*self.places, x][-_KEPT:], [*self.steps, step][-_KEPT:]
        if len(self.steps) == 1:
            return x + step
        change = np.diff(np.array(self.steps), axis=0).T
        moved = np.diff(np.array(self.places), axis=0).T
        mix = np.linalg.lstsq(change, step, rcond=1e-8)[0]
        return x + step - (moved + change) @ mix


@dataclass(frozen=True)
class Unequal:
    """The fit where jurors differ: `fit` is that of the weighted marks, `x` (2J,) = (u, v), `tau` (2,) = (τ_u, τ_v).

    x is told from the usual juror (`usual`). `local` is the parabola of the likelihood about `z`, of which x
    came; `y` (n,) are the marks in the sorted order of `design`; `rounds` is how many it took.
    """

    fit: Fit
    design: Incidence
    y: np.ndarray
    x: np.ndarray
    tau: np.ndarray
    z: np.ndarray
    local: Local
    rounds: int

    @property
    def noise(self) -> np.ndarray:
        """exp(u/2) (J,): standard deviation of a juror's error, times that of the usual juror."""
        return np.exp(self.x[: self.design.n_jurors] / 2)

    @property
    def slope(self) -> np.ndarray:
        """λ = 1 + v (J,): how far a juror's mark moves for a point of quality."""
        return 1 + self.x[self.design.n_jurors :]


def point_at(design: Incidence, y: np.ndarray, centre: float, x: np.ndarray, ratios: np.ndarray) -> Point:
    """The likelihood of marks y (n,) where jurors differ by x = (u, v) (2J,), at given ratios."""
    j = design.n_jurors
    return Point(weighted_sums(weighted(design, np.exp(-x[:j]), 1 + x[j:]), y, centre), ratios)


def deviance(at: Point) -> float:
    """f: −2 log restricted likelihood of the marks at a point of `point_at`."""
    p = weights_of(at.sums.incidence)
    return at.deviance - float(p.plain.load @ np.log(p.precision))


def settle(plain: Fit, design: Incidence, y: np.ndarray) -> Unequal:
    """Find noises, slopes and their spreads, from the fit `plain` of jurors who are alike.

    Marks y (n,) are in the sorted order of `design`.
    """
    z, spread, path = np.zeros(2 * design.n_jurors), _START, Path()
    at, settled = point_at(design, y, plain.sums.centre, z, plain.ratios), False
    for rounds in range(1, _ROUNDS + 1):
        local = local_at(at, y, z)
        old, spread = spread, _nearer(spread, local, rounds)
        step = local.mode(spread) - z
        far = float(np.abs(step).max())
        if far < _CLOSE and np.abs(np.sqrt(spread) - np.sqrt(old)).max() < _SAME:
            edges, _ = optimise(at.sums, np.maximum(at.ratios, _LEAST), np.ones(2, bool))
            settled = np.allclose(edges.ratios, at.ratios, rtol=1e-6, atol=1e-9)
            if settled:
                break
            at, path = edges, Path()
            continue
        z, at = _onward(design, y, at, z, step * min(1.0, _STEP / max(far, 1e-300)), spread, path)
    x, read = unfolded(z), design.load > 0
    at = point_at(design, y, plain.sums.centre, usual(x, read), rescaled(at.ratios, x, read))
    fit = fit_at(at.sums, at, at.residual, "ok" if settled else "reliability_rough", rounds)
    return Unequal(fit, design, y, usual(x, read), np.sqrt(spread), z, local, rounds)


def _nearer(spread: np.ndarray, local: Local, rounds: int) -> np.ndarray:
    """The spreads best for the parabola, no further than four times up or down; a small one becomes 0.

    Late rounds go half the way: marks that leave two answers would else send the search to and fro.
    """
    best = local.nearer(spread)
    new = np.clip(best, spread / 4, np.maximum(4 * spread, _SNAP))
    if rounds > _LATE:
        new = np.sqrt(spread * new)
    return np.where((best == 0) & (spread <= _SNAP), 0.0, new)


def _onward(
    design: Incidence,
    y: np.ndarray,
    at: Point,
    z: np.ndarray,
    step: np.ndarray,
    spread: np.ndarray,
    path: Path,
) -> tuple[np.ndarray, Point]:
    """The next z and its point: by the path, or by the plain step, halved until −2 log posterior does not rise."""
    before, open_ = deviance(at) + _penalty(z, spread), np.repeat(spread, design.n_jurors) > 0
    for trial in (path.onward(z, step), *(z + step / 2**k for k in range(6))):
        trial = np.where(open_, trial, 0.0)
        here = point_at(design, y, at.sums.centre, unfolded(trial), np.maximum(at.ratios, _LEAST))
        here, _ = newton(here, np.ones(2, bool))
        if deviance(here) + _penalty(trial, spread) <= before + 1e-9 * abs(before):
            break
    return trial, here


def _penalty(x: np.ndarray, spread: np.ndarray) -> float:
    """xᵀT⁻²x; infinite where a spread of 0 forbids x."""
    square = (x.reshape(2, -1) ** 2).sum(axis=1)
    return float(np.divide(square, spread, out=np.where(square > 0, np.inf, 0.0), where=spread > 0).sum())


def usual(x: np.ndarray, read: np.ndarray) -> np.ndarray:
    """x = (u, v) told from the usual juror: over those who read (J,), the medians of u and of v are 0.

    A common shift of u is a matter of σ², a common factor of slopes one of the scale of quality: the marks do
    not tell them apart.
    """
    noise, slope = _medians(x, read)
    u, v = np.split(x, 2)
    return np.append(np.where(read, u - noise, u), np.where(read, (1 + v) / (1 + slope) - 1, v))


def rescaled(ratios: np.ndarray, x: np.ndarray, read: np.ndarray) -> np.ndarray:
    """Ratios (λ_a, λ_b) that go with `usual(x)` as `ratios` with x: the same likelihood."""
    noise, slope = _medians(x, read)
    return ratios * np.array([(1 + slope) ** 2, 1.0]) * np.exp(-noise)


def _medians(x: np.ndarray, read: np.ndarray) -> np.ndarray:
    return np.median(x.reshape(2, -1)[:, read], axis=1)


def unfolded(z: np.ndarray) -> np.ndarray:
    """x = (u, v) of z (2J,): v as it is, u bounded, so that no juror can count for everything."""
    u, v = np.split(z, 2)
    return np.append(_MOST * np.tanh(u / _MOST), v)


def rate(z: np.ndarray) -> np.ndarray:
    """∂x/∂z (2J,) of `unfolded`."""
    u, v = np.split(z, 2)
    return np.append(1 - np.tanh(u / _MOST) ** 2, np.ones_like(v))


def local_at(at: Point, y: np.ndarray, z: np.ndarray) -> Local:
    """The parabola in z that f is taken for about z."""
    turn = rate(z)
    half = information(at) / 2 * np.outer(turn, turn)
    return Local(half, half @ z - gradient(at, y) * turn / 2, at.sums.incidence.n_jurors)


def gradient(at: Point, y: np.ndarray) -> np.ndarray:
    """∂f/∂(u, v), (2J,): the score of complete data, averaged over what the marks leave open (Fisher's identity).

    ∂f/∂u_j = m_j − π_j Σ E[e²]/σ², ∂f/∂v_j = −2π_j Σ E[e θ_i]/σ², with e = y − c − b_j − λ_jθ_i and θ_i = x_iᵀβ + a_i.
    """
    p, plain = weights_of(at.sums.incidence), at.sums.incidence.plain
    j, owner, who, x = p.n_jurors, p.owner, p.who, p.levels.columns
    pi, slope = p.precision, p.slope
    kappa, b, beta, h = at.la / (1 + at.la * p.readers), at.u[:j], at.u[j:], at.h
    theta = x @ beta + kappa * (at.sums.total - p.over_readers(b) - p.readers * (x @ beta))
    # Hx at each reading's juror, xᵀHx; ñᵀH at each reading's juror, and along the level of each submission
    beside, known = (h[who, j:] * x[owner]).sum(axis=1), ((x @ h[j:, j:]) * x).sum(axis=1)
    side = plain.beside(h[:j, :j] * p.pull) + p.readers[owner] * beside
    own = (p.over_readers(h[:j, j:]) * x).sum(axis=1) + p.readers * known
    both = beside - kappa[owner] * side
    form = np.bincount(owner, p.pull[who] * side, minlength=p.n_submissions) + p.readers * own
    spread = kappa + kappa**2 * form - 2 * kappa * own + known
    lam = slope[who]
    e = y - at.sums.centre - b[who] - lam * theta[owner]
    square = e**2 / at.residual + h[who, who] + 2 * lam * both + lam**2 * spread[owner]
    cross = e * theta[owner] / at.residual - both - lam * spread[owner]
    by = lambda values: np.bincount(who, values, minlength=j)  # noqa: E731
    return np.append(plain.load - pi * by(square), -2 * pi * by(cross))


def information(at: Point) -> np.ndarray:
    """E[∂²f/∂x∂xᵀ] (2J, 2J), x = (u, v), with effects of jurors known, σ² and the variance of submissions not.

    With s_i = Σ π_jλ_j², κ_i = λ_a/(1 + λ_as_i), O_i = λ_as_i, over the submissions i that j and k read:
    uu: δ Σ(1 − 2κπλ_j²) + π_jλ_j²π_kλ_k² Σκ²; uv: 2δπ_jλ_j Σκ − 2π_jλ_j²π_kλ_k Σκ²;
    vv: 2δπ_j ΣκO + 2π_jλ_jπ_kλ_k Σκ²(1 − O).
    """
    p, plain = weights_of(at.sums.incidence), at.sums.incidence.plain
    kappa, odds = at.la / (1 + at.la * p.readers), at.la * p.readers
    share = kappa * p.readers
    pull, q, read = p.pull, p.precision * p.slope**2, plain.readers > 0
    one, steep, known = plain.over_submissions(np.array([kappa, kappa * odds, kappa * share]))
    both = plain.shared(kappa[read] ** 2)
    uv = 2 * (np.diag(pull * one) - np.outer(q, pull) * both)
    uu = np.diag(plain.load - 2 * q * one) + np.outer(q, q) * both
    bend = plain.shared(kappa[read] ** 2 * (1 - odds[read]))
    vv = 2 * (np.diag(p.precision * steep) + np.outer(pull, pull) * bend)
    beside = np.array(
        [
            np.append(plain.load - q * one, 2 * pull * one),
            np.append(q * (one - known), 2 * pull * known),
        ]
    ).T
    inner = np.array([[plain.n, share.sum()], [share.sum(), share @ share]])
    return np.block([[uu, uv], [uv.T, vv]]) - beside @ np.linalg.pinv(inner, hermitian=True) @ beside.T
