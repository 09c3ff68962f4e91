"""One interface to every estimator: what a submission is worth, with its error, and how severe each juror is.

Raw and adjusted numbers always stand side by side, on the scale of the marks. Positive severity is harsh:
a mark of that juror is lower by so many points. What cannot be estimated is NA and its status says why.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from fairlib.errors import Disconnected, ScoringError
from fairlib.scoring.dust import joined
from fairlib.scoring.estimators import posterior, simple
from fairlib.scoring.estimators.level_tables import level_contrasts, level_means
from fairlib.scoring.estimators.panels import Panels
from fairlib.scoring.estimators.reml import FIT_REASONS, Fit, fit_sums, sums_of
from fairlib.scoring.estimators.twoway import (
    comparable_parts,
    components_of,
    laplacian,
    pseudo_inverse,
    solve,
)
from fairlib.scoring.rasch.fit import fair_average
from fairlib.scoring.rasch.measures import rasch
from fairlib.scoring.ratings import Marks, Pairs, composite_of, scored

STATUS = {
    "ok": "",
    "one_score": "a single mark; there is no second reading to check it against",
    "no_scored_mark": "no scored mark: all missing, recused, abstained or invalid",
    "no_spread": "the same mark for everything; a z-score is undefined and left out",
    "no_error": "the design leaves no degree of freedom for a standard error",
    "no_other_reader": "nobody else read what this juror read, so severity has nothing to stand against",
    "no_usable_mark": "only marks that this estimator cannot use",
    "not_estimable": "the marks cannot support this estimator; see the error of estimate for this table",
    "extreme_high": "best marks only: placed by a 0.3-point adjustment",
    "extreme_low": "worst marks only: placed by a 0.3-point adjustment",
    "no_variation": "all marks are equal: that is everybody's estimate, and no juror is harsher than another",
    "marginal": "the joint likelihood has no finite maximum here; estimated by the marginal one",
    "disconnected": "shares no chain of jurors with the largest part; comparable within its part only",
    **FIT_REASONS,
}

METHODS = ("raw", "median", "trimmed", "zscore", "additive", "severity", "rasch")
COMPARES_JURORS = ("zscore", "additive", "severity", "rasch")
Sampler = Callable[[int, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Estimates:
    """Estimates of one round by one method.

    `submissions` (index submission): `estimate, se, n_jurors, raw_mean, raw_median, disagreement,
    readers_severity, component, status`, points on the scale of the marks; `disagreement` is the standard
    deviation of the submission's marks (NA below two), `readers_severity` the mean severity of those who
    read it, `component` the connected part of the design (1 is the largest).
    `jurors` (index juror): `severity, se, n_submissions, component, status`.
    `components` (severity only): `submission, juror, residual` variances, `mu, mu_se, loglik, status`.
    `contrasts` (severity, ratings with a `level`): one row for every two levels, `level_a, level_b, difference` (mean
    estimate of the submissions of a less that of b), its `se`, and `across`, how many jurors read in both;
    `levels` one row for each: `level, mean, se, n_submissions, n_jurors` (`level_tables`).
    """

    method: str
    submissions: pd.DataFrame
    jurors: pd.DataFrame
    components: Mapping[str, float | str] | None = None
    fit: Fit | None = None
    contrasts: pd.DataFrame | None = None
    levels: pd.DataFrame | None = None
    _sampler: Sampler | None = field(default=None, repr=False)

    def draws(self, n: int, seed: int) -> pd.DataFrame:
        """`n` draws of all submission effects (n × I'), columns the submissions that have an estimate.

        `severity` draws from the joint posterior, variances and juror severities included; `additive`
        from the joint normal of least squares; the others independently with their standard errors.

        Raises ScoringError where the design leaves no error to draw from.
        """
        if n < 1:
            raise ScoringError(f"The number of draws must be at least 1, found {n}.")
        known = self.submissions["estimate"].notna().to_numpy()
        columns = self.submissions.index[known]
        if self._sampler is not None:
            return pd.DataFrame(self._sampler(n, np.random.default_rng(seed))[:, known], columns=columns)
        se = self.submissions.loc[known, "se"]
        if se.isna().any():
            raise ScoringError(
                f"Method {self.method} has no standard error for submission {se.index[se.isna()][0]}, so nothing "
                "can be drawn; more readings of the same submissions are needed."
            )
        noise = np.random.default_rng(seed).standard_normal((n, len(se)))
        centre = self.submissions.loc[known, "estimate"].to_numpy(float)
        return pd.DataFrame(centre + noise * se.to_numpy(float), columns=columns)


@dataclass(frozen=True)
class _Result:
    scores: simple.Scores
    components: Mapping[str, float | str] | None = None
    fit: Fit | None = None
    grid: list[posterior.Node] | None = None
    sampler: Sampler | None = None
    submission_status: np.ndarray | None = None
    juror_status: np.ndarray | None = None


def estimate(
    ratings: pd.DataFrame,
    method: str = "severity",
    weights: Mapping[str, float] | None = None,
    *,
    within: bool = False,
) -> Estimates:
    """Estimate every submission and every juror from a ratings table by one of `METHODS`.

    Several criteria are put together by `weights` (equal if none); a single one is taken as it is.
    `severity` (the default) is the crossed random-effects model of `reml`, with a level for each group of submissions
    where the ratings have a column `level`; `additive` is two-way least squares. `rasch` takes the marginal likelihood
    where the joint one has no maximum, with the status `marginal`.

    Raises ScoringError for an unknown method, for marks that cannot support it, and, by the estimators
    that compare jurors, for a disconnected design: no mark links its parts, so a pooled ranking would
    be an invention. `within=True` estimates all the same, to be ranked inside each `component` only. Parts that are
    whole levels are one component to `severity`: it compares them, and its errors include the difference of panels.

    Sources: Patterson & Thompson (1971) Biometrika 58:545 and Henderson (1975) Biometrics 31:423 (severity); Abowd,
    Creecy & Kramarz (2002) (additive); Linacre (1989) (rasch); Wilcox (2017) (trimmed).
    """
    _known(method)
    marks = scored(ratings)
    pairs = composite_of(marks, weights)
    design = pairs.panels()
    n_parts, sub_part, jur_part = (comparable_parts if method == "severity" else components_of)(design)
    if n_parts > 1 and method in COMPARES_JURORS and not within:
        refuse_pooled(sub_part, jur_part, pairs, method)
    y = pairs.y[design.order]
    result = _rasch(ratings, marks, weights) if method == "rasch" else _CORES[method](design, y)
    return _told(method, pairs, y, result, sub_part, jur_part)


def _told(method: str, pairs: Pairs, y: np.ndarray, result: "_Result", sub_part, jur_part) -> Estimates:
    design = pairs.panels()
    return Estimates(
        method,
        _submission_table(pairs, design, y, result, sub_part),
        _juror_table(pairs, design, y, result, jur_part),
        result.components,
        result.fit,
        None if result.grid is None else level_contrasts(pairs, result.fit, result.grid),
        None if result.grid is None else level_means(pairs, result.fit, result.grid),
        result.sampler,
    )


def one_mark_for_all(
    ratings: pd.DataFrame, method: str, weights: Mapping[str, float] | None = None
) -> Estimates | None:
    """The estimates where jurors who share submissions gave all the same composite; None where marks differ at all.

    That mark is everybody's estimate, by any method, without error as far as the marks can tell, and no juror is
    harsher than another: status `no_variation`. `estimate` itself refuses such marks to the methods that need
    a spread; see there for sources.
    """
    pairs = composite_of(scored(ratings), weights)
    if np.ptp(pairs.y) > 0:
        return None
    design = pairs.panels()
    n_parts, *parts = components_of(design)
    if n_parts > 1:
        return None
    i, j = np.zeros(design.n_submissions), np.zeros(design.n_jurors)
    scores = simple.Scores(i + pairs.y[0], i, j, j)
    status = np.where(design.readers > 0, "no_variation", "")
    return _told(
        method, pairs, pairs.y, _Result(scores, submission_status=status), *components_of(design)[1:]
    )


def per_criterion(ratings: pd.DataFrame, method: str = "severity", *, within: bool = False) -> pd.DataFrame:
    """Estimates of each criterion on its own: the columns of `Estimates.submissions`, by (criterion, submission).

    A criterion whose marks cannot support the method (one value only, say) keeps its raw numbers, has no
    estimate and the status not_estimable. Raises as `estimate` does for an unknown method; for sources see `estimate`.
    """
    _known(method)
    marks = scored(ratings)
    parts = {}
    for code, name in enumerate(marks.criteria):
        rows = ratings[ratings["criterion"] == name]
        if (marks.criterion == code).any():
            try:
                parts[name] = estimate(rows, method, within=within).submissions
            except ScoringError:
                bare = estimate(rows, "raw").submissions
                parts[name] = bare.assign(estimate=pd.NA, se=pd.NA, status="not_estimable").astype(
                    bare.dtypes
                )
    return pd.concat(parts, names=["criterion"])


def rank_changes(estimates: Estimates) -> pd.DataFrame:
    """Raw and adjusted rank of each submission, and what moved its score, in points.

    `change` is raw rank minus adjusted rank (positive: moved up). `by_readers` is the mean severity of
    its readers, `by_shrinkage` the rest: the pull towards the mean of a submission with few or noisy
    readings (Henderson 1975; for z-scores: the stretching of each juror's scale). `cause` names the larger.
    Ties share the better rank. In a disconnected design ranks are within each component.
    """
    table = estimates.submissions
    known = table[table["estimate"].notna()]
    groups = known["component"]
    raw_rank, rank = (
        pd.Series(joined(known[name].to_numpy(float)), known.index)
        .groupby(groups)
        .rank(ascending=False, method="min")
        .astype("int64")
        for name in ("raw_mean", "estimate")
    )
    by_readers = known["readers_severity"].fillna(0.0)
    rest = known["estimate"] - known["raw_mean"] - by_readers
    cause = np.where(by_readers.abs() >= rest.abs(), "readers", "shrinkage")
    return pd.DataFrame(
        {
            "raw_mean": known["raw_mean"],
            "estimate": known["estimate"],
            "raw_rank": raw_rank,
            "rank": rank,
            "change": raw_rank - rank,
            "by_readers": by_readers,
            "by_shrinkage": rest,
            "cause": np.where((known["estimate"] - known["raw_mean"]).abs() < 1e-12, "none", cause),
            "component": groups,
        }
    )


def _known(method: str) -> None:
    if method not in METHODS:
        raise ScoringError(f"Unknown estimator {method!r}; it is one of {', '.join(METHODS)}.")


def refuse_pooled(sub_part: np.ndarray, jur_part: np.ndarray, pairs: Pairs, method: str) -> None:
    """Raises Disconnected, which names the parts."""
    told = []
    for part in range(min(int(jur_part.max()) + 1, 4)):
        who = ", ".join(map(str, pairs.jurors[jur_part == part][:5]))
        more = " …" if (jur_part == part).sum() > 5 else ""
        told.append(f"{int((sub_part == part).sum())} submissions read by {who}{more}")
    raise Disconnected(
        f"The design falls into {int(jur_part.max()) + 1} disconnected parts ({'; '.join(told)}): no juror links "
        f"them, so {method} cannot rank them together."
    )


def _simple(core: Callable[[Panels, np.ndarray], simple.Scores]):
    return lambda design, y: _Result(core(design, y))


def _additive(design: Panels, y: np.ndarray) -> _Result:
    sums = sums_of(design, _unsorted(design, y))
    n_parts, _, part = components_of(design)
    inverse = pseudo_inverse(laplacian(design), part)
    ls = solve(sums, inverse, n_parts)
    missing_i, missing_j = np.full(len(ls.submission), np.nan), np.full(len(ls.juror), np.nan)
    scores = simple.Scores(
        ls.submission,
        missing_i if ls.submission_se is None else ls.submission_se,
        -ls.juror,
        missing_j if ls.juror_se is None else ls.juror_se,
    )

    def sample(n: int, rng: np.random.Generator) -> np.ndarray:
        value, axes = np.linalg.eigh(inverse)
        b = (rng.standard_normal((n, len(value))) * np.sqrt(np.maximum(value, 0))) @ axes.T
        noise = rng.standard_normal((n, len(ls.submission))) / np.sqrt(np.maximum(design.readers, 1))
        lift = design.over_readers(b.T).T / np.maximum(design.readers, 1)
        return ls.submission + ls.sigma * (noise - lift)

    return _Result(scores, sampler=sample if ls.sigma is not None else None)


def _severity(design: Panels, y: np.ndarray) -> _Result:
    fit = fit_sums(sums_of(design, _unsorted(design, y)))
    grid = posterior.nodes(fit)
    se_i, se_j = posterior.errors(fit, grid)
    components = {
        name: getattr(fit, name)
        for name in ("submission", "juror", "residual", "mu", "mu_se", "loglik", "status")
    }
    return _Result(
        simple.Scores(fit.merit, se_i, -fit.juror_effect, se_j),
        components,
        fit,
        grid,
        lambda n, rng: posterior.draws(fit, grid, n, rng),
    )


def _rasch(ratings: pd.DataFrame, marks: Marks, weights: Mapping[str, float] | None) -> _Result:
    """Many-facet Rasch read back on the contest's scale: fair averages, weighted over the criteria."""
    try:
        fit = rasch(ratings)
    except ScoringError:  # separated marks have no joint maximum; what neither can use is refused again
        fit = rasch(ratings, method="marginal")
    persons, jurors = fit.submissions.reindex(marks.submissions), fit.jurors.reindex(marks.jurors)
    at = _expected_mark(fit, marks, weights)
    middle = float(persons.loc[persons["status"] == "ok", "measure"].mean())
    mean, slope = at(persons["measure"].to_numpy(float))
    theirs, slope_j = at(middle - jurors["measure"].to_numpy(float))
    scores = simple.Scores(
        mean,
        slope * persons["se"].to_numpy(float),
        at(np.array([middle]))[0] - theirs,
        slope_j * jurors["se"].to_numpy(float),
    )
    told = "marginal" if fit.method == "marginal" else ""
    return _Result(scores, submission_status=_extremes(persons, told), juror_status=_extremes(jurors, told))


def _expected_mark(fit, marks: Marks, weights: Mapping[str, float] | None):
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


_CORES: dict[str, Callable[[Panels, np.ndarray], _Result]] = {
    "raw": _simple(simple.raw),
    "median": _simple(simple.median),
    "trimmed": _simple(simple.trimmed),
    "zscore": _simple(simple.zscore),
    "additive": _additive,
    "severity": _severity,
}


def _submission_table(
    pairs: Pairs, design: Panels, y: np.ndarray, result: _Result, part: np.ndarray
) -> pd.DataFrame:
    n = design.readers
    read = n > 0
    mean, middle, spread = (np.full(len(n), np.nan) for _ in range(3))
    for block in design.blocks:
        marks = y[design.rows(block)]
        mean[block.members] = marks.mean(axis=1)
        middle[block.members] = np.median(marks, axis=1)
        if block.d > 1:
            spread[block.members] = marks.std(axis=1, ddof=1)
    severity = np.nan_to_num(result.scores.severity)
    readers = np.where(read, design.over_readers(severity) / np.maximum(n, 1), np.nan)
    value = np.where(read, result.scores.estimate, np.nan)
    status = np.select(
        [~read, np.isnan(value), part > 0, n == 1, np.isnan(result.scores.se)],
        ["no_scored_mark", "no_usable_mark", "disconnected", "one_score", "no_error"],
        "ok",
    )
    if result.submission_status is not None:
        status = np.where(read & (result.submission_status != ""), result.submission_status, status)
    table = {
        "estimate": _na(value),
        "se": _na(np.where(np.isnan(value), np.nan, result.scores.se)),
        "n_jurors": n,
        "raw_mean": _na(mean),
        "raw_median": _na(middle),
        "disagreement": _na(spread),
        "readers_severity": _na(readers),
        "component": _parts(part),
        "status": status,
    }
    return pd.DataFrame(table, index=pairs.submissions.rename("submission"))


def _juror_table(
    pairs: Pairs, design: Panels, y: np.ndarray, result: _Result, part: np.ndarray
) -> pd.DataFrame:
    read = design.load > 0
    sd = simple.standardise(design, y)[2]
    severity, se = result.scores.severity, result.scores.severity_se
    status = np.select(
        [~read, part > 0, design.load == 1, sd == 0, np.isnan(severity), np.isnan(se)],
        ["no_scored_mark", "disconnected", "one_score", "no_spread", "no_other_reader", "no_error"],
        "ok",
    )
    if result.juror_status is not None:
        status = np.where(read & (result.juror_status != ""), result.juror_status, status)
    table = {
        "severity": _na(np.where(read, severity, np.nan)),
        "se": _na(np.where(read, se, np.nan)),
        "n_submissions": design.load.astype("int64"),
        "component": _parts(part),
        "status": status,
    }
    return pd.DataFrame(table, index=pairs.jurors.rename("juror"))


def _unsorted(design: Panels, y: np.ndarray) -> np.ndarray:
    """Marks back in the order in which the design was made."""
    out = np.empty_like(y)
    out[design.order] = y
    return out


def _na(values: np.ndarray) -> pd.arrays.FloatingArray:
    missing = np.isnan(values)
    return pd.arrays.FloatingArray(np.where(missing, 0.0, values), missing)


def _parts(part: np.ndarray) -> pd.array:
    return pd.arrays.IntegerArray(part.astype("int64") + 1, part < 0)
