"""A draw at the line that anybody can check: commit to the list, then reveal, order by SHA-256.

The list of those who take part is fixed and its hash published first; then the seed is revealed, and the
order is that of SHA-256 of `seed|submission`. `docs/verify_draw.py` does the same in plain Python.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from fairlib.errors import SelectionError
from fairlib.scoring.estimators.adjust import Estimates
from fairlib.selection.admit.greedy import admit_many
from fairlib.selection.choose import Choice, _seats, _ties
from fairlib.selection.firm.certainty import Certainty
from fairlib.selection.firm.worlds import down_the_line
from fairlib.selection.lottery.chances import best_chances
from fairlib.selection.lottery.intervals import line_up
from fairlib.selection.lottery.lots import UNIT, chance_list, first_point, millionths, under_points
from fairlib.selection.note import Note
from fairlib.selection.reason import Reason, as_code, parse
from fairlib.selection.rule.compiled import Problem
from fairlib.selection.rule.ties import lot


@dataclass(frozen=True, eq=False)
class Drawn:
    """A draw at the line.

    `table` (index submission, in the order of the lots): `place`, `lot` (SHA-256; in a lottery with chances its stretch
    of the line), `group` and `chance` (empty where all lots are alike), `drawn` (NA while the public number is not
    known). `text` is the list as published before; `commitment` its SHA-256; `seed` what it is drawn with, None while
    not known;
    `selected` (I,) the choice of the whole contest with the draw. `reasons` are those of all about whom lots decide,
    chances of 0 and 1 among them; `queue` are those not drawn, in the order in which they wait; `more` goes into
    the summary.
    """

    table: pd.DataFrame
    text: str
    commitment: str
    seed: int | str | None
    selected: np.ndarray
    reasons: dict[object, Reason]
    queue: tuple
    more: dict[str, object] = field(default_factory=dict)

    @property
    def waiting(self) -> list:
        """Those about whom nothing is known before the public number is."""
        return list(self.table.index[self.table["drawn"].isna()])

    @property
    def summary(self) -> pd.DataFrame:
        """`commitment, seed, on_the_list, drawn` and what `more` holds (index key, column value)."""
        rows = {
            "commitment": self.commitment,
            "seed": "" if self.seed is None else self.seed,
            "on_the_list": len(self.table),
            "drawn": int(self.table["drawn"].sum()),
            **self.more,
        }
        return pd.Series(rows, name="value", dtype=object).rename_axis("key").to_frame()


def published_list(submissions: Iterable[object]) -> tuple[str, str]:
    """The list to publish before a draw, one id a line in sorted order, and its SHA-256.

    >>> published_list(["B", "A"])[1][:16]
    'daee1cd25194ae95'
    """
    text = "".join(f"{s}\n" for s in sorted(map(str, submissions)))
    return text, hashlib.sha256(text.encode()).hexdigest()


def list_of(table: pd.DataFrame) -> tuple[str, str]:
    """The published list of a saved draw, with chances where it has them, and its SHA-256; `table` is `Drawn.table`."""
    found = table.reset_index().sort_values("place")
    if "chance" not in found or found["chance"].isna().all():
        return published_list(found["submission"])
    whole = np.rint(found["chance"].to_numpy(float) * UNIT).astype(int).tolist()
    return chance_list(found["group"].fillna(""), found["submission"], whole)


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
    selected = down_lots(problem, found, turn[None, :])[0]
    table = pd.DataFrame(
        {
            "place": turn + 1,
            "lot": lots[openly],
            "group": "",
            "chance": pd.array([pd.NA] * len(turn), dtype="Float64"),
            "drawn": pd.array(selected[openly], dtype="boolean"),
        },
        index=problem.submissions[openly],
    ).sort_values("place")
    reasons = {s: Reason("draw", place=k, among=len(turn)) for s, k in table["place"].items()}
    queue = tuple(table.index[~table["drawn"]])
    return Drawn(table, text, commitment, seed, selected, reasons, queue)


def draw_chances(problem: Problem, estimates: Estimates, *, seed: int | str | None) -> Drawn:
    """Draw with the chances that are best in the worst case (`lottery.chances`).

    With `seed` None nobody whose chance is between 0 and 1 is drawn yet. The queue is by chance, the greatest first, of
    equal ones by the smaller SHA-256 of `seed|submission`.

    Raises SelectionError as `lottery.intervals.line_up` does.
    """
    line = line_up(problem, estimates)
    best = best_chances(line)
    whole = millionths(best.p, line.nodes)
    ids, listed = problem.submissions[line.who], (whole > 0) & (whole < UNIT)
    text, commitment = chance_list(line.group[listed], ids[listed], whole[listed].tolist())
    first = None if seed is None else first_point(seed, commitment)
    table = _on_the_list(ids[listed], line.group[listed], whole[listed], seed, first)
    drawn = table.index[table["drawn"].fillna(False)]
    selected = problem.submissions.isin([*ids[whole == UNIT], *drawn])
    kind = "lottery" if first is not None else "lots_wait"
    reasons = {
        s: Reason(kind if on else "lottery", chance=w / UNIT)
        for s, w, on in zip(ids, whole.tolist(), listed, strict=True)
    }
    out = table[~table["drawn"].fillna(True)]
    queue = tuple(sorted(out.index, key=lambda s: (-table.at[s, "chance"], lot(seed, s))))
    more = {
        "interval": problem.select.lottery.interval,
        "sure": best.sure,
        "first_point": "" if first is None else f"{first / UNIT:.6f}",
        "source": problem.select.lottery.source,
    }
    return Drawn(table, text, commitment, seed, selected, reasons, queue, more)


def _on_the_list(
    ids: pd.Index, group: np.ndarray, whole: np.ndarray, seed: int | str | None, first: int | None
) -> pd.DataFrame:
    """The table of those on a list of chances, by their lots within groups; before there is a number by id."""
    turns = dict.fromkeys(group.tolist())
    nth = {g: k for k, g in enumerate(turns)}
    lots = [lot(seed, s) if first is not None else "" for s in ids]
    order = sorted(range(len(ids)), key=lambda k: (nth[group[k]], lots[k], str(ids[k])))
    whole = whole[order]
    ends = np.cumsum(whole) / UNIT
    starts = ends - whole / UNIT
    drawn = [pd.NA] * len(ids) if first is None else under_points(whole, first)
    return pd.DataFrame(
        {
            "place": np.arange(1, len(ids) + 1),
            "lot": [
                f"{a:.6f}-{b:.6f}" if first is not None else "" for a, b in zip(starts, ends, strict=True)
            ],
            "group": group[order].astype(str),
            "chance": pd.array(whole / UNIT, dtype="Float64"),
            "drawn": pd.array(drawn, dtype="boolean"),
        },
        index=ids[order],
    )


def is_open(problem: Problem, found: Certainty) -> np.ndarray:
    """Who is in the open band (I,): in the ranking, over the thresholds, between the two probabilities."""
    over = problem.admissible & (problem.order.key >= problem.least)
    return over & (found.table["band"].reindex(problem.submissions) == "open").to_numpy(dtype=bool)


def down_lots(problem: Problem, found: Certainty, turns: np.ndarray) -> np.ndarray:
    """Apply the rule down the line of each draw: (n, I); `turns` (n, open) are places of the open band in it."""
    band = found.table["band"].reindex(problem.submissions)
    place = np.zeros(len(problem.submissions), dtype=np.int64)
    line = problem.order.line()
    place[line] = np.arange(len(line))
    n = len(place)
    places = np.tile(place + 2 * n * (band != "clear_in").to_numpy(dtype=bool), (len(turns), 1))
    places[:, is_open(problem, found)] = n + turns
    rule = down_the_line(problem, np.zeros(n, dtype=bool))
    return admit_many(rule, -places.astype(float))


def apply_draw(
    choice: Choice, found: Certainty, *, seed: int, estimates: Estimates | None = None
) -> tuple[Choice, Drawn | None]:
    """The choice with lots where the params say `line: draw` or `maximin`; else the same choice and None.

    The reason of those drawn for is `draw:place K of N` or `lottery:CHANCE`; the reserve list goes on with those not
    drawn, in the order of lots, or of chances. Decisions of people stay as they are. `notes` of the choice get the
    commitment and the seed. A lottery is drawn with the public number of the rule if it names one, else with `seed`;
    while the number is not known, those on the list wait (`lots_wait`) and their seats stay empty.

    Raises SelectionError where `maximin` has no `estimates` to take intervals from, or cannot keep the rule.
    """
    problem, lottery = choice.problem, choice.problem.select.lottery
    if problem.select.line == "draw":
        drawn = draw_lots(problem, found, seed=seed)
    elif problem.select.line == "maximin":
        if estimates is None:
            raise SelectionError("`line: maximin` takes intervals from the estimates, which were not given.")
        number = (lottery.number or None) if lottery.source else seed
        drawn = draw_chances(problem, estimates, seed=number)
    else:
        return choice, None
    table = _decided(choice, drawn)
    undecided = choice.undecided & ~problem.submissions.isin(list(drawn.reasons))
    told = "awaited" if drawn.seed is None else drawn.seed
    note = Note("draw", seed=told, commitment=drawn.commitment)
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
    taking_part = list(drawn.reasons)
    own[taking_part] = [[reason] for reason in drawn.reasons.values()]
    selected = pd.Series(drawn.selected, index=table.index)
    next_ = _reserve(choice, drawn, selected | by_people)
    decision = table["decision"].where(table["decision"] == "not_eligible", "not_selected")
    decision = decision.mask(selected, "selected")
    decision[[*next_, *drawn.waiting]] = "reserve"
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
    """Ids of the reserve list: those not drawn in their order, then the next by rank."""
    problem = choice.problem
    line = problem.order.line()
    line = line[problem.admissible[line] & (problem.order.key[line] >= problem.least)]
    before = {*drawn.queue, *drawn.waiting}
    rest = [s for s in problem.submissions[line] if s not in before]
    return [s for s in (*drawn.queue, *rest) if not taken[s]][: problem.select.reserve]
