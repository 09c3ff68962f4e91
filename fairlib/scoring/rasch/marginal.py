"""Marginal maximum likelihood of the many-facet Rasch model: submissions are normal, jurors are fixed.

Bock & Aitkin (1981); Adams, Wilson & Wang (1997). The normal is integrated over equally spaced nodes that
move and stretch with μ and σ, and are as dense as the sharpest submission needs. Consistent with few marks
a submission, unlike the joint likelihood; extreme submissions stay in and are drawn to the mean.
"""

from dataclasses import dataclass

import numpy as np
import scipy
from scipy.linalg import LinAlgError, cholesky, solve_triangular
from scipy.sparse import csr_array

from fairlib.errors import ScoringError
from fairlib.scoring.rasch.data import Prepared
from fairlib.scoring.rasch.fit import probabilities
from fairlib.scoring.rasch.joint import FAR, RaschFit, covariance, gauges, refuse_runaway, roots, start
from fairlib.scoring.rasch.sums import Observed, Params, observed_sums, schur, sums

REACH = 6.0
WIDEST = 0.4
MOST_NODES = 401
LOG_SD = (-12.0, 6.0)
ROUNDS = 12
TOLERANCE = 1e-4
_CHUNK = 1 << 12
_UNSETTLED = (
    "The marginal Rasch model did not settle: some juror, criterion or step is all but extreme, or marks "
    "are too few to tell the spread of submissions. Use the severity estimator."
)


@dataclass(frozen=True)
class Bundles:
    """Distinct (juror, set of criteria): `of_sub` (I, B) counts them, `cells` (B, J·C) opens them up."""

    of_sub: csr_array
    cells: csr_array


@dataclass(frozen=True)
class Facets:
    """Everything but the submissions: jurors, criteria, steps, and mean and log sd of the submissions."""

    beta: np.ndarray
    delta: np.ndarray
    tau: np.ndarray
    mu: float
    log_sd: float

    @property
    def sd(self) -> float:
        """σ, held within what floats can carry while a line search looks around."""
        return float(np.exp(np.clip(self.log_sd, *LOG_SD)))

    def vector(self) -> np.ndarray:
        """All parameters in one row."""
        return np.concatenate([self.beta, self.delta, self.tau.ravel(), [self.mu, self.log_sd]])

    def at(self, v: np.ndarray) -> "Facets":
        """Facets of the same shapes and the parameters of `v`."""
        j, c = len(self.beta), len(self.delta)
        return Facets(v[:j], v[j : j + c], v[j + c : -2].reshape(self.tau.shape), v[-2], v[-1])


@dataclass(frozen=True)
class Model:
    """The marks, their sufficient statistics and bundles."""

    design: Prepared
    seen: Observed
    bundles: Bundles


def fit_marginal(design: Prepared) -> RaschFit:
    """Maximise the marginal likelihood; severities, criteria and steps sum to 0, μ and σ are free.

    `theta` are posterior means and their `se` posterior standard deviations; other errors come from the
    information at the posterior means, with σ taken as known. Raises ScoringError if it does not settle,
    or if no submission has two marks.
    """
    if np.bincount(design.sub).max() < 2:
        raise ScoringError(
            "No submission has two marks, so the spread of submissions cannot be told from noise; "
            "the marginal Rasch model needs some that do."
        )
    model = Model(design, observed_sums(design), _bundles(design))
    point, theta = _start(model)
    evaluations = 0
    for _ in range(ROUNDS):
        theta, sd, _ = posterior(model, point, _nodes(model, point, theta))
        nodes = _nodes(model, point, theta)
        back = _preconditioner(model, point, theta)
        before = point
        point, used, slope = _improve(model, point, nodes, back)
        evaluations += used
        if slope < TOLERANCE and abs(point.log_sd - before.log_sd) < 0.05:
            if point.sd > FAR:
                break
            theta, sd, loglik = posterior(model, point, nodes)
            return _fit(model, point, theta, sd, loglik, evaluations)
    raise ScoringError(_UNSETTLED)


def _start(model: Model) -> tuple[Facets, np.ndarray]:
    p = start(model.design, model.seen)
    beta = p.beta - p.beta.mean()
    spread = max(float(p.theta.std()), 0.3)
    return Facets(beta, p.delta, p.tau, float(p.theta.mean()), float(np.log(spread))), p.theta


