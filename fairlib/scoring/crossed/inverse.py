"""How is a symmetric matrix inverted fast, small or large, on a quiet machine or a busy one?"""

from functools import lru_cache

import numpy as np
from scipy.linalg import lapack

SMALL = 100  # rows up to which an inverse is made without threads


def symmetric_inverse(chol: np.ndarray) -> np.ndarray:
    """Inverse of a symmetric matrix from its lower Cholesky factor.

    A small one as L⁻ᵀL⁻¹: dpotri sends threads after it, which on busy cores wait for each other ten times as
    long as the work takes.
    """
    if len(chol) <= SMALL:
        root = np.tril(lapack.dtrtri(chol, lower=1)[0])
        return root.T @ root
    inverse = lapack.dpotri(chol, lower=1)[0]
    np.copyto(inverse, inverse.T, where=_above(len(inverse)))
    return inverse


@lru_cache(maxsize=4)
def _above(size: int) -> np.ndarray:
    """Mask of the entries above the diagonal, in column order like the factor."""
    return np.asfortranarray(np.triu(np.ones((size, size), dtype=bool), 1))
