"""Five ways in which marks can differ from the severity model, each as a discrepancy against replicated marks.

- `ceiling`: marks cannot go beyond an end of the scale. The noise falls towards that end, its distribution leans away
  from it, and merits and severities no longer add up (Tukey 1949, Biometrics 5:232).
- `noise`: jurors differ in how exact they are (Bartlett's statistic of their residual variances), or in how far they
  follow differences of merit (slopes).
- `groups`: a juror treats groups of submissions differently beyond severity, or groups of which the model knows nothing
  differ in level.
- `merits`: merits are not spread as a normal distribution, by their skewness or kurtosis.
- `one_mark`: the largest studentised residual of all marks, by the spread of its own juror's.

Where a question has several statistics the smallest of their predictive p counts, itself against the replicates
(Besag & Clifford 1989, Biometrika 76:633), so that a question keeps its level.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fairlib.scoring.estimators.severity import many
from fairlib.scoring.misfit.residuals import LEAST_FREE, Left

CHECKS = ("ceiling", "noise", "groups", "merits", "one_mark")
REPLICATES, WORK = 499, 40_000_000
_SHRUNK = 10.0  # readings that a juror's own spread is worth, to be believed half
LEAST = 5  # submissions that a group must have


@dataclass(frozen=True, eq=False)
class Seen:
    """Replicated discrepancies: by check the observed statistic and its predictive p, NaN where there is none.

    `details` are numbers that describe what was seen: the end of the scale (−1 bottom, 1 top) of `ceiling`, the
    place of the mark of `one_mark` in the sorted order, which groups (by name) drive `groups`.
    """

    statistic: Mapping[str, float]
    p: Mapping[str, float]
    end: int
    mark: int
    group: str


@dataclass(frozen=True, eq=False)
class Groups:
    """A grouping of submissions: codes (I,), −1 for groups too small to be told; `known`: a level in the model."""

    name: str
    code: np.ndarray
    known: bool

    @property
    def size(self) -> int:
        """Number of groups."""
        return int(self.code.max(initial=-1)) + 1


@dataclass(frozen=True, eq=False)
class Shapes:
    """What is summed over residuals: indicators and contrasts of one design, made once."""

    left: Left
    groups: tuple[Groups, ...]

    @cached_property
    def place(self) -> np.ndarray:
        """Fitted values, standardised (n,)."""
        f = self.left.fitted - self.left.fitted.mean()
        return f / max(float(f.std()), 1e-12)

    @cached_property
    def slope(self) -> np.ndarray:
        """Merit of each reading about its juror's mean (n,)."""
        p = self.left.design
        merit = self.left.fit.merit[p.owner]
        mean = np.bincount(p.who, merit, p.n_jurors) / np.maximum(p.load, 1)
        return merit - mean[p.who]

    @cached_property
    def exactness(self) -> np.ndarray:
        """Degrees of freedom of each juror's residuals (J,)."""
        return np.bincount(self.left.design.who, self.left.free, self.left.design.n_jurors)

    def sums(self, u: np.ndarray) -> dict[str, np.ndarray]:
        """Sums over residuals (D, n) that the statistics are made of, each (D, something)."""
        p, g, extra = self.left.design, self.place, u**2 - self.left.free
        ends = [extra @ g, (u**3).sum(axis=1), u @ g**2, extra @ (g**2 - 1)]
        out = {
            "ends": np.column_stack(ends),
            "variances": p.by_juror(u**2),
            "slopes": p.by_juror(u * self.slope),
            "largest": self._studentised(u).max(axis=1)[:, None],
        }
        for k, grouping in enumerate(self.groups):
            out[f"cells{k}"] = self._by_cell(u, grouping)
        return out

    @cached_property
    def _spread(self) -> np.ndarray:
        """Standard deviation of each residual (n,); infinite where the design leaves nothing of it."""
        return np.where(self.left.free > 0.02, np.sqrt(np.maximum(self.left.free, 0.02)), np.inf)

    def largest(self) -> int:
        """The reading with the largest studentised residual."""
        return int(np.argmax(self._studentised(self.left.observed)[0]))

    def _studentised(self, u: np.ndarray) -> np.ndarray:
        """Sizes of residuals (D, n) by their own spread and their juror's, the latter drawn to that of all."""
        p = self.left.design
        sd = np.sqrt((p.by_juror(u**2) + _SHRUNK) / (self.exactness + _SHRUNK))
        return np.abs(u) / self._spread / sd[:, p.who]

    def _by_cell(self, u: np.ndarray, grouping: Groups) -> np.ndarray:
        code = grouping.code[self.left.design.owner]
        parts = [self.left.design.by_juror(u * (code == g)) for g in range(grouping.size)]
        return np.concatenate(parts, axis=1)


