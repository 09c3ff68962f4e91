"""What did the jurors mark? Score files of a round → the ratings table, every cell with its source.

How a sheet is laid out is decided in `layouts`, which sheets are read in `bodies`, what may be used in
`scorecheck`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from fairlib.contract import STATUSES
from fairlib.errors import DataError
from fairlib.intake.cells.identifiers import mask
from fairlib.intake.cells.percent import fractions, on_scale
from fairlib.intake.cells.values import marks
from fairlib.intake.file_notes import read_visible
from fairlib.intake.files.tables import cell, collecting_later, column_letters
from fairlib.intake.findings import Remedy, as_table, counted, first_of
from fairlib.intake.headings.parts import key, parts
from fairlib.intake.ids import clean_ids
from fairlib.intake.sheets.asides import without_asides
from fairlib.intake.sheets.copies import without_copies
from fairlib.intake.sheets.jurors import known_as, told_juror, without_names
from fairlib.intake.sheets.kinds import read_bodies
from fairlib.intake.sheets.layouts import Body
from fairlib.intake.sheets.namesakes import tell_namesakes
from fairlib.intake.sheets.refusals import nothing_counts
from fairlib.intake.sheets.rows_meant import match_conflicts, match_rows
from fairlib.intake.sheets.side_by_side import Mark, bare_juror
from fairlib.intake.sheets.usable import (
    Roster,
    at_mark,
    check_conflicts,
    check_marks,
    labelled,
    sources,
)
from fairlib.intake.texts import fold
from fairlib.intake.totals import is_total, tell_total, totals
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


@dataclass(frozen=True)
class Scoresheets:
    """What came of a round's files: ratings and comments that count, rows rejected, findings.

    `received` marks came in; `received = len(ratings) + len(rejected)`.
    """

    ratings: pd.DataFrame
    comments: pd.DataFrame
    rejected: pd.DataFrame
    findings: pd.DataFrame
    received: int
    roster: Roster

    @property
    def finding_counts(self) -> pd.DataFrame:
        """How many findings there are of each severity and code."""
        return counted(self.findings)


@collecting_later()
def read_scores(contest: Contest, r: Round, data: Path, roster: Roster) -> Scoresheets:
    """Read the score files of a round.

    Raises DataError if there are no files, no file has the expected headings, two sheets are of the same
    juror, or one juror gave two different marks for the same submission and criterion.
    """
    files = sorted(
        p for p in data.glob(r.scores.files) if p.name not in _not_scores(r) and p.name[0] not in ".~"
    )
    if not files:
        raise DataError(f"{data / r.scores.files}: no score file of the round {r.id}; put the files there.")
    found = list(roster.findings)
    # an error in a cell is told where it stands for a mark
    sheets = [s for f in files for s in read_visible(f, found, quiet=["error_cell"])]
    raw, comments = _marks_of(contest, r, read_bodies(contest, r, sheets, roster, found), roster, found)
    raw = _with_marks(without_copies(raw, r.scale, roster, found), r.scale, found)
    if roster.jurors is None:
        tell_namesakes(raw.groupby("juror", observed=True)["submission"].agg(set), found)
    declared = Path(r.conflicts or "").name
    roster = replace(roster, conflicts=match_conflicts(roster, raw["juror"].cat.categories, declared, found))
    ratings, rejected = check_marks(raw, roster, list(contest.weights(r.id)), found)
    assert len(ratings) + len(rejected) == len(raw), "a mark was lost"
    if refusal := nothing_counts(rejected, _known_sides(contest, r, roster), r, len(ratings)):
        raise refusal
    ratings.insert(0, "round", r.id)
    check_conflicts(roster, declared, found)
    meant = comments["submission"].map(lambda s: roster.versions.get(s, s))
    said = without_names(comments["comment"].map(mask), roster.jurors)
    comments = comments.assign(submission=meant, comment=said)
    comments = comments[comments["submission"].isin(roster.submissions.index)]
    return Scoresheets(
        ratings,
        comments.sort_values(["submission", "juror"], kind="stable").reset_index(drop=True),
        rejected.sort_values("source", kind="stable").reset_index(drop=True),
        as_table(found),
        len(raw),
        roster,
    )


def _not_scores(r: Round) -> set[str]:
    return {Path(p).name for p in (r.jurors, r.conflicts) if p}


def _known_sides(contest: Contest, r: Round, roster: Roster) -> dict[str, list[str]]:
    """Whom and what a mark may name."""
    jurors = [] if roster.jurors is None else list(roster.jurors.index)
    criteria = [c.name[contest.language] for c in contest.criteria if c.id in contest.weights(r.id)]
    return {"submission": list(roster.submissions.index), "juror": jurors, "criterion": criteria}


def _marks_of(
    contest: Contest, r: Round, bodies: Sequence[Body], roster: Roster, found: list[dict]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every mark of the sheets, and what was said, sheet by sheet, column by column, row by row."""
    rows = match_rows(_rows(bodies, found), bodies, roster, found)
    rows = without_asides(rows, bodies, r.scale, roster, found)
    rows["juror"] = _jurors_of_rows(rows, bodies, roster, found)
    columns = _columns(rows, bodies, contest.weights(r.id))
    at = np.concatenate([c.rows for c in columns])
    column = np.repeat(np.arange(len(columns)), [len(c.rows) for c in columns])
    raw = rows[[c for c in KEPT if c in rows]].take(at).reset_index(drop=True)
    raw["juror"] = _jurors_of_marks(raw["juror"], columns, column, roster, found)
    raw["criterion"] = _criteria_of_marks(contest, r, rows, columns, column, at)
    codes, different = pd.factorize(np.concatenate([c.typed for c in columns]))
    raw["typed"] = labelled(codes, list(different))
    raw["column"] = labelled(column, [_place(c.body, c.mark.column) for c in columns])
    return raw, _comments(rows, bodies)


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


