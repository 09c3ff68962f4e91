"""Kappas and their relatives: do jurors choose the same category more often than chance would have it?

For marks on a scale give `weights`: a near miss then counts as part agreement, by distance on the scale of
marks. Several criteria count as their equal-weights composite; text categories need one criterion.
"""

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
import scipy

from fairlib.scoring.agreement.categories import categories
from fairlib.scoring.agreement.chance_corrected import (
    COEFFICIENTS,
    Coefficient,
    Tally,
    category_weights,
    tally,
)
from fairlib.scoring.result import Z95, Statistic

TITLES = {
    "gwet_ac": "Gwet's AC",
    "fleiss": "Fleiss' kappa",
    "krippendorff": "Krippendorff's alpha by weights",
    "conger": "Conger's kappa",
    "brennan_prediger": "Brennan-Prediger coefficient",
    "percent_agreement": "percent agreement",
}
LINEARISED = "linearised standard error, Student's t over submissions"


@dataclass(frozen=True)
class Agreement(Statistic):
    """A coefficient of agreement with its standard error and the number of categories that occur."""

    se: float | None = None
    n_categories: int = 0


def kappas(ratings: pd.DataFrame, weights: str | None = None) -> pd.DataFrame:
    """Six coefficients side by side: index `gwet_ac, fleiss, krippendorff, conger, brennan_prediger,
    percent_agreement`; columns `value, se, low, high, p, n, n_submissions, n_jurors, status`.

    Weights: None, `linear`, `quadratic`, `ordinal`. Limits are 95 %, Student's t on n − 1 degrees of freedom
    with the linearised standard error, cut at 1; p tests 0 with the same error. Any mark may be missing.

    Source: Gwet (2014) Handbook of Inter-Rater Reliability, 4th ed., whose Table 2.15 is the example here.

    >>> columns = dict(A="abccbadab...", B="abccbbdabe..", C=".cccbcdbbeac", D="abccbddabea.")
    >>> long = pd.DataFrame({j: list(x) for j, x in columns.items()}).replace(".", None)
    >>> long = long.rename_axis("submission").reset_index().melt(
    ...     "submission", var_name="juror", value_name="score").assign(criterion="all")
    >>> kappas(long).value[["gwet_ac", "fleiss", "percent_agreement"]].round(4).to_list()
    [0.7754, 0.7612, 0.8182]
    """
    p = tally(ratings, weights)
    rows = {name: _statistic(p, name) for name in COEFFICIENTS}
    columns = ["value", "se", "low", "high", "p", "n", "n_submissions", "n_jurors", "status"]
    out = pd.DataFrame([[getattr(s, c) for c in columns] for s in rows.values()], list(rows), columns)
    return out.astype(dict.fromkeys(columns[:5], "Float64"))


def gwet_ac(ratings: pd.DataFrame, weights: str | None = None) -> Agreement:
    """Gwet's AC1, with weights AC2 (Gwet 2008, Br. J. Math. Stat. Psychol. 61:29–48); see `kappas`.

    Chance agreement falls with the number of categories that occur, so do not compare tables with
    different numbers of them.
    """
    return _statistic(tally(ratings, weights), "gwet_ac")


def brennan_prediger(ratings: pd.DataFrame, weights: str | None = None) -> Agreement:
    """Brennan & Prediger's coefficient (1981, Educ. Psychol. Meas. 41:687–699); see `kappas`."""
    return _statistic(tally(ratings, weights), "brennan_prediger")


def percent_agreement(ratings: pd.DataFrame, weights: str | None = None) -> Agreement:
    """Share of pairs of jurors that agree, averaged over submissions, no correction; see `kappas`."""
    return _statistic(tally(ratings, weights), "percent_agreement")


def conger_kappa(ratings: pd.DataFrame, weights: str | None = None) -> Agreement:
    """Conger's kappa (1980, Psychol. Bull. 88:322–328): each juror's own habits; see `kappas`."""
    return _statistic(tally(ratings, weights), "conger")


