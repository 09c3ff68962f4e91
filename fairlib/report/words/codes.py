"""What does a code in a table mean? `codes.csv` has the English of every code that reaches a page, by its kind.

The tests walk the lists of the library and the codes in its files, so that none can be added without words.
"""

import csv
from functools import lru_cache
from pathlib import Path

from fairlib.intake.places.names import region_name
from fairlib.report.words.locale import NAMES, Voice
from fairlib.rules import Contest

TABLE = Path(__file__).with_name("codes.csv")


@lru_cache
def meanings() -> dict[tuple[str, str], str]:
    """The English words of each kind and code."""
    with TABLE.open(encoding="utf-8", newline="") as rows:
        return {(row["kind"], row["code"]): row["words"] for row in csv.DictReader(rows)}


def plain(value: object) -> str:
    """A code as it stands in a table; nothing where it is missing."""
    return "" if value is None or value != value else str(value)


def word(kind: str, code: object, say: Voice, **values: object) -> str:
    """What a code of a kind means, with its values filled in; one without words is shown as it stands.

    >>> from fairlib.report.words.locale import speak
    >>> word("band", "open", speak("en")), word("band", "new", speak("en"))
    ('open band', 'new')
    """
    told = plain(code)
    words = meanings().get((kind, told))
    return told if words is None else say(words, **values)


def status_words(status: object, say: Voice) -> str:
    """Why there is no number, or what to know of it; nothing where all is well."""
    return word("status", plain(status).replace(" ", "_"), say).replace("_", " ")


def criterion_name(key: str, contest: Contest, say: Voice) -> str:
    """A criterion, as `ID` or `criterion:ID`, the estimate, the median, or any other key, in words."""
    key = key.removeprefix("criterion:")
    named = (c.name[say.lang] for c in contest.criteria if c.id == key)
    return next(named, word("key", key, say))


def group_name(column: str, value: str, contest: Contest, say: Voice) -> str:
    """A group of a quota or of a table: a nomination by its number, a region, a type, yes and no in words."""
    ids = [n.id for n in contest.nominations]
    if column == "nomination" and value in ids:
        return f"{say('No.')}\xa0{ids.index(value) + 1}"
    if column == "region":
        return region_name(value, say.lang, contest.regions_on)
    if column == "settlement":
        return word("settlement", value, say)
    if column in ("monotown", "first_time", "consent"):
        known = ("answer", value.lower()) in meanings()
        return word("answer", value.lower() if known else value, say)
    if column == "language":
        return NAMES.get(value, value).lower() if value != "en" else NAMES[value]
    return value
