"""One interface to every estimator: what a submission is worth, with its error, and how severe each juror is.

Raw and adjusted numbers always stand side by side, on the scale of the marks. Positive severity is harsh:
a mark of that juror is lower by so many points. What cannot be estimated is NA and its status says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from fairlib.errors import Disconnected, ScoringError
from fairlib.scoring.arrays import nullable
from fairlib.scoring.crossed.criteria import Given, Together
from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.reml import FIT_REASONS, Fit
from fairlib.scoring.crossed.twoway import components_of
from fairlib.scoring.dust import joined
from fairlib.scoring.estimators.estimator import Result, Sampler, Scores, Singles
from fairlib.scoring.estimators.simple import spread_of_jurors
from fairlib.scoring.estimators.table import METHODS, estimator
from fairlib.scoring.ratings import Pairs, composite_of, criterion_weights, filled, scored
from fairlib.scoring.result import Z95

__all__ = [
    "METHODS",
    "STATUS",
    "Estimates",
    "estimate",
    "one_mark_for_all",
    "per_criterion",
    "rank_changes",
    "refuse_pooled",
]

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


COMPONENTS = ("submission", "juror", "residual", "mu", "mu_se", "loglik", "status")


@dataclass(frozen=True)
class Estimates:
    """Estimates of one round by one method.

    `submissions` (index submission): `estimate, se, n_jurors, raw_mean, raw_median, disagreement,
    readers_severity, component, status`, points on the scale of the marks; `disagreement` is the standard
    deviation of the submission's marks (NA below two), `readers_severity` the mean severity of those who read
    it, `component` the connected part of the design (1 is the largest). `jurors` (index juror): `severity,
    se, n_submissions, component, status`. `components` (severity, reliability): `submission, juror, residual`
    variances, `mu, mu_se, loglik, status`. `levels`, `contrasts`, `groupings` (the same, ratings with levels):
    how high each group stands, how each two compare, how far the groups of a grouping lie apart; see
    `level_tables`. `reliability` (index juror, reliability only): `noise`, the standard
    deviation of a juror's error over that of the usual juror, and `slope`, by how much a mark moves for a point
    of quality, each with `_low, _high`, a 95 % interval.
    """

    method: str
    submissions: pd.DataFrame
    jurors: pd.DataFrame
    components: Mapping[str, float | str] | None = None
    fit: Fit | None = None
    contrasts: pd.DataFrame | None = None
    levels: pd.DataFrame | None = None
    groupings: pd.DataFrame | None = None
    reliability: pd.DataFrame | None = None
    _sampler: Sampler | None = field(default=None, repr=False)
    _limits: np.ndarray | None = field(default=None, repr=False)
    _second: Sampler | None = field(default=None, repr=False)
    _singles: Singles | None = field(default=None, repr=False)

    @property
    def has_second(self) -> bool:
        """Whether the estimator draws second commissions by a model of its own."""
        return self._second is not None

    def second(self, n: int, seed: int) -> np.ndarray:
        """Estimates (n, I) of `n` second commissions in the order of `submissions`, where `has_second`."""
        if self._second is None:
            raise ScoringError(f"Method {self.method} draws no second commissions of its own.")
        return self._second(n, np.random.default_rng(seed))

    def intervals(self) -> pd.DataFrame:
        """Ends `low, high` of 95 % intervals (index submission), on the scale of the marks; NA as the estimate.

        1.96 standard errors about the estimate; `ordinal` reads them off its latent scale, so that they are
        shorter on the side of an end of the scale of marks and never beyond it.
        """
        table = self.submissions
        if self._limits is None:
            half = Z95 * table["se"]
            return pd.DataFrame({"low": table["estimate"] - half, "high": table["estimate"] + half})
        known = table["estimate"].notna().to_numpy()
        ends = [nullable(np.where(known, end, np.nan)) for end in self._limits]
        return pd.DataFrame(dict(zip(("low", "high"), ends, strict=True)), index=table.index)

    def draws(self, n: int, seed: int) -> pd.DataFrame:
        """`n` draws of all submission effects (n × I'), columns the submissions that have an estimate.

        `severity` and `ordinal` draw from the joint posterior, variances and juror severities included; `additive`
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
                f"Method {self.method} has no standard error for submission {se.index[se.isna()][0]}, so "
                "nothing can be drawn; more readings of the same submissions are needed."
            )
        noise = np.random.default_rng(seed).standard_normal((n, len(se)))
        centre = self.submissions.loc[known, "estimate"].to_numpy(float)
        return pd.DataFrame(centre + noise * se.to_numpy(float), columns=columns)

    def criteria(self, names: Sequence[str], seed: int) -> tuple[Given, list[str]] | None:
        """What draws criteria given draws of the composites of all submissions, and the criteria in its order.

        `names` are those wanted besides the ones with a weight. None where there are no single marks behind the
        estimates, one criterion alone, or more jurors than can be drawn together (`criteria.MOST`).
        """
        if self._singles is None:
            return None
        marks, pairs, weights = self._singles.marks, self._singles.pairs, self._singles.weights
        weight = criterion_weights(marks.criteria, weights)
        there = np.bincount(marks.criterion, minlength=len(weight)) > 0
        used = [
            c for c, w, t in zip(marks.criteria, weight, there, strict=True) if t and (w > 0 or c in names)
        ]
        if len(used) < 2 or not set(names) <= set(used):
            return None
        together = Together(pairs.incidence(), filled(marks, pairs, weights, used))
        if not together.fits:
            return None
        return Given(together, weight[marks.criteria.get_indexer(used)], seed), used


