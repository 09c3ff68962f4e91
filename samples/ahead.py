"""Whom would the first round select? Asked of its files alone, for samples whose second round must have marks."""

from pathlib import Path

from fairlib.intake.sheets.read import read_scores
from fairlib.intake.submissions import receive
from fairlib.params import RulesFile
from fairlib.runs.outcome import estimates_of, select_from
from fairlib.runs.steps import roster, with_levels


def finalists(rules: RulesFile, data: Path) -> list[str]:
    """Whom the first round selects, best first, from its files alone; nothing is written."""
    contest, r = rules.contest, rules.contest.rounds[0]
    intake = receive(contest, data)
    here = intake.submissions["eligible"]
    sheets = read_scores(
        contest, r, data, roster(contest, r, data, intake.submissions, here, intake.versions)
    )
    ratings = with_levels(contest, r, sheets.ratings, intake.submissions)
    _, table = estimates_of(contest, r, ratings)
    return list(select_from(contest, r, intake.submissions, here, table).selected)