def look(left: Left, groups: tuple[Groups, ...], seed: int) -> Seen | None:
    """Compare the marks with replicates of the model; None where too few degrees of freedom are left."""
    if left.dof < LEAST_FREE:
        return None
    shapes, rng = Shapes(left, groups), np.random.default_rng([seed, 7])
    n = int(np.clip(WORK // left.design.n, 99, REPLICATES))
    parts = [shapes.sums(left.observed), *(shapes.sums(u) for u in left.replicated(n, rng))]
    sums = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    ends, direction = _ends(sums["ends"])
    drawn = _merits(left, n, rng)
    tried = {
        "ceiling": [ends],
        "noise": [_bartlett(sums["variances"], shapes.exactness), _chi(sums["slopes"])],
        "groups": [],
        "merits": _moments(drawn),
        "one_mark": [sums["largest"][:, 0]],
    }
    names = []
    for k, grouping in enumerate(groups):
        tried["groups"].append(_chi(sums[f"cells{k}"]))
        names.append(f"juror:{grouping.name}")
        if not grouping.known:
            tried["groups"].append(_between(drawn, grouping))
            names.append(grouping.name)
    found = {name: _smallest(values) for name, values in tried.items() if values}
    which = found["groups"][2] if "groups" in found else 0
    return Seen(
        {k: s for k, (s, _, _) in found.items()},
        {k: p for k, (_, p, _) in found.items()},
        direction,
        shapes.largest(),
        names[which] if names else "",
    )


def _ends(sums: np.ndarray) -> tuple[np.ndarray, int]:
    """How much the residuals look like those at an end of the scale (D,), and which end the first row points to."""
    z = _standard(sums)
    one = (z[:, 0] + z[:, 1] + z[:, 2]) / np.sqrt(3)
    return np.maximum(np.abs(one), -z[:, 3]), 1 if one[0] < 0 else -1


def _bartlett(squares: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Bartlett's statistic (D,) of residual variances of jurors, sums of squares (D, J) on `free` degrees (J,)."""
    told = free > 0.5
    v = np.maximum(squares[:, told] / free[told], 1e-12)
    return (v - 1 - np.log(v)) @ free[told]


def _chi(sums: np.ndarray) -> np.ndarray:
    """Sum of squares (D,) of standardised sums (D, k)."""
    return (_standard(sums) ** 2).sum(axis=1)


def _standard(sums: np.ndarray) -> np.ndarray:
    """Sums (D, k) by the mean and standard deviation of all rows; 0 where they do not vary.

    All rows, the observed first among them, are exchangeable under the model and stay so.
    """
    sd = sums.std(axis=0)
    return np.where(sd > 1e-9, (sums - sums.mean(axis=0)) / np.maximum(sd, 1e-9), 0.0)


def _merits(left: Left, n: int, rng: np.random.Generator) -> np.ndarray:
    """Estimated merits about their levels (1 + n, I), of the marks and of marks that the model draws."""
    fit, p = left.fit, left.design
    rows = np.vstack([left.y, np.empty((n, p.n))])
    a = rng.standard_normal((n, p.n_submissions)) * np.sqrt(fit.submission) + fit.level
    b = rng.standard_normal((n, p.n_jurors)) * np.sqrt(fit.juror)
    rows[1:] = a[:, p.owner] + b[:, p.who] + rng.standard_normal((n, p.n)) * np.sqrt(fit.residual)
    read = p.readers > 0
    level = (np.arange(p.level.max() + 1) == p.level[:, None]) & read[:, None]
    merit = many(fit)(rows)
    merit = merit - ((merit @ level) / np.maximum(level.sum(axis=0), 1)) @ level.T
    return np.where(read, merit, 0.0)


def _between(merit: np.ndarray, grouping: Groups) -> np.ndarray:
    """How far merits (D, I) differ between groups (D,)."""
    own = np.arange(grouping.size) == grouping.code[:, None]
    return _chi(merit @ own / own.sum(axis=0))


def _moments(merit: np.ndarray) -> list[np.ndarray]:
    """Skewness and kurtosis of merits (D, I), each by its size (D,); nothing where merits do not differ."""
    unit = merit / np.maximum(merit.std(axis=1, keepdims=True), 1e-12)
    return [np.abs(_standard((unit**k).mean(axis=1, keepdims=True))[:, 0]) for k in (3, 4)]


def _smallest(values: list[np.ndarray]) -> tuple[float, float, int]:
    """Of statistics (D,), the first row observed: that with the least predictive p, the joint p, its place."""
    ranks = np.array([_exceed(v) for v in values])
    least = int(np.argmin(ranks[:, 0]))
    joint = -ranks.min(axis=0)
    return float(values[least][0]), float(_exceed(joint)[0]), least


def _exceed(values: np.ndarray) -> np.ndarray:
    """Share of all rows (D,) that are at least as large as each."""
    order = np.sort(values)
    return (len(values) - np.searchsorted(order, values - 1e-12, side="left")) / len(values)
