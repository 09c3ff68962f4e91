"""Which chances are best in the worst case? A linear programme by cutting planes, and the most equal of its optima.

MERIT (Goldberg, Fanti & Shah 2025, arXiv 2506.19083) looks for chances p with sum k that make the expected number of
rightly chosen, in the worst of all rankings that the intervals allow, as large as possible. Optima are many; here
that with the least sum of p² is taken. There is one such, equal intervals have equal chances in it, and nobody has
less than another of its group whose interval lies lower. Then what the surely lower still hold goes up to those
surely above them, so that no draw takes one and leaves out another of its group who stands surely before it.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.optimize import linprog, nnls
from scipy.sparse import csr_array

from fairlib.errors import SelectionError
from fairlib.selection.lottery.blocks import Block, blocks
from fairlib.selection.lottery.intervals import LineUp
from fairlib.selection.lottery.worst import Worst

TOLERANCE = 1e-8  # of sums of chances; published are millionths
ROUNDS = 500
SLACKS = (
    5e-9,
    1e-11,
    1e-7,
    1e-9,
)  # of the worst case: an optimum has no inside, and the solver wants a little of it


@dataclass(frozen=True, eq=False)
class Chances:
    """`p` (n,) of a line-up, and `sure`: how many are expected to be rightly chosen whatever is true."""

    p: np.ndarray
    sure: float


def best_chances(line: LineUp) -> Chances:
    """The chances of a line-up, each of its blocks by itself."""
    p, sure = np.zeros(len(line.who)), 0.0
    for block in blocks(line):
        q, _ = most_equal(block)
        p[block.at] = upwards(block, q)
        sure += float(Worst(block, p[block.at]).values.min())
    return Chances(p, round(sure, 6))


@dataclass(eq=False)
class _Programme:
    """Chances of the K kinds of a block: bounds of its nodes as rows `lower ≤ rows @ q ≤ upper`, and the cuts so far.

    A cut (K,) counts the kinds of a set that may rightly be chosen.
    """

    block: Block
    size: np.ndarray
    rows: np.ndarray
    cuts: np.ndarray

    def __post_init__(self):
        self.held, self.free = np.zeros(len(self.size)), np.ones(len(self.size), dtype=bool)

    def more(self, q: np.ndarray, value: float) -> bool:
        """Add sets whose sum is below `value`; whether there were any."""
        sets = Worst(self.block, q[self.block.kind]).sets(value - TOLERANCE)
        new = self._counted(sets)
        new = np.array([c for c in new if not (self.cuts == c).all(axis=1).any()]).reshape(-1, len(q))
        self.cuts = np.vstack([self.cuts, new])
        return len(new) > 0

    def _counted(self, sets: np.ndarray) -> np.ndarray:
        of_kind = self.block.kind == np.arange(len(self.size))[:, None]
        return np.unique(sets.astype(float) @ of_kind.T.astype(float), axis=0)

    @cached_property
    def ladder(self) -> np.ndarray:
        """Rows (r, K) with `rows @ q ≤ 0`: nobody has less than the next lower of the same cell."""
        first = np.array([np.flatnonzero(self.block.kind == k)[0] for k in range(len(self.size))])
        low, high, cell = self.block.low[first], self.block.high[first], self.block.cell[first]
        rows = []
        for k in range(len(first)):
            better = np.flatnonzero((low >= low[k]) & (high >= high[k]) & (cell == cell[k]))
            better = better[better != k]
            for ends in ((low, high), (high, low)) if len(better) else ():
                row = np.zeros(len(first))
                row[k], row[better[np.lexsort([ends[1][better], ends[0][better]])[0]]] = 1, -1
                rows.append(row)
        return np.unique(np.array(rows).reshape(-1, len(first)), axis=0)

    @property
    def limits(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds of the rows."""
        nodes = self.block.nodes
        return np.array([n.lower for n in nodes], float), np.array([n.upper for n in nodes], float)


def most_equal(block: Block) -> tuple[np.ndarray, float]:
    """Of all chances (m,) that are best in the worst case those with the least sum of squares, and their worst case.

    Raises SelectionError if the solver fails.
    """
    size = np.bincount(block.kind).astype(float)
    rows = np.array([_count(block, slice(n.start, n.stop)) for n in block.nodes])
    programme = _Programme(block, size, rows, np.zeros((0, len(size))))
    q = np.full(len(size), block.seats / len(block.at))
    programme.more(q, np.inf)
    for _ in range(ROUNDS):
        q, value = _largest(programme)
        if not programme.more(q, value):
            break
    for _ in range(ROUNDS):
        q = _shortest(programme, value)
        if not programme.more(q, value):
            return q[block.kind], value
    raise SelectionError(f"The chances of the lottery could not be found in {ROUNDS} rounds.")


def _count(block: Block, places: slice) -> np.ndarray:
    return np.bincount(block.kind[places], minlength=block.kind.max() + 1).astype(float)