def _bundles(design: Prepared) -> Bundles:
    """Group marks of a juror on a submission by the set of criteria marked: one column serves them all."""
    n_cri, n_pair = design.n_cri, len(design.pair_sub)
    jur, cri = design.cell // n_cri, design.cell % n_cri
    pattern = np.zeros(n_pair, dtype=np.int64)
    for c in range(n_cri):
        has = np.zeros(n_pair, dtype=np.int64)
        has[design.pair[cri == c]] = 1
        pattern = np.unique(pattern * 2 + has, return_inverse=True)[1]
    key = design.pair_jur * np.int64(pattern.max() + 1) + pattern
    _, first, code = np.unique(key, return_index=True, return_inverse=True)
    indptr = np.searchsorted(design.pair_sub, np.arange(design.n_sub + 1))
    of_sub = csr_array((np.ones(n_pair), code, indptr), shape=(design.n_sub, len(first)))
    bundle_of = np.full(n_pair, -1)
    bundle_of[first] = np.arange(len(first))
    mine = np.flatnonzero(bundle_of[design.pair] >= 0)
    cells = csr_array(
        (np.ones(len(mine)), (bundle_of[design.pair[mine]], jur[mine] * n_cri + cri[mine])),
        shape=(len(first), design.n_jur * n_cri),
    )
    return Bundles(of_sub, cells)


