"""Simulated contests that are hard to keep private: small panels, few readers, people with habits."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlib.params import RulesFile, check_params
from fairlib.rules import Scale
from samples.drawn import draw_contest

SCALES = {
    "ten": {"min": 1, "max": 10, "step": 1},
    "five": {"min": 1, "max": 5, "step": 1},
    "halves": {"min": 0, "max": 5, "step": 0.5},
    "low": {"min": 1, "max": 6, "step": 1, "best": "low"},
}
SUMS = ("severity", "raw", "additive", "rasch")
OTHERS = ("zscore", "median", "trimmed")


@dataclass(frozen=True)
class Case:
    """A simulated contest: its rules, its marks, and in words what is special about it."""

    rules: RulesFile
    ratings: pd.DataFrame
    habits: tuple[str, ...]


def draw_case(seed: int) -> Case:
    """A contest of varied design: small panels, 1–4 readers, flat and absent jurors, recusals, unanimous marks."""
    rng = np.random.default_rng(seed)
    n, m, readers = int(rng.integers(4, 19)), int(rng.integers(3, 9)), int(rng.integers(1, 5))
    estimator = str(rng.choice(SUMS if rng.random() < 0.8 else OTHERS))
    criteria = 1 if estimator in OTHERS else int(rng.choice([1, 1, 2, 3, 5]))
    weighted = criteria > 1 and rng.random() < 0.4
    scale = str(rng.choice(list(SCALES), p=[0.55, 0.2, 0.15, 0.1]))
    least = int(rng.choice([1, 2]))
    rules = _rules(n, criteria, weighted, SCALES[scale], estimator, least)
    design = str(rng.choice(["random", "random", "bridged", "crossed"]))
    drawn = draw_contest(
        n, m, criteria, design=design, readers=min(readers, m), seed=int(rng.integers(1 << 30))
    )
    marks = drawn.ratings.astype({"submission": "str", "juror": "str", "criterion": "str", "status": "str"})
    marks["criterion"] = marks["criterion"].str.lower()
    form = rules.contest.rounds[0].scale
    middle, width = (form.min + form.max) / 2, (form.max - form.min) / 9
    marks["score"] = _on_step(middle + width * (marks["score"] - 5.5), form)
    marks, habits = _habits(marks, form, rng)
    return Case(
        rules, marks.assign(round="r", source="").drop(columns="order"), (design, scale, estimator, *habits)
    )


def _rules(n: int, criteria: int, weighted: bool, scale: dict, estimator: str, least: int) -> RulesFile:
    weights = [5, 3, 2, 1, 4][:criteria] if weighted else [1] * criteria
    return check_params(
        {
            "year": 2030,
            "contest": {
                "name": "Simulated", "data": "d", "seed": 1, "submissions": {"file": "s.csv"},
                "criteria": [{"id": f"c{k + 1}", "name": f"c{k + 1}", "weight": w} for k, w in enumerate(weights)],
                "rounds": [{
                    "id": "r", "name": "r", "scores": {"files": "x.csv", "layout": "long"}, "scale": scale,
                    "estimator": estimator, "min_scores": least, "select": {"seats": max(1, n // 3)},
                }],
            },
        }
    )  # fmt: skip


def _on_step(x: pd.Series, scale: Scale) -> pd.Series:
    steps = ((x - scale.min) / scale.step).round() * scale.step + scale.min
    return steps.clip(scale.min, scale.max)


def _habits(marks: pd.DataFrame, scale: Scale, rng: np.random.Generator) -> tuple[pd.DataFrame, list[str]]:
    """What people do: the same mark for all, no more than two forms read, a submission that everybody adores."""
    jurors, ids = marks["juror"].unique(), marks["submission"].unique()
    habits = []
    scored = marks["status"] == "scored"

    def all_the_same(mine: pd.Series, value: float, name: str) -> None:
        marks.loc[mine & scored, "score"] = value
        habits.append(name)

    if rng.random() < 0.25:
        all_the_same(marks["juror"] == rng.choice(jurors), scale.max, "generous juror")
    if rng.random() < 0.2:
        all_the_same(marks["juror"] == rng.choice(jurors), scale.min + 2 * scale.step, "flat juror")
    if rng.random() < 0.3:
        all_the_same(marks["submission"] == rng.choice(ids), scale.max, "adored submission")
    if rng.random() < 0.15:
        all_the_same(marks["submission"] == rng.choice(ids), scale.min, "disliked submission")
    if rng.random() < 0.04:
        all_the_same(scored, scale.max - scale.step, "everybody alike")
    if rng.random() < 0.3:
        mine = marks["juror"] == rng.choice(jurors)
        kept = marks.loc[mine, "submission"].unique()[: int(rng.integers(0, 3))]
        marks = marks[~mine | marks["submission"].isin(kept)]
        habits.append("absent juror")
    return marks.reset_index(drop=True), habits
