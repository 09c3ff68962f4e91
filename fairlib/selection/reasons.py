"""Why this decision? For each submission the rule that decided, with its numbers and what was missing."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from fairlib.selection.admit import admit, admit_keys
from fairlib.selection.problem import Bound, Problem


@dataclass(frozen=True, eq=False)
class Why:
    """Reasons of I submissions, arrays of length I in the order of the problem.

    `below` says who is under a threshold; `displaced_by` and `displaces` hold ids or an empty text;
    `points_missing` is missing where no estimate would have been enough, or none was needed.
    """

    reason: np.ndarray
    below: np.ndarray
    displaced_by: np.ndarray
    displaces: np.ndarray
    points_missing: pd.arrays.FloatingArray
    notes: tuple[str, ...]


def explain(problem: Problem, admitted: np.ndarray, undecided: np.ndarray, unranked: np.ndarray) -> Why:
    """Reasons for the choice `admitted` (I,), with `undecided` (I,) the unbroken ties that matter.

    `unranked` (I,) is what to say of those without a place in the ranking. Codes: `rank`, `quota`, `tie`,
    `tie_refused`, `tie_exhausted`, `threshold`, `organisation`, `budget`, `no_estimate`, `ineligible`. Who
    is displaced is found by leaving the quotas out: those who come and those who go are paired in order
    of rank.
    """
    n = len(problem.submissions)
    reason, below = unranked.copy(), _below(problem)
    displaced_by, displaces = np.full(n, "", dtype=object), np.full(n, "", dtype=object)
    forced = _displacement(problem, admitted, undecided)
    free = None if problem.budget is None else admit(problem.without("budget"))
    for i in problem.order.line():
        if below[i]:
            reason[i] = "; ".join(_threshold(problem, i))
        elif undecided[i]:
            reason[i] = _open_tie(problem, undecided, i)
        elif i in forced:
            other, code = forced[i]
            reason[i] = _by_quota(problem, admitted, undecided, below, i, other, code)
            if other is not None:
                (displaces if admitted[i] else displaced_by)[i] = str(problem.submissions[other])
        else:
            reason[i] = _by_place(problem, admitted, undecided, below, free, i)
    missing = _points_missing(problem, admitted, undecided)
    return Why(reason, below, displaced_by, displaces, missing, ())


def _below(problem: Problem) -> np.ndarray:
    below = np.zeros(len(problem.submissions), dtype=bool)
    for b in problem.bounds:
        if b.rule.startswith("thresholds"):
            below[b.members] = True
    return below


def _number(x: float) -> str:
    return f"{x:.6g}"


def _estimate(problem: Problem, i: int) -> str:
    return _number(problem.order.key[i] / 10.0**problem.select.decimals)


def _threshold(problem: Problem, i: int) -> list[str]:
    found = []
    for k, t in enumerate(problem.select.thresholds):
        bound = next(b for b in problem.bounds if b.rule == f"thresholds[{k}]")
        if i in bound.members:
            value = problem.values[t.on][i]
            said = "missing" if np.isnan(value) else _number(value)
            found.append(f"threshold:{t.on} {said}<{t.at_least:g}")
    return found


def _open_tie(problem: Problem, undecided: np.ndarray, i: int) -> str:
    how = "tie_refused" if "refuse" in problem.select.ties else "tie_exhausted"
    tied = problem.order.rank[undecided]
    return f"{how}:rank {problem.order.rank[i]} among {int((tied == problem.order.rank[i]).sum())}"


def _displacement(problem: Problem, admitted, undecided) -> dict[int, tuple[int | None, str]]:
    """For each who comes or goes by the quotas: the other of the pair, and the code of the bound."""
    quotas = [f"quotas[{k}]" for k in range(len(problem.select.quotas))]
    if not quotas:
        return {}
    line, sure = problem.order.line(), ~undecided
    plain = admit(problem.without(*quotas))
    comes = line[(admitted & ~plain & sure)[line]]
    goes = line[(~admitted & plain & sure)[line]]
    rules = {q: admit(problem.without(q)) for q in quotas} if len(quotas) > 1 else {quotas[0]: plain}
    found: dict[int, tuple[int | None, str]] = {}
    for k in range(max(len(comes), len(goes))):
        came, went = (int(side[k]) if k < len(side) else None for side in (comes, goes))
        code = _code(problem, admitted, rules, came, went)
        if came is not None:
            found[came] = (went, code)
        if went is not None:
            found[went] = (came, code)
    return found


def _by_quota(problem: Problem, admitted, undecided, below, i: int, other: int | None, code: str) -> str:
    """The bound with both estimates, and the step of the tie if one was lost or won besides."""
    said = f"quota:{code}"
    if other is not None:
        sign = "<" if admitted[i] else ">"
        sign = "=" if problem.order.key[i] == problem.order.key[other] else sign
        said += f" {_estimate(problem, i)}{sign}{_estimate(problem, other)}"
    place = _by_place(problem, admitted, undecided, below, None, i)
    return f"{said}; {place}" if place.startswith("tie:") else said


def _code(problem: Problem, admitted, rules: dict[str, np.ndarray], came, went) -> str:
    """The bound that put `came` in the place of `went`: a quota without which this would not be so."""
    alone = [
        q
        for q, without in rules.items()
        if (came is not None and not without[came]) or (went is not None and without[went])
    ]
    for promised in (True, False):
        for b in problem.bounds:
            if b.rule not in (alone or rules):
                continue
            n = int(admitted[b.members].sum())
            if promised and came is not None and came in b.members and b.lower > 0 and n == b.lower:
                return b.code
            if not promised and went is not None and went in b.members and n == b.upper:
                return b.code
    return next(b.code for b in problem.bounds if b.rule in rules)


def _by_place(problem: Problem, admitted, undecided, below, free, i: int) -> str:
    """Selected or not by rank, by a tie, by the cap of its organisation or by the budget."""
    if not admitted[i]:
        if cap := _full(problem, admitted, i, "per_organisation"):
            return f"{cap.code} {int(admitted[cap.members].sum())}>={cap.upper}"
        if free is not None and free[i]:
            return _by_budget(problem, admitted, i)
    rivals = _rivals(problem, admitted, undecided, below, i)
    if len(rivals) == 0:
        return "rank"
    rival = rivals[0] if admitted[i] else rivals[-1]
    if problem.order.key[i] == problem.order.key[rival]:
        step, mine, other = problem.order.separated_by(i, rival) or ("rank", "", "")
        return f"tie:{step.removeprefix('criterion:')} {_versus(mine, other, bool(admitted[i]))}"
    if admitted[i]:
        return "rank"
    where = _line(problem, admitted, i)
    said = f"rank:{_estimate(problem, i)}<{_estimate(problem, rival)}"
    return said if where is None or where.code == "seats" else f"{said} in {where.code}"


def _by_budget(problem: Problem, admitted, i: int) -> str:
    line = problem.order.line()
    above = line[: int(np.flatnonzero(line == i)[0])]
    if not problem.in_order:
        above = line
    left = problem.budget - int(problem.cost[above[admitted[above]]].sum())
    stopped = "stopped " if problem.in_order and problem.cost[i] <= left else ""
    sign = "<=" if stopped else ">"
    return f"budget:{stopped}{problem.cost[i]}{sign}{left}"


def _versus(mine: object, other: object, won: bool) -> str:
    if isinstance(mine, float) and isinstance(other, float):
        shown = ["missing" if np.isnan(x) else _number(x) for x in (mine, other)]
        return f"{shown[0]}{'>' if mine > other or np.isnan(other) else '<'}{shown[1]}"
    shown = ["missing" if pd.isna(x) else str(x) for x in (mine, other)]
    return f"{shown[0]}{'<' if won else '>'}{shown[1]}"


def _full(problem: Problem, admitted, i: int, rule: str) -> Bound | None:
    for b in problem.counts:
        if b.rule == rule and i in b.members and admitted[b.members].sum() >= b.upper:
            return b
    return None


def _line(problem: Problem, admitted, i: int) -> Bound | None:
    """The narrowest full bound that a submission belongs to: where its line is."""
    full = [b for b in problem.counts if i in b.members and admitted[b.members].sum() >= b.upper]
    return min(full, key=lambda b: len(b.members), default=None)


def _rivals(problem: Problem, admitted, undecided, below, i: int) -> np.ndarray:
    """Those on the other side of the line of `i`, best first."""
    where = _line(problem, admitted, i)
    line = problem.order.line()
    if where is not None:
        line = line[np.isin(line, where.members)]
    if admitted[i]:
        return line[~admitted[line] & ~undecided[line] & ~below[line]]
    return line[admitted[line]]


def kinds(problem: Problem) -> np.ndarray:
    """Kind of each submission (I,): the same number where bounds and cost treat them alike."""
    table = np.zeros((len(problem.submissions), len(problem.counts) + 1), dtype=np.int64)
    for k, b in enumerate(problem.counts):
        table[b.members, k] = 1
    table[:, -1] = problem.cost if problem.budget is not None else 0
    return np.unique(table, axis=0, return_inverse=True)[1]


def _points_missing(problem: Problem, admitted, undecided) -> pd.arrays.FloatingArray:
    """Points that would surely have been enough, losing every tie; missing where no estimate would do.

    The smallest key with which a submission of its kind is admitted is found by bisection over keys, all
    kinds at once: the rule is monotone in a submission's own estimate.
    """
    missing = pd.array([pd.NA] * len(problem.submissions), dtype="Float64")
    who = problem.order.line()
    who = who[problem.admissible[who]]
    out = who[~admitted[who] & ~undecided[who]]
    if len(out) == 0:
        return missing
    kind, first = np.unique(kinds(problem)[out], return_index=True)
    need = _needed(problem, who, out[first])
    unit = 10.0**problem.select.decimals
    for i, k in zip(out, kinds(problem)[out], strict=True):
        key = need[np.searchsorted(kind, k)]
        if key is not None:
            missing[i] = max(key - problem.order.key[i], 1) / unit
    return missing


def _needed(problem: Problem, who: np.ndarray, tested: np.ndarray) -> list[int | None]:
    keys = problem.order.key[who]
    doubled = replace(problem, least=2 * problem.least)
    column = np.array([int(np.flatnonzero(who == i)[0]) for i in tested])
    rows = np.arange(len(tested))

    def enough(tried: np.ndarray) -> np.ndarray:
        table = np.tile(2.0 * keys + 1, (len(tested), 1))
        table[rows, column] = 2.0 * tried
        return admit_keys(doubled, table, who)[rows, column]

    low, high = np.full(len(tested), int(keys.min()) - 1), np.full(len(tested), int(keys.max()) + 1)
    if problem.least > -np.inf:
        high = np.maximum(high, int(problem.least))
    possible = enough(high)
    while (high - low > 1).any():
        middle = (low + high) // 2
        ok = enough(middle)
        high, low = np.where(ok, middle, high), np.where(ok, low, middle)
    return [int(h) if p else None for h, p in zip(high, possible, strict=True)]