def _nodes(model: Model, point: Facets, theta: np.ndarray) -> np.ndarray:
    """Standard nodes t (θ = μ + σ t), no further apart than the sharpest posterior is wide."""
    sd = point.sd
    now = sums(model.design, model.seen, Params(theta, point.beta, point.delta, point.tau))
    sharpest = 1 / np.sqrt(now.v_sub.max() * sd**2 + 1)
    n = int(np.ceil(2 * REACH / min(WIDEST, sharpest)))
    return np.linspace(-REACH, REACH, min(n, MOST_NODES - 1) // 2 * 2 + 1)


def _log_prior(nodes: np.ndarray) -> np.ndarray:
    w = np.exp(-(nodes**2) / 2)
    return np.log(w / w.sum())


def _cell_tables(
    design: Prepared, point: Facets, nodes: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """log Z and expected category of each cell at each node, (J·C, Q), and tails P(X ≥ h), (K, J·C, Q)."""
    theta = point.mu + point.sd * nodes
    j, c, q, k = design.n_jur, design.n_cri, len(nodes), design.n_steps
    log_z, expected = np.empty((j, c, q)), np.empty((j, c, q))
    tails = np.empty((k, j, c, q))
    for i, d in enumerate(point.delta):
        eta = theta - point.beta[:, None] - d
        p, z = probabilities(eta.ravel(), point.tau[i if len(point.tau) > 1 else 0])
        log_z[:, i] = z.reshape(j, q)
        expected[:, i] = (np.arange(k + 1.0) @ p).reshape(j, q)
        tails[k - 1, :, i] = p[k].reshape(j, q)
        for h in range(k - 1, 0, -1):
            np.add(tails[h, :, i], p[h].reshape(j, q), out=tails[h - 1, :, i])
    return log_z.reshape(-1, q), expected.reshape(-1, q), tails.reshape(k, -1, q)


def _chunks(model: Model, point: Facets, nodes: np.ndarray, log_z: np.ndarray):  # noqa: ANN202
    """Yield (rows, log marginal likelihoods, posterior weights (m, Q)) by chunks of submissions."""
    theta = point.mu + point.sd * nodes
    table = model.bundles.cells @ log_z
    prior = _log_prior(nodes)
    for lo in range(0, model.design.n_sub, _CHUNK):
        rows = slice(lo, min(lo + _CHUNK, model.design.n_sub))
        weight = np.multiply.outer(model.seen.sub[rows], theta) + prior
        weight -= model.bundles.of_sub[rows] @ table
        top = weight.max(axis=1)
        weight -= top[:, None]
        np.exp(weight, out=weight)
        total = weight.sum(axis=1)
        weight /= total[:, None]
        yield rows, np.log(total) + top, weight


def value_and_gradient(model: Model, point: Facets, nodes: np.ndarray) -> tuple[float, np.ndarray]:
    """Marginal log-likelihood and its gradient with respect to `point.vector()`."""
    design, seen = model.design, model.seen
    log_z, expected, tails = _cell_tables(design, point, nodes)
    loglik, score = 0.0, np.zeros(len(nodes))
    readings = np.zeros((model.bundles.of_sub.shape[1], len(nodes)))
    for rows, value, weight in _chunks(model, point, nodes, log_z):
        loglik += float(value.sum())
        score += seen.sub[rows] @ weight
        readings += model.bundles.of_sub[rows].T @ weight
    location = (point.beta[:, None] + point.delta).ravel()
    loglik -= float(seen.cell @ location + np.sum(seen.tail * point.tau))
    count = model.bundles.cells.T @ readings
    excess = count * expected
    cell = (seen.cell - excess.sum(axis=1)).reshape(design.n_jur, design.n_cri)
    tail = np.einsum("aq,kaq->ka", count, tails).reshape(-1, design.n_jur, design.n_cri)
    tail = tail.sum(axis=(1, 2))[None] if len(point.tau) == 1 else tail.sum(axis=1).T
    pull = score - excess.sum(axis=0)
    free = LOG_SD[0] < point.log_sd < LOG_SD[1]
    ends = [pull.sum(), point.sd * (pull @ nodes) * free]
    steps = (seen.tail - tail).ravel()
    return loglik, np.concatenate([-cell.sum(axis=1), -cell.sum(axis=0), -steps, ends])


def posterior(model: Model, point: Facets, nodes: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Posterior mean and standard deviation of each submission, and the marginal log-likelihood."""
    log_z = _cell_tables(model.design, point, nodes)[0]
    mean, second = np.empty(model.design.n_sub), np.empty(model.design.n_sub)
    loglik = 0.0
    for rows, value, weight in _chunks(model, point, nodes, log_z):
        loglik += float(value.sum())
        mean[rows] = weight @ nodes
        second[rows] = weight @ nodes**2
    location = (point.beta[:, None] + point.delta).ravel()
    loglik -= float(model.seen.cell @ location + np.sum(model.seen.tail * point.tau))
    sd = point.sd
    spread = np.sqrt(np.maximum(second - mean**2, 0))
    return point.mu + sd * mean, sd * spread, loglik


def _information(model: Model, point: Facets, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Information of (jurors, criteria, steps, μ) about the posterior means, and shrinkage of each θ."""
    now = sums(model.design, model.seen, Params(theta, point.beta, point.delta, point.tau))
    d = now.v_sub + 1 / point.sd**2
    s, b_jur, b_rest = schur(model.design, now, d)
    free = 1 - now.v_sub / d
    column = -np.concatenate([b_jur.T @ free, b_rest.T @ free])
    corner = float(now.v_sub @ free)
    return np.block([[s, column[:, None]], [column[None], np.array([[corner]])]]), now.v_sub / d


def _preconditioner(model: Model, point: Facets, theta: np.ndarray) -> np.ndarray:
    """Upper triangular U with UᵀU the approximate information; p = p₀ + U⁻¹u makes it a unit sphere.

    Gauges are added as rank-one terms: gradients are orthogonal to the null directions, so every step
    keeps the sums of jurors, criteria and steps at 0.
    """
    info, shrink = _information(model, point, theta)
    a, _ = gauges(model.design, joined=True)
    n = len(info)
    out = np.zeros((n + 1, n + 1))
    info[: n - 1, : n - 1] += float(np.mean(np.diag(info))) * (a.T @ a)
    try:
        out[:n, :n] = cholesky(info)
    except (LinAlgError, ValueError):
        raise ScoringError(_UNSETTLED) from None
    out[n, n] = np.sqrt(2 * np.sum(shrink**2) + 1)
    return out


def _improve(model: Model, point: Facets, nodes: np.ndarray, back: np.ndarray) -> tuple[Facets, int, float]:
    """L-BFGS in the coordinates of the preconditioner; the new point, evaluations and last slope.

    The slope is in standard errors: a slope of 1e-4 leaves every parameter within 1e-4 of its error.
    """
    origin = point.vector()

    def negative(u: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = value_and_gradient(model, point.at(origin + solve_triangular(back, u)), nodes)
        return -value, -solve_triangular(back, gradient, trans="T")

    options = {"maxiter": 30, "gtol": TOLERANCE / 10, "ftol": 1e-15, "maxcor": 20}
    best = scipy.optimize.minimize(
        negative, np.zeros(len(origin)), jac=True, method="L-BFGS-B", options=options
    )
    return point.at(origin + solve_triangular(back, best.x)), best.nfev, float(np.abs(best.jac).max())


def _fit(
    model: Model, point: Facets, theta: np.ndarray, sd: np.ndarray, loglik: float, evaluations: int
) -> RaschFit:
    info, _ = _information(model, point, theta)
    s = info[:-1, :-1] - np.outer(info[:-1, -1], info[-1, :-1]) / info[-1, -1]
    root = roots(covariance(model.design, s, joined=True))
    j, c = model.design.n_jur, model.design.n_cri
    params = Params(theta, point.beta, point.delta, point.tau)
    errors = Params(sd, root[:j], root[j : j + c], root[j + c :].reshape(point.tau.shape))
    refuse_runaway(errors)
    return RaschFit(params, errors, loglik, evaluations, point.sd)
