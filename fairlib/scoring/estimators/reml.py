"""Submission effects and juror severities as crossed random effects, fitted exactly by REML or ML.

Model: y_ij = level_g(i) + a_i + b_j + e_ij with a ~ N(0, σ_a²), b ~ N(0, σ_b²), e ~ N(0, σ²), all independent;
G levels, one for each group of submissions (nominations), a single one μ where there are no groups. Variances are
those of levels taken as they are; the levels themselves are pulled together by `levels`.
The likelihood needs no more of the marks than the sums of `panels`: after one pass over them every
evaluation works on (J+G) × (J+G) matrices, J the number of jurors. In the notation below λ = σ_k²/σ²,
ρ_d = 1/(1 + λ_a d), u = (b, β) the mixed-model solution after eliminating submissions, β the levels, H its
covariance over σ². The model does not know which factor is which: with more jurors than submissions they change places
(`Sums.turned`), so that matrices have the size of the smaller one.

Patterson & Thompson (1971) Biometrika 58:545 (REML); Henderson (1975) Biometrics 31:423 (BLUP);
Bates, Mächler, Bolker & Walker (2015) J. Stat. Softw. 67(1) (profiling).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import lapack

from fairlib.errors import ScoringError
from fairlib.scoring.estimators.additive import without_rest
from fairlib.scoring.estimators.inverse import symmetric_inverse
from fairlib.scoring.estimators.levels import Levels, shrunken
from fairlib.scoring.estimators.panels import Panels, onto_readers, panels

FIT_REASONS = {
    "juror_variance_not_identified": "every juror has one mark, so severity cannot be told from noise",
    "juror_variance_zero": "the marks show no difference in severity between jurors beyond noise",
    "submission_variance_zero": "the marks show no difference between submissions beyond noise",
    "both_variances_zero": "the marks show no difference between submissions or jurors beyond noise",
    "residual_variance_zero": "the marks are submission plus juror (almost) exactly, with no noise left",
}
_LOW, _HIGH = np.log(1e-9), np.log(1e9)
_NO_REST = 1e8  # ratio of variances that stands for a residual variance of 0


@dataclass(frozen=True)
class Sums:
    """What the likelihood needs of the marks: y centred on `centre`, t_i its sum over a submission.

    `total` (I,) = t; `ysum` (J+G,) = X̃ᵀy; per block of equal d: `nt` (blocks, J+G) = Σ ñ_i t_i,
    `tt` (blocks,) = Σ t_i²; `yy` = yᵀy.
    """

    panels: Panels
    centre: float
    total: np.ndarray
    ysum: np.ndarray
    nt: np.ndarray
    tt: np.ndarray
    yy: float

    @cached_property
    def border(self) -> np.ndarray:
        """X̃ᵀX̃, kept because every evaluation starts from it."""
        return self.panels.border()

    @cached_property
    def turned(self) -> "Sums":
        """The same sums with jurors and submissions in each other's place."""
        j, design = self.panels.n_jurors, self.panels.turned
        nt, tt = _block_sums(design, self.ysum[:j])
        ysum = np.append(self.total, self.ysum[j:])
        return Sums(design, self.centre, self.ysum[:j], ysum, nt, tt, self.yy)


