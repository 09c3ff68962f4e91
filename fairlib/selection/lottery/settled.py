"""Who is in or out whatever is true? They have chances of 1 and 0, and only the others are worked out.

The sets that keep nested bounds are bases of a matroid, so whether the rule takes i hangs on who stands before i alone:
i is in every right set if it adds to the rank of all who may stand before it, in none if it adds nothing to the
rank of those who surely do.
"""

from dataclasses import replace
from typing import Literal

import numpy as np

from fairlib.selection.lottery.intervals import LineUp, Node


def settled(line: LineUp) -> tuple[np.ndarray, LineUp]:
    """Who of a line-up (n,) is in whatever is true, and a line-up of those whom nothing settles; `who` are places in n.

    In every optimum the first have a chance of 1 and those out of every right set one of 0: if not, there is for each
    right set S somebody outside S (inside S) with whom a little chance can be exchanged within the bounds (the
    exchange of bases), and the mean of these exchanges makes every right set better. The right sets of the rest are
    those of all without the settled, as merits that put these at their best and their worst show.
    """
    tree = _Tree(line)
    sure, out = tree.always(), tree.never()
    at = np.flatnonzero(~(sure | out))
    given = np.append(0, np.cumsum(sure))
    seats = line.nodes[-1].lower - int(given[-1])
    nodes = []
    for n, (lower, upper) in zip(line.nodes, tree.bounds, strict=True):
        start, stop = (int(x) for x in np.searchsorted(at, [n.start, n.stop]))
        in_ = int(given[n.stop] - given[n.start])
        # a group that has only one number of seats left is a lottery of its own; else its bounds stay as they were
        ends = (lower, upper) if lower == upper else (n.lower, n.upper)
        least, most = max(0, ends[0] - in_), ends[1] - in_
        most = stop - start if most >= seats and most > least else min(most, stop - start)
        if start < stop or n is line.nodes[-1]:
            nodes.append(Node(start, stop, least, most))
    rest = LineUp(at, line.low[at], line.high[at], tuple(nodes), line.group[at])
    return sure, _narrowed(rest)


def _narrowed(line: LineUp) -> LineUp:
    """The same with bounds that leave one number alone where the others leave no other."""
    tight = _Tree(line).bounds
    nodes = [
        replace(n, lower=a, upper=b) if a == b else n for n, (a, b) in zip(line.nodes, tight, strict=True)
    ]
    return replace(line, nodes=tuple(nodes))


class _Tree:
    """The nested groups of a line-up; `bounds` are the seats that each can have at all."""

    def __init__(self, line: LineUp):
        self.line = line
        nodes = line.nodes
        self.cell = np.full(len(line.who), len(nodes) - 1)
        for k in range(len(nodes) - 1, -1, -1):
            self.cell[nodes[k].start : nodes[k].stop] = k
        self.size = np.bincount(self.cell, minlength=len(nodes))
        self.inside: list[list[int]] = [[] for _ in nodes]
        for k, n in enumerate(nodes[:-1]):
            around = (
                o for o in range(k + 1, len(nodes)) if nodes[o].start <= n.start and n.stop <= nodes[o].stop
            )
            self.inside[next(around)].append(k)
        self.bounds = self._bounds()

    def _bounds(self) -> list[tuple[int, int]]:
        """From the inside out what a group can have by its parts, then from the outside in what the others leave it."""
        found: list[tuple[int, int]] = []
        for n, own, inside in zip(self.line.nodes, self.size.tolist(), self.inside, strict=True):
            lower, upper = sum(found[c][0] for c in inside), own + sum(found[c][1] for c in inside)
            found.append((max(n.lower, lower), min(n.upper, upper)))
        for k in range(len(found) - 1, -1, -1):
            lowest, highest = (
                sum(found[c][0] for c in self.inside[k]),
                sum(found[c][1] for c in self.inside[k]),
            )
            highest += int(self.size[k])
            parts = {
                c: (
                    max(found[c][0], found[k][0] - (highest - found[c][1])),
                    min(found[c][1], found[k][1] - (lowest - found[c][0])),
                )
                for c in self.inside[k]
            }
            for c, ends in parts.items():
                found[c] = ends
        return found

    def always(self) -> np.ndarray:
        """Who adds to the rank of all others who may stand before them (n,)."""
        at, of_cell = self._counts(self.line.low, self.line.high, strictly=False)
        return self._adds(at, of_cell, -1)

    def never(self) -> np.ndarray:
        """Who adds nothing to the rank of those who surely stand before them (n,)."""
        at, of_cell = self._counts(self.line.high, self.line.low, strictly=True)
        return ~self._adds(at, of_cell, +1)

    def _counts(self, of: np.ndarray, ends: np.ndarray, strictly: bool) -> tuple[np.ndarray, np.ndarray]:
        """Different values (T,) of `of` for each (n,), and how many `ends` of each cell (T, C) are (strictly) above."""
        values, at = np.unique(of, return_inverse=True)
        side: Literal["left", "right"] = "right" if strictly else "left"
        found = np.zeros((len(values), len(self.size)), dtype=np.int64)
        for c in range(len(self.size)):
            mine = np.sort(ends[self.cell == c])
            found[:, c] = len(mine) - np.searchsorted(mine, values, side=side)
        return at.ravel(), found

    def _adds(self, at: np.ndarray, counts: np.ndarray, by: int) -> np.ndarray:
        """Whether one more or less (`by`) of the cell of each changes the rank."""
        rank, found = self._rank(counts), np.zeros(len(at), dtype=bool)
        for c in np.unique(self.cell):
            mine = self.cell == c
            other = self._rank(counts + by * (np.arange(len(self.size)) == c))
            found[mine] = (rank != other)[at[mine]]
        return found

    def _rank(self, counts: np.ndarray) -> np.ndarray:
        """The most of some (T,), `counts` (T, C) by cell, that a set within the bounds can have.

        Of a node with s seats that is `base + min(s - lower, more)`: those wanted come first.
        """
        base, more = np.zeros_like(counts), counts.copy()
        for k, (lower, upper) in enumerate(self.bounds):
            inside = self.inside[k]
            value, ones = base[:, inside].sum(axis=1), more[:, k] + more[:, inside].sum(axis=1)
            forced = np.minimum(lower - sum(self.bounds[c][0] for c in inside), ones)
            base[:, k], more[:, k] = value + forced, np.minimum(ones - forced, upper - lower)
        return base[:, -1]
