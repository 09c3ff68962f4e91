"""Many-facet Rasch: what is a submission worth, whoever read it, on which criteria and by which steps?

log P(x)/P(x − 1) = θ_submission − β_juror − δ_criterion − τ_x, with one set of steps for all criteria (rating
scale; Andrich 1978) or one a criterion (partial credit; Masters 1982); facets by Linacre (1989). Jurors,
criteria and steps each sum to 0; a positive β is a harsh juror.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from fairlib.errors import ScoringError
from fairlib.scoring.rasch.data import KINDS, Peeled, Prepared, build, peel
from fairlib.scoring.rasch.extreme import Measures, place_extremes
from fairlib.scoring.rasch.fit import fair_average, fit_statistics, mark_moments, separation
from fairlib.scoring.rasch.joint import RaschFit, fit_joint
from fairlib.scoring.rasch.marginal import fit_marginal
from fairlib.scoring.ratings import Marks, scored

ENOUGH = 10
WIDE = 1.05
LISTED = 20
FLAT = 0.01


@dataclass(frozen=True)
class Rasch:
    """A fitted many-facet Rasch model.

    `submissions` (index submission): `measure, se` in logits, `fair_average, fair_se` in points: the mark to
    expect from a juror of mean severity, mean over criteria; `infit, outfit, n, component, status`.
    `jurors` (index juror): `measure, se` in logits, `severity, severity_se` in points: what this juror takes
    off a middling submission; `infit, outfit, n, component, status`.
    `criteria` (index criterion): `measure, se, infit, outfit, n, status`.
    `steps` (index criterion, score): `threshold, se` of the step up to that score, and `n` marks on it; the
    criterion is `all` for the rating scale.
    `separation` (index submission, juror, criterion): `separation, reliability, n, status`.
    `findings`: `code, found, done`, all that was collapsed, set aside or is thin.
    `sd` is the standard deviation of submissions in logits (marginal only).

    Where there is no number the cell is missing and the status says why: `unscored`, `extreme_high` and
    `extreme_low` (measure by a 0.3-point adjustment, no fit statistics), `not_estimable` (tied to the rest
    only through extremes, or an extreme criterion with partial credit), `disconnected` (comparable within
    its `component` only), `only_juror`, `only_criterion`, `no_spread` (the same mark for all), `one_mark`,
    else `ok`.
    """

    submissions: pd.DataFrame
    jurors: pd.DataFrame
    criteria: pd.DataFrame
    steps: pd.DataFrame
    separation: pd.DataFrame
    findings: pd.DataFrame
    loglik: float
    iterations: int
    sd: float | None
    thresholds: str
    method: str


def rasch(
    ratings: pd.DataFrame,
    thresholds: Literal["rating_scale", "partial_credit"] = "rating_scale",
    method: Literal["joint", "marginal"] = "joint",
) -> Rasch:
    """Fit the many-facet Rasch model to a ratings table.

    Marks become ordered categories by their distinct values. Values that no mark has are closed up, and with
    partial credit a value that some criterion never uses joins a neighbour for all criteria. Submissions,
    jurors and criteria with only lowest or only highest marks are set aside first, again and again until
    none is left, and placed afterwards. In a disconnected design each connected subset has its own origin.
    The marginal likelihood takes all submissions as drawn from one normal distribution.

    Raises ScoringError for an unknown option, marks that are no categories (more than 101 values), nothing
    left to compare, criteria confounded with jurors or submissions, and perfectly separated marks.

    Guilford (1954, p. 282): seven junior scientists, five traits, three senior judges.

    >>> judges = [
    ...     "55353975853337173133977853535177555",
    ...     "65463875724536656455243234464233554",
    ...     "55573775753555553331977773335377757",
    ... ]
    >>> rows = [
    ...     (i // 5, judge, "abcde"[i % 5], int(mark))
    ...     for judge, line in enumerate(judges)
    ...     for i, mark in enumerate(line)
    ... ]
    >>> fit = rasch(pd.DataFrame(rows, columns=["submission", "juror", "criterion", "score"]))
    >>> fit.jurors.measure.round(3).tolist(), round(fit.loglik, 4)
    ([-0.023, 0.182, -0.159], -165.685)
    >>> fit.submissions.fair_average.round(2).tolist()
    [4.66, 6.27, 4.26, 3.79, 5.8, 3.59, 5.47]
    """
    if thresholds not in ("rating_scale", "partial_credit"):
        raise ScoringError(f"Unknown thresholds {thresholds!r}; choose rating_scale or partial_credit.")
    if method not in ("joint", "marginal"):
        raise ScoringError(f"Unknown method {method!r}; choose joint or marginal.")
    return rasch_of(scored(ratings), thresholds, method)


def rasch_of(marks: Marks, thresholds: str = "rating_scale", method: str = "joint") -> Rasch:
    """`rasch` of coded marks."""
    by_criterion = thresholds == "partial_credit"
    peeled = peel(marks, by_criterion, KINDS if method == "joint" else KINDS[1:])
    design = build(marks, peeled, by_criterion)
    fit = (fit_joint if method == "joint" else fit_marginal)(design)
    measures = _measures(marks, peeled, design, fit)
    tables = _tables(marks, peeled, design, fit, measures)
    return Rasch(
        **tables,
        steps=_steps(marks, peeled, design, fit),
        separation=_separation(tables, fit.sd),
        findings=_findings(peeled, design, tables, fit.sd),
        loglik=fit.loglik,
        iterations=fit.iterations,
        sd=fit.sd,
        thresholds=thresholds,
        method=method,
    )


def _labels(marks: Marks, kind: str) -> pd.Index:
    return {"submission": marks.submissions, "juror": marks.jurors, "criterion": marks.criteria}[kind]


def _measures(marks: Marks, peeled: Peeled, design: Prepared, fit: RaschFit) -> Measures:
    """Measures on the codes of the marks: the fitted ones, then the extremes."""
    measure, se, side = {}, {}, {}
    for kind, name in zip(KINDS, ("theta", "beta", "delta"), strict=True):
        size = len(_labels(marks, kind))
        measure[kind], se[kind] = np.full(size, np.nan), np.full(size, np.nan)
        measure[kind][design.kept[kind]] = getattr(fit.params, name)
        se[kind][design.kept[kind]] = getattr(fit.se, name)
        side[kind] = _side(getattr(marks, kind), peeled, size)
    structure = np.full(len(marks.criteria), -1 if design.n_structures > 1 else 0)
    if design.n_structures > 1:
        structure[design.kept["criterion"]] = np.arange(design.n_cri)
    fitted = Measures(measure, se, side, structure)
    return place_extremes(marks, peeled, fitted, fit.params.tau)


def _side(code: np.ndarray, peeled: Peeled, size: int) -> np.ndarray:
    """−1 and 1 for elements of the fit with lowest or highest marks only (marginal keeps them), else 0."""
    use = peeled.removed == 0
    n = np.bincount(code[use], minlength=size)
    total = np.bincount(code[use], weights=peeled.x[use], minlength=size)
    side = np.zeros(size, dtype=np.int64)
    side[(n > 0) & (total == 0)] = -1
    side[(n > 0) & (total == n * peeled.x.max())] = 1
    return side


def _tables(
    marks: Marks, peeled: Peeled, design: Prepared, fit: RaschFit, measures: Measures
) -> dict[str, pd.DataFrame]:
    """The tables of submissions, jurors and criteria."""
    n_cri, p = design.n_cri, fit.params
    jur, cri = design.cell // n_cri, design.cell % n_cri
    location = p.theta[design.sub] - p.beta[jur] - p.delta[cri]
    expected, variance = mark_moments(location, design.structure, p.tau)
    residual = design.x - expected
    out = {}
    for kind, name, code in zip(
        KINDS, ("submissions", "jurors", "criteria"), (design.sub, jur, cri), strict=True
    ):
        fits = fit_statistics(code, len(design.kept[kind]), residual, variance)
        out[name] = _table(marks, peeled, design, measures, kind, fits)
    points = _Points(p.delta, p.tau, peeled.values, float(p.theta.mean()))
    out["submissions"] = _with_fair_average(out["submissions"], points)
    out["jurors"] = _with_severity(out["jurors"], points)
    return out


@dataclass(frozen=True)
class _Points:
    """What turns logits into points: criteria, steps, marks of the categories, mean submission."""

    delta: np.ndarray
    tau: np.ndarray
    values: np.ndarray
    middle: float

    def at(self, location: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Expected mark and its slope; missing stays missing."""
        known = np.isfinite(location)
        mean, slope = np.full(len(location), np.nan), np.full(len(location), np.nan)
        mean[known], slope[known] = fair_average(location[known], self.delta, self.tau, self.values)
        return mean, slope


def _table(
    marks: Marks,
    peeled: Peeled,
    design: Prepared,
    measures: Measures,
    kind: str,
    fits: tuple[np.ndarray, np.ndarray],
) -> pd.DataFrame:
    labels, kept, code = _labels(marks, kind), design.kept[kind], getattr(marks, kind)
    table = pd.DataFrame(
        {"measure": measures.measure[kind], "se": measures.se[kind], "infit": np.nan, "outfit": np.nan},
        index=pd.Index(labels, name=kind),
    )
    table.iloc[kept, 2], table.iloc[kept, 3] = fits
    table.loc[measures.side[kind] != 0, ["infit", "outfit"]] = np.nan
    table["n"] = np.bincount(code, minlength=len(labels))
    if kind != "criterion":
        part = pd.array(np.full(len(labels), pd.NA), dtype="Int64")
        part[kept] = design.sub_component if kind == "submission" else design.component
        table["component"] = part
    table["status"] = _status(table, code, peeled.x, measures.side[kind], kind)
    return table


def _status(table: pd.DataFrame, code: np.ndarray, x: np.ndarray, side: np.ndarray, kind: str) -> np.ndarray:
    """The first reason that applies, in the order of weight."""
    n = table.n.to_numpy()
    total = np.bincount(code, weights=x, minlength=len(n))
    square = np.bincount(code, weights=x.astype(float) ** 2, minlength=len(n))
    apart = np.zeros(len(n), dtype=bool)
    if kind != "criterion":
        apart[:] = table.component.nunique() > 1
    alone = np.full(len(n), table.measure.notna().sum() == 1 and kind != "submission")
    rules = {
        "unscored": n == 0,
        "not_estimable": table.measure.isna().to_numpy(),
        "extreme_low": side < 0,
        "extreme_high": side > 0,
        f"only_{kind}": alone,
        "disconnected": apart,
        "one_mark": n == 1,
        "no_spread": (square * n == total**2) & (kind == "juror"),
    }
    return np.select(list(rules.values()), list(rules), default="ok").astype(object)


def _with_fair_average(table: pd.DataFrame, points: _Points) -> pd.DataFrame:
    mean, slope = points.at(table.measure.to_numpy())
    table.insert(2, "fair_average", mean)
    table.insert(3, "fair_se", slope * table.se)
    return table


def _with_severity(table: pd.DataFrame, points: _Points) -> pd.DataFrame:
    """Severity in points: fair average of a mean juror minus that of this one, for the mean submission."""
    mean, slope = points.at(points.middle - table.measure.to_numpy())
    centre = points.at(np.array([points.middle]))[0][0]
    table.insert(2, "severity", centre - mean)
    table.insert(3, "severity_se", slope * table.se)
    return table


def _steps(marks: Marks, peeled: Peeled, design: Prepared, fit: RaschFit) -> pd.DataFrame:
    names = [marks.criteria[c] for c in design.kept["criterion"]] if design.n_structures > 1 else ["all"]
    frames = []
    for s, lo, hi in design.blocks:
        frame = pd.DataFrame({"criterion": names[s], "score": peeled.values[1:]})
        frame["threshold"], frame["se"] = fit.params.tau[s], fit.se.tau[s]
        frame["n"] = np.bincount(design.x[lo:hi], minlength=design.n_steps + 1)[1:]
        frames.append(frame)
    return pd.concat(frames).set_index(["criterion", "score"])


def _separation(tables: dict[str, pd.DataFrame], sd: float | None) -> pd.DataFrame:
    """Separation and reliability by kind, without extremes; submissions of a marginal fit by σ."""
    rows = []
    for kind, name in zip(KINDS, ("submissions", "jurors", "criteria"), strict=True):
        table = tables[name]
        table = table[table.infit.notna() | (table.status == "ok")]
        group = (
            table.component.to_numpy(dtype=np.int64) if "component" in table else np.zeros(len(table), int)
        )
        if kind == "submission" and sd is not None:
            share = max(0.0, 1 - float(np.mean(table.se**2)) / sd**2)
            value: tuple[float, float] | None = (float(np.sqrt(share / (1 - share))), share)
        else:
            value = separation(table.measure.to_numpy(), table.se.to_numpy(), group)
        status = "ok" if value else "too_few"
        rows.append((kind, *(value or (np.nan, np.nan)), len(table), status))
    columns = ["kind", "separation", "reliability", "n", "status"]
    return pd.DataFrame(rows, columns=columns).set_index("kind")


def _findings(
    peeled: Peeled, design: Prepared, tables: dict[str, pd.DataFrame], sd: float | None
) -> pd.DataFrame:
    """Everything that a reader must know before using the measures."""
    method = "joint" if sd is None else "marginal"
    rows = list(peeled.findings)
    for name, table in tables.items():
        rows += _set_aside(name, table, method)
    if sd is not None and sd < FLAT:
        rows.append(("no_spread", "submissions do not differ beyond noise", "all are drawn to their mean"))
    n_parts = int(design.component.max()) + 1
    if n_parts > 1:
        done = "each has its own origin" if method == "joint" else "tied only by the common distribution"
        rows.append(("disconnected", f"{n_parts} subsets of jurors share no submission", done))
    rows += _thin(tables, peeled, design)
    mean_n = 1 / float(np.mean(1 / np.bincount(design.sub)))
    if method == "joint" and mean_n > 1 and mean_n / (mean_n - 1) >= WIDE:
        width = mean_n / (mean_n - 1)
        rows.append(
            (
                "few_marks",
                f"{mean_n:.1f} marks a submission (harmonic mean)",
                f"joint measures are too wide by about {width:.2f}; the marginal method is not",
            )
        )
    return pd.DataFrame(rows, columns=["code", "found", "done"])


def _set_aside(name: str, table: pd.DataFrame, method: str) -> list[tuple[str, str, str]]:
    kept = method == "marginal" and name == "submissions"
    placed = "kept in the fit, drawn to the mean" if kept else "out of the fit, placed 0.3 points inside"
    done = {"extreme_low": placed, "extreme_high": placed, "not_estimable": "no measure"}
    rows = []
    for status, what in done.items():
        who = table.index[table.status == status]
        if len(who):
            rows.append((status, f"{name}: {_listed(who)}", what))
    return rows


def _listed(who: pd.Index) -> str:
    more = f" and {len(who) - LISTED} more" if len(who) > LISTED else ""
    return ", ".join(map(str, who[:LISTED])) + more


def _thin(tables: dict[str, pd.DataFrame], peeled: Peeled, design: Prepared) -> list[tuple[str, str, str]]:
    """Categories, jurors and criteria on fewer than ten marks (Linacre 2002 for categories)."""
    rows = []
    count = np.bincount(design.x, minlength=design.n_steps + 1)
    few = [f"{v:g} ({c})" for v, c in zip(peeled.values, count, strict=True) if c < ENOUGH]
    if few:
        rows.append(("thin_category", f"marks {', '.join(few)}", "kept; its steps are loosely known"))
    for name in ("jurors", "criteria"):
        table = tables[name]
        who = table.index[(table.n > 0) & (table.n < ENOUGH)]
        if len(who):
            listed = f"{name}: {_listed(who)}"
            rows.append(("few_marks", listed, f"under {ENOUGH} marks; read the error with the measure"))
    return rows
