"""What would other rules have chosen? A fixed list of neighbours of the declared rule, each carried out in full.

Nobody picks from the list: it follows from the rule alone, so that no alternative is shown because of whom
it would choose. What leaving out a rule does is in `rule_costs`; jurors, criteria and estimators left out
or exchanged are in `stability`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import get_args

import pandas as pd

from fairlib.contract import nothing
from fairlib.errors import ScoringError, SelectionError
from fairlib.rules import Scale, Selection, Sharing
from fairlib.selection.admit.unbroken import settle
from fairlib.selection.otherwise.what_if import changed, estimated_anew, what_if
from fairlib.selection.rule.compiled import compile_rule
from fairlib.selection.several import written

STATUS = {"ok", "not_estimable", "contradiction"}


@dataclass(frozen=True, eq=False)
class Others:
    """The choices of other rules beside the one that holds.

    `summary` (index change, a code such as `weight:impact`, `quota_method:dhondt`, `quota_floor:0`,
    `threshold:5.5`, `seats:45`): `comes` and `goes` (ids by their rank now), `n` (the larger of both), `selected`,
    `mean_estimate` of the selected by the estimates that hold, on the contest's scale, and `status`, one of
    `STATUS`; numbers are missing where it is not `ok`. `widest` is the change of weights that exchanges most, as a
    `Comparison.table` with its code in the column `change_of`; empty where none exchanges anybody.
    """

    summary: pd.DataFrame
    widest: pd.DataFrame


@dataclass(frozen=True)
class _Neighbour:
    """A rule beside the declared one: its code, the entries that change, and, where scores are to be estimated anew,
    by which method and with which weights."""

    code: str
    changes: dict[str, object] = field(default_factory=dict)
    method: str = ""
    weights: dict[str, float] | None = None

    @property
    def weighs(self) -> bool:
        """Whether the weights of criteria are what changes."""
        return self.code.startswith("weight:")


def other_rules(
    candidates: pd.DataFrame,
    select: Selection,
    *,
    seed: int,
    ratings: pd.DataFrame,
    weights: Mapping[str, float],
    scale: Scale,
    method: str = "severity",
) -> Others:
    """Carry out every neighbour of a rule on the same candidates and ratings; in them higher is better.

    The neighbours: raw means instead of what `method` estimates; each criterion counted twice; each other way of
    sharing the seats of a proportional quota, and its floor left out; a threshold at the middle of the scale where
    there is none; a tenth fewer and a tenth more seats.

    Raises SelectionError where the declared rule itself cannot be carried out.
    """
    before = _carried_out(candidates, select, seed, scale)
    known = scale.orient(candidates["estimate"])
    rows: dict[str, dict[str, object]] = {}
    neighbours = {other.code: other for other in _neighbours(select, method, weights, scale)}
    for other in neighbours.values():
        try:
            table, rule = candidates, changed(select, **other.changes)
            if other.weights is not None:
                table = estimated_anew(candidates, ratings, other.method, other.weights)
            rows[other.code] = _row(before, _carried_out(table, rule, seed, scale), known)
        except (SelectionError, ScoringError) as why:
            status = "not_estimable" if isinstance(why, ScoringError) else "contradiction"
            rows[other.code] = {"comes": "", "goes": "", "status": status}
    summary = pd.DataFrame.from_dict(rows, orient="index", columns=nothing("other_rules", "change").columns)
    summary.index.name = "change"
    summary = summary.astype({"n": "Int64", "selected": "Int64", "mean_estimate": "Float64"})
    moved = summary["n"][[code for code, other in neighbours.items() if other.weighs]].dropna()
    if not (moved > 0).any():
        return Others(summary, nothing("other_ranks", "submission"))
    widest = neighbours[moved.idxmax()]
    found = what_if(
        candidates, select, seed=seed, ratings=ratings, method=method, weights=widest.weights, scale=scale
    )
    return Others(summary, found.table.assign(change_of=widest.code))


def _neighbours(
    select: Selection, method: str, weights: Mapping[str, float], scale: Scale
) -> Iterator[_Neighbour]:
    """The list of `other_rules`, in its order."""
    used = [c for c, w in weights.items() if w > 0]
    if method != "raw":
        yield _Neighbour("estimator:raw", method="raw", weights=dict(weights))
    for name in used if len(used) > 1 else ():
        twice = {c: w * (2 if c == name else 1) for c, w in weights.items()}
        yield _Neighbour(f"weight:{name}", method=method, weights=twice)
    proportional = [q for q in select.quotas if q.kind == "proportional"]
    for way in get_args(Sharing):
        if any(q.method != way for q in proportional):
            yield _Neighbour(f"quota_method:{way}", {"quotas": _quotas(select, method=way)})
    if any(q.floor for q in proportional):
        yield _Neighbour("quota_floor:0", {"quotas": _quotas(select, floor=0)})
    if not any(t.on == "estimate" for t in select.thresholds):
        middle = (scale.min + scale.max) / 2
        least = [*select.thresholds, {"on": "estimate", "no_worse_than": middle}]
        yield _Neighbour(f"threshold:{middle:g}", {"thresholds": least})
    if select.seats is not None:
        tenth = max(1, round(select.seats / 10))
        for seats in (select.seats - tenth, select.seats + tenth):
            if seats > 0:
                yield _Neighbour(f"seats:{seats}", {"seats": seats})


def _quotas(select: Selection, **entries: object) -> list[dict]:
    """The quotas of a rule, the proportional ones with other entries."""
    return [q.model_dump() | (entries if q.kind == "proportional" else {}) for q in select.quotas]


def _carried_out(candidates: pd.DataFrame, select: Selection, seed: int, scale: Scale) -> pd.DataFrame:
    """Who is `selected`, decisions of people included, on their `place` in the ranking (index submission)."""
    problem = compile_rule(candidates, select, seed=seed, scale=scale)
    chosen = settle(problem).always.copy()
    for m in select.manual:
        chosen[problem.submissions == m.submission] = m.decision == "selected"
    place = pd.Series(len(chosen), index=problem.submissions)
    place.iloc[problem.order.line()] = range(len(problem.order.line()))
    return pd.DataFrame({"place": place, "selected": chosen}, index=problem.submissions)


def _row(before: pd.DataFrame, after: pd.DataFrame, known: pd.Series) -> dict[str, object]:
    order = before["place"].sort_values(kind="stable").index
    was, now = before["selected"][order], after["selected"][order]
    come, go = order[now & ~was], order[was & ~now]
    mean = known[order[now]].astype("Float64").mean() if now.any() else pd.NA
    told = {"comes": written(come), "goes": written(go), "n": max(len(come), len(go))}
    return told | {"selected": int(now.sum()), "mean_estimate": mean, "status": "ok"}