@dataclass(frozen=True)
class Fit:
    """Result of `fit`: variances on the squared scale of the marks, effects on the scale of the marks.

    `juror_effect` is added to a mark (severity is its negative). `mu` is the mean of the levels, `levels` what is
    known of them at these variances (centred like the sums). `status` is "ok" or one of `FIT_REASONS`; `loglik` has
    lme4's constants.
    """

    submission: float
    juror: float
    residual: float
    mu: float
    mu_se: float
    loglik: float
    reml: bool
    status: str
    evaluations: int
    submission_effect: np.ndarray
    juror_effect: np.ndarray
    levels: Levels
    sums: Sums

    @property
    def level(self) -> np.ndarray:
        """Level of each submission (I,): what is expected of one of its group, on the scale of the marks."""
        if self.sums.panels.n_levels == 1:
            return np.full(len(self.submission_effect), self.mu)
        return self.levels.value[self.sums.panels.level] + self.sums.centre

    @property
    def merit(self) -> np.ndarray:
        """level_g(i) + a_i (I,): the mark expected from a juror of no severity."""
        return self.level + self.submission_effect

    @property
    def ratios(self) -> np.ndarray:
        """(λ_a, λ_b): variances of submissions and of jurors over the residual variance."""
        return np.array([self.submission, self.juror]) / self.residual

    @cached_property
    def log_covariance(self) -> np.ndarray:
        """Inverse observed information of log (σ_a², σ_b², σ²), 3 × 3; 0 for a variance on its boundary."""
        found = _log_covariance(Point(self.core, self.in_core(self.ratios), self.reml))
        return found[np.ix_([1, 0, 2], [1, 0, 2])] if self.is_turned else found

    @property
    def is_turned(self) -> bool:
        """Whether the core has jurors and submissions in each other's place."""
        return _is_turned(self.sums, self.status)

    @property
    def core(self) -> Sums:
        """The sums that computing goes on with: those with the smaller matrices."""
        return self.sums.turned if self.is_turned else self.sums

    def in_core(self, pair: np.ndarray) -> np.ndarray:
        """(of submissions, of jurors) in the order of the core, and back."""
        return pair[::-1] if self.is_turned else pair


def fit(
    submission: np.ndarray,
    juror: np.ndarray,
    y: np.ndarray,
    n_submissions: int,
    n_jurors: int,
    *,
    level: np.ndarray | None = None,
    reml: bool = True,
) -> Fit:
    """Fit the crossed model to marks y (n,) with int64 codes; `reml=False` gives maximum likelihood.

    `level` (n_submissions,) codes the groups of submissions that have a level each; see `panels`.

    Raises ScoringError when the design or the marks cannot tell the variances apart: one submission,
    one mark for each submission, or no spread in the marks at all. One juror, or one mark for each
    juror, leaves the juror variance out and says so in `status`.

    Shrout & Fleiss (1979) Psychol. Bull. 86:420, Table 2: (MSR − MSE)/k = (11.242 − 1.019)/4 = 2.556.

    >>> y = np.array([9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7.0])
    >>> f = fit(np.repeat(np.arange(6), 4), np.tile(np.arange(4), 6), y, 6, 4)
    >>> round(f.submission, 3), round(f.juror, 3), round(f.residual, 3)
    (2.556, 5.244, 1.019)
    """
    return fit_sums(sums_of(panels(submission, juror, n_submissions, n_jurors, level), y), reml=reml)


def sums_of(design: Panels, y: np.ndarray) -> Sums:
    """One pass over the marks y (n,), in the order in which the design was made."""
    centre = float(y.mean())
    y = y[design.order] - centre
    total = np.bincount(design.owner, weights=y, minlength=design.n_submissions)
    by_level = [y.sum()]
    if design.n_levels > 1:
        by_level = np.bincount(design.level_of_reading, weights=y, minlength=design.n_levels)
    ysum = np.append(np.bincount(design.who, weights=y, minlength=design.n_jurors), by_level)
    return Sums(design, centre, total, ysum, *_block_sums(design, total), float(y @ y))


