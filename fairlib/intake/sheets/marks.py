"""Which mark is it? The columns of marks of all rows as one table: juror, criterion, score and status of each.

What the heading of a column says goes before what its row says.
"""

from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from fairlib.contract import STATUSES
from fairlib.intake.cells.identifiers import mask
from fairlib.intake.cells.percent import fractions, on_scale
from fairlib.intake.cells.values import marks
from fairlib.intake.files.tables import column_letters
from fairlib.intake.findings import Remedy, first_of
from fairlib.intake.headings.parts import key, parts
from fairlib.intake.sheets.jurors import juror_of_heading, without_names
from fairlib.intake.sheets.layouts import Body
from fairlib.intake.sheets.side_by_side import Mark
from fairlib.intake.sheets.usable import Roster, at_mark, labelled, sources
from fairlib.rules import Contest, Round, Scale

KEPT = (
    "submission",
    "perhaps",
    "juror",
    "file",
    "sheet",
    "row",
    "day",
    "slot",
)  # of a row, at each of its marks


def marks_of(
    contest: Contest, r: Round, rows: pd.DataFrame, bodies: Sequence[Body], roster: Roster, found: list[dict]
) -> pd.DataFrame:
    """Every mark of the rows, sheet by sheet, column by column, row by row, as it was typed."""
    columns = _columns(rows, bodies, contest.weights(r.id))
    at = np.concatenate([c.rows for c in columns])
    column = np.repeat(np.arange(len(columns)), [len(c.rows) for c in columns])
    raw = rows[[c for c in KEPT if c in rows]].take(at).reset_index(drop=True)
    raw["juror"] = _jurors_of_marks(raw["juror"], columns, column, roster, found)
    raw["criterion"] = _criteria_of_marks(contest, r, rows, columns, column, at)
    codes, different = pd.factorize(np.concatenate([c.typed for c in columns]))
    raw["typed"] = labelled(codes, list(different))
    raw["column"] = labelled(column, [_place(c.body, c.mark.column) for c in columns])
    return raw


class _Column(NamedTuple):
    """A column of marks, the rows that it has and what was typed in each."""

    body: Body
    mark: Mark
    rows: np.ndarray
    typed: np.ndarray


def _columns(rows: pd.DataFrame, bodies: Sequence[Body], of_round: Collection[str]) -> list[_Column]:
    """The columns of marks, sheet by sheet; an empty one for a criterion of another round says nothing."""
    ends = np.searchsorted(rows["part"], np.arange(len(bodies) + 1))
    found = []
    for body, (first, last) in zip(bodies, pairwise(ends), strict=True):
        here = np.arange(first, last)
        places = rows["row"].to_numpy()[here] - 1
        for mark in body.marks:
            typed = np.array(body.sheet.columns[mark.column], dtype=object)[places]
            if not mark.criterion or mark.criterion in of_round or any(text.strip() for text in typed):
                found.append(_Column(body, mark, here, typed))
    return found


def _criteria_of_marks(
    contest: Contest,
    r: Round,
    rows: pd.DataFrame,
    columns: Sequence[_Column],
    column: np.ndarray,
    at: np.ndarray,
) -> pd.Categorical:
    """The criterion of each mark: that of its column, else what its row says by any name, else the one."""
    marked = list(contest.weights(r.id))
    one = marked[0] if len(marked) == 1 else ""
    names = {
        key(n): c.id for c in contest.criteria for n in (c.id, c.name.kk, c.name.ru, c.name.en, *c.aliases)
    }
    heads = [c.mark.criterion or one for c in columns]
    if "criterion" not in rows:
        return labelled(column, heads)
    typed = rows["criterion"].cat
    said = [next((names[p] for p in parts(text) if p in names), text) for text in typed.categories]
    of_row = typed.codes.to_numpy(np.intp)[at]
    said_here = np.array([not c.mark.criterion for c in columns])[column] & (of_row >= 0)
    return labelled(np.where(said_here, len(heads) + of_row, column), [*heads, *said])


