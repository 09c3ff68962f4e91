"""Which submission is meant? Ids as they were given out, whatever became of them on the way."""

import hashlib
import re

import pandas as pd

from fairlib.intake.identifiers import mask


def clean_ids(typed: pd.Series) -> pd.Series:
    """Ids as they were given out: any dash a hyphen, no spaces (an autocorrected «21–0208», a pasted « 21-0208»).

    A personal number (IIN) used as an id becomes a code of its own, the same in the form and in the sheets of
    the jurors, so that the two still meet.

    >>> clean_ids(pd.Series(["21–0208", " 7", "990101199901"])).tolist()
    ['21-0208', '7', 'id-6a05f4']
    """
    return typed.map({text: _clean(text) for text in typed.unique()})


def _clean(text: str) -> str:
    plain = re.sub(r"\s+", "", re.sub(r"[\u2010-\u2015\u2212]", "-", text))
    return plain if mask(plain) == plain else _code(plain)


def _code(text: str) -> str:
    """Six signs of a hash: enough to tell some thousand ids apart, too few to tell whose number it was."""
    return f"id-{hashlib.sha256(text.encode()).hexdigest()[:6]}"
