"""What the library asks of a way of estimating: numbers with errors, estimates again for other marks, and
what they hang on. `table` has all of them by name; everything else asks there and knows no name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.reml import Fit, fit_sums
from fairlib.scoring.crossed.sums import sums_of
from fairlib.scoring.crossed.twoway import comparable_parts, components_of
from fairlib.scoring.ratings import Marks, Pairs

Sampler = Callable[[int, np.random.Generator], np.ndarray]
Again = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
Many = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Scores:
    """Estimates of submissions (I,) and severities of jurors (J,) with standard errors; NaN where none."""

    estimate: np.ndarray
    se: np.ndarray
    severity: np.ndarray
    severity_se: np.ndarray


@dataclass(frozen=True)
class Singles:
    """The single marks behind the composites `pairs`, with the weights of the criteria (equal if None)."""

    marks: Marks
    pairs: Pairs
    weights: Mapping[str, float] | None


@dataclass(frozen=True)
class Result:
    """What an estimator found, in the order of the design.

    `sampler` draws all submission effects jointly, (n, generator) to (n, I); without it they are independent.
    `limits` (2, I) are ends of 95 % intervals where they are not 1.96 standard errors away. `second` draws the
    estimates (n, I) of second commissions, where their marks are not those of the severity model.
    Statuses (I,) and (J,) stand before those that the design gives, where they are not empty. `reliability`
    (index juror): `noise, slope` of each, with `_low, _high`, where jurors may differ in them.
    """

    scores: Scores
    fit: Fit | None = None
    contrasts: pd.DataFrame | None = None
    levels: pd.DataFrame | None = None
    groupings: pd.DataFrame | None = None
    sampler: Sampler | None = None
    limits: np.ndarray | None = None
    second: Sampler | None = None
    submission_status: np.ndarray | None = None
    juror_status: np.ndarray | None = None
    reliability: pd.DataFrame | None = None


def fit_of(design: Incidence, y: np.ndarray) -> Fit:
    """The crossed random-effects model of marks (n,) in the sorted order of the design."""
    return fit_sums(sums_of(design, design.unsorted(y)))


def again_by(model: Callable[[Incidence, np.ndarray], Fit]) -> Callable[[Incidence, Singles | None], Again]:
    """`Estimator.again` where estimates and severities are those of a fitted model."""

    def prepared(design: Incidence, _: Singles | None) -> Again:
        def again(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            fit = model(design, y)
            return fit.merit, -fit.juror_effect

        return again

    return prepared


@dataclass(frozen=True)
class Estimator:
    """One way of estimating. Marks are composites (n,) in the sorted order of the design.

    `fit` gives estimates with errors. `again` prepares a design for many sets of marks: what it returns takes
    marks to estimates (I,) and severities (J,), these 0 where a mark is foretold by the estimate alone.
    `many`, where estimates are linear in the marks at fitted variances, takes many sets (D, n) to (D, I) at
    once; `model` gives that fit.

    `compares_jurors`: severities are told apart, so a disconnected design has no common ranking. `of_sums`:
    an estimate hangs on sums of marks alone (Rasch: sufficient statistics), never on a single mark or a
    juror's spread. `has_levels`: groups of submissions have a level each. `reads_singles`: single marks are
    wanted, `Singles` is not None. `drawn_as`: the estimator that takes its place where marks are drawn as
    composites or weights many times over. `takes_out`: what the severities of its readers do to an estimate is
    their plain mean, up to the pull of the rest, so that each reader has a share in it. `costly`: not asked
    hundreds of times over. `has_steps`: marks are steps of a scale, which drawn composites are not.
    """

    fit: Callable[[Incidence, np.ndarray, Singles], Result]
    again: Callable[[Incidence, Singles | None], Again]
    many: Callable[[Fit], Many] | None = None
    model: Callable[[Incidence, np.ndarray], Fit] = fit_of
    compares_jurors: bool = False
    of_sums: bool = False
    has_levels: bool = False
    reads_singles: bool = False
    drawn_as: str | None = None
    takes_out: bool = True
    has_steps: bool = False
    costly: bool = False

    def parts(self, design: Incidence) -> tuple[int, np.ndarray, np.ndarray]:
        """Parts of a design that cannot be compared with each other, as `components_of` gives them."""
        return (comparable_parts if self.has_levels else components_of)(design)
