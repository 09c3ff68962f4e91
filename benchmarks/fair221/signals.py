"""Whom would the library name? Its diagnosis of the jurors of a contest, against who did it.

Named is a juror with a finding that is worth a conversation (`talk`: beyond chance and half a point). A finding on
severity counts as false only where the juror is in truth within a quarter of a point of the panel's mean, and names
the guilty only where severity is what they are guilty of; one on the use of the scale only where the juror is like
others within a tenth; a finding on time is not false where jurors drift.
"""

import numpy as np
import pandas as pd

from benchmarks.fair221.contests import Contest
from fairlib.errors import ScoringError
from fairlib.scoring import diagnose

MILD, USUAL = 0.25, 0.1
TIME, SCALE = ("order", "day"), ("spread", "discrimination", "noise", "central", "flat", "digits", "halo")


def named(contest: Contest) -> dict[str, float]:
    """Of one contest: share of guilty jurors named, whether the pair was, and false findings by signal.

    `guilty` and `pair` are NaN where there is none; `drift` whether the panel as a whole is said to drift, `honest`
    the number of honest jurors, `false` how many of them have a false finding, `false_SIGNAL` how many by that
    signal, `pairs` how many innocent pairs are called copied. {} where the marks cannot be diagnosed.
    """
    groups = pd.DataFrame({"nomination": contest.group.astype(str)}).rename_axis("submission")
    try:
        table = diagnose(contest.ratings(single=True), groups, scale=(1, 10), seed=contest.seed).findings
    except ScoringError:
        return {}
    talk, guilty = table[table["status"] == "talk"], set(contest.guilty)
    panel, talk = talk[talk["juror"].isna()], talk[talk["juror"].notna()]
    theirs, severe = talk["juror"].isin(guilty), talk["signal"] == "severity"
    copied = talk[talk["signal"] == "copied"]
    pair = [{a, b} == guilty for a, b in zip(copied["juror"], copied["about"], strict=True)]
    wrong = talk[~theirs & ~_true(talk, contest)]
    fits = theirs if contest.fault == "harsh" else theirs & ~severe
    out = {
        "guilty": talk.loc[fits, "juror"].nunique() / len(guilty) if guilty else float("nan"),
        "pair": float(any(pair)) if len(guilty) == 2 else float("nan"),
        "drift": float(panel["signal"].isin(TIME).any()) if contest.place is not None else float("nan"),
        "honest": len(contest.severity) - len(guilty),
        "false": wrong["juror"].nunique(),
        "pairs": len(pair) - sum(pair),
    }
    return out | {f"false_{s}": float(n) for s, n in wrong.groupby("signal")["juror"].nunique().items()}


def _true(talk: pd.DataFrame, contest: Contest) -> pd.Series:
    """Which findings on honest jurors are no mistake: true severity, habits, drift, a guilty partner in copying."""
    off = contest.severity - contest.severity.mean()
    far = [j for j in range(len(off)) if abs(off[j]) >= MILD]
    severe = (talk["signal"] == "severity") & talk["juror"].isin(far)
    odd = talk["signal"].isin(SCALE) & talk["juror"].isin(np.flatnonzero(contest.habit > USUAL))
    drifts = talk["signal"].isin(TIME) & (contest.place is not None)
    return severe | odd | drifts | ((talk["signal"] == "copied") & talk["about"].isin(contest.guilty))
