"""What does the rule say about these submissions? Candidates and a Selection as integer-coded bounds.

Every rule about numbers of submissions becomes a `Bound`: a set of members and how many of them may and
must be selected. The routes of `admit.py` and `exact.py` know nothing else about the contest.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

import numpy as np
import pandas as pd

from fairlib.errors import SelectionError
from fairlib.rules import Budget, Quota, Scale, Selection
from fairlib.scoring.dust import joined
from fairlib.selection.note import Note
from fairlib.selection.rule.quotas import Apportionment, apportion
from fairlib.selection.rule.ties import Order, least_units, rank_order, rounded


@dataclass(frozen=True, eq=False)
class Bound:
    """At least `lower` and at most `upper` of the members (positions, sorted) are selected.

    `column` is what it is about (`seats`, `nomination`, `organisation`, or what a threshold is `on`), `rule` the
    entry of the params it comes from (`seats`, `quotas[0]`, `per_organisation`, `thresholds[0]`).
    """

    column: str
    rule: str
    members: np.ndarray
    lower: int
    upper: int
    group: str = ""
    worse: str = ""  # of a threshold: the sign and the mark, `<5`, or `>5` where low is best

    @property
    def code(self) -> str:
        """Its name: `seats`, `nomination=legal`, `organisation=7`, `threshold:estimate<5`."""
        if self.worse:
            return f"threshold:{self.column}{self.worse}"
        return f"{self.column}={self.group}" if self.group else self.column


@dataclass(frozen=True, eq=False)
class Problem:
    """A rule of selection on I submissions, in the order of the rows of the candidates.

    `ranked` (I,) says who is eligible and has an estimate: nobody else is ever admitted. `bounds` hold
    for the observed estimates, thresholds among them (upper 0); a threshold on the estimate is also in
    `least`, in units of 10^-decimals, because it is applied anew to each draw. `cost` (I,) is the grant in
    whole tenge, 0 without a budget. `values` holds what thresholds look at, each (I,). `eligible`
    (I,) counts for proportional quotas. Here higher is better; `told` turns a mark back to the contest's scale.
    """

    submissions: pd.Index
    select: Selection
    eligible: np.ndarray
    ranked: np.ndarray
    order: Order
    values: dict[str, np.ndarray]
    bounds: tuple[Bound, ...]
    least: float
    cost: np.ndarray
    budget: int | None
    notes: tuple[Note, ...]
    scale: Scale | None = None

    def told(self, marks):
        """Marks or estimates of the problem as people are told them: on the contest's own scale."""
        return marks if self.scale is None else self.scale.orient(marks)

    @property
    def policy(self) -> str:
        """What happens at the first that the budget does not hold: `stop` or `skip`."""
        return self.select.budget.policy if self.select.budget else "skip"

    @property
    def in_order(self) -> bool:
        """Whether the objective is `in_order`."""
        return self.select.objective == "in_order"

    @cached_property
    def counts(self) -> tuple[Bound, ...]:
        """Bounds that can bind whatever the estimates are, with members that can be selected.

        Thresholds and bounds that hold of themselves are left out.
        """
        kept = []
        for b in self.bounds:
            members = b.members[self.admissible[b.members]]
            if not b.worse and (b.lower > 0 or b.upper < len(members)):
                kept.append(replace(b, members=members))
        return tuple(kept)

    @cached_property
    def admissible(self) -> np.ndarray:
        """Ranked and over the thresholds on criteria (I,); the one on the estimate varies with draws."""
        may = self.ranked.copy()
        for b in self.bounds:
            if b.worse and b.column != "estimate":
                may[b.members] = False
        return may

    def without(self, *rules: str) -> "Problem":
        """The same contest without the entries of the params named in `rules` (`quotas[0]`, `budget` …)."""
        return replace(
            self,
            bounds=tuple(b for b in self.bounds if b.rule not in rules),
            budget=None if "budget" in rules else self.budget,
            least=-np.inf if _estimate_rule(self.select) in rules else self.least,
        )


