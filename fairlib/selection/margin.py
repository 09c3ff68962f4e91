"""How many points were missing? The smallest estimate that would surely have been enough."""

from dataclasses import replace

import numpy as np
import pandas as pd

from fairlib.selection.admit.exact import complete, descend, kinds_of
from fairlib.selection.admit.greedy import admit_keys, families, is_greedy
from fairlib.selection.admit.programme import Rows, largest, rows_of
from fairlib.selection.rule.compiled import Problem


def points_missing(problem: Problem, admitted: np.ndarray, undecided: np.ndarray) -> pd.arrays.FloatingArray:
    """Points that would surely have been enough for each submission that is not admitted (I,).

    Everybody else keeps their estimate, and every tie at the new one is lost; missing where no estimate would
    do, or none is needed. A rule is monotone in a submission's own estimate (docs/selection.md), so that
    there is one such number; submissions that the rules treat alike share it.
    """
    missing = pd.array([pd.NA] * len(problem.submissions), dtype="Float64")
    who = problem.order.line()
    who = who[problem.admissible[who]]
    out = np.flatnonzero(~admitted[who] & ~undecided[who])
    if len(out) == 0:
        return missing
    groups, _ = families(problem.counts, who)
    money = problem.cost[who] if problem.budget is not None else np.zeros(len(who), np.int64)
    kind = np.unique(np.column_stack([*groups, money]), axis=0, return_inverse=True)[1]
    first = np.unique(kind[out], return_index=True)
    need = dict(zip(first[0], _route(problem, who)(problem, who, out[first[1]]), strict=True))
    for place in out:
        key = need[kind[place]]
        if key is not None:
            gap = max(key - int(problem.order.key[who[place]]), 1)
            missing[who[place]] = gap / 10.0**problem.select.decimals
    return missing


def _route(problem: Problem, who: np.ndarray):
    if is_greedy(problem, who):
        return _by_bisection
    return _by_place if problem.in_order else _by_gap


def _by_bisection(problem: Problem, who: np.ndarray, tested: np.ndarray) -> list[int | None]:
    """Smallest sufficient key of each tested place (t,), by bisection of all keys, one row of draws each.

    Keys are doubled so that a tested key lies just under its equals: it loses every tie.
    """
    keys = problem.order.key[who]
    doubled = replace(problem, least=2 * problem.least)
    rows = np.arange(len(tested))

    def enough(tried: np.ndarray) -> np.ndarray:
        table = np.tile(2.0 * keys + 1, (len(tested), 1))
        table[rows, tested] = 2.0 * tried
        return admit_keys(doubled, table, who, relax=True)[rows, tested]

    low, high = np.full(len(tested), int(keys.min()) - 1), np.full(len(tested), int(keys.max()) + 1)
    if problem.least > -np.inf:
        high = np.maximum(high, int(problem.least))
    possible = enough(high)
    while (high - low > 1).any():
        middle = (low + high) // 2
        ok = enough(middle)
        high, low = np.where(ok, middle, high), np.where(ok, low, middle)
    return [int(h) if p else None for h, p in zip(high, possible, strict=True)]


def _by_place(problem: Problem, who: np.ndarray, tested: np.ndarray) -> list[int | None]:
    """The lowest place in the ranking at which the rules could still be met with a submission."""
    kinds = kinds_of(rows_of(problem, who))
    line = np.flatnonzero(problem.order.key[who] >= problem.least)
    way = descend(kinds, line, problem.policy)
    taken = kinds.rows.matrix[:, kinds.kind[line]] * way.admitted
    done = np.hstack([np.zeros((len(taken), 1), np.int64), np.cumsum(taken, axis=1)])
    return [_lowest(problem, who, kinds, line, way.stopped_at, done, t) for t in tested]


def _lowest(problem: Problem, who, kinds, line, stopped_at, done, t) -> int | None:
    keys, k = problem.order.key[who], kinds.kind[t]
    others = line[line != t]
    before = np.flatnonzero(line != t)

    def fits(place: int) -> bool:
        at = before[place] if place < len(before) else len(line)
        left = np.bincount(kinds.kind[others[place:]], minlength=kinds.rows.matrix.shape[1])
        return complete(kinds, done[:, at] + kinds.rows.matrix[:, k], left) is not None

    if not fits(0):
        return None
    low, high = 0, min(stopped_at, len(others)) + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    bottom = int(problem.least) if problem.least > -np.inf else int(keys.min())
    return max(bottom, int(keys[others[low]]) + 1) if low < len(others) else bottom


def _by_gap(problem: Problem, who: np.ndarray, tested: np.ndarray) -> list[int | None]:
    """One more than what the best total loses when a submission must be in and counts for nothing."""
    keys = problem.order.key[who]
    line = np.flatnonzero(keys >= problem.least)
    rows = rows_of(problem, who)
    worth = np.maximum(keys, 0)
    best = largest(worth[line], rows.columns(line))
    found: list[int | None] = []
    for t in tested:
        rest = line[line != t]
        own = rows.matrix[:, t]
        with_it = largest(
            worth[rest], Rows(rows.matrix[:, rest], rows.lower - own, rows.upper - own, rows.money)
        )
        if with_it is None or best is None:
            found.append(None)
            continue
        gap = int(worth[line] @ best[0]) - int(worth[rest] @ with_it[0]) + 1
        found.append(max(gap, int(problem.least)) if problem.least > -np.inf else gap)
    return found
