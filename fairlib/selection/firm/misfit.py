"""Where the marks differ from the model: by how much does that move the chances at the line?"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlib.scoring.arrays import nullable
from fairlib.scoring.estimators.adjust import Estimates
from fairlib.scoring.misfit.check import ModelFit
from fairlib.selection.admit.greedy import admit_many
from fairlib.selection.firm.worlds import merits
from fairlib.selection.rule.compiled import Problem

MATTERS = 0.04  # move of a chance from which on chances are told by both models (docs/certainty.md)


@dataclass(frozen=True, eq=False)
class Checked:
    """The fit of the model with what it means for the choice.

    `table` is that of `ModelFit` with `move`, the most that allowing for what was found here alone moves the chance of
    any submission, as a share of 1, and `moved`, whose chance that is; NA where nothing was found. `chances`:
    `p_other`, the probability of being selected by a model that allows for all that was found; no rows unless that
    moves a probability by `MATTERS`.
    """

    table: pd.DataFrame
    chances: pd.DataFrame

    @property
    def matters(self) -> bool:
        """Whether chances are told by both models."""
        return len(self.chances) > 0


def check_model(fit: ModelFit, estimates: Estimates, problem: Problem | None, *, seed: int) -> Checked:
    """What the misfits of `fit` move in the chances of the rule `problem`; None: there is no rule to carry out.

    `estimates` are those that `fit` is about. The draws are those of `certainty` for the same seed, carried over to
    the other models, so that two chances differ by what the models say and not by chance.
    """
    table = fit.table.assign(move=nullable(np.full(len(fit.table), np.nan)), moved="")
    none = pd.DataFrame({"submission": pd.Series(dtype="str"), "p_other": []})
    if problem is None or not (fit.found and fit.can_allow):
        return Checked(table, none)
    by_model = chances(estimates, problem, seed=seed)
    for name in fit.found:
        other = _allowing(fit, (name,), problem, seed)
        off = np.abs(other - by_model)
        table.loc[name, "move"] = float(off.max())
        table.loc[name, "moved"] = str(problem.submissions[int(off.argmax())])
    if len(fit.found) > 1:
        other = _allowing(fit, fit.found, problem, seed)
    if np.abs(other - by_model).max() < MATTERS:
        return Checked(table, none)
    told = pd.DataFrame({"submission": problem.submissions, "p_other": other})
    return Checked(table, told[problem.ranked].reset_index(drop=True))


def chances(estimates: Estimates, problem: Problem, *, seed: int) -> np.ndarray:
    """Share of draws in which the rule selects each submission (I,), as `certainty` counts it."""
    n, times = problem.select.certainty.draws, np.zeros(len(problem.submissions))
    for block in merits(estimates, problem, n, seed):
        times += admit_many(problem, block).sum(axis=0)
    return times / n


def _allowing(fit: ModelFit, faults: tuple[str, ...], problem: Problem, seed: int) -> np.ndarray:
    other = fit.allowing_for(*faults)
    assert other is not None  # asked only where such models can be fitted
    return chances(other, problem, seed=seed)
