"""Which column is which? Headings in three languages, in any order, below any preamble."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
from rapidfuzz import fuzz, process

from fairlib.intake.kazakh import fold

_LOOK = 30  # rows searched for the heading row
_NEAR = 88  # similarity from which a misspelt heading is taken, with a finding
_PARTS = re.compile(r"[/|\n]")


@dataclass(frozen=True)
class Headings:
    """Where the heading row is, the column of each field, what was only nearly right, what is unknown."""

    row: int
    columns: dict[str, int]
    near: dict[str, str]
    unknown: tuple[int, ...]


def find_headings(
    cells: pd.DataFrame, fields: Mapping[str, Sequence[str]], needed: Sequence[str]
) -> Headings | None:
    """The row whose cells name most fields, and all `needed` ones; None if there is no such row.

    A heading names a field if it, or one of its parts around a slash or a line break, equals one of the
    field's headings after folding case, spaces and look-alike letters; failing that, if it is very
    near one of them. A field is taken once: the first column that names it.
    """
    known = {fold(h): field for field, headings in fields.items() for h in headings}
    best = None
    for row in range(min(_LOOK, len(cells))):
        here = _match_row(cells.iloc[row].tolist(), row, known)
        if all(f in here.columns for f in needed) and (best is None or len(here.columns) > len(best.columns)):
            best = here
    return best


def _match_row(texts: list[str], row: int, known: Mapping[str, str]) -> Headings:
    columns: dict[str, int] = {}
    near: dict[str, str] = {}
    left = []
    for at, text in enumerate(texts):
        field = next((known[p] for p in _parts(text) if p in known), None)
        if field and field not in columns:
            columns[field] = at
        elif text:
            left.append(at)
    unknown = []
    for at in left:
        field = _nearest(texts[at], {h: f for h, f in known.items() if f not in columns})
        if field:
            columns[field] = at
            near[field] = texts[at]
        else:
            unknown.append(at)
    return Headings(row, columns, near, tuple(unknown))


def _parts(text: str) -> list[str]:
    return [fold(text), *(fold(p) for p in _PARTS.split(text))] if text else []


def _nearest(text: str, free: Mapping[str, str]) -> str | None:
    hits = [
        process.extractOne(p, list(free), scorer=fuzz.ratio, score_cutoff=_NEAR)
        for p in _parts(text)
        if len(p) > 4
    ]
    hits = [h for h in hits if h]
    return free[max(hits, key=lambda h: h[1])[0]] if hits else None


def clean_ids(typed: pd.Series) -> pd.Series:
    """Ids as they were given out: any dash a hyphen, no spaces (an autocorrected «21–0208», a pasted « 21-0208»)."""
    return typed.str.replace(r"[\u2010-\u2015\u2212]", "-", regex=True).str.replace(r"\s+", "", regex=True)
