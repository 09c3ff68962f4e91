"""What to do at the line? Cut, discuss, read again, or give it to lots: the ways compared for this contest."""

import numpy as np
import pandas as pd

from fairlib.errors import SelectionError
from fairlib.scoring.crossed.reml import Fit
from fairlib.scoring.estimators.adjust import Estimates
from fairlib.scoring.ratings import composite
from fairlib.selection.admit.greedy import admit, admit_many
from fairlib.selection.firm.certainty import Certainty
from fairlib.selection.firm.draw import is_open
from fairlib.selection.firm.moves import (
    State,
    after_one_mark,
    lot_chances,
    lottery_status,
    maximin_chances,
    now,
    places_moved,
    widest,
)
from fairlib.selection.firm.worlds import Worlds, onto, place_of, replicates, worlds
from fairlib.selection.lottery.worst import worst_case
from fairlib.selection.rule.compiled import Problem

WORLDS = 1000
BASIS = {
    "cut": "the rule as it is",
    "discuss": "at best: if the discussion found the truth about everybody in the open band",
    "extra_readings": "one more reading of everybody in the open band, by a juror who has not read it",
    "draw": "the mean over all draws",
    "maximin": "chances that are best in the worst case which the intervals allow",
}
COLUMNS = {
    "expected_quality": "Float64", "rightly_chosen": "Float64", "people": "Int64", "overlap": "Float64",
    "redraw": "Float64", "one_mark": "Float64", "unequal": "Float64", "sure": "Float64", "basis": "str",
    "status": "str",
}  # fmt: skip


def compare_at_line(
    estimates: Estimates, problem: Problem, found: Certainty, *, seed: int, model: Estimates | None = None
) -> pd.DataFrame:
    """The ways of treating the line, index policy in the order of `BASIS`.

    Columns: `expected_quality`, the expected true merit of the selected per place, on the contest's scale;
    `rightly_chosen`, how many of them are expected to belong (to be selected by the rule on the true
    merits); `people`, how many submissions' decisions the policy may change; `overlap`, how many places
    it is expected to share with the cut; `redraw`, how many places would change with other lots; `one_mark`, how many
    change hands on average when a juror's mark is a step higher or lower (`moves.after_one_mark`); `unequal`, the
    largest difference in chance between two whose intervals overlap; `sure`, how many are rightly chosen even in the
    worst case that the intervals allow (cut and lotteries); `basis`, what the numbers stand on; `status`, "ok" or why
    numbers are NA (`moves.STATUS`).

    Expectations are over worlds of the severity model (`model`, where `estimates` are of another method). A
    discussion can be worth anything between the cut and the number given here. One more reading moves a
    merit by its own regression on the mark; what the other marks would learn of that juror is left out.
    Where a lottery cannot keep the rule (`lottery.intervals.line_up`), what needs intervals is NA; where more are
    open than `moves.COMPARED`, the lottery is.

    Raises SelectionError without a severity model, or if nobody is selected.
    """
    source = estimates if estimates.fit is not None else model
    if source is None or source.fit is None:
        raise SelectionError("Comparing ways at the line needs the severity estimates of the same marks.")
    ways = _Ways(source.fit, place_of(source.submissions.index, problem), problem, seed)
    mine = admit(problem)
    if not mine.any():
        raise SelectionError("Nobody is selected, so there is no line to treat.")
    at = now(estimates, problem, found)
    states = after_one_mark(estimates, source.fit, source.submissions.index, at, seed)
    rows = {policy: ways.row(policy, at, states, mine) for policy in BASIS}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(COLUMNS))
    return table.astype(COLUMNS).rename_axis("policy")


class _Ways:
    """Each way in the same worlds of a fit; `place` is that of each submission in it."""

    def __init__(self, fit: Fit, place: np.ndarray, problem: Problem, seed: int):
        self.fit, self.place, self.problem, self.seed = fit, place, problem, seed
        self.found: dict[bytes, np.ndarray | None] = {}  # chances of a lottery by its intervals
        self.there = worlds(fit, replicates(problem, WORLDS), seed)
        self.truth = onto(self.there.merit, place, problem)
        self.belongs = admit_many(problem, self.truth)

    def row(self, policy: str, at: State, states: list[State], mine: np.ndarray) -> tuple:
        """The row of a way, in the order of `COLUMNS`."""
        known = self.chosen(policy, at)
        status = lottery_status(at) if policy == "maximin" else "ok"
        if known is None:
            return (*[pd.NA] * (len(COLUMNS) - 2), BASIS[policy], status)
        p, by_world = known.mean(axis=0), policy in ("discuss", "extra_readings")
        worth, right = _worth(known, self.truth, self.belongs, by_world)
        lots = policy in ("draw", "maximin")
        people = {"cut": 0, "maximin": int(((p > 0) & (p < 1)).sum())}.get(policy, int(at.openly.sum()))
        return (
            self.problem.told(worth),
            right,
            people,
            float((known * mine).sum(axis=1).mean()),
            float((p * (1 - p)).sum()) if lots else 0.0,
            np.nan if status != "ok" else places_moved(states, lambda s: self._chances(policy, s)),
            widest(at, p),
            np.nan if by_world else _in_the_worst(at, p),
            BASIS[policy],
            status,
        )

    def _chances(self, policy: str, at: State) -> np.ndarray | None:
        known = self.chosen(policy, at)
        return None if known is None else known.mean(axis=0)

    def chosen(self, policy: str, at: State) -> np.ndarray | None:
        """Who is chosen (D, I), in each world or with each chance; None where the way cannot be gone."""
        observed = np.tile(at.observed, (len(self.truth), 1))
        if policy == "cut":
            return admit_many(self.problem, observed[:1])
        if policy == "discuss":
            return admit_many(self.problem, np.where(at.openly, self.truth, observed))
        if policy == "extra_readings":
            again = _read_again(self.fit, self.there, self.place, observed, self.seed)
            return admit_many(self.problem, np.where(at.openly, again, observed))
        if policy == "draw":
            return lot_chances(at, self.seed)[None, :]
        return self._lottery(at)

    def _lottery(self, at: State) -> np.ndarray | None:
        """Chances (1, I); a mark that moves no interval asks for nothing new."""
        key = b"" if at.line is None else at.line.low.tobytes() + at.line.high.tobytes()
        if key not in self.found:
            self.found[key] = maximin_chances(at)
        p = self.found[key]
        return None if p is None else p[None, :]


