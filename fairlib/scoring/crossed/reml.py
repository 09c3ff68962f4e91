"""Submission effects and juror severities as crossed random effects, fitted exactly by REML or ML.

Model: y_ij = x_iᵀβ + a_i + b_j + e_ij with a ~ N(0, σ_a²), b ~ N(0, σ_b²), e ~ N(0, σ²), all
independent; x_i the P columns of the levels of groups of submissions (nominations, languages: `groupings`), a
single one μ where there are no groups. Variances are those of levels taken as they are; the levels themselves are
pulled together by `levels`. The likelihood needs no more of the marks than the sums of `incidence`: after one
pass over them every evaluation works on (J+P) × (J+P) matrices, J the number of jurors. In the notation below λ
= σ_k²/σ², ρ_d = 1/(1 + λ_a d), u = (b, β) the mixed-model solution after eliminating submissions, β the levels,
H its covariance over σ². The model does not know which factor is which: with more jurors than submissions they
change places (`Sums.turned`), so that matrices have the size of the smaller one.

Patterson & Thompson (1971) Biometrika 58:545 (REML); Henderson (1975) Biometrics 31:423 (BLUP);
Bates, Mächler, Bolker & Walker (2015) J. Stat. Softw. 67(1) (profiling).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np

from fairlib.errors import ScoringError
from fairlib.scoring.crossed.exact import without_rest
from fairlib.scoring.crossed.incidence import incidence
from fairlib.scoring.crossed.levels import Levels
from fairlib.scoring.crossed.likelihood import Point
from fairlib.scoring.crossed.sums import Sums, sums_of

FIT_REASONS = {
    "juror_variance_not_identified": "every juror has one mark, so severity cannot be told from noise",
    "juror_variance_zero": "the marks show no difference in severity between jurors beyond noise",
    "submission_variance_zero": "the marks show no difference between submissions beyond noise",
    "both_variances_zero": "the marks show no difference between submissions or jurors beyond noise",
    "reliability_rough": "the noises and slopes of jurors did not settle to the last digit",
    "residual_variance_zero": "the marks are submission plus juror (almost) exactly, with no noise left",
}
_Pair = TypeVar("_Pair", np.ndarray, list[np.ndarray], list[float])
_LOW, _HIGH = np.log(1e-9), np.log(1e9)
_NO_REST = 1e8  # ratio of variances that stands for a residual variance of 0


@dataclass(frozen=True)
class Fit:
    """Result of `fit`: variances on the squared scale of the marks, effects on the scale of the marks.

    `juror_effect` is added to a mark (severity is its negative). `mu` is the mean of the levels, `levels`
    what is known of them at these variances (centred like the sums). `status` is "ok" or one of
    `FIT_REASONS`; `loglik` has lme4's constants.
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
        if self.sums.incidence.n_levels == 1:
            return np.full(len(self.submission_effect), self.mu)
        return self.sums.incidence.levels.columns @ self.levels.value + self.sums.centre

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

    def in_core(self, pair: _Pair) -> _Pair:
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
    fixed: Sequence[bool] | None = None,
    reml: bool = True,
) -> Fit:
    """Fit the crossed model to marks y (n,) with int64 codes; `reml=False` gives maximum likelihood.

    `level` (n_submissions,) codes the groups of submissions that have a level each, (K, n_submissions) several
    groupings, `fixed` which of them are taken as they are; see `incidence`.

    Raises ScoringError when the design or the marks cannot tell the variances apart: one submission,
    one mark for each submission, or no spread in the marks at all. One juror, or one mark for each
    juror, leaves the juror variance out and says so in `status`.

    Shrout & Fleiss (1979) Psychol. Bull. 86:420, Table 2: (MSR − MSE)/k = (11.242 − 1.019)/4 = 2.556.

    >>> y = np.array([9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7.0])
    >>> f = fit(np.repeat(np.arange(6), 4), np.tile(np.arange(4), 6), y, 6, 4)
    >>> round(f.submission, 3), round(f.juror, 3), round(f.residual, 3)
    (2.556, 5.244, 1.019)
    """
    design = incidence(submission, juror, n_submissions, n_jurors, level, fixed)
    return fit_sums(sums_of(design, y), reml=reml)


