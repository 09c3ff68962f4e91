"""Drawn contests with their estimates and rule, for the tests of certainty. All of it is synthetic."""

from functools import lru_cache

import pandas as pd

from fairlib.rules import Quota, Scale, Selection
from fairlib.scoring.estimators.adjust import Estimates, estimate
from fairlib.selection.rule.compiled import Problem, compile_rule
from samples.drawn import DrawnContest, draw_contest

BY_NOMINATION = Quota(column="nomination", kind="proportional", floor=2)


@lru_cache
def drawn(n: int = 40, jurors: int = 8, readers: int = 3, seed: int = 1, criteria: int = 2) -> DrawnContest:
    scale = Scale(min=1, max=10, step=1)
    return draw_contest(n, jurors, criteria, design="random", readers=readers, scale=scale, seed=seed)


@lru_cache
def estimated(method: str = "severity", **contest) -> Estimates:
    return estimate(drawn(**contest).ratings, method)


def candidates(found: Estimates, contest: DrawnContest | None = None) -> pd.DataFrame:
    """Estimates with what the rule needs to know: everybody is eligible and asks for two million."""
    about = (contest or drawn()).submissions
    table = about.join(found.submissions)
    return table.assign(eligible=True, requested=2_000_000, organisation_id=about["organisation"])


def rule(seats: int | None = 12, draws: int = 400, **more) -> Selection:
    more.setdefault("ties", ("median", "draw"))
    return Selection(seats=seats, certainty={"draws": draws}, **more)


def contest_of(
    method: str = "severity", select: Selection | None = None, **contest
) -> tuple[Estimates, Problem]:
    found = estimated(method, **contest)
    table = candidates(found, drawn(**contest))
    return found, compile_rule(table, select or rule(), seed=7)


def marks(rows: dict[tuple[str, str], float]) -> pd.DataFrame:
    """A ratings table of one criterion from {(submission, juror): mark}."""
    table = [(s, j, "all", float(v)) for (s, j), v in rows.items()]
    return pd.DataFrame(table, columns=["submission", "juror", "criterion", "score"])
