"""Who is admitted when rules are nested or only caps? The greedy choice, for many draws at once.

Nested bounds are a laminar family: the sets that keep them form a matroid-like system on which going
down the ranking is optimal (Edmonds 1971), so `in_order` and `best_total` are the same choice. Without
lower bounds going down the ranking needs no look ahead either. Everything else goes to `exact.py`.
"""

from dataclasses import dataclass

import numpy as np

from fairlib.errors import SelectionError
from fairlib.selection.admit.conflicts import contradiction
from fairlib.selection.admit.exact import Contradiction, admit_exact
from fairlib.selection.rule.compiled import Bound, Problem
from fairlib.selection.rule.ties import rounded

CELLS = 4_000_000  # draws × submissions held at once


@dataclass(frozen=True, eq=False)
class Tree:
    """Nested bounds: `columns` are the admissible submissions so ordered that each bound is a slice.

    `nodes` are (start, stop, lower, upper), those inside others first; the last is the whole contest.
    """

    columns: np.ndarray
    nodes: tuple[tuple[int, int, int, int], ...]


def admit_many(problem: Problem, merits: np.ndarray) -> np.ndarray:
    """Apply the whole rule to each of D draws of the estimates: (D, I) float to (D, I) bool.

    Columns follow `problem.submissions`; what is not ranked is never admitted, whatever its merit.
    Merits are rounded as the rule says and ties broken by the chain. A threshold on the estimate is applied
    to each draw. Seats that nobody in a draw can take stay empty: lower bounds of a quota that too few
    pass the threshold for are lowered to what there is in that draw. Manual decisions are not applied.
    Each draw is worked out by itself, so that the result does not depend on how draws are divided.

    Raises SelectionError if the shape does not fit or a merit of a ranked submission is not finite. Rules
    that contradict each other whatever the estimates are belong to `admit`, which names them.
    """
    merits = np.asarray(merits, dtype=float)
    if merits.ndim != 2 or merits.shape[1] != len(problem.submissions):
        raise SelectionError(f"Merits need one column for each of {len(problem.submissions)} submissions.")
    admitted = np.zeros(merits.shape, dtype=bool)
    who = np.flatnonzero(problem.admissible)
    who = who[np.argsort(problem.order.tiebreak[who])]
    step = max(1, CELLS // max(1, len(who)))
    for start in range(0, len(merits), step):
        part = rounded(merits[start : start + step, who], problem.select.decimals)
        if not np.isfinite(part).all():
            raise SelectionError("A merit of a ranked submission is not a finite number.")
        admitted[start : start + step, who] = admit_keys(problem, part, who, relax=True)
    return admitted


def admit(problem: Problem, order: np.ndarray | None = None) -> np.ndarray:
    """Apply the rule to the observed estimates: (I,) bool, True where admitted.

    `order` (positions of the ranked submissions, best first) replaces the strict order of the estimates;
    it may only change the places of submissions with equal estimates.

    Raises Contradiction, a SelectionError that names a smallest set of rules, if they cannot be met.
    """
    order = problem.order.line() if order is None else np.asarray(order)
    who = order[problem.admissible[order]]
    admitted = np.zeros(len(problem.submissions), dtype=bool)
    try:
        admitted[who] = admit_keys(problem, problem.order.key[who][None, :].astype(float), who)[0]
    except Contradiction:
        raise contradiction(problem) from None
    return admitted


def admit_keys(problem: Problem, keys: np.ndarray, who: np.ndarray, *, relax: bool = False) -> np.ndarray:
    """Admit from rounded merits (D, n) of the positions `who` (n,), which stand in the order of ties.

    `relax` as in `exact.admit_exact`. What the greedy on the nested part of the rules admits is the choice
    whenever it happens to keep the others too: only the draws in which it does not are worked out exactly.
    """
    ranks = _ranks(keys, problem.least)
    if problem.budget is None and (nested := nest(problem.counts, who)) is not None:
        admitted = _nested(nested, ranks)
        if not relax and not keeps(problem, admitted, who).all():
            raise Contradiction("The rules contradict each other.")
        return admitted
    if _only_caps(problem):
        return _caps(problem, ranks, who)
    admitted = _nested(_nested_part(problem.counts, who), ranks)
    hard = ~keeps(problem, admitted, who)
    admitted[hard] = admit_exact(problem, keys[hard], who, relax=relax, first=not relax)
    return admitted


def is_greedy(problem: Problem, who: np.ndarray) -> bool:
    """Whether going down the ranking needs no look ahead: bounds are nested, or only caps in order."""
    return _only_caps(problem) or (problem.budget is None and nest(problem.counts, who) is not None)


def _only_caps(problem: Problem) -> bool:
    return problem.in_order and all(b.lower <= 0 for b in problem.counts)


def keeps(problem: Problem, admitted: np.ndarray, who: np.ndarray) -> np.ndarray:
    """Whether each choice (D, n) among the positions `who` keeps every bound and the budget: (D,) bool."""
    good = np.ones(len(admitted), dtype=bool)
    if problem.budget is not None:
        good &= admitted @ problem.cost[who] <= problem.budget
    for b, members in _within(problem.counts, who):
        n = admitted[:, members].sum(axis=1)
        good &= (n >= b.lower) & (n <= b.upper)
    return good


def _nested_part(bounds: tuple[Bound, ...], who: np.ndarray) -> Tree:
    """As many rules as are nested, in the order of the params."""
    kept: tuple[Bound, ...] = ()
    tree = nest(kept, who)
    for rule in dict.fromkeys(b.rule for b in bounds):
        more = (*kept, *(b for b in bounds if b.rule == rule))
        if (larger := nest(more, who)) is not None:
            kept, tree = more, larger
    assert tree is not None, "no bounds at all are nested"
    return tree


def _ranks(keys: np.ndarray, least: float) -> np.ndarray:
    """Place of each submission in each draw (D, n), 0 the best; n where below the threshold."""
    d, n = keys.shape
    kind = np.int16 if n < 2**15 - 1 else np.int32
    ranks = np.empty((d, n), dtype=kind)
    places = np.broadcast_to(np.arange(n, dtype=kind), (d, n))
    np.put_along_axis(ranks, np.argsort(-keys, axis=1, kind="stable"), places, axis=1)
    if least > -np.inf:
        ranks[keys < least] = n
    return ranks


def nest(bounds: tuple[Bound, ...], who: np.ndarray) -> Tree | None:
    """Bounds as a tree over the positions `who` (columns count within `who`), or None if two overlap."""
    sets = sorted(_within(bounds, who), key=lambda s: -len(s[1]))
    owner = np.zeros(len(who), dtype=np.int64)
    inside: list[list[int]] = [[]]
    for k, (_, members) in enumerate(sets, start=1):
        outer = owner[members[:1]].sum()
        if (owner[members] != outer).any():
            return None
        owner[members] = k
        inside.append([])
        inside[outer].append(k)
    limits = [(0, len(who)), *((b.lower, b.upper) for b, _ in sets)]
    columns: list[np.ndarray] = []
    nodes: list[tuple[int, int, int, int]] = []
    own = np.split(
        np.argsort(owner, kind="stable"), np.cumsum(np.bincount(owner, minlength=len(inside)))[:-1]
    )
    _lay(0, 0, inside, own, limits, columns, nodes)
    return Tree(np.concatenate(columns), tuple(nodes))


def _within(bounds: tuple[Bound, ...], who: np.ndarray) -> list[tuple[Bound, np.ndarray]]:
    """Each bound with the columns of its members within `who`."""
    size = max([int(who.max(initial=-1)), *(int(b.members.max(initial=-1)) for b in bounds)]) + 1
    place = np.full(size, -1)
    place[who] = np.arange(len(who))
    columns = [place[b.members] for b in bounds]
    return [(b, c[c >= 0]) for b, c in zip(bounds, columns, strict=True)]


def _lay(node, start, inside, own, limits, columns, nodes) -> int:
    """Lay out a node's own members and those of the nodes inside it; returns where it stops."""
    columns.append(own[node])
    stop = start + len(own[node])
    for child in inside[node]:
        stop = _lay(child, stop, inside, own, limits, columns, nodes)
    nodes.append((start, stop, *limits[node]))
    return stop


def _nested(nested: Tree, ranks: np.ndarray) -> np.ndarray:
    """Greedy on nested bounds, from the inside out.

    In each bound the best are set as surely in until its lower bound is met, and only as many others as
    its upper bound leaves room for stay possible.
    """
    d, n = ranks.shape
    ranks = ranks[:, nested.columns]
    sure = np.zeros((d, n), dtype=bool)
    open_ = ranks < n
    for start, stop, lower, upper in nested.nodes:
        _bound(ranks[:, start:stop], sure[:, start:stop], open_[:, start:stop], lower, upper)
    admitted = np.empty((d, n), dtype=bool)
    admitted[:, nested.columns] = sure | open_
    return admitted


def _bound(ranks: np.ndarray, sure: np.ndarray, open_: np.ndarray, lower: int, upper: int) -> None:
    """Apply one bound in place to the slices (D, m) of its members."""
    m = ranks.shape[1]
    if m == 0 or (lower <= 0 and upper >= m):
        return
    out = np.iinfo(ranks.dtype).max
    line = np.sort(np.where(open_, ranks, out), axis=1)
    n_sure = sure.sum(axis=1)
    promoted = open_ & (ranks <= _last(line, lower - n_sure))
    open_ &= ranks <= _last(line, upper - n_sure)
    sure |= promoted
    open_ &= ~promoted


def _caps(problem: Problem, ranks: np.ndarray, who: np.ndarray) -> np.ndarray:
    """Go down the ranking of every draw at once where there are only caps and a budget: (D, n) bool."""
    d, n = ranks.shape
    groups, uppers = families(problem.counts, who)
    cost, left = problem.cost[who], np.full(d, _money(problem))
    rooms = [np.tile(upper, (d, 1)) for upper in uppers]
    order = np.argsort(ranks, axis=1, kind="stable")
    admitted, rows = np.zeros((d, n), dtype=bool), np.arange(d)
    going = np.ones(d, dtype=bool)
    for item in order.T:
        fits = ranks[rows, item] < n
        for group, room in zip(groups, rooms, strict=True):
            fits &= room[rows, group[item]] > 0
        paid = cost[item] <= left
        if problem.policy == "stop":
            going &= paid | ~fits
        fits &= paid & going
        admitted[rows, item] = fits
        left -= cost[item] * fits
        for group, room in zip(groups, rooms, strict=True):
            room[rows, group[item]] -= fits
    return admitted


def _money(problem: Problem) -> int:
    return int(problem.cost.sum()) if problem.budget is None else problem.budget


def families(bounds: tuple[Bound, ...], who: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Groups and upper bounds of each rule, whose bounds never overlap.

    For each rule the group of each position (n,), 0 for none, and the upper bound of each group."""
    groups, uppers = [], []
    sets = _within(bounds, who)
    for rule in dict.fromkeys(b.rule for b in bounds):
        group, upper = np.zeros(len(who), dtype=np.int64), [len(who)]
        for b, members in (s for s in sets if s[0].rule == rule):
            group[members] = len(upper)
            upper.append(b.upper)
        groups.append(group)
        uppers.append(np.array(upper))
    return groups, uppers


def _last(line: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Rank (D, 1) of the last of the best `count` in each sorted row; -1 for none."""
    count = np.clip(count, 0, line.shape[1])
    return np.where(count > 0, line[np.arange(len(line)), count - 1], -1)[:, None]