def _is_turned(sums: Sums, status: str) -> bool:
    p = sums.incidence
    return sums.may_turn and p.n_jurors > p.n_submissions and status != "juror_variance_not_identified"


def fit_sums(sums: Sums, *, reml: bool = True) -> Fit:
    """`fit` from the sums of `sums_of`, for many sets of marks on one design."""
    status = _refuse_unidentified(sums)
    free = np.array([True, status == "ok"])
    core = sums.turned if _is_turned(sums, status) else sums
    exact = exactly_additive(core) if free.all() else None
    if exact is None:
        at, calls = optimise(core, _start(core), free, reml)
        s2 = at.residual
    else:  # the likelihood grows without end as the residual variance falls: stop where nothing changes
        s2 = exact.max() / _NO_REST
        at, calls = Point(core, exact / s2, reml), 1
    if status == "ok" and exact is not None:
        status = "residual_variance_zero"
    return fit_at(sums, at, s2, status, calls)


def fit_at(sums: Sums, at: Point, s2: float, status: str, calls: int) -> Fit:
    """The fit at a point of the likelihood with residual variance `s2`; "ok" is looked at for boundaries."""
    core, levels = at.sums, at.levels
    p = core.incidence
    u = at.moved(levels.value)
    shrink = at.la / (1 + at.la * p.readers)
    read = p.over_readers(u[: p.n_jurors]) + p.by_level @ u[p.n_jurors :]
    effects = [shrink * (core.total - read), u[: p.n_jurors].copy()]
    middle = p.levels.middle
    ratios, error = at.ratios, middle @ np.tensordot(levels.weight, levels.cov, 1) @ middle
    if core is not sums:
        ratios, effects = ratios[::-1], effects[::-1]
    variances = ratios * s2
    return Fit(
        submission=float(variances[0]),
        juror=float(variances[1]),
        residual=float(s2),
        mu=float(middle @ levels.value + sums.centre),
        mu_se=float(np.sqrt(s2 * error)),
        loglik=-at.deviance / 2,
        reml=at.reml,
        status=_boundary_status(ratios) if status == "ok" else status,
        evaluations=calls,
        submission_effect=effects[0],
        juror_effect=effects[1],
        levels=levels,
        sums=sums,
    )


def _refuse_unidentified(sums: Sums) -> str:
    p = sums.incidence
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
    """`exact.without_rest`, asked only where a likelihood that hardly charges for effects looks so."""
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
    p = sums.incidence
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


def optimise(sums: Sums, start: np.ndarray, free: np.ndarray, reml: bool = True) -> tuple[Point, int]:
    """Newton from `start`, then the boundary: a variance of exactly 0 is a valid answer."""
    best, calls = newton(Point(sums, np.where(free, start, 0.0), reml), free)
    for axis in np.flatnonzero(free & (best.ratios > 0)):
        trial = best.ratios.copy()
        trial[axis] = 0
        edge = Point(sums, trial, reml)
        if edge.deviance > best.deviance + 4 and best.ratios[axis] > 1e-6:
            continue
        if (trial > 0).any():
            edge, more = newton(edge, trial > 0)
            calls += more
        if edge.deviance <= best.deviance + 1e-9 * abs(best.deviance):
            best = edge
    return best, calls


def newton(at: Point, free: np.ndarray) -> tuple[Point, int]:
    """Newton in log λ over the free ratios, dropping to 0 those whose deviance falls all the way."""
    sums, reml, calls = at.sums, at.reml, 1
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
        for axis in np.flatnonzero(free & (at.ratios * sums.incidence.load.mean() < 0.05)):
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


def _downhill(at: Point, step: np.ndarray, free: np.ndarray) -> tuple[Point, int]:
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
