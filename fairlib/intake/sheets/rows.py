"""What stands below the headings? The rows of all sheets as one table, without those of totals."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
import pandas as pd

from fairlib.intake.files.tables import cell
from fairlib.intake.ids import clean_ids
from fairlib.intake.sheets.layouts import Body
from fairlib.intake.sheets.usable import labelled
from fairlib.intake.totals import is_total, tell_total, totals


def rows_below(bodies: Sequence[Body], found: list[dict]) -> pd.DataFrame:
    """The rows below the headings that hold anything, sheet by sheet: `part` (the sheet's place), `row`.

    Columns by field, as categories; missing where a sheet has no such column. Rows of totals are told.
    """
    fields = dict.fromkeys(chain.from_iterable(body.fields for body in bodies))
    rows = pd.DataFrame({field: _field(bodies, field) for field in fields})
    places = [np.arange(body.head.row + 2, len(body.sheet.columns[0]) + 1) for body in bodies]
    rows["part"] = np.repeat(np.arange(len(bodies)), list(map(len, places)))
    rows["row"] = np.concatenate(places)
    sent = rows["submission"].cat
    rows["submission"] = labelled(sent.codes, clean_ids(pd.Series(sent.categories)).tolist())
    sums = sent.categories.get_indexer(totals(sent.categories.tolist()))
    nameless = rows[(rows["submission"] == "") | np.isin(sent.codes, sums)]
    left_out = [
        n
        for n, part, row in zip(nameless.index, nameless["part"], nameless["row"], strict=True)
        if _is_blank(bodies[part], row) or _is_total(bodies[part], row, found)
    ]
    rows = rows.drop(index=left_out).reset_index(drop=True)
    rows["file"] = labelled(rows["part"], [body.sheet.file for body in bodies])
    rows["sheet"] = labelled(rows["part"], [body.sheet.name for body in bodies])
    return rows


def _is_blank(body: Body, row: int) -> bool:
    """Whether nothing that is read stands in a row; the title of a submission without its id says nothing."""
    said = [at for field, at in body.fields.items() if field != "title"]
    return not any(body.sheet.columns[at][row - 1] for at in (*said, *(mark.column for mark in body.marks)))


def _is_total(body: Body, row: int, found: list[dict]) -> bool:
    """Whether a row without an id is one of totals, or what stands for its id is; such a row is told."""
    sheet = body.sheet
    cells = sheet.rows(row - 1, row)[0]
    if not is_total(cells):
        return False
    text = next(filter(None, cells))
    tell_total(found, text, file=sheet.file, sheet=sheet.name, cell=cell(row - 1, 0))
    return True


def _field(bodies: Sequence[Body], field: str) -> pd.Categorical:
    """What stands below the heading of a field, sheet by sheet."""
    texts: list[str | None] = []
    for body in bodies:
        at = body.fields.get(field)
        texts += [None] * len(body.below(0)) if at is None else body.below(at)
    codes, different = pd.factorize(np.array(texts, dtype=object))
    return pd.Categorical.from_codes(codes, pd.Index(different, dtype="str"))
