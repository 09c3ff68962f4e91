"""How sure is each decision? The whole rule applied to what may be true, thousands of times.

Each draw of the joint posterior of the merits goes through the rule with its quotas, caps and budget, so that
a probability of being selected is that of the decision, not of a rank. Where the rule looks at single criteria they
are drawn with it (`by_criterion`); decisions of people are not applied.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlib.errors import ScoringError
from fairlib.rules import Certainty as Levels
from fairlib.scoring.estimators.adjust import Estimates
from fairlib.selection.admit.greedy import admit_many
from fairlib.selection.firm.by_criterion import by_criterion
from fairlib.selection.firm.twin import Twin, no_twin, twin
from fairlib.selection.firm.worlds import CELLS, merits
from fairlib.selection.rule.compiled import Problem
from fairlib.selection.rule.ties import rounded

_LEVEL = 0.95
_TINY = 1e-9  # points; a smaller difference is none
PAIRWISE = 600  # submissions up to which rank sets come from all pairs of differences
_COLUMNS = ("p_selected", "expected_rank", "rank_low", "rank_high", "set_low", "set_high", "band", "status")


@dataclass(frozen=True, eq=False)
class Certainty:
    """What draws of the posterior say of each submission.

    `table` (index submission, in the order of the problem): `p_selected`; `expected_rank`; `rank_low,
    rank_high`, the 95 % interval of one submission's rank; `set_low, set_high`, its rank in a set that holds
    for all submissions at once; `band` (`clear_in, open, clear_out`); `status`: `ok`, `not_eligible`,
    `no_estimate` (both have p_selected 0 and no rank), or `no_error` where the estimator has nothing to
    draw from, as with marks that are all alike (then nothing is known). `summary` (index key, column value) goes
    with it into a run directory; `method` says how the rank sets were made.
    """

    table: pd.DataFrame
    twin: Twin
    draws: int
    method: str

    @property
    def summary(self) -> pd.DataFrame:
        """`twin_overlap, twin_low, twin_high, clear_in, open, clear_out, draws, level, rank_sets, twin_status`."""
        bands = self.table["band"].value_counts()
        rows = {
            "twin_overlap": self.twin.overlap,
            "twin_low": self.twin.low,
            "twin_high": self.twin.high,
            **{band: int(bands.get(band, 0)) for band in ("clear_in", "open", "clear_out")},
            "draws": self.draws,
            "level": _LEVEL,
            "rank_sets": self.method,
            "twin_status": self.twin.status,
        }
        return pd.Series(rows, name="value", dtype=object).rename_axis("key").to_frame()


def certainty(
    estimates: Estimates, problem: Problem, *, seed: int, model: Estimates | None = None
) -> Certainty:
    """Pass draws of the posterior through the whole rule; see `Certainty` for what comes out.

    `estimates` are those that `problem` was compiled from, higher is better; the number of draws and the
    thresholds of the bands are the rule's. `model` (the `severity` estimates of the same marks) is what
    the twin commission is drawn from when `estimates` are of another method.

    Expected rank: 1 + Σ_k P(θ_k > θ_i) (Laird & Louis 1989). Rank sets as in Mogstad, Romano, Shaikh &
    Wilhelm (2024): k stands surely before i if it does at the critical value that the largest studentised
    difference of all pairs exceeds in 5 % of the draws; above 600 submissions from simultaneous intervals of
    the single merits, which is wider. The sets contain the observed rank; if the model is right they hold
    all true ranks at once with at least their level.
    """
    levels = problem.select.certainty
    try:
        sure, ranks, merit = _passes(estimates, problem, levels.draws, seed)
    except ScoringError:
        sure = None
    if sure is None or not _vary(merit):
        return Certainty(_empty(problem, "no_error"), no_twin("no_error"), 0, "none")
    ranked, table = problem.ranked, _empty(problem)
    table["p_selected"] = pd.array(sure, dtype="Float64")
    if ranked.any():
        low, high, method = _rank_sets(merit, problem.order.key[ranked] / 10.0**problem.select.decimals)
        columns = [ranks.mean(axis=0), *_interval(ranks), low, high]
        for name, values in zip(_COLUMNS[1:6], columns, strict=True):
            table.loc[ranked, name] = values
        table.loc[ranked, "band"] = band_of(sure[ranked], levels)
    else:
        method = "none"
    return Certainty(table, twin(estimates, problem, seed=seed, model=model), levels.draws, method)


def band_of(p: np.ndarray, levels: Levels) -> np.ndarray:
    """`clear_in` from the upper threshold on, `clear_out` up to the lower one, `open` between: (I,) text.

    >>> band_of(np.array([0.95, 0.5, 0.1]), Levels(clear_in=0.9, clear_out=0.1)).tolist()
    ['clear_in', 'open', 'clear_out']
    """
    return np.select([p >= levels.clear_in, p <= levels.clear_out], ["clear_in", "clear_out"], "open")


def status_of(problem: Problem) -> np.ndarray:
    """`ok`, `not_eligible` or `no_estimate` of each submission (I,)."""
    return np.select([problem.ranked, problem.eligible], ["ok", "no_estimate"], "not_eligible")


def _empty(problem: Problem, unknown: str | None = None) -> pd.DataFrame:
    """The table before anything is known; `unknown` is the status of those that the draws are about."""
    status = status_of(problem)
    p = pd.array(np.zeros(len(status)), dtype="Float64")
    if unknown is not None:
        status = np.where(problem.ranked, unknown, status)
        p[problem.ranked] = pd.NA
    rows: dict[str, object] = dict.fromkeys(_COLUMNS, pd.NA)
    kinds = {
        "expected_rank": "Float64",
        **dict.fromkeys(_COLUMNS[2:6], "Int64"),
        "band": "str",
        "status": "str",
    }
    table = pd.DataFrame(rows, index=problem.submissions).astype(kinds)
    return table.assign(p_selected=p, status=status)[list(_COLUMNS)]


def _passes(
    estimates: Estimates, problem: Problem, n: int, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Share of draws in which each is selected (I,); ranks (n, R) and merits (n, R) of the ranked ones."""
    by_tie = np.argsort(problem.order.tiebreak[problem.ranked])
    n_ranked, start = len(by_tie), 0
    times, places = np.zeros(len(problem.submissions)), np.arange(1, n_ranked + 1, dtype=np.int32)
    ranks, kept = np.empty((n, n_ranked), dtype=np.int32), np.empty((n, n_ranked), dtype=np.float32)
    criteria = by_criterion(estimates, problem, seed)
    for number, block in enumerate(merits(estimates, problem, n, seed)):
        merit, rows = block[:, problem.ranked], slice(start, start + len(block))
        keys = rounded(merit[:, by_tie], problem.select.decimals)
        order = by_tie[np.argsort(-keys, axis=1, kind="stable")]
        np.put_along_axis(ranks[rows], order, places[None, :], axis=1)
        kept[rows] = merit
        if criteria is None:
            times += admit_many(problem, block).sum(axis=0)
        else:
            times += admit_many(criteria.problem, criteria.merits(block, number)).sum(axis=0)
        start += len(block)
    return times / n, ranks, kept