def _in_the_worst(at: State, p: np.ndarray) -> float:
    """The expected number of rightly chosen in the worst case that the intervals allow, with chances `p` (I,)."""
    return np.nan if at.line is None else worst_case(at.line, p[at.line.who])


def _worth(chosen, truth, belongs, by_world: bool) -> tuple[float, float]:
    """Mean merit of the chosen (n, I) and how many belong: world by world, or over all worlds."""
    if not by_world:
        truth, belongs = truth.mean(axis=0, keepdims=True), belongs.mean(axis=0, keepdims=True)
    places = np.maximum(chosen.sum(axis=1), 1)
    return float(((chosen * truth).sum(axis=1) / places).mean()), float((chosen * belongs).sum(axis=1).mean())


def _read_again(fit: Fit, there: Worlds, place, observed: np.ndarray, seed: int) -> np.ndarray:
    """Estimates (D, I) after one more reading of each submission by a juror who has not read it."""
    p, rng = fit.sums.incidence, np.random.default_rng([seed, 5])
    free = np.ones((p.n_submissions, p.n_jurors))
    free[p.owner, p.who] = 0
    free[free.sum(axis=1) == 0] = 1
    who = np.argmax(rng.random(free.shape) * free, axis=1)
    severity = there.juror[:, who] - there.juror[:, who].mean(axis=0)
    off = there.merit - there.merit.mean(axis=0)
    news = off + severity + rng.standard_normal(off.shape) * there.residual_sd[:, None]
    gain = (off * news).sum(axis=0) / np.maximum((news**2).sum(axis=0), 1e-300)
    return observed + (gain * news)[:, np.maximum(place, 0)]


def discuss(
    problem: Problem, found: Certainty, table: pd.DataFrame, ratings: pd.DataFrame, weights=None
) -> pd.DataFrame:
    """The list for the commission: the open band by rank, with what speaks for and against each.

    `table` (index submission) has the criteria's estimates `by_ID`; in them and in the marks of `ratings` higher
    is better. Columns, told on the contest's scale: `p_selected`, `selected` now, `estimate`; `for_criterion`
    and `against_criterion`, the best and the worst, with their points from the mean of the selected;
    `for_juror, for_mark` and `against_juror, against_mark`, the best and the worst composite.
    """
    mine, openly = admit(problem), is_open(problem, found)
    line = problem.order.line()
    ids = problem.submissions[line[openly[line]]]
    out = pd.DataFrame(
        {
            "rank": problem.order.rank[line[openly[line]]],
            "p_selected": found.table.loc[ids, "p_selected"],
            "selected": mine[line[openly[line]]],
            "estimate": problem.told(problem.order.key[line[openly[line]]] / 10.0**problem.select.decimals),
        },
        index=ids,
    )
    by = table.filter(regex="^by_").astype(float)
    apart = (by - by.reindex(problem.submissions[mine]).mean()).reindex(ids)
    for side, pick in (("for", "idxmax"), ("against", "idxmin")):
        told = apart.dropna(how="all")
        which = getattr(told, pick)(axis=1) if len(told.columns) else pd.Series(dtype="str")
        out[f"{side}_criterion"] = which.str.removeprefix("by_").reindex(ids)
        ends = told.max(axis=1) if side == "for" else told.min(axis=1)
        points = ends.reindex(ids).astype("Float64")
        out[f"{side}_points"] = points if problem.scale is None else problem.scale.gain(points)
    marks = _extreme_marks(ratings, weights, ids)
    told = {f"{side}_mark": problem.told(marks[f"{side}_mark"]) for side in ("for", "against")}
    return out.join(marks.assign(**told))


def _extreme_marks(ratings: pd.DataFrame, weights, ids: pd.Index) -> pd.DataFrame:
    """Who gave the best and who the worst composite to each of `ids`; of equal ones the first by id."""
    pairs = composite(ratings, weights)
    marks = pd.DataFrame(
        {
            "submission": pairs.submissions[pairs.submission],
            "juror": pairs.jurors[pairs.juror],
            "mark": pairs.y,
        }
    )
    marks = marks[marks["submission"].isin(ids)]
    sides = []
    for side, ascending in (("for", False), ("against", True)):
        first = marks.sort_values(["mark", "juror"], ascending=[ascending, True], kind="stable")
        first = first.drop_duplicates("submission").set_index("submission")
        sides.append(first.rename(columns={"juror": f"{side}_juror", "mark": f"{side}_mark"}))
    return pd.concat(sides, axis=1)
