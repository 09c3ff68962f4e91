"""Which few extra readings would help most: the best free juror × submission pairs, one after another.

A reading adds a line to the graph of readings, a change of rank one, so the gain of every candidate
follows from what is known already (Sherman & Morrison 1950, Ann. Math. Stat. 21:124).
"""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from fairlib.errors import ScoringError
from fairlib.scoring.crossed.incidence import Incidence, incidence
from fairlib.scoring.crossed.twoway import components_of, laplacian
from fairlib.scoring.design import Design, _conflicts, _contrast_vectors, design, potentials

_APART = 1e-6  # weak prior on severities that makes errors between components large but finite


def extra_assignments(
    source: Design | pd.DataFrame, k: int, conflicts: Iterable[tuple] | pd.DataFrame | None = None
) -> pd.DataFrame:
    """The `k` readings that lower the mean variance of contrasts most, chosen greedily, in order.

    The contrasts are those between groups where the design has groups, else those between severities of
    jurors. Pairs in `conflicts` (and recused ones) and readings that exist are left out; so are submissions
    without any mark, which carry no comparison.

    Columns: juror, submission, connects (joins two components), se_before, se_after (root mean variance of
    the contrasts, in residual standard deviations; NA while some contrast is impossible).

    Raises ScoringError when k < 1 or no free pair is left.

    Source: Sherman & Morrison (1950) Ann. Math. Stat. 21:124 (the gain of each candidate).
    """
    if k < 1:
        raise ScoringError(f"The number of extra readings must be at least 1, found {k}.")
    found = source if isinstance(source, Design) else design(source)
    barred = found.conflicts | _conflicts(pd.DataFrame(), conflicts)
    free = _free_pairs(found, barred)
    graph, rows = found.incidence, []
    for _ in range(k):
        if not free.any():
            break
        submission, juror = _best(graph, found, free)
        before, was = _mean_error(graph, found)
        graph = _with_reading(graph, submission, juror)
        after, now = _mean_error(graph, found)
        free[submission, juror] = False
        rows.append(
            (found.jurors.index[juror], found.submissions.index[submission], now < was, before, after)
        )
    if not rows:
        raise ScoringError(
            "Every free juror × submission pair is a conflict or read already; nothing can be added."
        )
    table = pd.DataFrame(rows, columns=["juror", "submission", "connects", "se_before", "se_after"])
    return table.astype({"se_before": "Float64", "se_after": "Float64"})


def _free_pairs(found: Design, barred: frozenset) -> np.ndarray:
    """Boolean I × J: pairs that may still be read."""
    graph = found.incidence
    free = np.zeros((graph.n_submissions, graph.n_jurors), dtype=bool)
    free[graph.readers > 0] = True
    free[graph.owner, graph.who] = False
    pairs = [p for p in barred if p[0] in found.jurors.index and p[1] in found.submissions.index]
    if pairs:
        juror, submission = zip(*pairs, strict=True)
        free[found.submissions.index.get_indexer(submission), found.jurors.index.get_indexer(juror)] = False
    return free


def _best(graph: Incidence, found: Design, free: np.ndarray) -> tuple[int, int]:
    """The free pair with the largest fall of the sum of contrast variances; ties go to the first."""
    inverse = _regular_inverse(graph)
    n = np.maximum(graph.readers, 1)[:, None]
    indicator = np.zeros(free.shape)
    indicator[graph.owner, graph.who] = 1
    mean = indicator / n  # z̄_i, the average reader of each submission
    through = mean @ inverse
    resistance = 1 / n + np.diag(inverse) - 2 * through + (through * mean).sum(axis=1)[:, None]
    gain = np.zeros(free.shape)
    pairs, means = _contrast_vectors(graph, found.submissions["group"].array)
    for a, b in pairs:
        at, juror = potentials(graph, inverse, means[a] - means[b])
        gain += (at[:, None] - juror) ** 2
    if not pairs:
        square = inverse @ inverse
        crossing = mean @ square
        gain = np.diag(square) - 2 * crossing + (crossing * mean).sum(axis=1)[:, None]
    gain = np.where(free, gain / (1 + resistance), -np.inf)
    gain[gain > gain.max() * (1 - 1e-9)] = np.inf
    best = np.unravel_index(np.argmax(gain), gain.shape)
    return int(best[0]), int(best[1])


def _mean_error(graph: Incidence, found: Design) -> tuple[float | None, int]:
    """Root mean variance of the contrasts (None while some is impossible), and the number of components."""
    n_parts, _, _ = components_of(graph)
    if n_parts > 1:
        return None, n_parts
    inverse = _regular_inverse(graph)
    pairs, means = _contrast_vectors(graph, found.submissions["group"].array)
    contrasts = [means[a] - means[b] for a, b in pairs]
    variances = [q @ potentials(graph, inverse, q)[0] for q in contrasts]
    used = graph.load > 0
    if not pairs:
        block = inverse[np.ix_(used, used)]
        variances = [2 * (np.trace(block) - block.sum() / len(block)) / max(len(block) - 1, 1)]
    return float(np.sqrt(np.mean(variances))), n_parts


def _regular_inverse(graph: Incidence) -> np.ndarray:
    lap = laplacian(graph)
    scale = max(np.trace(lap) / len(lap), 1.0)
    return np.linalg.inv(lap + _APART * scale * np.eye(len(lap)))


def _with_reading(graph: Incidence, submission: int, juror: int) -> Incidence:
    return incidence(
        np.append(graph.owner, submission), np.append(graph.who, juror), graph.n_submissions, graph.n_jurors
    )
