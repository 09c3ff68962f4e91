"""From marks to what a Rasch model can be fitted to: ordered categories, no extremes, known components.

Private arrays only. Categories that nobody uses are collapsed for all alike, never cell by cell. Elements
with only lowest or only highest marks have no finite estimate: they are peeled off until none is left.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from fairlib.errors import ScoringError
from fairlib.scoring.ratings import Marks

KINDS = ("submission", "juror", "criterion")
MAX_CATEGORIES = 101


@dataclass(frozen=True)
class Peeled:
    """Categories x of all n marks, and which marks were set aside with an extreme element.

    `values[h]` is the mean mark of category h; `removed[m]` is 0 for a mark that takes part in the fit,
    else the step (1-based) at which it left; `steps[t − 1]` is the kind of element peeled at step t.
    """

    x: np.ndarray
    values: np.ndarray
    removed: np.ndarray
    steps: tuple[str, ...]
    findings: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Prepared:
    """Marks ready for a fit, sorted by step structure, submission and juror; all codes are compact.

    Per mark (length n): `sub`, `cell` = juror · criteria + criterion, `pair`, `x`. Per pair: `pair_sub`
    (ascending), `pair_jur`. `blocks` are (structure, start, stop). `component` is the connected subset of
    each juror and `sub_component` of each submission. `kept` maps compact codes back, by kind.
    """

    sub: np.ndarray
    cell: np.ndarray
    pair: np.ndarray
    x: np.ndarray
    pair_sub: np.ndarray
    pair_jur: np.ndarray
    blocks: tuple[tuple[int, int, int], ...]
    n_steps: int
    component: np.ndarray
    sub_component: np.ndarray
    kept: dict[str, np.ndarray]

    @property
    def n_sub(self) -> int:
        """Number of submissions in the fit."""
        return len(self.kept["submission"])

    @property
    def n_jur(self) -> int:
        """Number of jurors in the fit."""
        return len(self.kept["juror"])

    @property
    def n_cri(self) -> int:
        """Number of criteria in the fit."""
        return len(self.kept["criterion"])

    @property
    def n_structures(self) -> int:
        """Number of sets of steps: 1 for the rating scale, one a criterion for partial credit."""
        return len(self.blocks)

    @property
    def structure(self) -> np.ndarray:
        """Structure of each mark."""
        return np.repeat(
            [b[0] for b in self.blocks], [b[2] - b[1] for b in self.blocks]
        )  # blocks are in order of marks


def peel(marks: Marks, partial_credit: bool, kinds: tuple[str, ...]) -> Peeled:
    """Find categories and extreme elements together, until neither changes.

    An element of `kinds` is extreme when all its remaining marks lie in the lowest or all in the highest
    category (Wright & Masters 1982); taking it out may make others extreme and may empty a category.

    Raises ScoringError when the marks are not categories or when nothing is left to compare.
    """
    values, level = np.unique(marks.score.round(9), return_inverse=True)
    if len(values) > MAX_CATEGORIES:
        raise ScoringError(
            f"The marks take {len(values)} different values; a Rasch model needs ordered categories, at most "
            f"{MAX_CATEGORIES}. Use marks as given, not composites, or round them to the step of the scale."
        )
    removed = np.zeros(len(level), dtype=np.int16)
    steps: list[str] = []
    while True:
        alive = removed == 0
        criterion = marks.criterion if partial_credit else np.zeros_like(marks.criterion)
        lookup = _lookup(level[alive], criterion[alive], len(values))
        x = lookup[level]
        before = len(steps)
        _peel_once(marks, x, removed, steps, kinds)
        if len(steps) == before:
            break
    used = np.bincount(level[removed == 0], minlength=len(values))
    means = np.bincount(lookup, weights=used * values) / np.bincount(lookup, weights=used)
    return Peeled(x, means, removed, tuple(steps), _category_findings(values, lookup))


def _lookup(level: np.ndarray, criterion: np.ndarray, n_levels: int) -> np.ndarray:
    """Category of every level, such that each criterion in `criterion` uses each category.

    A level that some criterion never uses joins the less used of its neighbours (the lower one on a tie),
    for all criteria. Levels that no mark has take the category of the nearest level below, if any.
    """
    if len(level) == 0:
        raise ScoringError(
            "Every submission, juror or criterion has only the lowest or only the highest mark; "
            "a Rasch model has nothing to compare. Use the raw means."
        )
    present = np.unique(criterion)
    table = np.bincount(
        np.searchsorted(present, criterion) * n_levels + level, minlength=len(present) * n_levels
    ).reshape(len(present), n_levels)
    groups = [[h] for h in np.flatnonzero(table.sum(axis=0))]
    counts = [table[:, h].copy() for h in np.flatnonzero(table.sum(axis=0))]
    while len(groups) > 1 and any((c == 0).any() for c in counts):
        g = next(g for g, c in enumerate(counts) if (c == 0).any())
        sides = [s for s in (g - 1, g + 1) if 0 <= s < len(groups)]
        low = min(g, min(sides, key=lambda s: (counts[s].sum(), s)))
        groups[low : low + 2] = [groups[low] + groups[low + 1]]
        counts[low : low + 2] = [counts[low] + counts[low + 1]]
    first = np.array([g[0] for g in groups])
    return np.maximum(np.searchsorted(first, np.arange(n_levels), side="right") - 1, 0)


def _peel_once(
    marks: Marks, x: np.ndarray, removed: np.ndarray, steps: list[str], kinds: tuple[str, ...]
) -> None:
    """One round over the kinds; writes into `removed` and `steps`."""
    top = int(x.max())
    for kind in kinds:
        alive = np.flatnonzero(removed == 0)
        code = getattr(marks, kind)[alive]
        size = int(getattr(marks, kind).max()) + 1
        n = np.bincount(code, minlength=size)
        total = np.bincount(code, weights=x[alive], minlength=size)
        extreme = (n > 0) & ((total == 0) | (total == n * top))
        if extreme.any():
            steps.append(kind)
            removed[alive[extreme[code]]] = len(steps)


def _category_findings(values: np.ndarray, lookup: np.ndarray) -> tuple[tuple[str, str, str], ...]:
    """Findings (code, found, done) on values never used and on values that share a category."""
    found = []
    step = float(np.diff(values).min()) if len(values) > 1 else 1.0
    grid = values[0] + step * np.arange(round((values[-1] - values[0]) / step) + 1)
    if len(grid) <= MAX_CATEGORIES:
        idle = [f"{v:g}" for v in grid if np.abs(values - v).min() > 1e-6]
        if idle:
            found.append(
                ("unused_category", f"no mark is {', '.join(idle)}", "the scale closes up over it for all")
            )
    for h in range(int(lookup.max()) + 1):
        shared = values[lookup == h]
        if len(shared) > 1:
            names = ", ".join(f"{v:g}" for v in shared)
            found.append(("collapsed_category", f"marks {names}", "one category for all"))
    return tuple(found)


def build(marks: Marks, peeled: Peeled, partial_credit: bool) -> Prepared:
    """Compact and sort the marks that take part; find connected subsets and confounded criteria."""
    use = np.flatnonzero(peeled.removed == 0)
    kept, codes = {}, {}
    for kind in KINDS:
        full = getattr(marks, kind)
        seen = np.zeros(int(full.max()) + 1, dtype=bool)
        seen[full[use]] = True
        kept[kind] = np.flatnonzero(seen)
        codes[kind] = (np.cumsum(seen) - 1)[full[use]]
    n_jur, n_cri = len(kept["juror"]), len(kept["criterion"])
    cell = codes["juror"] * n_cri + codes["criterion"]
    order = np.argsort(codes["submission"] * np.int64(n_jur * n_cri) + cell, kind="stable")
    sub, cell, x = codes["submission"][order], cell[order], peeled.x[use[order]]
    pair, first = _pairs(sub, cell // n_cri)
    pair_sub, pair_jur = sub[first], cell[first] // n_cri
    blocks: tuple[tuple[int, int, int], ...] = ((0, 0, len(x)),)
    if partial_credit:
        by = np.argsort((cell % n_cri).astype(np.int16), kind="stable")
        sub, cell, x, pair = sub[by], cell[by], x[by], pair[by]
        edge = np.concatenate([[0], np.cumsum(np.bincount(cell % n_cri, minlength=n_cri))])
        blocks = tuple((c, int(edge[c]), int(edge[c + 1])) for c in range(n_cri))
    sub_part, jur_part = _components(pair_sub, pair_jur, len(kept["submission"]), n_jur)
    _refuse_confounded(pair, cell % n_cri, cell // n_cri, sub, n_cri)
    n_steps = len(peeled.values) - 1
    return Prepared(sub, cell, pair, x, pair_sub, pair_jur, blocks, n_steps, jur_part, sub_part, kept)


def _pairs(sub: np.ndarray, jur: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pair id of each mark and first mark of each pair; marks sorted by submission and juror."""
    new = np.ones(len(sub), dtype=bool)
    new[1:] = (np.diff(sub) != 0) | (np.diff(jur) != 0)
    return np.cumsum(new) - 1, np.flatnonzero(new)


