"""Nominations crossed with languages: levels of neither, of one, of both, drawn together or taken as they are.

    python benchmarks/groupings.py [contests] [seed]

The contests of `levels.py` (221 submissions in nominations of 112, 43 and 66, 12 jurors in three home panels, 4
readings each, a share of which goes across), each submission in one of two languages besides: the second is that of
30, 50 and 60 % of the three nominations. True levels of nominations are −d, 0, d, those of languages ∓l. 50 seats over
all. Intervals and stated chances, which take most of the time, are looked at in every fifth contest. Prints markdown
tables; `docs/lab/accuracy.md` holds their last run.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pandas as pd
from levels import (
    CHUNKS,
    DRAWS,
    NOISE,
    NOMINATION,
    PANEL,
    RULES,
    SEVERITY,
    SPREAD,
    Z,
    candidates,
    design,
    farthest,
    told,
)

from fairlib.scoring.crossed import reml
from fairlib.scoring.estimators.adjust import Estimates, estimate
from fairlib.selection.admit.greedy import admit_many
from fairlib.selection.rule.compiled import compile_rule

SECOND = np.array([0.3, 0.5, 0.6])  # share of the second language in each nomination
CONDITIONS = [
    *((0.02, d, lang) for d in (0.0, 0.58) for lang in (0.0, 0.29)),
    (1.0, 0.0, 0.0),
    (1.0, 0.58, 0.29),
]
EACH = 5  # every so many contests are looked at for intervals and chances
TREATED: dict[str, tuple | None] = {
    "none": None,
    "nomination": ((0,), (False,)),
    "language": ((1,), (False,)),
    "both, fixed": ((0, 1), (True, True)),
    "nomination, language fixed": ((0, 1), (False, True)),
    "both": ((0, 1), (False, False)),
}


def one_contest(across: float, d: float, lang: float, whole: bool, rng) -> tuple[np.ndarray, ...]:
    """Hits by treatment; if `whole`, shares covered by grouping and bins (10, 3) of n, said, belong, else NaN."""
    i, j = design(across, rng)
    language = (rng.random(len(NOMINATION)) < SECOND[NOMINATION]).astype(int)
    merit = 5.5 + d * (NOMINATION - 1) + lang * (2 * language - 1) + rng.normal(0, SPREAD, len(NOMINATION))
    y = merit[i] - rng.normal(0, SEVERITY, len(PANEL))[j] + rng.normal(0, NOISE, len(i))
    codes, best = np.array([NOMINATION, language]), np.argsort(-merit)[:50]
    hits = []
    for treated in TREATED.values():
        which, fixed = treated or ((), ())
        level = codes[list(which)] if which else None
        fit = reml.fit(i, j, y, len(merit), len(PANEL), level=level, fixed=fixed or None)
        hits.append(np.isin(np.argsort(-fit.merit)[:50], best).sum())
    if not whole:
        return np.array(hits), np.full(5, np.nan), np.full((10, 3), np.nan)
    names = {"level:nomination": NOMINATION[i].astype(str), "level:language": language[i].astype(str)}
    ratings = pd.DataFrame({"submission": i, "juror": j, "criterion": "all", "score": y})
    found = estimate(ratings.assign(**names))
    problem = compile_rule(candidates(found), RULES["over all"], seed=1)
    drawn = found.draws(DRAWS, int(rng.integers(2**31))).to_numpy()
    belongs = admit_many(problem, merit[None, :])[0]
    return (
        np.array(hits),
        covered(found, merit, codes, (d, lang)),
        told(admit_many(problem, drawn).mean(axis=0), belongs),
    )


def covered(found: Estimates, merit: np.ndarray, codes: np.ndarray, apart: tuple[float, float]) -> np.ndarray:
    """Shares inside estimate ± 1.96 se: merits, differences of mean merits, and of levels alike, by grouping."""
    table, contrasts = found.submissions, found.contrasts
    inside = np.abs(table["estimate"].to_numpy(float) - merit) <= Z * table["se"].to_numpy(float)
    shares = [inside.mean()]
    levels = (apart[0] * np.arange(-1, 2), apart[1] * np.array([-1, 1]))
    for name, code, level in zip(("nomination", "language"), codes, levels, strict=True):
        rows = contrasts[contrasts["grouping"] == name]
        a, b = (rows[c].astype(int).to_numpy() for c in ("level_a", "level_b"))
        mean = np.array([merit[code == g].mean() for g in range(len(level))])
        for truth, value, error in ((mean, "difference", "se"), (level, "alike", "alike_se")):
            off = np.abs(rows[value].to_numpy(float) - (truth[a] - truth[b]))
            shares.append((off <= Z * rows[error].to_numpy(float)).mean())
    return np.array(shares)


def chunk(job: tuple) -> tuple[np.ndarray, ...]:
    """Some contests of one condition, stacked."""
    condition, seed, n = job
    rng = np.random.default_rng(seed)
    found = (one_contest(*condition, k % EACH == 0, rng) for k in range(n))
    return tuple(map(np.array, zip(*found, strict=True)))


def measure(contests: int, seed: int) -> dict[tuple, tuple[np.ndarray, ...]]:
    """All conditions; a fixed number of seeded chunks, so that the number of workers changes nothing."""
    out = {}
    with ProcessPoolExecutor(2) as pool:
        for k, condition in enumerate(CONDITIONS):
            seeds = np.random.SeedSequence([seed, k]).spawn(CHUNKS)
            parts = pool.map(chunk, [(condition, s, max(1, contests // CHUNKS)) for s in seeds])
            hits, cover, bins = map(np.concatenate, zip(*parts, strict=True))
            whole = ~np.isnan(cover[:, 0])
            out[condition] = hits, cover[whole], bins[whole]
    return out


def hits_table(found: dict) -> str:
    """True places found by each treatment, and both drawn together less the best of the others."""
    heads = ["across", "nominations", "languages", *TREATED, "both less the best other ±"]
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    for (across, d, lang), (hits, _, _) in found.items():
        mean = hits.mean(axis=0)
        off = hits[:, -1] - hits[:, int(np.argmax(mean[:-1]))]
        error = off.std(ddof=1) / np.sqrt(len(off))
        cells = " | ".join(f"{m:.1f}" for m in mean)
        lines.append(f"| {across:.0%} | ∓{d:g} | ∓{lang:g} | {cells} | {off.mean():+.2f} ± {error:.2f} |")
    return "\n".join(lines)


def coverage_table(found: dict) -> str:
    """Coverage of 95 % intervals where both are drawn together, and the farthest tenth of stated probability."""
    kinds = ("merits", "nominations", "nominations, alike", "languages", "languages, alike")
    lines = ["| across | nominations | languages | " + " | ".join(kinds) + " | farthest tenth |"]
    lines.append("|---" * (4 + len(kinds)) + "|")
    for (across, d, lang), (_, cover, bins) in found.items():
        cells = " | ".join(f"{x:.3f}" for x in cover.mean(axis=0))
        lines.append(f"| {across:.0%} | ∓{d:g} | ∓{lang:g} | {cells} | {farthest(bins)} |")
    every = np.concatenate([cover for _, cover, _ in found.values()])
    errors = every.std(axis=0, ddof=1) / np.sqrt(len(every))
    cells = " | ".join(f"{x:.3f} ± {e:.3f}" for x, e in zip(every.mean(axis=0), errors, strict=True))
    lines.append(f"| all | | | {cells} | {farthest(np.concatenate([b for _, _, b in found.values()]))} |")
    return "\n".join(lines)


def main(contests: int = 200, seed: int = 2021) -> None:
    start = time.perf_counter()
    found = measure(contests, seed)
    print(f"True places of 50 found\n\n{hits_table(found)}\n\nCoverage\n\n{coverage_table(found)}")
    print(f"\n{time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
