"""Which rules contradict each other? A smallest set of them, in codes and in words."""

from dataclasses import dataclass

import numpy as np

from fairlib.selection.admit.exact import Contradiction
from fairlib.selection.admit.programme import Rows, solve
from fairlib.selection.rule.compiled import Bound, Problem


@dataclass(frozen=True)
class Part:
    """One rule of a contradiction: its code and entry of the params, and what it says in words."""

    code: str
    rule: str
    words: str


def smallest_conflict(problem: Problem) -> tuple[Part, ...]:
    """A smallest set of rules that no set of submissions keeps together; empty if all can be kept.

    Whatever keeps a set of rules from being a contradiction must be hit: smallest hitting sets of what is
    left out of largest consistent sets are tried until one is a contradiction (Ignatiev, Previti, Liffiton &
    Marques-Silva 2015). Of several smallest sets one is named, always the same.
    """
    who = np.flatnonzero(problem.ranked)
    rows, parts = _all_rows(problem, who)
    everything = np.ones(len(parts), dtype=bool)
    if _consistent(rows, everything):
        return ()
    left_out: list[np.ndarray] = []
    while True:
        tried = _hitting(left_out, len(parts))
        if not _consistent(rows, tried):
            return tuple(p for p, use in zip(parts, tried, strict=True) if use)
        for k in np.flatnonzero(~tried):
            tried[k] = True
            tried[k] = _consistent(rows, tried)
        left_out.append(~tried)


def contradiction(problem: Problem) -> Contradiction:
    """The error to raise for rules that cannot be met, with the codes of a smallest set in `codes`."""
    parts = smallest_conflict(problem)
    error = Contradiction(
        "These rules cannot be kept together: "
        + "; ".join(p.words for p in parts)
        + ". Change one of them in the params."
    )
    error.codes = tuple(p.code for p in parts)
    return error


def _all_rows(problem: Problem, who: np.ndarray) -> tuple[Rows, list[Part]]:
    """Rows for every bound that can bind and the budget, and what each says."""
    place = np.full(len(problem.submissions), -1)
    place[who] = np.arange(len(who))
    lines, parts = [], []
    for b in sorted(problem.bounds, key=lambda b: (b.rule, b.code)):
        if b.lower > 0 or b.upper < len(b.members):
            row = np.zeros(len(who), dtype=np.int64)
            row[place[b.members]] = 1
            lines.append((row, b.lower, min(b.upper, len(who))))
            parts.append(Part(b.code, b.rule, _words(b)))
    if problem.budget is not None:
        unit = max(1, int(np.gcd.reduce(problem.cost[who], initial=0)))
        lines.append((problem.cost[who] // unit, 0, problem.budget // unit))
        parts.append(Part("budget", "budget", f"the budget is {problem.budget} tenge"))
    matrix = np.array([row for row, _, _ in lines], dtype=np.int64).reshape(len(lines), len(who))
    lower, upper = (np.array([line[k] for line in lines], dtype=np.int64) for k in (1, 2))
    return Rows(matrix, lower, upper, problem.budget is not None), parts


def _words(b: Bound) -> str:
    n = len(b.members)
    if b.rule == "seats":
        return f"there are {b.upper} seats"
    if b.worse:
        return f"{b.code} keeps out {n} submissions"
    if b.rule == "per_organisation":
        return f"{b.code} may have at most {b.upper} of its {n} submissions selected"
    asked = f"at least {b.lower}" if b.lower > 0 else f"at most {b.upper}"
    if b.lower == b.upper:
        asked = f"exactly {b.lower}"
    return f"the quota gives {b.code} {asked} seats, and it has {n} submissions with an estimate"


def _consistent(rows: Rows, use: np.ndarray) -> bool:
    part = Rows(rows.matrix[use], rows.lower[use], rows.upper[use], rows.money)
    n = rows.matrix.shape[1]
    return solve(np.zeros(n), part, np.ones(n, dtype=np.int64)) is not None


def _hitting(sets: list[np.ndarray], n: int) -> np.ndarray:
    """A smallest set (n,) bool that has a member in each of `sets`."""
    if not sets:
        return np.zeros(n, dtype=bool)
    matrix = np.array(sets, dtype=np.int64)
    ones = np.ones(len(sets), dtype=np.int64)
    found = solve(np.ones(n), Rows(matrix, ones, n * ones, False), np.ones(n, dtype=np.int64))
    assert found is not None, "all members together hit every set"
    return found.astype(bool)
