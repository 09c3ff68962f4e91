"""A draw at the line that anybody can check: commit to the list, then reveal, order by SHA-256.

The list of those who take part is fixed and its hash published first; then the seed is revealed, and the
order is that of SHA-256 of `seed|submission`. `docs/verify_draw.py` does the same in plain Python.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from fairlib.selection.admit.greedy import admit_many
from fairlib.selection.choose import Choice, _seats, _ties
from fairlib.selection.firm.certainty import Certainty
from fairlib.selection.firm.worlds import down_the_line
from fairlib.selection.note import Note
from fairlib.selection.reason import Reason, as_code, parse
from fairlib.selection.rule.compiled import Problem
from fairlib.selection.rule.ties import lot


@dataclass(frozen=True, eq=False)
class Drawn:
    """A draw among the open band.

    `table` (index submission, in the order of the lots): `place`, `lot` (SHA-256), `drawn`. `text` is
    the list as published before, one id a line in sorted order; `commitment` its SHA-256; `selected` (I,)
    the choice of the whole contest with the draw.
    """

    table: pd.DataFrame
    text: str
    commitment: str
    seed: int
    selected: np.ndarray

    @property
    def summary(self) -> pd.DataFrame:
        """`commitment, seed, on_the_list, drawn` (index key, column value)."""
        rows = {
            "commitment": self.commitment,
            "seed": self.seed,
            "on_the_list": len(self.table),
            "drawn": int(self.table["drawn"].sum()),
        }
        return pd.Series(rows, name="value", dtype=object).rename_axis("key").to_frame()


def published_list(submissions: Iterable[object]) -> tuple[str, str]:
    """The list to publish before a draw, one id a line in sorted order, and its SHA-256.

    >>> published_list(["B", "A"])[1][:16]
    'daee1cd25194ae95'
    """
    text = "".join(f"{s}\n" for s in sorted(map(str, submissions)))
    return text, hashlib.sha256(text.encode()).hexdigest()


def draw_lots(problem: Problem, found: Certainty, *, seed: int) -> Drawn:
    """Draw among the open band for the places that the clearly chosen leave, under all the rules.

    The line of the draw: clear in by rank, the open band by lot, clear out by rank; down it everybody is
    admitted with whom the rules can still be met, whatever the objective. So who is clearly in can lose
    the place only to a rule, and who is clearly out get one only where a quota would otherwise stay unfilled.
    """
    openly = is_open(problem, found)
    text, commitment = published_list(problem.submissions[openly])
    lots = np.array([lot(seed, s) if o else "" for s, o in zip(problem.submissions, openly, strict=True)])
    turn = np.argsort(np.argsort(lots[openly]))
    selected = _down(problem, found, turn[None, :])[0]
    table = pd.DataFrame(
        {"place": turn + 1, "lot": lots[openly], "drawn": selected[openly]}, index=problem.submissions[openly]
    )
    return Drawn(table.sort_values("place"), text, commitment, seed, selected)


def any_lots(problem: Problem, found: Certainty, n: int, seed: int) -> np.ndarray:
    """The choices (n, I) of `n` draws with other seeds: what a draw does on average."""
    turns = np.random.default_rng([seed, 4]).permuted(
        np.tile(np.arange(is_open(problem, found).sum()), (n, 1)), axis=1
    )
    return _down(problem, found, turns)


def is_open(problem: Problem, found: Certainty) -> np.ndarray:
    """Who is in the open band (I,): in the ranking, over the thresholds, between the two probabilities."""
    over = problem.admissible & (problem.order.key >= problem.least)
    return over & (found.table["band"].reindex(problem.submissions) == "open").to_numpy(dtype=bool)


def _down(problem: Problem, found: Certainty, turns: np.ndarray) -> np.ndarray:
    """Apply the rule down the line of each draw; `turns` (n, open) are places in the draw."""
    band = found.table["band"].reindex(problem.submissions)
    place = np.zeros(len(problem.submissions), dtype=np.int64)
    line = problem.order.line()
    place[line] = np.arange(len(line))
    n = len(place)
    places = np.tile(place + 2 * n * (band != "clear_in").to_numpy(dtype=bool), (len(turns), 1))
    places[:, is_open(problem, found)] = n + turns
    rule = down_the_line(problem, np.zeros(n, dtype=bool))
    return admit_many(rule, -places.astype(float))


def apply_draw(choice: Choice, found: Certainty, *, seed: int) -> tuple[Choice, Drawn | None]:
    """The choice with the draw where the params say `line: draw`; else the same choice and None.

    Whoever was drawn for has the reason `draw:place K of N`; the reserve list goes on in the order of
    lots. Decisions of people stay as they are. `notes` of the choice get the commitment and the seed.
    """
    problem = choice.problem
    if problem.select.line != "draw":
        return choice, None
    drawn = draw_lots(problem, found, seed=seed)
    table = _decided(choice, drawn)
    undecided = choice.undecided & ~is_open(problem, found)
    note = Note("draw", seed=seed, commitment=drawn.commitment)
    decided = replace(
        choice,
        decisions=table,
        seats=_seats(problem, table),
        ties=_ties(problem, undecided),
        notes=(*choice.notes, note),
        admitted=drawn.selected,
        undecided=undecided,
    )
    return decided, drawn


def _decided(choice: Choice, drawn: Drawn) -> pd.DataFrame:
    """Decisions, reasons, grants and reserve places after the draw."""
    table, problem = choice.decisions.copy(), choice.problem
    said = table["reason"].map(parse)
    people = said.map(lambda reasons: [r for r in reasons if r.kind == "manual"])
    own = said.map(lambda reasons: [r for r in reasons if r.kind not in ("manual", "rule", "reserve")])
    by_people = people.map(bool)
    taking_part = drawn.table.index
    own[taking_part] = [
        [Reason("draw", place=k, among=len(taking_part))] for k in drawn.table["place"].tolist()
    ]
    selected = pd.Series(drawn.selected, index=table.index)
    next_ = _reserve(choice, drawn, selected | by_people)
    decision = table["decision"].where(table["decision"] == "not_eligible", "not_selected")
    decision = decision.mask(selected, "selected")
    decision[next_] = "reserve"
    place = pd.Series(pd.array([pd.NA] * len(table), dtype="Int64"), index=table.index)
    place[next_] = range(1, len(next_) + 1)
    own[next_] = [[Reason("reserve", place=k), *own[s]] for k, s in enumerate(next_, 1)]
    rule = [[Reason("rule", decision=d)] if p else [] for d, p in zip(decision, by_people, strict=True)]
    told = [
        as_code([*p, *r, *o]) for p, r, o in zip(people, rule, own, strict=True)
    ]  # the rule is now the draw
    new = {"decision": decision, "reason": told, "grant": problem.cost * selected, "reserve_place": place}
    for name, values in new.items():
        table[name] = values if name == "reason" else table[name].where(by_people, values)
    for name, nothing in (("points_missing", pd.NA), ("displaced_by", ""), ("displaces", "")):
        table.loc[taking_part, name] = nothing
    return table


def _reserve(choice: Choice, drawn: Drawn, taken: pd.Series) -> list:
    """Ids of the reserve list: those not drawn in the order of lots, then the next by rank."""
    problem = choice.problem
    line = problem.order.line()
    line = line[problem.admissible[line] & (problem.order.key[line] >= problem.least)]
    rest = [s for s in problem.submissions[line] if s not in drawn.table.index]
    return [s for s in (*drawn.table.index, *rest) if not taken[s]][: problem.select.reserve]
