"""How quick is selection, and is it right? Draws per second by route, memory at 100,000, 2,000 small contests.

Run: python benchmarks/selection.py [speed|memory|exact]; CPU seconds of one process.
"""

import resource
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from fairlib.rules import Budget, Quota, Selection
from fairlib.selection.admit import admit, admit_many
from fairlib.selection.exact import Contradiction
from fairlib.selection.problem import compile_rule

REGIONS = "ABCDEFGHIJKLMNOPQ"


def candidates(n: int, seed: int = 1) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "estimate": rng.normal(6, 1, n),
            "eligible": True,
            "nomination": np.repeat(
                ["disability", "legal", "health"], [n - n // 5 - 3 * n // 10, n // 5, 3 * n // 10]
            ),
            "region": rng.choice(list(REGIONS), n),
            "first_time": rng.random(n) < 0.3,
            "organisation_id": rng.integers(0, 9 * n // 10, n),
            "requested": rng.integers(10, 31, n) * 100_000,
        },
        index=[f"S{k:06}" for k in range(n)],
    )


NESTED = [Quota(column="nomination", kind="proportional", floor=5)]
OVERLAPPING = [
    *NESTED,
    Quota(column="region", kind="min", seats=dict.fromkeys(REGIONS, 2)),
    Quota(column="region", kind="max", seats=dict.fromkeys(REGIONS, 4)),
    Quota(column="first_time", kind="min", seats={"true": 17}),
]
MONEY = Budget(total=90_000_000, policy="skip")
CASES = [
    ("nested quotas", 10_000, {"quotas": NESTED}),
    ("cap per organisation and budget, in_order", 10_000, {"per_organisation": 1, "budget": MONEY}),
    ("overlapping quotas, in_order", 100, {"quotas": OVERLAPPING, "per_organisation": 1}),
    ("overlapping quotas, best_total", 200, {"quotas": OVERLAPPING, "per_organisation": 1, "objective": "best_total"}),
    ("overlapping quotas and budget, in_order", 60, {"quotas": OVERLAPPING, "budget": MONEY}),
    ("overlapping quotas and budget, best_total", 60,
     {"quotas": OVERLAPPING, "budget": MONEY, "objective": "best_total"}),
]  # fmt: skip


def speed() -> None:
    """Draws per second for 221 submissions and 50 seats."""
    table = candidates(221)
    for name, draws, rule in CASES:
        problem = compile_rule(table, Selection(seats=50, ties=("draw",), **rule), seed=1)
        noise = np.random.default_rng(2).normal(0, 0.5, (draws, len(table)))
        start = time.process_time()
        admit_many(problem, table["estimate"].to_numpy() + noise)
        seconds = time.process_time() - start
        print(f"{name}: {draws} draws in {seconds:.2f} s, {draws / seconds:.0f} a second")


def memory(n: int = 100_000, draws: int = 1000, block: int = 50) -> None:
    """100,000 submissions, 1,000 draws in blocks: seconds and the largest resident memory."""
    table = candidates(n)
    problem = compile_rule(table, Selection(seats=n // 5, quotas=NESTED, ties=("draw",)), seed=1)
    chosen, rng, start = np.zeros(n), np.random.default_rng(2), time.process_time()
    for _ in range(draws // block):
        chosen += admit_many(problem, table["estimate"].to_numpy() + rng.normal(0, 0.5, (block, n))).sum(
            axis=0
        )
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{n} submissions, {draws} draws: {time.process_time() - start:.0f} s, {largest:.2f} GiB")


def exact(contests: int = 2000) -> None:
    """Random small contests against trying all sets."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from small_contests import by_all_sets, contest

    possible = equal = 0
    for seed in range(contests):
        problem = compile_rule(*contest(seed), seed=1)
        expected = by_all_sets(problem)
        try:
            found = admit(problem)
        except Contradiction:
            found = None
        possible += expected is not None
        equal += found is expected is None or (
            found is not None and expected is not None and (found == expected).all()
        )
    print(f"{contests} contests, {possible} of them possible: {equal} equal to trying all sets")


if __name__ == "__main__":
    for name in sys.argv[1:] or ["speed", "memory", "exact"]:
        {"speed": speed, "memory": memory, "exact": exact}[name]()
