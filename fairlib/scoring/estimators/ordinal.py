"""The ordinal model as an estimator: marks are steps of a latent scale, and estimates are read back in points."""

import numpy as np

from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.reml import Fit, fit_sums
from fairlib.scoring.crossed.sums import sums_of
from fairlib.scoring.estimators.estimator import Again, Estimator, Result, Scores, Singles
from fairlib.scoring.ordinal.fit import Search, nodes
from fairlib.scoring.ordinal.likelihood import Readings
from fairlib.scoring.ordinal.posterior import Posterior, limits
from fairlib.scoring.ordinal.scale import steps_of
from fairlib.scoring.ordinal.twin import second_estimates

_LEVEL = 0.95
_NO_JURORS = np.log(1e-2)


def _posterior(design: Incidence, y: np.ndarray) -> Posterior:
    """The fit to composites y (n,) in sorted order."""
    normal = fit_sums(sums_of(design, design.unsorted(y)))
    read = design.readers > 0
    steps, step = steps_of(y)
    place = np.cumsum(read) - 1
    data = Readings(
        place[design.owner],
        design.who,
        step,
        design.level[read],
        design.n_jurors,
        int(design.level.max()) + 1,  # each combination of several groupings has a level
        steps,
    )
    u, mode, centre, free = _start(data, normal, read)
    search = Search(data, u, mode, centre)
    return Posterior(data, nodes(search, free))


def _start(
    data: Readings, normal: Fit, read: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, tuple[int, ...]]:
    """u, modes and log spreads as the model for normal marks has them, and the spreads that are free."""
    steps = data.steps
    rest = max(np.sqrt(normal.residual), 0.1 * steps.unit)
    total = np.bincount(data.level, weights=normal.level[read], minlength=data.n_levels)
    level = total / np.maximum(np.bincount(data.level, minlength=data.n_levels), 1)
    u = np.concatenate(
        [
            normal.juror_effect / rest,
            (level - steps.centre) / rest,
            np.full(steps.bands, np.log(steps.unit / rest)),
        ]
    )
    spread = np.sqrt([normal.submission, normal.juror]) / rest
    centre = np.append(np.log(np.clip(spread, 0.2, 10.0)), np.log(0.5))
    free: tuple[int, ...] = (0, 1)
    if normal.status == "juror_variance_not_identified":
        centre[1], free = _NO_JURORS, (0,)
    if data.n_levels > 1:
        free = (*free, 2)
    return u, normal.submission_effect[read] / rest, centre, free


def _fit(design: Incidence, y: np.ndarray, singles: Singles) -> Result:
    found = _posterior(design, y)
    read = design.readers > 0
    return Result(
        _scores(found, read),
        sampler=lambda n, rng: _spread_out(found.draws(n, rng), read),
        second=lambda n, rng: _spread_out(second_estimates(found, n, rng), read),
        limits=_spread_out(np.array([found.mark(end) for end in limits(*found.places, _LEVEL)]), read),
    )


def _scores(found: Posterior, read: np.ndarray) -> Scores:
    """Estimates, and severities: half of what a middling submission has less from a juror than from his mirror image.

    Halved, since near an end of the scale an uncertain juror would take something off whatever he is like.
    """
    merit, se = found.marks(*found.places)
    effect, of_effect = found.jurors
    middle = found.places[0].mean()
    against, along = middle - effect, middle + effect
    return Scores(
        _spread_out(merit, read),
        _spread_out(se, read),
        (found.mark(against) - found.mark(along)) / 2,
        (found.slopes(against) + found.slopes(along)) / 2 * of_effect,
    )


def _spread_out(values: np.ndarray, read: np.ndarray) -> np.ndarray:
    """Values (…, I') of submissions with a mark among all (…, I), NaN for the others."""
    out = np.full((*values.shape[:-1], len(read)), np.nan)
    out[..., read] = values
    return out


def _again(design: Incidence, _) -> Again:
    def again(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = _scores(_posterior(design, y), design.readers > 0)
        return found.estimate, np.nan_to_num(found.severity)

    return again


ORDINAL = Estimator(
    _fit,
    _again,
    compares_jurors=True,
    has_levels=True,
    drawn_as="severity",
    takes_out=False,
    has_steps=True,
    costly=True,
)
