"""Every rule that ranks, one function each. Yours is one function more: see "Add your rule" in docs/fair221.md.

A `stacked` rule takes the composite marks of many contests at once, (R, I, J) with NaN where a juror did not read,
and gives (R, I), higher is better. A `single` rule takes one `Contest` and gives a `Told`: scores (I,), and, if it
has them, standard errors and draws of what may be true. A submission without marks gets NaN. A rule that will not
rank a contest raises `Refused` (`single`) or gives NaN throughout (`stacked`) and says why in its `refusal`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.fair221.contests import Contest
from benchmarks.fair221.snsf import sampled
from fairlib.errors import FairlibError
from fairlib.scoring import Estimates, estimate
from fairlib.scoring.crossed.incidence import incidence
from fairlib.scoring.crossed.twoway import components_of
from fairlib.scoring.estimators.table import estimator

DRAWS = 1000


class Refused(Exception):
    """A rule will not rank this contest; the message says why."""


@dataclass(frozen=True, eq=False)
class Told:
    """What a rule says of one contest: `score` (I,), perhaps `se` (I,) and `draws` (D, I) of what may be true.

    `estimates` are fairlib's, where they are, for questions that only the library answers (a second commission).
    """

    score: np.ndarray
    se: np.ndarray | None = None
    draws: np.ndarray | None = None
    estimates: Estimates | None = None


@dataclass(frozen=True)
class Rule:
    """A rule by name. `score` takes contests to (R, I); `tell` one contest to `Told`, where the rule has more to say.

    `pace` is how many contests it gets: `quick`, `slow`, or `slowest`, which choose in the contest alone, not in what
    a second commission gave nor without the fault. `source` is where the rule is written down; `refusal` when it does
    not rank.
    """

    name: str
    source: str
    score: Callable[[list[Contest]], np.ndarray]
    tell: Callable[[Contest], Told] | None = None
    pace: str = "quick"
    refusal: str = ""


RULES: dict[str, Rule] = {}
APART = "panels that share no submission cannot be compared"
DEFAULT = "severity"


def stacked(name: str, source: str, refusal: str = ""):
    """Registers a rule that works on (R, I, J) composite marks."""

    def register(function: Callable[[np.ndarray], np.ndarray]):
        def score(contests: list[Contest]) -> np.ndarray:
            y = np.stack([c.y for c in contests])
            with np.errstate(divide="ignore", invalid="ignore"):
                found = function(y)
            return np.where(np.isfinite(y).any(axis=2), found, np.nan)

        RULES[name] = Rule(name, source, score, refusal=refusal)
        return function

    return register


def single(name: str, source: str, *, quick=None, pace: str = "quick", refusal: str = ""):
    """Registers a rule that works on one contest; `quick` gives its scores (I,) alone, without errors."""

    def register(function: Callable[[Contest], Told]):
        only_scores = quick or (lambda contest: function(contest).score)

        def score(contests: list[Contest]) -> np.ndarray:
            return np.stack([_or_nothing(only_scores, c) for c in contests])

        RULES[name] = Rule(name, source, score, function, pace, refusal)
        return function

    return register


def _or_nothing(scores: Callable[[Contest], np.ndarray], contest: Contest) -> np.ndarray:
    try:
        return scores(contest)
    except Refused:
        return np.full(len(contest.truth), np.nan)


# Sums and places of marks, NaN where there are none


def per_submission(y: np.ndarray) -> np.ndarray:
    """Mean over the readers (R, I)."""
    known = np.isfinite(y)
    return np.where(known, y, 0).sum(axis=2) / known.sum(axis=2)


def per_juror(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation (ddof 1) of each juror's marks (R, 1, J); NaN below two marks or without spread."""
    known = np.isfinite(y)
    n = known.sum(axis=1, keepdims=True)
    mean = np.where(known, y, 0).sum(axis=1, keepdims=True) / n
    square = np.where(known, (y - mean) ** 2, 0).sum(axis=1, keepdims=True)
    sd = np.sqrt(square / (n - 1))
    return mean, np.where((n > 1) & (sd > 1e-9), sd, np.nan)


