"""Joint maximum likelihood of the many-facet Rasch model, by Newton with the submissions eliminated.

Linacre (1989); Wright & Masters (1982). Submissions enter the information as a diagonal, so a Newton step
costs one pass over the marks and one system of size jurors + criteria + steps. Estimates of few marks are
too wide: with L marks a submission by about L/(L − 1) (Wright & Douglas 1977). No correction is made,
since it is right only for complete tables; few marks are reported as a finding instead.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.sparse import csr_array

from fairlib.errors import ScoringError
from fairlib.scoring.rasch.data import Prepared
from fairlib.scoring.rasch.sums import Observed, Params, PassSums, observed_sums, schur, sums

MAX_ITERATIONS = 60
STEP_CAP = 2.0
TOLERANCE = 1e-6
FAR = 25.0


@dataclass(frozen=True)
class RaschFit:
    """Estimates with standard errors (the same shapes), log-likelihood and number of passes or steps."""

    params: Params
    se: Params
    loglik: float
    iterations: int
    sd: float | None = None


def fit_joint(design: Prepared) -> RaschFit:
    """Maximise the joint likelihood; jurors (in each subset), criteria and steps sum to 0.

    Raises ScoringError when no finite maximum exists, for marks that are perfectly separated.
    """
    seen = observed_sums(design)
    params = start(design, seen)
    now = sums(design, seen, params)
    for iteration in range(1, MAX_ITERATIONS + 1):
        step = _newton(design, seen, now)
        largest = max(np.abs(a).max(initial=0.0) for a in vars(step).values())
        scale = STEP_CAP / max(STEP_CAP, largest)
        if largest < TOLERANCE:
            se = errors_of(design, now, now.v_sub)
            refuse_runaway(se)
            return RaschFit(_moved(params, step, 1.0), se, now.loglik, iteration)
        params, now = _climb(design, seen, params, now, step, scale)
        refuse_runaway(params)
    raise ScoringError(
        f"The Rasch model did not settle in {MAX_ITERATIONS} steps; the marks are nearly separated. "
        "Use method='marginal' or the severity estimator."
    )


def start(design: Prepared, seen: Observed) -> Params:
    """Logits of score fractions (PROX; Cohen 1979), centred."""
    n_cell = np.bincount(design.cell, minlength=len(seen.cell)).reshape(design.n_jur, -1)
    score = seen.cell.reshape(design.n_jur, -1)
    k = design.n_steps
    tau = np.empty((design.n_structures, k))
    for s, lo, hi in design.blocks:
        count = np.bincount(design.x[lo:hi], minlength=k + 1) + 0.5
        tau[s] = np.log(count[:-1] / count[1:])
    tau -= tau.mean(axis=1, keepdims=True)
    theta = _logit(seen.sub, k * np.bincount(design.sub, minlength=design.n_sub))
    beta = -_logit(score.sum(axis=1), k * n_cell.sum(axis=1))
    delta = -_logit(score.sum(axis=0), k * n_cell.sum(axis=0))
    weight = np.bincount(design.component)
    beta -= (np.bincount(design.component, weights=beta) / weight)[design.component]
    return Params(theta, beta, delta - delta.mean(), tau)


def _logit(score: np.ndarray, most: np.ndarray) -> np.ndarray:
    return np.log((score + 0.3) / (most - score + 0.3))


def gauges(design: Prepared, joined: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Constraint vectors (rows sum what must be 0) and null directions of S, both (g, J + C + S·K).

    One constraint on the jurors of each connected subset, or, if `joined`, one on all jurors.
    """
    j, c, k, n_s = design.n_jur, design.n_cri, design.n_steps, design.n_structures
    component = np.zeros_like(design.component) if joined else design.component
    parts = int(component.max()) + 1
    a = np.zeros((parts + 1 + n_s, j + c + n_s * k))
    a[component, np.arange(j)] = 1
    a[parts, j : j + c] = 1
    for s in range(n_s):
        a[parts + 1 + s, j + c + s * k : j + c + (s + 1) * k] = 1
    null = a.copy()
    if n_s > 1:
        null[np.arange(parts + 1, parts + 1 + n_s), j + np.arange(n_s)] = -1
    return a, null


def _anchored(s: np.ndarray, a: np.ndarray) -> tuple[np.ndarray, float]:
    """S with its gauges as rank-one terms, and their weight."""
    weight = max(float(np.mean(np.diag(s))), 1.0)  # with one juror, criterion and step S itself is 0
    return s + weight * (a.T @ a), weight


