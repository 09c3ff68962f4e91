"""What the design supports before any mark is looked at: who can be compared with whom, and how well.

Jurors and submissions form a graph with a line for every reading. Comparisons travel along its lines: in
separate parts nothing can be compared; over a thin bridge only with a large error. Errors are those of
two-way least squares (jurors taken as they are, nothing shrunk), in units of the residual standard
deviation of one mark, so that they depend on the design alone.

Jochmans & Weidner (2019) Econometrica 87:1543 (connectivity and error); MacKay, Kenna, Low & Parker
(2017) R. Soc. Open Sci. 4:160760 (calibration of panels); Linacre (1989) (subset connection).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import scipy.sparse as sp

from fairlib.errors import ScoringError
from fairlib.scoring.crossed.incidence import Incidence, incidence
from fairlib.scoring.crossed.sums import sums_of
from fairlib.scoring.crossed.twoway import components_of, laplacian, pseudo_inverse, solve
from fairlib.scoring.ratings import composite

WEAK = 2.0  # errors beyond this multiple of those of an ideal design of the same size make it weak
VERDICTS = {
    "crossed": "every juror read every submission",
    "connected": "every comparison is carried by several chains of jurors",
    "weakly connected": "comparisons exist but some hang on few readings",
    "disconnected": "some comparisons are carried by no reading at all",
}


@dataclass(frozen=True)
class Design:
    """What `design` found; errors in residual standard deviations of one mark, `sigma` turns them to points.

    `submissions`: n_jurors, component, group. `jurors`: n_submissions, component, se (of the severity),
    inflation (se over √((1 − 1/J)/n_submissions), that of J jurors who all read everything), is_cut (without
    this juror the design falls apart).
    `components`: submissions, jurors, readings by component. `overlap`: group × group, how many jurors read
    in both. `contrasts`: per pair of groups se, se_ideal (everybody reads everything, same number of
    readings), inflation, se_points, status. `bridges`: readings that alone hold two parts together.
    `connectivity` is the second smallest eigenvalue of the normalised juror Laplacian (0 apart, 1 ideal).
    """

    verdict: str
    reason: str
    n_submissions: int
    n_jurors: int
    n_readings: int
    submissions: pd.DataFrame
    jurors: pd.DataFrame
    components: pd.DataFrame
    overlap: pd.DataFrame
    contrasts: pd.DataFrame
    bridges: pd.DataFrame
    inflation: float
    connectivity: float
    sigma: float | None
    conflicts: frozenset
    incidence: Incidence = field(repr=False)


def design(
    ratings: pd.DataFrame,
    groups: pd.Series | None = None,
    conflicts: Iterable[tuple] | pd.DataFrame | None = None,
) -> Design:
    """Describe who scored what; `groups` maps submission → group (nomination) for overlap and contrasts.

    `conflicts` are (juror, submission) pairs, or a table with these columns, that must never be proposed
    as a reading; rows of the ratings with status recused are added to them.

    Raises ScoringError when a submission with marks has no group.

    Sources: Jochmans & Weidner (2019) Econometrica 87:1543; MacKay, Kenna, Low & Parker (2017).
    """
    pairs = composite(ratings)
    graph = incidence(pairs.submission, pairs.juror, len(pairs.submissions), len(pairs.jurors))
    n_parts, sub_part, jur_part = components_of(graph)
    group = _groups(groups, pairs.submissions, graph)
    inverse = pseudo_inverse(laplacian(graph), jur_part)
    ls = solve(sums_of(graph, pairs.y), inverse, n_parts)
    contrasts = _contrasts(graph, inverse, group, sub_part, ls.sigma)
    cut, bridges = _weak_points(graph)
    jurors = _jurors(graph, inverse, jur_part, cut).set_axis(pairs.jurors.rename("juror"))
    used = graph.load > 0
    inflation = float(np.sqrt(np.mean(jurors["inflation"].to_numpy(float)[used] ** 2)))
    verdict = _verdict(graph, n_parts, inflation, contrasts, len(bridges))
    found = Design(
        verdict=verdict,
        reason="",
        n_submissions=int((graph.readers > 0).sum()),
        n_jurors=int(used.sum()),
        n_readings=graph.n,
        submissions=_submissions(graph, sub_part, group, pairs.submissions),
        jurors=jurors,
        components=_components(graph, sub_part, jur_part),
        overlap=_overlap(graph, group),
        contrasts=contrasts,
        bridges=_named(bridges, pairs.submissions, pairs.jurors),
        inflation=inflation,
        connectivity=_connectivity(graph, n_parts),
        sigma=ls.sigma,
        conflicts=_conflicts(ratings, conflicts),
        incidence=graph,
    )
    return replace(found, reason=_reason(found))


def _groups(groups: pd.Series | None, submissions: pd.Index, graph: Incidence) -> pd.Categorical:
    if groups is None:
        return pd.Categorical(["all"] * len(submissions))
    if not groups.index.is_unique:
        raise ScoringError(
            f"Submission {groups.index[groups.index.duplicated()][0]} has two groups; it needs one."
        )
    label = groups.reindex(submissions)
    bare = np.flatnonzero(label.isna().to_numpy() & (graph.readers > 0))
    if len(bare):
        raise ScoringError(
            f"Submission {submissions[bare[0]]} has marks but no group; give every submission one."
        )
    return pd.Categorical(label)


def _conflicts(ratings: pd.DataFrame, conflicts: Iterable[tuple] | pd.DataFrame | None) -> frozenset:
    if isinstance(conflicts, pd.DataFrame):
        conflicts = conflicts[["juror", "submission"]].itertuples(index=False, name=None)
    found = {tuple(pair) for pair in conflicts or ()}
    if "status" in ratings.columns:
        recused = ratings.loc[ratings["status"] == "recused", ["juror", "submission"]]
        found |= set(recused.itertuples(index=False, name=None))
    return frozenset(found)


def _submissions(graph: Incidence, part: np.ndarray, group: pd.Categorical, index: pd.Index) -> pd.DataFrame:
    table = {"n_jurors": graph.readers, "component": _part(part), "group": group}
    return pd.DataFrame(table, index=index.rename("submission"))


def _jurors(graph: Incidence, inverse: np.ndarray, part: np.ndarray, cut: np.ndarray) -> pd.DataFrame:
    used = graph.load > 0
    se = np.sqrt(np.maximum(np.diag(inverse), 0))
    together = np.bincount(part[used])[np.maximum(part, 0)]  # jurors in the part of each
    alone = used & (together == 1)
    ideal = np.sqrt((1 - 1 / np.maximum(together, 2)) / np.maximum(graph.load, 1))
    inflation = np.where(alone, 1.0, se / ideal)
    return pd.DataFrame(
        {
            "n_submissions": graph.load.astype("int64"),
            "component": _part(part),
            "se": pd.arrays.FloatingArray(se, ~used | alone),
            "inflation": pd.arrays.FloatingArray(inflation, ~used),
            "is_cut": cut,
        }
    )


def _components(graph: Incidence, sub_part: np.ndarray, jur_part: np.ndarray) -> pd.DataFrame:
    readings = np.bincount(sub_part[graph.owner])
    counts = [np.bincount(p[p >= 0], minlength=len(readings)) for p in (sub_part, jur_part)]
    index = pd.RangeIndex(1, len(readings) + 1, name="component")
    return pd.DataFrame(
        {"submissions": counts[0], "jurors": counts[1], "readings": readings}, index=index, dtype="int64"
    )


def _reads_in(graph: Incidence, group: pd.Categorical) -> np.ndarray:
    """Readings of each juror in each group, J × G."""
    n = len(group.categories)
    cell = graph.who * n + group.codes.astype(np.int64)[graph.owner]
    return np.bincount(cell, minlength=graph.n_jurors * n).reshape(-1, n)


def _overlap(graph: Incidence, group: pd.Categorical) -> pd.DataFrame:
    reads = (_reads_in(graph, group) > 0).astype("int64")
    return pd.DataFrame(reads.T @ reads, index=group.categories, columns=group.categories)


def _contrast_vectors(graph: Incidence, group: pd.Categorical) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Pairs of groups with marks, and for each group the mean of its submissions' indicator (I,)."""
    codes = group.codes.astype(np.int64)
    read = graph.readers > 0
    size = np.bincount(codes[read], minlength=len(group.categories))
    means = np.zeros((len(group.categories), graph.n_submissions))
    means[codes[read], np.flatnonzero(read)] = 1 / size[codes[read]]
    there = np.flatnonzero(size)
    return [(int(a), int(b)) for k, a in enumerate(there) for b in there[k + 1 :]], means


