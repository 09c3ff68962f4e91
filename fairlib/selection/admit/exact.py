"""Who is admitted when quotas overlap, organisations are capped or money is short? The exact choice.

`in_order` is the lexicographically largest set down the ranking that keeps the rules; `best_total` the set
with the largest sum of estimates, and of several such sets the one that is largest down the ranking.
"""

from dataclasses import dataclass

import numpy as np

from fairlib.errors import SelectionError
from fairlib.selection.admit.programme import Rows, largest, rows_of, solve
from fairlib.selection.rule.compiled import Problem

_BLOCK = 16  # places that one programme decides together: its weights stay far below a double's precision


class Contradiction(SelectionError):
    """No set of submissions keeps the rules; `codes` of a smallest contradiction, if known."""

    codes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Kinds:
    """Submissions that the rules treat alike: `kind` (n,), rows of each kind (R, K), one `shape` per kind.

    Kinds of one shape differ in their cost alone.
    """

    kind: np.ndarray
    rows: Rows
    shape: np.ndarray
    cost: np.ndarray


@dataclass(frozen=True, eq=False)
class Descent:
    """What going down a line of m places found: who was admitted (m,), and where money stopped it."""

    admitted: np.ndarray
    stopped_at: int


def kinds_of(rows: Rows) -> Kinds:
    """Group the columns of `rows` into kinds."""
    columns, kind = np.unique(rows.matrix, axis=1, return_inverse=True)
    counted = columns[:-1] if rows.money else columns
    shape = np.unique(counted, axis=1, return_inverse=True)[1]
    cost = columns[-1] if rows.money else np.zeros(columns.shape[1], np.int64)
    return Kinds(kind, Rows(columns, rows.lower, rows.upper, rows.money), shape, cost)


def admit_exact(
    problem: Problem, keys: np.ndarray, who: np.ndarray, *, relax: bool, first: bool
) -> np.ndarray:
    """Admit from rounded merits (D, n) of the positions `who` (n,), which stand in the order of ties.

    `relax` lowers what a quota asks for in draws in which too few pass the thresholds; without it, such
    rules raise Contradiction. `first` makes `best_total` unique down the ranking; without it any one of
    several sets of the same total is taken (always the same one).
    """
    rows = rows_of(problem, who)
    kinds = kinds_of(rows)
    admitted = np.zeros(keys.shape, dtype=bool)
    for d, row in enumerate(keys):
        line = np.argsort(-row, kind="stable")
        line = line[row[line] >= problem.least]
        here = _relaxed(rows, line) if relax and len(line) < len(who) else rows
        if problem.in_order:
            alike = Kinds(kinds.kind, _like(kinds.rows, here), kinds.shape, kinds.cost)
            admitted[d, line] = descend(alike, line, problem.policy).admitted
        else:
            admitted[d, line] = best_total(row[line].astype(np.int64), here.columns(line), first)
    return admitted


def _like(rows: Rows, limits: Rows) -> Rows:
    return Rows(rows.matrix, limits.lower, limits.upper, rows.money)


def _relaxed(rows: Rows, line: np.ndarray) -> Rows:
    """Rows whose lower bounds can be kept by those in the line: the least sum of what is given up."""
    here = rows.columns(line)
    n, short = len(line), np.flatnonzero(rows.lower > 0)
    if (here.matrix.sum(axis=1) >= rows.lower).all() and solve(np.zeros(n), here, np.ones(n)) is not None:
        return rows
    slack = np.zeros((len(rows.lower), len(short)), dtype=np.int64)
    slack[short, np.arange(len(short))] = 1
    wide = Rows(np.hstack([here.matrix, slack]), rows.lower, rows.upper, rows.money)
    price = np.concatenate([np.zeros(n), np.ones(len(short))])
    found = solve(price, wide, np.concatenate([np.ones(n), rows.lower[short]]))
    if found is None:
        raise Contradiction("The upper bounds of the rules cannot be kept.")
    lower = rows.lower.copy()
    lower[short] -= found[n:]
    return Rows(rows.matrix, lower, rows.upper, rows.money)


def descend(kinds: Kinds, line: np.ndarray, policy: str = "skip") -> Descent:
    """Go down the line (positions, best first), admitting whoever the rules can still be met with.

    A witness, so many of each kind that complete the choice, is carried along: whoever it has room for is
    admitted at once. Where it cannot be mended, one integer programme decides the next places together.
    Once a kind is shut it stays shut, and so do dearer kinds of its shape, since one could take the other's
    place. With `policy` `stop`, the first that only money keeps out ends the descent, but for what quotas
    still need.

    Raises Contradiction if the rules cannot be kept at all.
    """
    kind = kinds.kind[line]
    left = np.bincount(kind, minlength=kinds.rows.matrix.shape[1])
    done = np.zeros(len(kinds.rows.lower), dtype=np.int64)
    witness = complete(kinds, done, left)
    if witness is None:
        raise Contradiction("The rules contradict each other.")
    shut = np.full(kinds.shape.max(initial=0) + 1, np.iinfo(np.int64).max)
    admitted, stopped_at = np.zeros(len(line), dtype=bool), len(line)
    decided: dict[int, bool] = {}
    for place, k in enumerate(kind):
        left[k] -= 1
        if kinds.cost[k] >= shut[kinds.shape[k]]:
            continue
        after = done + kinds.rows.matrix[:, k]
        if place not in decided:
            assert witness is not None, "what has been admitted can be completed"
            decided[place] = bool((after <= kinds.rows.upper).all())
            mended = _mend(kinds, after, witness, k) if decided[place] else witness
            if mended is None:
                decided, witness = _block(kinds, done, left, kind, place, shut)
            else:
                witness = mended
        if decided[place]:
            done, admitted[place] = after, True
            continue
        shut[kinds.shape[k]] = kinds.cost[k]
        if policy == "stop" and stopped_at == len(line) and _only_money(kinds, after, left):
            stopped_at, kinds = place, _stop(kinds, done, left)
            decided, witness = {}, complete(kinds, done, left)
    return Descent(admitted, stopped_at)