def _newton(design: Prepared, seen: Observed, now: PassSums) -> Params:
    """The Newton step, by block elimination."""
    s, b_jur, b_rest = schur(design, now, now.v_sub)
    j, c = design.n_jur, design.n_cri
    theta = seen.sub - now.e_sub
    cell = (seen.cell - now.e_cell).reshape(j, c)
    rest = -np.concatenate([cell.sum(axis=1), cell.sum(axis=0), (seen.tail - now.tail).ravel()])
    ratio = theta / now.v_sub
    right = rest + np.concatenate([b_jur.T @ ratio, b_rest.T @ ratio])
    try:
        phi = cho_solve(cho_factor(_anchored(s, gauges(design)[0])[0], overwrite_a=True), right)
    except (LinAlgError, ValueError):
        raise ScoringError(_SEPARATED) from None
    d_theta = ratio + (b_jur @ phi[:j] + b_rest @ phi[j:]) / now.v_sub
    return Params(d_theta, phi[:j], phi[j : j + c], phi[j + c :].reshape(now.tail.shape))


_SEPARATED = (
    "The marks are perfectly separated: some measures run off to infinity, so the likelihood has no maximum. "
    "Use the severity estimator, or method='marginal' if this was the joint method."
)


def _moved(p: Params, step: Params, scale: float) -> Params:
    return Params(*(a + scale * d for a, d in zip(vars(p).values(), vars(step).values(), strict=True)))


def _climb(
    design: Prepared, seen: Observed, p: Params, now: PassSums, step: Params, scale: float
) -> tuple[Params, PassSums]:
    """Take the step, halved until the likelihood does not fall beyond rounding."""
    slack = 1e-9 * (1 + abs(now.loglik))
    for _ in range(30):
        moved = _moved(p, step, scale)
        new = sums(design, seen, moved)
        if new.loglik >= now.loglik - slack:
            break
        scale /= 2
    return moved, new


def refuse_runaway(p: Params) -> None:
    """Refuse measures, or errors of measures, beyond any that marks can support: separation."""
    if any(np.abs(a).max(initial=0.0) > FAR for a in vars(p).values()):
        raise ScoringError(_SEPARATED)


def errors_of(design: Prepared, now: PassSums, d: np.ndarray) -> Params:
    """Standard errors under the constraints, √diag of the inverse of the whole information.

    They carry the uncertainty of the links between jurors, unlike the usual 1/√information. `d` is the
    diagonal eliminated, as in `schur`.
    """
    s, b_jur, b_rest = schur(design, now, d)
    cov = covariance(design, s)
    j, c = design.n_jur, design.n_cri
    theta = 1 / d + _through(b_jur, b_rest, cov, d)
    root = roots(cov)
    return Params(np.sqrt(theta), root[:j], root[j : j + c], root[j + c :].reshape(now.tail.shape))


def roots(cov: np.ndarray) -> np.ndarray:
    """√diag; infinite where the information is too near singular to be inverted."""
    variance = np.diag(cov)
    return np.sqrt(np.where(variance < -1e-6, np.inf, np.maximum(variance, 0)))


def covariance(design: Prepared, s: np.ndarray, joined: bool = False) -> np.ndarray:
    """Covariance of jurors, criteria and steps under the constraints, from their Schur complement."""
    a, null = gauges(design, joined)
    anchored, weight = _anchored(s, a)
    try:
        cov = cho_solve(cho_factor(anchored, overwrite_a=True), np.eye(len(s)), overwrite_b=True)
    except (LinAlgError, ValueError):
        raise ScoringError(_SEPARATED) from None
    shift = np.linalg.solve(null @ a.T, null)
    return cov - shift.T @ shift / weight


def _through(b_jur: csr_array, b_rest: np.ndarray, cov: np.ndarray, d: np.ndarray) -> np.ndarray:
    """diag(D⁻¹ B Cov Bᵀ D⁻¹), shape (I,), grouping submissions by their number of jurors."""
    j = b_jur.shape[1]
    cross = b_jur @ cov[:j, j:]
    out = np.einsum("ip,ip->i", b_rest, b_rest @ cov[j:, j:] + 2 * cross)
    width = np.diff(b_jur.indptr)
    for n in np.unique(width):
        rows = np.flatnonzero(width == n)
        size = max(1, (1 << 20) // int(n * min(n, 64)))
        for lo in range(0, len(rows), size):
            mine = rows[lo : lo + size]
            at = b_jur.indptr[mine][:, None] + np.arange(n)
            out[mine] += _quadratic(b_jur.indices[at], b_jur.data[at], cov[:j, :j])
    return out / d**2


def _quadratic(jurors: np.ndarray, v: np.ndarray, cov: np.ndarray) -> np.ndarray:
    """vᵀ Cov v over the jurors of each row; arrays (rows, jurors of a row)."""
    if jurors.shape[1] * 8 < len(cov):
        return np.einsum("ia,iab,ib->i", v, cov[jurors[:, :, None], jurors[:, None, :]], v, optimize=True)
    dense = np.zeros((len(v), len(cov)))
    dense[np.arange(len(v))[:, None], jurors] = v
    return np.einsum("ij,ij->i", dense @ cov, dense)
