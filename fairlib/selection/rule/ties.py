"""Who stands before whom? Rounding, the tie chain, and one strict order or a tie that is reported."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

import numpy as np
import pandas as pd

from fairlib.errors import SelectionError
from fairlib.facts import Value
from fairlib.scoring.dust import DUST, joined

_HALF = 1e-3  # of a unit: how far from a half rounding may leave one
_COLUMNS = {"median": "raw_median", "fewer_missing": "n_missing", "earlier": "sent_at"}


@dataclass(frozen=True, eq=False)
class Order:
    """The order of I submissions, as arrays of length I aligned on `submissions`.

    `key` is the estimate in units of 10^-decimals (int64; 0 where not ranked), `tiebreak` the place by the
    tie chain alone (int64, no two equal; also what the chain could not tell apart has a working place),
    `chain` the same with equal numbers where the chain could not tell. `rank` counts from 1, shared by
    those that nothing separates, 0 where not ranked. `steps` are the names of the chain's steps, `keys` what
    each compared (I × steps, smaller first), `values` how that reads (I × steps, object), and `absent` the
    steps whose column is not there.
    """

    submissions: pd.Index
    ranked: np.ndarray
    key: np.ndarray
    tiebreak: np.ndarray
    chain: np.ndarray
    rank: np.ndarray
    steps: tuple[str, ...]
    keys: np.ndarray
    values: np.ndarray
    absent: tuple[str, ...]

    def line(self) -> np.ndarray:
        """Positions of the ranked submissions, best first: the strict working order."""
        place = np.lexsort((self.tiebreak, -self.key))
        return place[self.ranked[place]]

    def rank_by(self, values: np.ndarray, decimals: int) -> np.ndarray:
        """Ranks by other values (I,), higher is better, ties settled by the same chain; 0 where there is none."""
        there = self.ranked & ~np.isnan(values)
        return _shared_rank(np.where(there, rounded(values, decimals), 0).astype(np.int64), self.chain, there)

    def groups(self) -> list[np.ndarray]:
        """Positions of submissions that neither estimate nor chain separates, groups of two and more."""
        line = self.line()
        cuts = np.flatnonzero(np.diff(self.rank[line])) + 1
        return [g for g in np.split(line, cuts) if len(g) > 1]

    def separated_by(self, a: int, b: int) -> tuple[str, Value, Value] | None:
        """Step at which a tie of two equal estimates ended, with both values; None if it did not end."""
        for k, step in enumerate(self.steps):
            if self.keys[a, k] != self.keys[b, k]:
                return step, self.values[a, k], self.values[b, k]
        return None


def rounded(values: np.ndarray, decimals: int) -> np.ndarray:
    """Numbers in units of 10^-decimals, to the nearest and halves to even: equal here means equal.

    What only rounding keeps from a half is one, so that 6.25 and 6.249999999999999 go the same way.

    >>> rounded(np.array([7.25, 7.2500004, 7.251]), 3)
    array([7250., 7250., 7251.])
    """
    scaled = np.asarray(values, dtype=float) * 10.0**decimals
    half = np.floor(scaled) + 0.5
    near = np.abs(scaled - half) <= np.minimum(DUST * np.abs(scaled), _HALF)
    return np.rint(np.where(near, half, scaled))


def least_units(mark: float, decimals: int) -> float:
    """The least number of units of 10^-decimals that is not below a mark, which is taken as it is written.

    >>> least_units(6.25, 1), least_units(6.2, 1)
    (63.0, 62.0)
    """
    return float((Decimal(repr(float(mark))) * 10**decimals).to_integral_value(ROUND_CEILING))


def lot(seed: object, submission: object) -> str:
    """The seeded draw: SHA-256 of `seed|submission` in hexadecimal; the smaller comes first.

    It depends on the seed and the id alone, never on the order of rows or on who else takes part.

    >>> lot(1, "A")[:16]
    '5919f2afd740d78f'
    """
    return hashlib.sha256(f"{seed}|{submission}".encode()).hexdigest()


def rank_order(
    candidates: pd.DataFrame,
    ranked: np.ndarray,
    chain: Sequence[str],
    *,
    decimals: int = 6,
    seed: int = 0,
) -> Order:
    """Order submissions by their rounded estimate, then by the steps of the tie chain.

    `candidates` has a column `estimate` and those that the chain names (`by_ID` for `criterion:ID`,
    `raw_median`, `n_missing`, `sent_at`); `ranked` (I,) says who takes part. A higher criterion or median,
    fewer missing marks, an earlier submission, a smaller lot come first; a missing value comes last. A
    step whose column is absent separates nobody and is listed in `absent`; `refuse` ends the chain. Numbers
    that only rounding tells apart are equal at any `decimals` (`dust.joined`).
    """
    estimate = candidates["estimate"].to_numpy(dtype=float, na_value=np.nan)
    key = np.where(ranked, rounded(joined(estimate), decimals), 0)
    if np.abs(key).max(initial=0) > 2**52:
        raise SelectionError(f"Estimates with {decimals} decimals are finer than a computer's numbers.")
    key = key.astype(np.int64)
    steps = [s for s in chain if s != "refuse"]
    columns = [_step(candidates, s, decimals, seed) for s in steps]
    absent = tuple(s for s, c in zip(steps, columns, strict=True) if c is None)
    told = [(s, *c) for s, c in zip(steps, columns, strict=True) if c is not None]
    keys = np.column_stack([k for _, k, _ in told]) if told else np.empty((len(candidates), 0))
    level = _levels(keys)
    names = pd.factorize(candidates.index.astype(str), sort=True)[0]
    tiebreak = np.empty(len(candidates), dtype=np.int64)
    tiebreak[np.lexsort((names, level))] = np.arange(len(candidates))
    values = np.empty((len(candidates), len(told)), dtype=object)
    for k, (_, _, shown) in enumerate(told):
        values[:, k] = shown
    rank = _shared_rank(key, level, ranked)
    used = tuple(s for s, _, _ in told)
    return Order(candidates.index, ranked, key, tiebreak, level, rank, used, keys, values, absent)


def _step(candidates: pd.DataFrame, step: str, decimals: int, seed: int):
    """Sorting keys of a step (smaller first, infinite where missing) and the values to show."""
    if step == "draw":
        lots = np.array([lot(seed, s) for s in candidates.index], dtype=object)
        return pd.factorize(lots, sort=True)[0].astype(float), lots
    name = "by_" + step.split(":")[1] if ":" in step else _COLUMNS[step]
    if name not in candidates:
        return None
    if step == "earlier":
        return _moments(candidates[name])
    values = pd.to_numeric(candidates[name]).to_numpy(dtype=float, na_value=np.nan)
    sign = 1 if step == "fewer_missing" else -1
    keys = sign * rounded(joined(values), decimals)
    return np.where(np.isnan(values), np.inf, keys), values.astype(object)


def _moments(column: pd.Series):
    try:
        moments = pd.to_datetime(column, utc=True, format="ISO8601" if column.dtype.kind in "OTU" else None)
    except (ValueError, TypeError) as error:
        raise SelectionError(f"sent_at holds what is not a moment of time: {error}") from None
    codes = pd.factorize(moments, sort=True)[0]
    return np.where(moments.isna().to_numpy(), np.inf, codes), column.astype(object).to_numpy()


def _levels(table: np.ndarray) -> np.ndarray:
    """Dense place of each row by its columns in turn; equal rows share a place."""
    level = np.zeros(len(table), dtype=np.int64)
    if table.size == 0:
        return level
    order = np.lexsort(table.T[::-1])
    new = (table[order][1:] != table[order][:-1]).any(axis=1)
    level[order] = np.concatenate([[0], np.cumsum(new)])
    return level


def _shared_rank(key: np.ndarray, level: np.ndarray, ranked: np.ndarray) -> np.ndarray:
    rank = np.zeros(len(key), dtype=np.int64)
    use = np.flatnonzero(ranked)
    order = use[np.lexsort((level[use], -key[use]))]
    first = np.ones(len(order), dtype=bool)
    first[1:] = (key[order][1:] != key[order][:-1]) | (level[order][1:] != level[order][:-1])
    starts = np.flatnonzero(first)
    rank[order] = np.repeat(starts, np.diff(np.append(starts, len(order)))) + 1
    return rank
