"""The Bayesian hierarchical model of the Swiss National Science Foundation, drawn by Gibbs sampling.

Heyard, Ott, Salanti & Egger (2022) Statistics and Public Policy 9:110, on their scale of grades 1 … 6:

    y_ij ~ N(ȳ + θ_i + λ_ij, σ²),  θ_i ~ N(0, τ_θ²),  λ_ij ~ N(ν_j, τ_λ²),  ν_j ~ N(0, ½²),
    σ, τ_θ, τ_λ uniform on (0, 2).

Everybody marks a submission once, so λ_ij is summed out: y_ij ~ N(ȳ + θ_i + ν_j, ψ²) with ψ² = τ_λ² + σ², whose
prior is flat up to 2² (a quarter circle is as long as its radius). θ and ν are drawn together, so that the sampler
mixes in a few steps; the rest are inverse gammas.
"""

import numpy as np

GRADES, MARKS = 5.0, 9.0  # widths of their scale and of marks 1 … 10
NU, MOST = 0.5, 2.0
BURN, KEPT = 50, 400


def sampled(y: np.ndarray, seed: int, kept: int = KEPT) -> np.ndarray:
    """Draws (kept, I) of the quality ȳ + θ_i of each submission from marks (I, J), NaN where not read."""
    rng = np.random.default_rng(seed)
    known = np.isfinite(y)
    centre = float(y[known].mean())
    reads, z = known.astype(float), np.where(known, (y - centre) * GRADES / MARKS, 0.0)
    n, total, by_juror = reads.sum(axis=1), z.sum(axis=1), z.sum(axis=0)
    square, loads = float((z**2).sum()), reads.sum(axis=0)
    tau2, psi2 = 0.3, 0.5
    out = np.empty((kept, len(y)))
    for step in range(-BURN, kept):
        theta, nu = _effects(reads, n, loads, total, by_juror, tau2, psi2, rng)
        read = reads @ nu
        rest = square - 2 * (theta @ total + nu @ by_juror) + n @ theta**2 + loads @ nu**2 + 2 * theta @ read
        tau2 = _inverse_gamma((len(y) - 1) / 2, theta @ theta / 2, rng)
        psi2 = _inverse_gamma(n.sum() / 2 - 1, rest / 2, rng)
        if step >= 0:
            out[step] = theta
    return centre + out * MARKS / GRADES


def _effects(reads, n, loads, total, by_juror, tau2, psi2, rng) -> tuple[np.ndarray, np.ndarray]:
    """One joint draw of θ (I,) and ν (J,): ν with the submissions summed out, then θ given ν."""
    shrink = 1 / (n + psi2 / tau2)
    precision = (np.diag(loads) - (reads * shrink[:, None]).T @ reads) / psi2 + np.eye(len(loads)) / NU**2
    root = np.linalg.cholesky(precision)
    mean = np.linalg.solve(precision, (by_juror - (shrink * total) @ reads) / psi2)
    nu = mean + np.linalg.solve(root.T, rng.standard_normal(len(loads)))
    theta = shrink * (total - reads @ nu) + np.sqrt(psi2 * shrink) * rng.standard_normal(len(n))
    return theta, nu


def _inverse_gamma(shape: float, scale: float, rng: np.random.Generator) -> float:
    """A draw below the prior's upper end; at the end, should ten of them lie above."""
    for _ in range(10):
        if (value := scale / rng.standard_gamma(max(shape, 0.5))) < MOST**2:
            return max(value, 1e-9)
    return MOST**2
