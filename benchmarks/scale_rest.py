"""The parts of notebook 02 that `scale.py` leaves out, at 10,000,000 marks: seconds and peak memory so far.

OMP_NUM_THREADS=1 python benchmarks/scale_rest.py

Replicates are cut to a few (10 bootstrap samples, 2 simulated contests, 2 folds): they repeat the same work in the
same memory. Rasch has its own benchmark.
"""

import resource
import time

import _home  # noqa: F401

from fairlib.scoring import compare_estimators, generalizability, krippendorff_alpha
from samples.drawn import draw_contest

SUBMISSIONS, JURORS, CRITERIA, READERS = 400_000, 571, 5, 5


def main() -> None:
    """Measure and print a markdown table."""
    drawn = draw_contest(SUBMISSIONS, JURORS, CRITERIA, design="random", readers=READERS, scale=None, seed=1)
    ratings = drawn.ratings.assign(score=drawn.ratings["score"].round())
    parts = {
        "generalizability": lambda: generalizability(ratings),
        "alpha, 10 bootstrap samples": lambda: krippendorff_alpha(ratings, n_boot=10, seed=1),
        "estimators compared, 2 contests": lambda: compare_estimators(ratings, 50, n_sim=2, folds=2, seed=1),
    }
    print(f"{len(ratings)} marks\n\n| work | seconds | peak GiB so far |\n|---|---|---|")
    for name, work in parts.items():
        begun = time.perf_counter()
        work()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"| {name} | {time.perf_counter() - begun:.1f} | {peak:.2f} |")


if __name__ == "__main__":
    main()
