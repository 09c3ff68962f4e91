"""Who read what, as sums that every two-way model needs: submissions grouped by their number of readers.

With N the I × J matrix of readings (0 or 1), both least squares and random effects need only weighted
sums of n_i n_iᵀ over submissions, where the weight depends on the number of readers d alone. So the marks
are passed once, and the models afterwards work on matrices of the size of the panel of jurors.

Submissions may fall into groups with levels of their own (nominations), P columns of a design (`groupings`). Then
ñ_i = [n_i, m_i], m_i (P,) the sum of these over the readings of i: d times its own, unless the factors have changed
places.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from fairlib.scoring.crossed.groupings import Levels, kept, levels_of, one_level

_STACK_LIMIT = 40_000_000  # numbers kept for the stack of cross products: 320 MB
_CELLS = 4_000_000  # cells of a dense working matrix: 32 MB
_FEW = 16  # up to so many readers a submission, pairs of readers are counted one by one


@dataclass(frozen=True)
class Block:
    """The submissions read by exactly `d` jurors: codes `members` (I_d,) and `jurors` (I_d, d)."""

    d: int
    members: np.ndarray
    jurors: np.ndarray


@dataclass(frozen=True)
class Incidence:
    """The design of N readings: I submissions (some perhaps without a mark), J jurors, blocks by d.

    `order` sorts the readings by submission; `load` (J,) and `readers` (I,) are the degrees. `levels` are those
    of the submissions (I,), or of the jurors (J,) where `columns_have_levels`: a turned design.
    """

    n_submissions: int
    n_jurors: int
    order: np.ndarray
    readers: np.ndarray
    load: np.ndarray
    blocks: tuple[Block, ...]
    levels: Levels
    columns_have_levels: bool = False

    @property
    def n_levels(self) -> int:
        """Number of columns P of levels; 1 where all have one level."""
        return self.levels.n

    @cached_property
    def level(self) -> np.ndarray:
        """Code of the combination of groups of each submission (I,), or juror (J,) in a turned design."""
        return np.unique(self.levels.codes, axis=1, return_inverse=True)[1]

    @property
    def level_of_reading(self) -> np.ndarray:
        """That of each reading in the sorted order (n,)."""
        return self.level[self.who if self.columns_have_levels else self.owner]

    @property
    def n(self) -> int:
        """Number of readings."""
        return len(self.order)

    @property
    def plain(self) -> "Incidence":
        """The design without weights of readings: itself, where there are none."""
        return self

    @cached_property
    def start(self) -> np.ndarray:
        """Where the readings of each submission begin in the sorted order (I,)."""
        return np.concatenate([[0], np.cumsum(self.readers)[:-1]])

    @cached_property
    def owner(self) -> np.ndarray:
        """Submission of each reading in the sorted order (n,)."""
        return np.repeat(np.arange(self.n_submissions), self.readers)

    @cached_property
    def who(self) -> np.ndarray:
        """Juror of each reading in the sorted order (n,)."""
        out = np.empty(self.n, dtype=np.int64)
        for block in self.blocks:
            out[self.rows(block)] = block.jurors
        return out

    def rows(self, block: Block) -> np.ndarray:
        """Places (I_d, d) of the readings of a block in the sorted order."""
        return self.start[block.members][:, None] + np.arange(block.d)

    @cached_property
    def turned(self) -> "Incidence":
        """The same readings with jurors and submissions in each other's place."""
        other_side = not self.columns_have_levels
        return _grouped(self.who, self.owner, self.n_jurors, self.n_submissions, self.levels, other_side)

    @cached_property
    def by_level(self) -> np.ndarray:
        """m_i: the columns of levels summed over the readings of each submission (I, P)."""
        if self.n_levels == 1:
            return self.readers[:, None].astype(float)
        if self.columns_have_levels:
            return self.over_readers(self.levels.columns)
        return self.readers[:, None] * self.levels.columns

    @cached_property
    def sizes(self) -> np.ndarray:
        """Number of readers d of each block, as floats (G,)."""
        return np.array([b.d for b in self.blocks], dtype=float)

    @cached_property
    def counts(self) -> np.ndarray:
        """Number of submissions of each block (G,)."""
        return np.array([len(b.members) for b in self.blocks], dtype=float)

    @cached_property
    def _stack(self) -> np.ndarray | None:
        width = self.n_jurors + self.n_levels
        if len(self.blocks) * width**2 > _STACK_LIMIT and len(self.blocks) > 1:
            return None
        return np.stack([_cross(b, self.n_jurors, self.by_level[b.members]) for b in self.blocks])

    def gram(self, weights: np.ndarray) -> np.ndarray:
        """Σ_d weights_d Σ_{i in d} ñ_i ñ_iᵀ, a (J+G) × (J+G) matrix, with ñ_i = [n_i, m_i]."""
        if self._stack is not None:
            return np.tensordot(weights, self._stack, 1)
        return self._gram_by_row(weights[self._block_of])

    def shared(self, weights: np.ndarray) -> np.ndarray:
        """Σ weights_i n_i n_iᵀ (J × J), with a weight for each submission with a mark."""
        if self.dense is not None:
            return (self.dense.T * weights) @ self.dense
        return self._gram_by_row(weights)[: self.n_jurors, : self.n_jurors]

    @cached_property
    def dense(self) -> np.ndarray | None:
        """The rows n_i of submissions with a mark, where these are few cells."""
        cells = self._wide.shape[0] * self.n_jurors
        small = cells <= min(_CELLS // 8, max(10 * self.n, _CELLS // 1000))
        return self._wide[:, : self.n_jurors].toarray() if small else None

    @cached_property
    def _block_of(self) -> np.ndarray:
        """Place among the blocks of each submission with a mark, in order of submissions."""
        return np.searchsorted(self.sizes, self.readers[self.readers > 0])

    @cached_property
    def _wide(self) -> sp.csr_array:
        """The rows ñ_i of submissions with a mark."""
        there = self.readers > 0
        shape = (int(there.sum()), self.n_jurors)
        reads = sp.csr_array((np.ones(self.n), self.who, np.append(self.start[there], self.n)), shape=shape)
        return sp.hstack([reads, self.by_level[there]], format="csr")

    def _gram_by_row(self, weights: np.ndarray) -> np.ndarray:
        """`gram` where a stack of blocks would be too large: a product of I × (J+G) matrices."""
        if self.n * 10 < self._wide.shape[0] * self.n_jurors:
            return (self._wide.T @ self._wide.multiply(weights[:, None])).toarray()
        total = np.zeros((self._wide.shape[1], self._wide.shape[1]))
        for start in range(0, len(weights), rows := max(1, _CELLS // self.n_jurors)):
            part = self._wide[start : start + rows].toarray()
            total += part.T @ (weights[start : start + rows, None] * part)
        return total

    def border(self) -> np.ndarray:
        """X̃ᵀX̃ of the indicators of jurors and levels: diagonal, bordered by the loads in each level."""
        j, x = self.n_jurors, self.levels.columns
        out = np.zeros((j + self.n_levels, j + self.n_levels))
        out[np.arange(j), np.arange(j)] = self.load
        if self.columns_have_levels:
            loads, inner = self.load[:, None] * x, (x * self.load[:, None]).T @ x
        elif self.n_levels == 1:
            loads, inner = self.load[:, None], np.array([[float(self.n)]])
        else:
            loads, inner = self.over_submissions(x.T).T, (x * self.readers[:, None]).T @ x
        out[:j, j:], out[j:, :j], out[j:, j:] = loads, loads.T, inner
        return out

    def over_readers(self, values: np.ndarray) -> np.ndarray:
        """Sum of a juror value (J,) or (J, S) over the readers of each submission: (I,) or (I, S)."""
        out = np.zeros((self.n_submissions, *values.shape[1:]))
        for block in self.blocks:
            out[block.members] = values[block.jurors].sum(axis=1)
        return out

    @cached_property
    def _of_submission(self) -> sp.csr_array:
        shape = (self.n, self.n_submissions)
        return sp.csr_array((np.ones(self.n), self.owner, np.arange(self.n + 1)), shape=shape)

    @cached_property
    def _of_juror(self) -> sp.csr_array:
        shape = (self.n, self.n_jurors)
        return sp.csr_array((np.ones(self.n), self.who, np.arange(self.n + 1)), shape=shape)

    def by_submission(self, y: np.ndarray) -> np.ndarray:
        """Sums (D, I) over each submission of values (D, n) of the readings in sorted order."""
        return y @ self._of_submission

    def by_juror(self, y: np.ndarray) -> np.ndarray:
        """Sums (D, J) over each juror of values (D, n) of the readings in sorted order."""
        return y @ self._of_juror

    def over_submissions(self, values: np.ndarray) -> np.ndarray:
        """Sums (D, J) of values (D, I) over the submissions that each juror read."""
        return values @ self._reads

    @cached_property
    def _reads(self) -> sp.csr_array:
        shape = (self.n_submissions, self.n_jurors)
        return sp.csr_array((np.ones(self.n), self.who, np.append(self.start, self.n)), shape=shape)

    def unsorted(self, y: np.ndarray) -> np.ndarray:
        """Values (n,) of the readings in sorted order, back in the order in which the design was made."""
        out = np.empty_like(y)
        out[self.order] = y
        return out

    def quadratic(self, matrix: np.ndarray) -> np.ndarray:
        """n_iᵀ Q n_i of every submission (I,), for a symmetric J × J matrix Q."""
        out = np.zeros(self.n_submissions)
        for block, rows, wide in self._parts():
            form = _dense_form if wide else _gathered_form
            out[block.members[rows]] = form(matrix, block.jurors[rows])
        return out

    def beside(self, matrix: np.ndarray) -> np.ndarray:
        """Σ_k Q_jk over the readers k of i, for every reading (i, j) in the sorted order (n,)."""
        out = np.empty(self.n)
        for block, rows, wide in self._parts():
            who, at = block.jurors[rows], self.rows(block)[rows]
            if wide:
                out[at] = np.take_along_axis(_indicator(who, len(matrix)) @ matrix.T, who, axis=1)
            else:
                out[at] = matrix[who[:, :, None], who[:, None, :]].sum(axis=2)
        return out

    def _parts(self) -> Iterator[tuple[Block, slice, bool]]:
        """Blocks in slices that a working matrix holds, and whether they have many readers."""
        for block in self.blocks:
            wide = block.d > _FEW
            size = max(1, _CELLS // (self.n_jurors if wide else block.d**2))
            for start in range(0, len(block.members), size):
                yield block, slice(start, start + size), wide


def incidence(
    submission: np.ndarray,
    juror: np.ndarray,
    n_submissions: int,
    n_jurors: int,
    level: np.ndarray | None = None,
    fixed: Sequence[bool] | None = None,
) -> Incidence:
    """Group the readings of integer codes (n,) by submission and by number of readers; no pair twice.

    `level` (I,), or (K, I) for several groupings, codes the groups of submissions that have levels of their own
    (one for all if not given), `fixed` (K,) says which groupings are taken as they are. Groupings that the marks
    cannot carry are left out, see `kept`.
    """
    levels = one_level(n_submissions)
    if level is not None:
        codes = list(np.atleast_2d(level))
        read = np.bincount(submission, minlength=n_submissions) > 0
        use = [k for k, what in enumerate(kept(codes, read)) if what.has_levels]
        asis = [bool(fixed[k]) for k in use] if fixed is not None else None
        levels = levels_of([codes[k] for k in use], read, asis)
    return _grouped(submission, juror, n_submissions, n_jurors, levels)


def _grouped(
    submission: np.ndarray,
    juror: np.ndarray,
    n_submissions: int,
    n_jurors: int,
    levels: Levels,
    columns_have_levels: bool = False,
) -> Incidence:
    readers = np.bincount(submission, minlength=n_submissions)
    in_order = bool((np.diff(submission) >= 0).all())
    order = np.arange(len(submission)) if in_order else np.argsort(submission, kind="stable")
    sorted_jurors, start = juror[order], np.concatenate([[0], np.cumsum(readers)[:-1]])
    blocks = []
    for d in np.flatnonzero(np.bincount(readers)):
        if d:
            members = np.flatnonzero(readers == d)
            blocks.append(Block(int(d), members, sorted_jurors[start[members][:, None] + np.arange(d)]))
    load = np.bincount(juror, minlength=n_jurors).astype(float)
    return Incidence(
        n_submissions, n_jurors, order, readers, load, tuple(blocks), levels, columns_have_levels
    )


def _cross(block: Block, n_jurors: int, by_level: np.ndarray) -> np.ndarray:
    """C̃_d = Σ ñ ñᵀ over the submissions of a block, `by_level` (I_d, G) their m_i."""
    width = n_jurors + by_level.shape[1]
    out = np.empty((width, width))
    out[:n_jurors, :n_jurors] = _co_readings(block, n_jurors)
    out[:n_jurors, n_jurors:] = onto_readers(block, n_jurors, by_level)
    out[n_jurors:, :n_jurors] = out[:n_jurors, n_jurors:].T
    out[n_jurors:, n_jurors:] = by_level.T @ by_level
    return out


def onto_readers(block: Block, n_jurors: int, values: np.ndarray) -> np.ndarray:
    """Sum of values (I_d, S) of a block's submissions over those that each juror read: (J, S)."""
    who = block.jurors.ravel()
    sums = [np.bincount(who, np.repeat(column, block.d), minlength=n_jurors) for column in values.T]
    return np.column_stack(sums)


def _co_readings(block: Block, n_jurors: int) -> np.ndarray:
    """How many submissions of the block each two jurors share (J × J), loads on the diagonal."""
    if block.d == n_jurors:
        return np.full((n_jurors, n_jurors), float(len(block.members)))
    if block.d <= _FEW and n_jurors**2 < 40 * len(block.members) + 10_000:
        return _count_pairs(block, n_jurors)
    indptr = np.arange(0, block.jurors.size + 1, block.d)
    shape = (len(block.members), n_jurors)
    indicator = sp.csr_array((np.ones(block.jurors.size), block.jurors.ravel(), indptr), shape=shape)
    if block.d * 10 < n_jurors:
        return (indicator.T @ indicator).toarray()
    total = np.zeros((n_jurors, n_jurors))
    for start in range(0, shape[0], rows := max(1, _CELLS // n_jurors)):
        part = indicator[start : start + rows].toarray()
        total += part.T @ part
    return total


def _count_pairs(block: Block, n_jurors: int) -> np.ndarray:
    half = np.zeros(n_jurors**2)
    scaled = block.jurors * n_jurors
    for p in range(block.d):
        for q in range(p + 1, block.d):
            half += np.bincount(scaled[:, p] + block.jurors[:, q], minlength=n_jurors**2)
    upper = half.reshape(n_jurors, n_jurors)
    total = upper + upper.T
    total[np.diag_indices(n_jurors)] += np.bincount(block.jurors.ravel(), minlength=n_jurors)
    return total


def _gathered_form(matrix: np.ndarray, who: np.ndarray) -> np.ndarray:
    total = np.diagonal(matrix)[who].sum(axis=1)
    for p in range(1, who.shape[1]):
        total += 2 * matrix[who[:, p, None], who[:, :p]].sum(axis=1)
    return total


def _dense_form(matrix: np.ndarray, who: np.ndarray) -> np.ndarray:
    indicator = _indicator(who, len(matrix))
    return ((indicator @ matrix) * indicator).sum(axis=1)


def _indicator(who: np.ndarray, n_jurors: int) -> np.ndarray:
    """1 where a juror is among the readers: (I_d, J)."""
    out = np.zeros((len(who), n_jurors))
    out[np.arange(len(who))[:, None], who] = 1
    return out
