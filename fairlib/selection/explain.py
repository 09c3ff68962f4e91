"""Why this decision? For each submission the rule that decided, with its numbers and what was missing."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from fairlib.facts import Value
from fairlib.selection.admit.greedy import admit
from fairlib.selection.margin import points_missing
from fairlib.selection.reason import Reason
from fairlib.selection.rule.compiled import Bound, Problem, worse
from fairlib.selection.rule.ties import rounded


@dataclass(frozen=True, eq=False)
class Why:
    """Reasons of I submissions (I lists), and arrays of length I in the order of the problem.

    `below` says who is under a threshold; `displaced_by` and `displaces` hold ids or an empty text;
    `points_missing` is missing where no estimate would have been enough, or none was needed.
    """

    reason: list[list[Reason]]
    below: np.ndarray
    displaced_by: np.ndarray
    displaces: np.ndarray
    points_missing: pd.arrays.FloatingArray


def explain(
    problem: Problem,
    admitted: np.ndarray,
    undecided: np.ndarray,
    unranked: list[list[Reason]],
) -> Why:
    """Reasons for the choice `admitted` (I,), with `undecided` (I,) the unbroken ties that matter.

    `unranked` (I lists) is what to say of those without a place in the ranking. Marks are told on the contest's
    own scale. Codes: `rank`, `quota`, `tie`, `tie_refused`, `tie_exhausted`, `threshold`,
    `per_organisation`, `budget`, `no_estimate`, `ineligible`. Who is displaced is found by leaving the quotas
    out: those who come and those who go are paired in order of rank,
    seats that a quota promises first.
    """
    missing = points_missing(problem, admitted, undecided)
    told = _Explainer(problem, admitted, undecided, _one_unit(problem, missing))
    n = len(problem.submissions)
    reason = list(unranked)
    displaced_by, displaces = np.full(n, "", dtype=object), np.full(n, "", dtype=object)
    for i in problem.order.line():
        reason[i] = told.reason(i)
        other = told.forced.get(i, (None, ""))[0]
        if other is not None and not told.below[i] and not undecided[i]:
            (displaces if admitted[i] else displaced_by)[i] = str(problem.submissions[other])
    return Why(reason, told.below, displaced_by, displaces, missing)


def _one_unit(problem: Problem, missing: pd.arrays.FloatingArray) -> np.ndarray:
    """Who was so close (I,) that at the same estimate only the tie chain stood between."""
    units = missing.to_numpy(dtype=float, na_value=np.inf) * 10.0**problem.select.decimals
    return units < 1.5


@dataclass(frozen=True, eq=False)
class _Explainer:
    problem: Problem
    admitted: np.ndarray
    undecided: np.ndarray
    close: np.ndarray

    @cached_property
    def below(self) -> np.ndarray:
        """Who is under a threshold (I,)."""
        below = np.zeros(len(self.problem.submissions), dtype=bool)
        for b in self.problem.bounds:
            if b.worse:
                below[b.members] = True
        return below

    @cached_property
    def quotas(self) -> list[str]:
        return [f"quotas[{k}]" for k in range(len(self.problem.select.quotas))]

    @cached_property
    def alone(self) -> dict[str, np.ndarray]:
        """The choice without each rule in turn: quotas, the cap per organisation, the budget."""
        rules = list(self.quotas)
        rules += ["per_organisation"] if self.problem.select.per_organisation else []
        rules += ["budget"] if self.problem.budget is not None else []
        return {rule: admit(self.problem.without(rule)) for rule in rules}

    @cached_property
    def forced(self) -> dict[int, tuple[int | None, Bound]]:
        """For each who comes or goes by the quotas: the other of the pair, and the bound."""
        if not self.quotas:
            return {}
        line, sure = self.problem.order.line(), ~self.undecided
        one = len(self.quotas) == 1
        plain = self.alone[self.quotas[0]] if one else admit(self.problem.without(*self.quotas))
        comes = line[(self.admitted & ~plain & sure)[line]]
        comes = comes[np.argsort(~self._promised()[comes], kind="stable")]
        goes = line[(~self.admitted & plain & sure)[line]]
        found: dict[int, tuple[int | None, Bound]] = {}
        for k in range(max(len(comes), len(goes))):
            came, went = (int(side[k]) if k < len(side) else None for side in (comes, goes))
            bound = self._bound(came, went)
            if came is not None:
                found[came] = (went, bound)
            if went is not None:
                found[went] = (came, bound)
        return found

    def _promised(self) -> np.ndarray:
        """Who holds one of the seats that a quota promises, none to spare (I,)."""
        promised = np.zeros(len(self.problem.submissions), dtype=bool)
        for b in self.problem.bounds:
            if b.rule in self.quotas and 0 < b.lower == self._used(b):
                promised[b.members] = True
        return promised

    def _bound(self, came: int | None, went: int | None) -> Bound:
        """The bound that put `came` in the place of `went`, of a quota without which it would not be so."""
        rules = [
            q
            for q in self.quotas
            if (came is not None and not self.alone[q][came]) or (went is not None and self.alone[q][went])
        ] or self.quotas
        bounds = [b for b in self.problem.bounds if b.rule in rules]
        for b in bounds:
            if came is not None and came in b.members and 0 < b.lower == self._used(b):
                return b
        for b in bounds:
            if went is not None and went in b.members and b.upper == self._used(b):
                return b
        return bounds[0]

    def _used(self, bound: Bound) -> int:
        return int(self.admitted[bound.members].sum())

    def reason(self, i: int) -> list[Reason]:
        """The reasons of one ranked submission."""
        if self.below[i]:
            return self._thresholds(i)
        if self.undecided[i]:
            return [self._open_tie(i)]
        tie = self._tie(i)
        if i in self.forced:
            return [self._by_quota(i), *tie]
        return tie or [Reason("rank") if self.admitted[i] else self._out(i)]

    def _thresholds(self, i: int) -> list[Reason]:
        found = []
        for k, t in enumerate(self.problem.select.thresholds):
            bound = next(b for b in self.problem.bounds if b.rule == f"thresholds[{k}]")
            if i in bound.members:
                value = self.problem.values[t.on][i]
                said = {"mine": None, "sign": worse(self.problem.scale), "other": t.no_worse_than}
                if not np.isnan(value):  # told as it was compared: rounded, against the mark as it is written
                    decimals = self.problem.select.decimals
                    mine = float(rounded(value, decimals)) / 10.0**decimals
                    said = _compared(self.problem.told(mine), t.no_worse_than)
                found.append(Reason("threshold", on=t.on, **said))
        return found

    def _open_tie(self, i: int) -> Reason:
        how = "tie_refused" if "refuse" in self.problem.select.ties else "tie_exhausted"
        rank = self.problem.order.rank
        return Reason(how, rank=int(rank[i]), among=int((rank == rank[i]).sum()))

    def _by_quota(self, i: int) -> Reason:
        """The bound with both estimates."""
        other, bound = self.forced[i]
        key = self.problem.order.key
        numbers = self._keys(key[i], key[other]) if other is not None else {}
        return Reason("quota", **_about(bound), **numbers)

    def _tie(self, i: int) -> list[Reason]:
        """The step of the chain that decided between `i` and an equal estimate beyond its line, if one did.

        It decided only if the one who is out would be in with the next higher estimate.
        """
        order, where = self.problem.order, self._line(i)
        line = order.line()
        line = line if where is None else line[np.isin(line, where.members)]
        equal = line[(order.key[line] == order.key[i]) & (order.chain[line] != order.chain[i])]
        other = equal[
            ~self.undecided[equal] & ~self.below[equal] & (self.admitted[equal] != self.admitted[i])
        ]
        # only one that the chain put on the same side as the rule did says something about the tie
        other = other[(order.chain[other] > order.chain[i]) == self.admitted[i]]
        other = other[self.close[other]] if self.admitted[i] else other
        if len(other) == 0 or not (self.admitted[i] or self.close[i]):
            return []
        rival = other[0] if self.admitted[i] else other[-1]
        found = order.separated_by(i, rival)
        assert found is not None, "the chain gives them different places"
        step, mine, theirs = found
        return [Reason("tie", step=step.removeprefix("criterion:"), **self._versus(step, mine, theirs))]

    def _out(self, i: int) -> Reason:
        """Why a submission over the thresholds is out, if no tie and no displacement explains it."""
        problem, order = self.problem, self.problem.order
        where = self._line(i)
        members = order.line() if where is None else order.line()[np.isin(order.line(), where.members)]
        # a seat that another rule gave away says nothing about this line; one that its own bound gave does
        own = self.forced
        by_rank = [j for j in members if self.admitted[j] and (j not in own or _same(own[j][1], where))]
        if where is not None and by_rank and order.key[by_rank[-1]] > order.key[i]:
            if where.rule == "per_organisation":
                return self._cap(where)
            within = {} if where.rule == "seats" else _about(where)
            return Reason("rank", **self._keys(order.key[i], order.key[by_rank[-1]]), **within)
        for rule, without in self.alone.items():
            if without[i]:
                return self._forced_by(rule, i)
        if problem.budget is not None:
            return self._forced_by("budget", i)
        return Reason("quota", **_about(where or self._tightest()))

    def _cap(self, bound: Bound) -> Reason:
        return Reason("per_organisation", **_about(bound), used=self._used(bound), most=bound.upper)

    def _forced_by(self, rule: str, i: int) -> Reason:
        if rule == "budget":
            return self._budget(i)
        bound = next(
            (
                b
                for b in self.problem.bounds
                if b.rule == rule and i in b.members and self._used(b) >= b.upper
            ),
            None,
        )
        if rule == "per_organisation" and bound is not None:
            return self._cap(bound)
        return Reason("quota", **_about(bound or self._tightest()))

    def _tightest(self) -> Bound | None:
        """A promise that is kept with nothing to spare."""
        tight = [b for b in self.problem.counts if 0 < b.lower == self._used(b)]
        return min(tight, key=lambda b: len(b.members), default=None)

    def _budget(self, i: int) -> Reason:
        """The grant and what the budget has left: above it in the ranking for `in_order`, of all otherwise.

        `passed_over`: a better total without it. `stopped`: after the first that did not fit. `waiting`,
        `kept`: what is left waits for a tie, or is kept for what quotas promise.
        """
        problem, line = self.problem, self.problem.order.line()
        above = line[: int(np.flatnonzero(line == i)[0])]
        others = above if problem.in_order else line
        assert problem.budget is not None, "asked only where there is a budget"
        left = problem.budget - int(problem.cost[others[self.admitted[others]]].sum())
        grant = int(problem.cost[i])
        how = {}
        if not problem.in_order:
            how = {"how": "passed_over"}
        elif grant <= left:
            kept = "stopped" if problem.policy == "stop" else "kept"
            how = {"how": "waiting" if self.undecided[above].any() else kept}
        return Reason("budget", **how, grant=grant, sign=">" if grant > left else "<=", left=left)

    def _line(self, i: int) -> Bound | None:
        """The narrowest full bound that a submission belongs to: where its line is."""
        full = [b for b in self.problem.counts if i in b.members and self._used(b) >= b.upper]
        return min(full, key=lambda b: len(b.members), default=None)

    def _compare(self, mine: float, other: float) -> dict[str, Value]:
        return _compared(*(self.problem.told(float(x)) for x in (mine, other)))

    def _keys(self, mine: int, other: int) -> dict[str, Value]:
        unit = 10.0**self.problem.select.decimals
        return self._compare(mine / unit, other / unit)

    def _versus(self, step: str, mine: Value, other: Value) -> dict[str, Value]:
        """Two values of a step, the own one first; `<` and `>` as in ordinary reading of what is shown."""
        if mine is None or other is None or pd.isna(mine) or pd.isna(other):
            mine, other = (None if pd.isna(x) else x for x in (mine, other))
            return {"mine": mine, "other": other}
        if step.startswith("criterion") or step == "median":
            decimals = self.problem.select.decimals
            return self._compare(round(float(mine), decimals), round(float(other), decimals))
        return _compared(mine, other)


def _compared(mine, other) -> dict[str, Value]:
    return {"mine": mine, "sign": "=" if mine == other else "<" if mine < other else ">", "other": other}


def _about(bound: Bound | None) -> dict[str, Value]:
    """What a reason tells of a bound, all seats where there is none: its column and, if it is about one, its group."""
    told = {"column": bound.column, "group": bound.group} if bound else {"column": "seats"}
    return {name: value for name, value in told.items() if value}


def _same(one: Bound, other: Bound | None) -> bool:
    """Whether two are of one rule and one group; counts leave out members that cannot be selected."""
    return other is not None and one.code == other.code
