"""Does a juror's generosity change with something? Covariates tested beyond severity and quality.

The model is y = a_i + b_j + δ·x + e with x a covariate of the pair (a group, a place in the order).
With M the projection that takes a and b out, δ̂ = xᵀMy / xᵀMx (Frisch & Waugh 1933; Lovell 1963), which is
unbiased whatever the design; where M leaves little of x, the design cannot tell and says `confounded`.

The p-value is by permutation of what is left of a juror's marks among that juror's submissions (within
juror, after Freedman & Lane 1983), both sides standardised: the observed by xᵀMx, the permuted by the exact
variance of the permutation distribution, so that it also holds where x goes along with the panels.
The p-values depend neither on the order of rows nor on labels: what is left and the covariate are
sorted by value before they are permuted.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse

from fairlib.scoring.arrays import divide
from fairlib.scoring.jurors.against_others import (
    FINDING,
    by_juror,
    compared_on,
    others,
    settle,
    shared,
    two_sided,
)
from fairlib.scoring.jurors.readings import Readings

FEW = 3
LEAST_LEFT = 0.1
DRAWS = 9999
PER_TEST = 40
WORK = 25_000_000
_BLOCK = 4_000_000


@dataclass(frozen=True, eq=False)
class Family:
    """Tests of one signal: one for each cell, or one of all cells together, about the panel as a whole.

    Each pair (n,) is in a `cell` (−1: in none) with a covariate `x`; a cell is of one `juror` (code). `tests`
    has a row a test: `about` (group), `n` what the finding counts, and `status` (`tested`, or why not).
    """

    signal: str
    cell: np.ndarray
    x: np.ndarray
    juror: np.ndarray
    tests: pd.DataFrame
    pooled: bool = False

    @cached_property
    def test(self) -> np.ndarray:
        """The test (row of `tests`) of each cell."""
        return np.zeros(len(self.juror), np.int64) if self.pooled else np.arange(len(self.juror))

    @cached_property
    def owner(self) -> np.ndarray:
        """Juror (code) whom each test is about, −1 for the whole panel."""
        return np.array([-1]) if self.pooled else self.juror


def table_of_tests(n: ArrayLike, status: ArrayLike, about: ArrayLike = "") -> pd.DataFrame:
    """The table of a family's tests, from arrays (tests,)."""
    return pd.DataFrame({"about": about, "n": n, "status": status}, dtype=object)


@dataclass(frozen=True)
class _Measured:
    effect: np.ndarray
    z: np.ndarray
    sd: np.ndarray
    status: np.ndarray


def draws_for(pairs: int, tests: int) -> int:
    """Permutations for a table of that many pairs and a round of that many tests.

    At least 9,999 and forty a test, so that one finding among all can become significant, as far as
    twenty-five million shuffled marks allow. Where those do not allow 9,999 (above 2,500 pairs) there are
    none: the normal limit of the same permutation distribution, with its exact mean and variance
    (Hoeffding 1951), takes their place; jurors then have marks enough for it.

    >>> draws_for(884, 100), draws_for(884, 400), draws_for(2_000_000, 400)
    (9999, 15999, 0)
    """
    most = WORK // pairs
    return 0 if most < DRAWS else min(max(DRAWS, PER_TEST * tests - 1), most)


def examine(readings: Readings, families: list[Family], draws: int, seed: int = 0) -> pd.DataFrame:
    """Findings of all families: effects in points (positive: more generous where x is high) and p.

    p = (1 + number as extreme)/(1 + draws), two-sided; `draws` 0 is the normal limit (`draws_for`). `value`
    and `panel` are a juror's mean lead over the other readers where x > 0 and elsewhere, in points.
    """
    if not families:
        return pd.DataFrame(columns=FINDING)
    measured = [_measure(readings, f) for f in families]
    ps = [two_sided(m.z) for m in measured]
    if draws:
        ps = _permuted(readings, families, measured, draws, seed)
    tables = [_rows(readings, f, m, p) for f, m, p in zip(families, measured, ps, strict=True)]
    return settle(pd.concat([t for t in tables if len(t)] or tables[:1], ignore_index=True))