def potentials(graph: Incidence, inverse: np.ndarray, contrast: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """𝓛⁺q of a contrast q of submissions (I,): its covariance with submission and juror effects over σ².

    Submissions first (I,), then jurors (J,), the latter with the sign of a severity.
    """
    share = contrast / np.maximum(graph.readers, 1)
    onto = np.bincount(graph.who, weights=share[graph.owner], minlength=graph.n_jurors)
    juror = inverse @ onto
    return share + graph.over_readers(juror) / np.maximum(graph.readers, 1), juror


def _contrasts(
    graph: Incidence, inverse: np.ndarray, group: pd.Categorical, part: np.ndarray, sigma: float | None
) -> pd.DataFrame:
    pairs, means = _contrast_vectors(graph, group)
    rows = []
    for a, b in pairs:
        q = means[a] - means[b]
        inside = [set(part[means[g] > 0]) for g in (a, b)]
        linked = inside[0] == inside[1] and len(inside[0]) == 1
        se = float(np.sqrt(q @ potentials(graph, inverse, q)[0])) if linked else None
        ideal = float(np.sqrt(q**2 @ (1 / np.maximum(graph.readers, 1))))
        rows.append(
            {
                "group_a": group.categories[a],
                "group_b": group.categories[b],
                "se": se,
                "se_ideal": ideal,
                "inflation": None if se is None else se / ideal,
                "se_points": None if se is None or sigma is None else se * sigma,
                "status": "ok" if linked else "disconnected",
            }
        )
    columns = ["group_a", "group_b", "se", "se_ideal", "inflation", "se_points", "status"]
    numbers = dict.fromkeys(["se", "se_ideal", "inflation", "se_points"], "Float64")
    return pd.DataFrame(rows, columns=columns).astype(numbers)


def _connectivity(graph: Incidence, n_parts: int) -> float:
    used = graph.load > 0
    if n_parts > 1:
        return 0.0
    if used.sum() < 2:
        return 1.0
    root = 1 / np.sqrt(graph.load[used])
    lap = laplacian(graph)[np.ix_(used, used)] * root[:, None] * root
    return float(np.clip(np.linalg.eigvalsh(lap)[1], 0, 1))


def _weak_points(graph: Incidence) -> tuple[np.ndarray, np.ndarray]:
    """Jurors (J,) whose loss, and readings (k, 2) whose loss, would separate submissions from each other.

    Tarjan's (1972, SIAM J. Comput. 1:146) low points on the graph of readings. A submission with a single
    reading is not counted: it hangs on that reading in any design.
    """
    n_i, size = graph.n_submissions, graph.n_submissions + graph.n_jurors
    ends = (np.append(graph.owner, graph.who + n_i), np.append(graph.who + n_i, graph.owner))
    links = sp.csr_array((np.ones(2 * graph.n, dtype=np.int8), ends), shape=(size, size))
    starts, targets = links.indptr.tolist(), links.indices.tolist()
    order = [-1] * size
    cut = np.zeros(graph.n_jurors, dtype=bool)
    bridges: list[tuple[int, int]] = []
    for root in np.flatnonzero(graph.readers).tolist():
        if order[root] < 0:
            visit = _depth_first(starts, targets, root, order)
            _judge(visit, order, n_i, cut, bridges)
    return cut, np.array(sorted(bridges), dtype=np.int64).reshape(-1, 2)


def _depth_first(starts: list, targets: list, root: int, order: list) -> list[tuple[int, int, int]]:
    """Nodes as they are left, each with its parent and its low point; numbers them in `order`."""
    at, low, stack, parent = {root: starts[root]}, {root: 0}, [root], {root: -1}
    count, left = 1, []
    order[root] = 0
    while stack:
        node = stack[-1]
        up, lowest, end = parent[node], low[node], starts[node + 1]
        for place in range(at[node], end):
            to = targets[place]
            if order[to] < 0:
                order[to] = low[to] = count
                count += 1
                parent[to], at[to], at[node] = node, starts[to], place + 1
                stack.append(to)
                break
            if to != up and order[to] < lowest:
                lowest = order[to]
        low[node] = lowest
        if stack[-1] == node:
            stack.pop()
            left.append((node, up, lowest))
            if up >= 0 and lowest < low[up]:
                low[up] = lowest
    return left


def _judge(visit: list[tuple[int, int, int]], order: list, n_i: int, cut: np.ndarray, bridges: list) -> None:
    """Cut jurors and bridges of one component, by how many submissions hang below each node."""
    inside = sum(node < n_i for node, _, _ in visit)
    below: dict[int, int] = {}
    loose: dict[int, list[int]] = {}
    for node, up, low in visit:
        here = below.pop(node, 0) + (node < n_i)
        if up < 0:
            continue
        below[up] = below.get(up, 0) + here
        if up >= n_i and low >= order[up]:
            loose.setdefault(up, []).append(here)
        if low > order[up] and min(here, inside - here) > 1:
            bridges.append((min(node, up), max(node, up) - n_i))
    for juror, parts in loose.items():
        cut[juror - n_i] = sum(size > 1 for size in [*parts, inside - sum(parts)]) > 1


def _verdict(
    graph: Incidence, n_parts: int, inflation: float, contrasts: pd.DataFrame, n_bridges: int
) -> str:
    if n_parts > 1:
        return "disconnected"
    if graph.n == int((graph.readers > 0).sum()) * int((graph.load > 0).sum()):
        return "crossed"
    worst = contrasts["inflation"].max() if len(contrasts) else 1.0
    return "weakly connected" if inflation > WEAK or worst > WEAK or n_bridges else "connected"


def _reason(d: Design) -> str:
    """The verdict in a sentence with its numbers."""
    text = (
        f"{d.verdict}: {VERDICTS[d.verdict]}. {d.n_submissions} submissions, {d.n_jurors} jurors, "
        f"{d.n_readings} readings in {len(d.components)} component{'s' if len(d.components) > 1 else ''}; "
        f"a juror's severity has {d.inflation:.2f} times the error of an ideal design"
    )
    if d.verdict == "disconnected":
        sizes = ", ".join(map(str, d.components["submissions"].head(6)))
        return f"{text}, inside its component; components of {sizes} submissions."
    if len(d.contrasts):
        worst = d.contrasts.loc[d.contrasts["inflation"].astype(float).idxmax()]
        text += f", the contrast of {worst['group_a']} with {worst['group_b']} {worst['inflation']:.2f} times"
    cut = d.jurors.index[d.jurors["is_cut"]]
    if len(cut):
        text += f"; without juror {', '.join(map(str, cut[:3]))} it would fall apart"
    return f"{text}; connectivity {d.connectivity:.2f}."


def _named(bridges: np.ndarray, submissions: pd.Index, jurors: pd.Index) -> pd.DataFrame:
    return pd.DataFrame({"submission": submissions[bridges[:, 0]], "juror": jurors[bridges[:, 1]]})


def _part(part: np.ndarray) -> pd.arrays.IntegerArray:
    return pd.arrays.IntegerArray(part.astype("int64") + 1, part < 0)
