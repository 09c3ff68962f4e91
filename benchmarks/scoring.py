"""Agreement, random effects and Rasch side by side with peers: the same marks, the answer checked, medians compared.

Every library is timed in turn in one process, so a ratio stands whatever else the machine does; absolute
seconds do not. `fairlib` is timed from the ratings table, checks and codes included; a peer from its own fastest
input, prepared beforehand. All marks are drawn (`samples.drawn`), none is real.

    OMP_NUM_THREADS=1 python benchmarks/scoring.py [alpha icc mixed lsqr edge rasch] [--repeat 7]

Prints a markdown table; `docs/lab/performance.md` holds its last run.
"""

import argparse
import statistics
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import _home  # noqa: F401
import krippendorff
import numpy as np
import pandas as pd
import pingouin
import statsmodels.formula.api as smf
from rasch import timed, two_way

from fairlib.rules import Scale
from fairlib.scoring import estimate, icc, krippendorff_alpha
from fairlib.scoring.crossed.reml import fit
from fairlib.scoring.ratings import composite
from samples.drawn import Effects, draw_contest, draw_jurors, draw_submissions

TEN, HUNDRED_AND_ONE = Scale(min=1, max=10, step=1), Scale(min=0, max=100, step=1)


def contest(submissions: int, jurors: int, design: str, scale: Scale = TEN, **effects) -> pd.DataFrame:
    """A ratings table of one criterion with whole numbers as labels and five readers a submission."""
    rng = np.random.default_rng(2021)
    effect = Effects(**effects).scaled((scale.max - scale.min) / 9, (scale.max + scale.min) / 2)
    who = draw_submissions(submissions, effects=effect, rng=rng)
    panel = draw_jurors(jurors, who, readers=5, conflicts=0.0, effects=effect, rng=rng)
    marks = draw_contest(
        who, panel, 1, design=design, readers=5, effects=effect, scale=scale, seed=2021
    ).ratings
    codes = {key: marks[key].cat.codes.astype("int64") for key in ("submission", "juror", "criterion")}
    return pd.DataFrame({**codes, "score": marks["score"]})


def race(repeat: int, **runners: Callable) -> tuple[dict, dict]:
    """Median wall and processor seconds of each runner, taken in turn, and its last answer."""
    times, answers = {name: [] for name in runners}, {}
    for _ in range(repeat):
        for name, run in runners.items():
            seconds, answers[name] = timed(run)
            times[name].append(seconds)
    return {name: middle(rows) for name, rows in times.items()}, answers


def middle(seconds: list[tuple[float, float]]) -> list[float]:
    """Medians of wall and of processor seconds."""
    return [statistics.median(kind) for kind in zip(*seconds, strict=True)]


def line(work: str, ours: list[float], peer: list[float], target: str, check: str) -> None:
    """One row of the table; the ratio is peer over ours for `≥`, ours over peer for `≤`."""
    over = [a / b for a, b in zip(*((peer, ours) if target[0] == "≥" else (ours, peer)), strict=True)]
    cells = [" / ".join(f"{t:.4g}" for t in pair) for pair in (ours, peer)]
    ratio = " / ".join(f"{r:.1f}" for r in over)
    print(f"| {work} | {cells[0]} | {cells[1]} | {ratio} | {target} | {check} |", flush=True)


def alpha(repeat: int) -> None:
    """Krippendorff's alpha on a scale of ten and on one of 101."""
    one_alpha(repeat, 10**6, TEN, "≥ 10")
    one_alpha(repeat, 10**5, HUNDRED_AND_ONE, "≥ 100")


