"""Which row heads the table? Data that happen to name columns do not, and headings may take two rows."""

import re
from collections.abc import Mapping, Sequence

from fairlib.intake.headings.find import Headings, find_headings, likeliest_headings
from fairlib.intake.texts import fold

_DATUM = re.compile(r"\s*(?:https?://\S+|www\.\S+|\S+@\S+\.\w+)\s*", re.I)  # an address heads no column
_WORDS = (
    "open-ended response|response|responses|other (please specify)|ответ в свободной форме|свободный ответ|"
    "открытый ответ|ответ|другое (укажите)|еркін жауап|ашық жауап|жауап"
)
_KINDS = frozenset(map(fold, _WORDS.split("|")))
_IMPORT_ID = re.compile(r'\s*\{"ImportId":')


def find_table(
    rows: Sequence[Sequence[str]], fields: Mapping[str, Sequence[str]], needed: Sequence[str]
) -> Headings | None:
    """As `find_headings`, of a table of forms: no row of data below its heading is taken for one.

    A row as wide as the one found, above it, heads the table if it names a field that the other does not, or
    names one and data stand between; and also if the other names a single field, as any word in a cell may.
    """
    plain = [[""] * len(texts) if any(map(_DATUM.fullmatch, texts)) else texts for texts in rows]
    head = find_headings(plain, fields, needed)
    top = _heads_already(plain, head, fields) if head else None
    return head if top is None else find_headings(plain[: top + 1], fields, needed)


def _heads_already(
    rows: Sequence[Sequence[str]], head: Headings, fields: Mapping[str, Sequence[str]]
) -> int | None:
    first = head.row - (head.above is not None)
    filled = {at for row in range(first, head.row + 1) for at, text in enumerate(rows[row]) if text}
    named = head.columns.keys() - head.near.keys()
    between = False
    top = None
    for row, texts in reversed(list(enumerate(rows[:first]))):
        if not filled <= {at for at, text in enumerate(texts) if text}:
            continue
        here = likeliest_headings([texts], fields)
        known = here.columns.keys() - here.near.keys()
        words = len(filled) > 1 and not any(re.fullmatch(r"[\d\s.,]+", text) for text in texts)
        if known - named or (known and between) or (len(named) < 2 and words):
            top = row
        between = True
    return top


def headings_seen(
    rows: Sequence[Sequence[str]], fields: Mapping[str, Sequence[str]]
) -> tuple[int, list[str]]:
    """The row that looks most like headings, and its texts: naming most, else the first of the widest."""
    head = find_table(rows, fields, [])
    widest = max(sum(map(bool, texts)) for texts in rows)
    first = next(row for row, texts in enumerate(rows) if sum(map(bool, texts)) == widest)
    row = head.row if head and head.columns else first
    return row, [text for text in rows[row] if text]


def heading_again(
    cells: Sequence[str], head: Headings, fields: Mapping[str, Sequence[str]], directly_below: bool
) -> bool:
    """Whether a row below the headings is one of headings too: the same once more, also in another language.

    Directly below, it may as well say what kind of answer a column has (SurveyMonkey's «Open-Ended
    Response»), what the export calls it (Qualtrics), or count the columns from 1 on, as tables of offices do.
    """
    known = {f: {fold(name) for name in fields[f]} - {""} for f in head.columns}
    if sum(fold(cells[at]) in known[f] for f, at in head.columns.items()) >= 2:
        return True
    filled = [text for text in cells if text]
    counts = [str(n) for n in range(1, len(cells) + 1)]
    kinds = all(fold(text) in _KINDS for text in filled)
    counted = len(filled) > 2 and list(cells) == counts
    return directly_below and (kinds or counted or any(map(_IMPORT_ID.match, filled)))
