"""Small line-ups, and what is right in them found by trying all sets; for the tests of the lottery with chances."""

from itertools import combinations

import numpy as np
from hypothesis import strategies as st
from scipy.optimize import linprog

from fairlib.selection.lottery.chances import best_chances
from fairlib.selection.lottery.intervals import LineUp, Node


def line(low, high, seats: int, *groups: tuple[int, int, int, int]) -> LineUp:
    """A line-up of intervals with `groups` (start, stop, lower, upper), the inner ones first."""
    nodes = (*(Node(*g) for g in groups), Node(0, len(low), seats, seats))
    group = np.full(len(low), "", dtype=object)
    return LineUp(np.arange(len(low)), np.asarray(low), np.asarray(high), nodes, group)


def chances(low, high, seats: int, *groups) -> list[float]:
    return best_chances(line(low, high, seats, *groups)).p.round(6).tolist()


def keeps(of: LineUp, x: np.ndarray) -> bool:
    return all(n.lower <= x[n.start : n.stop].sum() <= n.upper for n in of.nodes)


def right_sets(of: LineUp) -> np.ndarray:
    """Every set that is the rule's choice for some true merits in the intervals, by trying all sets."""
    n, found = len(of.low), []
    for chosen in combinations(range(n), of.nodes[-1].lower):
        x = np.isin(np.arange(n), chosen)
        if keeps(of, x) and not any(_may_swap(of, x, i, j) for i in np.flatnonzero(~x) for j in chosen):
            found.append(x)
    return np.array(found, dtype=float).reshape(len(found), n)


def _may_swap(of: LineUp, x: np.ndarray, i: int, j: int) -> bool:
    """Whether i stands surely before j and the rules would let it take its place."""
    y = x.copy()
    y[[i, j]] = True, False
    return bool(of.low[i] > of.high[j]) and keeps(of, y)


def best_worst(of: LineUp, sets: np.ndarray) -> float:
    """The largest worst case, with one row for each right set."""
    n = sets.shape[1]
    bounds = np.array([[n_.start <= k < n_.stop for k in range(n)] for n_ in of.nodes], float)
    rows = np.vstack([np.hstack([-sets, np.ones((len(sets), 1))]),
                      np.hstack([np.vstack([bounds, -bounds]), np.zeros((2 * len(bounds), 1))])])  # fmt: skip
    most = [*[0.0] * len(sets), *[n_.upper for n_ in of.nodes], *[-n_.lower for n_ in of.nodes]]
    found = linprog([0.0] * n + [-1.0], rows, most, bounds=[(0, 1)] * n + [(0, None)])
    assert found.status == 0
    return -found.fun


@st.composite
def lines(draw, groups: bool = True) -> LineUp:
    """Up to seven intervals with whole ends, sometimes with nested groups that can be kept."""
    n = draw(st.integers(1, 7))
    low = np.array(draw(st.lists(st.integers(0, 9), min_size=n, max_size=n)))
    high = low + np.array(draw(st.lists(st.integers(0, 6), min_size=n, max_size=n)))
    seats, nodes = draw(st.integers(0, n)), []
    if groups and n > 2 and draw(st.booleans()):
        cut = draw(st.integers(1, n - 1))
        if cut > 2 and draw(st.booleans()):
            nodes.append((1, cut, 0, draw(st.integers(0, cut - 1))))
        lower = draw(st.integers(0, min(cut, seats)))
        nodes.append((0, cut, lower, draw(st.integers(lower, cut))))
        if draw(st.booleans()):
            nodes.append((cut, n, 0, draw(st.integers(0, n - cut))))
    found = line(low, high, seats, *nodes)
    if not any(keeps(found, np.isin(np.arange(n), c)) for c in combinations(range(n), seats)):
        found = line(low, high, seats)
    return found


def cells(of: LineUp) -> np.ndarray:
    """The innermost group of each."""
    inner = [min((n.stop - n.start, k) for k, n in enumerate(of.nodes) if n.start <= at < n.stop)[1]
             for at in range(len(of.low))]  # fmt: skip
    return np.array(inner)
