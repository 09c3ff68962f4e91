"""Which submission is meant? Ids as they were given out, whatever became of them on the way."""

import hashlib
import re

import pandas as pd

from fairlib.intake.cells.columns import map_each, suspects
from fairlib.intake.cells.identifiers import mask_all

_DASHES = dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-")
_AROUND = re.compile(r"(?<=\d) ?- ?(?=\d)")
_TRACES = [re.compile(r"[^\w\-\0]")]  # of a space or a dash: most ids show none


def clean_ids(typed: pd.Series) -> pd.Series:
    """Ids as they were given out: any dash a hyphen, single spaces («21 – 0208» was autocorrected).

    An id may be a title or a name («Moss and us»), which people see: only a space beside a hyphen between
    digits is surely none of its own. Two ids that differ by spaces are the same one, see `without_spaces`.

    A personal number (IIN) used as an id becomes a code of its own, the same in the form and in the sheets of
    the jurors, so that the two still meet.

    >>> clean_ids(pd.Series(["21–0208", " 7", "Moss  and us", "990101199901"])).tolist()
    ['21-0208', '7', 'Moss and us', 'id-6a05f4']
    """
    return map_each(typed, _clean)


def without_spaces(ids: pd.Series) -> pd.Series:
    """What makes an id one of its own.

    >>> without_spaces(pd.Series(["P 1", "P1"])).tolist()
    ['P1', 'P1']
    """
    return ids.str.replace(" ", "")


def _clean(texts: list[str]) -> list[str]:
    plain = list(texts)
    for at in suspects(texts, _TRACES):
        plain[at] = _AROUND.sub("-", " ".join(texts[at].translate(_DASHES).split()))
    return [p if p == masked else _code(p) for p, masked in zip(plain, mask_all(plain), strict=True)]


def _code(text: str) -> str:
    """Six signs of a hash: enough to tell some thousand ids apart, too few to tell whose number it was."""
    return f"id-{hashlib.sha256(text.replace(' ', '').encode()).hexdigest()[:6]}"
