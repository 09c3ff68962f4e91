"""Jurors weighted by their reliability: as `severity`, with a noise and a slope for each juror, adaptively."""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from fairlib.scoring.arrays import nullable
from fairlib.scoring.crossed import posterior
from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.level_tables import level_contrasts, level_means, level_spreads
from fairlib.scoring.crossed.reml import Fit
from fairlib.scoring.estimators.estimator import Estimator, Many, Result, Scores, Singles, again_by, fit_of
from fairlib.scoring.estimators.severity import SEVERITY, many
from fairlib.scoring.result import Z95
from fairlib.scoring.unequal import open_noise
from fairlib.scoring.unequal.fit import Unequal, settle

ALIKE = (
    "juror_variance_not_identified",
    "residual_variance_zero",
)  # nothing tells one juror's noise from another's


@dataclass(frozen=True)
class ReliableFit(Fit):
    """The fit of the weighted marks, and `unequal`, what is known of each juror's noise and slope."""

    unequal: Unequal


def fitted(design: Incidence, y: np.ndarray) -> Fit:
    """The fit of marks (n,) in the sorted order of the design; that of `severity` where noises cannot be told."""
    plain = fit_of(design, y)
    if plain.status in ALIKE:
        return plain
    found = settle(plain, design, y)
    kept = {f.name: getattr(found.fit, f.name) for f in fields(Fit)}
    return ReliableFit(**kept, unequal=found)


def _fit(design: Incidence, y: np.ndarray, singles: Singles) -> Result:
    fit = fitted(design, y)
    if not isinstance(fit, ReliableFit):
        return SEVERITY.fit(design, y, singles)
    ratios, grid = posterior.nodes(fit), open_noise.spreads(fit.unequal)
    se_i, se_j = posterior.errors(fit, ratios)
    moment = open_noise.second_moment(fit.unequal, grid)
    se_i = np.sqrt(se_i**2 + open_noise.merit_variance(fit.unequal, moment))
    return Result(
        Scores(fit.merit, se_i, -fit.juror_effect, se_j),
        fit=fit,
        contrasts=level_contrasts(singles.pairs, fit, ratios),
        levels=level_means(singles.pairs, fit, ratios),
        groupings=level_spreads(singles.pairs, fit, ratios),
        sampler=lambda n, rng: open_noise.draws(fit.unequal, n, rng).merit,
        reliability=_table(singles, fit.unequal, moment),
    )


def _table(singles: Singles, found: Unequal, moment: np.ndarray) -> pd.DataFrame:
    """A row for each juror: noise and slope over those of the usual juror, with 95 % intervals."""
    half = Z95 * np.sqrt(np.diag(moment)).reshape(2, -1)
    u, v = found.x.reshape(2, -1)
    columns = {}
    for end, side in (("", 0), ("_low", -1), ("_high", 1)):
        columns["noise" + end] = _of_readers(np.exp((u + side * half[0]) / 2), found.design)
        columns["slope" + end] = _of_readers(1 + v + side * half[1], found.design)
    return pd.DataFrame(columns, index=singles.pairs.jurors.rename("juror"))


def _of_readers(value: np.ndarray, design: Incidence) -> pd.array:
    return nullable(np.where(design.load > 0, value, np.nan))


def _many(fit: Fit) -> Many:
    """As of `severity`, noises and slopes held too; slopes turn about the mean mark."""
    linear, centre = many(fit), fit.sums.centre
    return lambda y: linear(y - centre) + centre


RELIABILITY = Estimator(
    _fit,
    again_by(fitted),
    _many,
    model=fitted,
    compares_jurors=True,
    has_levels=True,
    takes_out=False,
    costly=True,
)