def _block_sums(design: Panels, total: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Σ ñ_i t_i (blocks, J+G) and Σ t_i² (blocks,) of each block."""
    j = design.n_jurors
    nt = np.zeros((len(design.blocks), j + design.n_levels))
    for k, block in enumerate(design.blocks):
        t = total[block.members]
        nt[k, :j] = onto_readers(block, j, t[:, None])[:, 0]
        nt[k, j:] = t @ design.by_level[block.members]
    return nt, np.array([total[b.members] @ total[b.members] for b in design.blocks])


def _is_turned(sums: Sums, status: str) -> bool:
    p = sums.panels
    return p.n_jurors > p.n_submissions and status != "juror_variance_not_identified"


def fit_sums(sums: Sums, *, reml: bool = True) -> Fit:
    """`fit` from the sums of `sums_of`, for many sets of marks on one design."""
    status = _refuse_unidentified(sums)
    free = np.array([True, status == "ok"])
    turned = _is_turned(sums, status)
    core = sums.turned if turned else sums
    exact = exactly_additive(core) if free.all() else None
    if exact is None:
        at, calls = _optimise(core, free, reml)
        s2 = at.residual
    else:  # the likelihood grows without end as the residual variance falls: stop where nothing changes
        s2 = exact.max() / _NO_REST
        at, calls = Point(core, exact / s2, reml), 1
    p, levels = core.panels, at.levels
    u = at.moved(levels.value)
    shrink = at.la / (1 + at.la * p.readers)
    read = p.over_readers(u[: p.n_jurors]) + p.by_level @ u[p.n_jurors :]
    effects = [shrink * (core.total - read), u[: p.n_jurors].copy()]
    ratios, error = at.ratios, np.tensordot(levels.weight, levels.cov, 1).mean()
    if turned:
        ratios, effects = ratios[::-1], effects[::-1]
    if status == "ok":
        status = _boundary_status(ratios) if exact is None else "residual_variance_zero"
    return Fit(
        *(float(v) for v in (*(ratios * s2), s2, levels.value.mean() + sums.centre, np.sqrt(s2 * error))),
        loglik=-at.deviance / 2,
        reml=reml,
        status=status,
        evaluations=calls,
        submission_effect=effects[0],
        juror_effect=effects[1],
        levels=levels,
        sums=sums,
    )


class Point:
    """The likelihood at one pair of ratios (λ_a, λ_b); everything is computed when asked for.

    `deviance` is −2 log likelihood with the residual variance profiled out.
    """

    def __init__(self, sums: Sums, ratios: np.ndarray, reml: bool = True):
        self.sums, self.reml = sums, reml
        self.ratios = np.asarray(ratios, dtype=float)
        self.la, self.lb = (float(r) for r in ratios)
        p = sums.panels
        self.dof = p.n - p.n_levels if reml else p.n
        self.rho = 1 / (1 + self.la * p.sizes)
        weight = self.la * self.rho
        self.a = sums.border - p.gram(weight) if self.la else sums.border
        self.g = sums.ysum - weight @ sums.nt
        self.scale = np.append(np.full(p.n_jurors, np.sqrt(self.lb)), np.ones(p.n_levels))
        system = self.a * self.scale[:, None] * self.scale
        system[np.arange(p.n_jurors), np.arange(p.n_jurors)] += 1
        self.chol, bad = lapack.dpotrf(system.T, lower=1, clean=0, overwrite_a=1)
        if bad:
            raise ScoringError("The mixed-model equations are singular; check the marks for a broken scale.")
        self.u = self.scale * lapack.dpotrs(self.chol, self.scale * self.g, lower=1)[0]
        self.r2 = max(sums.yy - float(weight @ sums.tt) - float(self.g @ self.u), 1e-300)

    @property
    def residual(self) -> float:
        """Residual variance given the ratios."""
        return self.r2 / self.dof

    @cached_property
    def deviance(self) -> float:
        """−2 log (restricted) likelihood, constants as in lme4."""
        p = self.sums.panels
        diag = np.log(np.diagonal(self.chol))
        logdet = 2 * (diag if self.reml else diag[: p.n_jurors]).sum()
        fit = self.dof * (1 + np.log(2 * np.pi * self.residual))
        return float(p.counts @ np.log1p(self.la * p.sizes) + logdet + fit)

    @cached_property
    def h(self) -> np.ndarray:
        """H: covariance of (b, β) given the marks, levels as they are, over σ², a (J+G) × (J+G) matrix."""
        if self.lb == 0:
            j, only_levels = self.sums.panels.n_jurors, np.zeros_like(self.a)
            only_levels[j:, j:] = np.linalg.inv(self.a[j:, j:])
            return only_levels
        return self._inverse * self.scale[:, None] * self.scale

    @cached_property
    def _inverse(self) -> np.ndarray:
        return symmetric_inverse(self.chol)

    @cached_property
    def levels(self) -> Levels:
        """What is known of the levels at these ratios."""
        j = self.sums.panels.n_jurors
        return shrunken(self.u[j:], self.h[j:, j:], self.r2, self.sums.panels.n)

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of (b, β) in squared points, variances held, levels as close as their posterior has them."""
        if self.sums.panels.n_levels == 1:
            return self.residual * self.h
        j, known = self.sums.panels.n_jurors, self.levels
        off = known.mean - known.value
        inside = self.residual * np.tensordot(known.weight, known.cov, 1) + (known.weight * off.T) @ off
        return self.residual * self.h + self.along @ (inside - self.residual * self.h[j:, j:]) @ self.along.T

    @cached_property
    def along(self) -> np.ndarray:
        """How (b, β) moves with the levels, (J+G, G): H[:, β] H_ββ⁻¹."""
        j = self.sums.panels.n_jurors
        return self.h[:, j:] @ np.linalg.inv(self.h[j:, j:])

    def moved(self, level: np.ndarray) -> np.ndarray:
        """The solution (b, β) when the levels are known to be `level` (G,)."""
        if len(level) == 1:
            return self.u
        return self.u + self.along @ (level - self.u[self.sums.panels.n_jurors :])

    @cached_property
    def _juror_side(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """H[:, b]/λ_b, R = Z_bᵀPZ_b and Z_bᵀPy, in forms that also hold at λ_b = 0."""
        j = self.sums.panels.n_jurors
        if self.lb == 0:
            slope = np.linalg.solve(self.a[j:, j:], self.a[j:, :j])
            return (
                np.vstack([np.eye(j), -slope]),
                self.a[:j, :j] - slope.T @ self.a[j:, :j],
                self.g[:j] - self.a[:j, j:] @ self.u[j:],
            )
        hb = self.h[:, :j] / self.lb
        r = -self._inverse[:j, :j]
        r[np.arange(j), np.arange(j)] += 1
        return hb, r / self.lb, self.u[:j] / self.lb

    @cached_property
    def slopes(self) -> np.ndarray:
        """(yᵀPV_aPy, yᵀPV_bPy): minus the derivatives of r² by the ratios."""
        w = self.rho**2
        pa = float(w @ self.sums.tt - 2 * self.u @ (w @ self.sums.nt) + self.u @ self._weighted @ self.u)
        pb = self._juror_side[2]
        return np.array([pa, float(pb @ pb)])

    @cached_property
    def _weighted(self) -> np.ndarray:
        return self.sums.panels.gram(self.rho**2)

    @cached_property
    def log_derivatives(self) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and Hessian of the deviance by (log λ_a, log λ_b)."""
        grad, hess = self.derivatives
        return self.ratios * grad, np.outer(self.ratios, self.ratios) * hess + np.diag(self.ratios * grad)

    @cached_property
    def derivatives(self) -> tuple[np.ndarray, np.ndarray]:
        """Gradient (2,) and exact Hessian (2 × 2) of the deviance by (λ_a, λ_b)."""
        s, u, h, g = self.sums, self.u, self.h, self._weighted
        d, count = s.panels.sizes, s.panels.counts
        hb, r, pb = self._juror_side
        cube = self.rho**3 * d
        deep = s.panels.gram(cube)
        y, crossed = self._products(g, hb)
        quad_a = float(cube @ s.tt - 2 * u @ (cube @ s.nt) + u @ deep @ u)
        z = self.rho**2 @ s.nt - g @ u
        trace = np.array([count @ (self.rho * d) - np.einsum("ij,ij", h, g), np.trace(r)])
        trace_aa = count @ (self.rho * d) ** 2 - 2 * np.einsum("ij,ij", h, deep) + np.einsum("ij,ji", y, y)
        traces = np.array([[trace_aa, crossed], [crossed, np.einsum("ij,ij", r, r)]])
        ab = float(z @ hb @ pb)
        quads = np.array([[quad_a - z @ h @ z, ab], [ab, pb @ r @ pb]])
        grad = trace - self.dof * self.slopes / self.r2
        hess = -traces + self.dof * (2 * quads / self.r2 - np.outer(self.slopes, self.slopes) / self.r2**2)
        if not self.reml:
            first, second = self._without_levels(deep)
            grad, hess = grad + first, hess + second
        return grad, hess

    def _products(self, g: np.ndarray, hb: np.ndarray) -> tuple[np.ndarray, float]:
        """GH and tr(GH_bH_b'/λ_b²), G = `_weighted`; at λ_b = 0 nearly all of H is 0 and no product is needed."""
        j = self.sums.panels.n_jurors
        if self.lb:
            y = g @ self.h
            return y, np.einsum("ij,ij", y[:, :j], hb) / self.lb
        y = np.zeros_like(g)
        y[:, j:] = g[:, j:] @ self.h[j:, j:]
        beside = g[:, :j] + g[:, j:] @ hb[j:]
        return y, np.einsum("ij,ij", beside, hb)

    def _without_levels(self, deep: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Derivatives of log|H_ββ|, which maximum likelihood does not charge for."""
        hb, r, _ = self._juror_side
        j = self.sums.panels.n_jurors
        col, kappa = self.h[:, j:], hb[j:]
        gh, inverse = self._weighted @ col, np.linalg.inv(self.h[j:, j:])
        moves = [inverse @ (col.T @ gh), inverse @ (kappa @ kappa.T)]
        aa = 2 * gh.T @ self.h @ gh - 2 * col.T @ deep @ col
        ab = gh.T @ hb @ kappa.T
        bb = -2 * kappa @ r @ kappa.T
        second = [[np.trace(inverse @ m) for m in row] for row in ((aa, ab + ab.T), (ab + ab.T, bb))]
        crossed = [[np.einsum("ij,ji", m, k) for k in moves] for m in moves]
        return np.array([np.trace(m) for m in moves]), np.array(second) - np.array(crossed)


def _refuse_unidentified(sums: Sums) -> str:
    p = sums.panels
    used = int((p.readers > 0).sum())
    if used < 2:
        raise ScoringError("Only one submission has marks; a model that compares submissions needs two.")
    if sums.yy <= 1e-24 * max(1.0, sums.centre**2) * p.n:
        raise ScoringError("All marks are equal, so there is no spread to explain; use the raw means.")
    if p.readers.max() < 2:
        raise ScoringError(
            "Every submission has a single mark, so its merit cannot be told from the noise of a mark; "
            "ask for second readings or use the raw means."
        )
    if (p.load > 0).sum() < 2 or p.load.max() < 2:
        return "juror_variance_not_identified"
    return "ok"


def exactly_additive(sums: Sums) -> np.ndarray | None:
    """`additive.without_rest`, asked only where a likelihood that hardly charges for effects looks so."""
    suspect = Point(sums, np.full(2, _NO_REST)).r2 <= 1e-6 * sums.yy
    return without_rest(sums) if suspect else None


def _boundary_status(ratios: np.ndarray) -> str:
    if (ratios > 1e7).any():
        return "residual_variance_zero"
    zero = ratios == 0
    if zero.all():
        return "both_variances_zero"
    return "submission_variance_zero" if zero[0] else "juror_variance_zero" if zero[1] else "ok"


def _start(sums: Sums) -> np.ndarray:
    """Ratios from within-submission moments (Henderson's method 3 for jurors), kept inside sane bounds."""
    p = sums.panels
    d, n, readers = p.sizes, p.n, p.readers[p.readers > 0].astype(float)
    j = p.n_jurors
    co = p.gram(1 / d)[:j, :j]
    lap_trace = n - np.trace(co)
    lap_square = ((np.diag(p.load) - co) ** 2).sum()
    within = sums.yy - float((sums.tt / d).sum())
    deviation = sums.ysum[:j] - (sums.nt / d[:, None]).sum(axis=0)[:j]
    lhs = np.array([[n - len(readers), lap_trace], [lap_trace, lap_square]])
    rhs = np.array([within, deviation @ deviation])
    s2, sb = np.linalg.lstsq(lhs, rhs, rcond=None)[0]
    floor = 1e-3 * sums.yy / n
    s2, sb = max(s2, floor), max(sb, 0.0)
    between = float((sums.tt / d).sum()) - s2 * (len(readers) - 1)
    between -= sb * (np.trace(co) - (p.load**2).sum() / n)
    sa = max(between / (n - (readers**2).sum() / n), floor)
    # as low as the loads can tell from 0, so that a juror variance of 0 is met in a step or two
    least = min(1e-3, 0.03 / p.load.mean())
    return np.clip(np.array([sa, sb]) / s2, [1e-3, least], 1e3)


def _optimise(sums: Sums, free: np.ndarray, reml: bool) -> tuple["Point", int]:
    """Newton from moments, then the boundary: a variance of exactly 0 is a valid answer."""
    best, calls = _newton(sums, np.where(free, _start(sums), 0.0), free, reml)
    for axis in np.flatnonzero(free & (best.ratios > 0)):
        trial = best.ratios.copy()
        trial[axis] = 0
        edge = Point(sums, trial, reml)
        if edge.deviance > best.deviance + 4 and best.ratios[axis] > 1e-6:
            continue
        if (trial > 0).any():
            edge, more = _newton(sums, trial, trial > 0, reml)
            calls += more
        if edge.deviance <= best.deviance + 1e-9 * abs(best.deviance):
            best = edge
    return best, calls


def _newton(sums: Sums, ratios: np.ndarray, free: np.ndarray, reml: bool) -> tuple["Point", int]:
    """Newton in log λ over the free ratios, dropping to 0 those whose deviance falls all the way."""
    at, calls = Point(sums, ratios, reml), 1
    for _ in range(60):
        grad, hess = at.log_derivatives
        if np.abs(grad[free]).max() < 1e-9 * at.dof:
            break
        step, gain = _step(grad[free], hess[np.ix_(free, free)])
        if step.any():
            at, more = _downhill(at, step, free)
            calls += more
        if gain < 1e-9 or not step.any():
            break
        for axis in np.flatnonzero(free & (at.ratios * sums.panels.load.mean() < 0.05)):
            zero = Point(sums, np.where(np.arange(2) == axis, 0.0, at.ratios), reml)
            calls += 1
            if zero.derivatives[0][axis] >= 0 and zero.deviance <= at.deviance:
                at, free = zero, free & (np.arange(2) != axis)
        if not free.any():
            break
    return at, calls


def _step(grad: np.ndarray, hess: np.ndarray) -> tuple[np.ndarray, float]:
    """Newton step on the absolute curvature, no longer than 2 in log λ, and the fall it promises."""
    value, axes = np.linalg.eigh(hess)
    step = -axes @ ((axes.T @ grad) / np.maximum(np.abs(value), 1e-8))
    gain = float(np.abs(step @ grad))
    return step * min(1.0, 2 / max(np.abs(step).max(), 1e-12)), gain


def _downhill(at: "Point", step: np.ndarray, free: np.ndarray) -> tuple["Point", int]:
    """Halve the step until the deviance does not rise; stay where nothing helps."""
    slack = 1e-10 * abs(at.deviance)
    for tries in range(1, 30):
        trial = at.ratios.copy()
        trial[free] = np.exp(np.clip(np.log(trial[free]) + step, _LOW, _HIGH))
        new = Point(at.sums, trial, at.reml)
        if new.deviance <= at.deviance + slack:
            return new, tries
        step = step / 2
    return at, tries


def _log_covariance(at: Point) -> np.ndarray:
    """Inverse observed information of log (σ_a², σ_b², σ²): the profile's curvature plus that of σ²."""
    free, hess = at.ratios > 0, at.log_derivatives[1]
    cov = np.zeros((2, 2))
    if free.any():
        cov[np.ix_(free, free)] = np.linalg.pinv(hess[np.ix_(free, free)] / 2, hermitian=True)
    slope = -at.ratios * at.slopes / at.r2  # of log σ² as the ratios move
    to_logs = np.array([[1 + slope[0], slope[1]], [slope[0], 1 + slope[1]], [slope[0], slope[1]]])
    to_logs[:2][~free] = 0
    lift = np.append(free.astype(float), 1.0)
    return to_logs @ cov @ to_logs.T + np.outer(lift, lift) * 2 / at.dof
