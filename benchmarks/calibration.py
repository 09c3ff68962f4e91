"""Are the stated certainties true? Contests with a known truth in four designs; see `docs/lab/calibration.md`.

    python benchmarks/calibration.py [contests] [seed] [--write]

Each contest: 221 submissions of three nominations whose true levels are one standard deviation of quality apart, 12
jurors, 5 criteria on a scale of 1 to 10 in whole marks, 50 seats shared by nominations; everybody reads everything, or
four readers each. The true quality is what all possible jurors together would give a submission on these criteria;
`belongs` is the whole rule applied to it.
A second commission of the same design, with jurors of its own, reads the same submissions.
"""

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import _home  # noqa: F401
import numpy as np
import pandas as pd

from fairlib.rules import Quota, Scale, Selection
from fairlib.scoring.estimators.adjust import estimate
from fairlib.selection.admit.greedy import admit, admit_many
from fairlib.selection.firm.certainty import certainty
from fairlib.selection.rule.compiled import compile_rule
from samples.drawn import Effects, assign, draw_jurors, draw_marks, draw_submissions, on_scale

DESIGNS = ("crossed", "random", "bridged", "weakly_bridged")
SCALE = Scale(min=1, max=10, step=1)
QUOTA = Quota(column="nomination", kind="proportional", floor=5)
RULE = Selection(seats=50, quotas=(QUOTA,), ties=("draw",), certainty={"draws": 400})
EFFECTS = Effects()
LEVELS = {"A": -1.0, "B": 0.0, "C": 1.0}  # of nominations, in standard deviations of quality
CHUNKS, EDGES = 40, np.linspace(0, 1, 11)
LAB = Path(__file__).parents[1] / "docs" / "lab"


@dataclass(frozen=True)
class Told:
    """One design: bins (10, 3) of number, sum of p, number that belong; one row a contest of what else was seen."""

    bins: np.ndarray
    rows: np.ndarray  # sets hold all ranks, share of rank intervals that hold, overlap told, low, high, seen


def one_contest(design: str, seed: np.random.SeedSequence) -> tuple[np.ndarray, tuple]:
    """Bins and one row of a contest."""
    rng = np.random.default_rng(seed)
    submissions = apart(draw_submissions(221, rng=rng))
    profile = rng.normal(0, EFFECTS.profile, (221, 5))
    found, again = (estimate(commission(submissions, profile, design, rng)) for _ in range(2))
    problem, other = (compile_rule(_candidates(submissions, e), RULE, seed=1) for e in (found, again))
    quality = submissions["quality"].to_numpy() + (1 - EFFECTS.halo) * profile.mean(axis=1)
    belongs = admit_many(problem, quality[None, :])[0]
    told = certainty(found, problem, seed=int(rng.integers(2**31)))
    p, table = told.table["p_selected"].to_numpy(float), told.table
    place = np.minimum((p * 10).astype(int), 9)
    bins = np.stack([np.bincount(place, w, 10) for w in (None, p, belongs)], axis=1)
    rank = np.argsort(np.argsort(-quality)) + 1
    held = [_within(rank, table, f"{kind}_low", f"{kind}_high") for kind in ("set", "rank")]
    seen = int((admit(problem) & admit(other)).sum())
    return bins, (held[0].all(), held[1].mean(), told.twin.overlap, told.twin.low, told.twin.high, seen)


def apart(submissions: pd.DataFrame) -> pd.DataFrame:
    """Submissions whose nominations differ by `LEVELS`."""
    own = EFFECTS.quality * submissions["nomination"].map(LEVELS)
    return submissions.assign(quality=submissions["quality"] + own)


def commission(submissions: pd.DataFrame, profile: np.ndarray, design: str, rng) -> pd.DataFrame:
    """Ratings of twelve new jurors, levels by nomination; a profile over criteria is the submission's and stays."""
    jurors = draw_jurors(12, submissions, rng=rng)
    hard = rng.normal(0, EFFECTS.criterion, 5)
    names = pd.Index([f"C{c + 1}" for c in range(5)], name="criterion")
    criteria = pd.DataFrame({"difficulty": hard - hard.mean()}, index=names)
    pairs = assign(submissions, jurors, design=design, rng=rng)
    bare = replace(EFFECTS, profile=0.0)
    ratings = draw_marks(submissions, jurors, criteria, pairs, effects=bare, rng=rng)
    i, j, c = (ratings[k].cat.codes.to_numpy() for k in ("submission", "juror", "criterion"))
    own = (1 - jurors["halo"].to_numpy()[j]) * profile[i, c]
    return ratings.assign(
        score=on_scale(ratings["score"].to_numpy() + own, SCALE),
        level=submissions["nomination"].to_numpy()[i],
    )


def _candidates(submissions, found):
    return submissions[["nomination"]].join(found.submissions).assign(eligible=True)


def _within(rank, table, low, high):
    return (table[low].to_numpy(int) <= rank) & (rank <= table[high].to_numpy(int))


def chunk(job: tuple[str, np.random.SeedSequence, int]) -> tuple[np.ndarray, list]:
    design, seed, n = job
    found = [one_contest(design, s) for s in seed.spawn(n)]
    return sum(b for b, _ in found), [row for _, row in found]


