"""Who is selected, and why? The whole rule on the observed estimates, with a reason for each submission."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlib.contract import ROUND
from fairlib.errors import SelectionError
from fairlib.rules import Manual, Scale, Selection
from fairlib.selection.admit.unbroken import settle
from fairlib.selection.explain import Why, explain
from fairlib.selection.note import Note
from fairlib.selection.reason import Reason, as_code
from fairlib.selection.rule.compiled import Problem, compile_rule, labels
from fairlib.selection.rule.ties import Order
from fairlib.selection.several import written

_Decided = list[tuple[int, Manual]]  # by people: each with the place of its submission


@dataclass(frozen=True, eq=False)
class Choice:
    """What the rule decided.

    `decisions`, indexed by submission in the order of the candidates: `rank` (shared by unbroken ties),
    `rank_raw` (by `raw_mean`, if the candidates have it, ties by the same chain), `estimate`, `decision`,
    `reason` (codes with numbers, several joined by `; `), `grant` (tenge),
    `reserve_place`, `points_missing` (points that would surely have been enough), `displaced_by` and
    `displaces` (ids). `seats`: one row a bound with `code, rule, at_least, at_most, eligible, used`.
    `ties`: one row for each set of equal estimates with `rank, estimate, submissions, settled_by, open`.
    `notes`: what a reader must know. `admitted` (I,) is the choice before manual
    decisions, `undecided` (I,) who waits for the decision of a tie.
    """

    decisions: pd.DataFrame
    seats: pd.DataFrame
    ties: pd.DataFrame
    notes: tuple[Note, ...]
    problem: Problem
    admitted: np.ndarray
    undecided: np.ndarray

    @property
    def displaced(self) -> pd.DataFrame:
        """The decisions about those whom a rule passed over for somebody ranked below."""
        return self.decisions[self.decisions["displaced_by"] != ""]

    @property
    def selected(self) -> pd.Index:
        """Ids of the selected, best first."""
        chosen = self.decisions[self.decisions["decision"] == "selected"]
        return chosen.sort_values("rank", kind="stable", na_position="last").index


def choose(candidates: pd.DataFrame, select: Selection, *, seed: int, scale: Scale | None = None) -> Choice:
    """Carry out a rule of selection exactly.

    `candidates` as in `compile_rule`, with `status` (why an estimate is missing) and `ineligible_by`
    where there are. Order: thresholds, then the objective under quotas, caps and budget, then the reserve
    list (the next by rank of those over the thresholds), and manual decisions last. Submissions between
    which the tie chain cannot decide, or may not (`refuse`), are never ordered silently: where it
    matters they go to the reserve list with the reason `tie_refused` or `tie_exhausted`, and their seats
    stay empty until a person decides. With the `scale` of the marks, thresholds are read on it and estimates
    and marks in reasons are told on it, whichever of its ends is best.

    Raises SelectionError if the rules contradict each other (a smallest set is named), or a manual
    decision is about a submission that is unknown, ineligible or decided twice.
    """
    problem = compile_rule(candidates, select, seed=seed, scale=scale)
    manual = _manual(candidates, select.manual, problem.eligible)
    settled = settle(problem)
    admitted, undecided = settled.always, settled.undecided
    why = explain(problem, admitted, undecided, _statuses(candidates, problem))
    table = _decide(problem, admitted, undecided, why, manual)
    table.insert(1, "rank_raw", _raw_ranks(candidates, problem))
    tied = len(np.unique(problem.order.key[problem.ranked])) < problem.ranked.sum()
    notes = [*problem.notes, *(Note("tie_step_absent", step=s) for s in problem.order.absent if tied)]
    if settled.tried < settled.orders:
        notes.append(Note("tie_orders_tried", tried=settled.tried, orders=settled.orders))
    notes += _passed_over(problem, admitted, undecided, why)
    notes += _manual_notes(table, manual, problem)
    return Choice(
        table, _seats(problem, table), _ties(problem, undecided), tuple(notes), problem, admitted, undecided
    )


def _statuses(candidates: pd.DataFrame, problem: Problem) -> list[list[Reason]]:
    """What to say of those who are not ranked (I lists): `ineligible` or `no_estimate`."""

    def texts(name, otherwise):
        given = candidates[name] if name in candidates else pd.Series(None, index=candidates.index)
        found = labels(given.astype(object))
        return [otherwise if not t or not t.strip() else t.strip() for t in (x or "" for x in found)]

    by, status = texts("ineligible_by", "unstated"), texts("status", "unstated")
    return [
        [Reason("no_estimate", status=s) if ok else Reason("ineligible", rules=b)]
        for ok, b, s in zip(problem.eligible, by, status, strict=True)
    ]


def _passed_over(problem: Problem, admitted, undecided, why: Why) -> list[Note]:
    """Whom a better total leaves out for the sake of money though somebody below is in."""
    line = problem.order.line()
    last = int(np.flatnonzero(admitted[line]).max(initial=-1))
    return [
        Note("passed_over", submission=str(problem.submissions[i]))
        for i in line[:last]
        if not admitted[i]
        and not undecided[i]
        and any(r.told.get("how") == "passed_over" for r in why.reason[i])
    ]


def _decide(problem: Problem, admitted, undecided, why: Why, manual: _Decided) -> pd.DataFrame:
    """The table of decisions: what the rule says, and over it what people decided."""
    order, n = problem.order, len(problem.submissions)
    waiting = _reserve(problem, admitted, undecided, why)
    decision = np.full(n, "not_selected", dtype=object)
    decision[~problem.eligible] = "not_eligible"
    decision[waiting] = "reserve"
    decision[admitted] = "selected"
    place = pd.array([pd.NA] * n, dtype="Int64")
    place[waiting] = _shared_places(order.rank[waiting], undecided[waiting])
    reason = list(why.reason)
    for i in waiting:
        reason[i] = [Reason("reserve", place=int(place[i])), *reason[i]]
    grant = np.where(admitted, problem.cost, 0)
    for k, m in manual:
        said = Reason("manual", decision=m.decision, who=m.who, when=str(m.when), why=m.reason)
        reason[k] = [said, Reason("rule", decision=decision[k]), *reason[k]]
        decision[k], grant[k] = m.decision, problem.cost[k] if m.decision == "selected" else 0
        place[k] = place[k] if m.decision == "reserve" else pd.NA
    ranks = pd.array(np.where(problem.ranked, order.rank, 0), dtype="Int64")
    ranks[~problem.ranked] = pd.NA
    estimate = pd.array(problem.told(order.key / 10.0**problem.select.decimals), dtype="Float64")
    estimate[~problem.ranked] = pd.NA
    return pd.DataFrame(
        {
            "rank": ranks,
            "estimate": estimate,
            "decision": decision,
            "reason": pd.array([as_code(r) for r in reason], dtype=object),
            "grant": grant,
            "reserve_place": place,
            "points_missing": why.points_missing,
            "displaced_by": why.displaced_by,
            "displaces": why.displaces,
        },
        index=problem.submissions,
    )


def _raw_ranks(candidates: pd.DataFrame, problem: Problem) -> pd.arrays.IntegerArray:
    """Ranks by raw mean among those in the ranking, ties settled as those of the estimate are."""
    given = candidates["raw_mean"] if "raw_mean" in candidates else pd.Series(np.nan, candidates.index)
    ranks = problem.order.rank_by(given.to_numpy(float, na_value=np.nan), problem.select.decimals)
    return pd.arrays.IntegerArray(ranks, ranks == 0)


def _reserve(problem: Problem, admitted, undecided, why: Why) -> np.ndarray:
    """Positions on the reserve list: unbroken ties at the line first, then the next by rank."""
    line = problem.order.line()
    open_ = line[undecided[line]]
    next_ = line[~admitted[line] & ~undecided[line] & ~why.below[line]]
    left = max(0, problem.select.reserve - len(open_))
    if 0 < left < len(next_):  # nobody is left off the list whom nothing separates from its last place
        left = int(np.searchsorted(problem.order.rank[next_], problem.order.rank[next_[left - 1]], "right"))
    return np.concatenate([open_, next_[:left]])


def _shared_places(rank: np.ndarray, undecided: np.ndarray) -> np.ndarray:
    """Places on the reserve list from 1; those that nothing separates share one."""
    new = np.ones(len(rank), dtype=bool)
    new[1:] = (np.diff(rank) != 0) | (np.diff(undecided.astype(int)) != 0)
    return (np.flatnonzero(new) + 1)[np.cumsum(new) - 1]


def _manual(candidates: pd.DataFrame, manual: tuple[Manual, ...], eligible) -> _Decided:
    """Decisions of people with the places of their submissions."""
    place = {str(s): k for k, s in enumerate(candidates.index)}
    found: dict[int, Manual] = {}
    for m in manual:
        if m.submission not in place:
            raise SelectionError(f"The manual decision by {m.who} is about {m.submission}, which is unknown.")
        k = place[m.submission]
        if k in found:
            raise SelectionError(
                f"There are two manual decisions about {m.submission}; leave the one that holds."
            )
        if not eligible[k]:
            raise SelectionError(
                f"The manual decision by {m.who} is about {m.submission}, which is not eligible."
            )
        found[k] = m
    return list(found.items())


def _manual_notes(table: pd.DataFrame, manual: _Decided, problem: Problem) -> list[Note]:
    """What people decided, and where they went beyond the rule."""
    notes = [Note("manual", submission=m.submission, decision=m.decision) for _, m in manual]
    spent = int(table["grant"].sum())
    if manual and problem.budget is not None and spent > problem.budget:
        notes.append(Note("manual_over_budget", spent=spent, budget=problem.budget))
    n = int((table["decision"] == "selected").sum())
    if manual and problem.select.seats is not None and n > problem.select.seats:
        notes.append(Note("manual_over_seats", selected=n, seats=problem.select.seats))
    return notes


def _seats(problem: Problem, table: pd.DataFrame) -> pd.DataFrame:
    """What each bound promised and what was used, after manual decisions."""
    chosen = (table["decision"] == "selected").to_numpy()
    n = len(chosen)
    rows = [
        (b.code, b.rule, b.lower, min(b.upper, n), len(b.members), int(chosen[b.members].sum()))
        for b in problem.bounds
        if not b.worse
    ]
    if problem.budget is not None:
        rows.append(("budget", "budget", 0, problem.budget, int(chosen.sum()), int(table["grant"].sum())))
    return pd.DataFrame(rows, columns=ROUND["seats"].names())


def _ties(problem: Problem, undecided: np.ndarray) -> pd.DataFrame:
    """One row for each set of equal estimates, best first."""
    order, rows = problem.order, []
    line = order.line()
    for group in np.split(line, np.flatnonzero(np.diff(order.key[line])) + 1):
        if len(group) > 1:
            steps = {_step(order, a, b, problem.select) for a, b in zip(group, group[1:], strict=False)}
            shown = [s for s in (*order.steps, "refused", "exhausted") if s in steps]
            rows.append(
                (
                    int(order.rank[group].min()),
                    problem.told(order.key[group[0]] / 10.0**problem.select.decimals),
                    written(problem.submissions[group]),
                    written(shown),
                    written(problem.submissions[group[undecided[group]]]),
                )
            )
    return pd.DataFrame(rows, columns=ROUND["ties"].names())


def _step(order: Order, a: int, b: int, select: Selection) -> str:
    found = order.separated_by(a, b) if order.rank[a] != order.rank[b] else None
    if found:
        return found[0]
    return "refused" if "refuse" in select.ties else "exhausted"
