"""What if? The choice under another rule, other weights or another estimator, set beside the one that holds."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pydantic import ValidationError

from fairlib.errors import SelectionError
from fairlib.rules import Scale, Selection
from fairlib.scoring.estimators.adjust import estimate
from fairlib.selection.choose import Choice, choose


@dataclass(frozen=True, eq=False)
class Comparison:
    """A choice before and after a change.

    `table` (index submission, in the order of the candidates): `rank_before, rank_after, estimate_before,
    estimate_after, decision_before, decision_after, change` (`comes`, `goes`, or empty). `summary` (index
    key): `before, after` of `selected, reserve, mean_estimate, granted` and, for each group of a quota,
    `COLUMN=GROUP`.
    """

    before: Choice
    after: Choice
    table: pd.DataFrame
    summary: pd.DataFrame

    @property
    def moved(self) -> pd.DataFrame:
        """The rows of those who come or go, by their rank before; missing ranks last."""
        rows = self.table[self.table["change"] != ""]
        return rows.sort_values(["change", "rank_before"], kind="stable")


def what_if(
    candidates: pd.DataFrame,
    select: Selection,
    *,
    seed: int,
    ratings: pd.DataFrame | None = None,
    weights: Mapping[str, float] | None = None,
    estimator: str | None = None,
    method: str = "severity",
    scale: Scale | None = None,
    **changes: object,
) -> Comparison:
    """The choice with some entries of the rule changed: `seats=40`, `quotas=()`, `budget={"total": 10_000_000}`.

    With `weights` of the criteria or another `estimator` everybody is estimated anew from `ratings`
    (higher is better; `method` is the estimator that holds), but for those who have no estimate by the rules of
    the round. Criteria, medians and all else that thresholds and ties look at stay as they are. `scale` as in
    `choose`: thresholds are read and estimates told on it.

    Raises SelectionError for an entry that the rule does not have, for a value that it cannot take, and
    where the changed rules contradict each other; ScoringError where the marks cannot support it.
    """
    before = choose(candidates, select, seed=seed, scale=scale)
    after_table = candidates
    if weights is not None or estimator is not None:
        if ratings is None:
            raise SelectionError("Other weights or another estimator need the ratings.")
        after_table = estimated_anew(candidates, ratings, estimator or method, weights)
    after = choose(after_table, changed(select, **changes), seed=seed, scale=scale)
    return Comparison(before, after, _table(before, after), _summary(candidates, before, after))


def changed(select: Selection, **entries: object) -> Selection:
    """A rule with other entries. Raises SelectionError for an entry that there is not, or a value it cannot take."""
    try:
        return type(select).model_validate({**dict(select), **entries})
    except ValidationError as error:
        first = error.errors()[0]
        at = ".".join(map(str, first["loc"])) or "the rule"
        raise SelectionError(f"The rule cannot be changed so: {at}: {first['msg']}.") from None


def estimated_anew(
    candidates: pd.DataFrame, ratings: pd.DataFrame, method: str, weights: Mapping[str, float] | None
) -> pd.DataFrame:
    """The candidates with estimates of another method or other weights, where they have one at all."""
    found = estimate(ratings, method, weights).submissions["estimate"].reindex(candidates.index)
    return candidates.assign(estimate=found.where(candidates["estimate"].notna()))


def _table(before: Choice, after: Choice) -> pd.DataFrame:
    sides = {"before": before.decisions, "after": after.decisions}
    table = pd.DataFrame(
        {f"{c}_{s}": d[c] for c in ("rank", "estimate", "decision") for s, d in sides.items()}
    )
    chosen = {s: (d["decision"] == "selected").to_numpy() for s, d in sides.items()}
    gone, come = chosen["before"] & ~chosen["after"], chosen["after"] & ~chosen["before"]
    return table.assign(change=np.select([come, gone], ["comes", "goes"], ""))


def _summary(candidates: pd.DataFrame, before: Choice, after: Choice) -> pd.DataFrame:
    columns = dict.fromkeys(q.column for c in (before, after) for q in c.problem.select.quotas)
    told = {s: _facts(candidates, c, list(columns)) for s, c in (("before", before), ("after", after))}
    return pd.DataFrame(told).rename_axis("key").astype("Float64")


def _facts(candidates: pd.DataFrame, choice: Choice, columns: list[str]) -> dict[str, float]:
    table = choice.decisions
    chosen = table["decision"] == "selected"
    facts = {
        "selected": int(chosen.sum()),
        "reserve": int((table["decision"] == "reserve").sum()),
        "mean_estimate": table.loc[chosen, "estimate"].mean(),
        "granted": int(table["grant"].sum()),
    }
    for column in columns:
        counts = candidates.loc[chosen, column].value_counts()
        for group in sorted(candidates[column].dropna().unique(), key=str):
            facts[f"{column}={group}"] = int(counts.get(group, 0))
    return facts
