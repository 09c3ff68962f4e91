"""Two-way least squares, y_ij = μ_i + b_j + e_ij, with every standard error, exact for any incomplete design.

Submissions are eliminated first: L b = t_J − NᵀD⁻¹t_I with L = D_J − NᵀD⁻¹N, the Laplacian of the jurors.
Its pseudo-inverse L⁺ = (L + GGᵀ)⁻¹ − GGᵀ (G the normalised indicators of the components) gives all
covariances at once. In each component the juror effects sum to zero.

Abowd, Creecy & Kramarz (2002) Census LEHD TP-2002-06; Jochmans & Weidner (2019) Econometrica 87:1543.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from scipy.linalg import lapack
from scipy.sparse.csgraph import connected_components

from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.inverse import symmetric_inverse
from fairlib.scoring.crossed.sums import Sums


@dataclass(frozen=True)
class TwoWay:
    """Effects and standard errors on the scale of the marks.

    `submission` (I,) is μ_i, the expected mark from a juror of mean severity of its component; `juror`
    (J,) is added to a mark. `sigma` is None, and errors are None, when no degree of freedom is left.
    """

    submission: np.ndarray
    juror: np.ndarray
    sigma: float | None
    dof: int
    submission_se: np.ndarray | None
    juror_se: np.ndarray | None


def components_of(design: Incidence) -> tuple[int, np.ndarray, np.ndarray]:
    """Connected parts: number, and the part of each submission (I,) and juror (J,), −1 if without a mark.

    Parts are numbered from 0 by falling number of submissions.
    """
    i, j = design.n_submissions, design.n_jurors
    rows = np.concatenate([np.repeat(b.members, b.d) for b in design.blocks])
    cols = np.concatenate([b.jurors.ravel() for b in design.blocks]) + i
    graph = sp.coo_array((np.ones(len(rows), dtype=np.int8), (rows, cols)), shape=(i + j, i + j))
    _, label = connected_components(graph, directed=False)
    used = np.concatenate([design.readers > 0, design.load > 0])
    size = np.bincount(label[:i][used[:i]], minlength=label.max() + 1)
    seen = np.unique(label[used])
    rank = np.full(label.max() + 1, -1)
    rank[seen[np.argsort(-size[seen], kind="stable")]] = np.arange(len(seen))
    part = np.where(used, rank[label], -1)
    return len(seen), part[:i], part[i:]


def comparable_parts(design: Incidence) -> tuple[int, np.ndarray, np.ndarray]:
    """`components_of`, those joined that the model with levels compares all the same.

    Where each group of some grouping lies in one part, as with panels that read their own nomination and nothing
    else, levels are compared through marks whose error includes the difference of panels. Parts inside a level
    are not joined.
    """
    n_parts, of_submission, of_juror = components_of(design)
    read = design.readers > 0
    inside = [np.unique(np.column_stack([c, of_submission])[read], axis=0) for c in design.levels.codes]
    if n_parts == 1 or design.n_levels == 1 or all(len(w) > len(np.unique(w[:, 0])) for w in inside):
        return n_parts, of_submission, of_juror
    return 1, np.minimum(of_submission, 0), np.minimum(of_juror, 0)


def laplacian(design: Incidence) -> np.ndarray:
    """L = D_J − NᵀD⁻¹N, the J × J Laplacian of the jurors."""
    j = design.n_jurors
    return np.diag(design.load) - design.gram(1 / design.sizes)[:j, :j]


def pseudo_inverse(lap: np.ndarray, part: np.ndarray) -> np.ndarray:
    """L⁺ of a juror Laplacian whose null space is spanned by the parts (J,); −1 stands alone with zeros."""
    used = part >= 0
    size = np.bincount(part[used])
    joint = (part[:, None] == part) & used
    projector = np.where(joint, 1 / size[np.where(used, part, 0)], 0.0)
    system = lap + projector
    system[~used, ~used] = 1
    chol, _ = lapack.dpotrf(system, lower=1, overwrite_a=1)
    inverse = symmetric_inverse(chol) - projector
    inverse[~used, ~used] = 0
    return inverse


def two_way(sums: Sums) -> TwoWay:
    """Least squares from the sums of `sums_of`; the effects of unread submissions are 0, their errors too."""
    p = sums.incidence
    n_parts, _, part = components_of(p)
    inverse = pseudo_inverse(laplacian(p), part)
    return solve(sums, inverse, n_parts)


def solve(sums: Sums, inverse: np.ndarray, n_parts: int, *, with_errors: bool = True) -> TwoWay:
    """`two_way` with L⁺ at hand, for many sets of marks on one design."""
    p, j = sums.incidence, sums.incidence.n_jurors
    readers = np.maximum(p.readers, 1)
    right = sums.ysum[:j] - ((1 / p.sizes) @ sums.nt)[:j]
    b = inverse @ right
    merit = (sums.total - p.over_readers(b)) / readers
    dof = p.n - int((p.readers > 0).sum()) - int((p.load > 0).sum()) + n_parts
    rss = max(sums.yy - float(merit @ sums.total) - float(b @ sums.ysum[:j]), 0.0)
    merit = np.where(p.readers > 0, merit + sums.centre, 0.0)
    if dof <= 0 or not with_errors:
        return TwoWay(merit, b, None, dof, None, None)
    s2 = rss / dof
    variance = np.where(p.readers > 0, 1 / readers + p.quadratic(inverse) / readers**2, 0.0)
    return TwoWay(
        merit,
        b,
        float(np.sqrt(s2)),
        dof,
        np.sqrt(s2 * variance),
        np.sqrt(s2 * np.maximum(np.diag(inverse), 0)),
    )
