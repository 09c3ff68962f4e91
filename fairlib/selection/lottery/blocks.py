"""Which parts of a contest are drawn by themselves? Groups with a fixed number of seats, and what is left.

Whatever happens inside a group with a fixed number of seats moves nobody outside it: as an interval order has no two
pairs without a relation between them (Fishburn 1970), the worst rankings of such groups can all be true at once.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fairlib.selection.lottery.intervals import LineUp, Node


@dataclass(frozen=True, eq=False)
class Block:
    """Some of a line-up with a fixed number of `seats`: places `at` (m,), their intervals, and groups among them.

    `nodes` are stretches of the m that bind, those inside others first; the last is all m.
    """

    at: np.ndarray
    low: np.ndarray
    high: np.ndarray
    nodes: tuple[Node, ...]

    @property
    def seats(self) -> int:
        """How many of them get a seat."""
        return self.nodes[-1].lower

    @cached_property
    def cell(self) -> np.ndarray:
        """The innermost node around each (m,): of one cell are those whom the rules treat alike."""
        found = np.zeros(len(self.at), dtype=np.int64)
        for k in range(len(self.nodes) - 1, -1, -1):
            found[self.nodes[k].start : self.nodes[k].stop] = k
        return found

    @cached_property
    def kind(self) -> np.ndarray:
        """Those of one kind (m,) are of one cell, and surely above and below the same others."""
        above = len(self.low) - np.searchsorted(np.sort(self.low), self.high, side="right")
        below = np.searchsorted(np.sort(self.high), self.low, side="left")
        rows = np.column_stack([self.cell, above, below])
        return np.unique(rows, axis=0, return_inverse=True)[1].ravel()


def blocks(line: LineUp) -> list[Block]:
    """A line-up taken apart; every place is in exactly one block."""
    free = np.ones(len(line.who), dtype=bool)
    given = np.zeros(len(line.who) + 1, dtype=np.int64)  # seats given out to the left of each place
    found = []
    for k, node in enumerate(line.nodes):
        if node.lower == node.upper:
            inside = [n for n in line.nodes[: k + 1] if node.start <= n.start and n.stop <= node.stop]
            found.append(_block(line, inside, free, given))
            free[node.start : node.stop] = False
            given[node.stop :] += node.lower - (given[node.stop] - given[node.start])
    return [b for b in found if len(b.at)]


def _block(line: LineUp, inside: list[Node], free: np.ndarray, given: np.ndarray) -> Block:
    """The free places of the last of `inside`; the bounds of the others without what is given out in them."""
    whole = inside[-1]
    at = np.flatnonzero(free[whole.start : whole.stop]) + whole.start
    nodes = []
    for n in inside:
        start, stop = np.searchsorted(at, [n.start, n.stop])
        out = int(given[n.stop] - given[n.start])
        lower, upper = max(0, n.lower - out), min(n.upper - out, int(stop - start))
        binds = lower > 0 or upper < stop - start
        if start < stop and (n is whole or binds):
            nodes.append(Node(int(start), int(stop), lower, upper))
    return Block(at, line.low[at], line.high[at], tuple(nodes))
