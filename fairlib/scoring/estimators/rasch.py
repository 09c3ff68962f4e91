"""Many-facet Rasch read back on the contest's scale: fair averages, weighted over the criteria."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from fairlib.errors import ScoringError
from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.estimators.estimator import Again, Estimator, Result, Scores, Singles
from fairlib.scoring.rasch.fit import fair_average
from fairlib.scoring.rasch.measures import Rasch, rasch_of
from fairlib.scoring.ratings import Marks


def _fit(design: Incidence, y: np.ndarray, singles: Singles) -> Result:
    return _read_back(singles.marks, singles.weights)


def _read_back(marks: Marks, weights: Mapping[str, float] | None) -> Result:
    try:
        fit = rasch_of(marks)
    except ScoringError:  # separated marks have no joint maximum; what neither can use is refused again
        fit = rasch_of(marks, method="marginal")
    persons, jurors = fit.submissions.reindex(marks.submissions), fit.jurors.reindex(marks.jurors)
    at = _expected_mark(fit, marks, weights)
    middle = float(persons.loc[persons["status"] == "ok", "measure"].mean())
    mean, slope = at(persons["measure"].to_numpy(float))
    theirs, slope_j = at(middle - jurors["measure"].to_numpy(float))
    scores = Scores(
        mean,
        slope * persons["se"].to_numpy(float),
        at(np.array([middle]))[0] - theirs,
        slope_j * jurors["se"].to_numpy(float),
    )
    told = "marginal" if fit.method == "marginal" else ""
    return Result(scores, submission_status=_extremes(persons, told), juror_status=_extremes(jurors, told))


def _expected_mark(fit: Rasch, marks: Marks, weights: Mapping[str, float] | None) -> Callable:
    """Expected composite and its slope at locations in logits, by the criteria that the model places."""
    steps = fit.steps.reset_index()
    top = steps["score"].to_numpy(float)
    values = np.append(marks.score[marks.score < top.min()].max(), top)
    placed = fit.criteria["measure"].dropna()
    w = np.array([1.0 if weights is None else float(weights[c]) for c in placed.index])

    def at(location: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        known = np.isfinite(location)
        out = np.full((2, len(location)), np.nan)
        parts = [
            fair_average(location[known], np.array([d]), steps["threshold"].to_numpy()[None, :], values)
            for d in placed
        ]
        out[:, known] = np.tensordot(w / w.sum(), np.array(parts), 1)
        return out[0], out[1]

    return at


def _extremes(table: pd.DataFrame, otherwise: str) -> np.ndarray:
    status = table["status"].astype(object).to_numpy()
    return np.where(np.isin(status, ["extreme_high", "extreme_low", "not_estimable"]), status, otherwise)


def _again(design: Incidence, singles: Singles | None) -> Again:
    """Each pair keeps its own profile over the criteria about its composite, rounded to the marks in use.

    Raises ScoringError where the single marks are not there.
    """
    if singles is None:
        raise ScoringError("The method rasch reads single marks; composites alone do not carry it.")
    weights = singles.weights
    marks, pairs = singles.marks, singles.pairs
    n_j = len(pairs.jurors)
    cell, known = marks.submission * n_j + marks.juror, pairs.submission * n_j + pairs.juror
    pair = np.minimum(np.searchsorted(known, cell), len(known) - 1)
    paired = known[pair] == cell  # others are on criteria without weight: they stay as they are
    profile = marks.score - pairs.y[pair]
    values = np.unique(marks.score)
    middles = (values[1:] + values[:-1]) / 2

    def again(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        score = values[np.searchsorted(middles, design.unsorted(y)[pair] + profile)]
        drawn = replace(marks, score=np.where(paired, score, marks.score))
        found = _read_back(drawn, weights).scores
        return np.where(design.readers > 0, found.estimate, np.nan), np.where(
            design.load > 0, found.severity, np.nan
        )

    return again


RASCH = Estimator(_fit, _again, compares_jurors=True, of_sums=True, reads_singles=True, drawn_as="severity")