def _jurors_of_rows(
    rows: pd.DataFrame, bodies: Sequence[Body], roster: Roster, found: list[dict]
) -> pd.Categorical:
    """The juror of each row: whom the row names, by id, else the one of the sheet."""
    sheets = [body.juror for body in bodies]
    if "juror" not in rows:
        return labelled(rows["part"], sheets)
    typed = rows["juror"].cat
    codes = typed.codes.to_numpy(np.intp)
    jurors = [mask(j.strip()) for j in typed.categories]
    listed = set(jurors) if roster.jurors is None else set(roster.jurors.index)
    for n, name in enumerate(jurors):
        if name not in listed:
            where = rows.iloc[(codes == n).argmax()][["file", "sheet"]].to_dict()
            jurors[n] = _known(name, roster, found, where)
    return labelled(np.where(codes >= 0, codes, len(jurors) + rows["part"]), [*jurors, *sheets])


def _jurors_of_marks(
    of_rows: pd.Series, columns: Sequence[_Column], column: np.ndarray, roster: Roster, found: list[dict]
) -> pd.Categorical:
    """The juror of each mark: whom the heading of its column names, by id, else the one of its row."""
    named: dict[tuple[str, str, str], str] = {}
    for body, mark, *_ in columns:
        at = (body.sheet.file, body.sheet.name, mark.juror)
        if mark.juror and at not in named:
            named[at] = _of_heading(mark.juror, roster, found, {"file": at[0], "sheet": at[1]})
    if not named:
        return of_rows.cat.set_categories(of_rows.cat.categories).array
    heads = [named.get((body.sheet.file, body.sheet.name, mark.juror), "") for body, mark, *_ in columns]
    headed = np.array([bool(mark.juror) for _, mark, *_ in columns])[column]
    labels = [*heads, *of_rows.cat.categories]
    return labelled(np.where(headed, column, len(heads) + of_rows.cat.codes.to_numpy(np.intp)), labels)


def _of_heading(label: str, roster: Roster, found: list[dict], where: dict[str, str]) -> str:
    """The juror whom a heading names, as a whole or without the word for juror."""
    bare = bare_juror(label)
    known = roster.jurors is not None and not known_as(label, roster.jurors) and known_as(bare, roster.jurors)
    return _known(mask(bare if known else label), roster, found, where)


def _known(name: str, roster: Roster, found: list[dict], where: dict[str, str]) -> str:
    """The id of a juror; one known by name in the list of jurors is told."""
    if roster.jurors is None or name in roster.jurors.index or not (juror := known_as(name, roster.jurors)):
        return name
    if fold(name) != fold(juror):
        found.append(told_juror(name, juror, roster.jurors, **where))
    return juror


def _rows(bodies: Sequence[Body], found: list[dict]) -> pd.DataFrame:
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


def _filled(column: pd.Series) -> np.ndarray:
    """Where a column of categories has more than blanks."""
    return np.append(column.cat.categories.str.strip() != "", False)[column.cat.codes]


def _place(body: Body, column: int) -> str:
    return f"{body.sheet.file}!{body.sheet.name}!{column_letters(column)}"


def _comments(rows: pd.DataFrame, bodies: Sequence[Body]) -> pd.DataFrame:
    """What was said, at the cell of the comment, or of the mark where the row has one alone."""
    if "comment" not in rows:
        return pd.DataFrame(columns=["submission", "juror", "comment", "source"], dtype="str")
    said = rows[_filled(rows["comment"]) & (rows["perhaps"] == "").to_numpy()]
    comments = said[["submission", "juror", "comment"]].astype("str")
    at = [b.marks[0].column if b.layout == "long" else b.fields.get("comment", 0) for b in bodies]
    columns = labelled(said["part"], [_place(body, c) for body, c in zip(bodies, at, strict=True)])
    return comments.assign(source=sources(said.assign(column=columns)))


def _with_marks(raw: pd.DataFrame, scale: Scale, found: list) -> pd.DataFrame:
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
