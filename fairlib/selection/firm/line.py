"""What to do at the line? Cut, discuss, read again or draw: the four compared for this contest."""

import numpy as np
import pandas as pd

from fairlib.errors import SelectionError
from fairlib.scoring.estimators.adjust import Estimates
from fairlib.scoring.estimators.reml import Fit
from fairlib.scoring.ratings import composite
from fairlib.selection.admit.greedy import admit, admit_many
from fairlib.selection.firm.certainty import Certainty
from fairlib.selection.firm.draw import any_lots, is_open
from fairlib.selection.firm.worlds import Worlds, onto, place_of, replicates, worlds
from fairlib.selection.rule.compiled import Problem

WORLDS, LOTS = 1000, 400
BASIS = {
    "cut": "the rule as it is",
    "discuss": "at best: if the discussion found the truth about everybody in the open band",
    "extra_readings": "one more reading of everybody in the open band, by a juror who has not read it",
    "draw": "the mean over all draws",
}


def compare_at_line(
    estimates: Estimates, problem: Problem, found: Certainty, *, seed: int, model: Estimates | None = None
) -> pd.DataFrame:
    """The four ways of treating the open band, index policy in the order of `BASIS`.

    Columns: `expected_quality`, the expected true merit of the selected per place, on the contest's scale;
    `rightly_chosen`, how many of them are expected to belong (to be selected by the rule on the true
    merits); `people`, how many submissions' decisions the policy may change; `overlap`, how many places
    it is expected to share with the cut; `basis`, what the numbers stand on.

    Expectations are over worlds of the severity model (`model`, where `estimates` are of another method). A
    discussion can be worth anything between the cut and the number given here. One more reading moves a
    merit by its own regression on the mark; what the other marks would learn of that juror is left out.

    Raises SelectionError without a severity model, or if nobody is selected.
    """
    source = estimates if estimates.fit is not None else model
    if source is None or source.fit is None:
        raise SelectionError("Comparing ways at the line needs the severity estimates of the same marks.")
    place = place_of(source.submissions.index, problem)
    n = replicates(problem, WORLDS)
    there = worlds(source.fit, n, seed)
    truth = onto(there.merit, place, problem)
    mine, belongs, openly = admit(problem), admit_many(problem, truth), is_open(problem, found)
    if not mine.any():
        raise SelectionError("Nobody is selected, so there is no line to treat.")
    observed = np.tile(problem.order.key / 10.0**problem.select.decimals, (n, 1))
    choices = {
        "cut": mine[None, :],
        "discuss": admit_many(problem, np.where(openly, truth, observed)),
        "extra_readings": admit_many(
            problem, np.where(openly, _read_again(source.fit, there, place, observed, seed), observed)
        ),
        "draw": any_lots(problem, found, replicates(problem, LOTS), seed),
    }
    rows = {}
    for policy, chosen in choices.items():
        by_world = policy in ("discuss", "extra_readings")
        people = 0 if policy == "cut" else int(openly.sum())
        worth, right = _worth(chosen, truth, belongs, by_world)
        rows[policy] = (
            problem.told(worth),
            right,
            people,
            _shared(chosen, mine),
            BASIS[policy],
        )
    columns = ["expected_quality", "rightly_chosen", "people", "overlap", "basis"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("policy")


def _worth(chosen, truth, belongs, by_world: bool) -> tuple[float, float]:
    """Mean merit of the chosen (n, I) and how many belong: world by world, or over all worlds."""
    if not by_world:
        truth, belongs = truth.mean(axis=0, keepdims=True), belongs.mean(axis=0, keepdims=True)
    places = np.maximum(chosen.sum(axis=1), 1)
    return float(((chosen * truth).sum(axis=1) / places).mean()), float((chosen * belongs).sum(axis=1).mean())


def _shared(chosen: np.ndarray, mine: np.ndarray) -> float:
    return float((chosen & mine).sum(axis=1).mean())


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
