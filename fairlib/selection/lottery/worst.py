"""The worst that may be true: of all sets that the rule may rightly choose, which has the smallest sum of chances?

A set of full size that keeps nested bounds is the rule's choice for some true merits inside the intervals exactly if
nobody outside it stands surely before a member whose place the rules would let it take. For one group that is a
threshold: whoever is surely above it is in, whoever surely below it out (Goldberg, Fanti & Shah 2025). A bound that
is met has a threshold of its own, above that around it where it keeps out and below it where it keeps in; so all
thresholds are tried at once, from the inside out.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fairlib.selection.lottery.blocks import Block
from fairlib.selection.lottery.intervals import Node


@dataclass(frozen=True, eq=False)
class _Sums:
    """Smallest sums (T, w) of `first`, `first + 1` … chosen under each of T thresholds; inf where impossible."""

    first: int
    sums: np.ndarray

    def at(self, t: int, count: int) -> float:
        k = count - self.first
        return self.sums[t, k] if 0 <= k < self.sums.shape[1] else np.inf


class Worst:
    """Sets that the rule may rightly choose, with small sums of some chances `p` (m,) of a block."""

    def __init__(self, block: Block, p: np.ndarray):
        self.block, self.p = block, p
        self.thresholds = np.concatenate([[-np.inf], np.unique(block.low)])
        self.order = np.lexsort([block.low, block.high, np.round(p, 9)])
        self.folded: dict[int, list[_Sums]] = {}
        self.root = self._fold(len(block.nodes) - 1)

    @cached_property
    def values(self) -> np.ndarray:
        """The smallest sum under each threshold (T,), inf where no set is right under it."""
        found = self.folded[len(self.block.nodes) - 1][-1]
        k = self.block.seats - found.first
        inside = 0 <= k < found.sums.shape[1]
        return found.sums[:, k] if inside else np.full(len(self.thresholds), np.inf)

    def sets(self, below: float, most: int = 40) -> np.ndarray:
        """Different right sets (s, m) bool whose sums are smaller than `below`, the smallest first."""
        chosen = [t for t in np.argsort(self.values, kind="stable")[:most] if self.values[t] < below]
        found = np.zeros((len(chosen), len(self.p)), dtype=bool)
        for row, t in zip(found, chosen, strict=True):
            self._pick(len(self.block.nodes) - 1, int(t), self.block.seats, row, free=False)
        return np.unique(found, axis=0)

    @cached_property
    def _inside(self) -> list[list[int]]:
        """The nodes next inside each node."""
        nodes = self.block.nodes
        inside: list[list[int]] = [[] for _ in nodes]
        for k, n in enumerate(nodes[:-1]):
            around = (o for o in range(k + 1, len(nodes)) if _holds(nodes[o], n))
            inside[next(around)].append(k)
        return inside

    def _fold(self, node: int) -> _Sums:
        """Sums of a node under its bounds; what they are put together from is kept in `folded`."""
        parts = [self._own(node)]
        for child in self._inside[node]:
            parts.append(_together(parts[-1], self._fold(child)))
        self.folded[node] = parts
        return _bounded(parts[-1], self.block.nodes[node])

    def _own(self, node: int) -> _Sums:
        """Those of a node and of no node inside it: the surely higher, then as many others as wanted."""
        mine = self.order[self.block.cell[self.order] == node]
        low, high, p = self.block.low[mine], self.block.high[mine], self.p[mine]
        above, below = (low > self.thresholds[:, None]), (high < self.thresholds[:, None])
        worth = np.where(below, np.inf, p)
        turn = np.argsort(np.where(above, -1.0, worth), axis=1, kind="stable")
        sums = np.zeros((len(self.thresholds), len(mine) + 1))
        np.cumsum(np.take_along_axis(worth, turn, axis=1), axis=1, out=sums[:, 1:])
        sums[np.arange(len(mine) + 1) < above.sum(axis=1)[:, None]] = np.inf
        return _Sums(0, sums)

    def _pick(self, node: int, t: int, count: int, row: np.ndarray, free: bool = True) -> None:
        """Mark in `row` a set of `count` of a node with the smallest sum under threshold `t` around it."""
        parts = self.folded[node]
        if free:
            t = _own_threshold(parts[-1], self.block.nodes[node], t, count)
        for before, child in zip(parts[-2::-1], self._inside[node][::-1], strict=True):
            inner = _bounded(self.folded[child][-1], self.block.nodes[child])
            takes = range(inner.first, inner.first + inner.sums.shape[1])
            taken = min(takes, key=lambda n: inner.at(t, n) + before.at(t, count - n))
            self._pick(child, t, taken, row)
            count -= taken
        mine = self.order[self.block.cell[self.order] == node]
        above = self.block.low[mine] > self.thresholds[t]
        mine = np.concatenate([mine[above], mine[~above & (self.block.high[mine] >= self.thresholds[t])]])
        row[mine[:count]] = True


def _holds(outer: Node, inner: Node) -> bool:
    return outer.start <= inner.start and inner.stop <= outer.stop


def _together(a: _Sums, b: _Sums) -> _Sums:
    """Smallest sums of both together."""
    out = np.full((len(a.sums), a.sums.shape[1] + b.sums.shape[1] - 1), np.inf)
    if a.sums.shape[1] < b.sums.shape[1]:
        a, b = b, a
    width = a.sums.shape[1]
    for k in range(b.sums.shape[1]):
        np.minimum(out[:, k : k + width], a.sums + b.sums[:, k, None], out=out[:, k : k + width])
    return _Sums(a.first + b.first, out)


def _bounded(found: _Sums, node: Node) -> _Sums:
    """The same within the bounds; a bound that is met may have a threshold of its own."""
    start, stop = max(node.lower - found.first, 0), node.upper - found.first + 1
    sums = found.sums[:, start:stop].copy()
    first = found.first + start
    if first + sums.shape[1] - 1 == node.upper:
        sums[:, -1] = np.minimum.accumulate(sums[::-1, -1])[::-1]
    if first == node.lower and sums.shape[1]:
        sums[:, 0] = np.minimum.accumulate(sums[:, 0])
    return _Sums(first, sums)


def _own_threshold(found: _Sums, node: Node, t: int, count: int) -> int:
    """Under which threshold a node reaches its smallest sum of `count`, with `t` around it."""
    column = found.sums[:, count - found.first]
    start = 0 if count == node.lower else t
    stop = len(column) if count == node.upper else t + 1
    if node.lower == node.upper:
        start, stop = 0, len(column)
    return start + int(np.argmin(column[start:stop]))
