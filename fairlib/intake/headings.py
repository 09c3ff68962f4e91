"""Which column is which? Headings in three languages, in any order, below any preamble."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from fairlib.intake.kazakh import fold

LOOK = 30  # rows searched for the heading row
_NEAR = 88  # similarity from which a misspelt heading is taken, with a finding
_PARTS = re.compile(r"[/|\n]")
_ASIDE = re.compile(r"\([^()]*\)|^\s*\d+(?:\.\d+)*[.)]\s")  # a remark in brackets; the number of a question


@dataclass(frozen=True)
class Headings:
    """Where the heading row is, the column of each field, what was only nearly right, what is unknown."""

    row: int
    columns: dict[str, int]
    near: dict[str, str]
    unknown: tuple[int, ...]


def find_headings(
    rows: Sequence[Sequence[str]], fields: Mapping[str, Sequence[str]], needed: Sequence[str]
) -> Headings | None:
    """The row whose cells name most fields, and all `needed` ones; None if there is no such row.

    A heading names a field if it, or one of its parts around a slash or a line break, equals one of the
    field's headings after folding case, spaces and look-alike letters; failing that, if it is very
    near one of them. A field is taken once: from the column whose heading stands first among the field's
    (a column «Өтінім №» goes before a column «№» of row numbers), the first such column.
    """
    known = {_key(h): (field, n) for field, headings in fields.items() for n, h in enumerate(headings)}
    best = None
    for row, texts in enumerate(rows[:LOOK]):
        if best and min(sum(map(bool, texts)), len(fields)) <= len(best.columns):
            continue  # too few cells, or too few fields, to name more
        here = _match_row(texts, row, known)
        if all(f in here.columns for f in needed) and (best is None or len(here.columns) > len(best.columns)):
            best = here
    return best


def _match_row(texts: list[str], row: int, known: Mapping[str, tuple[str, int]]) -> Headings:
    named: dict[str, list[tuple[int, int]]] = {}
    for at, text in enumerate(texts):
        if hit := next((known[p] for p in _parts(text) if p in known), None):
            named.setdefault(hit[0], []).append((hit[1], at))
    columns = {field: min(hits)[1] for field, hits in named.items()}
    near: dict[str, str] = {}
    unknown = []
    for at in sorted({at for at, text in enumerate(texts) if text} - set(columns.values())):
        field = _nearest(texts[at], {h: f for h, (f, _) in known.items() if f not in columns})
        if field:
            columns[field] = at
            near[field] = texts[at]
        else:
            unknown.append(at)
    return Headings(row, columns, near, tuple(unknown))


def _parts(text: str) -> list[str]:
    """The keys by which a heading may be known: of the whole, of it without asides, of its parts."""
    if not text.strip():
        return []
    bare = _ASIDE.sub("", text)
    return [_key(p) for p in (text, bare, *_PARTS.split(text), *_PARTS.split(bare)) if p.strip()]


def _key(heading: str) -> str:
    """The folded heading; one of signs alone, such as №, as it is."""
    return fold(heading) or heading.strip()


def _nearest(text: str, free: Mapping[str, str]) -> str | None:
    hits = [
        process.extractOne(p, list(free), scorer=fuzz.ratio, score_cutoff=_NEAR)
        for p in _parts(text)
        if len(p) > 4
    ]
    hits = [h for h in hits if h]
    return free[max(hits, key=lambda h: h[1])[0]] if hits else None