def _vary(merit: np.ndarray) -> bool:
    """Whether draws (n, R) differ at all: of marks that are all alike they repeat the estimates, and ties decide."""
    return not merit.size or bool((np.ptp(merit, axis=0) > _TINY).any())


def _interval(ranks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Limits (R,) that hold at least `_LEVEL` of the ranks (n, R) of each submission."""
    n = len(ranks)
    below = int(np.floor((1 - _LEVEL) / 2 * n + 1e-9))
    limits = [np.partition(c, (below, n - 1 - below), axis=0)[[below, n - 1 - below]]
              for c in np.array_split(ranks, max(1, ranks.size // CELLS), axis=1)]  # fmt: skip
    low, high = np.concatenate(limits, axis=1)
    return low, high


def _rank_sets(merit: np.ndarray, centre: np.ndarray) -> tuple[np.ndarray, np.ndarray, str]:
    """Simultaneous rank sets (R,), (R,) from draws (n, R) about the estimates (R,), and how they were made."""
    if merit.shape[1] <= PAIRWISE:
        return *_by_pairs(merit, centre), "all_pairs"
    return *_by_intervals(merit, centre), "simultaneous_intervals"


def _by_pairs(merit: np.ndarray, centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    off = np.ascontiguousarray((merit - centre.astype(np.float32)).T)
    covariance = np.atleast_2d(np.cov(off))
    variance = np.diag(covariance)
    sd = np.sqrt(np.maximum(variance[:, None] + variance - 2 * covariance, 0))
    inverse = np.where(sd > _TINY, 1 / np.maximum(sd, _TINY), 0).astype(np.float32)
    largest = np.zeros(len(merit), dtype=np.float32)
    for i in range(len(off) - 1):
        gap = np.abs(off[i + 1 :] - off[i])
        gap *= inverse[i, i + 1 :, None]
        np.maximum(largest, gap.max(axis=0), out=largest)
    ahead = centre[:, None] - centre > _critical(largest) * sd + _TINY  # row surely before column
    return 1 + ahead.sum(axis=0), len(centre) - ahead.sum(axis=1)


def _by_intervals(merit: np.ndarray, centre: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sd, largest = np.maximum(merit.std(axis=0, ddof=1, dtype=np.float64), _TINY), np.empty(len(merit))
    step = max(1, CELLS // merit.shape[1])
    for start in range(0, len(merit), step):
        largest[start : start + step] = (np.abs(merit[start : start + step] - centre) / sd).max(axis=1)
    half = _critical(largest) * sd
    before = len(centre) - np.searchsorted(np.sort(centre - half), centre + half, side="right")
    return 1 + before, len(centre) - np.searchsorted(np.sort(centre + half), centre - half, side="left")


def _critical(largest: np.ndarray) -> float:
    return float(np.quantile(largest, _LEVEL, method="higher"))
