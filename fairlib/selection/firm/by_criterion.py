"""Rules that look at single criteria, in draws: thresholds and ties by criterion with what the criteria may be.

A criterion's worth is drawn jointly with the composite (`scoring.crossed.criteria`): marks of one juror on one
submission share an error, so whoever is lucky on a criterion is mostly lucky on the whole.
"""

from dataclasses import replace

import numpy as np

from fairlib.scoring.crossed.criteria import Given
from fairlib.scoring.estimators.adjust import Estimates
from fairlib.selection.admit.greedy import is_greedy
from fairlib.selection.rule.compiled import Problem
from fairlib.selection.rule.ties import least_units, rounded

_FAR = 1e12  # points below every mark: where those stand who fail a threshold in a draw
_COARSE = 3  # decimals up to which draws are ever equal, so that ties decide in them


class ByCriterion:
    """The rule of a problem for draws in which criteria vary: `problem` to be asked with `merits`.

    Thresholds on criteria leave the bounds of `problem`; in each draw whoever fails one stands below its `least`.
    Ties by criterion are settled by the draw where decimals are few and the rule is greedy, else as observed.
    """

    def __init__(self, problem: Problem, given: Given, criteria: list[str], place: np.ndarray):
        self.observed, self.given, self.place = problem, given, place
        self.ties = _ties(problem)
        self.limits = [t for t in problem.select.thresholds if t.on != "estimate"]
        self.names = list(dict.fromkeys([*(t.on for t in self.limits), *self.ties]))
        self.wanted = [criteria.index(name) for name in self.names]
        self.finer = int(np.ceil(np.log10(len(problem.submissions) ** 2 + 1))) if self.ties else 0
        decimals = problem.select.decimals + self.finer
        kept = [b for b in problem.bounds if not (b.worse and b.column != "estimate")]
        self.problem = replace(
            problem,
            bounds=tuple(kept),
            least=max(problem.least * 10.0**self.finer, -_FAR * 10.0**decimals / 2),
            select=problem.select.model_copy(update={"decimals": decimals}),
        )

    def merits(self, block: np.ndarray, number: int) -> np.ndarray:
        """The draws (d, I) of the `number`-th block as the problem is to be asked with them."""
        ranked = self.observed.ranked
        values = np.zeros((*block.shape, len(self.names)))
        composite = np.zeros((len(block), self.given.together.design.n_submissions))
        composite[:, self.place[ranked]] = block[:, ranked]
        values[:, ranked] = self.given.draw(composite, self.wanted, number)[:, self.place[ranked]]
        out = self._tied(block, values) if self.ties else block.copy()
        for t in self.limits:
            out[:, ranked] -= _FAR * self._fails(t, values)[:, ranked]
        return out

    def _fails(self, threshold, values: np.ndarray) -> np.ndarray:
        """Who is worse than a threshold on a criterion in each draw (d, I); who has no mark on it always is."""
        p, decimals = self.observed, self.observed.select.decimals
        mark = threshold.no_worse_than if p.scale is None else p.scale.orient(threshold.no_worse_than)
        drawn = rounded(values[..., self.names.index(threshold.on)], decimals)
        return (drawn < least_units(mark, decimals)) | np.isnan(p.values[threshold.on])

    def _tied(self, block: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Draws with the place by the tie chain of each draw behind their decimals."""
        order, decimals = self.observed.order, self.observed.select.decimals
        keys = []
        for k, step in enumerate(order.steps):
            own = np.broadcast_to(order.keys[:, k], block.shape)
            name = step.partition(":")[2]
            keys.append(-rounded(values[..., self.names.index(name)], decimals) if name else own)
        keys.append(np.broadcast_to(order.tiebreak, block.shape))
        chain = np.lexsort(keys[::-1], axis=1)
        place = np.empty(block.shape)
        np.put_along_axis(place, chain, np.arange(block.shape[1], dtype=float)[None, :], axis=1)
        units = rounded(block, decimals) * 10.0**self.finer - place
        return units / 10.0**self.problem.select.decimals


def by_criterion(estimates: Estimates, problem: Problem, seed: int) -> ByCriterion | None:
    """The rule with criteria drawn; None where no criterion decides, or they cannot be drawn together."""
    names = [t.on for t in problem.select.thresholds if t.on != "estimate"] + _ties(problem)
    if not names:
        return None
    found = estimates.criteria(names, seed)
    if found is None:
        return None
    given, criteria = found
    return ByCriterion(problem, given, criteria, estimates.submissions.index.get_indexer(problem.submissions))


def _ties(problem: Problem) -> list[str]:
    """Criteria of the tie chain, where draws can be equal."""
    if problem.select.decimals > _COARSE or not is_greedy(problem, np.flatnonzero(problem.admissible)):
        return []
    return [s.partition(":")[2] for s in problem.order.steps if ":" in s]
