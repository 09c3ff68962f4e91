"""Do the 95 % intervals of submissions cover? 1,000 contests with a known truth in each of four designs.

Nominations differ: their true levels are one standard deviation of submissions apart.

Prints a markdown table; `docs/lab/accuracy.md` holds its last run.

    python benchmarks/coverage.py [contests] [seed]
"""

import sys
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from fairlib.scoring.crossed import posterior, reml
from fairlib.scoring.crossed.incidence import incidence

NOMINATIONS = np.repeat([0, 1, 2], [112, 43, 66])
PANEL = np.repeat([0, 1, 2], 4)  # twelve jurors, four to a nomination where they are bound to one
VARIANCES = {"submission": 0.34, "juror": 0.10, "residual": 0.56}  # reliability of one reader .34
LEVELS = np.array([-0.58, 0.0, 0.58])  # nominations one standard deviation of submissions apart
READERS, CHUNKS, Z = 3, 20, 1.959964


def crossed(rng):
    return np.repeat(np.arange(221), 12), np.tile(np.arange(12), 221)


def random_incomplete(rng):
    jurors = np.argsort(rng.random((221, 12)), axis=1)[:, :READERS]
    return np.repeat(np.arange(221), READERS), jurors.ravel()


def bridged(rng, share=0.15):
    """Readers come from the nomination's own panel, but `share` of the readings goes across."""
    own = PANEL[None, :] == NOMINATIONS[:, None]
    order = np.argsort(rng.random((221, 12)) + 2 * ~own, axis=1)
    jurors, strangers = order[:, :READERS].copy(), order[:, 4]
    away = rng.random(221) < share * READERS
    jurors[away, 0] = strangers[away]
    return np.repeat(np.arange(221), READERS), jurors.ravel()


def weakly_bridged(rng):
    """Two per cent of the readings across nominations: about a dozen marks carry the comparison."""
    return bridged(rng, share=0.02)


DESIGNS = {
    "crossed (12 readers)": crossed,
    "random incomplete (3 of 12)": random_incomplete,
    "nominations bridged (15 %)": bridged,
    "nominations weakly bridged (2 %)": weakly_bridged,
}


def one_contest(make, rng):
    """Shares covered (submissions, nomination differences, jurors), signs right, clear signs right, clear, se."""
    submission, juror = make(rng)
    a, b, e = (
        rng.normal(0, np.sqrt(v), n) for v, n in zip(VARIANCES.values(), (221, 12, len(juror)), strict=True)
    )
    a = a + LEVELS[NOMINATIONS]
    design = incidence(submission, juror, 221, 12, NOMINATIONS)
    fit = reml.fit_sums(reml.sums_of(design, 5.5 + a[submission] - b[juror] + e))
    grid = posterior.nodes(fit)
    se, se_juror = posterior.errors(fit, grid)
    off = np.abs(fit.merit - 5.5 - a)
    severity = -fit.juror_effect
    right, clear = np.sign(severity) == np.sign(b), np.abs(severity) > Z * se_juror
    within = np.abs(severity - b) <= Z * se_juror
    contrasts = differences_covered(posterior.draws(fit, grid, 400, rng), fit.merit, a)
    return (
        (off <= Z * se).mean(),
        contrasts,
        within.mean(),
        right.mean(),
        (right & clear).sum(),
        clear.sum(),
        se.mean(),
    )


def differences_covered(draws, effect, truth):
    """Share of the three differences between nomination means inside effect ± 1.96 sd of the joint draws."""
    mean = (np.arange(3)[:, None] == NOMINATIONS) / np.bincount(NOMINATIONS)[:, None]
    contrast = mean[[0, 0, 1]] - mean[[1, 2, 2]]
    return (np.abs(contrast @ (effect - truth)) <= Z * (draws @ contrast.T).std(axis=0, ddof=1)).mean()


def chunk(job):
    name, seed, n = job
    rng = np.random.default_rng(seed)
    return np.array([one_contest(DESIGNS[name], rng) for _ in range(n)])


def main(contests: int = 1000, seed: int = 2021) -> None:
    print(
        "| design | submissions | ± | nomination differences | jurors | signs right | clear signs right | mean se |"
    )
    print("|---|---|---|---|---|---|---|---|")
    with ProcessPoolExecutor(2) as pool:
        for place, name in enumerate(DESIGNS):
            seeds = np.random.SeedSequence([seed, place]).spawn(CHUNKS)
            rows = np.concatenate(list(pool.map(chunk, [(name, s, contests // CHUNKS) for s in seeds])))
            cover, differences, jurors, signs, right, clear, se = rows.T
            error = cover.std(ddof=1) / np.sqrt(len(cover))
            print(
                f"| {name} | {cover.mean():.3f} | {error:.3f} | {differences.mean():.3f} | {jurors.mean():.3f} "
                f"| {signs.mean():.3f} | {right.sum() / max(clear.sum(), 1):.4f} | {se.mean():.3f} |"
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