def one_alpha(repeat: int, marks: int, scale: Scale, target: str) -> None:
    """Against `krippendorff`, by the faster of its two inputs."""
    long, kind = contest(marks // 5, 5, "crossed", scale), {"level_of_measurement": "interval"}
    wide = long["score"].to_numpy().reshape(-1, 5)
    domain = np.unique(wide)
    cell = np.arange(len(wide))[:, None] * len(domain) + np.searchsorted(domain, wide)
    counts = np.bincount(cell.ravel(), minlength=len(wide) * len(domain)).reshape(len(wide), -1)
    seconds, answers = race(
        repeat,
        ours=lambda: krippendorff_alpha(long).value,
        matrix=lambda: krippendorff.alpha(reliability_data=wide.T, **kind),
        counts=lambda: krippendorff.alpha(value_counts=counts, value_domain=domain, **kind),
    )
    best = min("matrix", "counts", key=lambda name: seconds[name][0])
    off = max(abs(answers["ours"] / answers[name] - 1) for name in ("matrix", "counts"))
    work = f"alpha, {marks:,} marks, {len(domain)} values, `krippendorff` ({best})"
    line(work, seconds["ours"], seconds[best], target, f"relative difference {off:.0e}")


def agreement(repeat: int) -> None:
    """All ten intraclass correlations against pingouin's six."""
    long = contest(200_000, 5, "crossed")
    columns = {"targets": "submission", "raters": "juror", "ratings": "score"}
    seconds, answers = race(
        repeat, ours=lambda: icc(long), peer=lambda: pingouin.intraclass_corr(long, **columns)
    )
    off = np.abs(answers["ours"]["value"].to_numpy(float)[:6] / answers["peer"]["ICC"].to_numpy(float) - 1)
    work = "ICC, 1,000,000 marks, `pingouin`"
    line(work, seconds["ours"], seconds["peer"], "≥ 80", f"relative difference {off.max():.0e}")


def mixed(repeat: int) -> None:
    """The crossed model against statsmodels MixedLM, as large as that can go."""
    long = contest(400, 50, "random").assign(all=1)
    parts = {"submission": "0 + C(submission)", "juror": "0 + C(juror)"}

    def peer():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return smf.mixedlm("score ~ 1", long, groups="all", re_formula="0", vc_formula=parts).fit(
                reml=True
            )

    seconds, answers = race(min(repeat, 3), ours=lambda: estimate(long), peer=peer)
    ours, other = answers["ours"].components, answers["peer"]
    theirs = dict(zip(other.model.exog_vc.names, other.vcomp, strict=True)) | {"residual": other.scale}
    off = max(abs(ours[name] / theirs[name] - 1) for name in theirs)
    check = f"variances within {off:.0e}, log likelihood {ours['loglik'] - other.llf:+.0e}"
    line("REML and all errors, 2,000 marks, `MixedLM`", seconds["ours"], seconds["peer"], "≥ 100", check)


def lsqr(repeat: int, name: str = "", **effects) -> None:
    """The crossed model at a million marks against one least-squares solution without errors."""
    long = contest(200_000, 1000, "random", **effects)
    pairs = composite(long)
    codes = pairs.submission, pairs.juror, pairs.y, len(pairs.submissions), len(pairs.jurors)
    times = {"fit": [], "estimate": [], 1e-6: [], 1e-10: []}
    for _ in range(repeat):
        for tolerance in (1e-6, 1e-10):
            seconds, effect = two_way(long, tolerance)
            times[tolerance].append(seconds)
        for key, run in (("fit", lambda: fit(*codes)), ("estimate", lambda: estimate(long))):
            seconds, found = timed(run)
            times[key].append(seconds)
    medians = {key: middle(rows) for key, rows in times.items()}
    severity, at = found.jurors["severity"].to_numpy(float), found.fit
    agree = f"r of severities {-np.corrcoef(severity, effect)[0, 1]:.4f}" if at.juror else f"{at.status}"
    for what, key, target in (("REML", "fit", "≤ 5"), ("REML and all errors", "estimate", "–")):
        for tolerance in (1e-6, 1e-10):
            work = f"{what}: 1,000,000 marks, 1,000 jurors{name}, `lsqr` to {tolerance:g}"
            line(work, medians[key], medians[tolerance], target, f"{agree}, {at.evaluations} evaluations")


def edge(repeat: int) -> None:
    """The same where jurors do not differ and the juror variance is estimated at exactly 0."""
    lsqr(repeat, " who do not differ", severity=0.0, spread=0.0, halo=0.0)


def rasch(repeat: int) -> None:
    """The neighbour in this folder, in a process of its own so that its memory is its own."""
    print(flush=True)
    neighbour = Path(__file__).with_name("rasch.py")
    subprocess.run([sys.executable, neighbour, "--repeat", str(min(repeat, 5))], check=True)


CASES = {"alpha": alpha, "icc": agreement, "mixed": mixed, "lsqr": lsqr, "edge": edge, "rasch": rasch}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cases", nargs="*", choices=[[], *CASES])
    parser.add_argument("--repeat", type=int, default=7)
    call = parser.parse_args()
    print("Seconds and ratios are wall / processor.\n")
    print("| work, peer | fairlib, s | peer, s | ratio | target | same answer |\n|---|---|---|---|---|---|")
    for name in call.cases or CASES:
        CASES[name](call.repeat)


if __name__ == "__main__":
    main()