def compile_rule(
    candidates: pd.DataFrame, select: Selection, *, seed: int = 0, scale: Scale | None = None
) -> Problem:
    """Compile a rule of selection on candidates into integer-coded bounds.

    `candidates` is indexed by submission with `estimate` (higher is better, may be missing) and `eligible`
    (bool), and the columns that the rule names: those of quotas, `by_ID` of criteria, `requested` (tenge)
    with a budget, `organisation_id` with a cap per organisation, and those of the tie chain. `seed` is
    for draws, the one of the params. The rule is as the params have it: its thresholds are marks of `scale`,
    and are turned with it where low is best.

    Raises SelectionError for ids that repeat, a column that is missing, a value a rule cannot be applied to,
    and quotas that cannot be apportioned.
    """
    eligible = _eligible(candidates)
    estimate = candidates["estimate"].to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(estimate).any():
        who = _names(candidates, np.isinf(estimate))
        raise SelectionError(f"The estimate of {who} is not a finite number.")
    ranked = eligible & ~np.isnan(estimate)
    order = rank_order(candidates, ranked, select.ties, decimals=select.decimals, seed=seed)
    bounds, notes = [], []
    if select.seats is not None:
        bounds.append(Bound("seats", "seats", np.flatnonzero(ranked), 0, select.seats))
        if select.seats > eligible.sum():
            notes.append(Note("seats_above_eligible", seats=select.seats, eligible=int(eligible.sum())))
    for k, quota in enumerate(select.quotas):
        found, told = _quota(_Groups(candidates, quota, eligible, ranked), f"quotas[{k}]", select.seats, seed)
        bounds += found
        notes += told
    if select.per_organisation is not None:
        bounds += _organisations(candidates, select.per_organisation, ranked)
    values = _values(candidates, select)
    least, failing = _thresholds(values, select, ranked, scale)
    cost = _grants(candidates, select.budget, eligible) if select.budget else np.zeros(len(candidates), int)
    return Problem(
        submissions=candidates.index,
        select=select,
        eligible=eligible,
        ranked=ranked,
        order=order,
        values=values,
        bounds=(*bounds, *failing),
        least=least,
        cost=cost,
        budget=select.budget.total if select.budget else None,
        notes=tuple(notes),
        scale=scale,
    )


def _eligible(candidates: pd.DataFrame) -> np.ndarray:
    for name in ("estimate", "eligible"):
        _column(candidates, name, "selection")
    if not candidates.index.is_unique:
        twice = candidates.index[candidates.index.duplicated()][0]
        raise SelectionError(f"Submission {twice} is among the candidates twice; each must be there once.")
    if candidates["eligible"].isna().any():
        who = _names(candidates, candidates["eligible"].isna().to_numpy())
        raise SelectionError(f"It is not known whether {who} is eligible.")
    return candidates["eligible"].to_numpy(dtype=bool)


def _column(candidates: pd.DataFrame, name: str, what: str) -> pd.Series:
    if name not in candidates:
        raise SelectionError(f"The candidates have no column {name}, which {what} needs.")
    return candidates[name]


def _names(candidates: pd.DataFrame, mask: np.ndarray) -> str:
    found = sorted(map(str, candidates.index[mask]))
    return ", ".join(found[:5]) + (f" and {len(found) - 5} more" if len(found) > 5 else "")


def labels(column: pd.Series) -> np.ndarray:
    """Values of a column as the names of groups (I,), None where missing or blank; true and false in small letters."""
    names = np.empty(len(column), dtype=object)
    for k, (value, gone) in enumerate(zip(column, column.isna(), strict=True)):
        names[k] = None if gone else _label(value) or None
    return names


