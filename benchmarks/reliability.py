"""Jurors who differ in noise and slope: who is found, and what do intervals cover?

Prints the rows of the table in `docs/lab/reliability.md`.

    python benchmarks/reliability.py [contests] [seed]
"""

import sys

import numpy as np
import pandas as pd

from fairlib.scoring.estimators.adjust import estimate

CELLS = [
    (0, 0, 221, 12, 4),
    (1, 0.25, 221, 12, 4),
    (1, 0, 221, 12, 4),
    (0, 0.25, 221, 12, 4),
    (0, 0, 30, 6, 3),
    (1, 0.25, 30, 6, 3),
    (1, 0.25, 221, 12, 12),
    (0, 0, 221, 12, 12),
]
SUBMISSION, JUROR, RESIDUAL = np.sqrt([0.34, 0.10, 0.56])


def contest(rng, noise, slope, n, k, readers):
    """Ratings, and the true merits less 5.5."""
    juror = np.sort(np.argsort(rng.random((n, k)), axis=1)[:, :readers], axis=1).ravel()
    submission = np.repeat(np.arange(n), readers)
    merit, severity = SUBMISSION * rng.standard_normal(n), JUROR * rng.standard_normal(k)
    u, v = noise * rng.standard_normal(k), slope * rng.standard_normal(k)
    y = 5.5 + np.exp(v)[juror] * merit[submission] + severity[juror]
    y += RESIDUAL * np.exp(u / 2)[juror] * rng.standard_normal(len(juror))
    return pd.DataFrame({"submission": submission, "juror": juror, "criterion": "c", "score": y}), merit


def measured(ratings, merit, best, method):
    """Share of the true best found, and shares covered of all and of the true best."""
    found = estimate(ratings, method).submissions
    value, se = found["estimate"].to_numpy(float), found["se"].to_numpy(float)
    inside = np.abs(value - 5.5 - merit) < 1.959964 * se
    return np.isin(np.argsort(-value)[: len(best)], best).mean(), inside.mean(), inside[best].mean()


def main(contests: int = 100, seed: int = 1) -> None:
    for noise, slope, n, k, readers in CELLS:
        rng = np.random.default_rng([seed, int(noise * 100), int(slope * 100), readers])
        rows = []
        for _ in range(contests):
            ratings, merit = contest(rng, noise, slope, n, k, readers)
            best = np.argsort(-merit)[: 50 if n > 100 else 8]
            rows.append([measured(ratings, merit, best, m) for m in ("severity", "reliability")])
        (hit, cover, top), gain = np.mean(rows, axis=0).T, np.diff(np.array(rows)[:, :, 0])[:, 0]
        error = gain.std(ddof=1) / np.sqrt(contests)
        about = f"{n} × {k} × {readers}, {noise}, {slope}"
        print(f"| {about} | {hit[0]:.3f} | {hit[1]:.3f} | {gain.mean():.4f} ± {error:.4f} ", end="")
        print(f"| {cover[0]:.3f} | {cover[1]:.3f} | {top[0]:.3f} | {top[1]:.3f} |", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
