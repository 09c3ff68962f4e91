"""What would other rules have chosen? A fixed list of neighbours of the declared rule, each carried out in full.

Nobody picks from the list: it follows from the rule alone, so that no alternative is shown because of whom
it would choose. What leaving out a rule does is in `rule_costs`; jurors, criteria and estimators left out
or exchanged are in `stability`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from fairlib.errors import ScoringError, SelectionError
from fairlib.rules import Scale, Selection
from fairlib.selection.whatif import Comparison, what_if

COLUMNS = ["comes", "goes", "n", "selected", "mean_estimate", "status"]
STATUS = {
    "ok": "",
    "not_estimable": "the marks cannot support the estimate",
    "contradiction": "the changed rules contradict each other",
}
METHODS = ("largest_remainder", "sainte_lague", "dhondt")


@dataclass(frozen=True, eq=False)
class Others:
    """The choices of other rules beside the one that holds.

    `summary` (index change, a code such as `weight:impact`, `quota_method:dhondt`, `quota_floor:0`,
    `threshold:5.5`, `seats:45`): `comes` and `goes` (ids by their rank now), `n` (the larger of both), `selected`,
    `mean_estimate` of the selected by the estimates that hold, and `status`, a key of `STATUS`; numbers are
    missing where it is not `ok`. `widest` is the change of weights that exchanges most, as a `Comparison.table`
    with its code in the column `change_of`; empty where there is none.
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
    """Carry out every neighbour of a rule on the same candidates; higher estimates are better.

    The neighbours: each criterion counted twice; each other way of sharing the seats of a proportional quota,
    and its floor left out; a threshold at the middle of the scale where there is none; a tenth fewer and a
    tenth more seats.

    Raises SelectionError where the declared rule itself cannot be carried out.
    """
    rows, widest, most = {}, pd.DataFrame(), 0
    for code, change in _neighbours(select, weights, scale):
        try:
            found = what_if(
                candidates, select, seed=seed, **({"ratings": ratings, "method": method} | change)
            )
        except (SelectionError, ScoringError) as why:
            status = "contradiction" if isinstance(why, SelectionError) else "not_estimable"
            rows[code] = ("", "", pd.NA, pd.NA, pd.NA, status)
            continue
        rows[code] = _row(found)
        if "weights" in change and rows[code][2] > most:
            most, widest = rows[code][2], found.table.assign(change_of=code)
    summary = pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("change")
    kinds = {"n": "Int64", "selected": "Int64", "mean_estimate": "Float64"}
    return Others(summary.astype(kinds), widest)


def _neighbours(
    select: Selection, weights: Mapping[str, float], scale: Scale
) -> Iterator[tuple[str, dict[str, object]]]:
    used = [c for c, w in weights.items() if w > 0]
    for name in used if len(used) > 1 else ():
        yield f"weight:{name}", {"weights": {c: w * (2 if c == name else 1) for c, w in weights.items()}}
    proportional = [q for q in select.quotas if q.kind == "proportional"]
    for way in METHODS if proportional else ():
        if any(q.method != way for q in proportional):
            yield f"quota_method:{way}", {"quotas": _changed(select, method=way)}
    if any(q.floor for q in proportional):
        yield "quota_floor:0", {"quotas": _changed(select, floor=0)}
    if not any(t.on == "estimate" for t in select.thresholds):
        middle = (scale.min + scale.max) / 2
        least = [*(t.model_dump() for t in select.thresholds), {"on": "estimate", "at_least": middle}]
        yield f"threshold:{middle:g}", {"thresholds": least}
    if select.seats is not None:
        tenth = max(1, round(select.seats / 10))
        for seats in (select.seats - tenth, select.seats + tenth):
            if seats > 0:
                yield f"seats:{seats}", {"seats": seats}


def _changed(select: Selection, **entries: object) -> list[dict]:
    """The quotas of a rule, the proportional ones with other entries."""
    return [q.model_dump() | (entries if q.kind == "proportional" else {}) for q in select.quotas]


def _row(found: Comparison) -> tuple:
    table = found.table.sort_values("rank_before", kind="stable")
    come, go = (table.index[table["change"] == side] for side in ("comes", "goes"))
    chosen = table["decision_after"] == "selected"
    mean = table.loc[chosen, "estimate_before"].mean() if chosen.any() else pd.NA
    names = [", ".join(map(str, side)) for side in (come, go)]
    return *names, max(len(come), len(go)), int(chosen.sum()), mean, "ok"
