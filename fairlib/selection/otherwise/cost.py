"""What does each rule cost? The choice without it: who would come, who would go, how many points."""

import numpy as np
import pandas as pd

from fairlib.contract import ROUND
from fairlib.selection.admit.greedy import admit
from fairlib.selection.rule.compiled import Problem
from fairlib.selection.several import written


def rule_costs(problem: Problem, admitted: np.ndarray) -> pd.DataFrame:
    """One row for each rule but the seats: the choice if it alone were left out.

    `admitted` (I,) is the choice with all rules. `comes` are the ids selected without the rule and not with
    it, `goes` the other way round, best first; `n` counts the larger of both; `points` is the sum of
    estimates without the rule less the sum with it: what keeping the rule costs, negative where it adds seats.
    """
    key, line = problem.order.key, problem.order.line()
    rows = []
    for rule, about in _rules(problem):
        without = admit(problem.without(rule))
        comes, goes = line[(without & ~admitted)[line]], line[(admitted & ~without)[line]]
        points = (int(key[without].sum()) - int(key[admitted].sum())) / 10.0**problem.select.decimals
        ids = [written(problem.submissions[side]) for side in (comes, goes)]
        rows.append((rule, about, *ids, max(len(comes), len(goes)), points))
    return pd.DataFrame(rows, columns=ROUND["rule_costs"].names()).set_index("rule")


def _rules(problem: Problem) -> list[tuple[str, str]]:
    s = problem.select
    found = [(f"quotas[{k}]", f"{q.column} {q.kind}") for k, q in enumerate(s.quotas)]
    found += [(f"thresholds[{k}]", f"{t.on} {t.no_worse_than:g}") for k, t in enumerate(s.thresholds)]
    if s.per_organisation is not None:
        found.append(("per_organisation", str(s.per_organisation)))
    if s.budget is not None:
        found.append(("budget", str(s.budget.total)))
    open_ended = s.seats is None and len(found) == 1
    return [] if open_ended else found
