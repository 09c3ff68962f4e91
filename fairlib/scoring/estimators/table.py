"""The estimators by name, in the order in which they are listed: the only place that knows them all."""

from fairlib.errors import ScoringError
from fairlib.scoring.estimators.additive import ADDITIVE
from fairlib.scoring.estimators.estimator import Estimator
from fairlib.scoring.estimators.ordinal import ORDINAL
from fairlib.scoring.estimators.rasch import RASCH
from fairlib.scoring.estimators.reliability import RELIABILITY
from fairlib.scoring.estimators.severity import SEVERITY
from fairlib.scoring.estimators.simple import MEDIAN, RAW, TRIMMED
from fairlib.scoring.estimators.zscore import ZSCORE

ESTIMATORS: dict[str, Estimator] = {
    "raw": RAW,
    "median": MEDIAN,
    "trimmed": TRIMMED,
    "zscore": ZSCORE,
    "additive": ADDITIVE,
    "severity": SEVERITY,
    "reliability": RELIABILITY,
    "ordinal": ORDINAL,
    "rasch": RASCH,
}
METHODS = tuple(ESTIMATORS)


def estimator(name: str) -> Estimator:
    """The estimator of that name. Raises ScoringError, with the names there are, for another."""
    if name not in ESTIMATORS:
        raise ScoringError(f"Unknown estimator {name!r}; it is one of {', '.join(METHODS)}.")
    return ESTIMATORS[name]


def drawn_as(name: str) -> str:
    """The estimator that serves where marks are drawn as composites: itself, for one that reads them."""
    return estimator(name).drawn_as or name
