"""One pass over the marks of a Rasch model: log-likelihood, expected scores and information, as sums.

Marks are taken in chunks that stay in the processor's cache, so that no table of marks × categories is ever
held. Everything a Newton step needs is a sum over submissions, juror × criterion cells or pairs.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from fairlib.scoring.rasch.data import Prepared
from fairlib.scoring.rasch.fit import probabilities

_CHUNK = 1 << 14
_DENSE_SHARE = 4
_PRODUCTS = 1 << 20


@dataclass(frozen=True)
class Params:
    """theta (submissions), beta (jurors), delta (criteria), tau (structures × K), all in logits."""

    theta: np.ndarray
    beta: np.ndarray
    delta: np.ndarray
    tau: np.ndarray


@dataclass(frozen=True)
class PassSums:
    """Sums of one pass. Shapes: I submissions, J jurors, C criteria, S structures, K steps, P pairs.

    `e_*` expected scores, `v_*` variances, `tail` Σ P(X ≥ h) as (S, K), `c_sub` (I, S, K) and `c_cell`
    (J·C, K) sums of Cov(X, 1[X ≥ h]), `c_step` (S, K, K) sums of Cov(1[X ≥ h], 1[X ≥ l]).
    """

    loglik: float
    e_sub: np.ndarray
    e_cell: np.ndarray
    tail: np.ndarray
    v_pair: np.ndarray
    v_cell: np.ndarray
    v_sub_cri: np.ndarray
    c_sub: np.ndarray
    c_cell: np.ndarray
    c_step: np.ndarray

    @property
    def v_sub(self) -> np.ndarray:
        """Information of each submission, shape (I,)."""
        return self.v_sub_cri.sum(axis=1)


@dataclass(frozen=True)
class Observed:
    """Sufficient statistics: scores of submissions, cells, and counts of marks at or above each step."""

    sub: np.ndarray
    cell: np.ndarray
    tail: np.ndarray


def observed_sums(design: Prepared) -> Observed:
    """Sufficient statistics of the marks."""
    k, n_cell = design.n_steps, design.n_jur * design.n_cri
    tail = np.zeros((design.n_structures, k))
    for s, lo, hi in design.blocks:
        count = np.bincount(design.x[lo:hi], minlength=k + 1)
        tail[s] = np.cumsum(count[::-1])[::-1][1:]
    return Observed(
        np.bincount(design.sub, weights=design.x, minlength=design.n_sub),
        np.bincount(design.cell, weights=design.x, minlength=n_cell),
        tail,
    )


def sums(design: Prepared, seen: Observed, p: Params) -> PassSums:
    """All sums at parameters `p`; one exponential and about 3K products and sums a mark."""
    k, n_cri, n_cell = design.n_steps, design.n_cri, design.n_jur * design.n_cri
    cell_location = (p.beta[:, None] + p.delta).ravel()
    out = PassSums(
        0.0,
        np.zeros(design.n_sub),
        np.zeros(n_cell),
        np.zeros((design.n_structures, k)),
        np.zeros(len(design.pair_sub)),
        np.zeros(n_cell),
        np.zeros((design.n_sub, n_cri)),
        np.zeros((design.n_sub, design.n_structures, k)),
        np.zeros((n_cell, k)),
        np.zeros((design.n_structures, k, k)),
    )
    log_z = 0.0
    for s, start, stop in design.blocks:
        for lo in range(start, stop, _CHUNK):
            part = slice(lo, min(lo + _CHUNK, stop))
            log_z += _add_chunk(out, design, part, s, p.theta, cell_location, p.tau[s])
    loglik = seen.sub @ p.theta - seen.cell @ cell_location - np.sum(seen.tail * p.tau) - log_z
    return PassSums(float(loglik), *(getattr(out, f) for f in list(PassSums.__dataclass_fields__)[1:]))


def _add_chunk(
    out: PassSums,
    design: Prepared,
    part: slice,
    s: int,
    theta: np.ndarray,
    cell_location: np.ndarray,
    tau: np.ndarray,
) -> float:
    """Add the marks of one chunk into the sums; return their Σ log Z."""
    k, n_cri, n_cell = len(tau), design.n_cri, len(cell_location)
    sub, cell, pair = design.sub[part], design.cell[part], design.pair[part]
    prob, log_z = probabilities(theta[sub] - cell_location[cell], tau)
    h = np.arange(k + 1.0)
    expected = h @ prob
    variance = (h * h) @ prob - expected**2
    first, last = sub[0], sub[-1] + 1
    near = sub - first
    out.e_sub[first:last] += np.bincount(near, weights=expected)
    out.e_cell[:] += np.bincount(cell, weights=expected, minlength=n_cell)
    out.v_cell[:] += np.bincount(cell, weights=variance, minlength=n_cell)
    out.v_pair[pair[0] : pair[-1] + 1] += np.bincount(pair - pair[0], weights=variance)
    where = near * n_cri + cell % n_cri if n_cri > 1 else near
    size = (last - first) * n_cri
    out.v_sub_cri[first:last] += np.bincount(where, weights=variance, minlength=size).reshape(-1, n_cri)
    _add_steps(out, s, prob, expected, (near, slice(first, last)), cell)
    return float(log_z.sum())


def _add_steps(
    out: PassSums,
    s: int,
    prob: np.ndarray,
    expected: np.ndarray,
    near: tuple[np.ndarray, slice],
    cell: np.ndarray,
) -> None:
    """Sums over the steps: tails Q_h, C_h = E[X·1(X ≥ h)] − E·Q_h, and Q_max − Q_h Q_l."""
    k, n_cell = len(prob) - 1, len(out.e_cell)
    codes, rows = near
    tail, moment = np.zeros_like(expected), np.zeros_like(expected)
    tails = np.empty((k, len(expected)))
    for h in range(k, 0, -1):
        tail += prob[h]
        moment += h * prob[h]
        tails[h - 1] = tail
        c = moment - expected * tail
        out.c_sub[rows, s, h - 1] += np.bincount(codes, weights=c)
        out.c_cell[:, h - 1] += np.bincount(cell, weights=c, minlength=n_cell)
    total = tails.sum(axis=1)
    out.tail[s] += total
    order = np.arange(k)
    out.c_step[s] += total[np.maximum.outer(order, order)] - tails @ tails.T


def schur(design: Prepared, q: PassSums, d: np.ndarray) -> tuple[np.ndarray, csr_array, np.ndarray]:
    """S = A − BᵀD⁻¹B over jurors, criteria and steps, and B as its juror part (sparse) and the rest (dense).

    `d` (I,) is the diagonal to eliminate: the information of the submissions, plus 1/σ² where they are
    random. S has shape (J + C + S·K,) twice; signs are those of Cov, so B enters as +V and +C_h.
    """
    j = design.n_jur
    start = np.searchsorted(design.pair_sub, np.arange(design.n_sub + 1))
    b_jur = csr_array((q.v_pair, design.pair_jur, start), shape=(design.n_sub, j))
    b_rest = np.hstack([q.v_sub_cri, q.c_sub.reshape(design.n_sub, -1)])
    scaled = b_rest / d[:, None]
    total = information(design, q)
    total[:j, :j] -= _gram(b_jur, 1 / d)
    cross = b_jur.T @ scaled
    total[:j, j:] -= cross
    total[j:, :j] -= cross.T
    total[j:, j:] -= b_rest.T @ scaled
    return total, b_jur, b_rest


def information(design: Prepared, q: PassSums) -> np.ndarray:
    """A: information of jurors, criteria and steps with the submissions known."""
    j, c, k = design.n_jur, design.n_cri, design.n_steps
    v = q.v_cell.reshape(j, c)
    size = j + c + design.n_structures * k
    a = np.zeros((size, size))
    a[np.arange(j), np.arange(j)] = v.sum(axis=1)
    a[np.arange(j, j + c), np.arange(j, j + c)] = v.sum(axis=0)
    a[:j, j : j + c] = v
    c_cell = q.c_cell.reshape(j, c, k)
    for s in range(design.n_structures):
        mine = slice(j + c + s * k, j + c + (s + 1) * k)
        # with one set of steps all criteria share it, else structure s is criterion s
        own = slice(0, c) if design.n_structures == 1 else slice(s, s + 1)
        a[:j, mine] = c_cell[:, own].sum(axis=1)
        a[j + own.start : j + own.stop, mine] = c_cell[:, own].sum(axis=0)
        a[mine, mine] = q.c_step[s]
    return np.triu(a) + np.triu(a, 1).T


def _gram(b: csr_array, weight: np.ndarray) -> np.ndarray:
    """Bᵀ diag(weight) B, dense (J, J).

    Submissions are taken by their number of jurors n: for few, all products of two jurors are counted into
    their cell; where a row is well filled, a dense product is faster.
    """
    n_jur, width = b.shape[1], np.diff(b.indptr)
    upper = np.zeros(n_jur * n_jur)
    dense = np.zeros((n_jur, n_jur))
    full = width * _DENSE_SHARE >= n_jur
    for n in np.unique(width[~full]):
        first, second = np.triu_indices(n, 1)
        rows = np.flatnonzero(width == n)
        for lo in range(0, len(rows), size := max(1, max(_PRODUCTS, n_jur**2) // (n * n))):
            mine = rows[lo : lo + size]
            at = b.indptr[mine] + np.arange(n)[:, None]
            jur, v = b.indices[at].astype(np.int64), b.data[at]
            cell = jur[first] * n_jur
            cell += jur[second]
            product = v[first]
            product *= v[second]
            product *= weight[mine]
            upper += np.bincount(cell.ravel(), weights=product.ravel(), minlength=len(upper))
    rows = np.flatnonzero(full)
    for lo in range(0, len(rows), _CHUNK):
        mine = rows[lo : lo + _CHUNK]
        part = b[mine].toarray()
        dense += part.T @ (part * weight[mine][:, None])
    out = upper.reshape(n_jur, n_jur)
    out = out + out.T + dense
    narrow = np.repeat(np.where(full, 0.0, weight), width)
    out[np.diag_indices(n_jur)] += np.bincount(b.indices, weights=b.data**2 * narrow, minlength=n_jur)
    return out
