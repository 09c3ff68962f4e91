"""Panels that read their own nomination, and nominations that differ: hits, intervals and stated chances.

    python benchmarks/levels.py [contests] [seed]

221 submissions in nominations of 112, 43 and 66, 12 jurors in three home panels of four, 4 readings each, of which a
share goes across. Merits spread by .58 inside a nomination, severities have a variance of .10, one reading a noise of
.56; true levels −d, 0, d. 50 seats, over all and shared by nominations. Prints markdown tables;
`docs/lab/accuracy.md` and `docs/lab/calibration.md` hold their last run.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import product

import numpy as np
import pandas as pd

from fairlib.rules import Quota, Selection
from fairlib.scoring.crossed.incidence import incidence
from fairlib.scoring.crossed.reml import sums_of
from fairlib.scoring.crossed.twoway import two_way
from fairlib.scoring.estimators import simple
from fairlib.scoring.estimators.adjust import Estimates, estimate
from fairlib.selection.admit.greedy import admit_many
from fairlib.selection.rule.compiled import compile_rule

NOMINATION = np.repeat([0, 1, 2], [112, 43, 66])
PANEL = np.repeat([0, 1, 2], 4)
SPREAD, SEVERITY, NOISE, READERS = 0.58, np.sqrt(0.10), np.sqrt(0.56), 4
ACROSS, APART = (0.0, 0.02, 0.15, 1.0), (0.0, 0.29, 0.58, 1.0)
RULES = {
    "over all": Selection(seats=50, ties=("draw",)),
    "quotas": Selection(
        seats=50, ties=("draw",), quotas=(Quota(column="nomination", kind="proportional", floor=5),)
    ),
}
SHOWN = ("mean", "z", "least squares", "one level", "severity")
DRAWS, CHUNKS, Z = 1000, 4, 1.959964


def design(across: float, rng) -> tuple[np.ndarray, np.ndarray]:
    """Codes of submissions and jurors (n,): a share of all readings by jurors of other panels."""
    n, own = len(NOMINATION), PANEL[None, :] == NOMINATION[:, None]
    slots = rng.permutation(np.repeat(np.arange(n), READERS))[: round(across * n * READERS)]
    away = np.bincount(slots, minlength=n)
    luck = rng.random((n, len(PANEL)))
    place = np.where(own, np.argsort(np.argsort(luck + 2 * ~own)), np.argsort(np.argsort(luck + 2 * own)))
    reads = np.where(own, place < (READERS - away)[:, None], place < away[:, None])
    return np.nonzero(reads)


def one_contest(across: float, apart: float, rng) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Hits (rules, estimators), share covered of merits and of contrasts, bins (rules, 10, 3) of n, said, belong."""
    i, j = design(across, rng)
    merit = 5.5 + apart * (NOMINATION - 1) + rng.normal(0, SPREAD, len(NOMINATION))
    y = merit[i] - rng.normal(0, SEVERITY, len(PANEL))[j] + rng.normal(0, NOISE, len(i))
    ratings = pd.DataFrame({"submission": i, "juror": j, "criterion": "all", "score": y})
    found = estimate(ratings.assign(level=NOMINATION[i].astype(str)))
    single = estimate(ratings, within=True).submissions["estimate"].to_numpy(float)
    others = [*rivals(i, j, y), single, found.submissions["estimate"].to_numpy(float)]
    drawn = found.draws(DRAWS, int(rng.integers(2**31))).to_numpy()
    hits, bins = [], []
    for rule in RULES.values():
        problem = compile_rule(candidates(found), rule, seed=1)
        belongs = admit_many(problem, merit[None, :])[0]
        hits.append([(admit_many(problem, e[None, :])[0] & belongs).sum() for e in others])
        bins.append(told(admit_many(problem, drawn).mean(axis=0), belongs))
    return np.array(hits), covered(found, merit), np.array(bins)


