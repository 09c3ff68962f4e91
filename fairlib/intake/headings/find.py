"""Which column is which? Headings in three languages, in any order, below any preamble."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from rapidfuzz import fuzz, process

from fairlib.intake.headings.parts import key, parts
from fairlib.intake.texts import fold

LOOK = 30  # rows searched for the heading row
_NEAR = 88  # similarity from which a misspelt heading is taken, with a finding


@dataclass(frozen=True)
class Headings:
    """Where the heading row is, the column of each field, what was only nearly right, what is unknown.

    `repeated`: columns that name a field taken from another one, and that field. `above`: where a heading
    takes two rows (`row` is the lower), the columns whose heading stands in the upper one; else None.
    """

    row: int
    columns: dict[str, int]
    near: dict[str, str]
    unknown: tuple[int, ...]
    repeated: Mapping[int, str] = field(default_factory=dict)
    above: frozenset[int] | None = None

    def place(self, column: int) -> tuple[int, int]:
        """Row and column of the cell in which the heading of a column stands."""
        return self.row - (column in (self.above or ())), column


def with_own(
    fields: Mapping[str, Sequence[str]], own: Mapping[str, Sequence[str]]
) -> dict[str, tuple[str, ...]]:
    """The headings of each field, `own` ones first; one that is given to a field is no heading of another.

    >>> with_own({"title": ("project", "name"), "id": ("no",)}, {"id": ("Project",)})
    {'title': ('name',), 'id': ('Project', 'no')}
    """
    given = {f: tuple(own.get(f, ())) for f in fields}
    taken = {fold(h) for names in given.values() for h in names}
    return {f: (*given[f], *(n for n in names if fold(n) not in taken)) for f, names in fields.items()}


def find_headings(
    rows: Sequence[Sequence[str]], fields: Mapping[str, Sequence[str]], needed: Sequence[str]
) -> Headings | None:
    """The row whose cells name most fields, and all `needed` ones; None if there is no such row.

    A heading names a field if it, or one of its parts around a slash or a line break, equals one of the
    field's headings after folding case, spaces and look-alike letters; failing that, if it is very
    near one of them. A field is taken once: from the column whose heading stands first among the field's
    (a column «Өтінім №» goes before a column «№» of row numbers), the first such column. A heading may take
    two rows, as with «Оценки» over the criteria, if both together name more than either alone.
    """
    known = _known(tuple((field, tuple(names)) for field, names in fields.items()))
    best = None
    for row, texts in enumerate(rows[:LOOK]):
        if best and min(sum(map(bool, texts)), len(fields)) <= len(best.columns):
            continue  # too few cells, or too few fields, to name more
        here = _match_row(texts, row, known)
        if all(f in here.columns for f in needed) and (best is None or len(here.columns) > len(best.columns)):
            best = here
    return _in_two_rows(rows[:LOOK], best, known, needed) or best


def likeliest_headings(rows: Sequence[Sequence[str]], fields: Mapping[str, Sequence[str]]) -> Headings:
    """As `find_headings`, the row whose cells name most fields, whatever they lack."""
    return find_headings(rows, fields, []) or Headings(0, {}, {}, ())


@lru_cache(maxsize=16)
def _known(fields: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, tuple[str, int]]:
    """Key of a heading → its field and place among the field's; every sheet of a round asks for the same."""
    return {key(h): (f, n) for f, names in fields for n, h in reversed(list(enumerate(names)))}


def _in_two_rows(
    rows: Sequence[Sequence[str]], best: Headings | None, known: Mapping, needed: Sequence[str]
) -> Headings | None:
    """The heading that two rows make together, if it has all that the best row has, and more."""
    have = set(best.columns) if best else set()
    for low in range(1, len(rows)):
        if best and best.row not in (low - 1, low):
            continue
        names = [_named(rows[n], known) for n in (low - 1, low)]
        if any(n <= have for n in names) if best is None else names[0] | names[1] <= have:
            continue
        here = _match_row(_joined(rows[low - 1], rows[low]), low, known)
        if here.columns.keys() > have and all(f in here.columns for f in needed):
            near = {f: rows[low][here.columns[f]] or rows[low - 1][here.columns[f]] for f in here.near}
            above = frozenset(at for at, text in enumerate(rows[low]) if not text and rows[low - 1][at])
            return replace(here, near=near, above=above)
    return None


def _named(texts: Sequence[str], known: Mapping[str, tuple[str, int]]) -> set[str]:
    return {known[p][0] for text in texts if text for p in parts(text) if p in known}


def _joined(upper: Sequence[str], lower: Sequence[str]) -> list[str]:
    """For each column what may be its heading: the lower text alone and with the one it stands under."""
    group, joined = "", []
    for up, low in zip(upper, lower, strict=True):
        group = up or (group if low else "")
        over = group.replace("/", " ").replace("|", " ").replace("\n", " ")  # a part of it is no heading
        joined.append(f"{low}|{over} {low}|{low} {over}" if low and over else low or up)
    return joined


def _match_row(texts: Sequence[str], row: int, known: Mapping[str, tuple[str, int]]) -> Headings:
    named: dict[str, list[tuple[int, int]]] = {}
    for at, text in enumerate(texts):
        if hit := next((known[p] for p in parts(text) if p in known), None):
            named.setdefault(hit[0], []).append((hit[1], at))
    columns = {field: min(hits)[1] for field, hits in named.items()}
    near: dict[str, str] = {}
    unknown = []
    others = sorted((at, field) for field, hits in named.items() for _, at in hits if at != columns[field])
    repeated = {at: field for at, field in others if fold(texts[at])}  # a bare № numbers rows
    for at in sorted({at for at, text in enumerate(texts) if text} - {*columns.values(), *repeated}):
        field = _nearest(texts[at], {h: f for h, (f, _) in known.items() if f not in columns})
        if field:
            columns[field] = at
            near[field] = texts[at]
        else:
            unknown.append(at)
    return Headings(row, columns, near, tuple(unknown), repeated)


def _nearest(text: str, free: Mapping[str, str]) -> str | None:
    hits = [
        hit
        for p in parts(text)
        if len(p) > 4 and (hit := process.extractOne(p, list(free), scorer=fuzz.ratio, score_cutoff=_NEAR))
    ]
    return free[max(hits, key=lambda h: h[1])[0]] if hits else None
