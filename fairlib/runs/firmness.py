"""How firm is the line of a round? The questions of notebook 03, and reasons where one has no answer."""

import pandas as pd

from fairlib.errors import ScoringError, SelectionError
from fairlib.intake.sheets.rows_meant import match_conflicts
from fairlib.intake.sheets.usable import Roster
from fairlib.rules import Contest, Round
from fairlib.runs.direction import oriented, turned, turned_estimates
from fairlib.scoring.days import days
from fairlib.scoring.estimators.adjust import Estimates, estimate
from fairlib.selection.choose import Choice
from fairlib.selection.firm.certainty import Certainty
from fairlib.selection.firm.line import compare_at_line, discuss
from fairlib.selection.firm.readings import readings

_SURE = ["p_selected", "expected_rank", "rank_low", "rank_high", "set_low", "set_high", "band"]


def severity_model(contest: Contest, r: Round, ratings: pd.DataFrame, found: Estimates) -> Estimates | None:
    """The severity model of the round's marks, from which other commissions are drawn; None if it cannot be fitted."""
    try:
        same = found.method == "severity"
        model = found if same else estimate(oriented(r, ratings), "severity", contest.weights(r.id))
    except ScoringError:
        return None
    return model if model.fit is not None else None  # equal marks have estimates and no model


def spend_next(
    model: Estimates | None, choice: Choice, roster: Roster, seed: int, k: int = 5
) -> pd.DataFrame:
    """The submissions for which one more reading is worth most; no rows where nothing can be said."""
    try:
        if model is None:
            raise SelectionError("There is no severity model to work it out from.")
        conflicts = match_conflicts(roster, model.jurors.index, "", [])  # told when the sheets were read
        return readings(model, choice.problem, seed=seed, conflicts=conflicts, k=k)
    except SelectionError:
        return pd.DataFrame(columns=["submission", "juror", "gain"])


def at_the_line(
    found: Estimates, choice: Choice, sure: Certainty, model: Estimates | None, seed: int
) -> pd.DataFrame:
    """The four ways of treating the open band side by side; no rows where there is no line or no model."""
    try:
        return compare_at_line(found, choice.problem, sure, seed=seed, model=model)
    except SelectionError:
        return pd.DataFrame(columns=["expected_quality", "rightly_chosen", "people", "overlap", "basis"])


def to_discuss(
    contest: Contest, r: Round, choice: Choice, sure: Certainty, ratings: pd.DataFrame, table: pd.DataFrame
):
    """Both sides' case for each submission of the open band; marks are internal, never for the public."""
    known = turned_estimates(r, table)
    return discuss(choice.problem, sure, known, oriented(r, ratings), contest.weights(r.id))


def days_and_slots(contest: Contest, r: Round, ratings: pd.DataFrame) -> pd.DataFrame:
    """The effects of day and slot on the marks, as the contest gives them: see `selection.days`."""
    found = days(oriented(r, ratings), contest.weights(r.id))
    return turned(r, found, gaps=("points", "low", "high"), ends=[("low", "high")])


def decisions_table(choice: Choice, sure: Certainty) -> pd.DataFrame:
    """The contract's decisions: the choice with its probabilities, rank intervals, and those of the twin."""
    return choice.decisions.join(sure.table[_SURE]).join(sure.twin.shared)