def estimate(
    ratings: pd.DataFrame,
    method: str = "severity",
    weights: Mapping[str, float] | None = None,
    *,
    within: bool = False,
) -> Estimates:
    """Estimate every submission and every juror from a ratings table by one of `METHODS`.

    Several criteria are put together by `weights` (equal if none); a single one is taken as it is. `severity`
    (the default) is the crossed random-effects model of `reml`, with a level for each group of submissions
    where the ratings have a column `level`, or several, `level:NAME` and `fixed:NAME`; `reliability` is the same
    with a noise and a slope for each juror (`unequal`); `additive` is two-way least squares. `ordinal` is the
    severity model for marks that are steps of a latent scale (few steps, ceilings), read back as the mark to
    expect from a juror of mean severity. `rasch` takes the marginal
    likelihood where the joint one has no maximum, with the status `marginal`.

    Raises ScoringError for an unknown method, for marks that cannot support it, and, by the estimators that
    compare jurors, for a disconnected design: no mark links its parts, so a pooled ranking would be an
    invention. `within=True` estimates all the same, to be ranked inside each `component` only. Parts that are
    whole levels are one component to `severity`: it compares them, and its errors include the difference of
    panels.

    Sources: Patterson & Thompson (1971) Biometrika 58:545 and Henderson (1975) Biometrics 31:423 (severity);
    Abowd, Creecy & Kramarz (2002) (additive); Linacre (1989) (rasch); McCullagh (1980) (ordinal); Wilcox (2017)
    (trimmed).
    """
    chosen = estimator(method)
    marks = scored(ratings)
    pairs = composite_of(marks, weights)
    design = pairs.incidence()
    n_parts, sub_part, jur_part = chosen.parts(design)
    if n_parts > 1 and chosen.compares_jurors and not within:
        refuse_pooled(sub_part, jur_part, pairs, method)
    y = pairs.y[design.order]
    singles = Singles(marks, pairs, weights)
    result = chosen.fit(design, y, singles)
    return _told(method, pairs, design, y, result, sub_part, jur_part, singles)


def _told(
    method: str,
    pairs: Pairs,
    design: Incidence,
    y: np.ndarray,
    result: Result,
    sub_part: np.ndarray,
    jur_part: np.ndarray,
    singles: Singles | None = None,
) -> Estimates:
    return Estimates(
        method,
        _submission_table(pairs, design, y, result, sub_part),
        _juror_table(pairs, design, y, result, jur_part),
        None if result.fit is None else {name: getattr(result.fit, name) for name in COMPONENTS},
        result.fit,
        result.contrasts,
        result.levels,
        result.groupings,
        result.reliability,
        result.sampler,
        result.limits,
        result.second,
        singles,
    )


