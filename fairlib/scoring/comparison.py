"""Which estimator serves this design best? Shown beside the rule that was fixed beforehand, never instead of it.

Two trials. *Prediction*: some marks are hidden and foretold from the rest. *Simulation*: contests with this
very design and the variances and levels estimated from its marks, whose true best K are known.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlib.errors import ScoringError
from fairlib.scoring.estimators import simple
from fairlib.scoring.estimators.adjust import METHODS, estimate
from fairlib.scoring.estimators.panels import Panels, panels
from fairlib.scoring.estimators.reml import Fit, fit_sums, sums_of
from fairlib.scoring.estimators.twoway import (
    comparable_parts,
    components_of,
    laplacian,
    pseudo_inverse,
    solve,
)
from fairlib.scoring.ratings import Marks, Pairs, composite_of, scored
from fairlib.scoring.simulate import simulate_scores

COMPARED = ("raw", "median", "trimmed", "zscore", "additive", "severity")
Core = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def compare_estimators(
    ratings: pd.DataFrame,
    k: int,
    methods: Sequence[str] = COMPARED,
    n_sim: int = 500,
    seed: int = 0,
    folds: int = 10,
    weights: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """How each method predicts hidden marks, and how many of the true best `k` it finds in this design.

    Index method; columns `rmse, rmse_se` of predicted marks in points (estimate minus severity of the
    juror; the three without jurors' severities predict by the estimate alone), `n_predicted` marks that
    every method could predict, `hit_rate, hit_se` the share of the true best `k` found and its
    Monte-Carlo error, `lost` the mean quality given up per place in points, `n_sim`. Ties in an estimate
    go by the order of labels. Composites are simulated from normal effects without rounding. Rasch, which
    reads single marks, is slower and so not in the default: it gets the simulated composite with each
    pair's own profile over the criteria, rounded to the values in use.

    Raises ScoringError for an unknown method, `k` outside 1 … submissions − 1, a disconnected design,
    or variances that the marks cannot tell apart.

    Source: Stone (1974) J. R. Stat. Soc. B 36:111 (prediction of hidden marks); the simulation is our own.
    """
    marks = scored(ratings)
    pairs = composite_of(marks, weights)
    design = pairs.panels()
    _check(design, k, methods, n_sim, folds)
    fit = fit_sums(sums_of(design, pairs.y))
    cells = _cells(marks, pairs, weights)
    predicted = _predict(pairs, cells, methods, folds, np.random.default_rng([seed, 0]))
    found = _simulate(design, cells, fit, k, methods, n_sim, np.random.default_rng([seed, 1]))
    return predicted.join(found).rename_axis("method")


def _check(design: Panels, k: int, methods: Sequence[str], n_sim: int, folds: int) -> None:
    for method in methods:
        if method not in METHODS:
            raise ScoringError(f"Unknown estimator {method!r}; it is one of {', '.join(METHODS)}.")
    n = int((design.readers > 0).sum())
    if not 1 <= k < n:
        raise ScoringError(f"k must be between 1 and {n - 1} for {n} submissions with marks, found {k}.")
    if n_sim < 2 or folds < 2:
        raise ScoringError(f"At least 2 simulations and 2 folds are needed, found {n_sim} and {folds}.")
    if comparable_parts(design)[0] > 1:
        raise ScoringError("The design is disconnected, so there is no pooled best k to find; see design().")


@dataclass(frozen=True)
class _Cells:
    """Single marks of the pairs: pair code, criterion code, mark less composite; and the values in use."""

    pair: np.ndarray
    criterion: np.ndarray
    profile: np.ndarray
    values: np.ndarray
    weights: dict[int, float] | None

    def of(self, kept: np.ndarray) -> "_Cells":
        """The marks of the pairs kept (boolean), pairs numbered anew."""
        rows = kept[self.pair]
        code = np.cumsum(kept) - 1
        return _Cells(
            code[self.pair[rows]], self.criterion[rows], self.profile[rows], self.values, self.weights
        )


def _cells(marks: Marks, pairs: Pairs, weights: Mapping[str, float] | None) -> _Cells:
    n_j = len(pairs.jurors)
    key = marks.submission * n_j + marks.juror
    known = pairs.submission * n_j + pairs.juror
    pair = np.minimum(np.searchsorted(known, key), len(known) - 1)
    use = known[pair] == key
    coded = None if weights is None else {c: float(weights[name]) for c, name in enumerate(marks.criteria)}
    profile = marks.score[use] - pairs.y[pair[use]]
    return _Cells(pair[use], marks.criterion[use], profile, np.unique(marks.score), coded)


def _core(method: str, design: Panels, cells: _Cells) -> Core:
    """Marks in sorted order → (estimate (I,), severity (J,)), with what depends on the design done once."""
    if method == "severity":
        return lambda y: _effects(fit_sums(sums_of(design, _unsorted(design, y))))
    if method == "rasch":
        return lambda y: _rasch(design, cells, _unsorted(design, y))
    if method == "additive":
        n_parts, _, part = components_of(design)
        inverse = pseudo_inverse(laplacian(design), part)
        return lambda y: _least_squares(design, y, inverse, n_parts)
    plain = getattr(simple, method)

    def core(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        scores = plain(design, y)
        known = np.nan_to_num(scores.severity) if method == "zscore" else np.zeros(design.n_jurors)
        return scores.estimate, known

    return core


def _rasch(design: Panels, cells: _Cells, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    owner, who = _unsorted(design, design.owner), _unsorted(design, design.who)
    middles = (cells.values[1:] + cells.values[:-1]) / 2
    score = cells.values[np.searchsorted(middles, y[cells.pair] + cells.profile)]
    table = {"submission": owner[cells.pair], "juror": who[cells.pair], "criterion": cells.criterion}
    found = estimate(pd.DataFrame({**table, "score": score}), "rasch", cells.weights, within=True)
    merit = found.submissions["estimate"].reindex(range(design.n_submissions))
    severity = found.jurors["severity"].reindex(range(design.n_jurors))
    return merit.to_numpy(float, na_value=np.nan), severity.to_numpy(float, na_value=np.nan)


def _effects(fit: Fit) -> tuple[np.ndarray, np.ndarray]:
    return fit.merit, -fit.juror_effect


def _least_squares(
    design: Panels, y: np.ndarray, inverse: np.ndarray, n_parts: int
) -> tuple[np.ndarray, np.ndarray]:
    ls = solve(sums_of(design, _unsorted(design, y)), inverse, n_parts, with_errors=False)
    return np.where(design.readers > 0, ls.submission, np.nan), -ls.juror


def _predict(
    pairs: Pairs, cells: _Cells, methods: Sequence[str], folds: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Root mean squared error over hidden marks, each hidden once, where all methods could predict."""
    n = len(pairs.y)
    fold = rng.permutation(np.arange(n) % folds)
    guess = np.full((len(methods), n), np.nan)
    for f in range(folds):
        kept, hidden = fold != f, fold == f
        size = (len(pairs.submissions), len(pairs.jurors))
        design = panels(pairs.submission[kept], pairs.juror[kept], *size, pairs.level)
        _, sub_part, jur_part = components_of(design)
        i, j = pairs.submission[hidden], pairs.juror[hidden]
        linked = (sub_part[i] >= 0) & (sub_part[i] == jur_part[j])
        y = pairs.y[kept][design.order]
        for m, method in enumerate(methods):
            estimate, severity = _core(method, design, cells.of(kept))(y)
            guess[m, hidden] = np.where(linked, estimate[i] - severity[j], np.nan)
    use = np.isfinite(guess).all(axis=0)
    if not use.any():
        raise ScoringError(
            "No mark can be predicted from the others: each submission hangs on a single mark."
        )
    square = (guess[:, use] - pairs.y[use]) ** 2
    rmse = np.sqrt(square.mean(axis=1))
    error = square.std(axis=1) / np.sqrt(use.sum()) / (2 * np.maximum(rmse, 1e-300))
    return pd.DataFrame({"rmse": rmse, "rmse_se": error, "n_predicted": int(use.sum())}, index=list(methods))


def _simulate(
    design: Panels,
    cells: _Cells,
    fit: Fit,
    k: int,
    methods: Sequence[str],
    n_sim: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    cores = [_core(m, design, cells) for m in methods]
    parts = {"submission": fit.submission, "juror": fit.juror, "residual": fit.residual, "mu": fit.level}
    read = design.readers > 0
    hits, lost = np.empty((len(methods), n_sim)), np.empty((len(methods), n_sim))
    for s in range(n_sim):
        y, truth, _ = simulate_scores(
            design.owner, design.who, parts, rng, (design.n_submissions, design.n_jurors)
        )
        truth = np.where(read, truth, -np.inf)
        best = _top(truth, k)
        for m, core in enumerate(cores):
            chosen = _top(np.where(read, np.nan_to_num(core(y)[0], nan=-np.inf), -np.inf), k)
            hits[m, s] = np.isin(chosen, best).mean()
            lost[m, s] = truth[best].mean() - truth[chosen].mean()
    return pd.DataFrame(
        {
            "hit_rate": hits.mean(axis=1),
            "hit_se": hits.std(axis=1, ddof=1) / np.sqrt(n_sim),
            "lost": lost.mean(axis=1),
            "n_sim": n_sim,
        },
        index=list(methods),
    )


def _top(values: np.ndarray, k: int) -> np.ndarray:
    return np.argsort(-values, kind="stable")[:k]


def _unsorted(design: Panels, y: np.ndarray) -> np.ndarray:
    out = np.empty_like(y)
    out[design.order] = y
    return out