def places(y: np.ndarray) -> np.ndarray:
    """Each juror's own ranking of what was read (R, I, J): 1 is the lowest, ties share the mean place."""
    s = np.round(y, 9)
    order = np.argsort(s, axis=1)  # NaN last
    s = np.take_along_axis(s, order, axis=1)
    at = np.broadcast_to(np.arange(y.shape[1])[None, :, None], y.shape)
    new = np.ones(y.shape, dtype=bool)
    new[:, 1:] = s[:, 1:] != s[:, :-1]
    last = np.ones(y.shape, dtype=bool)
    last[:, :-1] = new[:, 1:]
    start = np.maximum.accumulate(np.where(new, at, 0), axis=1)
    end = np.minimum.accumulate(np.where(last, at, y.shape[1])[:, ::-1], axis=1)[:, ::-1]
    out = np.empty(y.shape)
    np.put_along_axis(out, order, (start + end) / 2 + 1, axis=1)
    return np.where(np.isfinite(y), out, np.nan)


def middle(y: np.ndarray, cut: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Mean of the marks left when `cut(n)` of n are taken off at each end (R, I)."""
    s, n = np.sort(y, axis=2), np.isfinite(y).sum(axis=2, keepdims=True)
    at, g = np.arange(y.shape[2]), cut(n)
    return per_submission(np.where((at >= g) & (at < n - g), s, np.nan))


# Rules in use


@stacked("mean", "the plain mean of the marks")
def mean(y: np.ndarray) -> np.ndarray:
    return per_submission(y)


@stacked("median", "the median of the marks")
def median(y: np.ndarray) -> np.ndarray:
    return middle(y, lambda n: np.maximum((n - 1) // 2, 0))


@stacked("trimmed", "the mean without the highest and lowest fifth, at least one each (Wilcox 2017)")
def trimmed(y: np.ndarray) -> np.ndarray:
    return middle(y, lambda n: np.where(n >= 3, np.maximum(1, n // 5), 0))


@stacked("z", "the mean of each juror's standard scores")
def zscore(y: np.ndarray) -> np.ndarray:
    mean, sd = per_juror(y)
    return per_submission((y - mean) / sd)


@stacked("z, common scale", "standard scores put back on the common mean and spread, as contest platforms do")
def zscore_mapped(y: np.ndarray) -> np.ndarray:
    mean, sd = per_juror(y)
    common, spread = (f(y, axis=(1, 2), keepdims=True) for f in (np.nanmean, np.nanstd))
    return per_submission(common + spread * (y - mean) / sd)


@stacked("ratio", "the mean of marks divided by the juror's mean mark")
def ratio(y: np.ndarray) -> np.ndarray:
    return per_submission(y / per_juror(y)[0])


@stacked("mean shift", "the mean of marks less the juror's mean mark")
def mean_shift(y: np.ndarray) -> np.ndarray:
    return per_submission(y - per_juror(y)[0])


@stacked("Borda", "the sum of points: one for each form that a juror places below (Borda 1781)")
def borda(y: np.ndarray) -> np.ndarray:
    return np.nansum(places(y) - 1, axis=2)


@stacked("rank average", "the mean of the places among the juror's forms, as shares")
def rank_average(y: np.ndarray) -> np.ndarray:
    return per_submission((places(y) - 0.5) / np.isfinite(y).sum(axis=1, keepdims=True))


@stacked(
    "least squares",
    "submission plus juror by least squares (Abowd, Creecy & Kramarz 2002)",
    refusal=APART,
)
def least_squares(y: np.ndarray) -> np.ndarray:
    known = np.isfinite(y)
    reads, filled = known.astype(float), np.where(known, y, 0)
    n = np.maximum(reads.sum(axis=2, keepdims=True), 1)
    left = np.where(known, y - filled.sum(axis=2, keepdims=True) / n, 0).sum(axis=1)
    loads = reads.sum(axis=1)
    laplacian = np.eye(y.shape[2]) * loads[:, None] - (reads / n).transpose(0, 2, 1) @ reads
    value, axes = np.linalg.eigh(laplacian)
    free = value < 1e-9 * y.shape[1]
    inverse = np.where(free, 0, 1 / np.where(free, 1, value))
    b = (axes * inverse[:, None]) @ (axes.transpose(0, 2, 1) @ left[..., None])
    found = per_submission(np.where(known, y - b.transpose(0, 2, 1), np.nan))
    parts = free.sum(axis=1) - (loads == 0).sum(axis=1)
    return np.where(parts[:, None] > 1, np.nan, found)


# fairlib's


def _by(method: str, contest: Contest, *, level: str | None = "level", marks: bool = False) -> Told:
    """What fairlib's estimator of that name says; a refusal of the library is one here.

    `level` is the name under which it is told the nomination (None: it is not), `marks` whether it gets single marks.
    """
    ratings = contest.ratings(single=marks)
    named = {"level": level} if level else {}
    try:
        found = estimate(ratings.rename(columns=named) if named else ratings.drop(columns="level"), method)
        draws = found.draws(DRAWS, contest.seed)
    except FairlibError as error:
        raise Refused(str(error)) from None
    told = (found.submissions[c].to_numpy(float, na_value=np.nan) for c in ("estimate", "se"))
    read = np.isfinite(contest.y).any(axis=1)
    score, se = (_onto(read, v) for v in told)
    known = np.full((DRAWS, len(read)), np.nan)
    known[:, np.isfinite(score)] = draws.to_numpy()
    return Told(score, se, known, found)


def _onto(read: np.ndarray, values: np.ndarray) -> np.ndarray:
    out = np.full(len(read), np.nan)
    out[read] = values
    return out


def _estimates_alone(contest: Contest, *, levels: bool) -> np.ndarray:
    """The severity model's estimates without their errors: those of `estimate`, thirty times as fast."""
    i, j = np.nonzero(np.isfinite(contest.y))
    n, m = contest.y.shape
    design = incidence(i, j, n, m, contest.group if levels else None)
    if not levels and components_of(design)[0] > 1:
        raise Refused("disconnected panels")
    found = estimator("severity").again(design, None)(contest.y[i, j])[0]
    return np.where(design.readers > 0, found, np.nan)


@single(
    "severity",
    "fairlib's default: crossed random effects, a level for each nomination",
    quick=partial(_estimates_alone, levels=True),
)
def severity(contest: Contest) -> Told:
    return _by("severity", contest)


@single(
    "severity, one level",
    "the same with one mean for all submissions",
    quick=partial(_estimates_alone, levels=False),
    refusal=APART,
)
def severity_one(contest: Contest) -> Told:
    return _by("severity", contest, level=None)


@single(
    "severity, fixed levels", "the same with nominations' levels as they are, not drawn together", pace="slow"
)
def severity_fixed(contest: Contest) -> Told:
    found = _by("severity", contest, level="fixed:level")
    if len(np.unique(contest.group)) > 1 and found.estimates.contrasts is None:
        raise Refused("this fairlib knows no fixed levels")
    return found


@single("reliability", "every juror has a noise and a slope of their own", pace="slowest", refusal=APART)
def reliability(contest: Contest) -> Told:
    return _by("reliability", contest)


@single("rasch", "many-facet Rasch on the single marks (Linacre 1989)", pace="slow", refusal=APART)
def rasch(contest: Contest) -> Told:
    return _by("rasch", contest, marks=True)


@single(
    "ordinal", "marks as steps of a latent scale, with juror and criterion", pace="slowest", refusal=APART
)
def ordinal(contest: Contest) -> Told:
    return _by("ordinal", contest, marks=True)


# Others' models


@single("SNSF", "Bayesian ranking by expected rank (Heyard, Ott, Salanti & Egger 2022)", pace="slow")
def snsf(contest: Contest) -> Told:
    draws = sampled(contest.y, contest.seed)
    ranks = np.argsort(np.argsort(-draws, axis=1), axis=1) + 1.0
    score = np.where(np.isfinite(contest.y).any(axis=1), -ranks.mean(axis=0), np.nan)
    return Told(score, draws.std(axis=0, ddof=1), draws)