def one_mark_for_all(
    ratings: pd.DataFrame, method: str, weights: Mapping[str, float] | None = None
) -> Estimates | None:
    """The estimates where jurors who share submissions gave all the same composite; None where marks differ.

    That mark is everybody's estimate, by any method, without error as far as the marks can tell, and no juror
    is harsher than another: status `no_variation`. `estimate` itself refuses such marks to the methods that
    need a spread; see there for sources.
    """
    pairs = composite_of(scored(ratings), weights)
    if np.ptp(pairs.y) > 0:
        return None
    design = pairs.incidence()
    n_parts, sub_part, jur_part = components_of(design)
    if n_parts > 1:
        return None
    i, j = np.zeros(design.n_submissions), np.zeros(design.n_jurors)
    status = np.where(design.readers > 0, "no_variation", "")
    result = Result(Scores(i + pairs.y[0], i, j, j), submission_status=status)
    return _told(method, pairs, design, pairs.y, result, sub_part, jur_part)


def per_criterion(ratings: pd.DataFrame, method: str = "severity", *, within: bool = False) -> pd.DataFrame:
    """Estimates of each criterion alone: the columns of `Estimates.submissions`, by (criterion, submission).

    A criterion whose marks cannot support the method (one value only, say) keeps its raw numbers, has no
    estimate and the status not_estimable. Raises as `estimate` does for an unknown method; for sources,
    see `estimate`.
    """
    estimator(method)
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


def refuse_pooled(sub_part: np.ndarray, jur_part: np.ndarray, pairs: Pairs, method: str) -> None:
    """Raises Disconnected, which names the parts."""
    told = []
    for part in range(min(int(jur_part.max()) + 1, 4)):
        who = ", ".join(map(str, pairs.jurors[jur_part == part][:5]))
        more = " …" if (jur_part == part).sum() > 5 else ""
        told.append(f"{int((sub_part == part).sum())} submissions read by {who}{more}")
    raise Disconnected(
        f"The design falls into {int(jur_part.max()) + 1} disconnected parts ({'; '.join(told)}): no juror "
        f"links them, so {method} cannot rank them together."
    )


def _submission_table(
    pairs: Pairs, design: Incidence, y: np.ndarray, result: Result, part: np.ndarray
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
        "estimate": nullable(value),
        "se": nullable(np.where(np.isnan(value), np.nan, result.scores.se)),
        "n_jurors": n,
        "raw_mean": nullable(mean),
        "raw_median": nullable(middle),
        "disagreement": nullable(spread),
        "readers_severity": nullable(readers),
        "component": _parts(part),
        "status": status,
    }
    return pd.DataFrame(table, index=pairs.submissions.rename("submission"))


def _juror_table(
    pairs: Pairs, design: Incidence, y: np.ndarray, result: Result, part: np.ndarray
) -> pd.DataFrame:
    read = design.load > 0
    sd = spread_of_jurors(design, y)[1]
    severity, se = result.scores.severity, result.scores.severity_se
    status = np.select(
        [~read, part > 0, design.load == 1, sd == 0, np.isnan(severity), np.isnan(se)],
        ["no_scored_mark", "disconnected", "one_score", "no_spread", "no_other_reader", "no_error"],
        "ok",
    )
    if result.juror_status is not None:
        status = np.where(read & (result.juror_status != ""), result.juror_status, status)
    table = {
        "severity": nullable(np.where(read, severity, np.nan)),
        "se": nullable(np.where(read, se, np.nan)),
        "n_submissions": design.load.astype("int64"),
        "component": _parts(part),
        "status": status,
    }
    return pd.DataFrame(table, index=pairs.jurors.rename("juror"))


def _parts(part: np.ndarray) -> pd.array:
    return pd.arrays.IntegerArray(part.astype("int64") + 1, part < 0)