def fleiss_kappa(ratings: pd.DataFrame, weights: str | None = None) -> Agreement:
    """Fleiss' kappa: chance by the habits of the panel as a whole; see `kappas` for limits and weights.

    Without weights and with equally many marks for all, p is Fleiss' own test under the hypothesis of no
    agreement (Fleiss, Nee & Landis 1979, Psychol. Bull. 86:974–977); otherwise that of `kappas`.

    Source: Fleiss (1971) Psychol. Bull. 76:378–382.
    """
    p = tally(ratings, weights)
    found = _statistic(p, "fleiss")
    if found.value is None or weights is not None or np.ptp(p.r) > 0:
        return found
    r, pi = p.r[0], p.counts.sum(axis=0) / p.counts.sum()
    s = (pi * (1 - pi)).sum()
    null = 2 * (s * s - (pi * (1 - pi) * (1 - 2 * pi)).sum()) / (s * s * len(p.r) * r * (r - 1))
    if null <= 0:
        return found
    p_null = float(2 * scipy.stats.norm.sf(abs(found.value) / np.sqrt(null)))
    return replace(found, p=p_null, method=f"interval: {LINEARISED}; p: normal, error under no agreement")


def _statistic(p: Tally, name: str) -> Agreement:
    n, k, q = len(p.r), len(p.marks.jurors), len(p.w)
    base = Agreement(
        TITLES[name], None, n=int(p.r.sum()), n_submissions=n, n_jurors=k, n_categories=q, method=LINEARISED
    )
    status = _why_not(p)
    if status:
        return replace(base, status=status)
    found = COEFFICIENTS[name](p)
    return replace(base, status="no_variation") if found is None else _with_limits(base, found)


def _why_not(p: Tally) -> str | None:
    if len(p.marks.jurors) == 1:
        return "one_juror"
    if not (p.r > 1).any():
        return "no_pairs"
    return "no_variation" if len(p.w) == 1 else None


def _with_limits(base: Agreement, found: Coefficient) -> Agreement:
    """Value, error, limits and p of a coefficient from the influence of its submissions."""
    n = len(found.influence)
    if n < 2:
        return replace(base, value=found.value, status="one_submission")
    spread = np.square(found.influence - found.value).sum()
    se = float(np.sqrt(spread / (n * (n - 1))))
    reach = float(scipy.stats.t.ppf(0.975, n - 1)) * se
    p = 2 * float(scipy.stats.t.sf(abs(found.value) / se, n - 1)) if se > 1e-12 else None
    low, high = found.value - reach, min(1.0, found.value + reach)
    return replace(base, value=found.value, se=se, low=low, high=high, p=p, df=n - 1)


def cohen_kappa(ratings: pd.DataFrame, weights: str | None = None) -> pd.DataFrame:
    """Cohen's kappa of every pair of jurors over what both marked, weights by distance on the scale.

    Columns `juror_a, juror_b, n, value, se, low, high, p, status`, one row per pair in label order. Limits
    are 95 %, normal, with the large-sample error; p tests kappa = 0 with the error under that hypothesis.
    Weights: None, `linear` |a − b|, `quadratic` (a − b)², of the marks themselves: categories that nobody,
    or neither of the two, used change nothing. (Packages that weigh by position among the categories that
    happened to occur differ where the scale has gaps.) `ordinal` goes by position in the whole table.

    Sources: Cohen (1960, 1968); Fleiss, Cohen & Everitt (1969) Psychol. Bull. 72:323–327.
    """
    m = categories(ratings)
    w = category_weights(m.values, weights)
    wide = np.full((len(m.jurors), len(m.submissions)), -1)
    wide[m.juror, m.submission] = m.code
    rows = []
    for a, b in combinations(range(len(m.jurors)), 2):
        both = (wide[a] >= 0) & (wide[b] >= 0)
        found = _cohen(wide[a, both], wide[b, both], w)
        rows.append((m.jurors[a], m.jurors[b], int(both.sum()), *found))
    names = ["value", "se", "low", "high", "p"]
    out = pd.DataFrame(rows, columns=["juror_a", "juror_b", "n", *names, "status"])
    return out.astype({"n": "int64", "status": "str"} | dict.fromkeys(names, "Float64"))