def _largest(of: _Programme) -> tuple[np.ndarray, float]:
    """The chances with the largest worst case under the cuts so far, and that worst case.

    Whoever has a reduced cost is at the same bound in every optimum, and is held there from then on.
    """
    lower, upper = of.limits
    n = len(of.size)
    cuts = np.hstack([-of.cuts, np.ones((len(of.cuts), 1))])
    bounds = np.hstack(
        [np.vstack([of.rows, -of.rows, of.ladder]), np.zeros((2 * len(of.rows) + len(of.ladder), 1))]
    )
    found = linprog(
        np.append(np.zeros(n), -1.0),
        csr_array(np.vstack([cuts, bounds])),
        np.concatenate([np.zeros(len(cuts)), upper, -lower, np.zeros(len(of.ladder))]),
        bounds=[(0, 1)] * n + [(0, None)],
    )
    if found.status != 0:
        raise SelectionError(f"The chances of the lottery could not be found: {found.message}")
    of.held = np.rint(found.x[:n])
    of.free = np.abs(found.lower.marginals + found.upper.marginals)[:n] < TOLERANCE
    return found.x[:n], float(found.x[n])


def _shortest(of: _Programme, value: float) -> np.ndarray:
    """The chances with the least sum of squares whose cuts all reach `value`, checked to a millionth.

    Raises SelectionError if the solver misses with every one of `SLACKS`, also after a closer look at what is fixed.
    """
    lower, upper = of.limits
    rows = np.vstack([of.cuts, of.rows, -of.rows])
    least = np.concatenate([np.full(len(of.cuts), value), lower, -upper])
    for look_closer in (False, True):
        if look_closer:
            _hold(of, rows, least)
        for slack in SLACKS:
            q = _least_distance(of, rows, np.where(np.arange(len(rows)) < len(of.cuts), least - slack, least))
            if (rows @ q >= least - 1e-6).all():
                return q
    raise SelectionError("The chances of the lottery could not be found: the least distance has no solution.")


def _hold(of: _Programme, rows: np.ndarray, least: np.ndarray) -> None:
    """Hold every kind that has the same chance in all optima; its smallest and its largest are asked for."""
    for k in np.flatnonzero(of.free):
        ends = []
        for sign in (1.0, -1.0):
            c = np.zeros(len(of.size))
            c[k] = sign
            found = linprog(c, -csr_array(rows), -(least - 1e-9), bounds=(0, 1))
            ends.append(found.x[k] if found.status == 0 else -sign)
        if abs(ends[1] - ends[0]) < 1e-6:
            of.held[k], of.free[k] = np.mean(ends), False


def _least_distance(of: _Programme, rows: np.ndarray, least: np.ndarray) -> np.ndarray:
    """The chances (K,) with `rows @ q ≥ least` next to equal ones, each kind counting as often as it has members.

    A least distance problem as one of non-negative least squares (Lawson & Hanson 1974, ch. 23). NaN where that finds
    no end of the way.
    """
    root, free = np.sqrt(of.size), of.free
    even, n = of.block.seats / of.size.sum(), int(of.free.sum())
    least = least - rows @ np.where(free, even, of.held)
    matrix = np.vstack([rows[:, free], np.eye(n), -np.eye(n)]) / root[free]
    least = np.concatenate([least, np.full(n, -even), np.full(n, even - 1.0)])
    target = np.append(np.zeros(n), 1.0)
    try:
        dual, _ = nnls(np.vstack([matrix.T, least]), target, maxiter=50 * len(least) + 50)
    except RuntimeError:
        return np.full(len(of.size), np.nan)
    rest = target - np.vstack([matrix.T, least]) @ dual
    q = of.held.copy()
    q[free] = np.clip(even - rest[:n] / rest[n] / root[free], 0, 1) if rest[n] > 0 else np.nan
    return q


def upwards(block: Block, p: np.ndarray) -> np.ndarray:
    """Chances (m,) of which nobody holds any while another of its cell, surely above it, has less than 1.

    From the lowest up, what those with equal upper ends hold goes to those surely above them, the smallest
    first; if they cannot take all, the largest of the lower are cut to one level. No worst case gets worse by it:
    a set that may rightly be chosen and has the lower one has the higher one too.
    """
    p = np.where(p > 1 - TOLERANCE, 1.0, np.where(p < TOLERANCE, 0.0, p))
    for cell in np.unique(block.cell):
        mine = np.flatnonzero(block.cell == cell)
        for top in np.unique(block.high[mine]):
            lower = mine[block.high[mine] == top]
            above = mine[block.low[mine] > top]
            moved = min(p[lower].sum(), (1 - p[above]).sum())
            if moved > 0:
                p[above] = _raised(p[above], moved)
                p[lower] = 1 - _raised(1 - p[lower], moved)
    return p


def _raised(p: np.ndarray, by: float) -> np.ndarray:
    """Chances after `by` more in all: the smallest are raised to one level, none above 1."""
    if by >= (1 - p).sum() - 1e-12:
        return np.ones_like(p)
    line = np.sort(p)
    need = np.arange(1, len(p) + 1) * np.append(line[1:], 1.0) - np.cumsum(line)  # to bring k up to the next
    k = int(np.searchsorted(need, by))
    return np.maximum(p, (line[: k + 1].sum() + by) / (k + 1))