def measure(contests: int, seed: int) -> dict[str, Told]:
    """All designs; a fixed number of seeded chunks, so that the number of workers changes nothing."""
    out = {}
    with ProcessPoolExecutor(2) as pool:
        for k, design in enumerate(DESIGNS):
            seeds = np.random.SeedSequence([seed, k]).spawn(CHUNKS)
            jobs = [(design, s, max(1, contests // CHUNKS)) for s in seeds]
            parts = list(pool.map(chunk, jobs))
            out[design] = Told(
                sum(b for b, _ in parts), np.array([r for _, rows in parts for r in rows], float)
            )
    return out


def calibration_table(found: dict[str, Told]) -> str:
    """Share that belongs of those given each probability."""
    lines = [
        "| stated | " + " | ".join(f"{d}: n | said | belong" for d in found) + " |",
        "|---" * (1 + 3 * len(found)) + "|",
    ]
    for b in range(10):
        cells = [f"{EDGES[b]:.1f}–{EDGES[b + 1]:.1f}"]
        for told in found.values():
            n, said, belong = told.bins[b]
            cells += [f"{int(n):,}", f"{said / max(n, 1):.3f}", f"{belong / max(n, 1):.3f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def farthest(found: dict[str, Told]) -> str:
    """The tenth of all designs where what belongs differs most from what was stated, with its sampling error."""
    n, said, belong = np.moveaxis(np.array([told.bins for told in found.values()]), 2, 0)
    p, off = said / np.maximum(n, 1), (belong - said) / np.maximum(n, 1)
    at = k, b = np.unravel_index(np.argmax(np.abs(off)), off.shape)
    error = np.sqrt(p[at] * (1 - p[at]) / max(n[at], 1))
    where = f"`{list(found)[k]}`, {EDGES[b]:.1f}–{EDGES[b + 1]:.1f}"
    return f"{100 * off[at]:+.1f} ± {100 * error:.1f} points ({where})"


def other_table(found: dict[str, Told]) -> str:
    """Rank sets, rank intervals and the twin commission."""
    lines = [
        "| design | contests | sets hold all true ranks | rank intervals hold | overlap foretold | overlap seen "
        "| difference ± | inside its interval |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for design, told in found.items():
        sets, ranks, said, low, high, seen = told.rows.T
        off = said - seen
        error = off.std(ddof=1) / np.sqrt(len(off))
        inside = ((low <= seen) & (seen <= high)).mean()
        lines.append(
            f"| {design} | {len(seen):,} | {sets.mean():.3f} | {ranks.mean():.3f} | {said.mean():.2f} "
            f"| {seen.mean():.2f} | {off.mean():+.2f} ± {error:.2f} | {inside:.3f} |"
        )
    return "\n".join(lines)


def diagram(found: dict[str, Told], path: Path) -> None:
    """Reliability diagram: stated probability against the share that belongs, with 95 % of sampling."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(found), figsize=(11, 3.2), sharey=True)
    for ax, (design, told) in zip(axes, found.items(), strict=True):
        n, said, belong = told.bins.T
        p, share = said / np.maximum(n, 1), belong / np.maximum(n, 1)
        ax.plot([0, 1], [0, 1], color="#8a95a1", linewidth=0.8)
        ax.errorbar(
            p, share, 1.96 * np.sqrt(p * (1 - p) / np.maximum(n, 1)), fmt="o", color="#0b6478", markersize=4
        )
        ax.set(title=design, xlabel="stated probability", aspect="equal", xticks=np.linspace(0, 1, 6))
        ax.grid(color="#d5dbe1", linewidth=0.5)
    axes[0].set_ylabel("share that belongs")
    figure.tight_layout()
    figure.savefig(path, dpi=110, metadata={"Software": None})


def report(found: dict[str, Told], contests: int, seed: int) -> str:
    """The text of `docs/lab/calibration.md`."""
    return f"""# Are the stated certainties true?

Contests with a known truth, {contests:,} for each of four designs, drawn by `samples/drawn.py` with its
default effects: spread of jurors' scales, halo, profiles over criteria and rounding to whole marks included, none of
which the model knows. 221 submissions in three nominations whose true levels are one standard deviation of quality (a
point) apart, 12 jurors, 5 criteria, 50 seats shared by nominations with a floor of 5. In `crossed` everybody reads
everything, in the others four read each: any four, or the nomination's own panel but for one reading in seven
(`bridged`) or in fifty (`weakly_bridged`). The estimator is the default one, with a level for each nomination. The true
quality of a submission is what all possible jurors together would give it on the five criteria; to belong is to be
selected by the whole rule applied to the true qualities.
Made by `python benchmarks/calibration.py {contests} {seed} --write`.

## Stated probability against the share that belongs
`n` submissions were given a probability in the bin, `said` is its mean, `belong` the share that belongs. Farthest from
what was stated: {farthest(found)}; the promise is 4 points in each tenth.

{calibration_table(found)}

![Reliability diagram: stated probability against the share that belongs, one panel a design](calibration.png)

## Rank sets and the twin commission
The rank sets claim to hold all true ranks of a contest at once in at least 95 % of contests, a rank interval to hold
the true rank of one submission with 95 %. The overlap foretold is the twin commission's; the overlap seen is that
with a second commission of new jurors, which was drawn and estimated anew, its variances included.

{other_table(found)}

The sets are wide on purpose: they hold for every submission and every pair at once.

What is not claimed: that the five criteria are a sample of all that might have been asked. Whoever sees them so
must add the spread of profiles (0.18 points here) to every standard error: where errors are smallest, with 12
readers each, the probabilities would otherwise be a little too sure of themselves.
"""


def main(contests: int = 1000, seed: int = 2021, write: bool = False) -> None:
    start = time.perf_counter()
    found = measure(contests, seed)
    text = report(found, contests, seed)
    sys.stdout.write(f"{text}\n{time.perf_counter() - start:.0f} s\n")
    if write:
        page = LAB / "calibration.md"
        # what benchmarks/levels.py measured stays
        _, mark, own = page.read_text(encoding="utf-8").partition("\n## Panels that read")
        page.write_text(text + mark + own, encoding="utf-8")
        diagram(found, LAB / "calibration.png")


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:] if a != "--write"]
    main(*numbers, write="--write" in sys.argv)
