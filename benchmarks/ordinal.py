"""Few steps and ceilings: do intervals hold the truth, and are stated chances true, ordinal beside severity?

    python benchmarks/ordinal.py [contests] [cell …]

The truth of a submission is the mark to expect from a juror of mean severity: of its latent quality, rounded and cut
at the ends of the scale, averaged over the error of a reading.
"""

import sys
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from fairlib.scoring.estimators.adjust import estimate

METHODS = ("severity", "ordinal")
DRAWS = 800


@dataclass(frozen=True)
class Cell:
    """A kind of contest: its size, the scale, standard deviations of quality, jurors and readings, seats."""

    submissions: int
    jurors: int
    readers: int
    seats: int
    centre: float
    ends: tuple[int, int]
    quality: float = 1.0
    severity: float = 0.6
    reading: float = 1.0
    criteria: int = 1
    halo: float = 0.7


CELLS = {
    "ceiling, 30 × 6": Cell(30, 6, 3, 8, 8.7, (1, 10)),
    "ceiling, 221 × 12": Cell(221, 12, 3, 50, 8.7, (1, 10)),
    "ceiling, five criteria, 30 × 6": Cell(30, 6, 3, 8, 8.7, (1, 10), criteria=5),
    "1 to 5, 30 × 6": Cell(30, 6, 3, 8, 3.5, (1, 5), 0.7, 0.4, 0.8),
    "1 to 5, 6 × 3": Cell(6, 3, 3, 2, 3.5, (1, 5), 0.7, 0.4, 0.8),
    "1 to 5, 8 × 4": Cell(8, 4, 4, 2, 3.5, (1, 5), 0.7, 0.4, 0.8),
}


def drawn(cell: Cell, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Ratings, latent qualities and marks to expect."""
    n, (low, high) = cell.submissions, cell.ends
    owner = np.repeat(np.arange(n), cell.readers)
    who = np.concatenate([rng.choice(cell.jurors, cell.readers, replace=False) for _ in range(n)])
    merit = cell.centre + cell.quality * rng.standard_normal(n)
    latent = merit[owner] + cell.severity * rng.standard_normal(cell.jurors)[who]
    shared, parts = rng.standard_normal(len(owner)), []
    halo = cell.halo if cell.criteria > 1 else 1.0
    for c in range(cell.criteria):
        error = np.sqrt(halo) * shared + np.sqrt(1 - halo) * rng.standard_normal(len(owner))
        score = np.clip(np.round(latent + cell.reading * error), low, high)
        parts.append(pd.DataFrame({"submission": owner, "juror": who, "criterion": f"c{c}", "score": score}))
    cuts = np.arange(low, high) + 0.5
    return pd.concat(parts), merit, high - ndtr((cuts[:, None] - merit) / cell.reading).sum(axis=0)


def one(cell: Cell, seed: int) -> tuple[list[dict], list[pd.DataFrame]]:
    """Measures of one contest, and stated chances beside who belongs."""
    ratings, merit, fair = drawn(cell, np.random.default_rng([seed, 11]))
    k, rows, chances = cell.seats, [], []
    best = np.isin(np.arange(len(merit)), np.argsort(-merit)[:k])
    for method in METHODS:
        found = estimate(ratings, method)
        value, ends = found.submissions["estimate"].to_numpy(float), found.intervals().to_numpy(float)
        held = (ends[:, 0] <= fair) & (fair <= ends[:, 1])
        first = np.argsort(-found.draws(DRAWS, seed).to_numpy(), axis=1)[:, :k]
        p = np.bincount(first.ravel(), minlength=len(merit)) / DRAWS
        chances.append(pd.DataFrame({"method": method, "p": p, "so": best}))
        rows.append(
            {
                "method": method,
                "coverage": held.mean(),
                "of the best": held[best].mean(),
                "found": best[np.argsort(-value, kind="stable")[:k]].mean(),
                "brier": ((p - best) ** 2).mean(),
                "rmse": np.sqrt(((value - fair) ** 2).mean()),
            }
        )
    return rows, chances


def off_by_tenth(table: pd.DataFrame) -> pd.Series:
    """Share that is so less the mean chance, in each tenth of the chances."""
    tenth = np.minimum((table["p"] * 10).astype(int), 9)
    return (table["so"] - table["p"]).groupby(tenth).mean().round(3)


def main() -> None:
    """Measure the cells named (all if none) on so many contests each."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    for name in sys.argv[2:] or CELLS:
        rows, chances = zip(*(one(CELLS[name], seed) for seed in range(n)), strict=True)
        table = pd.DataFrame([row for some in rows for row in some]).groupby("method")
        print(f"\n{name}: {n} contests")
        print(table.mean().round(4).join(table["coverage"].sem().round(4).rename("error of coverage")))
        told = pd.concat([part for some in chances for part in some])
        print(
            told.groupby("method").apply(off_by_tenth, include_groups=False).unstack(0).to_string(),
            flush=True,
        )


if __name__ == "__main__":
    main()