def _components(
    pair_sub: np.ndarray, pair_jur: np.ndarray, n_sub: int, n_jur: int
) -> tuple[np.ndarray, np.ndarray]:
    """Connected subset of each submission and juror, numbered by the first juror in each."""
    graph = coo_array(
        (np.ones(len(pair_sub), dtype=np.int8), (pair_sub, pair_jur + n_sub)), shape=(n_sub + n_jur,) * 2
    )
    _, label = connected_components(graph, directed=False)
    _, first = np.unique(label[n_sub:], return_index=True)
    rank = np.argsort(np.argsort(first))
    return rank[label[:n_sub]], rank[label[n_sub:]]


def _refuse_confounded(
    pair: np.ndarray, cri: np.ndarray, jur: np.ndarray, sub: np.ndarray, n_cri: int
) -> None:
    """Refuse criteria whose hardness cannot be told from severity or from quality.

    Criteria marked together by one juror on one submission are tied directly. Otherwise the criteria
    effects must survive the elimination of submissions and jurors: rank n_cri − 1.
    """
    if n_cri == 1:
        return
    joined = coo_array((np.ones(len(pair), dtype=np.int8), (pair, cri + pair.max() + 1)))
    size = int(pair.max()) + 1 + n_cri
    joined.resize(size, size)
    if connected_components(joined, directed=False)[0] == 1:
        return
    if _criteria_rank(sub, jur, cri, n_cri) < n_cri - 1:
        raise ScoringError(
            "Some criteria are marked only by their own jurors or on their own submissions, so their "
            "difficulty cannot be told from severity or quality; fit them apart, or let one juror mark "
            "one submission on both."
        )


def _criteria_rank(sub: np.ndarray, jur: np.ndarray, cri: np.ndarray, n_cri: int) -> int:
    """Rank of the criterion columns after projecting out submissions and jurors."""
    ones = np.ones(len(sub))
    rows = np.arange(len(sub))
    n_sub, n_jur = int(sub.max()) + 1, int(jur.max()) + 1
    a = coo_array((ones, (rows, sub))).tocsr()
    b = coo_array((ones, (rows, jur)), shape=(len(sub), n_jur)).tocsr()
    c = coo_array((ones, (rows, cri)), shape=(len(sub), n_cri)).tocsr()
    weight = coo_array((1 / np.bincount(sub, minlength=n_sub), (np.arange(n_sub), np.arange(n_sub))))
    both = [(m, (a.T @ m).tocsr()) for m in (b, c)]
    gram = [[(m.T @ k - am.T @ weight.tocsr() @ ak).toarray() for k, ak in both] for m, am in both]
    left = gram[1][1] - gram[1][0] @ np.linalg.pinv(gram[0][0], hermitian=True) @ gram[0][1]
    return int(np.linalg.matrix_rank(left, tol=1e-8 * len(sub), hermitian=True))