def complete(kinds: Kinds, done: np.ndarray, left: np.ndarray) -> np.ndarray | None:
    """So many of each kind (K,) that totals `done` (R,) become complete, out of `left` (K,); None if none do.

    Without a budget as few as possible, with one as cheap as possible.
    """
    rows = kinds.rows
    if (done > rows.upper).any():
        return None
    if (done >= rows.lower).all():
        return np.zeros(len(left), dtype=np.int64)
    rest = Rows(rows.matrix, rows.lower - done, rows.upper - done, rows.money)
    return solve((kinds.cost if rows.money else np.ones(len(left))).astype(float), rest, left)


def _mend(kinds: Kinds, after: np.ndarray, witness: np.ndarray, k: int) -> np.ndarray | None:
    """A witness (K,) for totals `after`, which have one more of kind `k`, if it is close by."""
    rows = kinds.rows
    if (after >= rows.lower).all():
        return np.zeros_like(witness)
    if witness[k] == 0 and rows.keeps(total := after + rows.matrix @ witness):
        return witness
    mended = witness.copy()
    if witness[k] > 0:
        mended[k] -= 1
        return mended
    one_less = np.flatnonzero((witness > 0) & rows.keeps(total[:, None] - rows.matrix))
    if len(one_less) == 0:
        return None
    mended[one_less[-1]] -= 1
    return mended


def _block(kinds: Kinds, done, left, kind, place, shut) -> tuple[dict[int, bool], np.ndarray]:
    """Decide the next open places together, the earlier worth more than all the later, with a witness.

    `left` (K,) no longer counts the one at `place`. The witness is cheap, but all of it weighs less than the
    last place of the block.
    """
    rows = kinds.rows
    open_ = np.flatnonzero(kinds.cost[kind[place:]] < shut[kinds.shape[kind[place:]]]) + place
    block = open_[:_BLOCK]
    rest = left - np.bincount(kind[block[1:]], minlength=len(left))
    matrix = np.hstack([rows.matrix[:, kind[block]], rows.matrix])
    part = Rows(matrix, rows.lower - done, rows.upper - done, rows.money)
    price = kinds.cost if rows.money else np.ones(len(rest))
    price = price / (2 * max(1, price @ rest))
    worth = np.concatenate([2.0 ** np.arange(len(block) - 1, -1, -1), -price])
    x = solve(-worth, part, np.concatenate([np.ones(len(block), np.int64), rest]))
    assert x is not None, "the witness completes it without any of these places"
    return dict(zip(block.tolist(), x[: len(block)].astype(bool).tolist(), strict=True)), x[len(block) :]


def _without_money(kinds: Kinds) -> Kinds:
    r = kinds.rows
    return Kinds(kinds.kind, Rows(r.matrix[:-1], r.lower[:-1], r.upper[:-1], False), kinds.shape, kinds.cost)


def _only_money(kinds: Kinds, after: np.ndarray, left: np.ndarray) -> bool:
    return kinds.rows.money and complete(_without_money(kinds), after[:-1], left) is not None


def _stop(kinds: Kinds, done: np.ndarray, left: np.ndarray) -> Kinds:
    """The same kinds under rows that let in no more than the fewest which quotas still need."""
    r = kinds.rows
    rest = Rows(r.matrix, r.lower - done, r.upper - done, r.money)
    fewest = solve(np.ones(len(left)), rest, left)
    assert fewest is not None, "the witness completes it"
    upper = r.upper.copy()
    upper[0] = done[0] + fewest.sum()
    rows = Rows(r.matrix, r.lower, upper, r.money)
    return Kinds(kinds.kind, rows, kinds.shape, kinds.cost)


def best_total(keys: np.ndarray, rows: Rows, first: bool = True) -> np.ndarray:
    """The set (m,) with the largest sum of estimates `keys` (m,), which stand in order, best first.

    An estimate below 0 counts as 0, so that it is no reason to leave a seat empty. With `first`, of all sets
    with the largest sum the one that has the best, then the second best … that any of them has.

    Raises Contradiction if the rules cannot be kept at all.
    """
    worth = np.maximum(keys, 0)
    if first or rows.money:
        found = largest(worth, rows)
        chosen = found and (_first(worth, rows, *found) if first else found[0])
    else:
        chosen = solve(-worth.astype(float), rows, np.ones(len(worth)))
    if chosen is None:
        raise Contradiction("The rules contradict each other.")
    return chosen.astype(bool)


def _first(worth: np.ndarray, rows: Rows, x: np.ndarray, vary: np.ndarray) -> np.ndarray:
    """Of all sets with the sum of `x`, the first down the line; only `vary` can differ between them."""
    total = int(worth @ x)
    matrix = np.vstack([rows.matrix, worth])
    all_ = Rows(matrix, np.append(rows.lower, total), np.append(rows.upper, total), rows.money)
    fixed = ~vary
    for i in np.flatnonzero(vary):
        if not x[i]:
            fixed[i] = True
            free = ~fixed
            held = matrix[:, fixed] @ x[fixed] + matrix[:, i]
            part = Rows(matrix[:, free], all_.lower - held, all_.upper - held, rows.money)
            found = solve(np.zeros(int(free.sum())), part, np.ones(int(free.sum())))
            if found is not None:
                x = x.copy()
                x[free], x[i] = found, 1
        fixed[i] = True
    return x
