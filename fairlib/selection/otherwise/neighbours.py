"""What would other rules have chosen? A fixed list of neighbours of the declared rule, each carried out in full.

Nobody picks from the list: it follows from the rule alone, so that no alternative is shown because of whom
it would choose. What leaving out a rule does is in `rule_costs`; jurors, criteria and estimators left out
or exchanged are in `stability`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd
from pydantic import ValidationError

from fairlib.errors import ScoringError, SelectionError
from fairlib.rules import Scale, Selection
from fairlib.scoring.estimators.adjust import estimate
from fairlib.selection.admit.unbroken import settle
from fairlib.selection.otherwise.what_if import what_if
from fairlib.selection.rule.compiled import compile_rule
from fairlib.selection.several import written

COLUMNS = ["comes", "goes", "n", "selected", "mean_estimate", "status"]
STATUS = {
    "ok": "",
    "not_estimable": "the marks cannot support the estimate",
    "contradiction": "the changed rules contradict each other",
}
RANKS = ["rank", "estimate", "decision"]
METHODS = ("largest_remainder", "sainte_lague", "dhondt")


@dataclass(frozen=True, eq=False)
class Others:
    """The choices of other rules beside the one that holds.

    `summary` (index change, a code such as `weight:impact`, `quota_method:dhondt`, `quota_floor:0`,
    `threshold:5.5`, `seats:45`): `comes` and `goes` (ids by their rank now), `n` (the larger of both), `selected`,
    `mean_estimate` of the selected by the estimates that hold, on the contest's scale, and `status`, a key of
    `STATUS`; numbers are missing where it is not `ok`. `widest` is the change of weights that exchanges most, as a
    `Comparison.table` with its code in the column `change_of`; empty where none exchanges anybody.
    """

    summary: pd.DataFrame
    widest: pd.DataFrame


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
    rows, widest = {}, None
    for code, estimator, weighted, change in _neighbours(select, method, weights, scale):
        try:
            table = _estimated(candidates, ratings, estimator, weighted) if weighted else candidates
            rows[code] = _row(before, _carried_out(table, _with(select, change), seed, scale), known)
        except (SelectionError, ScoringError) as why:
            status = "not_estimable" if isinstance(why, ScoringError) else "contradiction"
            rows[code] = ("", "", pd.NA, pd.NA, pd.NA, status)
            continue
        if code.startswith("weight:") and rows[code][2] > (rows[widest[0]][2] if widest else 0):
            widest = code, weighted
    summary = pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("change")
    summary = summary.astype({"n": "Int64", "selected": "Int64", "mean_estimate": "Float64"})
    if widest is None:
        return Others(summary, _no_ranks())
    found = what_if(
        candidates, select, seed=seed, ratings=ratings, method=method, weights=widest[1], scale=scale
    )
    return Others(summary, found.table.assign(change_of=widest[0]))


def _no_ranks() -> pd.DataFrame:
    columns = [f"{c}_{side}" for c in RANKS for side in ("before", "after")]
    return pd.DataFrame(
        columns=[*columns, "change", "change_of"], index=pd.Index([], name="submission"), dtype=object
    )


def _neighbours(
    select: Selection, method: str, weights: Mapping[str, float], scale: Scale
) -> Iterator[tuple[str, str, dict[str, float] | None, dict[str, object]]]:
    """Code, estimator, weights where scores are to be estimated anew, and the entries of the rule that change."""
    used = [c for c, w in weights.items() if w > 0]
    if method != "raw":
        yield "estimator:raw", "raw", dict(weights), {}
    for name in used if len(used) > 1 else ():
        yield f"weight:{name}", method, {c: w * (2 if c == name else 1) for c, w in weights.items()}, {}
    proportional = [q for q in select.quotas if q.kind == "proportional"]
    for way in METHODS:
        if any(q.method != way for q in proportional):
            yield f"quota_method:{way}", method, None, {"quotas": _quotas(select, method=way)}
    if any(q.floor for q in proportional):
        yield "quota_floor:0", method, None, {"quotas": _quotas(select, floor=0)}
    if not any(t.on == "estimate" for t in select.thresholds):
        middle = (scale.min + scale.max) / 2
        least = [*select.thresholds, {"on": "estimate", "no_worse_than": middle}]
        yield f"threshold:{middle:g}", method, None, {"thresholds": least}
    if select.seats is not None:
        tenth = max(1, round(select.seats / 10))
        for seats in (select.seats - tenth, select.seats + tenth):
            if seats > 0:
                yield f"seats:{seats}", method, None, {"seats": seats}


def _quotas(select: Selection, **entries: object) -> list[dict]:
    """The quotas of a rule, the proportional ones with other entries."""
    return [q.model_dump() | (entries if q.kind == "proportional" else {}) for q in select.quotas]


def _with(select: Selection, change: dict[str, object]) -> Selection:
    try:
        return Selection.model_validate({**dict(select), **change})
    except ValidationError as error:
        raise SelectionError(f"The rule cannot be changed so: {error.errors()[0]['msg']}.") from None


def _estimated(candidates: pd.DataFrame, ratings: pd.DataFrame, method: str, weights) -> pd.DataFrame:
    found = estimate(ratings, method, weights).submissions["estimate"].reindex(candidates.index)
    return candidates.assign(estimate=found.where(candidates["estimate"].notna()))


def _carried_out(candidates: pd.DataFrame, select: Selection, seed: int, scale: Scale) -> pd.DataFrame:
    """Who is `selected`, decisions of people included, on their `place` in the ranking (index submission)."""
    problem = compile_rule(candidates, select, seed=seed, scale=scale)
    chosen = settle(problem).always.copy()
    for m in select.manual:
        chosen[problem.submissions == m.submission] = m.decision == "selected"
    place = pd.Series(len(chosen), index=problem.submissions)
    place.iloc[problem.order.line()] = range(len(problem.order.line()))
    return pd.DataFrame({"place": place, "selected": chosen}, index=problem.submissions)


def _row(before: pd.DataFrame, after: pd.DataFrame, known: pd.Series) -> tuple:
    order = before["place"].sort_values(kind="stable").index
    was, now = before["selected"][order], after["selected"][order]
    come, go = order[now & ~was], order[was & ~now]
    mean = known[order[now]].astype("Float64").mean() if now.any() else pd.NA
    names = [written(side) for side in (come, go)]
    return *names, max(len(come), len(go)), int(now.sum()), mean, "ok"