def _jurors_of_marks(
    of_rows: pd.Series, columns: Sequence[_Column], column: np.ndarray, roster: Roster, found: list[dict]
) -> pd.Categorical:
    """The juror of each mark: whom the heading of its column names, by id, else the one of its row."""
    named: dict[tuple[str, str, str], str] = {}
    for body, mark, *_ in columns:
        at = (body.sheet.file, body.sheet.name, mark.juror)
        if mark.juror and at not in named:
            named[at] = juror_of_heading(mark.juror, roster, found, {"file": at[0], "sheet": at[1]})
    if not named:
        return of_rows.cat.set_categories(of_rows.cat.categories).array
    heads = [named.get((body.sheet.file, body.sheet.name, mark.juror), "") for body, mark, *_ in columns]
    headed = np.array([bool(mark.juror) for _, mark, *_ in columns])[column]
    labels = [*heads, *of_rows.cat.categories]
    return labelled(np.where(headed, column, len(heads) + of_rows.cat.codes.to_numpy(np.intp)), labels)


def _place(body: Body, column: int) -> str:
    return f"{body.sheet.file}!{body.sheet.name}!{column_letters(column)}"


def with_scores(raw: pd.DataFrame, scale: Scale, found: list) -> pd.DataFrame:
    """What was typed → score and status, each text read once; a number off the scale is `invalid`."""
    code = raw["typed"].cat.codes.to_numpy()
    read = on_scale(marks(pd.Series(raw["typed"].cat.categories), scale), scale)
    off = read["value"].notna() & ~read["value"].map(scale.holds, na_action="ignore").fillna(True).astype(
        bool
    )
    read["status"] = read["status"].mask(off, "invalid")
    read["code"] = read["code"].mask(off, "off_scale")
    score = read["value"].where(read["status"] == "scored").to_numpy()
    raw = raw.assign(score=score[code], status=pd.Categorical(read["status"], STATUSES).take(code))
    noted = np.flatnonzero((read["code"] != "").to_numpy()[code])
    _tell_marks(raw.take(noted).assign(code=read["code"].to_numpy()[code[noted]]), found)
    for row in fractions(raw, scale).to_dict("records"):
        found.append(at_mark(row, "fractions", "error", Remedy("as_typed"), row["typed"]))
    return raw


def _tell_marks(noted: pd.DataFrame, found: list) -> None:
    """What is strange about marks; habits (decimal commas, percent, words) once a column and kind."""
    habit = noted["code"].isin(["decimal_comma", "percent", "in_words"])
    for row in noted[~habit].to_dict("records"):
        if row["status"] == "invalid":
            found.append(at_mark(row, row["code"], "error", Remedy("not_used"), row["typed"]))
        else:
            mark = f"{row['score']:g}" if row["status"] == "scored" else row["status"]
            found.append(at_mark(row, row["code"], "info", Remedy("read_as", what=mark), row["typed"]))
    habits = noted[habit]
    kind = habits["typed"].astype("str").where(habits["code"] == "in_words", habits["code"])
    for _, column in habits.groupby([habits["column"], kind], observed=True):
        row = column.iloc[0].to_dict()
        done = Remedy("read_as", **first_of(f"{row['score']:g}", len(column)))
        found.append(at_mark(row, row["code"], "info", done, row["typed"]))


def comments_of(rows: pd.DataFrame, bodies: Sequence[Body], roster: Roster) -> pd.DataFrame:
    """What was said of submissions that are known, at the cell of the comment, or of the mark where it stands alone.

    Names of jurors are left out, and personal numbers blotted out.
    """
    if "comment" not in rows:
        return pd.DataFrame(columns=["submission", "juror", "comment", "source"], dtype="str")
    said = rows[_filled(rows["comment"]) & (rows["perhaps"] == "").to_numpy()]
    comments = said[["submission", "juror", "comment"]].astype("str")
    at = [b.marks[0].column if b.layout == "long" else b.fields.get("comment", 0) for b in bodies]
    columns = labelled(said["part"], [_place(body, c) for body, c in zip(bodies, at, strict=True)])
    comments = comments.assign(
        submission=comments["submission"].map(lambda s: roster.versions.get(s, s)),
        comment=without_names(comments["comment"].map(mask), roster.jurors),
        source=sources(said.assign(column=columns)),
    )
    known = comments[comments["submission"].isin(roster.submissions.index)]
    return known.sort_values(["submission", "juror"], kind="stable").reset_index(drop=True)


def _filled(column: pd.Series) -> np.ndarray:
    """Where a column of categories has more than blanks."""
    return np.append(column.cat.categories.str.strip() != "", False)[column.cat.codes]
