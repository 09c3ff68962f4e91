"""Several groupings of the submissions at once (nomination, language) as the columns of one design.

The level of a submission is the sum of one effect for each grouping. `columns` is a basis of what such sums can
be, `ties` lead from the effects of a grouping to coefficients of the basis, so that groupings that are nested in
each other, or that share a direction, need no special case: the basis is only shorter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from fairlib.errors import ScoringError
from fairlib.rules.contest import MOST_DRAWN

SPARE = 8  # submissions beyond the columns of levels, to tell how submissions of one level differ
_NOTHING = 1e-9
STATUS = {
    "ok": "",
    "one_group": "all marks are in one of its groups, so it has no levels",
    "same_groups": "it groups the submissions as another grouping does, whose levels serve for both",
    "nested": "each group of another grouping lies in one of its own; only how far groups differ tells them apart",
    "confounded": "some of its groups never meet those of another grouping, so what is alike cannot be compared",
    "too_many_groups": "there are hardly more submissions with marks than groups, so it has no levels",
}


@dataclass(frozen=True)
class Grouping:
    """A grouping by its name: `codes` (I,) in `groups`, the name of each group.

    `fixed`: its effects are taken as they are; else they are drawn to each other.
    """

    name: str
    codes: np.ndarray
    groups: pd.Index
    fixed: bool = False


@dataclass(frozen=True)
class Levels:
    """K groupings of I submissions as P columns: the level of a submission is `columns` @ β.

    `columns` (I, P); `flat` (P, F): directions of β that nothing draws together, the common level among them;
    `drawn` for each grouping that is drawn together (P, G_k): β moves by `drawn_k` @ effects_k. `codes` (K, I) are
    the groups, `places` (C, K) those of the combinations that have marks, `cells` (C, P) the columns of these.
    """

    columns: np.ndarray
    flat: np.ndarray
    drawn: tuple[np.ndarray, ...]
    codes: np.ndarray
    places: np.ndarray
    cells: np.ndarray

    @property
    def n(self) -> int:
        """Number of columns P."""
        return self.columns.shape[1]

    @cached_property
    def across(self) -> np.ndarray:
        """An orthonormal basis (P, P − F) of what no direction of `flat` touches."""
        return np.linalg.qr(self.flat, mode="complete")[0][:, self.flat.shape[1] :]

    @cached_property
    def middle(self) -> np.ndarray:
        """Weights (P,) of the mean over the combinations of groups that have marks."""
        return self.cells.mean(axis=0)

    def apart(self, k: int, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        """Weights (S, P) on β of group a less group b (S,) of the k-th grouping, the other groupings held equal.

        NaN where no combinations of marks hold them equal (one grouping is nested in the other).
        """
        sizes = [int(c.max()) + 1 for c in self.codes]
        effects = _indicators(self.places.T)
        wanted, start = np.zeros((len(a), effects.shape[1])), sum(sizes[:k])
        wanted[np.arange(len(a)), start + a] += 1
        wanted[np.arange(len(a)), start + b] -= 1
        weight = np.linalg.lstsq(effects.T, wanted.T, rcond=None)[0]
        held = np.abs(effects.T @ weight - wanted.T).max(axis=0) < 1e-6
        return np.where(held[:, None], weight.T @ self.cells, np.nan)


@dataclass(frozen=True)
class Kept:
    """What becomes of a grouping: `status` `ok`, or why it has no levels or shares them, with the `other` one."""

    status: str
    other: int | None = None

    @property
    def has_levels(self) -> bool:
        """Whether the grouping is in the model."""
        return self.status not in ("one_group", "same_groups", "too_many_groups")


def one_level(n: int) -> Levels:
    """A single level for `n` submissions."""
    one = np.ones((1, 1))
    return Levels(np.ones((n, 1)), one, (), np.zeros((1, n), np.int64), np.zeros((1, 1), np.int64), one)


def kept(codes: Sequence[np.ndarray], read: np.ndarray) -> list[Kept]:
    """What becomes of each grouping (I,), by `STATUS`, in the order given; `read` (I,) have marks."""
    found: list[Kept] = []
    columns = 1
    for k, code in enumerate(codes):
        earlier = [m for m in range(k) if found[m].has_levels]
        n = len(np.unique(code[read]))
        twin = next(
            (m for m in earlier if _decides(codes[m], code, read) and _decides(code, codes[m], read)), None
        )
        if n < 2:
            found.append(Kept("one_group"))
        elif twin is not None:
            found.append(Kept("same_groups", twin))
        elif np.count_nonzero(read) < columns + n - 1 + SPARE:
            found.append(Kept("too_many_groups"))
        else:
            found.append(Kept("ok"))
            columns += n - 1
    there = [k for k, what in enumerate(found) if what.has_levels]
    for k in there:
        found[k] = _beside(k, codes, there, read)
    return found


def _beside(k: int, codes: Sequence[np.ndarray], there: list[int], read: np.ndarray) -> Kept:
    """`nested` or `confounded` with another grouping in the model, else `ok`."""
    others = [m for m in there if m != k]
    if (inner := next((m for m in others if _decides(codes[m], codes[k], read)), None)) is not None:
        return Kept("nested", inner)
    for m in others:
        if not _decides(codes[k], codes[m], read) and _parts(codes[k][read], codes[m][read]) > 1:
            return Kept("confounded", m)
    return Kept("ok")


def levels_of(codes: Sequence[np.ndarray], read: np.ndarray, fixed: Sequence[bool] | None = None) -> Levels:
    """The design of groupings (I,) that all have levels; `fixed` says which are taken as they are.

    Raises ScoringError for more than three that are drawn together.
    """
    whole, fixed = len(read), fixed or [False] * len(codes)
    if not codes:
        return one_level(whole)
    if (many := sum(not f for f in fixed)) > MOST_DRAWN:
        raise ScoringError(
            f"{many} groupings are drawn together; {MOST_DRAWN} can be. Take the others as they are (fixed)."
        )
    dense = np.array([_known(code, read) for code in codes])
    places = np.unique(dense.T[read], axis=0)
    effects = [_indicators(p[None, :]) for p in places.T]
    basis = _independent(np.hstack(effects))
    cells, columns = np.hstack(effects)[:, basis], _indicators(dense)[:, basis]
    ties = [np.linalg.lstsq(cells, e, rcond=None)[0] for e in (np.ones((len(cells), 1)), *effects)]
    asis = np.hstack([ties[0], *(t for t, f in zip(ties[1:], fixed, strict=True) if f)])
    drawn = tuple(t for t, f in zip(ties[1:], fixed, strict=True) if not f)
    return Levels(columns, asis[:, _independent(asis)], drawn, dense, places, cells)


def _indicators(codes: np.ndarray) -> np.ndarray:
    """1 where a submission is in a group, else 0: (I, all groups) from codes (K, I)."""
    return np.hstack([(c[:, None] == np.arange(c.max() + 1)).astype(float) for c in codes])


def _known(code: np.ndarray, read: np.ndarray) -> np.ndarray:
    """Codes among those with marks; submissions of a group without any take the first."""
    known = np.unique(code[read])
    return np.where(np.isin(code, known), np.searchsorted(known, code), 0)


def _independent(columns: np.ndarray) -> list[int]:
    """The first columns that span all of them."""
    chosen, frame = [], np.zeros((len(columns), 0))
    for k, column in enumerate(columns.T):
        left = column - frame @ (frame.T @ column)
        left -= frame @ (frame.T @ left)
        size, whole = float(np.linalg.norm(left)), float(np.linalg.norm(column))
        if size > _NOTHING * max(whole, _NOTHING):
            chosen.append(k)
            frame = np.column_stack([frame, left / size])
    return chosen


def _decides(one: np.ndarray, other: np.ndarray, read: np.ndarray) -> bool:
    """Whether the group of a submission with marks in `one` says which it is in `other`."""
    pairs = np.unique(np.column_stack([one, other])[read], axis=0)
    return len(pairs) == len(np.unique(pairs[:, 0]))


def _parts(one: np.ndarray, other: np.ndarray) -> int:
    """How many parts the groups fall into, tied where a submission is in both."""
    pairs = np.unique([np.unique(c, return_inverse=True)[1] for c in (one, other)], axis=1)
    effects = _indicators(pairs)
    return effects.shape[1] - len(_independent(effects))
