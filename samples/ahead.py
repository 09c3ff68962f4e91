"""Whom would the first round select? Asked of its files alone, for samples whose second round must have marks."""

from pathlib import Path

from fairlib.intake.submissions import receive
from fairlib.params import RulesFile
from fairlib.stage import Scored, Stage
from fairlib.stage.handed_on import roster


def finalists(rules: RulesFile, data: Path) -> list[str]:
    """Whom the first round selects, best first, from its files alone; nothing is written."""
    contest, r = rules.contest, rules.contest.rounds[0]
    intake = receive(contest, data)
    here = intake.submissions["eligible"]
    known = roster(contest, r, data, intake.submissions, here, intake.versions)
    stage = Stage(contest, r, data)
    marks = stage.read_marks(known)
    return list(stage.choose(Scored(marks.ratings, known, stage.estimate(marks).table)).selected)
