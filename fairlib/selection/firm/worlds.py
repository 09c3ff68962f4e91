"""What may be true, given the marks: draws of merits for the rule, and whole worlds with jurors and variances.

`merits` is the door for every estimator that has draws; `worlds` are joint draws of the random-effects model
for questions that need the jurors too: a second commission, one more reading.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from fairlib.errors import SelectionError
from fairlib.scoring.crossed import posterior
from fairlib.scoring.crossed.incidence import Incidence
from fairlib.scoring.crossed.reml import Fit
from fairlib.scoring.estimators.adjust import Estimates
from fairlib.scoring.estimators.reliability import ReliableFit
from fairlib.scoring.unequal import open_noise
from fairlib.selection.admit.greedy import is_greedy
from fairlib.selection.rule.compiled import Problem

CELLS = 4_000_000  # draws × submissions held at once; fixed, so that no result depends on the machine


@dataclass(frozen=True, eq=False)
class Worlds:
    """D draws of the random-effects model on I submissions and J jurors of a fit, in its order.

    `merit` (D, I) is level_g(i) + a_i, `juror` (D, J) the effect b_j on a mark, `juror_sd` and `residual_sd` (D,) the
    standard deviations among jurors and of one reading. Points on the scale of the marks. Where jurors differ in
    reliability, `noise` (D, J) is how many times `residual_sd` a juror's error is, and `slope` (D, J) how far the
    mark moves for a point of quality away from `centre`.
    """

    merit: np.ndarray
    juror: np.ndarray
    juror_sd: np.ndarray
    residual_sd: np.ndarray
    noise: np.ndarray | None = None
    slope: np.ndarray | None = None
    centre: float = 0.0

    def seen(self, p: Incidence) -> tuple[np.ndarray, np.ndarray]:
        """Of each reading (D, n) in sorted order: the mark expected of a juror of no severity, and its noise."""
        merit, residual = self.merit[:, p.owner], self.residual_sd[:, None]
        if self.noise is None or self.slope is None:
            return merit, np.broadcast_to(residual, merit.shape)
        seen = self.centre + self.slope[:, p.who] * (merit - self.centre)
        return seen, residual * self.noise[:, p.who]


def worlds(fit: Fit, n: int, seed: int) -> Worlds:
    """`n` joint draws from the posterior of `scoring.posterior`, uncertainty of the variances included."""
    rng, p = np.random.default_rng(seed), fit.sums.incidence
    if isinstance(fit, ReliableFit):
        there = open_noise.draws(fit.unequal, n, rng)
        return Worlds(
            there.merit,
            there.juror,
            there.juror_sd,
            there.residual_sd,
            there.noise,
            there.slope,
            fit.sums.centre,
        )
    grid = posterior.nodes(fit)
    picks = rng.choice(len(grid), n, p=[g.weight for g in grid])
    merit, juror = np.empty((n, p.n_submissions)), np.empty((n, p.n_jurors))
    of_juror, residual = np.empty(n), np.empty(n)
    for k in np.unique(picks):
        node, rows = grid[k], np.flatnonzero(picks == k)
        merit[rows], juror[rows], s2 = posterior.effects(fit, node, len(rows), rng)
        of_juror[rows] = np.sqrt(fit.in_core([node.la, node.lb])[1] * s2)
        residual[rows] = np.sqrt(s2)
    return Worlds(merit, juror, of_juror, residual)


def merits(estimates: Estimates, problem: Problem, n: int, seed: int) -> Iterator[np.ndarray]:
    """`n` draws of the merits of a problem's submissions, in blocks (d, I); 0 where not ranked.

    The blocks depend on the number of submissions and the seed alone.

    Raises ScoringError where the estimator has no error to draw from, and SelectionError if a submission
    in the ranking has no estimate in `estimates`.
    """
    known = estimates.submissions.index[estimates.submissions["estimate"].notna().to_numpy()]
    place = place_of(known, problem)
    step = max(1, CELLS // max(1, len(known)))
    for block, start in enumerate(range(0, n, step)):
        own = int(np.random.SeedSequence([seed, block]).generate_state(1)[0])
        yield onto(estimates.draws(min(step, n - start), own).to_numpy(), place, problem)


def place_of(labels, problem: Problem) -> np.ndarray:
    """Place of each submission of a problem among `labels` (I,).

    Raises SelectionError if one in the ranking is not there.
    """
    place = labels.get_indexer(problem.submissions)
    gone = problem.ranked & (place < 0)
    if gone.any():
        raise SelectionError(
            f"Submission {problem.submissions[gone][0]} is in the ranking and has no estimate to draw from; "
            "estimates and candidates must be of the same round."
        )
    return place


def onto(values: np.ndarray, place: np.ndarray, problem: Problem) -> np.ndarray:
    """Columns (D, I') of a fit set into those (D, I) of a problem, 0 where not ranked."""
    out = np.zeros((len(values), len(place)))
    out[:, problem.ranked] = values[:, place[problem.ranked]]
    return out


def replicates(problem: Problem, n: int) -> int:
    """How often to repeat a question: `n` times, a quarter (at least 100) where rules need integer programmes."""
    greedy = is_greedy(problem, np.flatnonzero(problem.admissible))
    return n if greedy else min(n, max(100, n // 4))


def down_the_line(problem: Problem, out: np.ndarray) -> Problem:
    """The same rule applied to an order instead of estimates: `in_order`, its threshold already applied.

    `out` (I,) are left out besides those below the threshold.
    """
    keep = problem.ranked & (problem.order.key >= problem.least) & ~out
    select = problem.select.model_copy(update={"objective": "in_order"})
    return replace(problem, ranked=keep, least=-np.inf, select=select)
