"""Is the severity model right for these marks, and what would be different if it allowed for what it does not know?"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.linalg import solve_triangular

from fairlib.scoring.arrays import nullable
from fairlib.scoring.estimators.adjust import Estimates
from fairlib.scoring.estimators.estimator import Singles
from fairlib.scoring.jurors.multiplicity import adjust
from fairlib.scoring.misfit.allowing import Allowed, Ends, allow, ends_of, is_small
from fairlib.scoring.misfit.discrepancies import CHECKS, LEAST, Groups, Seen, look
from fairlib.scoring.misfit.residuals import Left
from fairlib.scoring.misfit.shape import shape_of
from fairlib.scoring.misfit.weighted import Weighted
from fairlib.scoring.ratings import composite_of, scored

LEVEL = 0.05
AT_ENDS = 0.01  # share of single marks at an end of the scale below which it is no ceiling
JOINT = 600  # submissions up to which draws are moved together
STATUS = {
    "found": "the marks differ from the model in this, by more than chance",
    "not_found": "",
    "no_model": "the estimates are not those of a model that could be held against the marks",
    "few_marks": "too few marks are left once submissions and jurors are known",
    "no_groups": "there are no groups of submissions to compare",
    "no_marks_at_ends": "hardly a mark stands at an end of the scale",
}


@dataclass(frozen=True, eq=False)
class ModelFit:
    """How the marks of a round compare with marks that the severity model would give.

    `table` (index check: `ceiling, noise, groups, merits, one_mark`): `statistic`, `p`, the share of replicated sets of
    marks at least as far from the model; `p_adjusted` for all questions together (Benjamini & Hochberg 1995); `size`:
    the share of single marks at the end of the scale, and points by which the mark lies from what the other marks
    foretell; `about`: which end (`best, worst`), which groups (`juror:` before those that jurors see differently), to
    which side (`better, worse`); `juror, submission` of the mark; `status`.
    """

    table: pd.DataFrame
    _source: "_Source | None" = field(default=None, repr=False)

    @property
    def found(self) -> tuple[str, ...]:
        """The checks that found something, in the order of the table."""
        return tuple(self.table.index[self.table["status"] == "found"])

    @property
    def can_allow(self) -> bool:
        """Whether models that allow for more can be fitted: not where marks are too few, or far too many."""
        return self._source is not None

    def allowing_for(self, *faults: str) -> Estimates | None:
        """Estimates that allow for some of the five, to draw from; None where no such model can be fitted."""
        return None if self._source is None else self._source.moved(frozenset(faults))


def model_fit(
    ratings: pd.DataFrame,
    estimates: Estimates,
    *,
    scale: tuple[float, float, float],
    groups: pd.DataFrame | None = None,
    weights: Mapping[str, float] | None = None,
    seed: int,
) -> ModelFit:
    """Hold the marks against replicates of the severity model, with what allowing for more would change.

    `estimates` are `severity` estimates of `ratings`; `scale` is least, most and step of a mark; `groups` (index
    submission) has a column for each grouping by which jurors may see submissions differently: those with fewer than
    five submissions are left out. Deterministic for a seed. Other estimators have the status `no_model`.

    Rubin (1984) Ann. Stat. 12:1151; Gelman, Meng & Stern (1996) Stat. Sinica 6:733.
    """
    fit = estimates.fit
    if fit is None or fit.residual <= 1e-9 * max(fit.submission, 1e-12):
        return ModelFit(_table({}, dict.fromkeys(CHECKS, "no_model")))
    marks = scored(ratings)
    pairs = composite_of(marks, weights)
    left = Left(fit, pairs.y[fit.sums.incidence.order])
    known = groupings(groups, pairs.submissions, left)
    seen = look(left, known, seed)
    if seen is None:
        return ModelFit(_table({}, dict.fromkeys(CHECKS, "few_marks")))
    ends = ends_of(Singles(marks, pairs, weights), left, scale)
    source = _Source(estimates, left, seen, known, ends)
    return ModelFit(_told(source, pairs.jurors, pairs.submissions), source if is_small(left, known) else None)


def groupings(groups: pd.DataFrame | None, submissions: pd.Index, left: Left) -> tuple[Groups, ...]:
    """Groupings that can be told: two groups or more of five submissions that were read; one for each partition."""
    out: list[Groups] = []
    if groups is None:
        return ()
    read, levels = left.design.readers > 0, left.design.levels
    for name in groups.columns:
        values = groups[name].reindex(submissions).astype(object)
        code, labels = pd.factorize(values.where(values.notna() & (values != "")), sort=True)
        code = np.where(read, code, -1)
        size = np.bincount(code[code >= 0], minlength=len(labels))
        large = np.flatnonzero(size >= LEAST)
        if 2 <= len(large) <= left.design.n // (4 * left.design.n_jurors) + 8:
            new = np.where(np.isin(code, large), np.searchsorted(large, code), -1)
            known = levels.n > 1 and any(_same(new[new >= 0], c[new >= 0]) for c in levels.codes)
            out.append(Groups(str(name), new, known))
    return tuple(out)


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two codings (n,) part the same way."""
    both = len(np.unique(np.column_stack([a, b]), axis=0))
    return both == len(np.unique(a)) == len(np.unique(b))


