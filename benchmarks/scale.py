"""How do time and memory of notebook 02's computing grow, from 10,000 to 10,000,000 marks?

Each size runs in a process of its own on a simulated round (five criteria, five readers a submission in a
random incomplete design): design, composite, severity by REML, alpha, ICC from variance components,
divergence and juror diagnostics with nominations and regions. Prints a markdown table: processor seconds
of each step on one thread (so that a busy machine does not count), peak memory of the process
(`resource.getrusage`), and the exponent of time from the smallest to the largest size.
`docs/lab/performance.md` holds its last run.

    python benchmarks/scale.py [marks ...]        (default: 10000 100000 1000000 10000000)
"""

import json
import os
import resource
import subprocess
import sys
import time

import numpy as np
import pandas as pd

SIZES = (10_000, 100_000, 1_000_000, 10_000_000)
CRITERIA, READERS = 5, 5
ONE_THREAD = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def jurors_for(marks: int) -> int:
    """The commission of 2021 (12 jurors, 4,420 marks) grown with the square root of the marks."""
    return max(READERS + 1, round(12 * (marks / 4_420) ** 0.5))


def simulated(marks: int, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A ratings table of that many marks, labels as categories, and its submissions with their groups."""
    rng = np.random.default_rng(seed)
    n_jur, n_sub = jurors_for(marks), marks // (CRITERIA * READERS)
    start, step = rng.integers(0, n_jur, n_sub), 1 + rng.integers(0, (n_jur - 1) // READERS, n_sub)
    juror = ((start[:, None] + step[:, None] * np.arange(READERS)) % n_jur).ravel()
    submission = np.repeat(np.arange(n_sub), READERS)
    mean = (
        rng.normal(6, 1, n_sub)[submission]
        + rng.normal(0, 0.4, n_jur)[juror]
        + rng.normal(0, 0.8, len(juror))
    )
    score = np.clip(np.round(mean[:, None] + rng.normal(0, 0.6, (len(juror), CRITERIA))), 1, 10)

    def named(code: np.ndarray, letter: str, n: int) -> pd.Categorical:
        return pd.Categorical.from_codes(code, [f"{letter}{k:07d}" for k in range(n)])

    ratings = pd.DataFrame(
        {
            "submission": named(np.repeat(submission, CRITERIA), "s", n_sub),
            "juror": named(np.repeat(juror, CRITERIA), "e", n_jur),
            "criterion": named(np.tile(np.arange(CRITERIA), len(juror)), "c", CRITERIA),
            "score": score.ravel(),
        }
    )
    groups = {
        "nomination": named(rng.integers(0, 3, n_sub), "n", 3),
        "region": named(rng.integers(0, 17, n_sub), "r", 17),
    }
    return ratings, pd.DataFrame(groups, index=ratings["submission"].cat.categories)


def measure(marks: int) -> dict[str, float]:
    """Seconds of each step and peak memory in GiB, in this process."""
    from fairlib.rules import Divergence, Scale
    from fairlib.scoring.agreement.alpha import krippendorff_alpha
    from fairlib.scoring.agreement.components import icc_components
    from fairlib.scoring.design import design
    from fairlib.scoring.divergence import divergent
    from fairlib.scoring.estimators.adjust import estimate
    from fairlib.scoring.jurors.diagnose import diagnose
    from fairlib.scoring.ratings import composite

    ratings, submissions = simulated(marks)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    severity = None
    steps = {
        "composite": lambda: composite(ratings),
        "design": lambda: design(ratings, submissions["nomination"]),
        "severity": lambda: estimate(ratings),
        "alpha": lambda: krippendorff_alpha(ratings),
        "icc": lambda: icc_components(ratings),
        "divergence": lambda: divergent(ratings, Divergence(share=0.3), Scale(min=1, max=10)),
        "diagnostics": lambda: diagnose(ratings, submissions, scale=(1, 10), severity=severity),
    }
    seconds = {}
    for name, step in steps.items():
        begun = time.process_time()
        answer = step()
        seconds[name] = time.process_time() - begun
        severity = answer if name == "severity" else severity
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"{marks:>10,} {name:12} {seconds[name]:8.2f} s, peak {peak / 2**20:.2f} GiB", file=sys.stderr)
    return seconds | {"table GiB": base / 2**20, "peak GiB": peak / 2**20}


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(measure(int(sys.argv[2]))))
        return
    sizes = [int(a) for a in sys.argv[1:]] or SIZES
    rows = {}
    for marks in sizes:
        child = [sys.executable, __file__, "--one", str(marks)]
        rows[marks] = json.loads(
            subprocess.run(child, check=True, stdout=subprocess.PIPE, text=True, env=ONE_THREAD).stdout
        )
    names = list(rows[sizes[0]])
    print("| marks | jurors | " + " | ".join(names) + " | whole, s |")
    print("|---" * (len(names) + 3) + "|")
    whole = {m: sum(v for k, v in row.items() if "GiB" not in k) for m, row in rows.items()}
    for m, row in rows.items():
        print(
            f"| {m:,} | {jurors_for(m):,} | "
            + " | ".join(f"{row[k]:.2f}" for k in names)
            + f" | {whole[m]:.2f} |"
        )
    for low, high in dict.fromkeys([(sizes[0], sizes[-1]), *zip(sizes[:-1], sizes[1:], strict=True)]):
        if high > low:
            rise = np.log(whole[high] / whole[low]) / np.log(high / low)
            print(f"\nFrom {low:,} to {high:,} marks time grows as marks^{rise:.2f}.", end="")
    print()


if __name__ == "__main__":
    main()
