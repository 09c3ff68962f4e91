"""Which single marks would follow from published means and severities? An exact audit, and what to withhold.

A published mean of a submission, or severity of a juror, is read as its exact sum of marks: whoever
knows the design and the estimator could work it out. Who read what is a bipartite graph, a mark an edge,
a published sum a node; sums that are not published make one node together. Marks can differ from the true
ones only along closed walks that raise and lower marks in turn and stop at the ends of the scale. So an
edge is an arc from submission to juror where the mark can rise and one back where it can fall, and a mark
follows from the sums if no closed walk uses its edge: arcs between strongly connected components, and
edges of both directions without which a component falls apart (Gusfield 1988, SIAM J. Comput. 17, 552–571;
Boesch & Tindell 1980 for the edges of a component). Marks of a submission that are all at an end of the
scale, a juror who gave everybody the highest mark, and differences of sums are cases of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import lsqr

from fairlib.errors import ScoringError
from fairlib.rules import Scale
from fairlib.scoring.ratings import composite_of, scored

READERS, READINGS = 3, 5
CLOSE = 0.025  # of the scale, and a quarter of its step: a mark so near to severity and estimate is known


@dataclass(frozen=True)
class Graph:
    """Marks as edges: `submission` and `juror` (E,) are codes of nodes, jurors' after the submissions'.

    `value` (E,) lies between `low` and `high`; `n` is the number of nodes, `n_submissions` of them
    submissions.
    """

    submission: np.ndarray
    juror: np.ndarray
    value: np.ndarray
    low: float
    high: float
    n_submissions: int
    n: int


def withheld(
    ratings: pd.DataFrame, scale: Scale, weights: Mapping[str, float] | None = None
) -> tuple[set[str], set[str]]:
    """Submissions whose means, and jurors whose severity, are not published.

    Those with fewer than `READERS` readers or `READINGS` readings; then, while a mark follows from the
    sums that are left, the nodes that stop it. Everything where the marks hardly differ from what
    severity and estimate say of them, or a submission and a juror have more than one scored mark a criterion.

    With equal weights the mark of a pair is its composite, else every criterion has a graph of its own,
    as weights may be such that each criterion's sum can be told from the sum of all.
    """
    try:
        graphs, names, jurors = graphs_of(ratings, scale, weights)
    except ScoringError:
        found = ratings.loc[ratings["status"] == "scored", ["submission", "juror"]]
        return set(found["submission"]), set(found["juror"])
    n = len(names)
    ids = [*names, *jurors]
    pairs = np.unique(np.stack([graphs[0].submission, graphs[0].juror]), axis=1)
    for g in graphs[1:]:
        pairs = np.unique(np.hstack([pairs, np.stack([g.submission, g.juror])]), axis=1)
    degree = np.bincount(pairs.ravel(), minlength=len(ids))
    hidden = degree < np.where(np.arange(len(ids)) < n, READERS, READINGS)
    if not all(_differ(g, scale) for g in graphs):
        hidden[:] = True
    while (edges := _all_exposed(graphs, hidden)).size:
        hidden[_next(edges, hidden, pairs, n)] = True
    told = degree > 0
    return (
        {s for s, h in zip(names, (hidden & told)[:n], strict=True) if h},
        {j for j, h in zip(jurors, (hidden & told)[n:], strict=True) if h},
    )


def graphs_of(
    ratings: pd.DataFrame, scale: Scale, weights: Mapping[str, float] | None
) -> tuple[list[Graph], list[str], list[str]]:
    """The graph of composites, or with unequal weights one a criterion; and the names of its nodes.

    Raises ScoringError where no mark is scored.
    """
    marks = scored(ratings)
    names, jurors = list(marks.submissions), list(marks.jurors)
    n = len(names)

    def graph(submission: np.ndarray, juror: np.ndarray, value: np.ndarray) -> Graph:
        return Graph(submission, juror + n, value, scale.min, scale.max, n, n + len(jurors))

    used = [w for w in weights.values() if w > 0] if weights else []
    if len(set(used)) <= 1:
        pairs = composite_of(marks, weights)
        return [graph(pairs.submission, pairs.juror, pairs.y)], names, jurors
    parts = [np.flatnonzero(marks.criterion == c) for c in range(len(marks.criteria))]
    return (
        [graph(marks.submission[p], marks.juror[p], marks.score[p]) for p in parts if len(p)],
        names,
        jurors,
    )


def exposed(graph: Graph, hidden: np.ndarray) -> np.ndarray:
    """Edges (positions) whose mark has one possible value only; `hidden` (n,) marks sums not published."""
    ends = np.stack([graph.submission, graph.juror])
    free = hidden[ends].all(axis=0)
    ends = np.where(hidden[ends], graph.n, ends)
    near = 1e-9 * (graph.high - graph.low)
    rises, falls = (graph.value < graph.high - near) & ~free, (graph.value > graph.low + near) & ~free
    starts = np.concatenate([ends[0][rises], ends[1][falls]])
    stops = np.concatenate([ends[1][rises], ends[0][falls]])
    arcs = coo_array((np.ones(len(starts)), (starts, stops)), shape=(graph.n + 1, graph.n + 1))
    part = connected_components(arcs.tocsr(), directed=True, connection="strong")[1]
    inside = part[ends[0]] == part[ends[1]]
    found = ~free & ~inside
    walkable = np.flatnonzero(~free & inside)
    bridges = walkable[_bridges(list(zip(*ends[:, walkable].tolist(), strict=True)))]
    both = rises & falls
    found[bridges[both[bridges]]] = True
    return np.flatnonzero(found)


def _all_exposed(graphs: Iterable[Graph], hidden: np.ndarray) -> np.ndarray:
    """Ends (2, E) of exposed edges of every graph."""
    parts = [np.stack([g.submission, g.juror])[:, exposed(g, hidden)] for g in graphs]
    return np.concatenate(parts, axis=1)


def _next(edges: np.ndarray, hidden: np.ndarray, pairs: np.ndarray, n: int) -> int:
    """The node to withhold next: the end of most exposed edges; beside a withheld end, a juror."""
    fresh = edges[:, ~hidden[edges].any(axis=0)]
    if fresh.size:
        return int(np.argmax(np.bincount(fresh.ravel())))
    half = edges[:, 0]
    other = int(half[~hidden[half]][0])
    if other >= n:
        return other
    theirs = pairs[1][pairs[0] == other]
    beside = theirs[~hidden[theirs]]
    load = np.bincount(pairs[1], minlength=len(hidden))
    return int(beside[np.argmin(load[beside])]) if len(beside) else other


def _differ(graph: Graph, scale: Scale) -> bool:
    """Whether marks differ enough from the best sum of a submission's and a juror's effect."""
    rows = np.arange(len(graph.value))
    if len(rows) == 0:
        return False
    at = np.concatenate([graph.submission, graph.juror])
    design = coo_array((np.ones(2 * len(rows)), (np.tile(rows, 2), at)), shape=(len(rows), graph.n)).tocsr()
    left = lsqr(design, graph.value, atol=1e-10, btol=1e-10)[3]
    links = coo_array((np.ones(len(rows)), (graph.submission, graph.juror)), shape=(graph.n, graph.n))
    parts, label = connected_components(links.tocsr(), directed=False)
    used = len(np.unique(at)) - len(np.unique(label[at]))
    dof = len(rows) - used
    least = max(CLOSE * (scale.max - scale.min), (scale.step or 0) / 4)
    return dof > 0 and left / np.sqrt(dof) >= least


def _bridges(edges: list[tuple[int, int]]) -> list[int]:
    """Edges of a multigraph without which it falls apart (Tarjan 1974), by position."""
    around: dict[int, list[tuple[int, int]]] = {}
    for k, (a, b) in enumerate(edges):
        around.setdefault(a, []).append((b, k))
        around.setdefault(b, []).append((a, k))
    seen: dict[int, int] = {}
    lowest: dict[int, int] = {}
    found: list[int] = []
    for root in around:
        if root in seen:
            continue
        seen[root] = lowest[root] = len(seen)
        path = [(root, -1, iter(around[root]))]
        while path:
            node, came_by, rest = path[-1]
            for other, k in rest:
                if k == came_by:
                    continue
                if other in seen:
                    lowest[node] = min(lowest[node], seen[other])
                    continue
                seen[other] = lowest[other] = len(seen)
                path.append((other, k, iter(around[other])))
                break
            else:
                path.pop()
                if path:
                    parent = path[-1][0]
                    lowest[parent] = min(lowest[parent], lowest[node])
                    if lowest[node] > seen[parent]:
                        found.append(came_by)
    return found