@dataclass(frozen=True, eq=False)
class _Source:
    """What models that allow for more are fitted from, each once."""

    estimates: Estimates
    left: Left
    seen: Seen
    groups: tuple[Groups, ...]
    ends: Ends

    @cached_property
    def base(self) -> Weighted:
        """The severity model itself at its own variances."""
        return self.allowed(frozenset()).model

    def allowed(self, faults: frozenset[str]) -> Allowed:
        return allow(self.left, faults, self.seen, self.groups, self.ends)

    def moved(self, faults: frozenset[str]) -> Estimates:
        """The estimates whose draws are those of the model, moved with what allowing for `faults` changes.

        A draw θ of merits with posterior N(m, LLᵀ) becomes m' + L'L⁻¹(θ − m): the uncertainty of the variances stays,
        and two models differ by what they say, not by chance. Above 600 submissions each is moved on its own.
        """
        other = self.allowed(faults).model
        fit, shift = self.left.fit, other.merit - self.base.merit
        draw, turn = self.estimates._sampler, _turn(self.base, other)
        assert draw is not None  # estimates of a fitted model can be drawn from
        shape = None
        if "merits" in faults:
            se = np.sqrt(other.spread())
            shape = shape_of(fit.merit + shift, se, fit.level, other.of_submission)

        def sampler(n: int, rng: np.random.Generator) -> np.ndarray:
            drawn = fit.merit + shift + turn(draw(n, rng) - fit.merit)
            return drawn if shape is None else shape.moved(drawn)

        table = self.estimates.submissions.copy()
        table["estimate"] = table["estimate"] + pd.Series(shift, index=table.index)
        return replace(self.estimates, submissions=table, _sampler=sampler)


def _turn(base: Weighted, other: Weighted):
    """Deviations (D, I) of draws under one posterior, as those under another."""
    if len(base.merit) <= JOINT:
        try:
            roots = [np.linalg.cholesky(m.covariance()) for m in (base, other)]
        except np.linalg.LinAlgError:
            return lambda off: off
        turn = solve_triangular(roots[0], roots[1].T, lower=True, trans="T")
        return lambda off: off @ turn
    ratio = np.sqrt(other.spread() / base.spread())
    return lambda off: off * ratio


def _told(source: _Source, jurors: pd.Index, submissions: pd.Index) -> pd.DataFrame:
    seen, left = source.seen, source.left
    share = float((source.ends.at_high if seen.end > 0 else source.ends.at_low).mean())
    status = dict.fromkeys(seen.p, "not_found") | {n: "no_groups" for n in CHECKS if n not in seen.p}
    asked = dict(seen.p)
    if share < AT_ENDS:
        del asked["ceiling"]
        status["ceiling"] = "no_marks_at_ends"
    p = np.array([asked.get(name, np.nan) for name in CHECKS])
    adjusted = adjust(p)
    status |= {name: "found" for name, q in zip(CHECKS, adjusted, strict=True) if q <= LEVEL}
    mark = seen.mark
    rest = float(left.y[mark] - left.fitted[mark])
    rows = {
        "ceiling": {"size": share, "about": "best" if seen.end > 0 else "worst"},
        "groups": {"about": seen.group},
        "one_mark": {
            "size": abs(rest) / max(float(left.free[mark]), 1e-9),
            "about": "better" if rest > 0 else "worse",
            "juror": jurors[left.design.who[mark]],
            "submission": submissions[left.design.owner[mark]],
        },
    }
    return _table(rows, status, seen.statistic, p, adjusted)


def _table(rows, status, statistic=None, p=None, adjusted=None) -> pd.DataFrame:
    nothing = np.full(len(CHECKS), np.nan)
    numbers = [(statistic or {}).get(name, np.nan) for name in CHECKS]
    table = {
        "statistic": nullable(np.array(numbers, dtype=float)),
        "p": nullable(nothing if p is None else p),
        "p_adjusted": nullable(nothing if adjusted is None else adjusted),
        "size": nullable(np.array([rows.get(n, {}).get("size", np.nan) for n in CHECKS], dtype=float)),
    }
    for name in ("about", "juror", "submission"):
        table[name] = [str(rows.get(n, {}).get(name, "")) for n in CHECKS]
    table["status"] = [status[name] for name in CHECKS]
    return pd.DataFrame(table, index=pd.Index(CHECKS, name="check"))
