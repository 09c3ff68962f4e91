"""What is wrong with a value of a params file, in the words of the person who typed it.

The validator's own errors name Python types; here each becomes what was needed and, where it can be
told, what was probably meant.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date

from rapidfuzz import process

_SIMILAR = 60  # of 100
_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "greater_than": ("above", "gt"),
    "less_than_equal": ("at most", "le"),
    "less_than": ("below", "lt"),
    "multiple_of": ("a multiple of", "multiple_of"),
}


def meant(typed: object, known: Iterable[str]) -> str:
    """ "did you mean ID? " if something known is near what was typed, else "".

    >>> meant("nominaton", ["region", "nomination"]), meant("xyz", ["region"])
    ('did you mean nomination? ', '')
    """
    near = process.extractOne(str(typed), list(known), score_cutoff=_SIMILAR)
    return f"did you mean {near[0]}? " if near else ""


def one_of(typed: object, known: Iterable[str]) -> str:
    """What may stand there, the nearest first.

    >>> one_of("lowest", ["high", "low"])
    'did you mean low? use one of: high, low'
    """
    known = list(known)
    return f"{meant(typed, known)}use one of: {', '.join(known)}" if known else "there is none to name here"


def in_words(kind: str, found: object, context: Mapping) -> str | None:
    """What a value should have been, from the validator's kind of error; None where that says it already.

    >>> in_words("float_parsing", "0,4", {})
    'a number is needed: write it with a point, 0.4'
    """
    if kind in _BOUNDS:
        word, limit = _BOUNDS[kind]
        return f"it must be {word} {context[limit]:g}"
    if kind == "value_error":
        return None
    tell = _WORDS.get(kind.removesuffix("_type").removesuffix("_parsing"), _WORDS["other"])
    return tell(found, context)


def _number(found: object, context: Mapping) -> str:
    return f"a number is needed{_as_number(found)}"


def _whole(found: object, context: Mapping) -> str:
    hint = _as_number(found)
    return f"a whole number is needed{hint if hint[-1:].isdigit() and '.' not in hint else ''}"


def _as_number(found: object) -> str:
    """How the number that somebody typed as a text is to be written."""
    if not isinstance(found, str):
        return ""
    bare = re.sub(r"[\s_'’]", "", found)
    if re.fullmatch(r"[+-]?\d+,\d+", bare):
        return f": write it with a point, {bare.replace(',', '.')}"
    if re.fullmatch(r"\d+([.,]\d+)?%", bare):
        return f": write it as a share, {float(bare[:-1].replace(',', '.')) / 100:g}"
    if re.fullmatch(r"[+-]?\d+(\.\d+)?", bare):
        return f": write it without spaces or quotes, {bare}"
    return ""


def _day(found: object, context: Mapping) -> str:
    hit = _DAY.fullmatch(found.strip()) if isinstance(found, str) else None
    if hit:
        try:
            day = date(int(hit[3]), int(hit[2]), int(hit[1]))
        except ValueError:
            return "a day is needed, written as 2021-03-10; there is no such day"
        return f"a day is needed, written year first: {day}, if the day was typed first"
    return "a day that there is, written as 2021-03-10, is needed"


def _choice(found: object, context: Mapping) -> str:
    return one_of(found, re.findall(r"'([^']*)'", context["expected"]))


def _identifier(found: object, context: Mapping) -> str:
    near = re.sub(r"\W+", "_", str(found), flags=re.ASCII).strip("_")
    hint = f", such as {near}" if re.match(r"[A-Za-z]", near) else ""
    return f"an id is made of Latin letters, digits and _, and begins with a letter{hint}"


_WORDS: dict[str, Callable[[object, Mapping], str]] = {
    "float": _number,
    "int": _whole,
    "int_from_float": _whole,
    "int_parsing_size": _whole,
    "finite_number": lambda found, context: "a number that is not infinite is needed",
    "date_from_datetime": _day,
    "date_from_datetime_inexact": lambda found, context: (
        "a day without a time of day is needed, such as 2021-03-10"
    ),
    "date": _day,
    "literal_error": _choice,
    "string_pattern_mismatch": _identifier,
    "string": lambda found, context: "a text is needed; put it in quotes",
    "string_too_short": lambda found, context: "something must be written here",
    "string_unicode": lambda found, context: "a text is needed; some of its signs cannot be read",
    "bool": lambda found, context: "true or false is needed",
    "tuple": lambda found, context: "a list is needed: each item on a line of its own that begins with -",
    "dict": lambda found, context: "keys with values are needed, each on a line such as `key: value`",
    "model": lambda found, context: "keys with values are needed, each on a line such as `key: value`",
    "other": lambda found, context: "this value cannot be used here; docs/params.md says what can",
}
