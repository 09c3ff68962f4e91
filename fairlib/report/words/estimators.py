"""The ways of computing in words: `methods.csv` has their English, in the order in which a chapter explains them."""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fairlib.report.words.locale import Voice

TABLE = Path(__file__).with_name("methods.csv")
WORDS = ("name", "rule", "title", "words")  # what is said in a language; formulas and sources have none


@dataclass(frozen=True)
class Method:
    """A way of computing; one of estimating has a short name, and the rule of a round that prescribes it.

    What the chapter of methods has nothing to say of has no title.
    """

    method: str
    name: str
    rule: str
    title: str
    formula: str
    words: str
    source: str


@lru_cache
def in_english() -> tuple[dict[str, str], ...]:
    """The rows of the table."""
    with TABLE.open(encoding="utf-8", newline="") as stream:
        return tuple(csv.DictReader(stream))


def methods(say: Voice) -> dict[str, Method]:
    """Every way of computing, in the order of the chapter of methods."""
    rows = [{k: say(text) if text and k in WORDS else text for k, text in r.items()} for r in in_english()]
    return {row["method"]: Method(**row) for row in rows}


def estimators(say: Voice) -> dict[str, Method]:
    """The ways of estimating."""
    return {name: told for name, told in methods(say).items() if told.name}


def estimator_name(method: str, say: Voice) -> str:
    """A way of estimating, in short; an unknown one as it is."""
    known = estimators(say)
    return known[method].name if method in known else method
