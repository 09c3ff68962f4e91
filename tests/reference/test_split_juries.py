"""Does half of a real jury foretell whom the other half would choose? Complete juries of FAIRLIB_REFERENCE.

Each complete table of at least six jurors and fifteen items is split in halves by chance; from the marks of one half
the twin commission foretells how many of the best quarter another of its size would choose too, and the other half is
such a one. `python -m pytest tests/reference/test_split_juries.py -s` prints a line a jury.
"""

import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from fairlib.rules import Selection
from fairlib.scoring.estimators.adjust import estimate
from fairlib.selection.admit.greedy import admit
from fairlib.selection.firm.twin import twin
from fairlib.selection.rule.compiled import compile_rule

ROOT = Path(os.environ.get("FAIRLIB_REFERENCE", "missing"))
pytestmark = pytest.mark.skipif(not ROOT.is_dir(), reason="FAIRLIB_REFERENCE is not set")
SPLITS, LEAST = 12, (15, 6)


def juries():
    """Name and marks (items × jurors) of every complete jury that is large enough."""
    for path in sorted((ROOT / "data").glob("*.csv")):
        table = pd.read_csv(path, dtype={"juror": str, "item": str})
        if not pd.api.types.is_numeric_dtype(table["score"]):
            continue
        for criterion, part in table.groupby("criterion"):
            wide = part.pivot(index="item", columns="juror", values="score").dropna()
            if wide.shape[0] >= LEAST[0] and wide.shape[1] >= LEAST[1]:
                yield f"{path.stem} {criterion}", wide


def half(wide, jurors, seed):
    """Estimates and compiled rule of the best quarter from some of the jurors."""
    long = wide[jurors].stack().rename("score").reset_index()
    long = long.set_axis(["submission", "juror", "score"], axis=1).assign(criterion="c")
    found = estimate(long)
    rule = Selection(seats=round(len(wide) / 4), ties=("draw",), certainty={"draws": 400})
    return found, compile_rule(found.submissions.assign(eligible=True), rule, seed=seed)


def test_the_overlap_foretold_is_that_of_the_other_half():
    rows = {}
    for name, wide in juries():
        rng, off = np.random.default_rng(1), []
        for seed in range(SPLITS):
            mixed, size = rng.permutation(wide.columns.to_numpy()), wide.shape[1] // 2
            (found, problem), (_, other) = (
                half(wide, part, seed) for part in (mixed[:size], mixed[size : 2 * size])
            )
            told = twin(found, problem, seed=seed).overlap
            seen = (admit(problem) & admit(other)).sum()
            off.append(100 * (told - seen) / round(len(wide) / 4))
        rows[name] = np.mean(off)
        sys.stdout.write(
            f"{name}: {wide.shape[0]} × {wide.shape[1]}, told less seen {rows[name]:+.1f} points\n"
        )
    mean, error = np.mean(list(rows.values())), np.std(list(rows.values()), ddof=1) / np.sqrt(len(rows))
    sys.stdout.write(f"{len(rows)} juries: {mean:+.1f} ± {error:.1f} points\n")
    assert abs(mean) < 3