def _label(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    name = str(value).strip()
    return name.lower() if name in ("True", "False") else name


@dataclass(frozen=True, eq=False)
class _Groups:
    """The candidates by the groups of a quota; `eligible` and `ranked` are (I,)."""

    candidates: pd.DataFrame
    quota: Quota
    eligible: np.ndarray
    ranked: np.ndarray

    @cached_property
    def group(self) -> np.ndarray:
        """The group of each (I,), None where there is none."""
        return labels(_column(self.candidates, self.quota.column, f"the quota on {self.quota.column}"))


def _quota(groups: _Groups, rule: str, seats: int | None, seed: int) -> tuple[list[Bound], list[Note]]:
    """One bound for each group of a quota, and what there is to note of them."""
    quota, n = groups.quota, len(groups.candidates)
    shares = Apportionment({_label(g): n for g, n in quota.seats.items()})
    if quota.kind == "proportional":
        shares = _proportional(groups, seats, seed)
    bounds, notes = [], [Note(note.kind, column=quota.column, **note.told) for note in shares.notes]
    for g, share in shares.seats.items():
        members = np.flatnonzero(groups.ranked & (groups.group == g))
        if len(members) == 0 and quota.kind != "proportional":
            notes.append(Note("empty_group", column=quota.column, group=g))
        lower = 0 if quota.kind == "max" else share
        upper = n if quota.kind == "min" else share
        bounds.append(Bound(quota.column, rule, members, lower, upper, group=g))
    return bounds, notes


def _proportional(groups: _Groups, seats: int | None, seed: int) -> Apportionment:
    quota, eligible, group = groups.quota, groups.eligible, groups.group
    if seats is None:
        raise SelectionError(f"The quota on {quota.column} is proportional, and there are no seats to share.")
    gone = eligible & (group == None)  # noqa: E711
    if gone.any():
        raise SelectionError(
            f"The quota on {quota.column} is proportional, and {_names(groups.candidates, gone)} has none."
        )
    sizes = {g: int((eligible & (group == g)).sum()) for g in sorted({g for g in group if g is not None})}
    try:
        return apportion(sizes, min(seats, int(eligible.sum())), quota.method, floor=quota.floor, seed=seed)
    except SelectionError as error:
        raise SelectionError(f"Quota on {quota.column}: {error}") from None


def _organisations(candidates, cap: int, ranked) -> list[Bound]:
    """A bound for each organisation with more ranked submissions than the cap; no id is no organisation."""
    ids = labels(_column(candidates, "organisation_id", "the cap per organisation"))
    codes, names = pd.factorize(ids, sort=True)
    size = np.bincount(codes[ranked & (codes >= 0)], minlength=len(names))
    return [
        Bound(
            "organisation", "per_organisation", np.flatnonzero(ranked & (codes == g)), 0, cap, group=names[g]
        )
        for g in np.flatnonzero(size > cap)
    ]


def _values(candidates, select: Selection) -> dict[str, np.ndarray]:
    """What the thresholds look at: the estimate and criteria, each (I,) with NaN where missing."""
    names = {"estimate": "estimate"} | {t.on: f"by_{t.on}" for t in select.thresholds if t.on != "estimate"}
    columns = {on: _column(candidates, name, f"the threshold on {on}") for on, name in names.items()}
    return {on: c.to_numpy(dtype=float, na_value=np.nan) for on, c in columns.items()}


def _thresholds(values, select: Selection, ranked, scale: Scale | None) -> tuple[float, list[Bound]]:
    """Bounds that keep out what is worse than a threshold, and the threshold on the estimate in units."""
    least, bounds = -np.inf, []
    for k, t in enumerate(select.thresholds):
        mark = t.no_worse_than if scale is None else scale.orient(t.no_worse_than)
        needed = least_units(mark, select.decimals)
        if t.on == "estimate":
            least = max(least, needed)
        fails = ranked & ~(rounded(joined(values[t.on]), select.decimals) >= needed)
        told = f"{worse(scale)}{t.no_worse_than:g}"
        bounds.append(Bound(t.on, f"thresholds[{k}]", np.flatnonzero(fails), 0, 0, worse=told))
    return least, bounds


def worse(scale: Scale | None) -> str:
    """The sign between a mark and one that is better, as it is told."""
    return ">" if scale is not None and scale.best == "low" else "<"


def _estimate_rule(select: Selection) -> str | None:
    return next((f"thresholds[{k}]" for k, t in enumerate(select.thresholds) if t.on == "estimate"), None)


def _grants(candidates, budget: Budget, eligible) -> np.ndarray:
    """Grant of each eligible submission in whole tenge (I,).

    The sum requested, a fixed sum, or a share of the sum requested (rounded down to a tenge), held between
    the minimum and the maximum; never above the sum requested unless it is a fixed sum.
    """
    grants = np.zeros(len(candidates), dtype=np.int64)
    if budget.amount is not None:  # as every fixed grant has, and no other
        grants[eligible] = _held(budget.amount, budget)
        return grants
    asked = pd.to_numeric(_column(candidates, "requested", "the budget"), errors="coerce")
    sums = asked.to_numpy(dtype=float, na_value=np.nan)
    bad = eligible & ~((sums >= 0) & (sums == np.floor(sums)) & (sums < 2**53))
    if bad.any():
        raise SelectionError(
            f"The sum requested by {_names(candidates, bad)} is not a whole number of tenge, "
            "and the budget needs it."
        )
    share = Fraction(Decimal(repr(budget.share))) if budget.grant == "share" else Fraction(1)
    for i in np.flatnonzero(eligible):
        requested = int(sums[i])
        grants[i] = min(requested, _held(int(requested * share), budget))
    return grants


def _held(amount: int, budget: Budget) -> int:
    amount = max(amount, budget.minimum)
    return amount if budget.maximum is None else min(amount, budget.maximum)