def rivals(i: np.ndarray, j: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """Estimates (I,) by plain mean, z-scores and least squares."""
    graph = incidence(i, j, len(NOMINATION), len(PANEL))
    plain = [getattr(simple, name)(graph, y[graph.order]).estimate for name in ("raw", "zscore")]
    return [*plain, two_way(sums_of(graph, y)).submission]


def candidates(found: Estimates) -> pd.DataFrame:
    """What the rule decides on."""
    return found.submissions.assign(nomination=NOMINATION.astype(str), eligible=True)


def covered(found: Estimates, merit: np.ndarray) -> np.ndarray:
    """Shares of merits, and of differences between nominations, inside estimate ± 1.96 standard errors."""
    table, contrasts = found.submissions, found.contrasts
    mean = pd.Series(merit).groupby(NOMINATION.astype(str)).mean()
    truth = mean[contrasts["level_a"]].to_numpy() - mean[contrasts["level_b"]].to_numpy()
    inside = np.abs(table["estimate"].to_numpy(float) - merit) <= Z * table["se"].to_numpy(float)
    near = np.abs(contrasts["difference"] - truth) <= Z * contrasts["se"]
    return np.array([inside.mean(), near.mean()])


def told(p: np.ndarray, belongs: np.ndarray) -> np.ndarray:
    """Per tenth of stated probability (10, 3): how many, the sum of p, how many belong."""
    place = np.minimum((p * 10).astype(int), 9)
    return np.stack([np.bincount(place, w, 10) for w in (None, p, belongs)], axis=1)


def chunk(job: tuple) -> tuple[np.ndarray, ...]:
    """Some contests of one condition, stacked."""
    across, apart, seed, n = job
    rng = np.random.default_rng(seed)
    return tuple(map(np.array, zip(*(one_contest(across, apart, rng) for _ in range(n)), strict=True)))


def measure(contests: int, seed: int) -> dict[tuple[float, float], tuple[np.ndarray, ...]]:
    """All conditions; a fixed number of seeded chunks, so that the number of workers changes nothing."""
    out = {}
    with ProcessPoolExecutor(2) as pool:
        for k, (apart, across) in enumerate(product(APART, ACROSS)):
            seeds = np.random.SeedSequence([seed, k]).spawn(CHUNKS)
            parts = pool.map(chunk, [(across, apart, s, max(1, contests // CHUNKS)) for s in seeds])
            out[apart, across] = tuple(map(np.concatenate, zip(*parts, strict=True)))
    return out


def hits_table(found: dict, rule: int) -> str:
    """True places found by each estimator, and the severity model against the best of the simple ones."""
    lines = [
        "| levels | across | " + " | ".join(SHOWN) + " | severity less the best of the first three ± |",
        "|---" * (3 + len(SHOWN)) + "|",
    ]
    for (apart, across), (hits, _, _) in found.items():
        mean = hits[:, rule].mean(axis=0)
        best = int(np.argmax(mean[:3]))
        off = hits[:, rule, -1] - hits[:, rule, best]
        error = off.std(ddof=1) / np.sqrt(len(off))
        cells = " | ".join(f"{m:.1f}" for m in mean)
        lines.append(f"| ∓{apart:g} | {across:.0%} | {cells} | {off.mean():+.2f} ± {error:.2f} |")
    return "\n".join(lines)


def coverage_table(found: dict) -> str:
    """Coverage of 95 % intervals, and the tenth of stated probability that lies farthest from what belongs."""
    lines = [
        "| levels | across | merits covered | ± | differences of nominations covered | farthest tenth, over all "
        "| farthest tenth, quotas |",
        "|---|---|---|---|---|---|---|",
    ]
    for (apart, across), (_, cover, bins) in found.items():
        error = cover[:, 0].std(ddof=1) / np.sqrt(len(cover))
        far = " | ".join(farthest(bins[:, rule]) for rule in range(len(RULES)))
        lines.append(
            f"| ∓{apart:g} | {across:.0%} | {cover[:, 0].mean():.3f} | {error:.3f} | {cover[:, 1].mean():.3f} | {far} |"
        )
    return "\n".join(lines)


def farthest(bins: np.ndarray) -> str:
    """The largest difference of said and seen among tenths, with its standard error over contests (contests, 10, 3)."""
    n, said, belong = bins.sum(axis=0).T
    off = (belong - said) / np.maximum(n, 1)
    place = int(np.argmax(np.abs(off)))
    left = bins[:, place, 2] - bins[:, place, 1] - off[place] * bins[:, place, 0]
    error = np.sqrt((left**2).sum()) / max(n[place], 1)
    return f"{off[place]:+.3f} ± {error:.3f}"


def calibration_table(found: dict, rule: int) -> str:
    """Stated probability against the share that belongs, by share of readings across, all levels together."""
    names = [f"{across:.0%} across: n | said | belong" for across in ACROSS]
    lines = ["| stated | " + " | ".join(names) + " |", "|---" * (1 + 3 * len(ACROSS)) + "|"]
    for b in range(10):
        cells = [f"{b / 10:.1f}–{(b + 1) / 10:.1f}"]
        for across in ACROSS:
            n, said, belong = sum(
                bins[:, rule, b].sum(axis=0) for (_, a), (_, _, bins) in found.items() if a == across
            )
            cells += [f"{int(n):,}", f"{said / max(n, 1):.3f}", f"{belong / max(n, 1):.3f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main(contests: int = 100, seed: int = 2021) -> None:
    start = time.perf_counter()
    found = measure(contests, seed)
    for k, name in enumerate(RULES):
        print(f"True places of 50 found, {name}\n\n{hits_table(found, k)}\n")
    print(coverage_table(found))
    for k, name in enumerate(RULES):
        print(f"\nStated probability against the share that belongs, {name}\n\n{calibration_table(found, k)}")
    print(f"\n{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
