"""The restricted likelihood of the crossed model at one pair of variance ratios, with exact derivatives.

The model and its notation are those of `reml`; `Point` has the table of symbols.
"""

from functools import cached_property

import numpy as np
from scipy.linalg import lapack

from fairlib.errors import ScoringError
from fairlib.scoring.crossed.inverse import symmetric_inverse
from fairlib.scoring.crossed.levels import Levels, shrunken
from fairlib.scoring.crossed.sums import Sums


class Point:
    """The likelihood at one pair of ratios (λ_a, λ_b); everything beyond `r2` is computed when asked for.

    | name | symbol | what it is |
    |---|---|---|
    | `la`, `lb` | λ_a, λ_b | variance of submissions, of jurors, over the residual variance |
    | `rho` | ρ_d (blocks,) | 1/(1 + λ_a d): how little a submission read d times is pulled to its own mean |
    | `lhs`, `rhs` | X̃ᵀVX̃, X̃ᵀVy | mixed-model equations of jurors, levels, submissions eliminated |
    | `scale` | √λ_b, 1 | of jurors, of levels: the equations are solved as `scale · lhs · scale + I` |
    | `chol` | | lower Cholesky factor of these, in its upper triangle the rest of LAPACK |
    | `u` | (b, β) | their solution: effects of jurors, levels as they are (J+P,) |
    | `h` | H | covariance of (b, β) over σ² |
    | `r2` | r² | generalised residual sum of squares; r²/`dof` is the residual variance |
    | `deviance` | | −2 log likelihood with the residual variance profiled out |
    """

    def __init__(self, sums: Sums, ratios: np.ndarray, reml: bool = True):
        self.sums, self.reml = sums, reml
        self.ratios = np.asarray(ratios, dtype=float)
        self.la, self.lb = (float(r) for r in ratios)
        p = sums.incidence
        self.dof = p.n - p.n_levels if reml else p.n
        self.rho = 1 / (1 + self.la * p.sizes)
        weight = self.la * self.rho
        self.lhs = sums.border - p.gram(weight) if self.la else sums.border
        self.rhs = sums.ysum - weight @ sums.nt
        self.scale = np.append(np.full(p.n_jurors, np.sqrt(self.lb)), np.ones(p.n_levels))
        system = self.lhs * self.scale[:, None] * self.scale
        system[np.arange(p.n_jurors), np.arange(p.n_jurors)] += 1
        self.chol, bad = lapack.dpotrf(system.T, lower=1, clean=0, overwrite_a=1)
        if bad:
            raise ScoringError("The mixed-model equations are singular; check the marks for a broken scale.")
        self.u = self.scale * lapack.dpotrs(self.chol, self.scale * self.rhs, lower=1)[0]
        self.r2 = max(sums.yy - float(weight @ sums.tt) - float(self.rhs @ self.u), 1e-300)

    @property
    def residual(self) -> float:
        """Residual variance given the ratios."""
        return self.r2 / self.dof

    @cached_property
    def deviance(self) -> float:
        """−2 log (restricted) likelihood, constants as in lme4."""
        p = self.sums.incidence
        diag = np.log(np.diagonal(self.chol))
        logdet = 2 * (diag if self.reml else diag[: p.n_jurors]).sum()
        fit = self.dof * (1 + np.log(2 * np.pi * self.residual))
        return float(p.counts @ np.log1p(self.la * p.sizes) + logdet + fit)

    @cached_property
    def h(self) -> np.ndarray:
        """H: covariance of (b, β) given the marks, levels as they are, over σ², a (J+P) × (J+P) matrix."""
        if self.lb == 0:
            j, only_levels = self.sums.incidence.n_jurors, np.zeros_like(self.lhs)
            only_levels[j:, j:] = np.linalg.inv(self.lhs[j:, j:])
            return only_levels
        return self._inverse * self.scale[:, None] * self.scale

    @cached_property
    def _inverse(self) -> np.ndarray:
        return symmetric_inverse(self.chol)

    @cached_property
    def levels(self) -> Levels:
        """What is known of the levels at these ratios."""
        j = self.sums.incidence.n_jurors
        p = self.sums.incidence
        return shrunken(self.u[j:], self.h[j:, j:], self.r2, p.n, p.levels)

    @property
    def covariance(self) -> np.ndarray:
        """Covariance of (b, β) in squared points, variances held, levels as their posterior has them."""
        if self.sums.incidence.n_levels == 1:
            return self.residual * self.h
        j, known = self.sums.incidence.n_jurors, self.levels
        off = known.mean - known.value
        inside = self.residual * np.tensordot(known.weight, known.cov, 1) + (known.weight * off.T) @ off
        return self.residual * self.h + self.along @ (inside - self.residual * self.h[j:, j:]) @ self.along.T

    @cached_property
    def along(self) -> np.ndarray:
        """How (b, β) moves with the levels, (J+P, P): H[:, β] H_ββ⁻¹."""
        j = self.sums.incidence.n_jurors
        return self.h[:, j:] @ np.linalg.inv(self.h[j:, j:])

    def moved(self, level: np.ndarray) -> np.ndarray:
        """The solution (b, β) when the levels are known to be `level` (P,)."""
        if len(level) == 1:
            return self.u
        return self.u + self.along @ (level - self.u[self.sums.incidence.n_jurors :])

    @cached_property
    def _juror_side(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """H[:, b]/λ_b, R = Z_bᵀPZ_b and Z_bᵀPy, in forms that also hold at λ_b = 0."""
        j = self.sums.incidence.n_jurors
        if self.lb == 0:
            slope = np.linalg.solve(self.lhs[j:, j:], self.lhs[j:, :j])
            return (
                np.vstack([np.eye(j), -slope]),
                self.lhs[:j, :j] - slope.T @ self.lhs[j:, :j],
                self.rhs[:j] - self.lhs[:j, j:] @ self.u[j:],
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
        return self.sums.incidence.gram(self.rho**2)

    @cached_property
    def log_derivatives(self) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and Hessian of the deviance by (log λ_a, log λ_b)."""
        grad, hess = self.derivatives
        return self.ratios * grad, np.outer(self.ratios, self.ratios) * hess + np.diag(self.ratios * grad)

    @cached_property
    def derivatives(self) -> tuple[np.ndarray, np.ndarray]:
        """Gradient (2,) and exact Hessian (2 × 2) of the deviance by (λ_a, λ_b)."""
        s, u, h, g = self.sums, self.u, self.h, self._weighted
        d, count = s.incidence.sizes, s.incidence.counts
        hb, r, pb = self._juror_side
        cube = self.rho**3 * d
        deep = s.incidence.gram(cube)
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
        """GH and tr(GH_bH_b'/λ_b²), G = `_weighted`; at λ_b = 0 nearly all of H is 0: no product."""
        j = self.sums.incidence.n_jurors
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
        j = self.sums.incidence.n_jurors
        col, kappa = self.h[:, j:], hb[j:]
        gh, inverse = self._weighted @ col, np.linalg.inv(self.h[j:, j:])
        moves = [inverse @ (col.T @ gh), inverse @ (kappa @ kappa.T)]
        aa = 2 * gh.T @ self.h @ gh - 2 * col.T @ deep @ col
        ab = gh.T @ hb @ kappa.T
        bb = -2 * kappa @ r @ kappa.T
        second = [[np.trace(inverse @ m) for m in row] for row in ((aa, ab + ab.T), (ab + ab.T, bb))]
        crossed = [[np.einsum("ij,ji", m, k) for k in moves] for m in moves]
        return np.array([np.trace(m) for m in moves]), np.array(second) - np.array(crossed)
