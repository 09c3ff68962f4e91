"""Random small contests with every combination of rules, and their choice by trying all sets."""

from itertools import product

import numpy as np
import pandas as pd

from fairlib.rules import Budget, Quota, Selection, Threshold
from fairlib.selection.rule.compiled import Problem


def contest(seed: int) -> tuple[pd.DataFrame, Selection]:
    """One to eight candidates with whole estimates (so that ties are common) and a random rule."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    unit = int(rng.choice([1, 100_000]))
    candidates = pd.DataFrame(
        {
            "estimate": rng.integers(-2 if rng.random() < 0.2 else 0, 8, n).astype(float),
            "eligible": rng.random(n) > 0.1,
            "nomination": rng.choice(list("ab"), n),
            "region": rng.choice(list("xyz"), n),
            "first_time": rng.random(n) < 0.5,
            "organisation_id": rng.integers(0, 5, n),
            "requested": rng.integers(1, 6, n) * unit,
            "raw_median": rng.integers(0, 4, n).astype(float),
            "by_q": rng.integers(0, 5, n).astype(float),
        },
        index=[f"s{k}" for k in rng.permutation(n)],
    )
    candidates.loc[rng.random(n) < 0.05, "estimate"] = np.nan
    return candidates, Selection.model_validate(_rule(rng, n, unit))


def _rule(rng: np.random.Generator, n: int, unit: int) -> dict:
    rule: dict = {"objective": str(rng.choice(["in_order", "best_total"])), "ties": ("median", "draw")}
    if rng.random() < 0.8:
        rule["seats"] = int(rng.integers(1, n + 1))
    rule["quotas"] = tuple(_quotas(rng, rule.get("seats"), n))
    if rng.random() < 0.4:
        rule["per_organisation"] = 1
    thresholds = [Threshold(at_least=int(rng.integers(0, 5)))] if rng.random() < 0.4 else []
    thresholds += [Threshold(on="q", at_least=1)] if rng.random() < 0.2 else []
    rule["thresholds"] = tuple(thresholds)
    if rng.random() < 0.5:
        policy = str(rng.choice(["stop", "skip"]))
        rule["budget"] = Budget(total=int(rng.integers(0, 15)) * unit, policy=policy)
    if "seats" not in rule and "budget" not in rule and not thresholds:
        rule["seats"] = n
    return rule


def _quotas(rng: np.random.Generator, seats: int | None, n: int):
    if rng.random() < 0.5:
        kind = str(rng.choice(["fixed", "min", "max", "proportional"]))
        if kind != "proportional":
            yield Quota(column="nomination", kind=kind, seats=_shares(rng, "ab", seats or n))
        elif seats is not None:
            method = str(rng.choice(["largest_remainder", "sainte_lague", "dhondt"]))
            yield Quota(column="nomination", kind=kind, method=method)
    if rng.random() < 0.5:
        kind = str(rng.choice(["fixed", "min", "max"]))
        yield Quota(column="region", kind=kind, seats=_shares(rng, "xyz", seats or n))
    if rng.random() < 0.3:
        kind = str(rng.choice(["min", "max"]))
        yield Quota(column="first_time", kind=kind, seats={"true": int(rng.integers(0, (seats or n) + 1))})


def _shares(rng: np.random.Generator, groups: str, seats: int) -> dict[str, int]:
    parts = rng.multinomial(rng.integers(0, seats + 1), [1 / len(groups)] * len(groups))
    return dict(zip(groups, map(int, parts), strict=True))


def by_all_sets(problem: Problem) -> np.ndarray | None:
    """The choice (I,) by the definition of the rule, trying every set of ranked submissions; None if impossible."""
    line = problem.order.line()
    kept = [x for x in _sets(problem) if _keeps(problem, x)]
    if not kept:
        return None
    if problem.select.objective == "best_total":
        totals = [int(np.maximum(problem.order.key[x], 0).sum()) for x in kept]
        kept = [x for x, total in zip(kept, totals, strict=True) if total == max(totals)]
    elif problem.budget is not None and problem.policy == "stop":
        return _with_stop(problem, line, kept)
    return max(kept, key=lambda x: tuple(x[line]))


def _with_stop(problem: Problem, line: np.ndarray, kept: list[np.ndarray]) -> np.ndarray:
    unpaid = [x for x in _sets(problem) if _keeps(problem, x, money=False)]
    chosen: list[int] = []
    for place, i in enumerate(line):
        out = [j for j in line[:place] if j not in chosen]
        if _among(kept, [*chosen, i], out):
            chosen.append(i)
        elif _among(unpaid, [*chosen, i], out):
            rest = _among(kept, chosen, [*out, i])
            fewest = min(x.sum() for x in rest)
            return max((x for x in rest if x.sum() == fewest), key=lambda x: tuple(x[line]))
    admitted = np.zeros(len(problem.submissions), dtype=bool)
    admitted[chosen] = True
    return admitted


def _among(sets, inside, outside) -> list[np.ndarray]:
    return [x for x in sets if x[inside].all() and not x[outside].any()]


def _sets(problem: Problem):
    who = np.flatnonzero(problem.ranked)
    for bits in product([False, True], repeat=len(who)):
        x = np.zeros(len(problem.submissions), dtype=bool)
        x[who] = bits
        yield x


def _keeps(problem: Problem, x: np.ndarray, money: bool = True) -> bool:
    if money and problem.budget is not None and problem.cost[x].sum() > problem.budget:
        return False
    return all(b.lower <= x[b.members].sum() <= b.upper for b in problem.bounds)
