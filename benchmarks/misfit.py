"""Is a model that does not fit noticed, and are the chances told then true? See `docs/lab/misfit.md`.

    python benchmarks/misfit.py [contests] [seed]

Each contest: 200 submissions in three nominations and two languages, 12 jurors, four readers each by chance, whole
marks of 1 to 10, 50 seats. A submission belongs if it is among the 50 truly best. `ideal` is the model itself; each of
the others has one fault that the model does not know.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor

import _home  # noqa: F401
import numpy as np
import pandas as pd

from fairlib.rules import Selection
from fairlib.scoring.estimators.adjust import estimate
from fairlib.scoring.misfit.check import model_fit
from fairlib.scoring.misfit.discrepancies import CHECKS
from fairlib.selection.firm.misfit import chances
from fairlib.selection.rule.compiled import compile_rule

FAULTS = {
    "ideal": {},
    "marks of 1 to 5": {"scale": (1, 5), "centre": 3.0, "unit": 0.6},
    "ceiling, mean 8.0": {"centre": 8.0},
    "ceiling, mean 8.7": {"centre": 8.7},
    "noise of jurors ×÷ 1.3": {"noise": np.log(1.3)},
    "noise of jurors ×÷ 1.6": {"noise": np.log(1.6)},
    "slopes of jurors ±0.3": {"slope": 0.3},
    "juror × nomination 0.3": {"cells": 0.3},
    "juror × nomination 0.6": {"cells": 0.6},
    "languages 0.8 apart": {"language": 0.8},
    "many near equals, a few far below": {"tail": True},
    "one mark raised by 4": {"push": 4.0},
    "one mark raised by 6": {"push": 6.0},
}
SEATS, CHUNKS, I, J, K = 50, 20, 200, 12, 4


def contest(rng: np.random.Generator, *, scale=(1, 10), centre=5.5, unit=1.0, noise=0.0, slope=0.0, cells=0.0,
            language=0.0, tail=False, push=0.0):  # fmt: skip
    """Ratings (a level for each nomination), languages and true merits of one contest."""
    who = np.argsort(rng.random((I, J)), axis=1)[:, :K].ravel()
    sub = np.repeat(np.arange(I), K)
    nomination, tongue = np.arange(I) % 3, rng.integers(0, 2, I)
    merit = rng.normal(0, 1, I) + language * tongue
    if tail:
        merit = (1.5 - rng.gamma(1.5, 1, I)) / np.sqrt(1.5)
    b, sd = rng.normal(0, 0.6, J), np.exp(rng.normal(0, noise, J))
    follows = np.maximum(1 + rng.normal(0, slope, J), 0.2)
    y = follows[who] * merit[sub] + b[who] + sd[who] * rng.normal(0, 1, len(sub))
    y += rng.normal(0, cells, (J, 3))[who, nomination[sub]]
    if push:  # for one that stands not far below the line
        y[rng.choice(np.flatnonzero(sub == np.argsort(-merit)[rng.integers(SEATS, SEATS + 30)]))] += push
    x = np.clip(np.round(centre + unit * y), *scale)
    if push:
        x = centre + unit * y  # a push is a push: no end of the scale in its way
    names = pd.Index([f"S{i:03d}" for i in range(I)], name="submission")
    ratings = pd.DataFrame(
        {"submission": names[sub], "juror": [f"J{j:02d}" for j in who], "criterion": "c", "score": x,
         "status": "scored", "level": np.array(["A", "B", "C"])[nomination[sub]]})  # fmt: skip
    groups = pd.DataFrame(
        {"nomination": np.array(["A", "B", "C"])[nomination], "language": np.array(["kk", "ru"])[tongue]},
        index=names,
    )
    return ratings, groups, merit, (*scale, 1)


def one_contest(fault: str, seed: np.random.SeedSequence) -> tuple[np.ndarray, np.ndarray]:
    """Predictive p and adjusted p of the checks, and chances by model, by both and by the other; who belongs."""
    rng = np.random.default_rng(seed)
    ratings, groups, merit, scale = contest(rng, **FAULTS[fault])
    found = estimate(ratings)
    fit = model_fit(ratings, found, scale=scale, groups=groups, seed=1)
    rule = Selection(seats=SEATS, ties=("draw",), certainty={"draws": 1000})
    problem = compile_rule(groups.join(found.submissions).assign(eligible=True), rule, seed=1)
    said = chances(found, problem, seed=2)
    other = chances(fit.allowing_for(*fit.found), problem, seed=2) if fit.found else said
    belongs = np.argsort(np.argsort(-merit)) < SEATS
    table = fit.table
    p = [table[c].to_numpy(float, na_value=np.nan) for c in ("p", "p_adjusted")]
    return np.array(p), np.array([said, other, belongs], dtype=float)


def chunk(job: tuple[str, np.random.SeedSequence, int]) -> list:
    fault, seed, n = job
    return [one_contest(fault, s) for s in seed.spawn(n)]


def measure(contests: int, seed: int, faults=tuple(FAULTS)) -> dict[str, list]:
    """All faults; seeded chunks, so that the number of workers changes nothing."""
    out = {}
    with ProcessPoolExecutor(2) as pool:
        for k, fault in enumerate(FAULTS):
            if fault not in faults:
                continue
            seeds = np.random.SeedSequence([seed, k]).spawn(CHUNKS)
            parts = pool.map(chunk, [(fault, s, max(1, contests // CHUNKS)) for s in seeds])
            out[fault] = [one for part in parts for one in part]
    return out


def noticed(found: dict[str, list]) -> str:
    """How often each check finds something after adjusting, and any of them."""
    lines = ["| contests | " + " | ".join(CHECKS) + " | any |", "|---" * (len(CHECKS) + 2) + "|"]
    for fault, rows in found.items():
        hit = np.array([p[1] <= 0.05 for p, _ in rows])
        raw = np.array([p[0] <= 0.05 for p, _ in rows])
        cells = [f"{h:.3f} ({r:.3f})" for h, r in zip(hit.mean(axis=0), raw.mean(axis=0), strict=True)]
        lines.append(f"| {fault} | " + " | ".join(cells) + f" | {hit.any(axis=1).mean():.3f} |")
    return "\n".join(lines)


def calibrated(found: dict[str, list]) -> str:
    """Chances of contests in which something was found: by the model, by the other, by the mean of both."""
    lines = [
        "| contests | found in | Brier: model | both | other | farthest tenth: model | both | other | moved by |",
        "|---" * 9 + "|",
    ]
    for fault, rows in found.items():
        hit = [(said, other, true) for p, (said, other, true) in rows if (p[1] <= 0.05).any()]
        if not hit:
            continue
        said, other, true = np.concatenate([np.array(h) for h in hit], axis=1)
        ways = [said, (said + other) / 2, other]
        brier = [f"{((p - true) ** 2).mean():.4f}" for p in ways]
        far = [farthest(p, true) for p in ways]
        moved = np.mean([np.abs(s - o).max() for s, o, _ in hit])
        lines.append(f"| {fault} | {len(hit)} | " + " | ".join(brier + far) + f" | {100 * moved:.1f} |")
    return "\n".join(lines)


def farthest(p: np.ndarray, true: np.ndarray) -> str:
    """Points between what was said and what is so in the tenth where they differ most, with its sampling error."""
    place = np.minimum((p * 10).astype(int), 9)
    n, said, so = (np.bincount(place, w, 10) for w in (None, p, true))
    off = 100 * (so - said) / np.maximum(n, 1)
    off[n < 30] = 0
    at = int(np.argmax(np.abs(off)))
    q = said[at] / max(n[at], 1)
    return f"{off[at]:+.1f} ± {100 * np.sqrt(q * (1 - q) / max(n[at], 1)):.1f}"


def main(contests: int = 300, seed: int = 2021) -> None:
    """Print both tables of docs/lab/misfit.md."""
    start = time.perf_counter()
    found = measure(contests, seed)
    text = f"{noticed(found)}\n\n{calibrated(found)}\n"
    sys.stdout.write(f"{text}\n{time.perf_counter() - start:.0f} s\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
