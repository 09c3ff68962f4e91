"""Which estimator serves this design best? Shown beside the rule fixed beforehand, never instead of it.

Two trials. *Prediction*: some marks are hidden and foretold from the rest. *Simulation*: contests with this
very design and the variances and levels estimated from its marks, whose true best K are known.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from fairlib.errors import ScoringError
from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.reml import Fit, fit_sums
from fairlib.scoring.crossed.sums import sums_of
from fairlib.scoring.crossed.twoway import comparable_parts, components_of
from fairlib.scoring.estimators.estimator import Singles
from fairlib.scoring.estimators.table import ESTIMATORS, estimator
from fairlib.scoring.ratings import composite_of, scored

_EIGHTH = 8  # contests of which a costly estimator sees one
COMPARED = tuple(name for name, one in ESTIMATORS.items() if not (one.reads_singles or one.has_steps))


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

    Index method; columns `rmse, rmse_se` of predicted marks in points (estimate minus severity of the juror;
    those that know no severities predict by the estimate alone), `n_predicted` marks that every method could
    predict, `hit_rate, hit_se` the share of the true best `k` found and its Monte-Carlo error, `lost` the
    mean quality given up per place in points, `n_sim`. Ties in an estimate go by the order of labels.
    Composites are simulated from normal effects without rounding. An estimator that reads single marks
    (Rasch) is slower and so not in the default: it gets the simulated composite with each pair's own profile
    over the criteria, rounded to the values in use. A costly one (`Estimator.costly`) sees every eighth contest
    alone, as its `n_sim` says, and what it finds is told by its difference there from `severity`.

    Raises ScoringError for an unknown method, `k` outside 1 … submissions − 1, a disconnected design,
    or variances that the marks cannot tell apart.

    Source: Stone (1974) J. R. Stat. Soc. B 36:111 (prediction of hidden marks); the simulation is our own.
    """
    marks = scored(ratings)
    singles = Singles(marks, composite_of(marks, weights), weights)
    design = singles.pairs.incidence()
    _check(design, k, methods, n_sim, folds)
    fit = fit_sums(sums_of(design, singles.pairs.y))
    predicted = _predict(singles, methods, folds, np.random.default_rng([seed, 0]))
    found = _simulate(design, singles, fit, k, methods, n_sim, np.random.default_rng([seed, 1]))
    return predicted.join(found).rename_axis("method")


def _check(design: Incidence, k: int, methods: Sequence[str], n_sim: int, folds: int) -> None:
    for method in methods:
        estimator(method)
    n = int((design.readers > 0).sum())
    if not 1 <= k < n:
        raise ScoringError(f"k must be between 1 and {n - 1} for {n} submissions with marks, found {k}.")
    if n_sim < 2 or folds < 2:
        raise ScoringError(f"At least 2 simulations and 2 folds are needed, found {n_sim} and {folds}.")
    if comparable_parts(design)[0] > 1:
        raise ScoringError("The design is disconnected, so there is no pooled best k to find; see design().")


def _kept(singles: Singles, kept: np.ndarray) -> Singles:
    """The pairs kept (boolean), all labels, and their marks; marks of no pair stay."""
    marks, pairs = singles.marks, singles.pairs
    hidden = pairs.submission[~kept] * len(pairs.jurors) + pairs.juror[~kept]
    seen = ~np.isin(marks.submission * len(pairs.jurors) + marks.juror, hidden)
    return Singles(marks.of(seen), pairs.of(kept), singles.weights)


