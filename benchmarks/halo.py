"""A rule with a bar on one criterion, and jurors whose criteria share an error: are stated chances true?

    python benchmarks/halo.py [contests] [seed]

120 submissions, 10 jurors, 3 readings each, 4 criteria. A mark is 5.5 + the submission's worth (.45) + its part on the
criterion (.35) − the juror's severity (.30) − its part on the criterion (.15) + an error shared by all criteria of one
reading (halo: 0 or .70) + an error of its own (.35). The rule: 30 seats by the mean, none of them for whom the first
criterion is truly below 5.5. Prints a markdown table; `docs/lab/calibration.md` holds its last run.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
from levels import farthest, told

from fairlib.rules import Selection
from fairlib.rules.selection import Certainty, Threshold
from fairlib.scoring.estimators.adjust import Estimates, estimate, per_criterion
from fairlib.selection.admit.greedy import admit_many
from fairlib.selection.firm.by_criterion import by_criterion
from fairlib.selection.firm.worlds import merits
from fairlib.selection.rule.compiled import Problem, compile_rule

N, J, READERS, CRITERIA, BAR = 120, 10, 3, list("abcd"), 5.5
HALO, DRAWS, CHUNKS = (0.7, 0.0), 1000, 4
RULE = Selection(
    seats=30,
    ties=("draw",),
    thresholds=(Threshold(on="a", no_worse_than=BAR),),
    certainty=Certainty(draws=DRAWS),
)


def contest(halo: float, rng) -> tuple[pd.DataFrame, np.ndarray]:
    """Marks as a ratings table, and the worth of each submission on each criterion (I, C)."""
    i = np.repeat(np.arange(N), READERS)
    j = np.concatenate([rng.choice(J, READERS, replace=False) for _ in range(N)])
    c = len(CRITERIA)
    worth = 5.5 + rng.normal(0, 0.45, (N, 1)) + rng.normal(0, 0.35, (N, c))
    juror = rng.normal(0, 0.3, (J, 1)) + rng.normal(0, 0.15, (J, c))
    marks = worth[i] - juror[j] + rng.normal(0, halo, (len(i), 1)) + rng.normal(0, 0.35, (len(i), c))
    table = pd.DataFrame({"submission": np.repeat(i, c), "juror": np.repeat(j, c)})
    return table.assign(criterion=np.tile(CRITERIA, len(i)), score=marks.ravel()), worth


def problem_of(ratings: pd.DataFrame, found: Estimates) -> Problem:
    """The rule on the estimates of the marks."""
    by = per_criterion(ratings)["estimate"].unstack("criterion").add_prefix("by_")
    return compile_rule(found.submissions.join(by).assign(eligible=True), RULE, seed=1)


def chances(found: Estimates, problem: Problem, seed: int) -> np.ndarray:
    """Chances (3, I): of the rule with criteria drawn jointly, drawn by themselves, and as observed."""
    joint = by_criterion(found, problem, seed)
    assert joint is not None, "the rule asks for a criterion"
    sums, n = np.zeros((3, N)), 0
    rng = np.random.default_rng(seed)
    for k, block in enumerate(merits(found, problem, DRAWS, seed)):
        drawn = joint.merits(block, k)
        mixed = block + (drawn - block)[rng.permutation(len(block))]  # the same bars, of other draws
        sums[0] += admit_many(joint.problem, drawn).sum(axis=0)
        sums[1] += admit_many(joint.problem, mixed).sum(axis=0)
        sums[2] += admit_many(problem, block).sum(axis=0)
        n += len(block)
    return sums / n


def one_contest(halo: float, rng) -> np.ndarray:
    """Bins (3, 10, 3) of n, said, belong for the three ways."""
    ratings, worth = contest(halo, rng)
    found = estimate(ratings)
    problem = problem_of(ratings, found)
    merit = np.where(worth[:, 0] >= BAR, worth.mean(axis=1), -np.inf)
    belongs = np.zeros(N, dtype=bool)
    belongs[np.argsort(-merit)[: min(30, int(np.isfinite(merit).sum()))]] = True
    return np.array([told(p, belongs) for p in chances(found, problem, int(rng.integers(2**31)))])


def chunk(job: tuple) -> np.ndarray:
    """Some contests of one halo."""
    halo, seed, n = job
    rng = np.random.default_rng(seed)
    return np.array([one_contest(halo, rng) for _ in range(n)])


def main(contests: int = 300, seed: int = 2021) -> None:
    start = time.perf_counter()
    ways = ("drawn jointly", "drawn apart", "as observed")
    print("| halo | " + " | ".join(f"{w}: farthest tenth | all tenths, mean off" for w in ways) + " |")
    print("|---" * (1 + 2 * len(ways)) + "|")
    with ProcessPoolExecutor(2) as pool:
        for k, halo in enumerate(HALO):
            seeds = np.random.SeedSequence([seed, k]).spawn(CHUNKS)
            jobs = [(halo, s, max(1, contests // CHUNKS)) for s in seeds]
            bins = np.concatenate(list(pool.map(chunk, jobs)))
            cells = []
            for way in range(len(ways)):
                n, said, belong = bins[:, way].sum(axis=0).T
                off = np.abs(belong - said).sum() / n.sum()
                cells += [farthest(bins[:, way]), f"{off:.3f}"]
            print(f"| {halo:g} | " + " | ".join(cells) + " |", flush=True)
    print(f"\n{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
