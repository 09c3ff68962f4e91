"""What a Rasch model expects of a mark: category probabilities, moments, infit and outfit, fair averages.

Private arrays only. Marks are categories 0…K; eta = θ − β − δ is the location of a mark in logits and tau
the K steps of its criterion: log P(h)/P(h−1) = eta − tau_h (Andrich 1978; Masters 1982; Linacre 1989).
"""

import numpy as np

_CHUNK = 1 << 15
_SAFE_EXPONENT = 600.0


def probabilities(eta: np.ndarray, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Category probabilities, shape (K + 1, m), and log normalisers, shape (m,), of m locations.

    Powers of exp(eta) cost one exponential a mark instead of one a category; where they could leave the
    range of floats the logits are shifted by their maximum first. log P(h) = h·eta − Σ tau_{≤h} − log Z.

    >>> p, _ = probabilities(np.array([0.0]), np.array([-1.0, 1.0]))
    >>> p.ravel().round(4).tolist()
    [0.2119, 0.5761, 0.2119]
    """
    k = len(tau)
    reach = np.abs(eta).max(initial=0.0) * max(1.0, k / 2) + np.abs(np.cumsum(tau)).max(initial=0.0)
    if reach > _SAFE_EXPONENT:
        return _probabilities_shifted(eta, tau)
    p = np.empty((k + 1, len(eta)))
    odds = np.exp(eta)
    np.exp(-k / 2 * eta, out=p[0])
    for h, factor in enumerate(np.exp(-tau), start=1):
        np.multiply(p[h - 1], odds, out=p[h])
        p[h] *= factor
    total = p.sum(axis=0)
    p *= 1 / total
    return p, np.log(total) + k / 2 * eta


def _probabilities_shifted(eta: np.ndarray, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    p = np.multiply.outer(np.arange(len(tau) + 1.0), eta)
    p[1:] -= np.cumsum(tau)[:, None]
    top = p.max(axis=0)
    p -= top
    np.exp(p, out=p)
    total = p.sum(axis=0)
    p /= total
    return p, np.log(total) + top


def moments(eta: np.ndarray, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expected category and its variance at m locations.

    >>> [float(v[0].round(4)) for v in moments(np.array([0.0]), np.array([-1.0, 1.0]))]
    [1.0, 0.4239]
    """
    expected, variance = np.empty(len(eta)), np.empty(len(eta))
    h = np.arange(len(tau) + 1.0)
    for lo in range(0, len(eta), _CHUNK):
        part = slice(lo, lo + _CHUNK)
        p, _ = probabilities(eta[part], tau)
        expected[part] = h @ p
        variance[part] = (h * h) @ p - expected[part] ** 2
    return expected, variance


def mark_moments(eta: np.ndarray, structure: np.ndarray, tau: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`moments` of marks whose steps are the rows of `tau` named by `structure`."""
    if len(tau) == 1:
        return moments(eta, tau[0])
    expected, variance = np.empty(len(eta)), np.empty(len(eta))
    for s in range(len(tau)):
        mine = np.flatnonzero(structure == s)
        expected[mine], variance[mine] = moments(eta[mine], tau[s])
    return expected, variance


def fit_statistics(
    group: np.ndarray, n_groups: int, residual: np.ndarray, variance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Infit Σ(x−E)²/ΣV and outfit mean (x−E)²/V of each group (Wright & Masters 1982, ch. 5).

    Both are 1 when marks scatter as the model says, larger when they surprise; NaN for empty groups, which
    the caller marks with a status.
    """
    squared, variance = residual**2, np.maximum(variance, np.finfo(float).tiny)
    n = np.bincount(group, minlength=n_groups)
    some = n > 0
    infit, outfit = np.full(n_groups, np.nan), np.full(n_groups, np.nan)
    total = np.bincount(group, weights=variance, minlength=n_groups)
    np.divide(np.bincount(group, weights=squared, minlength=n_groups), total, out=infit, where=some)
    np.divide(np.bincount(group, weights=squared / variance, minlength=n_groups), n, out=outfit, where=some)
    return infit, outfit


def fair_average(
    location: np.ndarray, delta: np.ndarray, tau: np.ndarray, values: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Expected mark at m locations, mean over the criteria, and its slope per logit, in points.

    `delta` has one entry a criterion, `tau` one row a criterion or a single row for all, `values` the mark
    that each category stands for (Linacre 1989: the fair average).
    """
    mean, slope = np.zeros(len(location)), np.zeros(len(location))
    h = np.arange(len(values), dtype=float)
    for c, d in enumerate(delta):
        steps = tau[c if len(tau) > 1 else 0]
        for lo in range(0, len(location), _CHUNK):
            part = slice(lo, lo + _CHUNK)
            p, _ = probabilities(location[part] - d, steps)
            expected = values @ p
            mean[part] += expected
            slope[part] += (values * h) @ p - expected * (h @ p)
    return mean / len(delta), slope / len(delta)


def separation(measure: np.ndarray, se: np.ndarray, group: np.ndarray) -> tuple[float, float] | None:
    """Separation G = sd_true / rmse and reliability G²/(1 + G²) (Wright & Masters 1982).

    Variance is taken within connected groups, since measures of different groups have no common origin.
    None where fewer than two measures share a group or every error is zero.
    """
    n_groups = len(np.unique(group))
    error = float(np.mean(se**2)) if len(se) else 0.0
    if len(measure) - n_groups < 1 or error == 0:
        return None
    codes = np.unique(group, return_inverse=True)[1]
    centre = np.bincount(codes, weights=measure) / np.bincount(codes)
    observed = float(np.sum((measure - centre[codes]) ** 2) / (len(measure) - n_groups))
    ratio = max(observed - error, 0.0) / error
    return float(np.sqrt(ratio)), ratio / (1 + ratio)