def _predict(singles: Singles, methods: Sequence[str], folds: int, rng: np.random.Generator) -> pd.DataFrame:
    """Root mean squared error over hidden marks, each hidden once, where all methods could predict."""
    pairs = singles.pairs
    n = len(pairs.y)
    fold = rng.permutation(np.arange(n) % folds)
    guess = np.full((len(methods), n), np.nan)
    for f in range(folds):
        known, hidden = _kept(singles, fold != f), fold == f
        design = known.pairs.incidence()
        _, sub_part, jur_part = components_of(design)
        i, j = pairs.submission[hidden], pairs.juror[hidden]
        linked = (sub_part[i] >= 0) & (sub_part[i] == jur_part[j])
        y = known.pairs.y[design.order]
        for m, method in enumerate(methods):
            merit, severity = ESTIMATORS[method].again(design, known)(y)
            guess[m, hidden] = np.where(linked, merit[i] - severity[j], np.nan)
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
    design: Incidence,
    singles: Singles,
    fit: Fit,
    k: int,
    methods: Sequence[str],
    n_sim: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    cores = [ESTIMATORS[m].again(design, singles) for m in methods]
    parts: dict[str, float | np.ndarray] = {
        "submission": fit.submission,
        "juror": fit.juror,
        "residual": fit.residual,
        "mu": fit.level,
    }
    read = design.readers > 0
    hits, lost = np.full((2, len(methods), n_sim), np.nan)
    for s in range(n_sim):
        y, truth, _ = simulate_scores(
            design.owner, design.who, parts, rng, (design.n_submissions, design.n_jurors)
        )
        truth = np.where(read, truth, -np.inf)
        best = _top(truth, k)
        for m, core in enumerate(cores):
            if ESTIMATORS[methods[m]].costly and s % _EIGHTH:
                continue
            chosen = _top(np.where(read, np.nan_to_num(core(y)[0], nan=-np.inf), -np.inf), k)
            hits[m, s] = np.isin(chosen, best).mean()
            lost[m, s] = truth[best].mean() - truth[chosen].mean()
    (hit, hit_se), (gone, _) = (_means(x, methods) for x in (hits, lost))
    table = {"hit_rate": hit, "hit_se": hit_se, "lost": gone, "n_sim": np.isfinite(hits).sum(axis=1)}
    return pd.DataFrame(table, index=list(methods))


def _means(values: np.ndarray, methods: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Mean of each method over the contests (methods, n_sim) and its Monte-Carlo error.

    One that saw some alone is told by its difference from severity there (common random numbers: Glasserman & Yao
    1992, Manage. Sci. 38:884).
    """
    n = np.isfinite(values).sum(axis=1)
    mean, error = np.nanmean(values, axis=1), _error(values)
    if "severity" in methods:
        base = values[list(methods).index("severity")]
        for m in np.flatnonzero(n < values.shape[1]):
            off = values[m] - base
            mean[m], error[m] = (
                base.mean() + np.nanmean(off),
                np.hypot(_error(base[None]), _error(off[None]))[0],
            )
    return mean, error


def _error(values: np.ndarray) -> np.ndarray:
    n = np.isfinite(values).sum(axis=1)
    return np.nanstd(values, axis=1) / np.sqrt(np.maximum(n - 1, 1))


def _top(values: np.ndarray, k: int) -> np.ndarray:
    return np.argsort(-values, kind="stable")[:k]


def simulate_scores(
    submission: np.ndarray,
    juror: np.ndarray,
    components: Mapping[str, float | np.ndarray],
    seed: int | np.random.Generator,
    size: tuple[int, int] | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One contest on the pairs of a design: marks y (n,), true submission levels (I,), severities (J,).

    `components` are the variances `submission, juror, residual` and `mu`, as in `Estimates.components`, or
    `mu` an array with the level of each submission (I,); `size` is (I, J), the highest codes plus one if not
    given.
    """
    rng = np.random.default_rng(seed)
    n_i, n_j = size or (int(submission.max()) + 1, int(juror.max()) + 1)
    sd = {name: np.sqrt(components[name]) for name in ("submission", "juror", "residual")}
    truth = components["mu"] + sd["submission"] * rng.standard_normal(n_i)
    severity = sd["juror"] * rng.standard_normal(n_j)
    noise = sd["residual"] * rng.standard_normal(len(submission))
    return truth[submission] - severity[juror] + noise, truth, severity
