"""Which decisions hang on ties that nothing broke? The choice in every order in which they might fall.

The rules see of a tied submission only its kind: its groups and, with a budget, its grant. So an order is one
of kinds, and submissions of a kind are alike: if an order takes some of them and not all, any of them may be
out.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import factorial, prod

import numpy as np

from fairlib.selection.admit.greedy import CELLS, admit, admit_keys, families, is_greedy, nest
from fairlib.selection.rule.compiled import Problem

# Orders that are all tried: of seven that differ where going down the ranking is enough, of six elsewhere.
MOST = {True: 5040, False: 720}


@dataclass(frozen=True, eq=False)
class Settled:
    """`always` (I,) who is chosen in every order, `undecided` (I,) who in some; `tried` of so many `orders`.

    With fewer tried than there are, `undecided` may leave somebody out.
    """

    always: np.ndarray
    undecided: np.ndarray
    tried: int
    orders: int


def settle(problem: Problem) -> Settled:
    """The choice that holds however unbroken ties fall, and who depends on them.

    With nested bounds and no budget a tie takes as many seats in every order, so only those that take some
    and not all matter, one at a time, and of those each kind first and each last (Edmonds 1971). Elsewhere
    every order of kinds is tried, of all ties together; of more than `MOST` a fixed sample is, and the result
    says so.
    """
    line, chosen = problem.order.line(), admit(problem)
    line = line[problem.admissible[line] & (problem.order.key[line] >= problem.least)]
    nested = problem.budget is None and nest(problem.counts, line) is not None
    ties = _tied(problem, line)
    if nested:
        ties = [t for t in ties if 0 < chosen[line[t.places]].sum() < len(t.places)]
    if not ties:
        return Settled(chosen, np.zeros_like(chosen), 1, 1)
    orders, most = prod(_orders(t.kind) for t in ties), MOST[is_greedy(problem, line)]
    if nested or orders > most:
        kinds = list(dict.fromkeys(_some(ties, 0 if nested else most)))
    else:
        kinds = list(product(*(_permutations(tuple(map(int, t.kind))) for t in ties)))
    always, ever = _fates(problem, line, ties, kinds)
    return Settled(always, ever & ~always, len(kinds), len(kinds) if nested else orders)


@dataclass(frozen=True, eq=False)
class _Tie:
    """The places in the line of some tied submissions, by kind, and their kinds."""

    places: np.ndarray
    kind: np.ndarray


def _tied(problem: Problem, line: np.ndarray) -> list[_Tie]:
    shares, _ = families(problem.counts, line)
    money = problem.cost[line] if problem.budget is not None else np.zeros(len(line), np.int64)
    kind = np.unique(np.column_stack([*shares, money]), axis=0, return_inverse=True)[1].ravel()
    cuts = np.flatnonzero(np.diff(problem.order.rank[line])) + 1
    groups = [g for g in np.split(np.arange(len(line)), cuts) if len(g) > 1]
    groups = [g[np.argsort(kind[g], kind="stable")] for g in groups]
    return [_Tie(g, kind[g]) for g in groups]


def _orders(kind: np.ndarray) -> int:
    """In how many orders these kinds can come."""
    return factorial(len(kind)) // prod(factorial(int(n)) for n in np.unique(kind, return_counts=True)[1])


def _permutations(kinds: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Every different order of some kinds."""
    if not kinds:
        yield ()
    for first in sorted(set(kinds)):
        at = kinds.index(first)
        for rest in _permutations(kinds[:at] + kinds[at + 1 :]):
            yield (first, *rest)


def _some(ties: list[_Tie], drawn: int) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Each kind of each tie first and last, the others rising and falling; then `drawn` orders by lot."""
    plain = [tuple(map(int, t.kind)) for t in ties]
    for base in (plain, [kinds[::-1] for kinds in plain]):
        yield tuple(base)
        for g, kinds in enumerate(base):
            for k in sorted(set(kinds)):
                own, rest = (tuple(x for x in kinds if (x == k) == same) for same in (True, False))
                for order in (own + rest, rest + own):
                    yield (*base[:g], order, *base[g + 1 :])
    rng = np.random.default_rng(0)
    for _ in range(drawn):
        yield tuple(tuple(map(int, rng.permutation(kinds))) for kinds in plain)


def _fates(
    problem: Problem, line: np.ndarray, ties: list[_Tie], kinds: list
) -> tuple[np.ndarray, np.ndarray]:
    """Who is chosen in every order of kinds, who at least once (I,); alike submissions share their fate."""
    n = len(problem.submissions)
    always, ever = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    alike = [line[t.places[t.kind == k]] for t in ties for k in np.unique(t.kind)]
    step = max(1, CELLS // n)
    for start in range(0, len(kinds), step):
        chosen = _chosen(problem, line, [_laid(line, ties, k) for k in kinds[start : start + step]])
        some = chosen.copy()
        for members in alike:
            some[:, members] = chosen[:, members].any(axis=1, keepdims=True)
            chosen[:, members] = chosen[:, members].all(axis=1, keepdims=True)
        always &= chosen.all(axis=0)
        ever |= some.any(axis=0)
    return always, ever


def _laid(line: np.ndarray, ties: list[_Tie], kinds: tuple[tuple[int, ...], ...]) -> np.ndarray:
    """The line with its ties in these orders of kinds."""
    laid = line.copy()
    for tie, order in zip(ties, kinds, strict=True):
        turn = np.argsort(order, kind="stable")  # the next of a kind stands where that kind comes next
        laid[tie.places.min() + turn] = line[tie.places]
    return laid


def _chosen(problem: Problem, line: np.ndarray, lines: list[np.ndarray]) -> np.ndarray:
    """Who is chosen (orders, I) in each order of the line."""
    chosen = np.zeros((len(lines), len(problem.submissions)), dtype=bool)
    if not is_greedy(problem, line):
        for row, laid in zip(chosen, lines, strict=True):
            row[:] = admit(problem, laid)
        return chosen
    place = np.zeros((len(lines), len(problem.submissions)))
    for row, laid in zip(place, lines, strict=True):
        row[laid] = np.arange(len(laid))
    chosen[:, line] = admit_keys(replace(problem, least=-np.inf), -place[:, line], line)
    return chosen