def _measure(readings: Readings, f: Family) -> _Measured:
    use = f.cell >= 0
    pair, cell, x = np.flatnonzero(use), f.cell[use], f.x[use]
    test, n_t = f.test[cell], len(f.tests)
    information = _information(readings, f, pair, test, x)
    expected, variance = _moments(readings, f, cell, x)
    total = np.bincount(test, weights=x * readings.left[pair], minlength=n_t)
    confounded = information <= LEAST_LEFT * expected
    nothing = ~(variance > 1e-18)
    status = f.tests["status"].to_numpy()
    status = np.where(status != "tested", status, np.where(confounded, "confounded", "tested"))
    status = np.where((status == "tested") & nothing, "no_difference_to_test", status)
    ok = status == "tested"
    safe = np.where(confounded, 1.0, information)
    sd = np.sqrt(np.where(ok, variance, 1.0))
    z = total / (sd * np.sqrt(np.where(ok, information / np.where(expected > 0, expected, 1.0), 1.0)))
    effect = np.where(confounded, np.nan, total / safe)
    return _Measured(effect, np.where(ok, z, np.nan), sd, status)


def _information(
    readings: Readings, f: Family, pair: np.ndarray, test: np.ndarray, x: np.ndarray
) -> np.ndarray:
    """xᵀMx of each test (tests,): submissions out by their means, jurors by the Laplacian's inverse."""
    i, j = readings.submission[pair], readings.juror[pair]
    n_t, n_i, n_j = len(f.tests), len(readings.readers), len(readings.jurors)
    square = np.bincount(test, weights=x**2, minlength=n_t).astype(float)  # of nothing it counts in integers
    mean = sparse.csr_array((x / np.sqrt(readings.readers[i]), (test, i)), shape=(n_t, n_i))
    mean.sum_duplicates()
    square -= np.asarray(mean.multiply(mean).sum(axis=1)).ravel()
    own = sparse.csr_array((x, (test, j)), shape=(n_t, n_j))
    root = 1 / np.sqrt(readings.readers[readings.submission])
    reads = sparse.csr_array((root, (readings.submission, readings.juror)), shape=(n_i, n_j))
    step = max(1, _BLOCK // max(n_j, 1))
    for t in range(0, n_t, step):
        left = (own[t : t + step] - mean[t : t + step] @ reads).toarray()
        square[t : t + step] -= np.einsum("tj,tj->t", left @ readings.inverse, left)
    return np.where(square > 1e-9, square, 0.0)


def _moments(readings: Readings, f: Family, cell: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Expected xᵀMx and variance of xᵀMy over permutations of x within jurors, each (tests,).

    With x centred in a juror, E = Σx²·tr(M_jj)/(m − 1), tr(M_jj) = Σ(1 − 1/n_i)(1 − 1/m): exact in a
    crossed design, to O(1/m) elsewhere. Var = Σx²·Σr²/(m − 1).
    """
    n_c, j = len(f.juror), f.juror
    m = readings.load[j]
    first = np.bincount(cell, weights=x, minlength=n_c)
    centred = np.bincount(cell, weights=x**2, minlength=n_c) - first**2 / m
    centred = np.where(centred > 1e-12, centred, 0.0)
    free = np.bincount(
        readings.juror, weights=1 - 1 / readings.readers[readings.submission], minlength=len(readings.jurors)
    )
    rest = np.bincount(readings.juror, weights=readings.left**2, minlength=len(readings.jurors))
    expected, variance = centred * free[j] / m, centred * rest[j] / np.maximum(m - 1, 1)
    n_t = len(f.tests)
    return np.bincount(f.test, expected, n_t), np.bincount(f.test, variance, n_t)


def _permuted(readings, families: list[Family], measured: list[_Measured], draws: int, seed: int) -> list:
    """p of every test (+1 correction).

    One set of random orders is drawn; the q-th juror (in order of content, not of name) takes the
    b-th permutation from row b + q, so that jurors are independent within a draw.
    """
    longest = int(readings.load.max())
    block = max(1, min(draws, _BLOCK // max(longest, 1)))
    rng = np.random.default_rng(seed)
    jobs = _jobs(readings, families, measured)
    extreme = [np.zeros(len(f.tests)) for f in families]
    for start in range(0, draws, block):
        size = min(block, draws - start)
        orders = rng.permuted(np.tile(np.arange(longest, dtype=np.int32), (size, 1)), axis=1)
        totals = [np.zeros(size) for _ in families]
        for q, job in enumerate(jobs):
            _one_juror(np.roll(orders, -q, axis=0), job, extreme, totals)
        for f, m, seen, total in zip(families, measured, extreme, totals, strict=True):
            if f.pooled:
                seen += _as_extreme(total[:, None], m.sd, m.z)
    return [
        np.where(m.status == "tested", (1 + e) / (1 + draws), np.nan)
        for e, m in zip(extreme, measured, strict=True)
    ]


def _one_juror(orders: np.ndarray, job: "_Job", extreme: list, totals: list) -> None:
    m = len(job.left)
    index = orders if orders.shape[1] == m else orders[orders < m].reshape(-1, m)
    sums = job.left[index] @ job.columns
    seen = _as_extreme(sums, job.sd, job.z)
    for k, (family, test, pooled) in enumerate(job.keys):
        if pooled:
            totals[family] += sums[:, k]
        else:
            extreme[family][test] += seen[k]


def _as_extreme(sums: np.ndarray, sd: np.ndarray, z: np.ndarray) -> np.ndarray:
    return (np.abs(sums) >= (np.abs(np.nan_to_num(z)) - 1e-9) * sd).sum(axis=0)


@dataclass(frozen=True)
class _Job:
    """A juror to permute: sorted residuals (m,), sorted covariates (m, tests), and each one's place."""

    left: np.ndarray
    columns: np.ndarray
    sd: np.ndarray
    z: np.ndarray
    keys: list[tuple[int, int, bool]]


def _jobs(readings: Readings, families: list[Family], measured: list[_Measured]) -> list[_Job]:
    """One job for each juror who is in a test, in order of content: number of marks, then residuals."""
    rows = np.split(np.argsort(readings.juror, kind="stable"), np.cumsum(readings.load)[:-1])
    jobs = []
    for j, row in enumerate(rows):
        columns: list[np.ndarray] = []
        keys: list[tuple[int, int, bool]] = []
        for k, (f, m) in enumerate(zip(families, measured, strict=True)):
            for c in np.flatnonzero((f.juror == j) & (m.status[f.test] == "tested")):
                x = np.where(f.cell[row] == c, f.x[row], 0.0)
                columns.append(np.sort(x - x.mean()))
                keys.append((k, int(f.test[c]), f.pooled))
        if keys:
            sd = np.array([measured[k].sd[t] for k, t, _ in keys])
            z = np.array([measured[k].z[t] for k, t, _ in keys])
            jobs.append(_Job(np.sort(readings.left[row]), np.column_stack(columns), sd, z, keys))
    return sorted(jobs, key=lambda job: (len(job.left), *np.round(job.left, 9)))


def _rows(readings: Readings, f: Family, m: _Measured, p: np.ndarray) -> pd.DataFrame:
    owner = np.array([*readings.jurors, None], dtype=object)[f.owner]
    n = f.tests["n"].to_numpy(np.int64)
    high, low = (np.where(n > 0, side, np.nan) for side in _two_sides(readings, f))
    found = {"juror": pd.Series(owner, dtype=object), "signal": f.signal, "about": f.tests["about"]}
    found |= {"value": high, "panel": low, "effect": m.effect, "p": p, "n": n, "status": m.status}
    return pd.DataFrame(found)[FINDING]


def _two_sides(readings: Readings, f: Family) -> tuple[np.ndarray, np.ndarray]:
    """Mean lead over the other readers where x > 0, and in the rest of the same jurors' pairs; per test."""
    use = shared(readings)
    level = readings.y - readings.generosity[readings.juror]
    lead = np.where(use, level - others(readings, level), 0.0)
    pair = np.flatnonzero((f.cell >= 0) & (f.x > 1e-9) & use)
    test, n_t = f.test[f.cell[pair]], len(f.tests)
    inside = np.bincount(test, weights=lead[pair], minlength=n_t)
    n_in = np.bincount(test, minlength=n_t)
    everything = np.append(by_juror(readings, lead), lead.sum())[f.owner]
    n_all = np.append(compared_on(readings), np.count_nonzero(use))[f.owner]
    return divide(inside, n_in), divide(everything - inside, n_all - n_in)