def _cohen(a: np.ndarray, b: np.ndarray, w: np.ndarray) -> tuple:
    """Value, standard error, limits, p and status for two jurors' codes."""
    n, q = len(a), len(w)
    if n == 0:
        return None, None, None, None, None, "no_pairs"
    joint = np.bincount(a * q + b, minlength=q * q).reshape(q, q) / n
    pa, pb = joint.sum(axis=1), joint.sum(axis=0)
    po, pe = float((w * joint).sum()), float(pa @ w @ pb)
    if 1 - pe < 1e-12:
        return None, None, None, None, None, "no_variation"
    value = (po - pe) / (1 - pe)
    reach = (w @ pb)[:, None] + (pa @ w)[None, :]
    spread = (joint * (w * (1 - pe) - reach * (1 - po)) ** 2).sum() - (po * pe - 2 * pe + po) ** 2
    se = float(np.sqrt(spread / n)) / (1 - pe) ** 2 if spread > 1e-14 else 0.0
    null = (np.outer(pa, pb) * (w - reach) ** 2).sum() - pe**2
    # no spread under chance: kappa is 0 however the marks fall, and is found to be 0
    p = float(2 * scipy.stats.norm.sf(abs(value) * (1 - pe) / np.sqrt(null / n))) if null > 1e-12 else 1.0
    status = "constant_juror" if max(pa.max(), pb.max()) == 1 else "ok"
    return value, se, value - Z95 * se, min(1.0, value + Z95 * se), p, status


def light_kappa(ratings: pd.DataFrame, weights: str | None = None) -> Agreement:
    """Light's kappa: the mean of the pairwise Cohen's kappas, each over the submissions both jurors marked.

    Its error is that of the mean: a submission's influence on it is the mean of its influences on the pairs.

    Source: Light (1971) Psychol. Bull. 76:365–377.
    """
    p = tally(ratings, weights)
    base = replace(
        _statistic(p, "percent_agreement"),
        name="Light's kappa",
        value=None,
        se=None,
        low=None,
        high=None,
        p=None,
        df=None,
    )
    if base.status not in ("ok", "one_submission"):
        return base
    m, n = p.marks, len(p.r)
    wide = np.full((len(m.jurors), n), -1)
    wide[m.juror, m.submission] = m.code
    parts = [_light_part(a, b, p.w) for a, b in combinations(wide, 2)]
    parts = [x for x in parts if x is not None]
    if not parts:
        return replace(base, status="no_variation")
    values, influences = zip(*parts, strict=True)
    value = float(np.mean(values))
    return _with_limits(
        replace(base, status="ok"), Coefficient(value, 0.0, np.mean(influences, axis=0) + value)
    )


def _light_part(a: np.ndarray, b: np.ndarray, w: np.ndarray) -> tuple[float, np.ndarray] | None:
    """Cohen's kappa of two rows of codes (−1 missing) and each submission's influence, centred at 0."""
    both = (a >= 0) & (b >= 0)
    n = np.count_nonzero(both)
    if n == 0:
        return None
    x, y, q = a[both], b[both], len(w)
    pa, pb = np.bincount(x, minlength=q) / n, np.bincount(y, minlength=q) / n
    po, pe = w[x, y].mean(), float(pa @ w @ pb)
    if 1 - pe < 1e-12:
        return None
    value = (po - pe) / (1 - pe)
    chance = (w @ pb)[x] + (pa @ w)[y] - 2 * pe
    influence = np.zeros(len(a))
    influence[both] = (w[x, y] - po - (1 - value) * chance) / (1 - pe) * len(a) / n
    return float(value), influence
