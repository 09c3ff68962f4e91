"""Would it have come out otherwise? The choice again without a juror, without a criterion, with other weights.

Each question is one change to the marks or to the estimator; everything else, the rule and its tie chain
included, stays. The answer is who would come and who would go.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from fairlib.contract import ROUND
from fairlib.errors import ScoringError
from fairlib.rules import Scale
from fairlib.scoring.estimators.estimator import Singles
from fairlib.scoring.estimators.table import METHODS, drawn_as, estimator
from fairlib.scoring.ratings import Marks, composite_of, filled, scored
from fairlib.selection.admit.greedy import admit, admit_many
from fairlib.selection.firm.twin import core_of
from fairlib.selection.firm.worlds import replicates
from fairlib.selection.rule.compiled import Problem
from fairlib.selection.several import written

ONE_BY_ONE = 200  # draws of weights for estimators that are not linear in the marks
STATUS = {"ok", "not_estimable", "disconnected", "nothing_missing", "one_criterion"}


@dataclass(frozen=True, eq=False)
class Stability:
    """What small changes of the premises do to the choice.

    `changes`: one row a question, `kind` (`juror, criterion, missing, estimator`), `what`, `comes` and
    `goes` (ids, best first), `n_changes` (the larger of both; missing where there is no answer), `status`.
    `weights` (index submission): `acceptability`, the share of all weightings under which it is
    selected, and `w_CRITERION`, its central weights: the mean of the weightings that select it, missing if
    none does. `weights_status` says why `weights` is empty.
    """

    changes: pd.DataFrame
    weights: pd.DataFrame
    weights_status: str


def stability(
    ratings: pd.DataFrame,
    problem: Problem,
    *,
    method: str = "severity",
    weights: Mapping[str, float] | None = None,
    scale: Scale,
    seed: int,
    draws: int = 1000,
) -> Stability:
    """Ask every question about the choice of `problem`, estimated from `ratings` (higher is better) by `method`.

    Left out in turn: each juror, each criterion. `missing`: marks with status missing or invalid all at the
    `best` or the `worst` end of the scale, and `against` the choice (those of the selected at worst, of the
    others at best: nothing could change it more). `estimator`: each of the others. Weights are drawn
    evenly from the simplex (Lahdelma, Hokkanen & Salminen 1998; Lahdelma & Salminen 2001), `draws`
    times; variances are those of the round's own weights there, and estimated anew everywhere else.
    """
    marks, base = scored(ratings), admit(problem)
    rows = [
        _row(problem, base, *q) for q in _questions(ratings, marks, problem, base, method, weights, scale)
    ]
    changes = pd.DataFrame(rows, columns=ROUND["stability"].names()).astype({"n_changes": "Int64"})
    return Stability(changes, *_simplex(marks, problem, method, weights, seed, draws))


def _questions(
    ratings, marks: Marks, problem, base, method, weights, scale
) -> Iterator[tuple[str, str, pd.Series | str]]:
    """Kind, what, and the merits by submission, or the status that says why there are none."""
    for code, name in enumerate(marks.jurors):
        rest = marks.juror != code
        found = _tried(method, marks.of(rest), weights) if rest.any() else "not_estimable"
        yield "juror", str(name), found
    for name in marks.criteria:
        rest = {c: 0.0 if c == name else w for c, w in _weights(marks, weights).items()}
        known = _weights(marks, weights)[name] > 0 and sum(rest.values()) > 0
        yield "criterion", str(name), _tried(method, marks, rest) if known else "one_criterion"
    for what, whole in _completed(ratings, problem, base, scale):
        yield (
            "missing",
            what,
            "nothing_missing" if whole is None else _tried(method, scored(whole), weights),
        )
    for other in METHODS:
        if other != method:
            yield "estimator", other, _tried(other, marks, weights)


def _row(problem: Problem, base: np.ndarray, kind: str, what: str, found: pd.Series | str) -> tuple:
    if isinstance(found, str):
        return kind, what, "", "", pd.NA, found
    return (kind, what, *changes(problem, base, found), "ok")


def changes(problem: Problem, base: np.ndarray, found: pd.Series) -> tuple[str, str, int]:
    """Who comes and who goes (ids by rank) when the rule is applied to other merits, and how many.

    `found` (index submission) may lack some or be missing: those leave the ranking.
    """
    merit = found.reindex(problem.submissions).to_numpy(dtype=float, na_value=np.nan)
    known = np.isfinite(merit)
    now = admit_many(replace(problem, ranked=problem.ranked & known), np.where(known, merit, 0.0)[None, :])[0]
    line = problem.order.line()
    comes, goes = line[(now & ~base)[line]], line[(base & ~now)[line]]
    names = [written(problem.submissions[side]) for side in (comes, goes)]
    return names[0], names[1], max(len(comes), len(goes))


def _tried(method: str, marks: Marks, weights: Mapping[str, float] | None) -> pd.Series | str:
    """Estimates by submission, or the status that says why there are none."""
    asked = estimator(method)
    try:
        pairs = composite_of(marks, weights)
        design = pairs.incidence()
        if asked.compares_jurors and asked.parts(design)[0] > 1:
            return "disconnected"
        again = asked.again(design, Singles(marks, pairs, weights))
        merit = np.where(design.readers > 0, again(pairs.y[design.order])[0], np.nan)
    except ScoringError:
        return "not_estimable"
    return pd.Series(merit, index=pairs.submissions)


def _weights(marks: Marks, weights: Mapping[str, float] | None) -> dict[str, float]:
    return {c: 1.0 if weights is None else float(weights[c]) for c in marks.criteria}


def _completed(ratings, problem, base, scale: Scale) -> Iterator[tuple[str, pd.DataFrame | None]]:
    """The ratings with every missing mark at an end of the scale; None where none is missing."""
    gone = ratings["score"].isna()
    if "status" in ratings:
        gone = ratings["status"].isin(["missing", "invalid"])
    selected = ratings["submission"].isin(problem.submissions[base])
    against = np.where(selected, scale.min, scale.max)
    ends: dict[str, float | np.ndarray] = {"best": scale.max, "worst": scale.min, "against": against}
    for what, end in ends.items():
        if not gone.any():
            yield what, None
            continue
        score = np.where(gone, end, ratings["score"].to_numpy(dtype=float, na_value=np.nan))
        status = (
            {"status": ratings["status"].astype(object).mask(gone, "scored")} if "status" in ratings else {}
        )
        yield what, ratings.assign(score=score, **status)


def _no_weights() -> pd.DataFrame:
    return pd.DataFrame(
        {"acceptability": pd.array([], dtype="Float64")}, index=pd.Index([], name="submission")
    )


def _simplex(marks, problem, method, weights, seed, draws) -> tuple[pd.DataFrame, str]:
    """Acceptability and central weights over the simplex of the criteria that have a weight."""
    used = [c for c, w in _weights(marks, weights).items() if w > 0]
    if len(used) < 2:
        return _no_weights(), "one_criterion"
    try:
        pairs = composite_of(marks, weights)
        design = pairs.incidence()
        fit = estimator(drawn_as(method)).model(design, pairs.y[design.order])
    except ScoringError:
        return _no_weights(), "not_estimable"
    core = core_of(method, fit)
    linear = estimator(drawn_as(method)).many is not None
    w = np.random.default_rng([seed, 3]).dirichlet(
        np.ones(len(used)), replicates(problem, draws if linear else ONE_BY_ONE)
    )
    by_criterion = filled(marks, pairs, weights, used)[design.order].T
    merit = w @ core(by_criterion) if linear else core(w @ by_criterion)
    place = pairs.submissions.get_indexer(problem.submissions)
    ranked = problem.ranked & (place >= 0)
    table = np.zeros((len(w), len(place)))
    table[:, ranked] = merit[:, place[ranked]]
    chosen = admit_many(replace(problem, ranked=ranked), table)
    times = chosen.sum(axis=0)
    central = pd.DataFrame(chosen.T @ w, index=problem.submissions, columns=[f"w_{c}" for c in used])
    central = central.div(np.maximum(times, 1), axis=0).astype("Float64")
    central[times == 0] = pd.NA
    central.insert(0, "acceptability", times / len(w))
    return central, "ok"
