"""Which headings does a table have, what is missing of those asked for, and what is nearest?"""

from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz, process

from fairlib.errors import DataError
from fairlib.intake.files.tables import Sheet
from fairlib.intake.headings.find import Headings
from fairlib.intake.headings.parts import key, trimmed

_SHOWN = 20  # headings in a sentence
_LIKE = 75  # similarity from which the nearest heading is worth naming


def no_table(
    path: object,
    tables: Sequence[tuple[Sheet, Headings]],
    fields: Mapping[str, Sequence[str]],
    needed: Sequence[str],
) -> DataError:
    """Of a list in which no row names all that is needed."""
    sheet, head = max(tables, key=lambda t: len(t[1].columns))
    return DataError(
        f"{path}: no heading row with {' and '.join(needed)}; give the columns these names. "
        f"{seen(sheet, head, fields, needed)} Or name them under rounds[].scores.columns."
    )


def seen(sheet: Sheet, head: Headings, fields: Mapping[str, Sequence[str]], asked: Sequence[str]) -> str:
    """The headings a sheet has, which of those asked for were found, which not, and what is nearest."""
    texts = {at: text for at in range(len(sheet.columns)) if (text := _at(sheet, head, at).strip())}
    shown = ", ".join(f"«{text}»" for text in list(texts.values())[:_SHOWN]) + (
        ", …" if len(texts) > _SHOWN else ""
    )
    found = [f"{f} «{_at(sheet, head, head.columns[f])}»" for f in asked if f in head.columns]
    missing = [f for f in asked if f not in head.columns]
    free = {at: texts[at] for at in head.unknown if at in texts}
    near = [hint for f in missing if (hint := _nearest(f, fields.get(f, ()), free))]
    said = [f"Row {head.row + 1} has {shown or 'nothing'}"]
    said += [f"found: {', '.join(found)}"] * bool(found) + [f"missing: {', '.join(missing)}"] * bool(missing)
    return "; ".join([*said, *near]) + "."


def _at(sheet: Sheet, head: Headings, at: int) -> str:
    row, column = head.place(at)
    return sheet.columns[column][row]


def _nearest(field: str, names: Sequence[str], free: Mapping[int, str]) -> str:
    keys = {at: key(trimmed(text)) for at, text in free.items()}
    hits = [
        (h[1], at)
        for at, k in keys.items()
        if (h := process.extractOne(k, map(key, names), scorer=fuzz.WRatio))
    ]
    score, at = max(hits, default=(0, 0))
    return f"nearest to {field} is «{free[at].strip()}»" if score >= _LIKE else ""
